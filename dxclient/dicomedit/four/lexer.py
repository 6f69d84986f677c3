"""Tokens of DicomEdit 4, a statement a time. Positions are those of the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token

from dxclient.dicomedit.four.trouble import SIX, Trouble
from dxclient.dicomedit.limits import MOST_PROBLEMS
from dxclient.dicomedit.tree import Place

KEYWORDS = {word: word.upper() for word in ("echo", "new", "describe", "hidden", "export")}

_PATTERNS = (
    ("NEWLINE", r"\r?\n"),
    # A backslash at the end of a line makes the line go on.
    ("BLANK", r"(?:[ \t]|\\\r?\n)+"),
    ("COMMENT", r"//[^\r\n]*"),
    ("TAG", r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)"),
    ("PATTERN", r"\([0-9A-Fa-fX@#]{4},[0-9A-Fa-fX@#]{4}\)"),
    # The original lets a text go on over lines, so two forgotten quotes hide all between them.
    ("STRING", r'"(?:[^"\\\r\n]|\\[btnfr"\'\\])*"'),
    ("NUMBER", r"0|-?[1-9][0-9]*"),
    ("ID", r"[A-Za-z_][A-Za-z0-9_]*"),
    ("ASSIGN", r":="),
    ("CONSTRAINS", r":"),
    ("EQUALS", r"="),
    ("MATCHES", r"~"),
    ("MINUS", r"-"),
    ("COMMA", r","),
    ("LEFT", r"\["),
    ("RIGHT", r"\]"),
)
_SCANNER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS))
_SILENT = frozenset({"BLANK", "COMMENT"})
_END_OF_LINE = re.compile(r"\n|\Z")
_WRONG_TAG = re.compile(r"\([ \t0-9A-Za-z@#]{1,12},[^)\r\n]{0,80}\)?")
_WRONG_ESCAPE = re.compile(r'"(?:[^"\\\r\n]|\\[btnfr"\'\\])*+(\\[^\r\n]?)')


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens of one statement, and the place after them."""

    tokens: tuple[Token, ...]
    end: Place


class Lines:
    """The statements of a text. What cannot be read goes to `troubles`, and reading goes on."""

    def __init__(self, text: str) -> None:
        self.troubles: list[Trouble] = []
        self._text = text
        self._starts = (0, *(match.end() for match in re.finditer("\n", text)))

    def __iter__(self) -> Iterator[Line]:
        """Statements that are not empty."""
        position = 0
        while position < len(self._text) and len(self.troubles) < MOST_PROBLEMS:
            tokens: list[Token] = []
            try:
                end, position = self._line(position, tokens)
            except Trouble as trouble:
                self.troubles.append(trouble)
                position = self._after(trouble.place)
            else:
                if tokens:
                    yield Line(tuple(tokens), self._place(end))

    def _line(self, position: int, tokens: list[Token]) -> tuple[int, int]:
        """Read the tokens of a statement; where it ends, and where the next line starts."""
        end = position
        while position < len(self._text):
            match = _SCANNER.match(self._text, position)
            if match is None:
                raise self._unknown(position)
            kind, text = match.lastgroup or "", match.group()
            position = match.end()
            if kind == "NEWLINE":
                break
            if kind not in _SILENT:
                end = position
                place = self._place(match.start())
                kind = KEYWORDS.get(text, kind)
                tokens.append(Token(kind, text, match.start(), place.line, place.column))
        return end, position

    def _place(self, position: int) -> Place:
        line = bisect_right(self._starts, position)
        return Place(line, position - self._starts[line - 1] + 1)

    def _after(self, place: Place) -> int:
        """Where the next line starts."""
        match = _END_OF_LINE.search(self._text, self._starts[place.line - 1])
        assert match is not None
        return match.end()

    def _unknown(self, position: int) -> Trouble:
        here = self._text[position]
        if here == '"':
            return self._wrong_text(position)
        if match := _WRONG_TAG.match(self._text, position):
            return _wrong_tag(self._place(position), match.group())
        if here == "\\":
            return Trouble(
                self._place(position), "a backslash may only end a line that goes on", piece=here
            )
        return Trouble(
            self._place(position),
            f"DicomEdit 4 does not know the character {_shown(here)}",
            piece=here,
            suggestion=_hint(here),
        )

    def _wrong_text(self, position: int) -> Trouble:
        wrong = _WRONG_ESCAPE.match(self._text, position)
        if wrong is None:
            return Trouble(
                self._place(position), "this text has no closing quote on its line", piece='"'
            )
        return Trouble(
            self._place(wrong.start(1)),
            f"DicomEdit 4 does not know {_shown(wrong[1])} in a text",
            piece=wrong[1],
            suggestion=r"Write \\ for a backslash.",
        )


def _shown(piece: str) -> str:
    if piece.isprintable() and piece not in "“”„":
        return f"“{piece}”"
    return f"U+{ord(piece[-1]):04X}"


def _hint(character: str) -> str:
    if character == ";":
        return "A statement ends with its line."
    if character in "“”„‘’'`":
        return 'Texts stand in straight double quotes: "text".'
    if character == "\ufeff":
        return "Save the script without a byte order mark."
    if character == "!":
        return "Conditions are = or ~ only. " + SIX
    return SIX if character in "?{}/*+()%" else ""


def _wrong_tag(place: Place, piece: str) -> Trouble:
    words, suggestion = "this is no tag", "A tag is written as (0010,0010)."
    upper = re.sub(r"[ \t]", "", piece).replace("x", "X")
    if "{" in piece:
        words = "DicomEdit 4 knows no private creators in tags"
        suggestion = "Write the private tag itself, such as (0009,1001). " + SIX
    elif re.fullmatch(_PATTERNS[4][1], upper):
        words = "a tag is written without blanks and with a capital X for any digit"
        suggestion = f"Did you mean {upper}?"
    return Trouble(place, words, piece=piece, suggestion=suggestion)
