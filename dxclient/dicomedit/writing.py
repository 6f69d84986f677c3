"""An index of a file back to bytes: what nobody edited is copied as it stands."""

from __future__ import annotations

import zlib

from dxclient.dicomedit.level import Edited, Entry, Level, Order
from dxclient.dicomedit.structure import ITEM, ITEM_END, SEQUENCE_END, UNDEFINED
from dxclient.dicomedit.structure import LONG as LONG_VRS

Pieces = list[bytes | memoryview]
_LONGEST_SHORT = 0xFFFE
_LONG_NAMES = frozenset(LONG_VRS.values())


def written(level: Level) -> Pieces:
    """The elements of a level, as pieces to be joined."""
    out: Pieces = []
    _content(level, out)
    return out


def size(pieces: Pieces) -> int:
    """Bytes of all pieces."""
    return sum(map(len, pieces))


def deflated(data: bytes) -> bytes:
    """A data set in Deflated Explicit VR Little Endian (PS3.5 annex A.5)."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)


def _content(level: Level, out: Pieces) -> None:
    if level.changed:
        _elements(level, out)
    else:
        out.append(memoryview(level.data)[level.start : level.end])


def _elements(level: Level, out: Pieces) -> None:
    """Append element by element; neighbours that nobody edited are one piece."""
    view, opened = memoryview(level.data), level.items
    start = stop = -1
    entries = sorted(level.entries.items()) if level.grown else level.entries.items()
    for tag, entry in entries:
        if len(entry) == 5 and (tag not in opened or not _any_changed(opened[tag])):
            if entry[0] != stop:
                if stop > start:
                    out.append(view[start:stop])
                start = entry[0]
            stop = entry[2]
            continue
        if stop > start:
            out.append(view[start:stop])
        start = stop = -1
        if tag in opened:
            _sequence(level, tag, entry, out)
        else:
            out.append(_edited(level, tag, entry))
    if stop > start:
        out.append(view[start:stop])


def _any_changed(items: list[Level]) -> bool:
    return any(item.changed for item in items)


def _edited(level: Level, tag: int, entry: Entry | Edited) -> bytes:
    assert len(entry) == 2, "places in the file are copied"
    vr, value = entry
    length = len(value)
    if level.explicit and length <= _LONGEST_SHORT and vr not in _LONG_NAMES:
        header = level.order.short_header(tag >> 16, tag & 0xFFFF, vr.encode(), length)
        return header + value
    return _long_header(level, tag, vr, length) + value


def _long_header(level: Level, tag: int, vr: str, length: int) -> bytes:
    group, element, order = tag >> 16, tag & 0xFFFF, level.order
    if not level.explicit:
        return order.implicit_header(group, element, length)
    # PS3.5 section 6.2.2, note 7: what a short length cannot say is written as unknown.
    code = vr.encode() if vr in _LONG_NAMES else b"UN"
    return order.long_header(group, element, code, 0, length)


def _sequence(level: Level, tag: int, entry: Entry | Edited, out: Pieces) -> None:
    """Append a sequence with edited items, of the kind that it was."""
    vr, undefined = (entry[3], entry[4]) if len(entry) == 5 else ("SQ", False)
    at = len(out) + 1
    out.append(b"")
    for item in level.items[tag]:
        _item(item, out)
    length = UNDEFINED if undefined else size(out[at:])
    out[at - 1] = _long_header(level, tag, vr or "SQ", length)
    if undefined:
        out.append(_mark(Order.LITTLE if vr == "UN" else level.order, SEQUENCE_END, 0))


def _item(item: Level, out: Pieces) -> None:
    if not item.changed:
        out.append(memoryview(item.data)[item.head : item.stop])
        return
    at = len(out) + 1
    out.append(b"")
    _content(item, out)
    out[at - 1] = _mark(item.order, ITEM, UNDEFINED if item.undefined else size(out[at:]))
    if item.undefined:
        out.append(_mark(item.order, ITEM_END, 0))


def _mark(order: Order, tag: int, length: int) -> bytes:
    return order.implicit_header(tag >> 16, tag & 0xFFFF, length)
