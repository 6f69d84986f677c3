"""What runs, and is probably not meant: statements that an earlier one makes void."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from dxclient.dicomedit.four import tree
from dxclient.dicomedit.four.trouble import Trouble
from dxclient.dicomedit.limits import MOST_PROBLEMS
from dxclient.dicomedit.paths import shown
from dxclient.dicomedit.tree import Element
from dxclient.domain.problems import Problem

_Change = tree.Assign | tree.Delete


def warnings(statements: tuple[tree.Statement, ...]) -> tuple[Problem, ...]:
    """In text order."""
    return tuple(islice(_void(statements), MOST_PROBLEMS))


def _void(statements: tuple[tree.Statement, ...]) -> Iterator[Problem]:
    seen = _Seen()
    for rule in statements:
        if isinstance(rule, tree.Rule) and not isinstance(rule.action, tree.Echo):
            winner = seen.winner(rule.action)
            if winner is not None:
                yield _warning(rule.action, winner)
            elif not rule.conditions:
                seen.add(rule.action)


def _warning(action: _Change, winner: _Change) -> Problem:
    piece = shown(action.target.path)
    words = f"{piece} is settled by line {winner.place.line} already, so this does nothing"
    suggestion = "DicomEdit 4 lets the first statement for an element win."
    return Trouble(action.target.place, words, piece=piece, suggestion=suggestion).problem


@dataclass(slots=True)
class _Seen:
    """Actions without conditions, which win over all later ones for the same element."""

    exact: dict[int, _Change] = field(default_factory=dict)
    patterns: list[_Change] = field(default_factory=list)

    def add(self, action: _Change) -> None:
        tag = _element(action).fixed
        if tag is not None:
            self.exact[tag] = action
        elif len(self.patterns) < MOST_PROBLEMS:
            self.patterns.append(action)

    def winner(self, action: _Change) -> _Change | None:
        """The earlier action that makes this one void."""
        tag = _element(action).fixed
        if tag is None:
            return None
        return self.exact.get(tag) or next(
            (one for one in self.patterns if _covers(one, tag, action)), None
        )


def _covers(earlier: _Change, tag: int, later: _Change) -> bool:
    element = _element(earlier)
    # An assignment with wildcards finds nothing where the later statement has deleted.
    both = isinstance(earlier, tree.Delete) or isinstance(later, tree.Assign)
    return both and tag & element.mask == element.bits


def _element(action: _Change) -> Element:
    element = action.target.path.parts[0]
    assert isinstance(element, Element)
    return element
