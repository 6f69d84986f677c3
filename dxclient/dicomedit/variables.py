"""Variables of a script: what has to be supplied, and what looks wrong about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dxclient.dicomedit import tree
from dxclient.dicomedit.checking import problem, values_of
from dxclient.dicomedit.facts import ScriptVariable
from dxclient.domain.problems import Problem

_NOWHERE = tree.Place(0, 0)


@dataclass(slots=True)
class _Seen:
    """What the text says of one variable, in its order.

    Parameters
    ----------
    used, inside, assigned, described : Place or None
        Where first, as a value, inside the arguments of a function only, on the left of ``:=``,
        and in a ``describe``.
    """

    required: bool = False
    hidden: bool = False
    description: str = ""
    listed: bool = False
    used: tree.Place | None = None
    inside: tree.Place | None = None
    assigned: tree.Place | None = None
    described: tree.Place | None = None
    copied: bool = False


@dataclass(slots=True)
class Survey:
    """Variables in the order in which the text names them."""

    seen: dict[str, _Seen] = field(default_factory=dict)

    def block(self, statements: tuple[tree.Statement, ...]) -> None:
        """Look at statements in text order; branches count as text."""
        for statement in statements:
            self._statement(statement)

    def _of(self, name: str) -> _Seen:
        return self.seen.setdefault(name, _Seen())

    def _statement(self, statement: tree.Statement) -> None:
        if isinstance(statement, tree.Describe):
            self._describe(statement)
        elif isinstance(statement, tree.If):
            for branch in statement.branches:
                self._condition(branch.condition)
                self.block(branch.body)
        elif isinstance(statement, tree.Conditional):
            self._condition(statement.condition)
            self._statement(statement.then)
            if statement.otherwise is not None:
                self._statement(statement.otherwise)
        else:
            for value in values_of(statement):
                self._value(value)
            if isinstance(statement, tree.SetVariable):
                self._assign(statement)

    def _assign(self, statement: tree.SetVariable) -> None:
        one = self._of(statement.name)
        one.listed = True
        one.assigned = one.assigned or statement.place
        one.copied = isinstance(statement.value, tree.Name)

    def _condition(self, condition: tree.Condition | None) -> None:
        if isinstance(condition, tree.Call):
            self._value(condition)
        elif condition is not None:
            self._value(condition.left)
            self._value(condition.right)

    def _describe(self, statement: tree.Describe) -> None:
        one = self._of(statement.name)
        one.described = one.described or statement.place
        if not statement.keyword:
            one.description = one.description or statement.description
        elif one.assigned is None:
            one.required = one.listed = True
            one.hidden = one.hidden or statement.keyword == "hidden"

    def _value(self, value: tree.Value, *, inside: bool = False) -> None:
        if isinstance(value, tree.Name):
            self._use(value, inside)
        elif isinstance(value, tree.Call):
            for argument in value.arguments:
                self._value(argument, inside=True)
        elif isinstance(value, tree.ListOf):
            for item in value.items:
                self._value(item, inside=inside)

    def _use(self, name: tree.Name, inside: bool) -> None:
        one = self._of(name.name)
        one.listed = True
        one.required = one.required or one.assigned is None
        if inside:
            one.inside = one.inside or name.place
        else:
            one.used = one.used or name.place


def variables_of(statements: tuple[tree.Statement, ...]) -> tuple[ScriptVariable, ...]:
    """Variables in the order in which the text names them.

    The original overlooks variables that occur only inside function arguments: it neither lists
    nor sets them and then fails. They are listed here, and set when a value is supplied.
    """
    survey = Survey()
    survey.block(statements)
    return tuple(
        ScriptVariable(
            name,
            description=seen.description,
            hidden=seen.hidden,
            required=seen.required,
            inside=seen.used is None and seen.inside is not None,
        )
        for name, seen in survey.seen.items()
        if seen.listed
    )


def variable_doubts(statements: tuple[tree.Statement, ...]) -> Iterator[Problem]:
    """Warnings about variables, in no order."""
    survey = Survey()
    survey.block(statements)
    spelled = {name.lower(): name for name, seen in survey.seen.items() if seen.assigned}
    for name, seen in survey.seen.items():
        first = seen.used or seen.inside
        other = spelled.get(name.lower(), name)
        if first is None:
            yield from _unused(name, seen)
        elif seen.assigned is None and other != name:
            words = f"{name} and {other} are two variables: capital and small letters count."
            yield problem(first, name, words, other)
        elif seen.required and seen.assigned is not None:
            words = (
                f"{name} is used here before line {seen.assigned.line} gives it a value, "
                "so somebody has to supply one."
            )
            yield problem(first, name, words)
        elif seen.required and seen.used is None and seen.inside is not None:
            words = (
                "XNAT overlooks a variable that stands only inside functions and fails here; "
                f"use {name} once outside before, such as: known := {name}"
            )
            yield problem(seen.inside, name, words)


def _unused(name: str, seen: _Seen) -> Iterator[Problem]:
    # A copy is how scripts make XNAT find a variable that they use inside functions only.
    if seen.assigned is not None and not seen.copied:
        yield problem(seen.assigned, name, f"{name} gets a value and is never used.")
    elif seen.assigned is None and seen.described is not None:
        yield problem(seen.described, "describe", f"{name} is described and never used.")
