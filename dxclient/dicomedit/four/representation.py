"""The value representation that DicomEdit 4 writes an element with."""

from __future__ import annotations

from dxclient.dicomedit.searching import Spot

_UNKNOWN = "LO"


def representation(spot: Spot) -> str:
    """By the dictionary, whatever the file says; LO for elements that no dictionary knows.

    An empty text leaves the choice to the target, where the dictionary offers alternatives
    (PS3.6 writes them as ``US or SS``).
    """
    level, tag = spot
    vr = level.dictionary_vr(tag)
    if vr == "UN":
        return _UNKNOWN
    return vr if len(vr) == 2 else ""
