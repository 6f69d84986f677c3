"""Large blocks go back to the system as soon as they are free."""

from __future__ import annotations

import ctypes
import sys

#: `mallopt`'s number for the size from which blocks are mapped by themselves, and that size.
_MMAP_THRESHOLD, _LARGE = -3, 4 * 1024 * 1024


def return_large_blocks() -> bool:
    """Tell the C library of Linux not to keep blocks of the size of parts for later.

    It raises that limit by itself up to 32 MiB, and then holds on to some hundred megabytes
    after a few parts. Other systems have no such habit.

    Returns
    -------
    bool
        Whether it was told.
    """
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE))
    except (OSError, AttributeError):  # another C library than glibc
        return False
