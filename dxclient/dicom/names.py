"""What the standard calls an element."""

from __future__ import annotations

import re
from functools import lru_cache

_LAST = re.compile(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)(\[\d+\])?$")


def element_name(path: str) -> str:
    """The name (DICOM PS3.6) of the last element of a path; empty for private and unknown ones.

    Examples
    --------
    >>> element_name("(0040,0275)[0]/(0040,0007)")
    'Scheduled Procedure Step Description'
    """
    found = _LAST.search(path)
    return _name(int(found[1] + found[2], 16)) if found else ""


@lru_cache(maxsize=4096)
def _name(tag: int) -> str:
    from pydicom.datadict import dictionary_description

    try:
        return dictionary_description(tag)
    except KeyError:
        return ""
