"""A zip in memory: the same files give the same bytes, and no names or dates leave."""

from __future__ import annotations

import struct
import zlib
from types import ModuleType
from typing import BinaryIO, NamedTuple

fast: ModuleType
try:
    from isal import isal_zlib

    fast = isal_zlib
except ImportError:  # there are systems that it was not built for
    fast = zlib

#: 1 January 1980, the first date that a zip can hold; real dates would say something.
_TIME, _DATE = 0, 1 << 5 | 1
_STORED, _DEFLATED = 0, 8
#: Versions that a reader has to know: the plain format, and the one with 64-bit sizes.
_PLAIN, _WIDE = 20, 45
_MAGIC32, _MAGIC16 = 0xFFFFFFFF, 0xFFFF
#: Bytes that are tried, and what must come off them, before a whole file is compressed.
_TASTE, _WORTH = 64 * 1024, 0.9
#: Bytes that go through the compressor at once, so that big files need no second copy.
_STEP = 4 * 1024 * 1024


class _Entry(NamedTuple):
    """A file in the zip: where its header is, and how long it is there and in truth (bytes)."""

    name: bytes
    start: int
    method: int
    crc: int
    packed: int
    size: int


class ZipBody:
    """Writes files into a zip (APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16).

    What does not fit into the fields of the old format (files of 4 GiB, places behind that,
    65,535 files) goes into those of ZIP64 (section 4.5.3); all else stays readable by anything.

    Parameters
    ----------
    out : BinaryIO
        Empty, readable from where it is written, such as `io.BytesIO`.
    limit, most : int
        From how many bytes and how many files on ZIP64 is needed; lower ones are for tests.
    """

    def __init__(self, out: BinaryIO, *, limit: int = _MAGIC32, most: int = _MAGIC16) -> None:
        self._out = out
        self._limit = limit
        self._most = most
        self._entries: list[_Entry] = []

    def add(self, name: str, data: bytes, level: int) -> None:
        """Add a file.

        Parameters
        ----------
        level : int
            0 stores, 1 is fast, 6 is strong. What does not get smaller is stored all the same.
        """
        start = self._out.tell()
        encoded = name.encode("ascii")
        wide = len(data) >= self._limit
        room = self._out.write(bytes(30 + len(encoded) + 20 * wide))
        packed = _deflate(data, level, self._out) if _worthwhile(data, level) else len(data)
        method = _DEFLATED if packed < len(data) else _STORED
        if method == _STORED:
            self._out.seek(start + room)
            self._out.truncate()
            packed = self._out.write(data)
        entry = _Entry(encoded, start, method, fast.crc32(data), packed, len(data))
        self._out.seek(start)
        self._out.write(_local(entry, wide))
        self._out.seek(start + room + packed)
        self._entries.append(entry)

    def finish(self) -> None:
        """Write the directory at the end."""
        start, count = self._out.tell(), len(self._entries)
        for entry in self._entries:
            self._out.write(_listed(entry, self._limit))
        length = self._out.tell() - start
        many, far = count >= self._most, start + length >= self._limit
        if many or far:
            self._out.write(_wide_end(count, length, start))
        number = _MAGIC16 if many else count
        place = _MAGIC32 if far else start
        end = struct.pack("<HHHHIIH", 0, 0, number, number, min(length, _MAGIC32), place, 0)
        self._out.write(b"PK\x05\x06" + end)


def _common(entry: _Entry, wide: bool, extra: int) -> bytes:
    """Fields that stand in both places where a file is described."""
    packed, size = (_MAGIC32, _MAGIC32) if wide else (entry.packed, entry.size)
    return struct.pack(
        "<HHHHHIIIHH",
        _WIDE if extra else _PLAIN,
        0,
        entry.method,
        _TIME,
        _DATE,
        entry.crc,
        packed,
        size,
        len(entry.name),
        extra,
    )


def _local(entry: _Entry, wide: bool) -> bytes:
    sizes = _extra(entry.size, entry.packed) if wide else b""
    return b"PK\x03\x04" + _common(entry, wide, len(sizes)) + entry.name + sizes


def _listed(entry: _Entry, limit: int) -> bytes:
    wide, far = entry.size >= limit, entry.start >= limit
    numbers = (entry.size, entry.packed) if wide else ()
    extra = _extra(*numbers, *((entry.start,) if far else ()))
    version = struct.pack("<H", _WIDE if extra else _PLAIN)
    tail = struct.pack("<HHHII", 0, 0, 0, 0, _MAGIC32 if far else entry.start)
    return b"PK\x01\x02" + version + _common(entry, wide, len(extra)) + tail + entry.name + extra


def _extra(*numbers: int) -> bytes:
    """The ZIP64 field: those numbers that stand as all ones elsewhere."""
    if not numbers:
        return b""
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def _wide_end(count: int, length: int, start: int) -> bytes:
    """End of the directory in ZIP64, and where that is."""
    record = struct.pack("<QHHIIQQQQ", 44, _WIDE, _WIDE, 0, 0, count, count, length, start)
    locator = struct.pack("<IQI", 0, start + length, 1)
    return b"PK\x06\x06" + record + b"PK\x06\x07" + locator


def _worthwhile(data: bytes, level: int) -> bool:
    """Whether the beginning gets smaller; noise and hidden compression do not."""
    if not level or len(data) <= _TASTE:
        return bool(level)
    taste = data[:_TASTE]
    return len(fast.compress(taste, 1, -15)) < _WORTH * len(taste)


def _deflate(data: bytes, level: int, out: BinaryIO) -> int:
    """Write *data* compressed; return how many bytes those are."""
    engine = fast if level == 1 else zlib
    packer = engine.compressobj(level, zlib.DEFLATED, -15)
    view, written = memoryview(data), 0
    for at in range(0, len(view), _STEP):
        written += out.write(packer.compress(view[at : at + _STEP]))
    return written + out.write(packer.flush())
