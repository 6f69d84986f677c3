"""A script as one function over an editor, compiled once into closures.

All conditions and values are computed first, on the data set as it came; then the actions are
carried out from the last to the first, so that the first statement for an element wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dxclient.dicomedit.editing import Editor, Result, text_of
from dxclient.dicomedit.faults import Fault, script_failed
from dxclient.dicomedit.four import tree
from dxclient.dicomedit.four.checking import initial_values
from dxclient.dicomedit.four.functions import Function, call, formatted
from dxclient.dicomedit.four.representation import representation
from dxclient.dicomedit.javatext import regex
from dxclient.dicomedit.tree import Element, Place


@dataclass(slots=True)
class _Run:
    """One script at work on one data set; variables by name in small letters."""

    editor: Editor
    variables: dict[str, str | None]


Program = Callable[[Editor, dict[str, Result]], None]
_Getter = Callable[[_Run], str | None]
_Truth = Callable[[_Run], bool]
#: Carries out an action with a value that was computed before.
_Doer = Callable[[Editor, str | None], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """A rule, compiled. An echo has nothing to do."""

    conditions: tuple[_Truth, ...]
    value: _Getter
    do: _Doer | None
    place: Place
    action_place: Place


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
    initial = initial_values(statements)
    compiler = _Compiler(functions, initial)
    steps = [compiler.step(one) for one in statements if isinstance(one, tree.Rule)]

    def apply(editor: Editor, variables: dict[str, Result]) -> None:
        given = {key.lower(): text_of(value) for key, value in variables.items()}
        run = _Run(editor, {key: text for key, text in given.items() if key not in initial})
        pending = [(step, text) for step in steps for text in _computed(step, run, name)]
        for step, text in reversed(pending):
            _carry_out(step, editor, text, name)

    return apply


def _computed(step: _Step, run: _Run, name: str) -> list[str | None]:
    """The value that a step is going to write; nothing where it does not apply."""
    run.editor.line = step.place.line
    try:
        if not all(holds(run) for holds in step.conditions):
            return []
        return [step.value(run)]
    except Fault as fault:
        raise script_failed(fault, name, step.place) from None


def _carry_out(step: _Step, editor: Editor, text: str | None, name: str) -> None:
    editor.line = step.action_place.line
    try:
        if step.do is not None:
            step.do(editor, text)
    except Fault as fault:
        raise script_failed(fault, name, step.action_place) from None


class _Compiler:
    """Makes closures of the tree. The checks made sure that no variable needs itself."""

    def __init__(
        self, functions: Mapping[str, Function], initial: Mapping[str, tree.Value]
    ) -> None:
        self._functions = functions
        self._initial = initial
        self._variables: dict[str, _Getter] = {}

    def step(self, rule: tree.Rule) -> _Step:
        """A rule."""
        action = rule.action
        value = None if isinstance(action, tree.Delete) else action.value
        return _Step(
            tuple(self._condition(condition) for condition in rule.conditions),
            _constant(None) if value is None else self._value(value),
            None if isinstance(action, tree.Echo) else _doer(action),
            rule.place,
            action.place,
        )

    def _condition(self, condition: tree.Condition) -> _Truth:
        left, right = self._value(condition.left), self._value(condition.right)
        if condition.operator == "=":
            return lambda run: left(run) == right(run)

        def matches(run: _Run) -> bool:
            text, pattern = left(run), right(run)
            if pattern is None:
                raise Fault("a regular expression is missing")
            return text is not None and regex(pattern).fullmatch(text) is not None

        return matches

    def _value(self, value: tree.Value) -> _Getter:
        if isinstance(value, tree.Text):
            return _constant(value.value)
        if isinstance(value, tree.Number):
            return _constant(value.digits)
        if isinstance(value, tree.Name):
            return self._variable(value.name)
        if isinstance(value, tree.New):
            return lambda run: run.editor.fresh.next()
        if isinstance(value, tree.Tag):
            path = value.path
            return lambda run: run.editor.read(path)
        if isinstance(value, tree.Format):
            pattern, terms = value.pattern, [self._value(term) for term in value.terms]
            return lambda run: formatted([pattern, *(term(run) for term in terms)])
        function = self._functions[value.name]
        arguments = [self._value(argument) for argument in value.arguments]
        return lambda run: call(function, [argument(run) for argument in arguments])

    def _variable(self, name: str) -> _Getter:
        small = name.lower()
        if small not in self._initial:
            return _given(small)
        if small not in self._variables:
            self._variables[small] = _once(small, self._value(self._initial[small]))
        return self._variables[small]


def _constant(text: str | None) -> _Getter:
    return lambda run: text


def _given(small: str) -> _Getter:
    def get(run: _Run) -> str | None:
        if small not in run.variables:
            raise Fault(f"the variable {small} has no value")
        return run.variables[small]

    return get


def _once(small: str, initial: _Getter) -> _Getter:
    """The initial value of a variable, computed when first needed."""

    def get(run: _Run) -> str | None:
        if small not in run.variables:
            run.variables[small] = initial(run)
        return run.variables[small]

    return get


def _doer(action: tree.Assign | tree.Delete) -> _Doer:
    path = action.target.path
    element = path.parts[0]
    assert isinstance(element, Element)

    def delete(editor: Editor, text: str | None) -> None:
        for spot in editor.target.find((element,)):
            editor.remove(spot)

    def assign(editor: Editor, text: str | None) -> None:
        spot = editor.target.create(path)
        editor.write(spot, text or "", representation(spot))

    def assign_existing(editor: Editor, text: str | None) -> None:
        for spot in editor.target.find((element,)):
            editor.write(spot, text or "", representation(spot))

    if isinstance(action, tree.Delete):
        return delete
    return assign if element.fixed is not None else assign_existing
