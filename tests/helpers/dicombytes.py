"""The elements of a DICOM file as the bytes they are, read without the product and without pydicom.

Small on purpose: it knows the encodings of PS3.5 section 7 and the file meta group of PS3.10
section 7.1, and it keeps slices.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

IMPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
FOUR_BYTE_LENGTH = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR"}
FOUR_BYTE_LENGTH |= {b"UT", b"UV"}


class NotWhole(Exception):
    """The bytes end too early or are no elements."""


@dataclass(frozen=True)
class Raw:
    """One element.

    Parameters
    ----------
    path : str
        As ``(0040,0275)[0]/(0008,0050)``.
    whole : bytes
        Header and value, items and delimiters included.
    value : bytes
        The value alone.
    parent : str
        Path of the sequence that holds it, or nothing.
    """

    path: str
    vr: bytes
    whole: bytes = field(repr=False)
    value: bytes = field(repr=False)
    parent: str = ""
    has_items: bool = False


@dataclass(frozen=True)
class Part10:
    """A file: its meta group, its data set's encoding, and every element at every level."""

    meta: tuple[Raw, ...]
    syntax: str
    explicit: bool
    big: bool
    elements: tuple[Raw, ...]
    plain: bytes = field(repr=False)


def read_part10(data: bytes) -> Part10:
    """Take a file apart. Raises NotWhole."""
    meta, start = _meta(data)
    syntax = next((_uid(one.value) for one in meta if one.path == "(0002,0010)"), "")
    plain = data[start:]
    if syntax == DEFLATED:
        try:
            plain = zlib.decompressobj(-15).decompress(plain)
        except zlib.error as error:
            raise NotWhole("not deflated") from error
    big = syntax == BIG or (not syntax and plain[:1] == b"\0")
    reader = _Reader(plain, ">" if big else "<")
    explicit = _letters(plain[4:6])
    elements: list[Raw] = []
    end = reader.elements(0, len(plain), explicit, "", elements)
    if plain[end:].strip(b"\0"):
        raise NotWhole("bytes after the last element")
    if not elements or (data[128:132] != b"DICM" and elements[0].path[:5] != "(0008"):
        raise NotWhole("no element that a file may start with")
    return Part10(tuple(meta), syntax, explicit, big, tuple(elements), data[:start] + plain)


def _meta(data: bytes) -> tuple[list[Raw], int]:
    start = 132 if data[128:132] == b"DICM" else 0
    reader, found = _Reader(data, "<"), list[Raw]()
    while data[start : start + 2] == b"\x02\0":
        start = reader.element(start, len(data), True, "", found)
    return found, start


def _uid(value: bytes) -> str:
    return value.decode("ascii", "replace").rstrip(" \0")


def _letters(two: bytes) -> bool:
    return len(two) == 2 and two.isalpha() and two.isupper()


class _Reader:
    def __init__(self, data: bytes, order: str) -> None:
        self.data = data
        self.order = order

    def number(self, kind: str, at: int) -> int:
        try:
            return int(struct.unpack_from(self.order + kind, self.data, at)[0])
        except struct.error as error:
            raise NotWhole("a header is cut") from error

    def tag(self, at: int) -> int:
        return self.number("H", at) << 16 | self.number("H", at + 2)

    def elements(self, at: int, end: int, explicit: bool, prefix: str, found: list[Raw]) -> int:
        """Elements up to an end, or up to the end of an item of undefined length."""
        while at + 8 <= end:
            if self.tag(at) == ITEM_END:
                return at
            at = self.element(at, end, explicit, prefix, found)
        return at

    def element(self, at: int, limit: int, explicit: bool, prefix: str, found: list[Raw]) -> int:
        tag, vr, start = self.tag(at), b"", at + 8
        if explicit and _letters(self.data[at + 4 : at + 6]):
            vr = self.data[at + 4 : at + 6]
        if not vr:
            length = self.number("L", at + 4)
        elif vr in FOUR_BYTE_LENGTH:
            length, start = self.number("L", at + 8), at + 12
        else:
            length = self.number("H", at + 6)
        path = f"{prefix}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        place = len(found)
        inner = explicit and vr != b"UN"
        if length == UNDEFINED:
            value_end, end = self.items(start, limit, inner, path, found)
            if end == value_end:
                raise NotWhole("a sequence does not end")
        else:
            value_end = end = start + length
            if end > limit:
                raise NotWhole("a value is cut")
            self.nested(vr, start, end, inner, path, found)
        raw = Raw(
            path=path,
            vr=vr,
            whole=self.data[at:end],
            value=self.data[start:value_end],
            parent=prefix,
            has_items=len(found) > place,
        )
        found.insert(place, raw)
        return end

    def nested(
        self, vr: bytes, start: int, end: int, explicit: bool, path: str, found: list[Raw]
    ) -> None:
        """Items of a sequence of known length; in implicit files it is seen by its first tag."""
        listed = vr == b"SQ" or (not vr and end - start >= 8 and self.tag(start) == ITEM)
        if not listed:
            return
        inside: list[Raw] = []
        try:
            self.items(start, end, explicit, path, inside)
        except NotWhole:
            if vr:
                raise
            return  # it only looked like one
        found += inside

    def items(
        self, at: int, limit: int, explicit: bool, path: str, found: list[Raw]
    ) -> tuple[int, int]:
        """Items, or fragments of pixel data; return where they and their delimiter end."""
        number = 0
        while at + 8 <= limit:
            tag, length = self.tag(at), self.number("L", at + 4)
            if tag == SEQUENCE_END:
                return at, at + 8
            if tag != ITEM:
                raise NotWhole("no item where one should be")
            prefix = f"{path}[{number}]/"
            at, number = self.item(at + 8, length, limit, explicit, prefix, found), number + 1
        return at, at

    def item(
        self, at: int, length: int, limit: int, explicit: bool, prefix: str, found: list[Raw]
    ) -> int:
        if length == UNDEFINED:
            end = self.elements(at, limit, explicit, prefix, found)
            if end + 8 > limit:
                raise NotWhole("an item does not end")
            return end + 8
        end = at + length
        if end > limit:
            raise NotWhole("an item is cut")
        if "(7FE0,0010)[" not in prefix:  # there it is a fragment
            self.elements(at, end, explicit, prefix, found)
        return end


def by_path(elements: Iterator[Raw] | tuple[Raw, ...]) -> dict[str, list[Raw]]:
    """Elements by path; a damaged writer may give one path twice."""
    found: dict[str, list[Raw]] = {}
    for raw in elements:
        found.setdefault(raw.path, []).append(raw)
    return found
