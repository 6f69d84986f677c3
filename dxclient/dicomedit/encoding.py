"""The same data set in another native transfer syntax (PS3.5 annex A)."""

from __future__ import annotations

from array import array

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.level import Edited, Entry, Level, Order

#: Bytes of one number, by value representation.
_WIDTHS = dict.fromkeys(("US", "SS", "OW", "AT"), "H")
_WIDTHS |= dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), "I")
_WIDTHS |= dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), "Q")


def recode(level: Level, *, explicit: bool, order: Order) -> None:
    """Let a level, and all that is in it, be written in another encoding.

    Value representations that the file does not name are those of the dictionaries; unknown
    elements become UN. The sequences of the level must have been opened.

    Raises
    ------
    Fault
        Compressed pixel data, which exist in no other encoding.
    """
    swap = level.order.little != order.little
    entries: dict[int, Entry | Edited] = {}
    for tag, entry in level.entries.items():
        if tag in level.items:
            entries[tag] = ("SQ", b"")
        elif len(entry) == 5 and entry[4]:
            raise Fault("compressed pixel data cannot be written in this transfer syntax")
        else:
            vr = level.vr(tag)
            value = level.value(tag)
            entries[tag] = (vr, _swapped(vr, value) if swap else value)
    level.entries = entries
    level.explicit, level.order, level.undefined, level.changed = explicit, order, False, True
    for items in level.items.values():
        for item in items:
            recode(item, explicit=explicit, order=order)


def _swapped(vr: str, value: bytes) -> bytes:
    code = _WIDTHS.get(vr)
    if code is None:
        return value
    numbers = array(code)
    whole = len(value) - len(value) % numbers.itemsize
    numbers.frombytes(value[:whole])
    numbers.byteswap()
    return numbers.tobytes() + value[whole:]
