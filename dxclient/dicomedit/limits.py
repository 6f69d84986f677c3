"""Bounds for what a script may make, so that no script fills the memory of a machine.

A script of forty lines that doubles a text forty times would make a terabyte. No DICOM value
comes near these bounds.
"""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.dicomedit.faults import Fault

MOST_CHARACTERS = 10_000_000
MOST_VALUES = 100_000
#: What one script may write into one file.
MOST_WRITTEN = 10 * MOST_CHARACTERS
#: Lists in lists in lists.
MOST_LISTS = 60
#: More problems of one text nobody reads, and a long text of nonsense would take long.
MOST_PROBLEMS = 100


def joined(pieces: Iterable[str]) -> str:
    """Pieces as one text. Raises Fault where it grows too long."""
    taken: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        check_length(length)
        taken.append(piece)
    return "".join(taken)


def check_length(length: int) -> None:
    """Raise Fault for a text that nobody means."""
    if length > MOST_CHARACTERS:
        raise Fault("a text becomes too long")


def replaced(text: str, find: str, other: str) -> str:
    """Every occurrence by another text. Raises Fault where it grows too long."""
    check_length(len(text) + text.count(find) * max(0, len(other) - len(find)))
    return text.replace(find, other)
