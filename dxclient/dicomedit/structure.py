"""Walks the structure of a DICOM file's bytes, to be sure that the file is whole.

pydicom keeps what it could read of a file that ends too early: a short last value, a sequence
without its last items, or no pixel data at all. For anonymization that is not good enough.
Source of the encoding: PS3.5 section 7.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

UNDEFINED = 0xFFFFFFFF
DEFLATED = "1.2.840.10008.1.2.1.99"
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR"))
_LONG |= {b"UT", b"UV"}
_SHORT = frozenset((b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"))
_SHORT |= {b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
_VRS = _LONG | _SHORT
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DEEPEST = 64


class Broken(Exception):
    """The bytes are not the structure of a whole file."""


@dataclass(frozen=True, slots=True)
class _Header:
    tag: int
    vr: bytes
    length: int
    start: int


def check_whole(data: bytes) -> None:
    """Make sure that the elements of a file end where the file ends.

    Raises
    ------
    Broken
        They do not.
    """
    start, syntax = _skip_meta(data)
    if syntax == DEFLATED:
        data, start = _inflated(data[start:]), 0
    little = syntax != "1.2.840.10008.1.2.2" and not _looks_big(data, start, syntax)
    end = _Walk(data, little).level(start, len(data), 0)
    # A few writers pad the file with zeros; a header cut short is never all zeros.
    if end != len(data) and (len(data) - end >= 8 or data[end:].strip(b"\0")):
        raise Broken


def _looks_big(data: bytes, start: int, syntax: str) -> bool:
    return not syntax and data[start : start + 1] == b"\0"


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj(-15)
    try:
        plain = inflater.decompress(data)
    except zlib.error:
        raise Broken from None
    if not inflater.eof:
        raise Broken
    return plain


def _skip_meta(data: bytes) -> tuple[int, str]:
    """Where the data set starts, and the transfer syntax that the file names."""
    position = 132 if data[128:132] == b"DICM" else 0
    walk, syntax = _Walk(data, True), ""
    while data[position : position + 2] == b"\x02\0":
        header = walk.header(position)
        if header.length == UNDEFINED:
            raise Broken
        position = header.start + header.length
        if header.tag == 0x00020010:
            syntax = data[header.start : position].decode("ascii", "replace").strip(" \0")
    return position, syntax


def is_item_list(value: bytes) -> bool:
    """Whether a value is a whole list of items in Implicit VR Little Endian.

    That is how a sequence looks whose value representation the writer did not know
    (PS3.5 section 6.2.2, note 2).
    """
    walk, at = _Walk(value, True), 0
    try:
        while at < len(value):
            header = walk.header(at)
            if header.tag != _ITEM:
                return False
            at = walk.past_item(header, len(value), 0)
    except Broken:
        return False
    return at > 0


class _Walk:
    def __init__(self, data: bytes, little: bool) -> None:
        self._data = data
        order = "<" if little else ">"
        self._words = struct.Struct(order + "HH")
        self._long = struct.Struct(order + "L")
        self._short = struct.Struct(order + "H")

    def header(self, at: int, *, explicit: bool = True) -> _Header:
        """The header of the element at a position. Raises Broken."""
        data = self._data
        if at + 8 > len(data):
            raise Broken
        group, element = self._words.unpack_from(data, at)
        tag, vr = group << 16 | element, data[at + 4 : at + 6]
        if tag >> 16 == 0xFFFE or not explicit or vr not in _VRS:
            return _Header(tag, b"", self._long.unpack_from(data, at + 4)[0], at + 8)
        if vr in _SHORT:
            return _Header(tag, vr, self._short.unpack_from(data, at + 6)[0], at + 8)
        if at + 12 > len(data):
            raise Broken
        return _Header(tag, vr, self._long.unpack_from(data, at + 8)[0], at + 12)

    def level(self, at: int, limit: int, depth: int, *, delimited: bool = False) -> int:
        """Walk the elements of a data set or item; return where they end."""
        if depth > _DEEPEST:
            raise Broken
        # Decided once for each level: the length of an implicit element may look like a VR.
        explicit = self._data[at + 4 : at + 6] in _VRS
        while at + 8 <= limit:
            header = self.header(at, explicit=explicit)
            if delimited and header.tag == _ITEM_END:
                return header.start
            at = self._past(header, limit, depth)
        if delimited:
            raise Broken
        return at

    def _past(self, header: _Header, limit: int, depth: int) -> int:
        if header.length == UNDEFINED:
            return self._items(header.start, limit, depth)
        end = header.start + header.length
        if end > limit:
            raise Broken
        return end

    def _items(self, at: int, limit: int, depth: int) -> int:
        """Walk items (or fragments) up to the sequence delimiter."""
        while True:
            header = self.header(at)
            if header.tag == _SEQUENCE_END:
                return header.start
            if header.tag != _ITEM:
                raise Broken
            at = self.past_item(header, limit, depth)

    def past_item(self, header: _Header, limit: int, depth: int) -> int:
        """Where an item (or fragment) ends. Raises Broken."""
        if header.length == UNDEFINED:
            return self.level(header.start, limit, depth + 1, delimited=True)
        return self._past(header, limit, depth)
