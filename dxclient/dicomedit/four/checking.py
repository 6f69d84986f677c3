"""What can be known of a script before it runs: functions, variables, and all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from dxclient.dicomedit import functions as six
from dxclient.dicomedit.facts import ScriptVariable, Understood
from dxclient.dicomedit.four import tree
from dxclient.dicomedit.four.advice import warnings
from dxclient.dicomedit.four.explaining import value_in_words
from dxclient.dicomedit.four.functions import Function, known_functions
from dxclient.dicomedit.four.trouble import SIX, Trouble, refusal
from dxclient.dicomedit.functions import PluginFunction
from dxclient.dicomedit.functions_url import GET_URL, NETWORK_OFF
from dxclient.dicomedit.limits import MOST_PROBLEMS

#: How deep values may be nested, through functions and variables.
DEEPEST = 60
#: Whole numbers of DicomEdit 4 have 32 bits.
_LARGEST = 2**31


def understand(text: str, functions: Sequence[PluginFunction] = ()) -> Understood:
    """Parse and check a script.

    Raises
    ------
    ScriptError
        For everything that is no statement, for unknown functions and arguments that cannot be,
        and for variables that get a value twice or need themselves.
    """
    # Only who parses needs the parser; programs run without.
    from dxclient.dicomedit.four.parser import parse_text

    statements, troubles = parse_text(text)
    found = [*troubles, *_wrong(statements, known_functions(functions))]
    if found:
        raise refusal(found[:MOST_PROBLEMS])
    return Understood(
        statements, variables_of(statements), called(statements), warnings(statements)
    )


def changes_data(statements: tuple[tree.Statement, ...]) -> bool:
    """Whether a statement can change a value of a file."""
    return any(
        isinstance(one, tree.Rule) and isinstance(one.action, tree.Assign | tree.Delete)
        for one in statements
    )


def called(statements: tuple[tree.Statement, ...]) -> tuple[str, ...]:
    """Names of the functions in use, sorted."""
    values = (value for one in statements for top in values_of(one) for value in _within(top))
    return tuple(sorted({value.name for value in values if isinstance(value, tree.Call)}))


def values_of(statement: tree.Statement) -> Iterator[tree.Value]:
    """Values that stand in a statement, in the order in which the engine looks at them."""
    if isinstance(statement, tree.Initialize):
        yield statement.value
    elif isinstance(statement, tree.Rule):
        action = statement.action
        if not isinstance(action, tree.Delete) and action.value is not None:
            yield action.value
        for condition in statement.conditions:
            yield condition.left
            yield condition.right


def _inner(value: tree.Value) -> tuple[tree.Value, ...]:
    if isinstance(value, tree.Call):
        return value.arguments
    return value.terms if isinstance(value, tree.Format) else ()


def _within(value: tree.Value) -> Iterator[tree.Value]:
    """A value and all inside it. Without recursion: nonsense may be nested without end."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += reversed(_inner(here))


def _wrong(
    statements: tuple[tree.Statement, ...], functions: Mapping[str, Function]
) -> Iterator[Trouble]:
    for statement in statements:
        for top in values_of(statement):
            for value in _within(top):
                yield from _wrong_value(value, functions)
    yield from _initialized_twice(statements)
    yield from _too_deep(statements)


def _wrong_value(value: tree.Value, functions: Mapping[str, Function]) -> Iterator[Trouble]:
    if isinstance(value, tree.Number) and not _fits(value.digits):
        yield Trouble(value.place, "this number is too large", piece=value.digits)
    elif isinstance(value, tree.New) and value.kind != "UID":
        yield Trouble(
            value.place,
            f"DicomEdit 4 cannot make a new “{value.kind}”",
            piece=value.kind,
            suggestion="Did you mean new UID?",
        )
    elif isinstance(value, tree.Call):
        known = functions.get(value.name)
        yield from _wrong_call(value, known) if known else [_unknown(value, functions)]


def _fits(digits: str) -> bool:
    return len(digits) < 12 and -_LARGEST <= int(digits) < _LARGEST


def _unknown(call: tree.Call, functions: Mapping[str, Function]) -> Trouble:
    if call.name == GET_URL:
        return Trouble(call.place, NETWORK_OFF, piece=call.name)
    by_small = {name.lower(): name for name in functions}
    close = get_close_matches(call.name.lower(), by_small, n=1, cutoff=0.75)
    suggestion = f"Did you mean {by_small[close[0]]}?" if close else ""
    if not close and call.name in six.known_functions():
        suggestion = SIX
    words = f"DicomEdit 4 has no function {call.name}"
    return Trouble(call.place, words, piece=call.name, suggestion=suggestion)


def _wrong_call(call: tree.Call, known: Function) -> Iterator[Trouble]:
    count = len(call.arguments)
    if count < known.minimum:
        words = f"{known.name} needs {known.minimum} arguments, here are {count}"
        yield Trouble(call.place, words, piece=call.name)
    elif known.maximum is not None and count > known.maximum:
        words = f"{known.name} takes at most {known.maximum} arguments, here are {count}"
        yield Trouble(call.place, words, piece=call.name)
    for number in known.literals:
        if number < count and not isinstance(call.arguments[number], tree.Number):
            words = f"argument {number + 1} of {known.name} has to be written as a whole number"
            yield Trouble(call.arguments[number].place, words)


def _initialized_twice(statements: tuple[tree.Statement, ...]) -> Iterator[Trouble]:
    seen: set[str] = set()
    for one in statements:
        if isinstance(one, tree.Initialize):
            if one.name.lower() in seen:
                words = f"the variable {one.name} has a value already"
                hint = "Upper and lower case do not matter." if one.name not in seen else ""
                yield Trouble(one.place, words, piece=one.name, suggestion=hint)
            seen.add(one.name.lower())


def _too_deep(statements: tuple[tree.Statement, ...]) -> Iterator[Trouble]:
    """Values that are nested too deeply, above all variables that need themselves."""
    initial = initial_values(statements)
    for statement in statements:
        for value in values_of(statement):
            if _level_by_level(value, initial) > DEEPEST:
                words = "this value is nested too deeply, or needs itself"
                yield Trouble(value.place, words)
                return


def _level_by_level(value: tree.Value, initial: Mapping[str, tree.Value]) -> int:
    """Depth of a value; one more than the limit where it is deeper."""
    level: dict[int, tree.Value] = {id(value): value}
    for depth in range(1, DEEPEST + 1):
        level = {id(one): one for value in level.values() for one in _needs(value, initial)}
        if not level:
            return depth
    return DEEPEST + 1


def _needs(value: tree.Value, initial: Mapping[str, tree.Value]) -> tuple[tree.Value, ...]:
    if isinstance(value, tree.Name):
        return (initial[value.name.lower()],) if value.name.lower() in initial else ()
    return _inner(value)


def initial_values(statements: tuple[tree.Statement, ...]) -> dict[str, tree.Value]:
    """Initial values by name in small letters."""
    return {one.name.lower(): one.value for one in statements if isinstance(one, tree.Initialize)}


def variables_of(statements: tuple[tree.Statement, ...]) -> tuple[ScriptVariable, ...]:
    """Variables in alphabetical order, as first spelled.

    One with an initial value keeps it, whatever is supplied; all others have to be supplied.
    """
    spelled: dict[str, str] = {}
    for name in _names(statements):
        spelled.setdefault(name.lower(), name)
    initial = initial_values(statements)
    described = [one for one in statements if isinstance(one, tree.Describe)]
    words = {one.name.lower(): one.description for one in described if not one.hidden}
    hidden = {one.name.lower() for one in described if one.hidden}
    exports = {one.name.lower(): one.field for one in statements if isinstance(one, tree.Export)}
    return tuple(
        ScriptVariable(
            spelled[small],
            initial=_shown(initial[small]) if small in initial else "",
            description=words.get(small, ""),
            hidden=small in hidden,
            required=small not in initial,
            export=exports.get(small, ""),
        )
        for small in sorted(spelled)
    )


def _names(statements: tuple[tree.Statement, ...]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, tree.Initialize | tree.Describe | tree.Export):
            yield statement.name
        for value in values_of(statement):
            for one in _within(value):
                if isinstance(one, tree.Name):
                    yield one.name


def _shown(value: tree.Value) -> str:
    if isinstance(value, tree.Text):
        return value.value
    return value.digits if isinstance(value, tree.Number) else value_in_words(value)
