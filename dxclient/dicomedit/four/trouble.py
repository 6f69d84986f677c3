"""What is wrong with a script, collected so that a person sees all of it at once."""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.dicomedit.tree import Place
from dxclient.domain.errors import ScriptError
from dxclient.domain.problems import Problem

SIX = 'This looks like DicomEdit 6; such a script needs version "6.6" as a line at its start.'


class Trouble(Exception):
    """One thing that is wrong.

    Parameters
    ----------
    words : str
        A sentence without the place, a capital at its start and the full stop.
    piece : str
        The text that it is about.
    suggestion : str
        What may have been meant, as a sentence; may be empty.
    """

    def __init__(self, place: Place, words: str, *, piece: str = "", suggestion: str = "") -> None:
        super().__init__(words)
        self.place = place
        self.words = words
        self.piece = piece
        self.suggestion = suggestion

    @property
    def problem(self) -> Problem:
        """As a fact."""
        sentence = f"{self.words[:1].upper()}{self.words[1:]}."
        return Problem(self.place.line, self.place.column, self.piece, sentence, self.suggestion)


def refusal(troubles: Sequence[Trouble]) -> ScriptError:
    """The error for all that is wrong, in text order."""
    ordered = sorted(troubles, key=lambda one: (one.place.line, one.place.column))
    return ScriptError.of([one.problem for one in ordered])
