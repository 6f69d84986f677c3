"""A data set or an item as an index over the bytes of its file.

An element that nobody edits is a place in these bytes, and is written by copying them. An element
that was edited is its value representation and its new value.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import ClassVar

#: Start of the header, start of the value, end of the element, value representation ("" where the
#: file does not say), and whether the length is undefined.
Entry = tuple[int, int, int, str, bool]
#: Value representation and value of an element that was edited.
Edited = tuple[str, bytes]


#: How an item begins in little endian (PS3.5 section 7.5).
ITEM_BYTES = b"\xfe\xff\x00\xe0"


class Order:
    """Byte order, as ready-made readers of headers."""

    LITTLE: ClassVar[Order]
    BIG: ClassVar[Order]

    def __init__(self, mark: str) -> None:
        self.little = mark == "<"
        self.words = struct.Struct(mark + "HH2sH").unpack_from
        self.implicit = struct.Struct(mark + "HHL").unpack_from
        self.long = struct.Struct(mark + "L").unpack_from
        self.short_header = struct.Struct(mark + "HH2sH").pack
        self.long_header = struct.Struct(mark + "HH2sHL").pack
        self.implicit_header = struct.Struct(mark + "HHL").pack


Order.LITTLE = Order("<")
Order.BIG = Order(">")


class Level:
    """One data set or item.

    Parameters
    ----------
    data : bytes
        Of the whole file (inflated where the file is deflated).
    explicit : bool
        Value representations stand in the file.
    parent : Level or None
        Holds the sequence `tag`, in which this is item `number`.

    Attributes
    ----------
    entries : dict
        `Entry` or `Edited` by tag, in file order.
    items : dict
        Items of the sequences that were opened, by tag.
    nests : list of int or None
        Elements that may hold items; None where that is not known yet.
    depth : int
        How many sequences it is in.
    head, start, end, stop : int
        Where the item header starts, and the content starts and ends, and the item ends.
    undefined : bool
        The item ends with a delimiter.
    changed : bool
        Something in it was edited, or must not be copied as it stands.
    ordered : bool
        The tags of the file ascend, as they should.
    grown : bool
        It got elements that it did not have.
    """

    __slots__ = (
        "changed",
        "creators",
        "data",
        "depth",
        "end",
        "entries",
        "explicit",
        "grown",
        "head",
        "items",
        "nests",
        "number",
        "order",
        "ordered",
        "parent",
        "start",
        "stop",
        "tag",
        "undefined",
    )

    def __init__(
        self,
        data: bytes,
        *,
        explicit: bool,
        order: Order,
        parent: Level | None = None,
        tag: int = 0,
        number: int = 0,
    ) -> None:
        self.data = data
        self.explicit = explicit
        self.order = order
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.tag = tag
        self.number = number
        self.entries: dict[int, Entry | Edited] = {}
        self.items: dict[int, list[Level]] = {}
        self.nests: list[int] | None = None
        self.creators: dict[int, str] | None = None
        self.head = self.start = self.end = self.stop = 0
        self.undefined = self.changed = self.grown = False
        self.ordered = True

    def value(self, tag: int) -> bytes:
        """Bytes of an element's value; empty where it is absent."""
        entry = self.entries.get(tag)
        if entry is None:
            return b""
        if len(entry) == 2:
            return entry[1]
        return self.data[entry[1] : entry[2]]

    def put(self, tag: int, vr: str, value: bytes) -> None:
        """Give an element a new value."""
        if tag not in self.entries:
            self.grown = True
        elif tag in self.items:
            del self.items[tag]
        self.entries[tag] = (vr, value)
        self.touched(tag)

    def nest(self, tag: int) -> list[Level]:
        """Make an element an empty sequence, and return its items to be filled."""
        self.put(tag, "SQ", b"")
        self.items[tag] = []
        nested = self.nested()
        if tag not in nested:
            nested.append(tag)
        return self.items[tag]

    def nested(self) -> list[int]:
        """Elements that may hold items; some may have been removed since."""
        if self.nests is None:
            self.nests = [tag for tag in self.entries if tag in self.items or self._begins(tag)]
        return self.nests

    def _begins(self, tag: int) -> bool:
        """Whether a value that says nothing of its kind begins as items do."""
        entry = self.entries[tag]
        return len(entry) == 5 and self.data.startswith(ITEM_BYTES, entry[1], entry[2])

    def remove(self, tag: int) -> None:
        """Take an element away; nothing happens where it is absent."""
        if self.entries.pop(tag, None) is not None:
            self.items.pop(tag, None)
            self.touched(tag)

    def touched(self, tag: int) -> None:
        """Tell that an element, or something in an item of it, changed."""
        # The length of the group, which nobody needs any more, is no longer true.
        self.entries.pop(tag & 0xFFFF0000, None)
        if tag & 0x10000 and is_creator(tag):
            self.creators = None
        self.changed = True
        if self.parent is not None:
            self.parent.touched(self.tag)

    def vr(self, tag: int) -> str:
        """Value representation, of the file where it says so, else of the dictionary."""
        entry = self.entries.get(tag)
        vr = "" if entry is None else entry[0] if len(entry) == 2 else entry[3]
        if not vr and tag in self.items:
            return "SQ"  # whatever the dictionary says: items are there
        return vr or self.settled(tag, self.dictionary_vr(tag))

    def dictionary_vr(self, tag: int) -> str:
        """What the dictionaries say of an element; UN where they do not know it."""
        if not tag & 0x10000:
            return public_vr(tag)
        creator = self.creator(tag)
        if creator is None:
            return "LO" if is_creator(tag) else "UN"
        return private_vr(tag, creator)

    def settled(self, tag: int, vr: str) -> str:
        """One of the alternatives where the dictionary leaves a choice (PS3.5 annex A)."""
        if len(vr) == 2:
            return vr
        if "SS" in vr:
            if tag not in self.entries:
                return "US"  # as the original decides for an element that is new
            signed = self.value(0x00280103).strip(b"\0") != b""
            return "SS" if signed else "US"
        return "OW"

    def creator(self, tag: int) -> str | None:
        """The private creator of an element; None where its block is not reserved."""
        if self.creators is None:
            self.creators = self._creators()
        return self.creators.get((tag & 0xFFFF0000) | (tag >> 8 & 0xFF))

    def block(self, group: int, creator: str) -> int | None:
        """The block that a creator reserved in a group, such as 0x10."""
        if self.creators is None:
            self.creators = self._creators()
        for tag, found in self.creators.items():
            if found == creator and tag >> 16 == group:
                return tag & 0xFF
        return None

    def _creators(self) -> dict[int, str]:
        return {
            tag: self.value(tag).decode("latin-1").strip(" \0")
            for tag in sorted(tag for tag in self.entries if is_creator(tag))
        }

    @property
    def outermost(self) -> Level:
        """The item of the data set in which this level is; the level itself if there is none."""
        level = self
        while level.parent is not None and level.parent.parent is not None:
            level = level.parent
        return level

    def name(self, tag: int) -> str:
        """Path of an element for people, such as ``(0040,0275)[0]/(0040,0007)``."""
        own = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        if self.parent is None:
            return own
        return f"{self.parent.name(self.tag)}[{self.number}]/{own}"


def is_private(tag: int) -> bool:
    """Whether the group is odd."""
    return bool(tag & 0x10000)


def is_creator(tag: int) -> bool:
    """Whether the element reserves a private block (PS3.5 section 7.8.1)."""
    return tag & 0x10000 != 0 and 0x10 <= tag & 0xFFFF <= 0xFF


@lru_cache(maxsize=8192)
def public_vr(tag: int) -> str:
    """Value representation of a public element, UN where it is unknown."""
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else "UN"


@lru_cache(maxsize=8192)
def private_vr(tag: int, creator: str) -> str:
    """Value representation of a private element that is known, else UN."""
    from pydicom.datadict import private_dictionary_VR

    try:
        return private_dictionary_VR(tag, creator)
    except KeyError:
        return "UN"
