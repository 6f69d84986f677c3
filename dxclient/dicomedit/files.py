"""A DICOM file in memory as an index of its elements, and back to bytes. Never touches a disk."""

from __future__ import annotations

import zlib

from dxclient.dicomedit.level import Edited, Entry, Level, Order
from dxclient.dicomedit.structure import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    Broken,
    Odd,
    inflated,
    walk,
    walk_meta,
)
from dxclient.dicomedit.structure import LONG as LONG_VRS
from dxclient.domain.errors import AnonymizationError

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
TRANSFER_SYNTAX = 0x00020010
#: Names this program in files that did not say who wrote them (PS3.7 annex D.3.3.2).
IMPLEMENTATION = "2.25.181346157438573624519066023815203941"
#: Class and instance, in the file meta group and in the data set.
_SAID_TWICE = ((0x00020002, 0x00080016), (0x00020003, 0x00080018))
_LONGEST_SHORT = 0xFFFE
_LONG_NAMES = frozenset(LONG_VRS.values())
_NOT_SENT = "Nothing of it was sent and the file is unchanged."
_MARK = b"DICM"
#: The preamble may hold anything, so it is not kept (PS3.10 section 7.1).
_START = bytes(128) + _MARK


class File:
    """The file meta group and the data set of one file.

    Attributes
    ----------
    syntax : str
        Transfer syntax UID in which the bytes are.
    named : set of tuple
        Elements of the file meta group that say what the data set said, and which those are.
    """

    def __init__(self, meta: Level, root: Level, syntax: str) -> None:
        self.meta, self.root, self.syntax = meta, root, syntax
        # The data set of a DICOMDIR does not say what it is; only its file meta group does.
        self.named = {pair for pair in _SAID_TWICE if pair[1] in root.entries}

    @property
    def wanted(self) -> str:
        """Transfer syntax UID in which it is to be written.

        As the original: a file that names no transfer syntax is written in the common one.
        """
        return self.meta.value(TRANSFER_SYNTAX).decode("ascii", "replace").strip(" \0") or EXPLICIT


def load(data: bytes) -> File:
    """Index a whole file.

    Raises
    ------
    AnonymizationError
        The bytes are no DICOM file, hold no data, or end too early.
    """
    if not _recognisable(data):
        raise AnonymizationError(f"A file is not DICOM, so it was not anonymized. {_NOT_SENT}")
    try:
        try:
            file = _indexed(data)
        except Odd:
            from dxclient.dicomedit.fallback import rewritten

            file = _indexed(rewritten(data))
    except (Broken, Odd):
        raise damaged() from None
    if not file.root.entries:
        raise AnonymizationError(f"A file holds no data, so it was not anonymized. {_NOT_SENT}")
    return file


def damaged() -> AnonymizationError:
    """What is said of a file that is not whole."""
    return AnonymizationError(
        f"A file ends too early or is damaged, so it was not anonymized. {_NOT_SENT}"
    )


def _recognisable(data: bytes) -> bool:
    if data[128:132] == _MARK:
        return True
    return len(data) > 8 and data[:4] in (
        b"\x02\0\0\0",
        b"\x02\0\x01\0",
        b"\x02\0\x02\0",
        b"\x02\0\x10\0",
        b"\x08\0\0\0",
        b"\x08\0\x01\0",
        b"\x08\0\x05\0",
        b"\x08\0\x08\0",
        b"\x08\0\x12\0",
        b"\x08\0\x16\0",
        b"\0\x08\0\0",
        b"\0\x08\0\x05",
        b"\0\x08\0\x08",
        b"\0\x08\0\x12",
        b"\0\x08\0\x16",
    )


def _indexed(data: bytes) -> File:
    meta, at = _meta(data)
    syntax = meta.value(TRANSFER_SYNTAX).decode("ascii", "replace").strip(" \0")
    if syntax == DEFLATED:
        data, at = inflated(data[at:]), 0
    big = syntax == BIG_ENDIAN or (not syntax and data[at : at + 1] == b"\0")
    order = Order.BIG if big else Order.LITTLE
    root = Level(data, explicit=syntax != IMPLICIT, order=order)
    root.start = at
    root.end = root.stop = walk(root, at, len(data))
    if len(data) - root.end >= 8 or data[root.end :].strip(b"\0"):
        raise Broken
    _without_commands(root)
    if not syntax:
        syntax = _own_syntax(root)
    return File(meta, root, syntax)


def _own_syntax(root: Level) -> str:
    if not root.order.little:
        return BIG_ENDIAN
    return EXPLICIT if root.explicit else IMPLICIT


def _meta(data: bytes) -> tuple[Level, int]:
    """The file meta group, and where the data set starts (PS3.10 section 7.1)."""
    meta = Level(data, explicit=True, order=Order.LITTLE)
    meta.start = 132 if data[128:132] == _MARK else 0
    meta.end = walk_meta(meta, meta.start)
    if meta.end == meta.start:
        meta.put(0x00020001, "OB", b"\0\1")
        meta.put(0x00020012, "UI", _uid(IMPLEMENTATION))
    meta.entries.pop(0x00020000, None)
    return meta, meta.end


def _without_commands(root: Level) -> None:
    """Command elements have no place in a file (PS3.10 section 7.1)."""
    first = next(iter(root.entries), 0x00080000) if root.ordered else min(root.entries)
    if first < 0x00010000:
        for tag in [tag for tag in root.entries if tag < 0x00010000]:
            root.remove(tag)


def _uid(text: str) -> bytes:
    data = text.encode("ascii")
    return data + b"\0" * (len(data) % 2)


def save(file: File) -> bytes:
    """Write a whole file in the transfer syntax that its file meta group names."""
    for tag, source in _SAID_TWICE:
        if source not in file.root.entries and (tag, source) not in file.named:
            continue
        value = file.root.value(source)
        if file.meta.value(tag) != value:
            file.meta.put(tag, "UI", value)
    if not file.meta.value(TRANSFER_SYNTAX):
        file.meta.put(TRANSFER_SYNTAX, "UI", _uid(EXPLICIT))
    out: Pieces = [_START, b""]
    length = _elements(file.meta, out)
    out[1] = Order.LITTLE.short_header(2, 0, b"UL", 4) + length.to_bytes(4, "little")
    if file.wanted == DEFLATED:
        body: Pieces = []
        _content(file.root, body)
        out.append(_deflated(b"".join(body)))
    else:
        _content(file.root, out)
    return b"".join(out)


NATIVE = {
    EXPLICIT: (True, Order.LITTLE),
    IMPLICIT: (False, Order.LITTLE),
    BIG_ENDIAN: (True, Order.BIG),
    DEFLATED: (True, Order.LITTLE),
}


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)


Pieces = list[bytes | memoryview]


def _content(level: Level, out: Pieces) -> int:
    """Append the elements of a level to *out*; return their length."""
    if level.changed:
        return _elements(level, out)
    out.append(memoryview(level.data)[level.start : level.end])
    return level.end - level.start


def _elements(level: Level, out: Pieces) -> int:
    """Append element by element; neighbours that nobody edited are one piece."""
    view, total = memoryview(level.data), 0
    start = stop = -1
    entries = sorted(level.entries.items()) if level.grown else level.entries.items()
    opened = level.items
    for tag, entry in entries:
        if entry[0] == stop and tag not in opened:
            assert len(entry) == 5
            stop = entry[2]
            continue
        if len(entry) == 5 and not (tag in opened and _any_changed(opened[tag])):
            if entry[0] == stop:
                stop = entry[2]
                continue
            if stop > start:
                out.append(view[start:stop])
                total += stop - start
            start, stop = entry[0], entry[2]
            continue
        if stop > start:
            out.append(view[start:stop])
            total += stop - start
        start = stop = -1
        total += (
            _sequence(level, tag, entry, out) if tag in opened else _edited(level, tag, entry, out)
        )
    if stop > start:
        out.append(view[start:stop])
        total += stop - start
    return total


def _any_changed(items: list[Level]) -> bool:
    return any(item.changed for item in items)


def _edited(level: Level, tag: int, entry: Entry | Edited, out: Pieces) -> int:
    assert len(entry) == 2, "places in the file are copied"
    vr, value = entry
    length = len(value)
    if level.explicit and length <= _LONGEST_SHORT and vr not in _LONG_NAMES:
        header = level.order.short_header(tag >> 16, tag & 0xFFFF, vr.encode(), length)
    else:
        header = _long_header(level, tag, vr, length)
    out += (header, value)
    return len(header) + length


def _long_header(level: Level, tag: int, vr: str, length: int) -> bytes:
    group, element, order = tag >> 16, tag & 0xFFFF, level.order
    if not level.explicit:
        return order.implicit_header(group, element, length)
    # PS3.5 section 6.2.2, note 7: what a short length cannot say is written as unknown.
    code = vr.encode() if vr in _LONG_NAMES else b"UN"
    return order.long_header(group, element, code, 0, length)


def _sequence(level: Level, tag: int, entry: Entry | Edited, out: Pieces) -> int:
    """Write a sequence with edited items, of the kind that it was."""
    vr, undefined = (entry[3], entry[4]) if len(entry) == 5 else ("SQ", False)
    pieces: Pieces = []
    length = sum(_item(item, pieces) for item in level.items[tag])
    header = _long_header(level, tag, vr or "SQ", UNDEFINED if undefined else length)
    out.append(header)
    out += pieces
    length += len(header)
    if undefined:
        order = Order.LITTLE if vr == "UN" else level.order
        out.append(_mark(order, SEQUENCE_END, 0))
        length += 8
    return length


def _item(item: Level, out: Pieces) -> int:
    if not item.changed:
        out.append(memoryview(item.data)[item.head : item.stop])
        return item.stop - item.head
    at = len(out)
    out.append(b"")
    length = _content(item, out)
    out[at] = _mark(item.order, ITEM, UNDEFINED if item.undefined else length)
    if item.undefined:
        out.append(_mark(item.order, ITEM_END, 0))
    return length + (16 if item.undefined else 8)


def _mark(order: Order, tag: int, length: int) -> bytes:
    return order.implicit_header(tag >> 16, tag & 0xFFFF, length)
