"""A script in sentences, from the same tree that runs."""

from __future__ import annotations

from collections.abc import Iterator

from dxclient.dicomedit import tree
from dxclient.dicomedit.naming import path_in_words
from dxclient.dicomedit.phrases import DEEDS, QUESTIONS, RESULTS, clause, value_in_words

_OPERATORS = {
    "=": "is",
    "!=": "is not",
    "~": "matches the pattern",
    "!~": "does not match the pattern",
}


def explain(statements: tuple[tree.Statement, ...]) -> tuple[str, ...]:
    """One sentence for each statement that has an effect."""
    return tuple(sentence for _, sentence in _sentences(statements, ""))


def explain_lines(statements: tuple[tree.Statement, ...]) -> tuple[tuple[int, str], ...]:
    """As `explain`, each sentence with the line of its statement, from 1."""
    return tuple(_sentences(statements, ""))


def _sentences(statements: tuple[tree.Statement, ...], indent: str) -> Iterator[tuple[int, str]]:
    for statement in statements:
        line = statement.place.line
        if isinstance(statement, tree.If):
            yield from _if(statement, indent)
        elif isinstance(statement, tree.Conditional):
            yield line, indent + _conditional(statement)
        elif isinstance(statement, tree.RemovePrivate):
            yield line, f"{indent}Removes all private elements."
        elif not isinstance(statement, tree.Describe | tree.Export | tree.Version | tree.Echo):
            yield line, f"{indent}{_action(statement)}."


def _if(statement: tree.If, indent: str) -> Iterator[tuple[int, str]]:
    word = "If"
    for branch in statement.branches:
        line = branch.place.line or statement.place.line
        if branch.condition is None:
            yield line, f"{indent}Otherwise:"
        else:
            yield line, f"{indent}{word} {_condition(branch.condition)}:"
        inner = tuple(_sentences(branch.body, indent + "    "))
        yield from inner or ((line, f"{indent}    Nothing changes."),)
        word = "Otherwise, if"


def _conditional(statement: tree.Conditional) -> str:
    sentence = f"If {_condition(statement.condition)}: {_action(statement.then)}."
    if statement.otherwise is not None:
        sentence += f" Otherwise: {_action(statement.otherwise)}."
    return sentence


def _condition(condition: tree.Condition) -> str:
    if isinstance(condition, tree.Call):
        return clause(condition)
    left, right = (_compared(side) for side in (condition.left, condition.right))
    if isinstance(condition.right, tree.Text) and not condition.right.value:
        return f"{left} {_OPERATORS[condition.operator].split(' the ')[0]} empty"
    return f"{left} {_OPERATORS[condition.operator]} {right}"


def _compared(value: tree.Value) -> str:
    return path_in_words(value) if isinstance(value, tree.TagPath) else value_in_words(value)


def _action(action: tree.Action) -> str:
    if isinstance(action, tree.Delete):
        return f"Deletes {path_in_words(action.path)}"
    if isinstance(action, tree.SetVariable):
        return f"The variable {action.name} becomes {value_in_words(action.value)}"
    if isinstance(action, tree.Perform):
        return _perform(action.call)
    if isinstance(action, tree.Echo):
        return "Nothing changes"
    return _assign(action)


def _assign(action: tree.Assign) -> str:
    path = path_in_words(action.path)
    path = path[0].upper() + path[1:]
    if isinstance(action.value, tree.Text) and not action.value.value:
        return f"{path} is emptied" + (" if it exists" if action.existing else "")
    suffix = ", if it exists" if action.existing else ""
    return f"{path} becomes {value_in_words(action.value)}{suffix}"


def _perform(call: tree.Call) -> str:
    deed = DEEDS.get(call.name)
    if deed is not None:
        return deed(call)
    if call.name in QUESTIONS or call.name in RESULTS:
        return f"Nothing changes: only works out {value_in_words(call)}"
    return f"Calls {value_in_words(call).removeprefix('what ')}"
