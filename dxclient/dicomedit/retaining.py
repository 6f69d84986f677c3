"""What ``retainPrivateTags`` keeps besides what it names.

As the original does, it keeps (gggg,bbbb) beside a creator (gggg,00bb) that stays: one element
more, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dxclient.dicomedit import tree
from dxclient.dicomedit.checking import calls, every_statement, problem, values_of
from dxclient.dicomedit.paths import path_of
from dxclient.domain.problems import Problem

#: The block that most creators have.
_FIRST = 0x10


def kept_beside(statements: tuple[tree.Statement, ...]) -> Iterator[Problem]:
    """A warning for each call after which an element of the first block may stay unnamed."""
    every = list(every_statement(statements))
    used = [call for one in every for value in values_of(one) for call in calls(value)]
    gone = [one.path for one in every if isinstance(one, tree.Delete)]
    for call in used:
        if call.name == "removeTags":
            gone += _paths(call.arguments)
    removed = [part for path in gone for part in path.parts[-1:]]
    for call in used:
        if call.name == "retainPrivateTags":
            yield from _warning(call, removed)


def _warning(call: tree.Call, removed: list[tree.Part]) -> Iterator[Problem]:
    named = list(_private(part for path in _paths(call.arguments) for part in path.parts))
    settled = {
        (one.group, one.creator) for one in (*named, *_private(removed)) if _names_first(one)
    }
    for one in named:
        if (one.group, one.creator) not in settled:
            words = (
                f"This keeps ({one.group},1010), too, where ({one.group},0010) is the creator "
                f"{one.creator}, as XNAT does; to have it removed, write "
                f'removeTags["*/({one.group},{{{one.creator}}}10)"].'
            )
            yield problem(call.place, call.name, words)
            return


def _names_first(element: tree.Element) -> bool:
    mask, bits = tree.masked(element.element)
    return mask & _FIRST == bits


def _private(parts: Iterable[tree.Part]) -> Iterator[tree.Element]:
    return (part for part in parts if isinstance(part, tree.Element) and part.private)


def _paths(values: Iterable[tree.Value]) -> Iterator[tree.TagPath]:
    """Paths among arguments, in lists and in texts too."""
    for value in values:
        if isinstance(value, tree.ListOf):
            yield from _paths(value.items)
        elif isinstance(value, tree.TagPath):
            yield value
        elif isinstance(value, tree.Text) and (path := path_of(value.value)) is not None:
            yield path
