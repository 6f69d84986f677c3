"""Slips of which it is sure what was meant: the problem, and the statement as it should be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lark import Token

from dxclient.dicomedit.lexer import KEYWORDS
from dxclient.dicomedit.slips import VALUES, WORDS, Slip, at
from dxclient.domain.problems import Problem

_SMALL = {word.lower(): word for word in KEYWORDS}


@dataclass(frozen=True, slots=True)
class Repair:
    """A problem, and tokens of the statement that can be read instead."""

    problem: Problem
    tokens: list[Token]


def repaired(slip: Slip, functions: Collection[str]) -> Repair | None:
    """What was surely meant; None where nobody can know."""
    if slip.statement and slip.statement[0].type == "RBRACE":
        return None
    if len(slip.statement) > _LONGEST:
        return None
    for rule in (_wrong_case, _assignment, _round_brackets, _bare_call, _comma):
        repair = rule(slip, functions)
        if repair is not None:
            return repair
    return _question(slip)


#: Longer statements are not read twice, so that reading takes linear time.
_LONGEST = 200


def _new(kind: str, text: str, place: Token) -> Token:
    return Token.new_borrow_pos(kind, text, place)


def _wrong_case(slip: Slip, functions: Collection[str]) -> Repair | None:
    """``If``, ``removeallprivatetags``: words of the language in capital or small letters."""
    tokens = [*slip.statement, slip.token]
    for index in (0, 1, len(tokens) - 1):
        token = tokens[index] if index < len(tokens) else slip.token
        word = _SMALL.get(token.lower()) if token.type == "ID" else None
        if word is not None and not _is_name(tokens, index):
            changed = list(tokens)
            changed[index] = _new(KEYWORDS[word], word, token)
            return Repair(at(token, f"Write {word} exactly so; letters count.", word), changed)
    return None


def _is_name(tokens: list[Token], index: int) -> bool:
    following = tokens[index + 1].type if index + 1 < len(tokens) else ""
    return following in ("ASSIGN", "OPERATOR")


def _assignment(slip: Slip, functions: Collection[str]) -> Repair | None:
    """``(0010,0010) = "x"`` alone on a line."""
    kinds = slip.kinds()
    complete = slip.at_end() and "QUESTION" in slip.expected and "QUESTION" not in kinds
    if not complete or kinds.count("OPERATOR") != 1 or slip.open:
        return None
    index = kinds.index("OPERATOR")
    sign = slip.statement[index]
    if sign != "=" or kinds[0] not in ("TAG", "ID", "STAR") or "LSQB" in kinds[:index][1:2]:
        return None
    changed = [*slip.statement, slip.token]
    changed[index] = _new("ASSIGN", ":=", sign)
    left = slip.written(slip.statement[0], slip.statement[index - 1])
    sentence = f"To give {left} a value, write := instead of =; a question goes on with ?."
    return Repair(at(sign, sentence, ":="), changed)


def _round_brackets(slip: Slip, functions: Collection[str]) -> Repair | None:
    """``hashUID(0008,0018)`` — the tag has brackets of its own."""
    name, token = slip.previous or slip.before, slip.token
    if slip.at_end() and len(slip.statement) == 1 and slip.statement[0].type == "TAG":
        name, token = slip.before, slip.statement[0]
    if token.type != "TAG" or name is None or name.type != "ID" or name not in functions:
        return None
    if not slip.same_line(name, token):
        return None
    call = f"{name}[{token}]"
    sentence = f"A function takes its arguments in square brackets: {call}."
    if name == "delete":
        call = f"-{token}"
        sentence = f"To delete an element write {call}."
    problem = at(name, sentence, call, slip.written(name, token))
    if name == "delete" and slip.statement == [name]:
        return Repair(problem, [_new("MINUS", "-", name), token])
    return Repair(problem, [slip.token] if slip.at_end() else _call(slip, token))


def _call(slip: Slip, argument: Token) -> list[Token]:
    if not slip.statement or slip.previous is None:
        return []
    left, right = _new("LSQB", "[", argument), _new("RSQB", "]", argument)
    return [*slip.statement, left, argument, right]


def _bare_call(slip: Slip, functions: Collection[str]) -> Repair | None:
    """``reject`` without its brackets."""
    name = slip.previous
    if name is None or name.type != "ID" or name not in functions or "LSQB" not in slip.expected:
        return None
    if not (slip.at_end() or slip.token.type in ("COLON", "RBRACE")):
        return None
    problem = at(name, f"A function is called with square brackets: {name}[].", f"{name}[]")
    brackets = [_new("LSQB", "[", name), _new("RSQB", "]", name)]
    return Repair(problem, [*slip.statement, *brackets, slip.token])


def _comma(slip: Slip, functions: Collection[str]) -> Repair | None:
    """``concatenate["a" "b"]``."""
    token = slip.token
    if not slip.open or "COMMA" not in slip.expected or token.type not in VALUES:
        return None
    if token.type not in ("STRING", "ID", "TAG", "INTEGER", "FLOAT"):
        return None
    previous = slip.previous
    texts = previous is not None and previous.type == token.type == "STRING"
    if texts and previous is not None and slip.adjacent(previous, token):
        return None
    problem = at(token, f"A comma is missing before {token}.", f", {token}")
    comma = _new("COMMA", ",", token)
    return Repair(problem, [*slip.statement, comma, token])


def _question(slip: Slip) -> Repair | None:
    """A condition without ``?`` before what is to be done."""
    token = slip.token
    starts = ("MINUS", "ID", "ECHO", "TAG")
    if slip.open or "QUESTION" not in slip.expected or token.type not in starts:
        return None
    if "OPERATOR" not in slip.kinds() or token.type in WORDS - {"ECHO"}:
        return None
    sentence = f"Write ? between the condition and what is to be done: ? {token} …"
    mark = _new("QUESTION", "?", token)
    return Repair(at(token, sentence, f"? {token}"), [*slip.statement, mark, token])
