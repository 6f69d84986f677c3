"""Edits of one data set by one script, with a record of what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dxclient.dicomedit.facts import Change
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.fresh import FreshUids
from dxclient.dicomedit.level import is_creator
from dxclient.dicomedit.limits import MOST_WRITTEN, check_length, joined
from dxclient.dicomedit.paths import bare, path_of
from dxclient.dicomedit.searching import Spot
from dxclient.dicomedit.target import Target
from dxclient.dicomedit.tree import TagPath

Result = str | bool | TagPath | list["Result"] | None

#: What functions without a result show when they are used as a text.
VOID_TEXT = "VOID"

_UNSHOWN = {"SQ": "(sequence)"} | dict.fromkeys(("OB", "OW", "OF", "OD", "OL", "OV"), "(binary)")


class Editor:
    """Edits of one script on one target.

    Attributes
    ----------
    fresh : FreshUids
        New UIDs for the file.
    line : int
        Line of the script that is at work.
    changes : list of Change
        What was recorded; only a `Recorder` does.
    """

    def __init__(self, target: Target, script: str, fresh: FreshUids) -> None:
        self.target = target
        self.fresh = fresh
        self.line = 0
        self.changes: list[Change] = []
        self.script = script
        self._written = 0

    def read(self, path: TagPath) -> str | None:
        """Text of the element of a singular path; None where absent."""
        if path.fixed is not None:
            return self.target.text(self.target.top(path.fixed))
        if not path.singular:
            raise Fault("a path that may name several elements has no single value")
        spot = self.target.resolve(path)
        return None if spot is None else self.target.text(spot)

    def assign(self, path: TagPath, text: str | None) -> None:
        """``:=``; a missing value leaves everything as it is."""
        if not path.singular:
            raise Fault("a path that may name several elements cannot be assigned with :=")
        if text is not None:
            target = self.target
            tag = path.fixed
            self.write(target.create(path) if tag is None else target.top(tag), text)

    def assign_existing(self, path: TagPath, text: str | None) -> None:
        """``?=``; a missing value empties the elements. Private creators are never touched."""
        for spot in self.target.matching(path):
            vr = _editable(spot)
            if vr:
                self.write(spot, text or "", vr)

    def delete(self, path: TagPath) -> None:
        """``-``; private creators stay."""
        for spot in self.target.matching(path):
            if not is_creator(spot[1]):
                self.remove(spot)

    def write(self, spot: Spot, text: str, vr: str = "") -> None:
        """Put a value; with *vr*, as an element of this value representation.

        Raises
        ------
        Fault
            The text is too long, or the script has written too much already.
        """
        length = len(text)
        self._written += length
        check_length(length)
        if self._written > MOST_WRITTEN:
            raise Fault("a script writes too much into one file")
        self.target.write(spot, text, vr)

    def remove(self, spot: Spot) -> None:
        """Remove an element."""
        self.target.remove(spot)

    def note(self, spot: Spot, old: str | None, new: str | None) -> None:
        """Tell of an edit that was made otherwise; None stands for an absent element."""

    def matching(self, arguments: Sequence[Result]) -> list[Spot]:
        """Elements that paths, lists and path texts name, sequences and creators left out."""
        find = self.target.matching
        return [spot for path in self.paths(arguments) for spot in find(path) if _editable(spot)]

    def paths(self, arguments: Sequence[Result]) -> list[TagPath]:
        """Paths among arguments, lists flattened. Raises Fault on a text that is no path."""
        return [
            argument if isinstance(argument, TagPath) else _path(argument)
            for argument in flat(arguments)
        ]

    def value(self, argument: Result) -> str | None:
        """An argument as text, the value of the element where it is a path."""
        return self.read(argument) if isinstance(argument, TagPath) else text_of(argument)

    def needed(self, argument: Result) -> str:
        """As `value`, where a missing value is a fault."""
        text = self.value(argument)
        if text is None:
            raise Fault("a function needs a value that is missing")
        return text


class Recorder(Editor):
    """An editor that keeps old and new values of each edit."""

    def write(self, spot: Spot, text: str, vr: str = "") -> None:
        """Put a value."""
        old = self._seen(spot)
        super().write(spot, text, vr)
        self.note(spot, old, self._seen(spot))

    def remove(self, spot: Spot) -> None:
        """Remove an element."""
        old = self._seen(spot)
        super().remove(spot)
        self.note(spot, old, None)

    def note(self, spot: Spot, old: str | None, new: str | None) -> None:
        """Record an edit, unless nothing changed that can be seen."""
        if old != new or old in _UNSHOWN.values():
            name = self.target.name(spot)
            change = Change(element=name, old=old, new=new, script=self.script, line=self.line)
            self.changes.append(change)

    def _seen(self, spot: Spot) -> str | None:
        return _UNSHOWN.get(self.target.vr(spot)) or self.target.text(spot)


def _editable(spot: Spot) -> str:
    """Value representation of an element that has a value of its own; else empty."""
    level, tag = spot
    vr = level.vr(tag)
    return "" if vr == "SQ" or is_creator(tag) else vr


def flat(arguments: Sequence[Result]) -> list[Result]:
    """Arguments with lists opened."""
    opened: list[Result] = []
    for argument in arguments:
        if isinstance(argument, list):
            opened += flat(argument)
        else:
            opened.append(argument)
    return opened


def _path(argument: Result) -> TagPath:
    path = path_of(text_of(argument) or "")
    if path is None:
        raise Fault("an argument is not a tag path")
    return path


def text_of(value: Result) -> str | None:
    """A result as text: booleans small, lists as ``[a, b]``, paths as bare digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{joined(_with_commas(value))}]"
    return bare(value) if isinstance(value, TagPath) else value


def _with_commas(values: Sequence[Result]) -> Iterator[str]:
    for number, one in enumerate(values):
        yield f"{', ' if number else ''}{text_of(one) or 'null'}"
