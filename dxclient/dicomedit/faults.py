"""Signals inside a run; they never leave the package."""

from __future__ import annotations

from dxclient.dicomedit.tree import Place
from dxclient.domain.errors import ScriptError


class Fault(Exception):
    """A statement cannot be carried out. The sentence holds no header values."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Rejected(Exception):
    """A script called ``reject``."""


def script_failed(fault: Fault, script: str, place: Place) -> ScriptError:
    """What is said of a statement that cannot be carried out."""
    where = f"In the script “{script}”, line" if script else "In the script, line"
    return ScriptError(
        f"{where} {place.line}: {fault.sentence}. Nothing was sent.",
        line=place.line,
        column=place.column,
    )
