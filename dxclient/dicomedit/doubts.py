"""What runs, and is probably not meant: warnings about a script that can be run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from dxclient.dicomedit import tree
from dxclient.dicomedit.checking import calls, every_statement, problem, values_of
from dxclient.dicomedit.failures import names_one
from dxclient.dicomedit.lexer import Notes
from dxclient.dicomedit.naming import element_name
from dxclient.dicomedit.paths import shown
from dxclient.dicomedit.preparation import Prepared
from dxclient.dicomedit.retaining import kept_beside
from dxclient.domain.problems import Problem

#: Without these a server cannot file an instance.
_IDENTITY = (0x00080016, 0x00080018, 0x0020000D, 0x0020000E)
_INSTANCE = 0x00080018
_LOOKS_LIKE_PATTERN = re.compile(r"\.[*+]|\||^\^|\$$|\[[^\]]+-[^\]]+\]|\\\\[dws]")


def doubts(
    statements: tuple[tree.Statement, ...], notes: Notes, prepared: Prepared
) -> Iterator[Problem]:
    """Warnings of a script, in no order."""
    yield from prepared.swallowed
    yield from _dropped(notes, prepared)
    yield from _unreachable(statements)
    yield from kept_beside(statements)
    for statement in every_statement(statements):
        yield from _identity(statement)
        yield from _paths(statement)
        yield from _comparison(statement)
        for value in values_of(statement):
            for call in calls(value):
                yield from _call(call)


def _dropped(notes: Notes, prepared: Prepared) -> Iterator[Problem]:
    told: set[int] = set()
    for start, end, inner in notes.quoted:
        if start in notes.dropped and re.fullmatch(r"[A-Za-z_]\w*", inner, re.ASCII):
            place = prepared.place(start)
            words = (
                f"DicomEdit leaves out apostrophes, so {inner} is read as a variable; "
                f'a text stands in double quotes: "{inner}".'
            )
            yield problem(place, f"'{inner}'", words, f'"{inner}"')
            told |= {start, end - 1}
    for position, piece in notes.dropped.items():
        if position not in told:
            place = prepared.place(position)
            yield problem(place, piece, f"DicomEdit leaves out {piece} without a word.")


def _unreachable(statements: tuple[tree.Statement, ...]) -> Iterator[Problem]:
    for first, second in pairwise(statements):
        if _always_rejects(first):
            words = f"This never runs: line {first.place.line} leaves every file out."
            yield problem(second.place, "", words)
            break
    for statement in statements:
        if isinstance(statement, tree.If):
            for branch in statement.branches:
                yield from _unreachable(branch.body)


def _always_rejects(statement: tree.Statement) -> bool:
    if not isinstance(statement, tree.Perform) or statement.call.name != "reject":
        return False
    if not statement.call.arguments:
        return True
    first = statement.call.arguments[0]
    if isinstance(first, tree.Text):
        return first.value.lower() == "true"
    return isinstance(first, tree.Call) and first.name == "true"


def _identity(statement: tree.Statement) -> Iterator[Problem]:
    """Deleted or constant UIDs of an instance."""
    if not isinstance(statement, tree.Delete | tree.Assign):
        return
    tag = statement.path.fixed
    if tag is None or tag not in _IDENTITY:
        return
    value = statement.value if isinstance(statement, tree.Assign) else None
    name = f"{element_name(tag)} {shown(statement.path)}"
    if value is None or (isinstance(value, tree.Text) and not value.value):
        words = f"A server cannot file an instance without {name}."
        yield problem(statement.path.place, shown(statement.path), words)
    elif tag == _INSTANCE and isinstance(value, tree.Text):
        words = f"Every file gets the same {name}, so a server keeps only one of them."
        yield problem(statement.path.place, shown(statement.path), words)


def _paths(statement: tree.Statement) -> Iterator[Problem]:
    if isinstance(statement, tree.Assign):
        yield from _assigned(statement)
    for path in _all_paths(statement):
        for part in path.parts[:-1]:
            if isinstance(part, tree.Element) and _vr(part) not in ("SQ", ""):
                name = element_name(part.fixed or 0)
                words = f"{name} is no sequence, so {shown(path)} names nothing."
                yield problem(path.place, shown(path), words)


def _assigned(statement: tree.Assign) -> Iterator[Problem]:
    path, last = statement.path, statement.path.parts[-1]
    if not isinstance(last, tree.Element):
        return
    if not statement.existing and last.item is None and _vr(last) == "SQ":
        name = element_name(last.fixed or 0)
        words = f"{name} is a sequence and takes no text; name an element in it, or delete it."
        yield problem(path.place, shown(path), words)
    if statement.existing and last.private and any(digit in "X@#" for digit in last.element):
        words = (
            "XNAT overwrites the private creator itself here, so that the block is lost; "
            "this program leaves the creator as it is."
        )
        yield problem(path.place, shown(path), words)


def _all_paths(statement: tree.Statement) -> Iterator[tree.TagPath]:
    if isinstance(statement, tree.Assign | tree.Delete):
        yield statement.path
    for value in values_of(statement):
        yield from _paths_in(value)


def _paths_in(value: tree.Value) -> Iterator[tree.TagPath]:
    if isinstance(value, tree.TagPath):
        yield value
    elif isinstance(value, tree.Call):
        for argument in value.arguments:
            yield from _paths_in(argument)
    elif isinstance(value, tree.ListOf):
        for item in value.items:
            yield from _paths_in(item)


def _vr(element: tree.Element) -> str:
    """Value representation by the dictionary; empty where it is not known."""
    from pydicom.datadict import dictionary_VR

    try:
        return "" if element.fixed is None else dictionary_VR(element.fixed)
    except KeyError:
        return ""


def _comparison(statement: tree.Statement) -> Iterator[Problem]:
    for condition in _conditions(statement):
        if not isinstance(condition, tree.Comparison):
            continue
        yield from _compared(condition)


def _compared(condition: tree.Comparison) -> Iterator[Problem]:
    left, right, operator = condition.left, condition.right, condition.operator
    if not isinstance(right, tree.Text):
        return
    if isinstance(left, tree.Text):
        words = "Both sides are fixed, so the answer is always the same."
        yield problem(left.place, f'"{left.value}"', words)
    elif not operator.endswith("~") and _LOOKS_LIKE_PATTERN.search(right.value):
        words = f"{operator} compares letter by letter; patterns need {operator.replace('=', '~')}."
        yield problem(right.place, f'"{right.value}"', words)


def _conditions(statement: tree.Statement) -> Iterator[tree.Condition]:
    if isinstance(statement, tree.Conditional):
        yield statement.condition
    elif isinstance(statement, tree.If):
        yield from (one.condition for one in statement.branches if one.condition is not None)


#: Arguments that are not read: a tag stands there for its bare digits.
_BARE = {
    "replace": slice(1, 3),
    "match": slice(1, 3),
    "ismatch": slice(1, 2),
    "substring": slice(1, 3),
    "mapUID": slice(0, 2),
    "set": slice(1, 2),
    "format": slice(0, 1),
    "normalizeString": slice(1, 2),
    "shiftDateByIncrement": slice(1, 3),
    "shiftDateTimeByIncrement": slice(1, 3),
}


def _call(call: tree.Call) -> Iterator[Problem]:
    if call.name == "lookup":
        words = "Clients have no lookup table, so lookup gives no value and nothing is assigned."
        yield problem(call.place, call.name, words)
    if call.name == "equals":
        yield from _equals(call)
    for argument in call.arguments[_BARE.get(call.name, slice(0, 0))]:
        if isinstance(argument, tree.TagPath):
            path = shown(argument)
            words = f"Here {path} stands for its digits; its value is valueAt[{path}]."
            suggestion = f"valueAt[{path}]" if names_one(argument) else ""
            yield problem(argument.place, path, words, suggestion)


def _equals(call: tree.Call) -> Iterator[Problem]:
    paths = [one for one in call.arguments if isinstance(one, tree.TagPath)]
    if paths and len(paths) < len(call.arguments):
        path = shown(paths[0])
        words = (
            f"equals compares the tag {path} itself, not its value, so this is never true; "
            f"write valueAt[{path}]."
        )
        yield problem(paths[0].place, path, words, f"valueAt[{path}]")
