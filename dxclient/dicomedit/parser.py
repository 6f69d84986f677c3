"""From prepared text to the tree."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError

from dxclient.dicomedit import tree
from dxclient.dicomedit.lexer import ScriptLexer
from dxclient.dicomedit.preparation import Prepared
from dxclient.domain.errors import ScriptError

_TAG = re.compile(
    r"\((?P<group>[^,\s]{4})\s*,\s*(?:\{(?P<creator>[^}]*)\}(?P<low>..)|(?P<element>.{4}))\)"
)


@cache
def _lark() -> Lark:
    grammar = files("dxclient.dicomedit").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=ScriptLexer, maybe_placeholders=False)


def parse_text(prepared: Prepared) -> tuple[tree.Statement, ...]:
    """Parse a script.

    Raises
    ------
    ScriptError
        With line and column in the original text.
    """
    try:
        parsed = _lark().parse(prepared)
        return tuple(_Builder().transform(parsed))
    except UnexpectedInput as error:
        raise _syntax_error(error, prepared) from None
    except VisitError as error:
        cause = error.orig_exc
        raise (cause if isinstance(cause, ScriptError) else too_deep()) from None
    except RecursionError:
        raise too_deep() from None


def too_deep() -> ScriptError:
    """The one thing that can go wrong with a script that follows the grammar."""
    return ScriptError("The script is nested too deeply.", line=1, column=1)


def _syntax_error(error: UnexpectedInput, prepared: Prepared) -> ScriptError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        place = tree.Place(error.token.line or 0, error.token.column or 0)
        found = "the end of the line" if error.token.type == "NEWLINE" else f"“{error.token}”"
    else:
        place, found = prepared.place(len(prepared.text)), "the end of the script"
    return ScriptError(
        f"Line {place.line}, column {place.column}: {found} is not expected here.",
        line=place.line,
        column=place.column,
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
        return tree.Branch(condition, body), _place(children[0])

    elseif_arm = if_arm

    def else_arm(self, children: list[Any]) -> tuple[tree.Branch, tree.Place]:
        return tree.Branch(None, children[1]), _place(children[0])

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
    if token.type == "PERCENT":
        return "%"
    if token.startswith("-"):
        place = _place(token)
        raise ScriptError(
            f"Line {place.line}: item numbers start at 0.", line=place.line, column=place.column
        )
    return int(token)


def element_of(text: str, item: int | str | None = None) -> tree.Element:
    """One element notation such as ``(0010,0010)`` or ``(0009,{ACME}01)``."""
    match = _TAG.fullmatch(text)
    assert match is not None, "the lexer lets nothing else through"
    element = match["element"] or match["low"]
    return tree.Element(match["group"].upper(), element.upper(), match["creator"] or "", item)
