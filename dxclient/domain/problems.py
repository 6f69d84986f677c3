"""What is wrong at a place of a script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in a script.

    Parameters
    ----------
    line, column : int
        Where, from 1; 0 when the place is unknown.
    piece : str
        The offending piece of the text.
    sentence : str
        What is wrong, for a person.
    suggestion : str
        What may be meant instead; empty when nothing comes to mind.
    """

    line: int
    column: int
    piece: str
    sentence: str
    suggestion: str = ""
