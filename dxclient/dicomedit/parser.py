"""The grammar as a parser that builds the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

from dxclient.dicomedit import tree

_TAG = re.compile(
    r"\((?P<group>[^,\s]{4})\s*,\s*(?:\{(?P<creator>[^}]*)\}(?P<low>..)|(?P<element>.{4}))\)"
)


class _Unused(Lexer):
    """Tokens are fed one by one (see reading.py), so Lark needs no lexer of its own."""

    def __init__(self, lexer_conf: Any) -> None:
        """Lark passes its configuration."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """No tokens."""
        return iter(())


@cache
def _lark() -> Lark:
    grammar = files("dxclient.dicomedit").joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar, parser="lalr", lexer=_Unused, transformer=_Builder(), maybe_placeholders=False
    )


def parser_state() -> ParserState[Any]:
    """A parser before its first token. It builds the tree as it goes, without recursion."""
    return _lark().parse_interactive().parser_state


@cache
def item_states() -> frozenset[Any]:
    """States of the parser in which a statement may start."""
    states = parser_state().parse_conf.states
    return frozenset(
        number
        for number, actions in states.items()
        if actions.get("REMOVE_PRIVATE", (None,))[0] is Shift
    )


def _place(token: Token) -> tree.Place:
    return tree.Place(token.line or 0, token.column or 0)


def _plain(token: Token) -> str:
    """The text of a string token: quotes off, a double backslash becomes one, nothing else."""
    return str(token)[1:-1].replace("\\\\", "\\")


def _nodes(children: list[Any]) -> list[Any]:
    return [child for child in children if not isinstance(child, Token)]


class _Builder(Transformer[Token, Any]):
    """Builds the frozen tree bottom up; one method per rule of the grammar."""

    def start(self, children: list[Any]) -> list[Any]:
        return _nodes(children)

    def assign(self, children: list[Any]) -> tree.Assign:
        return tree.Assign(children[0], children[2], False, children[0].place)

    def assign_existing(self, children: list[Any]) -> tree.Assign:
        return tree.Assign(children[0], children[2], True, children[0].place)

    def set_variable(self, children: list[Any]) -> tree.SetVariable:
        return tree.SetVariable(str(children[0]), children[2], _place(children[0]))

    def delete(self, children: list[Any]) -> tree.Delete:
        return tree.Delete(children[1], _place(children[0]))

    def perform(self, children: list[Any]) -> tree.Perform:
        return tree.Perform(children[0], children[0].place)

    def echo(self, children: list[Any]) -> tree.Echo:
        return tree.Echo(children[1], _place(children[0]))

    def conditional(self, children: list[Any]) -> tree.Conditional:
        condition, then, *otherwise = _nodes(children)
        return tree.Conditional(condition, then, next(iter(otherwise), None), _of(condition))

    def comparison(self, children: list[Any]) -> tree.Comparison:
        return tree.Comparison(children[0], str(children[1]), children[2])

    def if_(self, children: list[Any]) -> tree.If:
        return tree.If(tuple(branch for branch, _ in children), children[0][1])

    def if_arm(self, children: list[Any]) -> tuple[tree.Branch, tree.Place]:
        condition, body = _nodes(children)
        place = _place(children[0])
        return tree.Branch(condition, body, place), place

    elseif_arm = if_arm

    def else_arm(self, children: list[Any]) -> tuple[tree.Branch, tree.Place]:
        place = _place(children[0])
        return tree.Branch(None, children[1], place), place

    def block(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(_nodes(children))

    def describe(self, children: list[Any]) -> tree.Describe:
        _, name, what = children
        text = _plain(what) if what.type == "STRING" else ""
        keyword = "" if what.type == "STRING" else str(what)
        return tree.Describe(str(name), text, keyword, _place(children[0]))

    def export(self, children: list[Any]) -> tree.Export:
        return tree.Export(str(children[1]), _plain(children[2]), _place(children[0]))

    def remove_private(self, children: list[Any]) -> tree.RemovePrivate:
        return tree.RemovePrivate(_place(children[0]))

    def version(self, children: list[Any]) -> tree.Version:
        return tree.Version(_plain(children[1]), _place(children[0]))

    def text(self, children: list[Any]) -> tree.Text:
        token = children[0]
        value = _plain(token) if token.type == "STRING" else str(token)
        return tree.Text(value, _place(token))

    def name(self, children: list[Any]) -> tree.Name:
        return tree.Name(str(children[0]), _place(children[0]))

    def call(self, children: list[Any]) -> tree.Call:
        return tree.Call(str(children[0]), tuple(_nodes(children)), _place(children[0]))

    def list_(self, children: list[Any]) -> tree.ListOf:
        return tree.ListOf(tuple(_nodes(children)), _place(children[0]))

    def tagpath(self, children: list[Any]) -> tree.TagPath:
        parts = [child for child in children if not isinstance(child, Token)]
        return tree.TagPath(tuple(part for part, _ in parts), parts[0][1])

    def element(self, children: list[Any]) -> tuple[tree.Element, tree.Place]:
        token = children[0]
        item: int | str | None = None
        if len(children) > 1:
            item = _item_number(children[2])
        return element_of(str(token), item), _place(token)

    def wild(self, children: list[Any]) -> tuple[tree.Wild, tree.Place]:
        return tree.Wild(str(children[0])), _place(children[0])


def _of(condition: tree.Condition) -> tree.Place:
    return condition.place if isinstance(condition, tree.Call) else condition.left.place


def _item_number(token: Token) -> int | str:
    # A number that is too long is a problem elsewhere; it must not take long here.
    return "%" if token.type == "PERCENT" else int(token[:9])


def element_of(text: str, item: int | str | None = None) -> tree.Element:
    """One element notation such as ``(0010,0010)`` or ``(0009,{ACME}01)``."""
    match = _TAG.fullmatch(text)
    assert match is not None, "the lexer lets nothing else through"
    element = match["element"] or match["low"]
    return tree.Element(match["group"].upper(), element.upper(), match["creator"] or "", item)
