"""Where pieces of a script are, in the toolkit's own way of counting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

_WORD = re.compile(r"\w+")


class Span(Protocol):
    """A piece of text with its kind; line and column count from 1."""

    @property
    def line(self) -> int:
        """Line, from 1."""

    @property
    def column(self) -> int:
        """Column, from 1."""

    @property
    def length(self) -> int:
        """Characters."""

    @property
    def kind(self) -> str:
        """What it is."""


@dataclass(frozen=True, slots=True)
class Coloured:
    """A piece to be coloured, as the toolkit counts."""

    line: int
    start: str
    end: str
    kind: str


def columns_of(line: str, count: int) -> int:
    """The column after so many characters; those beyond 16 bits count twice in Tk 8."""
    head = line[:count]
    return len(head) if head.isascii() else len(head.encode("utf-16-le", "surrogatepass")) // 2


def piece_end(line: str, start: int, piece: str) -> int:
    """Where an underlined piece ends: at its end, else that of the word, never before `start`."""
    if piece and line.startswith(piece, start):
        return start + len(piece)
    word = _WORD.match(line, start)
    return word.end() if word else start + 1


def coloured(text: str, spans: Iterable[Span]) -> tuple[Coloured, ...]:
    """The pieces as the toolkit counts them; they may reach over several lines."""
    lines = text.split("\n")
    return tuple(_coloured(lines, one) for one in spans if 0 < one.line <= len(lines))


def _coloured(lines: Sequence[str], one: Span) -> Coloured:
    line, column, left = one.line, one.column - 1, one.length
    start = f"{line}.{columns_of(lines[line - 1], column)}"
    while column + left > len(lines[line - 1]) and line < len(lines):
        left -= len(lines[line - 1]) - column + 1
        line, column = line + 1, 0
        if left <= 0:
            return Coloured(one.line, start, f"{line}.0", one.kind)
    return Coloured(
        one.line, start, f"{line}.{columns_of(lines[line - 1], column + left)}", one.kind
    )
