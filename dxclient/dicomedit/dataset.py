"""The target over a pydicom data set. Elements that nobody edits stay the bytes they were.

Only this module and `files` reach into pydicom's raw elements: an element that is read through
``Dataset.__getitem__`` would be decoded and written again, which may alter it.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence, Sequence
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.tag import Tag

from dxclient.dicomedit import codec
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.matching import fixed_tag, matches, may_be_nothing
from dxclient.dicomedit.target import Spot
from dxclient.dicomedit.tree import Element, Part, TagPath, Wild
from dxclient.dicomedit.unknown import HiddenItems

CHARACTER_SET = 0x00080005
TRANSFER_SYNTAX = 0x00020010


def is_private(tag: int) -> bool:
    """Whether the group is odd."""
    return bool(tag >> 16 & 1)


def is_creator_tag(tag: int) -> bool:
    """Whether the element reserves a private block (PS3.5 section 7.8.1)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def raw_value(level: Dataset, tag: int) -> bytes:
    """Bytes of an element; empty where absent."""
    element = level._dict.get(Tag(tag))
    value = getattr(element, "value", None)
    if value is None:
        return b""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    # pydicom decodes the character set and the file meta group by itself.
    many = not isinstance(value, str) and isinstance(value, MutableSequence)
    return ("\\".join(map(str, value)) if many else str(value)).encode("ascii", "replace")


def creator_of(level: Dataset, tag: int) -> str | None:
    """The private creator of an element, None where there is none."""
    if not is_private(tag) or tag & 0xFFFF < 0x1000:
        return None
    creator = (tag & 0xFFFF0000) | (tag >> 8 & 0xFF)
    if Tag(creator) not in level._dict:
        return None
    return raw_value(level, creator).decode("latin-1").strip(" \0")


def vr_of(level: Dataset, tag: int) -> str:
    """Value representation of an element, from the file where it says so."""
    element = level._dict.get(Tag(tag))
    vr = element.VR if element is not None else None
    return _settled(level, str(vr or _dictionary_vr(level, tag)))


def _dictionary_vr(level: Dataset, tag: int) -> str:
    if is_creator_tag(tag):
        return "LO"
    try:
        if is_private(tag):
            creator = creator_of(level, tag)
            return private_dictionary_VR(tag, creator) if creator else "UN"
        return dictionary_VR(tag)
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else "UN"


def _settled(level: Dataset, vr: str) -> str:
    """One of the alternatives where the dictionary leaves a choice (PS3.5 annex A)."""
    if "or" not in vr:
        return vr
    if "SS" in vr:
        signed = raw_value(level, 0x00280103).strip(b"\0") not in (b"", b"\0")
        return "SS" if signed else "US"
    return "OW"


def holds_items(level: Dataset, tag: int) -> bool:
    """Whether an element is a sequence."""
    return vr_of(level, tag) == "SQ"


def items_of(level: Dataset, tag: int) -> list[Dataset]:
    """The items of a sequence element."""
    if not holds_items(level, tag):
        return []
    return list(level[Tag(tag)].value or [])


def tag_name(tag: int) -> str:
    """Notation for people."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


class DatasetTarget:
    """One data set under edit.

    Parameters
    ----------
    root : pydicom.Dataset
        With its file meta group.
    """

    def __init__(self, root: Dataset) -> None:
        self.root = root
        self.meta: Dataset = root.file_meta
        self._hidden = HiddenItems()

    def _items(self, level: Dataset, tag: int) -> list[Dataset]:
        """Items of a sequence, also of one that stands there as unknown bytes."""
        if vr_of(level, tag) == "UN":
            return self._hidden.items(level, tag, self._encodings(level))
        return items_of(level, tag)

    # -- finding ------------------------------------------------------------------
    def find(self, parts: Sequence[Part]) -> list[Spot]:
        """Existing elements that match, in file order, each once."""
        first = parts[0]
        if isinstance(first, Element) and first.group == "0002":
            return list(self._search(self.meta, tuple(parts), ""))
        found: dict[tuple[int, int], Spot] = {}
        for spot in self._search(self.root, tuple(parts), ""):
            found.setdefault((id(spot.level), spot.tag), spot)
        return list(found.values())

    def walk(self) -> Iterator[Spot]:
        """Every element at every level."""
        return iter(self.find((Wild("*"),)))

    def _search(self, level: Dataset, parts: tuple[Part, ...], prefix: str) -> Iterator[Spot]:
        head, rest = parts[0], parts[1:]
        if isinstance(head, Element):
            yield from self._search_element(level, head, rest, prefix)
        elif head.kind == "*":
            yield from self._search_any(level, parts, prefix)
        else:
            yield from self._search_levels(level, head, rest, prefix)

    def _search_element(
        self, level: Dataset, head: Element, rest: tuple[Part, ...], prefix: str
    ) -> Iterator[Spot]:
        for tag in self._candidates(level, head):
            name = prefix + tag_name(tag)
            if may_be_nothing(rest) and head.item is None:
                yield Spot(level, tag, name)
            if not rest:
                continue
            for number, item in enumerate(self._items(level, tag)):
                if head.item in (None, "%", number):
                    yield from self._search(item, rest, f"{name}[{number}]/")

    def _candidates(self, level: Dataset, head: Element) -> list[int]:
        tag = fixed_tag(head)
        if tag is not None:
            return [tag] if Tag(tag) in level._dict else []
        return [t for t in sorted(level._dict) if matches(head, t, creator_of(level, t))]

    def _search_any(self, level: Dataset, parts: tuple[Part, ...], prefix: str) -> Iterator[Spot]:
        rest = parts[1:]
        if rest:
            yield from self._search(level, rest, prefix)
        for tag in sorted(level._dict):
            name = prefix + tag_name(tag)
            if may_be_nothing(rest):
                yield Spot(level, tag, name)
            for number, item in enumerate(self._items(level, tag)):
                yield from self._search(item, parts, f"{name}[{number}]/")

    def _search_levels(
        self, level: Dataset, head: Wild, rest: tuple[Part, ...], prefix: str
    ) -> Iterator[Spot]:
        below = (Wild("*"), *rest) if head.kind == "+" else rest
        for tag in sorted(level._dict):
            name = prefix + tag_name(tag)
            if may_be_nothing(rest):
                yield Spot(level, tag, name)
            follower = rest[0] if rest else None
            named = isinstance(follower, Element) and matches(follower, tag, creator_of(level, tag))
            # The engine's "+" does not start at a level that is itself the named element.
            if not below or (head.kind == "+" and named):
                continue
            for number, item in enumerate(self._items(level, tag)):
                yield from self._search(item, below, f"{name}[{number}]/")

    # -- one element ----------------------------------------------------------------
    def resolve(self, path: TagPath) -> Spot | None:
        """The element of a singular path, if it exists."""
        level, prefix = self._start(path), ""
        for part in path.parts[:-1]:
            element, number = _indexed(part)
            tag = _tag_in(level, element)
            if tag is None or Tag(tag) not in level._dict:
                return None
            items = self._items(level, tag)
            if number >= len(items):
                return None
            level, prefix = items[number], f"{prefix}{tag_name(tag)}[{number}]/"
        last = path.parts[-1]
        assert isinstance(last, Element)
        tag = _tag_in(level, last)
        if tag is None or Tag(tag) not in level._dict:
            return None
        return Spot(level, tag, prefix + tag_name(tag))

    def create(self, path: TagPath) -> Spot:
        """The place of a singular path; sequences, items and private block made as needed."""
        level, prefix = self._start(path), ""
        for part in path.parts[:-1]:
            element, number = _indexed(part)
            tag = self._reserve(level, element)
            items = self._sequence(level, tag)
            while len(items) <= number:
                items.append(self._new_item())
            level, prefix = items[number], f"{prefix}{tag_name(tag)}[{number}]/"
        last = path.parts[-1]
        assert isinstance(last, Element)
        tag = self._reserve(level, last)
        return Spot(level, tag, prefix + tag_name(tag))

    def _start(self, path: TagPath) -> Dataset:
        first = path.parts[0]
        meta = isinstance(first, Element) and first.group == "0002"
        return self.meta if meta else self.root

    def _reserve(self, level: Dataset, element: Element) -> int:
        tag = _tag_in(level, element)
        if tag is not None:
            return tag
        group = int(element.group, 16) << 16
        for block in range(0x10, 0x100):
            if Tag(group | block) not in level._dict:
                self._put(level, group | block, "LO", element.creator)
                return group | block << 8 | int(element.element, 16)
        raise Fault("no private block is free")

    def _sequence(self, level: Dataset, tag: int) -> Any:
        if Tag(tag) in level._dict and not holds_items(level, tag) and not is_private(tag):
            raise Fault("an element that is no sequence is used as one")
        if Tag(tag) not in level._dict or not holds_items(level, tag):
            if not is_private(tag) and _dictionary_vr(level, tag) not in ("SQ", "UN"):
                raise Fault("an element that is no sequence is used as one")
            level._dict[Tag(tag)] = DataElement(Tag(tag), "SQ", Items())
        return level[Tag(tag)].value

    def _new_item(self) -> Dataset:
        item = Dataset(parent_encoding=self.root._character_set)
        implicit, little = self.root.original_encoding
        item.set_original_encoding(implicit, little, item._character_set)
        return item

    # -- values -----------------------------------------------------------------------
    def vr(self, spot: Spot) -> str:
        """Value representation."""
        return vr_of(spot.level, spot.tag)

    def text(self, spot: Spot) -> str | None:
        """The value as DicomEdit shows it."""
        if Tag(spot.tag) not in spot.level._dict:
            return None
        vr = self.vr(spot)
        if vr == "SQ":
            raise Fault("a sequence has no text")
        element = spot.level._dict[Tag(spot.tag)]
        if not isinstance(element, RawDataElement):
            return _decoded_text(element)
        little = element.is_little_endian
        return codec.decode(vr, element.value or b"", little, self._encodings(spot.level))

    def write(self, spot: Spot, text: str, vr: str = "") -> None:
        """Put a value; with *vr*, as an element of this value representation."""
        if spot.tag == TRANSFER_SYNTAX:
            raise Fault("changing the transfer syntax is not supported")
        # Texts that stay are written in a new character set too, or would become unreadable.
        moved = self._governed() if self._is_character_set(spot) else []
        self._put(spot.level, spot.tag, vr or self.vr(spot), text)
        for level, tag, kept in moved:
            self._put(level, tag, vr_of(level, tag), kept)

    def _is_character_set(self, spot: Spot) -> bool:
        return spot.level is self.root and spot.tag == CHARACTER_SET

    def _put(self, level: Dataset, tag: int, vr: str, text: str) -> None:
        if tag >> 16 > 0x8000 and is_private(tag):
            raise Fault("private groups from 8001 on cannot be written")
        self._hidden.edited(level)
        implicit, little = (False, True) if level is self.meta else level.original_encoding
        data = codec.encode(vr, text, bool(little), self._encodings(level))
        level._dict[Tag(tag)] = RawDataElement(
            Tag(tag), vr, len(data), data, 0, bool(implicit), bool(little)
        )

    def _governed(self) -> list[tuple[Dataset, int, str]]:
        """Texts beyond ASCII whose bytes mean what the character set of the root says."""
        found = []
        for spot in self.walk():
            plain = raw_value(spot.level, spot.tag).isascii()
            own = spot.level is not self.root and Tag(CHARACTER_SET) in spot.level._dict
            if not plain and not own and self.vr(spot) in codec.ENCODED:
                found.append((spot.level, spot.tag, self.text(spot) or ""))
        return found

    def _encodings(self, level: Dataset) -> list[str]:
        own = level if Tag(CHARACTER_SET) in level._dict else self.root
        terms = raw_value(own, CHARACTER_SET).decode("ascii", "replace").strip(" \0")
        if not terms:
            return []
        return list(convert_encodings([term.strip() for term in terms.split("\\")]))

    def remove(self, spot: Spot) -> None:
        """Remove an element."""
        if spot.tag == TRANSFER_SYNTAX:
            raise Fault("removing the transfer syntax is not supported")
        self._hidden.edited(spot.level)
        spot.level._dict.pop(Tag(spot.tag), None)

    def is_creator(self, spot: Spot) -> bool:
        """Whether the element reserves a private block."""
        return is_creator_tag(spot.tag)


def _decoded_text(element: DataElement) -> str:
    value = element.value
    if value is None:
        return ""
    many = element.VM > 1
    return "\\".join(str(one) for one in value) if many else str(value)


def _indexed(part: Part) -> tuple[Element, int]:
    assert isinstance(part, Element)
    if not isinstance(part.item, int):
        raise Fault("a sequence needs an item number here, such as [0]")
    return part, part.item


def _tag_in(level: Dataset, element: Element) -> int | None:
    """The tag of an element in this data set; None where its private block is not reserved."""
    tag = fixed_tag(element)
    if tag is not None or not element.private:
        return tag
    group = int(element.group, 16) << 16
    for block in range(0x10, 0x100):
        probe = group | block << 8 | int(element.element, 16)
        if creator_of(level, probe) == element.creator:
            return probe
    return None
