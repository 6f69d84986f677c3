"""Sequences that stand in a file as unknown bytes (VR UN, or a private element without VR).

Names of patients hide there, so searches look inside. The element stays the bytes it was until
something inside is edited; then it becomes a sequence.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.values import convert_SQ

from dxclient.dicomedit.structure import is_item_list

_ITEM = b"\xfe\xff\x00\xe0"


@dataclass(frozen=True, slots=True)
class _Hidden:
    level: Dataset
    raw: RawDataElement
    items: Sequence


class HiddenItems:
    """Items found in unknown bytes of one data set."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], _Hidden] = {}
        self._owner: dict[int, _Hidden] = {}

    def items(self, level: Dataset, tag: int, encodings: list[str]) -> list[Dataset]:
        """Items in an element's bytes; none where the bytes are no items."""
        raw = level._dict.get(Tag(tag))
        if not isinstance(raw, RawDataElement) or not (raw.value or b"").startswith(_ITEM):
            return []
        known = self._found.get((id(level), tag))
        if known is None or known.raw is not raw:
            known = self._look(level, raw, encodings)
            self._found[id(level), tag] = known
        return list(known.items)

    def _look(self, level: Dataset, raw: RawDataElement, encodings: list[str]) -> _Hidden:
        value = raw.value or b""
        items = Sequence()
        if is_item_list(value):
            items = convert_SQ(value, True, True, encodings or None)
        hidden = _Hidden(level, raw, items)
        for item in items:
            self._owner[id(item)] = hidden
        return hidden

    def edited(self, level: Dataset) -> None:
        """Tell that something in *level* is edited: the bytes around it become a sequence."""
        hidden = self._owner.get(id(level))
        if hidden is None or hidden.level._dict.get(hidden.raw.tag) is not hidden.raw:
            return
        hidden.level._dict[hidden.raw.tag] = DataElement(hidden.raw.tag, "SQ", hidden.items)
        self.edited(hidden.level)
