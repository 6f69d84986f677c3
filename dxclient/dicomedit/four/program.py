"""A script as one function over an editor.

All conditions and values are computed first, on the data set as it came; then the actions are
carried out from the last to the first, so that the first statement for an element wins.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from dxclient.dicomedit.editing import Editor
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.four import tree
from dxclient.dicomedit.four.checking import initial_values
from dxclient.dicomedit.four.functions import Function, call, formatted
from dxclient.dicomedit.four.representation import representation
from dxclient.dicomedit.javatext import regex
from dxclient.dicomedit.matching import fixed_tag
from dxclient.dicomedit.target import Spot
from dxclient.dicomedit.tree import Element, Place
from dxclient.domain.errors import ScriptError

Program = Callable[[Editor, dict[str, str]], None]
_Pending = tuple[tree.Assign | tree.Delete, str | None]


def program(
    statements: tuple[tree.Statement, ...], functions: Mapping[str, Function], name: str
) -> Program:
    """A script that can be applied to any number of data sets.

    Parameters
    ----------
    functions : mapping
        From `known_functions` of this package.
    name : str
        Name of the script, for messages.
    """
    rules = [one for one in statements if isinstance(one, tree.Rule)]
    initial = initial_values(statements)

    def apply(editor: Editor, variables: dict[str, str]) -> None:
        given = {key.lower(): value for key, value in variables.items()}
        values = _Values(editor, functions, initial, given)
        pending: list[_Pending] = []
        for rule in rules:
            with _Blame(editor, rule.place, name):
                pending += values.pending(rule)
        for action, text in reversed(pending):
            with _Blame(editor, action.place, name):
                _carry_out(editor, action, text)

    return apply


class _Blame:
    """Tells the editor the line at work, and puts it on what goes wrong."""

    def __init__(self, editor: Editor, place: Place, script: str) -> None:
        editor.line = place.line
        self._place = place
        self._script = script

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise a fault again, with the place."""
        if isinstance(error, Fault):
            named = f"the script “{self._script}”" if self._script else "the script"
            place = self._place
            raise ScriptError(
                f"In {named}, line {place.line}: {error.sentence}. Nothing was sent.",
                line=place.line,
                column=place.column,
            ) from None


class _Values:
    """Values as they are before anything is changed."""

    def __init__(
        self,
        editor: Editor,
        functions: Mapping[str, Function],
        initial: Mapping[str, tree.Value],
        given: Mapping[str, str],
    ) -> None:
        self._editor = editor
        self._functions = functions
        self._initial = initial
        self._variables: dict[str, str | None] = {
            name: text for name, text in given.items() if name not in initial
        }

    def pending(self, rule: tree.Rule) -> list[_Pending]:
        """What a rule is going to do."""
        if not all(self._holds(condition) for condition in rule.conditions):
            return []
        action = rule.action
        if isinstance(action, tree.Delete):
            return [(action, None)]
        text = None if action.value is None else self.text(action.value)
        return [(action, text)] if isinstance(action, tree.Assign) else []

    def _holds(self, condition: tree.Condition) -> bool:
        left, right = self.text(condition.left), self.text(condition.right)
        if condition.operator == "=":
            return left == right
        if right is None:
            raise Fault("a regular expression is missing")
        return left is not None and regex(right).fullmatch(left) is not None

    def text(self, value: tree.Value) -> str | None:
        """A value; None where it is missing."""
        if isinstance(value, tree.Text):
            return value.value
        if isinstance(value, tree.Number):
            return str(int(value.digits))
        if isinstance(value, tree.Tag):
            return self._editor.read(value.path)
        if isinstance(value, tree.Name):
            return self._variable(value.name)
        if isinstance(value, tree.Format):
            return formatted([value.pattern, *map(self.text, value.terms)])
        if isinstance(value, tree.New):
            return f"2.25.{uuid.uuid4().int}"
        return call(self._functions[value.name], [*map(self.text, value.arguments)])

    def _variable(self, name: str) -> str | None:
        small = name.lower()
        if small not in self._variables:
            if small not in self._initial:
                raise Fault(f"the variable {name} has no value")
            self._variables[small] = self.text(self._initial[small])
        return self._variables[small]


def _carry_out(editor: Editor, action: tree.Assign | tree.Delete, text: str | None) -> None:
    for spot in _spots(editor, action):
        if isinstance(action, tree.Delete):
            editor.remove(spot)
        else:
            editor.write(spot, text or "", representation(editor.target, spot))


def _spots(editor: Editor, action: tree.Assign | tree.Delete) -> list[Spot]:
    path = action.target.path
    element = path.parts[0]
    assert isinstance(element, Element)
    if isinstance(action, tree.Assign) and fixed_tag(element) is not None:
        return [editor.target.create(path)]
    return editor.target.find((element,))
