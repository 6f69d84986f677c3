"""Tokens of DicomEdit 6. Positions are those of the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer

from dxclient.dicomedit.preparation import Prepared
from dxclient.domain.errors import ScriptError

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
    ("NEWLINE", r"\r?\n"),
    ("BLANK", r"[ \t\r]+"),
    (
        "TAG",
        r"\((?P<group>[0-9A-Fa-fXx@#]{3}[0-9A-Fa-f@#])[ \t]*,[ \t]*"
        r"(?:(?P<element>[0-9A-Fa-fXx@#]{4})"
        r"|\{(?P<creator>[A-Za-z][A-Za-z0-9 \-_.:]*)\}(?P<low>[0-9A-Fa-fXx@#]{2}))\)",
    ),
    ("STRING", r'"(?:[^"\\\r\n]|\\[nrtbf()\\]|\\[0-7]{3})*"'),
    ("BADSTRING", r'"[^"\r\n]*"'),
    ("FLOAT", r"-?(?:0|[1-9][0-9]*)\.[0-9]+"),
    ("INTEGER", r"-?[1-9][0-9]*|0"),
    ("WORD", r"[A-Za-z_][A-Za-z0-9_]*"),
    ("ASSIGN", r":="),
    ("ASSIGN_EXISTING", r"\?="),
    ("OPERATOR", r"!=|!~|=|~"),
    ("MARK", r"[-*+./,:?()\[\]{}%]"),
    ("DROPPED", r"[;'$&|<>^`]"),
)
_SCANNER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS))
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


class ScriptLexer(Lexer):
    """Feeds `Prepared` text to the parser."""

    def __init__(self, lexer_conf: Any) -> None:
        """Lark passes its configuration, which is not needed."""

    def lex(self, data: Prepared) -> Iterator[Token]:  # type: ignore[override]
        """Tokens in order; newlines that mean nothing are left out."""
        return _without_idle_newlines(_tokens(data))


def _tokens(data: Prepared) -> Iterator[Token]:
    position = 0
    while position < len(data.text):
        match = _SCANNER.match(data.text, position)
        if match is None:
            raise _stray(data, position)
        position = match.end()
        kind = _kind(match, data)
        if kind not in ("BLANK", "DROPPED"):
            place = data.place(match.start())
            yield Token(kind, match.group(), match.start(), place.line, place.column)


def _kind(match: re.Match[str], data: Prepared) -> str:
    kind, text = match.lastgroup or "", match.group()
    for name in ("TAG", "BLANK"):
        if match.group(name) is not None:
            kind = name
    if kind == "TAG":
        return _tag_kind(match, data)
    if kind == "BADSTRING":
        raise _error(
            data,
            match.start(),
            r"this text holds a backslash that DicomEdit does not"
            r" know; write \\ for a backslash",
        )
    if kind == "WORD":
        # A lone x lexes as the hexadecimal wildcard in DicomEdit, so it is no variable.
        return "LONE_X" if text in "xX" else KEYWORDS.get(text, "ID")
    return _MARKS[text] if kind == "MARK" else kind


def _tag_kind(match: re.Match[str], data: Prepared) -> str:
    even = match.group("group")[-1] in "02468ACEace@"
    if even == (match.group("creator") is None):
        return "TAG"
    hint = (
        "a private creator belongs to an odd group"
        if even
        else "an element of an odd group is written with its private creator, (0009,{CREATOR}01)"
    )
    raise _error(data, match.start(), hint)


def _stray(data: Prepared, position: int) -> ScriptError:
    return _error(data, position, "a character that DicomEdit does not know")


def _error(data: Prepared, position: int, words: str) -> ScriptError:
    place = data.place(position)
    return ScriptError(
        f"Line {place.line}, column {place.column}: {words}.", line=place.line, column=place.column
    )


def _without_idle_newlines(tokens: Iterator[Token]) -> Iterator[Token]:
    """Drop newlines between the parts of an if, where the language allows them."""
    before, held = "", []
    for token in tokens:
        if token.type == "NEWLINE":
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
