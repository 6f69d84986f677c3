"""Signals inside a run; they never leave the package."""

from __future__ import annotations


class Fault(Exception):
    """A statement cannot be carried out. The sentence holds no header values."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Rejected(Exception):
    """A script called ``reject``."""
