"""From the text of a DicomEdit 4 script to its tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from textwrap import shorten
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lexer import Lexer

from dxclient.dicomedit import tree as six
from dxclient.dicomedit.four import tree
from dxclient.dicomedit.four.lexer import Line, Lines
from dxclient.dicomedit.four.trouble import SIX, Trouble
from dxclient.dicomedit.limits import MOST_PROBLEMS

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_OF_SIX = frozenset({"if", "elseif", "else", "removeAllPrivateTags", "version"})


def parse_text(text: str) -> tuple[tuple[tree.Statement, ...], tuple[Trouble, ...]]:
    """Statements in text order, and everything that is no statement."""
    lines = Lines(text)
    statements: list[tree.Statement] = []
    for line in lines:
        try:
            statements.append(_lark().parse(line))  # type: ignore[arg-type]
        except UnexpectedInput as error:
            lines.troubles.append(_unexpected(error, line))
    return tuple(statements), tuple(lines.troubles[:MOST_PROBLEMS])


class _Ready(Lexer):
    """Feeds the tokens of a statement to the parser."""

    def __init__(self, lexer_conf: Any) -> None:
        """Lark passes its configuration, which is not needed."""

    def lex(self, data: Line) -> Iterator[Token]:  # type: ignore[override]
        """Tokens in order."""
        return iter(data.tokens)


@cache
def _lark() -> Lark:
    grammar = files("dxclient.dicomedit.four").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar, parser="lalr", lexer=_Ready, transformer=_Builder(), maybe_placeholders=False
    )


def _unexpected(error: UnexpectedInput, line: Line) -> Trouble:
    for word in line.tokens:
        if word.type == "ID" and word in _OF_SIX:
            words = f"DicomEdit 4 does not know “{word}”"
            return Trouble(_place(word), words, piece=str(word), suggestion=SIX)
    if not isinstance(error, UnexpectedToken) or error.token.type == "$END":
        return Trouble(line.end, "the statement ends too early")
    token = error.token
    suggestion = "Only one statement may stand on a line." if _complete(error) else ""
    words = f"DicomEdit 4 does not expect “{shorten(str(token), 40, placeholder='…')}” here"
    return Trouble(_place(token), words, piece=str(token), suggestion=suggestion)


def _complete(error: UnexpectedToken) -> bool:
    """Whether the statement could have ended before the unexpected piece."""
    return "$END" in error.expected


def _place(token: Token) -> six.Place:
    return six.Place(token.line or 0, token.column or 0)


def _plain(token: Token) -> str:
    """The text of a string token, escapes interpreted."""
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), str(token)[1:-1], flags=re.DOTALL)


def _nodes(children: list[Any]) -> list[Any]:
    return [child for child in children if not isinstance(child, Token)]


class _Builder(Transformer[Token, Any]):
    """Builds the frozen tree bottom up; one method per rule of the grammar."""

    def start(self, children: list[Any]) -> tree.Statement:
        statement: tree.Statement = children[0]
        return statement

    def rule(self, children: list[Any]) -> tree.Rule:
        *conditions, action = _nodes(children)
        place = conditions[0].left.place if conditions else action.place
        return tree.Rule(tuple(conditions), action, place)

    def condition(self, children: list[Any]) -> tree.Condition:
        left, operator, right = children
        return tree.Condition(left, str(operator), right)

    def assign(self, children: list[Any]) -> tree.Assign:
        return tree.Assign(children[0], children[2], children[0].place)

    def delete(self, children: list[Any]) -> tree.Delete:
        return tree.Delete(children[1], _place(children[0]))

    def echo(self, children: list[Any]) -> tree.Echo:
        return tree.Echo(next(iter(_nodes(children)), None), _place(children[0]))

    def new(self, children: list[Any]) -> tree.New:
        return tree.New(str(children[1]), _place(children[1]))

    def initialize(self, children: list[Any]) -> tree.Initialize:
        return tree.Initialize(str(children[0]), children[2], _place(children[0]))

    def describe(self, children: list[Any]) -> tree.Describe:
        _, name, what = children
        hidden = what.type == "HIDDEN"
        return tree.Describe(str(name), "" if hidden else _plain(what), hidden, _place(name))

    def export(self, children: list[Any]) -> tree.Export:
        return tree.Export(str(children[1]), _plain(children[2]), _place(children[1]))

    def format(self, children: list[Any]) -> tree.Format:
        pattern, *terms = children
        return tree.Format(_plain(pattern), tuple(_nodes(terms)), _place(pattern))

    def text(self, children: list[Any]) -> tree.Text:
        return tree.Text(_plain(children[0]), _place(children[0]))

    def number(self, children: list[Any]) -> tree.Number:
        return tree.Number(str(children[0]), _place(children[0]))

    def name(self, children: list[Any]) -> tree.Name:
        return tree.Name(str(children[0]), _place(children[0]))

    def call(self, children: list[Any]) -> tree.Call:
        return tree.Call(str(children[0]), tuple(_nodes(children)), _place(children[0]))

    def tag(self, children: list[Any]) -> tree.Tag:
        digits, place = str(children[0]).upper(), _place(children[0])
        element = six.Element(digits[1:5], digits[6:10])
        return tree.Tag(six.TagPath((element,), place), place)

    pattern = tag
