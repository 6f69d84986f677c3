"""Runs the tree of a script on a target."""

from __future__ import annotations

from collections.abc import Mapping

from dxclient.dicomedit import tree
from dxclient.dicomedit.editing import Editor, Result, text_of
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.functions import Function
from dxclient.dicomedit.functions_tags import remove_all_private
from dxclient.dicomedit.functions_text import is_true
from dxclient.dicomedit.javatext import regex
from dxclient.domain.errors import ScriptError


class Engine:
    """One script at work on one data set.

    Parameters
    ----------
    variables : mapping
        Values of the required variables, by their name in the script.
    name : str
        Name of the script, for messages.
    """

    def __init__(
        self,
        editor: Editor,
        functions: Mapping[str, Function],
        variables: Mapping[str, str],
        name: str,
    ) -> None:
        self._editor = editor
        self._functions = functions
        self._variables: dict[str, Result] = dict(variables)
        self._name = name

    def run(self, statements: tuple[tree.Statement, ...]) -> None:
        """Run statements in order. Raises ScriptError, Rejected."""
        for statement in statements:
            self._editor.line = statement.place.line
            try:
                self._statement(statement)
            except Fault as fault:
                raise self._error(fault, statement.place) from None

    def _error(self, fault: Fault, place: tree.Place) -> ScriptError:
        where = f"In the script “{self._name}”, line" if self._name else "In the script, line"
        return ScriptError(
            f"{where} {place.line}: {fault.sentence}. Nothing was sent.",
            line=place.line,
            column=place.column,
        )

    def _statement(self, statement: tree.Statement) -> None:
        if isinstance(statement, tree.Conditional):
            chosen = statement.then if self._holds(statement.condition) else statement.otherwise
            if chosen is not None:
                self.run((chosen,))
        elif isinstance(statement, tree.If):
            self._if(statement)
        elif isinstance(statement, tree.RemovePrivate):
            remove_all_private(self._editor)
        elif not isinstance(statement, tree.Describe | tree.Export | tree.Version):
            self._action(statement)

    def _if(self, statement: tree.If) -> None:
        for branch in statement.branches:
            if branch.condition is None or self._holds(branch.condition):
                self.run(branch.body)
                return

    def _action(self, action: tree.Action) -> None:
        if isinstance(action, tree.Assign):
            put = self._editor.assign_existing if action.existing else self._editor.assign
            put(action.path, self._text(action.value))
        elif isinstance(action, tree.Delete):
            self._editor.delete(action.path)
        elif isinstance(action, tree.SetVariable):
            value = self._value(action.value)
            self._variables[action.name] = value
        elif isinstance(action, tree.Perform):
            self._call(action.call)
        else:
            self._text(action.value)

    def _value(self, value: tree.Value) -> Result:
        """A value; paths are read."""
        result = self._argument(value)
        return self._editor.read(result) if isinstance(result, tree.TagPath) else result

    def _text(self, value: tree.Value) -> str | None:
        return text_of(self._value(value))

    def _argument(self, value: tree.Value) -> Result:
        """A value; paths stay paths."""
        if isinstance(value, tree.Text):
            return value.value
        if isinstance(value, tree.TagPath):
            return value
        if isinstance(value, tree.Name):
            if value.name not in self._variables:
                raise Fault(f"the variable {value.name} has no value")
            return self._variables[value.name]
        if isinstance(value, tree.ListOf):
            return [self._argument(item) for item in value.items]
        return self._call(value)

    def _call(self, call: tree.Call) -> Result:
        arguments = [self._argument(argument) for argument in call.arguments]
        return self._functions[call.name].body(self._editor, arguments)

    def _holds(self, condition: tree.Condition) -> bool:
        if isinstance(condition, tree.Call):
            result = self._call(condition)
            if result is None:
                raise Fault("a condition has no value")
            return is_true(result)
        left, right = self._text(condition.left), self._text(condition.right)
        return _compare(left, condition.operator, right)


def _compare(left: str | None, operator: str, right: str | None) -> bool:
    negated = operator.startswith("!")
    if operator.endswith("="):
        return (left is not None and left == right) != negated
    if right is None:
        raise Fault("a regular expression is missing")
    pattern = regex(right)
    return (left is not None and pattern.fullmatch(left) is not None) != negated
