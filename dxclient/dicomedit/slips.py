"""A place where the text leaves the grammar, and what stands around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lark import Token

from dxclient.dicomedit.preparation import Prepared
from dxclient.domain.problems import Problem

#: Types of tokens with which a value starts.
VALUES = frozenset({"STRING", "INTEGER", "FLOAT", "TAG", "ID", "STAR", "PLUS", "DOT"})
#: Words of the language, which are no names.
WORDS = frozenset(
    {"IF", "ELSEIF", "ELSE", "DESCRIBE", "HIDDEN", "EXPORT", "ECHO", "REMOVE_PRIVATE", "VERSION"}
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A token that cannot stand where it stands.

    Parameters
    ----------
    statement : sequence of Token
        What was read of the statement before it.
    token : Token
        The offending one; a NEWLINE where the line ends too early.
    before : Token or None
        The last token of the statement before.
    open : sequence of Token
        Brackets that are open.
    expected : collection of str
        Types of tokens that could stand here.
    """

    prepared: Prepared
    statement: Sequence[Token]
    token: Token
    before: Token | None
    open: Sequence[Token]
    expected: Collection[str]

    @property
    def previous(self) -> Token | None:
        """The token before, within the statement."""
        return self.statement[-1] if self.statement else None

    def kinds(self) -> list[str]:
        """Types of the tokens of the statement."""
        return [token.type for token in self.statement]

    def at_end(self) -> bool:
        """Whether something is missing at the end of a line."""
        return self.token.type in ("NEWLINE", "$END")

    def written(self, first: Token, last: Token) -> str:
        """The text from one token to another as it is written."""
        return self.prepared.text[first.start_pos : last.end_pos]

    def adjacent(self, first: Token, second: Token) -> bool:
        """Whether nothing stands between two tokens."""
        return first.end_pos == second.start_pos

    def same_line(self, first: Token | None, second: Token) -> bool:
        """Whether both stand on one line."""
        return first is not None and first.line == second.line

    def problem(self, sentence: str, suggestion: str = "") -> Problem:
        """A problem of the offending token, or of the end of the line."""
        if not self.at_end():
            return at(self.token, sentence, suggestion)
        last = self.previous or self.before
        between = self.prepared.text[last.end_pos : self.token.start_pos] if last else ""
        if last is None or last.type == "NEWLINE" or between.strip(" \t\r"):
            return Problem(self.token.line or 0, self.token.column or 0, "", sentence, suggestion)
        place = self.prepared.place(max(0, (last.end_pos or 1) - 1))
        return Problem(place.line, place.column + 1, "", sentence, suggestion)


def at(token: Token, sentence: str, suggestion: str = "", piece: str | None = None) -> Problem:
    """A problem of a token."""
    text = str(token) if piece is None else piece
    return Problem(token.line or 0, token.column or 0, text.strip("\r\n"), sentence, suggestion)
