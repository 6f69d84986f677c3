"""How elements follow each other in the bytes of a DICOM file (PS3.5 section 7).

The bytes are walked once and remembered as places. A file that ends too early, or whose elements
do not fill it, is `Broken`; one that follows no rule known here, but may still be readable, is
`Odd`.
"""

from __future__ import annotations

import struct
import zlib

from dxclient.dicomedit.level import Entry, Level, Order

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = 0x7FE00010
_LONG_NAMES = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
_SHORT_NAMES = (
    *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL"),
    *("SS", "ST", "TM", "UI", "UL", "US"),
)
#: Value representations by their bytes; short ones have a length of two bytes.
LONG = {name.encode(): name for name in _LONG_NAMES}
SHORT = {name.encode(): name for name in _SHORT_NAMES}
_DEEPEST = 64
_ZEROS = (b"\0\0\0\0", b"\0\0", b"\0\0\0", b"\0")
_META_GROUP = b"\x02\0"
_DELIMITER_GROUP = (b"\xfe\xff", b"\xff\xfe")
#: A data set that inflates to more is taken for an attack.
_MOST_INFLATED = 1 << 31
_NESTS = frozenset({"SQ", "UN"})


class Broken(Exception):
    """The bytes are not the structure of a whole file."""


class Odd(Exception):
    """The bytes follow no rule of PS3.5, though some readers may make sense of them."""


def walk(level: Level, at: int, limit: int, *, delimited: bool = False) -> int:
    """Fill a level with the places of its elements; return where they end.

    Parameters
    ----------
    limit : int
        Where the bytes of the level end at the latest.
    delimited : bool
        The level ends at an item delimiter, which is not part of it.

    Raises
    ------
    Broken
        An element reaches beyond the limit, or the delimiter is missing.
    Odd
        An element has an unknown value representation.
    """
    if level.depth > _DEEPEST:
        raise Broken
    # Decided once for each level: the length of an implicit element may look like a VR.
    if at + 8 <= limit and level.data[at : at + 2] not in _DELIMITER_GROUP:
        vr = level.data[at + 4 : at + 6]
        level.explicit = vr in SHORT or vr in LONG
    pace = _explicit if level.explicit else _implicit
    try:
        end = pace(level, at, limit, delimited)
    except struct.error:
        raise Broken from None
    if end > limit:
        raise Broken
    return end


def walk_meta(meta: Level, at: int) -> int:
    """Fill the file meta group, in Explicit VR Little Endian; return where it ends.

    Its own group length is not asked: many files hold a wrong one.

    Raises
    ------
    Broken, Odd
        As `walk`.
    """
    data, order = meta.data, Order.LITTLE
    while data.startswith(_META_GROUP, at):
        if at + 12 > len(data):
            raise Broken
        group, element, vr, length = order.words(data, at)
        start, name = at + 8, SHORT.get(vr)
        if name is None:
            start, name = at + 12, LONG.get(vr)
            length = order.long(data, at + 8)[0]
        if name is None:
            raise Odd
        if start + length > len(data):
            raise Broken
        meta.entries[group << 16 | element] = (at, start, start + length, name, False)
        at = start + length
    return at


def _explicit(level: Level, at: int, limit: int, delimited: bool) -> int:
    data, entries, order = level.data, level.entries, level.order
    words, long_length, short_name, long_name = order.words, order.long, SHORT.get, LONG.get
    last = -1
    level.nests = nests = []
    while at + 8 <= limit:
        group, element, vr, length = words(data, at)
        tag = group << 16 | element
        if tag <= last:
            _out_of_order(level, tag)
        last = tag
        name = short_name(vr)
        if name is not None:
            start = at + 8
            stop = start + length
            entries[tag] = (at, start, stop, name, False)
            at = stop
            continue
        name = long_name(vr)
        if name is None:
            return _end(level, tag, at, limit, delimited)
        if name in _NESTS and tag not in entries:
            nests.append(tag)
        start = at + 12
        length = long_length(data, at + 8)[0]
        at = _long(level, tag, (at, start, start + length, name, length == UNDEFINED), limit)
    return _ran_out(at, delimited)


def _implicit(level: Level, at: int, limit: int, delimited: bool) -> int:
    data, entries, header = level.data, level.entries, level.order.implicit
    last = -1
    while at + 8 <= limit:
        group, element, length = header(data, at)
        tag = group << 16 | element
        if group == 0xFFFE:
            return _end(level, tag, at, limit, delimited)
        if tag <= last:
            if not tag and not data[at:limit].strip(b"\0"):
                return limit
            _out_of_order(level, tag)
        last = tag
        start = at + 8
        stop = start + length
        if length == UNDEFINED:
            at = _long(level, tag, (at, start, stop, "", True), limit)
            continue
        entries[tag] = (at, start, stop, "", False)
        at = stop
    return _ran_out(at, delimited)


def _ran_out(at: int, delimited: bool) -> int:
    if delimited:
        raise Broken
    return at


def _end(level: Level, tag: int, at: int, limit: int, delimited: bool) -> int:
    """Something that is no element: the end of an item, or the zeros at the end of a file."""
    if delimited and tag == ITEM_END:
        return at
    if level.parent is None and not level.data[at:limit].strip(b"\0"):
        return limit
    if tag >> 16 == 0xFFFE:
        raise Broken
    raise Odd


def _out_of_order(level: Level, tag: int) -> None:
    # Of an element that stands there twice the last one counts, so the others must not be copied.
    level.ordered = False
    if tag in level.entries:
        level.changed = True
        level.items.pop(tag, None)


def _long(level: Level, tag: int, entry: Entry, limit: int) -> int:
    """Note an element that may be of undefined length; return where it ends."""
    head, start, stop, name, undefined = entry
    if undefined:
        if name in _NESTS or (not name and tag != PIXELS):
            items, stop = _items(level, tag, start, limit, unknown=name == "UN")
            level.items[tag] = items
        else:
            stop = _past_fragments(level, start, limit)
        if stop > limit:
            raise Broken
    level.entries[tag] = (head, start, stop, name, undefined)
    return stop


def _items(
    level: Level, tag: int, at: int, limit: int, *, unknown: bool
) -> tuple[list[Level], int]:
    """Items up to the sequence delimiter, and where the element ends."""
    items: list[Level] = []
    while True:
        found, length = _item_header(level, at, limit, unknown)
        if found == SEQUENCE_END:
            return items, at + 8
        item = _item(level, tag, len(items), (at, length), limit, unknown)
        items.append(item)
        at = item.stop


def _item_header(level: Level, at: int, limit: int, unknown: bool) -> tuple[int, int]:
    if at + 8 > limit:
        raise Broken
    order = Order.LITTLE if unknown else level.order
    group, element, length = order.implicit(level.data, at)
    tag = group << 16 | element
    if tag not in (ITEM, SEQUENCE_END):
        raise Broken
    return tag, length


def _item(
    level: Level,
    tag: int,
    number: int,
    place: tuple[int, int],
    limit: int,
    unknown: bool,
) -> Level:
    """Read one item; *unknown* bytes are in Implicit VR Little Endian (PS3.5 section 6.2.2)."""
    head, length = place
    item = Level(
        level.data,
        explicit=level.explicit and not unknown,
        order=Order.LITTLE if unknown else level.order,
        parent=level,
        tag=tag,
        number=number,
    )
    item.head, item.start = head, head + 8
    if length == UNDEFINED:
        item.undefined = True
        item.end = walk(item, item.start, limit, delimited=True)
        item.stop = item.end + 8
        return item
    item.end = item.stop = item.start + length
    if item.stop > limit:
        raise Broken
    end = walk(item, item.start, item.end)
    if end != item.end:
        raise Broken
    return item


def _past_fragments(level: Level, at: int, limit: int) -> int:
    """Where encapsulated pixel data end (PS3.5 annex A.4)."""
    while True:
        tag, length = _item_header(level, at, limit, unknown=False)
        at += 8
        if tag == SEQUENCE_END:
            return at
        at += length


def open_items(level: Level, tag: int, entry: Entry, *, unknown: bool) -> list[Level]:
    """Read the items of a sequence of known length.

    *Unknown* bytes, in which nothing makes sense as an item, hold none: other things than items
    may begin as these do. Where one makes sense, all must.

    Raises
    ------
    Broken, Odd
        As `walk`.
    """
    _, at, stop, _, _ = entry
    items: list[Level] = []
    try:
        while at < stop and not _only_zeros(level.data, at, stop):
            at = _next_item(level, tag, (at, stop), items, unknown)
    except (struct.error, Broken, Odd) as error:
        if unknown and not any(item.entries for item in items):
            return []
        raise Broken if isinstance(error, struct.error) else error from None
    return items


def _only_zeros(data: bytes, at: int, stop: int) -> bool:
    return data[at : at + 4] in _ZEROS and not data[at:stop].strip(b"\0")


def _next_item(
    level: Level, tag: int, place: tuple[int, int], items: list[Level], unknown: bool
) -> int:
    """Read one more item, or the end of all; return where what follows begins."""
    at, stop = place
    found, length = _item_header(level, at, stop, unknown)
    if found == SEQUENCE_END:
        if level.data[at + 8 : stop].strip(b"\0"):
            raise Broken  # what stands there would be seen by some readers, and not searched here
        return stop
    items.append(_item(level, tag, len(items), (at, length), stop, unknown))
    return items[-1].stop


def inflated(data: bytes) -> bytes:
    """The data set of a deflated file (PS3.5 annex A.5).

    Raises
    ------
    Broken
        The stream is damaged or ends too early.
    """
    inflater = zlib.decompressobj(-15)
    try:
        out = inflater.decompress(data, _MOST_INFLATED)
    except zlib.error:
        raise Broken from None
    if not inflater.eof:
        raise Broken
    return out
