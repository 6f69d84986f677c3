"""The tree of a DicomEdit 4 script, as frozen data. The same tree is explained and run."""

from __future__ import annotations

from dataclasses import dataclass

from dxclient.dicomedit.tree import Name, Place, TagPath, Text

__all__ = ["Name", "Text"]  # these two are what they are in DicomEdit 6


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, as it is written."""

    digits: str
    place: Place


@dataclass(frozen=True, slots=True)
class Tag:
    """An element of the top level; as a value what it held before the script."""

    path: TagPath
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Format:
    """``"{0}_{1}" term, term``: texts put into a pattern."""

    pattern: str
    terms: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class New:
    """``new UID``."""

    kind: str
    place: Place


Value = Text | Number | Tag | Name | Call | Format | New


@dataclass(frozen=True, slots=True)
class Condition:
    """``left = right`` or ``left ~ right``."""

    left: Value
    operator: str
    right: Value


@dataclass(frozen=True, slots=True)
class Assign:
    """``tag := value``; with wildcards only elements that exist get the value."""

    target: Tag
    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Delete:
    """``- tag``."""

    target: Tag
    place: Place


@dataclass(frozen=True, slots=True)
class Echo:
    """``echo value``: no effect on the data, but the value is evaluated."""

    value: Value | None
    place: Place


Action = Assign | Delete | Echo


@dataclass(frozen=True, slots=True)
class Rule:
    """An action that is carried out where all conditions hold."""

    conditions: tuple[Condition, ...]
    action: Action
    place: Place


@dataclass(frozen=True, slots=True)
class Initialize:
    """``name := value``, wherever in the script it stands."""

    name: str
    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Describe:
    """``describe name "text"``, or ``describe name hidden``."""

    name: str
    description: str
    hidden: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Export:
    """``export name "field"``; no effect on the data."""

    name: str
    field: str
    place: Place


Statement = Rule | Initialize | Describe | Export
