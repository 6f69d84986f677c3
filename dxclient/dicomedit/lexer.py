"""Tokens of DicomEdit 6. Positions are those of the text as it was written.

What is no token is noted as a problem, and a token that was probably meant takes its place, so
that one slip does not hide the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lark import Token

from dxclient.dicomedit.limits import MOST_PROBLEMS
from dxclient.dicomedit.preparation import Prepared
from dxclient.dicomedit.tagwords import wrong_tag
from dxclient.domain.problems import Problem

KEYWORDS = {
    "if": "IF",
    "elseif": "ELSEIF",
    "else": "ELSE",
    "describe": "DESCRIBE",
    "hidden": "HIDDEN",
    "const": "HIDDEN",
    "immutable": "HIDDEN",
    "export": "EXPORT",
    "echo": "ECHO",
    "removeAllPrivateTags": "REMOVE_PRIVATE",
    "version": "VERSION",
}

_PATTERNS = (
    ("NEWLINE", r"\r?\n(?:[ \t]*\r?\n)*"),
    ("BLANK", r"[ \t\r]+"),
    (
        "TAG",
        r"\((?P<group>[0-9A-Fa-fXx@#]{3}[0-9A-Fa-f@#])[ \t]*,[ \t]*"
        r"(?:(?P<element>[0-9A-Fa-fXx@#]{4})"
        r"|\{(?P<creator>[A-Za-z][A-Za-z0-9 \-_.:]*)\}(?P<low>[0-9A-Fa-fXx@#]{2}))\)",
    ),
    (
        "WRONGTAG",
        r"\([ \t]*(?:[0-9A-Za-z@#]{1,8}[ \t]*,[^()\r\n\"]{0,100}|"
        r"[0-9A-Fa-fXx@#]{4}[ \t.;:-]?[0-9A-Fa-fXx@#]{4}[ \t]*)\)",
    ),
    ("STRING", r'"(?:[^"\\\r\n]|\\[nrtbf()\\]|\\[0-7]{3})*"'),
    ("BADSTRING", r'"[^"\r\n]*"'),
    ("OPENSTRING", r'"[^"\r\n]*'),
    ("CURLY", r"[“”„‟«»][^\"\r\n“”„‟«»]*[“”„‟«»]"),
    ("ZEROS", r"-?0[0-9]+(?:\.[0-9]+)?"),
    ("FLOAT", r"-?(?:0|[1-9][0-9]*)\.[0-9]+"),
    ("INTEGER", r"-?[1-9][0-9]*|0"),
    ("WORD", r"[A-Za-z_][A-Za-z0-9_]*"),
    ("MISSHAPEN", r"==|=~|=:|[:!?][ \t]+=|![ \t]+~"),
    ("ASSIGN", r":="),
    ("ASSIGN_EXISTING", r"\?="),
    ("OPERATOR", r"!=|!~|=|~"),
    ("MARK", r"[-*+./,:?()\[\]{}%]"),
    ("DROPPED", r"[;'$&|<>^`][;'$&|<>^` \t]*"),
    ("STRAY", r"[^\x00-\x7f]+|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+|[@#!]+|\\+|."),
)
_SCANNER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS), re.DOTALL)
_APOSTROPHES = re.compile(r"'([^'\"\r\n]*)'")
_MARKS = {
    "-": "MINUS",
    "*": "STAR",
    "+": "PLUS",
    ".": "DOT",
    "/": "SLASH",
    ",": "COMMA",
    ":": "COLON",
    "?": "QUESTION",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "{": "LBRACE",
    "}": "RBRACE",
    "%": "PERCENT",
}


@dataclass(slots=True)
class Notes:
    """What was seen on the way.

    Parameters
    ----------
    problems : list of Problem
        What is no token.
    dropped : dict of int to str
        Characters that DicomEdit leaves out, by their position in the prepared text.
    quoted : list of tuple
        Start, end and inner text of what stands between apostrophes.
    torn : set of int
        Lines of which too little is sure to say more about them.
    """

    problems: list[Problem] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    quoted: list[tuple[int, int, str]] = field(default_factory=list)
    torn: set[int] = field(default_factory=set)

    @property
    def full(self) -> bool:
        """Whether more problems would help nobody."""
        return len(self.problems) >= MOST_PROBLEMS


def tokens(data: Prepared, notes: Notes) -> Iterator[Token]:
    """Tokens in order; newlines that mean nothing are left out."""
    notes.torn.update(problem.line for problem in data.problems)
    for match in _APOSTROPHES.finditer(data.text):
        notes.quoted.append((match.start(), match.end(), match[1]))
        if len(notes.quoted) > MOST_PROBLEMS * 10:
            break
    return _else_if(_without_idle_newlines(_Scan(data, notes).tokens()), data, notes)


class _Scan:
    """One way through a text."""

    def __init__(self, data: Prepared, notes: Notes) -> None:
        self._data = data
        self._notes = notes
        self._odd: dict[str, Callable[[re.Match[str]], tuple[str, str] | None]] = {
            "TAG": self._tag,
            "WRONGTAG": self._wrong_tag,
            "BADSTRING": self._bad_string,
            "OPENSTRING": self._open_string,
            "CURLY": self._curly,
            "ZEROS": self._zeros,
            "MISSHAPEN": self._misshapen,
            "DROPPED": self._dropped,
            "STRAY": self._stray,
        }

    def tokens(self) -> Iterator[Token]:
        data, odd = self._data, self._odd
        anchors = data.anchors()
        anchor, coming = next(anchors), next(anchors)
        for match in _SCANNER.finditer(data.text):
            kind, text = _kind(match), match.group()
            if kind == "BLANK":
                continue
            if kind == "NEWLINE" and text.count("\n") > 1:
                yield self._token(kind, "\n", match.start())
                yield self._token(kind, "\n", match.start() + text.index("\n") + 1)
                continue
            if kind in odd:
                meant = odd[kind](match)
                if meant is None:
                    continue
                kind, text = meant
            start = match.start()
            while coming[0] <= start:
                anchor, coming = coming, next(anchors)
            column = anchor[2] + start - anchor[0]
            yield Token(kind, text, start, anchor[1], column, end_pos=match.end())

    def _token(self, kind: str, text: str, start: int) -> Token:
        place = self._data.place(start)
        return Token(kind, text, start, place.line, place.column, end_pos=start + len(text))

    def _note(self, match: re.Match[str], sentence: str, suggestion: str = "") -> None:
        place = self._data.place(match.start())
        self._notes.problems.append(
            Problem(place.line, place.column, match.group(), sentence, suggestion)
        )

    def _tear(self, match: re.Match[str]) -> None:
        self._notes.torn.add(self._data.place(match.start()).line)

    def _tag(self, match: re.Match[str]) -> tuple[str, str]:
        even = match.group("group")[-1] in "02468ACEace@"
        if even != (match.group("creator") is None):
            self._note(match, *wrong_tag(match.group()))
        return "TAG", match.group()

    def _wrong_tag(self, match: re.Match[str]) -> tuple[str, str]:
        sentence, suggestion = wrong_tag(match.group())
        better = _SCANNER.fullmatch(suggestion) if suggestion else None
        lawful = better is not None and better["group"] is not None
        self._note(match, sentence, suggestion if lawful else "")
        return "TAG", suggestion if lawful else "(0010,0010)"

    def _bad_string(self, match: re.Match[str]) -> tuple[str, str]:
        text = match.group()
        fixed = re.sub(r"\\([nrtbf()\\]|[0-7]{3})?", lambda m: m[0] if m[1] else r"\\", text)
        if text.endswith('\\"'):
            self._tear(match)
            sentence = "A double quote cannot stand inside a text, not even after a backslash."
        else:
            sentence = (
                "This text holds a backslash that DicomEdit does not know; "
                r"write \\ for a backslash."
            )
        self._note(match, sentence, fixed)
        return "STRING", fixed

    def _open_string(self, match: re.Match[str]) -> tuple[str, str]:
        # Noted already: quotes are paired before anything else.
        self._tear(match)
        return "STRING", '""'

    def _curly(self, match: re.Match[str]) -> tuple[str, str]:
        plain = f'"{match.group()[1:-1]}"'
        self._note(match, f"These quotes are typographic; write {plain} instead.", plain)
        return "STRING", plain

    def _zeros(self, match: re.Match[str]) -> tuple[str, str]:
        text = match.group()
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        whole, dot, rest = digits.partition(".")
        number = f"{sign}{whole.lstrip('0') or '0'}{dot}{rest}"
        start = match.start()
        if _ITEM.search(self._data.text, max(0, start - 20), start):
            self._note(match, f"A number has no zeros in front: write {number}.", number)
        else:
            words = f'A number has no zeros in front: write {number}, or "{text}" for a text.'
            self._note(match, words, f'"{text}"')
        return "FLOAT" if dot else "INTEGER", number

    def _misshapen(self, match: re.Match[str]) -> tuple[str, str]:
        kind, meant = _SIGNS[re.sub(r"[ \t]", "", match.group())]
        self._note(match, f"{_SAYS[meant]} is written as {meant}.", meant)
        return kind, meant

    def _dropped(self, match: re.Match[str]) -> None:
        if len(self._notes.dropped) < MOST_PROBLEMS * 10:
            self._notes.dropped[match.start()] = match.group().rstrip(" \t")[:40]

    def _stray(self, match: re.Match[str]) -> None:
        if self._data.place(match.start()).line in self._notes.torn:
            return
        self._tear(match)
        sentence, suggestion = _unknown(match.group())
        self._note(match, sentence, suggestion)


_ITEM = re.compile(r"\)[ \t]*\[[ \t]*\Z")
_SIGNS = {
    "==": ("OPERATOR", "="),
    "=~": ("OPERATOR", "~"),
    "!=": ("OPERATOR", "!="),
    "!~": ("OPERATOR", "!~"),
    "=:": ("ASSIGN", ":="),
    ":=": ("ASSIGN", ":="),
    "?=": ("ASSIGN_EXISTING", "?="),
}
_SAYS = {
    "=": "“is equal to”",
    "~": "“matches”",
    "!=": "“is not”",
    "!~": "“does not match”",
    ":=": "An assignment",
    "?=": "An assignment to elements that exist",
}


def _kind(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "WORD":
        text = match.group()
        # A lone x lexes as the hexadecimal wildcard in DicomEdit, so it is no variable.
        return "LONE_X" if text in "xX" else KEYWORDS.get(text, "ID")
    if kind == "MARK":
        return _MARKS[match.group()]
    return "TAG" if match.group("group") is not None else kind


_LOOKALIKES = {
    "–": "-",
    "—": "-",
    "−": "-",
    "≠": "!=",
    "‘": '"',
    "’": '"',
    "“": '"',
    "”": '"',
    "„": '"',
    "…": "...",
    "，": ",",
    "（": "(",
    "）": ")",
    "：": ":",
    "＝": "=",
}


def _unknown(text: str) -> tuple[str, str]:
    meant = _LOOKALIKES.get(text[0], "")
    if meant:
        return f"DicomEdit does not know “{text[0]}”; write {meant} instead.", meant
    if text.isspace():
        return "This is a blank of an unusual kind; write an ordinary one.", " "
    if text == "\ufeff":
        return "The text starts with an invisible mark (BOM); save it as UTF-8 without one.", ""
    if text[0] == "\\":
        return "A backslash stands only in texts, and at the very end of a line that goes on.", ""
    if text[0] == "!":
        return "A lone ! means nothing; write != for “is not” or !~ for “does not match”.", "!="
    shown = f"“{text}”" if text.isprintable() and len(text) < 40 else "This"
    start = f"{shown} is" if shown == "This" else f"Outside of texts {shown} is"
    return f"{start} a character that DicomEdit does not know.", ""


def _without_idle_newlines(tokens: Iterator[Token]) -> Iterator[Token]:
    """Drop newlines between the parts of an if, where the language allows them."""
    before = ""
    held: list[Token] = []
    for token in tokens:
        if token.type == "NEWLINE":
            # Two say as much as many.
            if len(held) < 2:
                held.append(token)
            continue
        idle = (before == "RPAR" and token.type == "LBRACE") or (
            before == "RBRACE" and token.type in ("ELSE", "ELSEIF")
        )
        if not idle:
            yield from held
        held = []
        before = token.type
        yield token
    yield from held


def _else_if(tokens: Iterator[Token], data: Prepared, notes: Notes) -> Iterator[Token]:
    """Read ``else if`` as ``elseif``, and note it."""
    for token in tokens:
        if token.type != "ELSE":
            yield token
            continue
        following = next(tokens, None)
        if following is not None and following.type == "IF":
            piece = data.text[token.start_pos : following.end_pos]
            notes.problems.append(
                Problem(token.line or 0, token.column or 0, piece, _ELSE_IF, "elseif")
            )
            yield Token.new_borrow_pos("ELSEIF", "elseif", token)
            continue
        yield token
        if following is not None:
            yield following


_ELSE_IF = "Write elseif as one word."
