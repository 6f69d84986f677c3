"""The tree of a script as closures, made once and run on every file of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dxclient.dicomedit import tree
from dxclient.dicomedit.editing import Editor, Result, text_of
from dxclient.dicomedit.faults import Fault, script_failed
from dxclient.dicomedit.functions import Function
from dxclient.dicomedit.functions_tags import remove_all_private
from dxclient.dicomedit.functions_text import is_true
from dxclient.dicomedit.javatext import regex
from dxclient.dicomedit.limits import MOST_LISTS, MOST_VALUES, check_length

Variables = dict[str, Result]
#: Runs a script on one file. Raises ScriptError, Rejected.
Program = Callable[[Editor, Variables], None]
_Step = Callable[[Editor, Variables], None]
_Getter = Callable[[Editor, Variables], Result]
_Text = Callable[[Editor, Variables], str | None]
_Truth = Callable[[Editor, Variables], bool]


def compile_script(
    statements: Sequence[tree.Statement], functions: Mapping[str, Function], name: str
) -> Program:
    """Make a program of checked statements.

    Parameters
    ----------
    functions : mapping
        Every function that the script may call.
    name : str
        Of the script, for messages.
    """
    return _Compiler(functions, name).block(statements)


class _Compiler:
    def __init__(self, functions: Mapping[str, Function], name: str) -> None:
        self._functions = functions
        self._name = name

    def block(self, statements: Sequence[tree.Statement]) -> Program:
        steps = [
            (statement.place.line, step, statement.place)
            for statement in statements
            for step in [self._statement(statement)]
            if step is not None
        ]
        name = self._name

        def run(editor: Editor, variables: Variables) -> None:
            for line, step, place in steps:
                editor.line = line
                try:
                    step(editor, variables)
                except Fault as fault:
                    raise script_failed(fault, name, place) from None

        return run

    def _statement(self, statement: tree.Statement) -> _Step | None:
        if isinstance(statement, tree.Conditional):
            return self._conditional(statement)
        if isinstance(statement, tree.If):
            return self._if(statement)
        if isinstance(statement, tree.RemovePrivate):
            return lambda editor, variables: remove_all_private(editor)
        if isinstance(statement, tree.Describe | tree.Export | tree.Version):
            return None
        return self._action(statement)

    def _conditional(self, statement: tree.Conditional) -> _Step:
        holds = self._condition(statement.condition)
        then = self.block((statement.then,))
        otherwise = self.block(() if statement.otherwise is None else (statement.otherwise,))

        def choose(editor: Editor, variables: Variables) -> None:
            (then if holds(editor, variables) else otherwise)(editor, variables)

        return choose

    def _if(self, statement: tree.If) -> _Step:
        branches = [
            (
                None if branch.condition is None else self._condition(branch.condition),
                self.block(branch.body),
            )
            for branch in statement.branches
        ]

        def choose(editor: Editor, variables: Variables) -> None:
            for holds, body in branches:
                if holds is None or holds(editor, variables):
                    body(editor, variables)
                    return

        return choose

    def _action(self, action: tree.Action) -> _Step:
        if isinstance(action, tree.Assign):
            return self._assign(action)
        if isinstance(action, tree.Delete):
            path = action.path
            return lambda editor, variables: editor.delete(path)
        if isinstance(action, tree.SetVariable):
            return self._set(action)
        value = self._value(action.call if isinstance(action, tree.Perform) else action.value)

        def evaluate(editor: Editor, variables: Variables) -> None:
            value(editor, variables)

        return evaluate

    def _assign(self, action: tree.Assign) -> _Step:
        path, text = action.path, self._text(action.value)
        if action.existing:
            return lambda editor, variables: editor.assign_existing(path, text(editor, variables))
        return lambda editor, variables: editor.assign(path, text(editor, variables))

    def _set(self, action: tree.SetVariable) -> _Step:
        name, value = action.name, self._value(action.value)

        def put(editor: Editor, variables: Variables) -> None:
            variables[name] = _bounded(value(editor, variables))

        return put

    def _text(self, value: tree.Value) -> _Text:
        """A value as text; elements are read."""
        if isinstance(value, tree.Text):
            text = value.value
            return lambda editor, variables: text
        if isinstance(value, tree.TagPath):
            path = value
            return lambda editor, variables: editor.read(path)
        result = self._value(value)
        return lambda editor, variables: text_of(result(editor, variables))

    def _value(self, value: tree.Value) -> _Getter:
        """A value; elements are read, also those whose path a variable or a function gives."""
        result = self._argument(value)
        if isinstance(value, tree.Text | tree.ListOf):
            return result

        def read(editor: Editor, variables: Variables) -> Result:
            found = result(editor, variables)
            return editor.read(found) if isinstance(found, tree.TagPath) else found

        return read

    def _argument(self, value: tree.Value) -> _Getter:
        """A value; paths stay paths."""
        if isinstance(value, tree.Text):
            text = value.value
            return lambda editor, variables: text
        if isinstance(value, tree.TagPath):
            path = value
            return lambda editor, variables: path
        if isinstance(value, tree.Name):
            return _variable(value.name)
        if isinstance(value, tree.ListOf):
            if all(isinstance(item, tree.Text | tree.TagPath) for item in value.items):
                return _constant(value.items)
            items = [self._argument(item) for item in value.items]
            return lambda editor, variables: [item(editor, variables) for item in items]
        return self._call(value)

    def _call(self, call: tree.Call) -> _Getter:
        body = self._functions[call.name].body
        arguments = [self._argument(argument) for argument in call.arguments]
        return lambda editor, variables: body(
            editor, [argument(editor, variables) for argument in arguments]
        )

    def _condition(self, condition: tree.Condition) -> _Truth:
        if isinstance(condition, tree.Call):
            return _truth(self._call(condition))
        left, right = self._text(condition.left), self._text(condition.right)
        negated = condition.operator.startswith("!")
        compare = _equal if condition.operator.endswith("=") else _matching

        def holds(editor: Editor, variables: Variables) -> bool:
            return compare(left(editor, variables), right(editor, variables)) is not negated

        return holds


def _constant(items: Sequence[tree.Value]) -> _Getter:
    """A list that is the same for every file; functions do not alter their arguments."""
    known: list[Result] = [
        item.value if isinstance(item, tree.Text) else item
        for item in items
        if isinstance(item, tree.Text | tree.TagPath)
    ]
    return lambda editor, variables: known


def _variable(name: str) -> _Getter:
    def value(editor: Editor, variables: Variables) -> Result:
        try:
            return variables[name]
        except KeyError:
            raise Fault(f"the variable {name} has no value") from None

    return value


def _truth(call: _Getter) -> _Truth:
    def holds(editor: Editor, variables: Variables) -> bool:
        result = call(editor, variables)
        if result is None:
            raise Fault("a condition has no value")
        return is_true(result)

    return holds


def _equal(left: str | None, right: str | None) -> bool:
    return left is not None and left == right


def _matching(left: str | None, right: str | None) -> bool:
    if right is None:
        raise Fault("a regular expression is missing")
    pattern = regex(right)
    return left is not None and pattern.fullmatch(left) is not None


def _bounded(value: Result) -> Result:
    """A value that a variable may keep. Raises Fault for endless texts and lists."""
    if isinstance(value, str):
        check_length(len(value))
    elif isinstance(value, list):
        for count, depth in enumerate(_depths(value, 0)):
            if count > MOST_VALUES or depth > MOST_LISTS:
                raise Fault("a list becomes too long")
    return value


def _depths(values: list[Result], depth: int) -> Iterator[int]:
    """For each value and list in a list, in how many lists it stands."""
    for value in values:
        yield depth
        if isinstance(value, list):
            yield from _depths(value, depth + 1)
