"""A small, fast reader of the few top-level elements that grouping needs.

It walks over the elements of DICOM PS3.5 section 7 by their lengths, keeps the wanted ones as raw
bytes, and notices whether the pixel data fit into the file. What it does not understand it says
so (`Odd`), and a full parser has to look.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

UNDEFINED = 0xFFFFFFFF
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
#: Private syntax of GE: little endian data set, only the pixels are big endian.
GE_PRIVATE = "1.2.840.113619.5.2"
DEFLATED = frozenset(
    {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
#: Media Storage SOP Class, Transfer Syntax; then what `Header` holds.
WANTED = frozenset(
    {0x00020002, 0x00020010, 0x00080005, 0x00080016, 0x00080018, 0x00080020, 0x00080030}
    | {0x00080050, 0x00080060, 0x00081030, 0x0008103E, 0x00100010, 0x00100020, 0x0020000D}
    | {0x0020000E, 0x00200010, 0x00200011, 0x00200013, 0x00280008, 0x00280010, 0x00280011}
)
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_IDENTITY_GROUP = 0x0020
_PIXEL_GROUP = 0x7FE0
_AFTER_META = 0x0003
_SHORT = frozenset(
    b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split()  # 16-bit length
)
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # 32-bit length
_BLOCK = 16 * 1024
_LONGEST_VALUE = 4096
_EXPLICIT_LITTLE, _EXPLICIT_BIG = struct.Struct("<HH2sH"), struct.Struct(">HH2sH")
_IMPLICIT = struct.Struct("<HHI")
_INFLATE_STEPS = (256 * 1024, 64 * 1024 * 1024)
_DELIMITERS = frozenset({b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0"})


class Odd(Exception):
    """Not understood by this reader; a full parser may do better."""


class NoDicom(Exception):
    """Nothing here looks like DICOM."""


class TooShort(Exception):
    """The file ends before what its header announces."""


@dataclass(frozen=True, slots=True)
class Raw:
    """Wanted elements as they lie in the file.

    Parameters
    ----------
    values : dict of int to bytes
        By tag, group in the upper 16 bits.
    syntax : str
        Transfer syntax; guessed from the bytes where the file names none.
    little : bool
        Byte order of binary values.
    too_short : bool
        The file ends before what its header announces.
    """

    values: dict[int, bytes]
    syntax: str
    little: bool
    too_short: bool = False


def read_raw(file: BinaryIO, size: int) -> Raw:
    """Read the wanted elements.

    Parameters
    ----------
    file : BinaryIO
        Unbuffered is best; a block of 16 KiB is read at a time.
    size : int
        Bytes of the file.

    Raises
    ------
    Odd, NoDicom
    """
    reader = _Reader(file, size)
    start = 132 if reader.peek(128, 4) == b"DICM" else 0
    if not start and not plausible(reader.peek(0, 8), size):
        raise NoDicom
    values: dict[int, bytes] = {}
    syntax = ""
    try:
        position = reader.explicit(start, _AFTER_META, values)
        syntax = values.get(0x00020010, b"").strip(b"\0 ").decode("ascii", "replace")
        if syntax in DEFLATED:
            return _inflated(reader, position, values, syntax)
        syntax = _settle(syntax, reader.peek(position, 8))
        reader.data_set(position, syntax, values)
    except TooShort:
        return Raw(values, syntax, syntax != BIG_ENDIAN, True)
    return Raw(values, syntax, syntax != BIG_ENDIAN)


def plausible(head: bytes, size: int) -> bool:
    """Whether a file without the DICM mark may start with these eight bytes.

    True for group 0002 or 0008, either byte order, with a known VR, or with a length that fits.
    """
    if len(head) < 8 or (head[:2] not in (b"\2\0", b"\x08\0", b"\0\x08")):
        return False
    if head[4:6] in _SHORT or head[4:6] in _LONG:
        return True
    length = int.from_bytes(head[4:8], "little")
    return head[:2] == b"\x08\0" and length % 2 == 0 and length < min(size, 1 << 16)


def _settle(syntax: str, head: bytes) -> str:
    """Name the syntax to read with; `Odd` where the bytes contradict the named one."""
    lettered = head[4:6] in _SHORT or head[4:6] in _LONG
    if not syntax:
        if not lettered:
            return IMPLICIT
        return BIG_ENDIAN if head[:1] == b"\0" else EXPLICIT
    if len(head) == 8 and lettered == (syntax in (IMPLICIT, GE_PRIVATE)):
        raise Odd
    return syntax


def _inflated(reader: _Reader, position: int, values: dict[int, bytes], syntax: str) -> Raw:
    """Read a deflated data set (PS3.5 A.5), inflating no more than its header needs."""
    packed = reader.peek(position, min(reader.size - position, _INFLATE_STEPS[-1]))
    for limit in _INFLATE_STEPS:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = engine.decompress(packed, limit)
        except zlib.error as error:
            raise Odd from error
        ours = not engine.eof and (len(data) == limit or len(packed) == _INFLATE_STEPS[-1])
        try:
            _Reader(None, len(data), data).data_set(0, EXPLICIT, values)
        except TooShort:
            if not ours:
                return Raw(values, syntax, True, True)
            if 0x00280011 not in values:
                continue  # the header is longer than what was inflated
        return Raw(values, syntax, True, not (engine.eof or ours))
    return Raw(values, syntax, True)


class _Reader:
    """A window of bytes over a file; positions count from the file's start.

    `size` bounds everything. The window carries 16 zero bytes more than the file gave, so that
    the head of an element can be unpacked without looking for the end each time.
    """

    __slots__ = ("base", "buffer", "file", "limit", "size")

    def __init__(self, file: BinaryIO | None, size: int, data: bytes | None = None) -> None:
        self.file, self.size = file, size
        self.base = 0
        self._hold(self._read(0, _BLOCK) if data is None else data)

    def _hold(self, data: bytes) -> None:
        """Take `data` as the window; heads of elements may be read up to `limit`."""
        at_end = self.base + len(data) >= self.size
        self.limit = len(data) - (8 if at_end else 12)
        self.buffer = data + bytes(16)

    def _move(self, position: int) -> int:
        """Put the window at `position`; return the place in it, -1 at the end of the file."""
        if position > self.size:
            raise TooShort
        if (left := self.size - position) < 8:
            if self.peek(position, left).strip(b"\0"):
                raise TooShort  # cut within the head of an element, no padding
            return -1
        if self.file is None:
            return position
        self.base = position
        self._hold(self._read(position, _BLOCK))
        if self.limit < 0:
            raise TooShort  # the file shrank under our hands
        return 0

    def _place(self, position: int) -> int:
        """Place in the window, which is moved where needed; -1 at the end of the file."""
        at = position - self.base
        return at if 0 <= at <= self.limit else self._move(position)

    def _read(self, position: int, length: int) -> bytes:
        assert self.file is not None
        self.file.seek(position)
        data = self.file.read(length)
        if not data and position < self.size:
            raise TooShort  # the file shrank under our hands
        return data

    def peek(self, position: int, length: int) -> bytes:
        """Bytes at `position`, fewer at the end of the file."""
        length = max(0, min(length, self.size - position))
        at = position - self.base
        if self.file is None or (at >= 0 and at + length <= len(self.buffer) - 16):
            return self.buffer[at : at + length]
        data = self._read(position, length) if length else b""
        while len(data) < length and (more := self._read(position + len(data), length - len(data))):
            data += more
        return data

    def data_set(self, position: int, syntax: str, values: dict[int, bytes]) -> None:
        """Walk from `position` to the pixel data, and check that those fit."""
        implicit = syntax in (IMPLICIT, GE_PRIVATE)
        little = syntax != BIG_ENDIAN
        if implicit:
            position = self.implicit(position, _PIXEL_GROUP, values)
        else:
            position = self.explicit(position, _PIXEL_GROUP, values, "<" if little else ">")
        while self.size - position >= 8:
            tag, _, length, position = self._element(position, implicit, little)
            if tag in PIXELS:
                self._check_pixels(position, length, little)
            if tag in PIXELS or tag >> 16 != _PIXEL_GROUP:
                return
            position += length

    def explicit(self, position: int, stop: int, values: dict[int, bytes], order: str = "<") -> int:
        """Walk over elements with VR up to the first group at or after `stop`; return its place.

        This loop is what the time of a scan goes to.
        """
        unpack = (_EXPLICIT_LITTLE if order == "<" else _EXPLICIT_BIG).unpack_from
        short, wanted = _SHORT, WANTED
        at, group = position - self.base, 0
        while True:
            if not 0 <= at <= self.limit and (at := self._move(self.base + at)) < 0:
                return self._ended(group)
            group, element, vr, length = unpack(self.buffer, at)
            if group >= stop:
                return self.base + at
            start = at + 8
            if vr not in short:
                start = at + 12
                length = self._long(at, vr, order)
                if length == UNDEFINED:
                    end = self._skip_sequence(self.base + start, vr == b"UN", order == "<")
                    at = end - self.base
                    continue
            at = start + length
            if (tag := group << 16 | element) in wanted:
                values[tag] = self._value(start, at)

    def implicit(self, position: int, stop: int, values: dict[int, bytes]) -> int:
        """Walk over elements without VR up to the first group at or after `stop`."""
        unpack, wanted = _IMPLICIT.unpack_from, WANTED
        at, group = position - self.base, 0
        while True:
            if not 0 <= at <= self.limit and (at := self._move(self.base + at)) < 0:
                return self._ended(group)
            group, element, length = unpack(self.buffer, at)
            if group >= stop:
                return self.base + at
            start = at + 8
            if length == UNDEFINED:
                at = self._skip_sequence(self.base + start, True, True) - self.base
                continue
            if not group:
                raise Odd  # padding with zeros, or a command
            at = start + length
            if (tag := group << 16 | element) in wanted:
                values[tag] = self._value(start, at)

    def _ended(self, group: int) -> int:
        """End of the file; it comes too early before the group that identifies the study."""
        if group < _IDENTITY_GROUP:
            raise TooShort
        return self.size

    def _value(self, start: int, end: int) -> bytes:
        """Bytes between two places of the window, of which the later may lie behind it."""
        if end <= self.limit:
            return self.buffer[start:end]
        if self.base + end > self.size:
            raise TooShort
        return self.peek(self.base + start, min(end - start, _LONGEST_VALUE))

    def _long(self, at: int, vr: bytes, order: str) -> int:
        if vr not in _LONG:
            raise Odd
        length: int = struct.unpack_from(order + "I", self.buffer, at + 8)[0]
        return length

    def _element(self, position: int, implicit: bool, little: bool) -> tuple[int, bytes, int, int]:
        """Tag, VR, length and place of the value of the element at `position`."""
        at = self._place(position)
        if at < 0:
            raise TooShort
        order = "<" if little else ">"
        group, element, length = struct.unpack_from(order + "HHI", self.buffer, at)
        if implicit or group == 0xFFFE:
            return group << 16 | element, b"", length, position + 8
        vr = self.buffer[at + 4 : at + 6]
        if vr in _SHORT:
            length = struct.unpack_from(order + "H", self.buffer, at + 6)[0]
            return group << 16 | element, vr, length, position + 8
        return group << 16 | element, vr, self._long(at, vr, order), position + 12

    def _skip_sequence(self, position: int, implicit: bool, little: bool) -> int:
        """Place after a sequence of undefined length (PS3.5 7.5), nested ones without recursion.

        A value of VR UN and undefined length is always implicit little endian (PS3.5 6.2.2).
        """
        modes = [implicit]
        while modes:
            little_here = little or modes[-1]
            tag, vr, length, position = self._element(position, modes[-1], little_here)
            if tag == 0xFFFEE0DD:
                modes.pop()
            elif length != UNDEFINED:
                position += length
            elif tag != 0xFFFEE000:
                modes.append(modes[-1] or vr == b"UN")
            if position > self.size:
                raise TooShort
        return position

    def _check_pixels(self, position: int, length: int, little: bool) -> None:
        if length != UNDEFINED:
            if position + length > self.size:
                raise TooShort
        elif self.peek(self.size - 8, 8) not in _DELIMITERS:
            self._skip_fragments(position, little)

    def _skip_fragments(self, position: int, little: bool) -> None:
        """Follow encapsulated fragments (PS3.5 A.4) to their end mark.

        Where that is missing, pydicom reads nothing at all of the file, so it must not pass.
        """
        while self.size - position >= 8:
            tag, _, length, position = self._element(position, True, little)
            if tag != 0xFFFEE000:
                return
            position += length
        raise TooShort
