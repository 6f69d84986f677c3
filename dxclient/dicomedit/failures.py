"""What is sure to fail when it is reached, seen in the text alone.

Where nothing stands before it, this is a problem; under a condition it is only a warning, for the
condition may never hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dxclient.dicomedit import tree
from dxclient.dicomedit.checking import calls, problem, values_of
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.javatext import regex
from dxclient.dicomedit.paths import direct_path_of, path_of, shown
from dxclient.domain.problems import Problem

UNITS = ("years", "days", "hours", "minutes", "seconds")


def failures(statement: tree.Statement) -> Iterator[Problem]:
    """What fails in one statement itself, not in those that it holds."""
    if isinstance(statement, tree.Assign) and not statement.existing:
        yield from _target(statement.path)
    for value in _read_values(statement):
        if isinstance(value, tree.TagPath):
            yield from _unread(value)
    for condition in _conditions(statement):
        if isinstance(condition, tree.Comparison) and condition.operator.endswith("~"):
            yield from _pattern(condition.right)
    for value in values_of(statement):
        for call in calls(value):
            rule = _RULES.get(call.name)
            if rule is not None:
                yield from rule(call)
            yield from _unread_arguments(call)


def _conditions(statement: tree.Statement) -> Iterator[tree.Condition]:
    if isinstance(statement, tree.Conditional):
        yield statement.condition
    elif isinstance(statement, tree.If):
        yield from (one.condition for one in statement.branches if one.condition is not None)


def _read_values(statement: tree.Statement) -> Iterator[tree.Value]:
    for condition in _conditions(statement):
        if isinstance(condition, tree.Comparison):
            yield condition.left
            yield condition.right
    if isinstance(statement, tree.Assign | tree.SetVariable | tree.Echo):
        yield statement.value


def names_one(path: tree.TagPath) -> bool:
    """Whether a path names one element: no wildcards, and every sequence with its item."""
    above = path.parts[:-1]
    return path.singular and all(
        isinstance(part, tree.Element) and isinstance(part.item, int) for part in above
    )


def _target(path: tree.TagPath) -> Iterator[Problem]:
    if names_one(path):
        return
    last = path.parts[-1]
    if isinstance(last, tree.Element) and last.item is not None:
        words = f"{shown(path)} names an item, and := gives a value to one element."
    elif path.singular:
        words = f"In {shown(path)} a sequence has no item; write [0] after it."
    else:
        words = (
            f"{shown(path)} may name several elements, and := gives a value to one. "
            "Write ?= to change all that exist."
        )
    yield problem(path.place, shown(path), words)


def _unread(path: tree.TagPath) -> Iterator[Problem]:
    if not names_one(path):
        words = f"{shown(path)} may name several elements and has no single value."
        yield problem(path.place, shown(path), words)


#: Which arguments are read: the first, or all from one on.
_READ = {
    "concatenate": slice(0, None),
    "format": slice(1, None),
    "uppercase": slice(0, 1),
    "lowercase": slice(0, 1),
    "substring": slice(0, 1),
    "replace": slice(0, 1),
    "match": slice(0, 1),
    "ismatch": slice(0, 1),
    "normalizeString": slice(0, 1),
    "hashUID": slice(0, 1),
    "shiftDateByIncrement": slice(0, 1),
    "shiftDateTimeByIncrement": slice(0, 1),
    "valueAt": slice(0, 1),
}


def _unread_arguments(call: tree.Call) -> Iterator[Problem]:
    for argument in call.arguments[_READ.get(call.name, slice(0, 0))]:
        if isinstance(argument, tree.TagPath):
            yield from _unread(argument)


def _pattern(value: tree.Value) -> Iterator[Problem]:
    if isinstance(value, tree.Text):
        try:
            regex(value.value)
        except Fault as fault:
            words = f"{fault.sentence[0].upper()}{fault.sentence[1:]}."
            yield problem(value.place, f'"{value.value}"', words)


def _texts(values: tuple[tree.Value, ...]) -> Iterator[tree.Text]:
    for value in values:
        if isinstance(value, tree.Text):
            yield value
        elif isinstance(value, tree.ListOf):
            yield from _texts(value.items)


def _path_texts(call: tree.Call) -> Iterator[Problem]:
    for text in _texts(call.arguments):
        if path_of(text.value) is None:
            yield _no_path(call, text, '"(0010,0010)"')


def _no_path(call: tree.Call, value: tree.Value, example: str) -> Problem:
    piece = f'"{value.value}"' if isinstance(value, tree.Text) else ""
    words = f"{call.name} takes a tag here, such as {example}."
    return problem(value.place, piece, words)


def _direct(call: tree.Call) -> Iterator[Problem]:
    """The first argument of set and delete."""
    for value in call.arguments[:1]:
        if isinstance(value, tree.TagPath):
            text = f'"{shown(value)}"'
            words = f"{call.name} takes its tag in double quotes: {text}."
            yield problem(value.place, shown(value), words, text)
        elif isinstance(value, tree.Text) and direct_path_of(value.value) is None:
            yield _no_path(call, value, '"(0010,0010)" or "(0040,0275)[0]/(0040,0007)"')


def _quoted_paths(call: tree.Call) -> Iterator[Problem]:
    """Functions with which XNAT ignores tags that stand bare."""
    for value in call.arguments[1:]:
        if isinstance(value, tree.TagPath):
            text = f'"{shown(value)}"'
            words = f"{call.name} ignores a bare tag in XNAT; write it in double quotes: {text}."
            yield problem(value.place, shown(value), words, text)
        elif isinstance(value, tree.Text) and path_of(value.value) is None:
            yield _no_path(call, value, '"(0010,0010)"')


def _retain(call: tree.Call) -> Iterator[Problem]:
    yield from _path_texts(call)
    for value in call.arguments:
        path = path_of(value.value) if isinstance(value, tree.Text) else value
        if isinstance(path, tree.TagPath) and not _has_private(path):
            words = f"retainPrivateTags takes private elements, and {shown(path)} is public."
            yield problem(value.place, shown(path), words)


def _has_private(path: tree.TagPath) -> bool:
    return any(isinstance(part, tree.Element) and part.private for part in path.parts)


def _present(call: tree.Call) -> Iterator[Problem]:
    for value in call.arguments:
        if isinstance(value, tree.Text):
            words = f"isPresent takes the tag itself, without quotes: {value.value}."
            yield problem(value.place, f'"{value.value}"', words, value.value)
        elif isinstance(value, tree.TagPath) and not value.singular:
            words = f"isPresent takes tags that name one element each, not {shown(value)}."
            yield problem(value.place, shown(value), words)


def _numbers(call: tree.Call) -> Iterator[Problem]:
    for value in call.arguments[2 if call.name == "match" else 1 : 3]:
        if isinstance(value, tree.Text) and not _whole(value.value):
            words = f"{call.name} takes a whole number here."
            yield problem(value.place, f'"{value.value}"', words)


def _whole(text: str) -> bool:
    return text.removeprefix("-").removeprefix("+").isdecimal()


def _match(call: tree.Call) -> Iterator[Problem]:
    for value in call.arguments[1:2]:
        yield from _pattern(value)
    if call.name == "match":
        yield from _numbers(call)


def _shift(call: tree.Call) -> Iterator[Problem]:
    for value in call.arguments[1:2]:
        if isinstance(value, tree.Text) and not _whole(value.value):
            words = f"{call.name} takes a whole number here."
            yield problem(value.place, f'"{value.value}"', words)
    for value in call.arguments[2:3]:
        if isinstance(value, tree.Text) and value.value.lower() not in UNITS:
            words = f"A unit is one of {', '.join(UNITS)}."
            yield problem(value.place, f'"{value.value}"', words)


def _shift_list(call: tree.Call) -> Iterator[Problem]:
    yield from _shift(call)
    for value in call.arguments[:1]:
        if isinstance(value, tree.TagPath | tree.Text):
            written = shown(value) if isinstance(value, tree.TagPath) else f'"{value.value}"'
            words = f"{call.name} takes a list in braces first: {{{written}}}."
            yield problem(value.place, written, words, f"{{{written}}}")
        elif isinstance(value, tree.ListOf):
            yield from _path_texts(tree.Call(call.name, value.items, call.place))


_RULES: dict[str, Callable[[tree.Call], Iterator[Problem]]] = {
    "removeTags": _path_texts,
    "hashUIDList": _path_texts,
    "set": _direct,
    "delete": _direct,
    "mapReferencedUIDs": _quoted_paths,
    "shiftDateTimeSequenceByIncrement": _quoted_paths,
    "retainPrivateTags": _retain,
    "isPresent": _present,
    "substring": _numbers,
    "match": _match,
    "ismatch": _match,
    "shiftDateByIncrement": _shift,
    "shiftDateTimeByIncrement": _shift,
    "shiftDateTimeListByIncrement": _shift_list,
}
