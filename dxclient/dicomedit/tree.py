"""The tree of a DicomEdit 6 script, as frozen data. The same tree is explained and run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in the text as it was written, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Element:
    """One level of a tag path.

    Parameters
    ----------
    group, element : str
        Upper-case hex digits, or the wildcards ``X`` (any), ``@`` (even), ``#`` (odd).
        For a private element only its two last digits.
    creator : str
        Private creator; empty for public elements.
    item : int, ``"%"`` or None
        Item number, every item, or none given.

    Attributes
    ----------
    mask, bits : int
        A tag is named where ``tag & mask == bits`` (and its creator is the right one).
    fixed : int or None
        The tag of a public element without wildcards.
    options : tuple of int
        Every tag of a public element with one wildcard; empty where there are more.
    """

    group: str
    element: str
    creator: str = ""
    item: int | str | None = None
    mask: int = field(init=False, compare=False, repr=False, default=0)
    bits: int = field(init=False, compare=False, repr=False, default=0)
    fixed: int | None = field(init=False, compare=False, repr=False, default=None)
    options: tuple[int, ...] = field(init=False, compare=False, repr=False, default=())

    def __post_init__(self) -> None:
        # The block of a private element is not known before a data set is at hand.
        digits = f"{self.group}{'XX' if self.creator else ''}{self.element}".upper()
        mask, bits = masked(digits)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "bits", bits)
        if not self.creator and mask == 0xFFFFFFFF:
            object.__setattr__(self, "fixed", bits)
        elif not self.creator and sum(map(digits.count, _WILDCARDS)) == 1:
            tags = (int(digits.translate({ord(w): d for w in _WILDCARDS}), 16) for d in _DIGITS)
            object.__setattr__(self, "options", tuple(t for t in tags if t & mask == bits))

    @property
    def private(self) -> bool:
        """Whether the element belongs to a private block."""
        return bool(self.creator)


def masked(digits: str) -> tuple[int, int]:
    """Hex digits and wildcards as a mask and the bits under it."""
    mask = bits = 0
    for digit in digits:
        one_mask, one_bits = _WILDCARDS.get(digit, (0xF, -1))
        mask = mask << 4 | one_mask
        bits = bits << 4 | (int(digit, 16) if one_bits < 0 else one_bits)
    return mask, bits


_DIGITS = "0123456789ABCDEF"
#: Any digit, an even one, an odd one.
_WILDCARDS = {"X": (0, 0), "@": (1, 0), "#": (1, 1)}


@dataclass(frozen=True, slots=True)
class Wild:
    """A wildcard level: ``*`` any number of levels, ``+`` one or more, ``.`` exactly one."""

    kind: str


Part = Element | Wild


@dataclass(frozen=True, slots=True)
class TagPath:
    """A path to one or many elements.

    Attributes
    ----------
    singular : bool
        It names one element; needed for values and for ``:=``.
    fixed : int or None
        The tag, where it is one public element that is in no sequence.
    anywhere : Element or None
        The element, where it is to be found at any level, ``*/(gggg,eeee)``, or in any
        sequence, ``+/(gggg,eeee)``.
    deep : bool
        It is of the second kind.
    reach : tuple
        The levels to search; a path that ends in an item stands for the elements of this item.
    """

    parts: tuple[Part, ...]
    place: Place
    singular: bool = field(init=False, compare=False, repr=False, default=False)
    fixed: int | None = field(init=False, compare=False, repr=False, default=None)
    anywhere: Element | None = field(init=False, compare=False, repr=False, default=None)
    deep: bool = field(init=False, compare=False, repr=False, default=False)
    reach: tuple[Part, ...] = field(init=False, compare=False, repr=False, default=())

    def __post_init__(self) -> None:
        last = self.parts[-1]
        in_item = isinstance(last, Element) and last.item is not None
        object.__setattr__(self, "reach", (*self.parts, Wild(".")) if in_item else self.parts)
        single = not isinstance(last, Wild) and last.item is None
        object.__setattr__(self, "singular", single and all(map(_settled, self.parts)))
        if len(self.parts) == 1 and single and isinstance(last, Element):
            object.__setattr__(self, "fixed", last.fixed)
        elif len(self.parts) == 2 and single and self.parts[0] in (Wild("*"), Wild("+")):
            object.__setattr__(self, "anywhere", last)
            object.__setattr__(self, "deep", self.parts[0] == Wild("+"))


def _settled(part: Part) -> bool:
    if isinstance(part, Wild):
        return False
    return part.fixed is not None or part.mask == 0xFFFF00FF


@dataclass(frozen=True, slots=True)
class Text:
    """A text or a number; numbers are texts as they are written."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Name:
    """Use of a variable."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list literal."""

    items: tuple[Value, ...]
    place: Place


Value = Text | Name | TagPath | Call | ListOf


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left op right``; op is ``=``, ``!=``, ``~`` or ``!~``."""

    left: Value
    operator: str
    right: Value


Condition = Comparison | Call


@dataclass(frozen=True, slots=True)
class Assign:
    """``path := value``, or ``path ?= value`` for existing elements only."""

    path: TagPath
    value: Value
    existing: bool
    place: Place


@dataclass(frozen=True, slots=True)
class SetVariable:
    """``name := value``."""

    name: str
    value: Value
    place: Place


@dataclass(frozen=True, slots=True)
class Delete:
    """``- path``."""

    path: TagPath
    place: Place


@dataclass(frozen=True, slots=True)
class Perform:
    """A function called for its effect."""

    call: Call
    place: Place


@dataclass(frozen=True, slots=True)
class Echo:
    """``echo value``: no effect on the data, but the value is evaluated."""

    value: Value
    place: Place


Action = Assign | SetVariable | Delete | Perform | Echo


@dataclass(frozen=True, slots=True)
class Conditional:
    """``condition ? action : action``."""

    condition: Condition
    then: Action
    otherwise: Action | None
    place: Place


@dataclass(frozen=True, slots=True)
class Branch:
    """One arm of an ``if``; the condition is None for ``else``."""

    condition: Condition | None
    body: tuple[Statement, ...]
    place: Place = Place(0, 0)


@dataclass(frozen=True, slots=True)
class If:
    """``if`` with its ``elseif`` and ``else`` arms in order."""

    branches: tuple[Branch, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Describe:
    """``describe name "text"``, or ``hidden``, ``const``, ``immutable``."""

    name: str
    description: str
    keyword: str
    place: Place


@dataclass(frozen=True, slots=True)
class Export:
    """``export name "field"``; no effect on the data."""

    name: str
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class RemovePrivate:
    """``removeAllPrivateTags``."""

    place: Place


@dataclass(frozen=True, slots=True)
class Version:
    """``version "6.6"``."""

    version: str
    place: Place


Statement = Action | Conditional | If | Describe | Export | RemovePrivate | Version
