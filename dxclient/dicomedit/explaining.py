"""A script in sentences, from the same tree that runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dxclient.dicomedit import tree
from dxclient.dicomedit.matching import fixed_tag
from dxclient.dicomedit.paths import shown

_SENTENCES = {
    "reject": "Leaves the file out",
    "hashUIDList": "Replaces by hashed UIDs: {}",
    "removeTags": "Deletes {}",
    "delete": "Deletes {}",
    "blankValues": "Empties every element that holds one of: {}",
    "retainPrivateTags": "Removes all private elements except {}",
    "shiftDateTimeListByIncrement": "Shifts dates in {}",
    "shiftDateTimeSequenceByIncrement": "Shifts dates by seconds: {}",
    "mapReferencedUIDs": "Replaces UIDs: {}",
}
_OPERATORS = {"=": "is", "!=": "is not", "~": "matches", "!~": "does not match"}


def explain(statements: tuple[tree.Statement, ...]) -> tuple[str, ...]:
    """One sentence for each statement that has an effect."""
    return tuple(_sentences(statements, ""))


def _sentences(statements: tuple[tree.Statement, ...], indent: str) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, tree.If):
            yield from _if(statement, indent)
        elif isinstance(statement, tree.Conditional):
            yield indent + _conditional(statement)
        elif isinstance(statement, tree.RemovePrivate):
            yield f"{indent}Removes all private elements."
        elif not isinstance(statement, tree.Describe | tree.Export | tree.Version | tree.Echo):
            yield f"{indent}{_action(statement)}."


def _if(statement: tree.If, indent: str) -> Iterator[str]:
    word = "If"
    for branch in statement.branches:
        if branch.condition is None:
            yield f"{indent}Otherwise:"
        else:
            yield f"{indent}{word} {_condition(branch.condition)}:"
        yield from _sentences(branch.body, indent + "    ")
        word = "Otherwise, if"


def _conditional(statement: tree.Conditional) -> str:
    sentence = f"If {_condition(statement.condition)}: {_action(statement.then)}."
    if statement.otherwise is not None:
        sentence += f" Otherwise: {_action(statement.otherwise)}."
    return sentence


def _condition(condition: tree.Condition) -> str:
    if isinstance(condition, tree.Call):
        return _value(condition)
    word = _OPERATORS[condition.operator]
    return f"{_value(condition.left)} {word} {_value(condition.right)}"


def _action(action: tree.Action) -> str:
    if isinstance(action, tree.Delete):
        return f"Deletes {_path(action.path)}"
    if isinstance(action, tree.SetVariable):
        return f"The variable {action.name} becomes {_value(action.value)}"
    if isinstance(action, tree.Perform):
        return _perform(action.call)
    if isinstance(action, tree.Echo):
        return "Nothing changes"
    if isinstance(action.value, tree.Text) and not action.value.value:
        return f"{_path(action.path)} is emptied" + (" if it exists" if action.existing else "")
    suffix = ", if it exists" if action.existing else ""
    return f"{_path(action.path)} becomes {_value(action.value)}{suffix}"


def _perform(call: tree.Call) -> str:
    if call.name == "set" and len(call.arguments) == 2:
        return f"{_value(call.arguments[0])} becomes {_value(call.arguments[1])}"
    arguments = ", ".join(_value(argument) for argument in call.arguments)
    if call.name == "retainPrivateTags" and not call.arguments:
        return "Removes all private elements"
    if call.name == "reject" and call.arguments:
        return f"Leaves the file out if {arguments}"
    return _SENTENCES.get(call.name, f"Runs {call.name} on {{}}").format(arguments)


def _value(value: tree.Value) -> str:
    if isinstance(value, tree.Text):
        return f"“{value.value}”"
    if isinstance(value, tree.Name):
        return f"the value of {value.name}"
    if isinstance(value, tree.TagPath):
        return _path(value)
    if isinstance(value, tree.ListOf):
        return ", ".join(_value(item) for item in value.items) or "nothing"
    return f"{value.name} of ({', '.join(_value(argument) for argument in value.arguments)})"


def _path(path: tree.TagPath) -> str:
    last = path.parts[-1]
    name = ""
    if isinstance(last, tree.Element):
        tag = fixed_tag(last)
        name = _name(tag) if tag is not None else ""
    return f"{name} {shown(path)}" if name else shown(path)


@lru_cache(maxsize=4096)
def _name(tag: int) -> str:
    from pydicom.datadict import dictionary_description

    try:
        return dictionary_description(tag)
    except KeyError:
        return ""
