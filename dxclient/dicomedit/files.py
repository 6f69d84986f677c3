"""A DICOM file in memory as an index of its elements, and back to bytes. Never touches a disk."""

from __future__ import annotations

from dxclient.dicomedit.level import Level, Order
from dxclient.dicomedit.structure import Broken, Odd, inflated, walk, walk_meta
from dxclient.dicomedit.writing import deflated, size, written
from dxclient.domain.errors import AnonymizationError

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
TRANSFER_SYNTAX = 0x00020010
#: Names this program in files that did not say who wrote them (PS3.7 annex D.3.3.2).
IMPLEMENTATION = "2.25.181346157438573624519066023815203941"
#: Class and instance, in the file meta group and in the data set.
_SAID_TWICE = ((0x00020002, 0x00080016), (0x00020003, 0x00080018))
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
    file.meta.changed = True  # its length is always written anew
    meta = written(file.meta)
    length = Order.LITTLE.short_header(2, 0, b"UL", 4) + size(meta).to_bytes(4, "little")
    body = written(file.root)
    if file.wanted == DEFLATED:
        body = [deflated(b"".join(body))]
    return b"".join([_START, length, *meta, *body])


NATIVE = {
    EXPLICIT: (True, Order.LITTLE),
    IMPLICIT: (False, Order.LITTLE),
    BIG_ENDIAN: (True, Order.BIG),
    DEFLATED: (True, Order.LITTLE),
}
