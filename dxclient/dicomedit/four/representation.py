"""The value representation that DicomEdit 4 writes an element with."""

from __future__ import annotations

from functools import lru_cache

from dxclient.dicomedit.searching import Spot
from dxclient.dicomedit.target import Target
from dxclient.dicomedit.tree import Element, Place, TagPath

_UNKNOWN = "LO"


def representation(target: Target, spot: Spot) -> str:
    """By the dictionary, whatever the file says; LO for elements that no dictionary knows.

    An empty text leaves the choice to the target, where the dictionary offers alternatives
    (PS3.6 writes them as ``US or SS``).
    """
    tag = spot[1]
    if tag >> 16 & 1:
        return _private(tag, _creator(target, tag))
    vr = _public(tag)
    return "" if "or" in vr else vr


def _creator(target: Target, tag: int) -> str:
    """Creator of the block of a private element; empty where there is none."""
    block = tag >> 8 & 0xFF
    if block < 0x10:
        return ""
    element = Element(f"{tag >> 16:04X}", f"{block:04X}")
    found = target.resolve(TagPath((element,), Place(0, 0)))
    return (target.text(found) or "").strip() if found is not None else ""


@lru_cache(maxsize=4096)
def _public(tag: int) -> str:
    from pydicom.datadict import dictionary_VR

    try:
        return _known(dictionary_VR(tag))
    except KeyError:
        return "UL" if tag & 0xFFFF == 0 else _UNKNOWN


@lru_cache(maxsize=4096)
def _private(tag: int, creator: str) -> str:
    from pydicom.datadict import private_dictionary_VR

    try:
        return _known(private_dictionary_VR(tag, creator)) if creator else _UNKNOWN
    except KeyError:
        return _UNKNOWN


def _known(vr: str) -> str:
    return _UNKNOWN if vr == "UN" else vr
