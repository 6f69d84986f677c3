"""One file under edit: its elements are read as text, written, made and removed."""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.dicomedit import codec
from dxclient.dicomedit.encoding import recode
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.files import NATIVE, File, load, save
from dxclient.dicomedit.level import Level, is_private
from dxclient.dicomedit.searching import Search, Spot
from dxclient.dicomedit.tree import Element, Part, TagPath
from dxclient.domain.errors import AnonymizationError

CHARACTER_SET = 0x00080005
#: The original cannot name private groups above.
_LAST_PRIVATE = 0x8000
#: Commands, groups that shall not be used, and the delimiters of items.
_NO_ELEMENTS = frozenset({0x0000, 0x0001, 0x0003, 0x0005, 0x0007, 0xFFFE, 0xFFFF})


class Target(Search):
    """One file under edit.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    AnonymizationError
        The bytes are no whole DICOM file. Later also `Broken` and `Odd`, when a sequence is
        opened that is not one.
    """

    def __init__(self, data: bytes) -> None:
        self._take(load(data))

    def replace(self, data: bytes) -> None:
        """Go on with another file; spots of the old one mean nothing any more."""
        named = self._file.named
        self._take(load(data))
        self._file.named |= named

    def _take(self, file: File) -> None:
        self._file = file
        self._search_in(self._file.meta, self._file.root)
        if not self.root.explicit:
            _refuse_unknown_in_unknown(self.root)

    def data(self) -> bytes:
        """The file as it stands, in the transfer syntax that its file meta group names.

        Raises
        ------
        Fault
            A script named a transfer syntax in which these pixel data cannot be written.
        """
        self._recode()
        return save(self._file)

    def _recode(self) -> None:
        """Encode the data set as the file meta group says now; pixel data are never compressed."""
        wanted, root = self._file.wanted, self.root
        encoding = NATIVE.get(wanted)
        if encoding is None:
            if wanted != self._file.syntax:
                raise Fault("pixel data cannot be compressed to the transfer syntax that is named")
            return
        explicit, order = encoding
        # Some files are not encoded as they say; whoever gets them goes by what they say.
        if (root.explicit, root.order) == encoding and self._file.syntax in NATIVE:
            return
        self.levels()
        recode(root, explicit=explicit, order=order)

    def release(self) -> None:
        """Let go of the file at once: items and what holds them point at each other."""
        _release(self.root)

    def resolve(self, path: TagPath) -> Spot | None:
        """The element of a singular path, if it exists."""
        if path.fixed is not None:
            spot = self.top(path.fixed)
            return spot if path.fixed in spot[0].entries else None
        level = self._start(path)
        for part in path.parts[:-1]:
            element, number = _indexed(part)
            tag = _tag_in(level, element)
            items = [] if tag is None else self.items(level, tag)
            if number >= len(items):
                return None
            level = items[number]
        last = path.parts[-1]
        assert isinstance(last, Element)
        tag = _tag_in(level, last)
        return None if tag is None or tag not in level.entries else (level, tag)

    def create(self, path: TagPath) -> Spot:
        """The place of a singular path; sequences, items and private block made as needed."""
        if path.fixed is not None:
            return self.top(path.fixed)
        level = self._start(path)
        for part in path.parts[:-1]:
            element, number = _indexed(part)
            tag = self._reserve(level, element)
            items = self._sequence(level, tag)
            while len(items) <= number:
                items.append(self._new_item(level, tag, len(items)))
            level = items[number]
        last = path.parts[-1]
        assert isinstance(last, Element)
        return level, self._reserve(level, last)

    def _start(self, path: TagPath) -> Level:
        first = path.parts[0]
        meta = isinstance(first, Element) and first.group == "0002"
        return self.meta if meta else self.root

    def _reserve(self, level: Level, element: Element) -> int:
        tag = _tag_in(level, element)
        if tag is not None:
            return tag
        group = int(element.group, 16) << 16
        if group > _LAST_PRIVATE << 16:
            raise Fault("private groups from 8001 on cannot be written")
        for block in range(0x10, 0x100):
            if group | block not in level.entries:
                self.write((level, group | block), element.creator, "LO")
                return group | block << 8 | int(element.element, 16)
        raise Fault("no private block is free")

    def _sequence(self, level: Level, tag: int) -> list[Level]:
        present = tag in level.entries
        items = self.items(level, tag)
        if items or (present and level.vr(tag) == "SQ"):
            return level.items.setdefault(tag, items)
        lawful = is_private(tag) or (not present and level.dictionary_vr(tag) in ("SQ", "UN"))
        _require_element(tag)
        if not lawful:
            raise Fault("an element that is no sequence is used as one")
        return level.nest(tag)

    def _new_item(self, level: Level, tag: int, number: int) -> Level:
        unknown = level.explicit and level.vr(tag) == "UN"
        item = Level(
            level.data,
            explicit=level.explicit and not unknown,
            order=level.order,
            parent=level,
            tag=tag,
            number=number,
        )
        item.changed = True
        level.touched(tag)
        self._forget_levels()
        return item

    def vr(self, spot: Spot) -> str:
        """Value representation, of the element or of the dictionary."""
        level, tag = spot
        return level.vr(tag)

    def text(self, spot: Spot) -> str | None:
        """The value as DicomEdit shows it; None where absent. Faults on sequences."""
        level, tag = spot
        entry = level.entries.get(tag)
        if entry is None:
            return None
        if len(entry) == 2:
            vr, value = entry
        else:
            vr, value = entry[3] or level.vr(tag), level.data[entry[1] : entry[2]]
        if vr == "SQ":
            raise Fault("a sequence has no text")
        encodings = () if codec.is_plain(value) else _encodings(level)
        return codec.decode(vr, value, level.order.little, encodings)

    def write(self, spot: Spot, text: str, vr: str = "") -> None:
        """Put a value, encoded for the element's value representation or for the one given."""
        level, tag = spot
        if tag & 0x10000 or not 0x10000 <= tag < 0xFFFE0000:
            _require_element(tag)
        # Texts that stay are written in a new character set too, or would become unreadable.
        moved = self._governed(level) if tag == CHARACTER_SET else ()
        if level.parent is not None:
            self._added(level, tag)
        if tag in level.items:
            self._forget_levels()
        encodings = () if text.isascii() else _encodings(level, new=True)
        vr = vr or level.vr(tag)
        level.put(tag, vr, codec.encode(vr, text, level.order.little, encodings))
        for other, kept in moved:
            self.write(other, kept)

    def _governed(self, top: Level) -> list[tuple[Spot, str]]:
        """Texts beyond ASCII whose bytes mean what the character set of a level says."""
        return [
            ((level, tag), self.text((level, tag)) or "")
            for level in self.levels()
            if _encoding_level(level) in (top, None) and _is_in(level, top)
            for tag in level.entries
            if not codec.is_plain(level.value(tag)) and level.vr(tag) in codec.ENCODED
        ]

    def remove(self, spot: Spot) -> None:
        """Remove an element; nothing happens where it is absent."""
        level, tag = spot
        if tag in level.items:
            self._forget_levels()
        level.remove(tag)

    def name(self, spot: Spot) -> str:
        """Path for people."""
        level, tag = spot
        return level.name(tag)


def _refuse_unknown_in_unknown(level: Level) -> None:
    """XNAT fails on such a file, and a file that it cannot anonymize must not come from here.

    Raises
    ------
    AnonymizationError
        A private sequence of unknown kind holds another one.
    """
    for tag, items in level.items.items():
        unknown = _is_unknown(level, tag)
        for item in items:
            if unknown and any(_is_unknown(item, inner) for inner in item.items):
                raise AnonymizationError(
                    "A file holds a private sequence of unknown kind within another one, which "
                    "XNAT refuses to anonymize. Nothing of it was sent and the file is unchanged."
                )
            _refuse_unknown_in_unknown(item)


def _is_unknown(level: Level, tag: int) -> bool:
    return is_private(tag) and level.dictionary_vr(tag) == "UN"


def _release(level: Level) -> None:
    for items in level.items.values():
        for item in items:
            _release(item)
    level.items.clear()


def _encoding_level(level: Level | None) -> Level | None:
    """The level whose character set holds in a level (PS3.3 section C.12.1.1.2)."""
    while level is not None and CHARACTER_SET not in level.entries:
        level = level.parent
    return level


def _is_in(level: Level | None, top: Level) -> bool:
    while level is not None and level is not top:
        level = level.parent
    return level is top


def _encodings(level: Level, *, new: bool = False) -> Sequence[str]:
    """Encodings of the character set that holds in a level.

    Raises
    ------
    Fault
        For *new* text, where nobody knows what the character set can hold.
    """
    holder = _encoding_level(level)
    if holder is None:
        return ()
    value = holder.value(CHARACTER_SET)
    if new and not codec.is_known(value):
        raise Fault("the file's character set is unknown, so new text cannot be written in it")
    return codec.encodings_of(value)


def _require_element(tag: int) -> None:
    """Raise Fault for what is no element of a data set (PS3.5 section 7.1)."""
    group = tag >> 16
    if group in _NO_ELEMENTS:
        raise Fault("this group holds no elements of a data set")
    if group & 1 and group > _LAST_PRIVATE:
        raise Fault("private groups from 8001 on cannot be written")


def _indexed(part: Part) -> tuple[Element, int]:
    assert isinstance(part, Element)
    if not isinstance(part.item, int):
        raise Fault("a sequence needs an item number here, such as [0]")
    return part, part.item


def _tag_in(level: Level, element: Element) -> int | None:
    """The tag of an element in this data set; None where its private block is not reserved."""
    if element.fixed is not None or not element.private:
        return element.fixed
    group = int(element.group, 16)
    block = level.block(group, element.creator)
    return None if block is None else group << 16 | block << 8 | int(element.element, 16)
