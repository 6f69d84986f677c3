"""A script in sentences, from the same tree that runs."""

from __future__ import annotations

from dxclient.dicomedit.four import tree
from dxclient.dicomedit.naming import element_name
from dxclient.dicomedit.paths import shown
from dxclient.dicomedit.tree import Element

_OPERATORS = {"=": "is", "~": "matches"}


def explain(statements: tuple[tree.Statement, ...]) -> tuple[str, ...]:
    """One sentence for each statement that has an effect, in the order of the text.

    Of several statements for one element the first wins, because the last is carried out first.
    """
    return tuple(sentence for _, sentence in explain_lines(statements))


def explain_lines(statements: tuple[tree.Statement, ...]) -> tuple[tuple[int, str], ...]:
    """As `explain`, each sentence with the line of its statement, from 1."""
    return tuple((one.place.line, sentence) for one in statements if (sentence := _sentence(one)))


def _sentence(statement: tree.Statement) -> str:
    if isinstance(statement, tree.Initialize):
        return f"The variable {statement.name} is {value_in_words(statement.value)}."
    if not isinstance(statement, tree.Rule) or isinstance(statement.action, tree.Echo):
        return ""
    action = _action(statement.action)
    if not statement.conditions:
        return f"{action}."
    return f"If {' and '.join(_condition(one) for one in statement.conditions)}: {action}."


def _condition(condition: tree.Condition) -> str:
    word = _OPERATORS[condition.operator]
    return f"{value_in_words(condition.left)} {word} {value_in_words(condition.right)}"


def _action(action: tree.Assign | tree.Delete) -> str:
    element = value_in_words(action.target)
    if isinstance(action, tree.Delete):
        return f"Deletes {element}"
    suffix = "" if _exact(action.target) is not None else ", where it exists"
    if isinstance(action.value, tree.Text) and not action.value.value:
        return f"{element} is emptied{suffix}"
    return f"{element} becomes {value_in_words(action.value)}{suffix}"


def value_in_words(value: tree.Value) -> str:
    """A value as part of a sentence."""
    if isinstance(value, tree.Text):
        return f"“{value.value}”"
    if isinstance(value, tree.Number):
        return f"“{value.digits}”"
    if isinstance(value, tree.Name):
        return f"the value of {value.name}"
    if isinstance(value, tree.New):
        return "a new UID"
    if isinstance(value, tree.Tag):
        return _tag(value)
    if isinstance(value, tree.Format):
        return f"“{value.pattern}” filled with ({_list(value.terms)})"
    return f"{value.name} of ({_list(value.arguments)})"


def _list(values: tuple[tree.Value, ...]) -> str:
    return ", ".join(value_in_words(value) for value in values)


def _exact(target: tree.Tag) -> int | None:
    element = target.path.parts[0]
    assert isinstance(element, Element)
    return element.fixed


def _tag(target: tree.Tag) -> str:
    tag = _exact(target)
    name = element_name(tag) if tag is not None else ""
    return f"{name} {shown(target.path)}" if name else shown(target.path)
