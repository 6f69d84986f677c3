"""Sentences about slips: what cannot stand where, and what to write."""

from __future__ import annotations

from collections.abc import Callable, Collection

from lark import Token

from dxclient.dicomedit.lexer import Notes
from dxclient.dicomedit.slips import VALUES, WORDS, Slip, at
from dxclient.domain.problems import Problem


def advise(slip: Slip, functions: Collection[str], notes: Notes) -> Problem:
    """Say what is wrong at a slip."""
    special = _apostrophes(slip, notes) or _dropped(slip, notes)
    if special is not None:
        return special
    for rule in _RULES:
        problem = rule(slip)
        if problem is not None:
            return problem
    return _call_in_round_brackets(slip, functions) or _plain(slip)


def _apostrophes(slip: Slip, notes: Notes) -> Problem | None:
    """``'a b'``: apostrophes are left out, so the words inside stand bare."""
    token = slip.token
    position = token.start_pos or 0
    for start, end, inner in notes.quoted:
        if start <= position <= end + 1 and slip.prepared.text[start:end].find("\n") < 0:
            place = slip.prepared.place(start)
            piece = f"'{inner}'"
            text = f'"{inner}"'
            sentence = f"Texts stand in double quotes: {text}."
            return Problem(place.line, place.column, piece, sentence, text)
    return None


_INSTEAD = {
    "&&": "DicomEdit knows no &&; write and[…], or put one if into another.",
    "&": "DicomEdit knows no &; write and[…], or put one if into another.",
    "||": "DicomEdit knows no ||; write or[…], or elseif.",
    "|": "DicomEdit knows no | here; write or[…], or elseif.",
    "<>": "“is not” is written as !=.",
    "<": "DicomEdit cannot compare by size.",
    ">": "DicomEdit cannot compare by size.",
}


def _dropped(slip: Slip, notes: Notes) -> Problem | None:
    """Characters that are left out, right before the slip."""
    text = slip.prepared.text
    position = slip.token.start_pos or 0
    begin = len(text[:position].rstrip(" \t")) if position < 1 << 16 else position
    for start in range(max(0, begin - 3), begin):
        piece = notes.dropped.get(start, "")
        if piece in _INSTEAD and start + len(piece) == begin:
            place = slip.prepared.place(start)
            suggestion = "!=" if piece == "<>" else ""
            return Problem(place.line, place.column, piece, _INSTEAD[piece], suggestion)
    return None


def _open_bracket(slip: Slip) -> Problem | None:
    if not slip.open or not (slip.at_end() or _new_statement(slip)):
        return None
    bracket = slip.open[-1]
    if bracket.type == "LBRACE":
        again = slip.previous is not None and slip.previous.type == "NEWLINE"
        if again and slip.token.type == "NEWLINE" and slip.token != "":
            return slip.problem("A list holds no empty lines; take this line out.")
        return at(bracket, "This { is not closed; a list ends with }.")
    close = {"[": "]", "(": ")"}[str(bracket)]
    sentence = (
        f"This {bracket} is not closed on its line. Write {close}, "
        "or end the line with a backslash to go on on the next."
    )
    return at(bracket, sentence)


def _new_statement(slip: Slip) -> bool:
    """Whether a statement starts, or has started, on a further line of an open list."""
    if slip.open[-1].type != "LBRACE" or slip.same_line(slip.open[-1], slip.token):
        return False
    return slip.token.type in WORDS | {"MINUS", "ASSIGN", "ASSIGN_EXISTING", "QUESTION"}


def _left_side(slip: Slip) -> Problem | None:
    """What is no place for a value, and signs that belong to other statements."""
    token, previous = slip.token, slip.previous
    if token.type in ("ASSIGN", "ASSIGN_EXISTING"):
        if previous is not None and previous.type == "VERSION":
            return at(previous, 'Write the version as: version "6.6", with one blank.')
        if previous is not None and previous.type in ("STRING", "INTEGER", "FLOAT", "RSQB"):
            return slip.problem(f"Before {token} stands a tag or the name of a variable.")
    if token.type == "COLON" and "QUESTION" not in slip.kinds():
        return slip.problem("A : stands only after ? and an action: condition ? action : action.")
    return None


def _closes_nothing(slip: Slip) -> Problem | None:
    pairs = {"RBRACE": "{", "RSQB": "[", "RPAR": "("}
    opening = pairs.get(slip.token.type)
    if opening is None or opening in slip.open:
        return None
    if slip.token.type == "RBRACE" and slip.statement and not _complete(slip):
        return None
    return slip.problem(f"This {slip.token} closes nothing: there is no open {opening}.")


def _complete(slip: Slip) -> bool:
    return "NEWLINE" in slip.expected


def _reserved(slip: Slip) -> Problem | None:
    """Words that cannot be names of variables."""
    token, previous = slip.token, slip.previous
    if token.type == "LONE_X":
        sentence = f"{token} alone is a hexadecimal wildcard and no name; write a longer one."
        return slip.problem(sentence, f"{token}1")
    if token.type in ("ASSIGN", "OPERATOR", "LSQB") and previous is not None:
        if previous.type == "REMOVE_PRIVATE" and token.type == "LSQB":
            return slip.problem("removeAllPrivateTags is written without brackets.")
        if previous.type in WORDS:
            return at(previous, _NO_NAME.format(previous), f"{previous}_")
    unfit = token.type == "HIDDEN" or (token.type in WORDS and _value_wanted(slip))
    if unfit and "ID" in slip.expected:
        return slip.problem(_NO_NAME.format(token), f"{token}_")
    return None


_NO_NAME = "“{}” is a word of the language and cannot name a variable."


def _value_wanted(slip: Slip) -> bool:
    return "STRING" in slip.expected and "ID" in slip.expected


def _not_after_question(slip: Slip) -> Problem | None:
    previous = slip.previous
    if previous is None or previous.type not in ("QUESTION", "COLON"):
        return None
    if slip.token.type in WORDS:
        return slip.problem(
            f"{slip.token} cannot stand after {previous}; write if (…) {{ … }} instead."
        )
    if slip.at_end():
        return slip.problem(f"After {previous} comes what is to be done, on the same line.")
    return None


def _chained(slip: Slip) -> Problem | None:
    if slip.token.type in ("OPERATOR", "QUESTION", "COLON") and "COLON" in slip.kinds():
        return slip.problem(
            "After : comes one action and no further condition; write if … elseif … instead."
        )
    return None


def _lonely_else(slip: Slip) -> Problem | None:
    if slip.token.type in ("ELSE", "ELSEIF"):
        return slip.problem(
            f"{slip.token} has no if before it: it follows the }} of an if directly."
        )
    return None


def _if_parts(slip: Slip) -> Problem | None:
    kinds = slip.kinds()
    if not any(kind in ("IF", "ELSEIF", "ELSE") for kind in kinds[:2]):
        return None
    if set(slip.expected) == {"LPAR"}:
        return slip.problem("The condition of an if stands in round brackets: if (…) { … }.")
    if set(slip.expected) == {"LBRACE"}:
        return slip.problem("What is to be done stands in braces: if (…) { … } else { … }.")
    return None


def _quote_in_text(slip: Slip) -> Problem | None:
    """Two texts side by side."""
    previous, token = slip.previous, slip.token
    first, before = (slip.statement or [token])[0], slip.before
    alone = len(slip.statement) == 1
    texts = alone and before is not None and before.type == first.type == "STRING"
    if texts and before is not None and slip.same_line(before, first):
        # The first text ended a statement, so the second was taken for a condition.
        return _texts(slip, before, first)
    if previous is None or {previous.type, token.type} != {"STRING"}:
        return None
    return _texts(slip, previous, token)


def _texts(slip: Slip, first: Token, second: Token) -> Problem:
    if slip.adjacent(first, second):
        return at(second, "A double quote cannot stand inside a text, not even a doubled one.")
    return at(second, f"Two texts do not join by themselves: concatenate[{first}, {second}].")


def _delete_in_words(slip: Slip) -> Problem | None:
    """``delete (0010,0010)``."""
    name, token = slip.previous, slip.token
    if name is None or token.type != "TAG" or len(slip.statement) != 1 or name.type != "ID":
        return None
    if name.lower() not in ("delete", "remove", "removetag", "removetags", "del", "blank", "empty"):
        return None
    if name.lower() in ("blank", "empty"):
        text = f'{token} := ""'
        return at(name, f"To empty an element write {text}.", text, slip.written(name, token))
    text = f"-{token}"
    return at(name, f"To delete an element write {text}.", text, slip.written(name, token))


def _after_minus(slip: Slip) -> Problem | None:
    previous = slip.previous
    if previous is None or previous.type != "MINUS" or len(slip.statement) > 1:
        if previous is not None and slip.token.type == "MINUS" and previous.type == "ID":
            return _hyphen(slip)
        return None
    if slip.token.type == "STRING":
        path = slip.token[1:-1]
        return slip.problem("After - stands the tag itself, without quotes.", path)
    return slip.problem("After - comes the tag to delete, such as -(0010,4000).")


def _hyphen(slip: Slip) -> Problem | None:
    name = slip.previous
    if name is None or not slip.adjacent(name, slip.token):
        return None
    return slip.problem("A name holds letters, digits and _ only, no hyphen.", "_")


def _item(slip: Slip) -> Problem | None:
    previous = slip.previous
    if (
        previous is not None
        and previous.type == "LSQB"
        and set(slip.expected)
        == {
            "INTEGER",
            "PERCENT",
        }
    ):
        return slip.problem("In the brackets stands the number of an item, from 0, or %.")
    return None


def _slash(slip: Slip) -> Problem | None:
    previous = slip.previous
    if slip.token.type == "SLASH" and not slip.statement:
        return slip.problem("A path does not start with /.")
    if previous is not None and previous.type == "SLASH":
        return slip.problem("A path does not end with /; a tag follows.")
    return None


def _describe(slip: Slip) -> Problem | None:
    first = slip.statement[0].type if slip.statement else ""
    if first == "DESCRIBE" and len(slip.statement) == 2:
        name = slip.statement[1]
        return slip.problem(f'Write: describe {name} "what it is", or describe {name} hidden.')
    if first == "EXPORT" and len(slip.statement) == 2:
        return slip.problem(f'Write: export {slip.statement[1]} "field".')
    if first in ("DESCRIBE", "EXPORT") and len(slip.statement) == 1:
        return slip.problem(f"After {slip.statement[0]} comes the name of a variable.")
    if first == "VERSION" and len(slip.statement) == 1:
        return slip.problem('Write the version in double quotes: version "6.6".')
    return None


def _lonely_value(slip: Slip) -> Problem | None:
    """A tag or a name on a line of its own."""
    if not slip.at_end() or not slip.statement or slip.open:
        return None
    first = slip.statement[0]
    whole = slip.written(first, slip.statement[-1])
    if {"ASSIGN", "ASSIGN_EXISTING"} & set(slip.expected) and first.type in ("TAG", "STAR", "PLUS"):
        return at(
            first,
            f"This line says nothing to do with {whole}: assign with :=, or delete with -.",
            piece=whole,
        )
    if first.type == "ID" and len(slip.statement) == 1:
        return at(first, f"“{first}” alone does nothing; a function is called as {first}[…].")
    if "QUESTION" in slip.expected:
        return slip.problem("After a condition comes ? and what is to be done.", "?")
    return None


_RULES: tuple[Callable[[Slip], Problem | None], ...] = (
    _open_bracket,
    _closes_nothing,
    _lonely_else,
    _left_side,
    _reserved,
    _not_after_question,
    _chained,
    _if_parts,
    _quote_in_text,
    _delete_in_words,
    _after_minus,
    _item,
    _slash,
    _describe,
    _lonely_value,
)


def _call_in_round_brackets(slip: Slip, functions: Collection[str]) -> Problem | None:
    name = slip.previous or slip.before
    if slip.token.type != "LPAR" or name is None or name.type != "ID":
        return None
    if slip.same_line(name, slip.token):
        return slip.problem(f"A function takes its arguments in square brackets: {name}[…].")
    return None


def _plain(slip: Slip) -> Problem:
    wanted = _wanted(slip.expected)
    after = f"after {_shown(slip.previous)} comes {wanted}" if slip.previous and wanted else ""
    if slip.at_end():
        return slip.problem(f"The line ends too early{': ' + after if after else ''}.")
    if not after or "NEWLINE" in slip.expected:
        return slip.problem(f"{_shown(slip.token)} is not expected here.")
    return slip.problem(f"{_shown(slip.token)} is not expected here; {after}.")


def _shown(token: Token) -> str:
    if token.type == "NEWLINE":
        return "the end of the line"
    return f"“{token}”" if len(token) <= 60 else f"“{token[:60]}…”"


_VALUE = "a value: a text in double quotes, a number, a tag, a variable or a function"
_WANTED = (
    ({"STRING", "INTEGER", "ID"}, _VALUE),
    ({"COMMA", "RSQB"}, "“,” or “]”"),
    ({"COMMA", "RBRACE"}, "“,” or “}”"),
    ({"ASSIGN", "OPERATOR"}, ":= or a comparison"),
    ({"ASSIGN", "ASSIGN_EXISTING"}, ":= or ?="),
    ({"MINUS", "ECHO"}, "what is to be done"),
    ({"QUESTION"}, "“?” and what is to be done"),
    ({"OPERATOR"}, "= or another comparison"),
    ({"RPAR"}, "“)”"),
    ({"LSQB"}, "“[”"),
    ({"RSQB"}, "“]”"),
    ({"ASSIGN"}, ":="),
    ({"TAG"}, "a tag"),
    ({"ID"}, "a name"),
    ({"STRING"}, "a text in double quotes"),
)


def _wanted(expected: Collection[str]) -> str:
    kinds = set(expected)
    return next((words for needed, words in _WANTED if needed <= kinds), "")


__all__ = ["VALUES", "advise"]
