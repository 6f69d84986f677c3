"""What can be known of a script before it runs: names, numbers of arguments, variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from dxclient.dicomedit import tree
from dxclient.dicomedit.functions import CHANGING, Function
from dxclient.dicomedit.functions_url import GET_URL, NETWORK_OFF
from dxclient.dicomedit.preparation import SUPPORTED
from dxclient.domain.problems import Problem


def check(
    statements: tuple[tree.Statement, ...], functions: Mapping[str, Function]
) -> Iterator[Problem]:
    """Find what cannot run, before anything is touched.

    An unknown function, a wrong number of arguments, a version that does not exist, or a value
    taken from a function that has none.
    """
    for statement in every_statement(statements):
        yield from _statement_problems(statement, functions)
        for value in values_of(statement):
            for call in calls(value):
                yield from _call_problems(call, functions)


def problem(place: tree.Place, piece: str, sentence: str, suggestion: str = "") -> Problem:
    """A problem at a place of the tree."""
    return Problem(place.line, place.column, piece, sentence, suggestion)


def _statement_problems(
    statement: tree.Statement, functions: Mapping[str, Function]
) -> Iterator[Problem]:
    if isinstance(statement, tree.Version) and statement.version not in SUPPORTED:
        words = f"DicomEdit “{statement.version}” is not supported; 6.0 to 6.6 are."
        piece = f'version "{statement.version}"'
        yield problem(statement.place, piece, words, 'version "6.6"')
    if isinstance(statement, tree.Assign | tree.SetVariable):
        value = statement.value
        known = functions.get(value.name) if isinstance(value, tree.Call) else None
        if known is not None and known.void:
            words = f"{known.name} has no result that could be assigned; write it on a line alone."
            yield problem(value.place, known.name, words)


def _call_problems(call: tree.Call, functions: Mapping[str, Function]) -> Iterator[Problem]:
    known = functions.get(call.name)
    if known is None and call.name == GET_URL:
        yield problem(call.place, call.name, f"{NETWORK_OFF[0].upper()}{NETWORK_OFF[1:]}.")
    elif known is None:
        yield _unknown(call, functions)
    else:
        count = len(call.arguments)
        if count < known.minimum or (known.maximum is not None and count > known.maximum):
            words = f"{call.name} takes {_span(known)}, here {_are(count)}."
            yield problem(call.place, call.name, words)
    for argument in call.arguments:
        if any(inner.name == "reject" for inner in calls(argument)):
            words = "reject cannot stand inside another function."
            yield problem(argument.place, "reject", words)


def _unknown(call: tree.Call, functions: Mapping[str, Function]) -> Problem:
    similar = _similar(call.name, functions)
    hint = f" Did you mean {similar}?" if similar else ""
    words = f"There is no function {call.name}.{hint}"
    return problem(call.place, call.name, words, similar)


#: What people write who think of other languages or versions.
_MEANT = {
    "hash": "hashUID",
    "concat": "concatenate",
    "lower": "lowercase",
    "upper": "uppercase",
    "toupper": "uppercase",
    "tolower": "lowercase",
    "exists": "isPresent",
    "ispresent": "isPresent",
    "remove": "removeTags",
    "shiftdate": "shiftDateByIncrement",
    "shiftdatetime": "shiftDateTimeByIncrement",
    "blackout": "alterPixels",
    "pixels": "alterPixels",
}


def _similar(name: str, functions: Mapping[str, Function]) -> str:
    by_small = {known.lower(): known for known in functions}
    small = name.lower()
    if small in _MEANT:
        return _MEANT[small]
    # Longer names resemble nothing, and comparing them would take long.
    close = get_close_matches(small, by_small, n=1, cutoff=0.6) if len(name) < 64 else []
    return by_small[close[0]] if close else ""


def _are(count: int) -> str:
    return {0: "are none", 1: "is 1"}.get(count, f"are {count}")


def _span(known: Function) -> str:
    if known.maximum is None:
        return f"at least {known.minimum} argument{'' if known.minimum == 1 else 's'}"
    if known.minimum == known.maximum:
        return f"{known.minimum or 'no'} argument{'' if known.minimum == 1 else 's'}"
    return f"{known.minimum} to {known.maximum} arguments"


def every_statement(statements: tuple[tree.Statement, ...]) -> Iterator[tree.Statement]:
    """All statements in text order, nested ones after the one that holds them."""
    for statement in statements:
        yield statement
        if isinstance(statement, tree.Conditional):
            yield statement.then
            if statement.otherwise is not None:
                yield statement.otherwise
        elif isinstance(statement, tree.If):
            for branch in statement.branches:
                yield from every_statement(branch.body)


def changes_data(statements: tuple[tree.Statement, ...]) -> bool:
    """Whether a statement, or a function that one calls, can change a value of a file."""
    changing = tree.Assign | tree.Delete | tree.RemovePrivate
    return any(isinstance(one, changing) for one in every_statement(statements)) or any(
        name in CHANGING for name in called(statements)
    )


def values_of(statement: tree.Statement) -> Iterator[tree.Value]:
    """Values that stand in a statement itself, conditions included."""
    if isinstance(statement, tree.Assign | tree.SetVariable | tree.Echo):
        yield statement.value
    elif isinstance(statement, tree.Perform):
        yield statement.call
    elif isinstance(statement, tree.Conditional):
        yield from _condition_values(statement.condition)
    elif isinstance(statement, tree.If):
        for branch in statement.branches:
            if branch.condition is not None:
                yield from _condition_values(branch.condition)


def _condition_values(condition: tree.Condition) -> Iterator[tree.Value]:
    if isinstance(condition, tree.Call):
        yield condition
    else:
        yield condition.left
        yield condition.right


def calls(value: tree.Value) -> Iterator[tree.Call]:
    """Functions that a value calls, from the outside in."""
    if isinstance(value, tree.Call):
        yield value
        for argument in value.arguments:
            yield from calls(argument)
    elif isinstance(value, tree.ListOf):
        for item in value.items:
            yield from calls(item)


def called(statements: tuple[tree.Statement, ...]) -> tuple[str, ...]:
    """Names of the functions in use, sorted."""
    names = {
        call.name
        for statement in every_statement(statements)
        for value in values_of(statement)
        for call in calls(value)
    }
    return tuple(sorted(names))
