"""Functions in words: what they do, what they ask, and what they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dxclient.dicomedit import tree
from dxclient.dicomedit.naming import named_and_where, path_in_words
from dxclient.dicomedit.paths import direct_path_of, path_of

Words = Callable[[tree.Call], str]


def value_in_words(value: tree.Value) -> str:
    """What a value is, as the object of a sentence."""
    if isinstance(value, tree.TagPath):
        return f"the value of {path_in_words(value)}"
    return _argument(value)


def clause(call: tree.Call) -> str:
    """A function as a condition."""
    asks = QUESTIONS.get(call.name)
    return asks(call) if asks is not None else f"{_call(call)} is “true”"


def _argument(value: tree.Value) -> str:
    """An argument; elements are named without saying that it is their value."""
    if isinstance(value, tree.Text):
        return f"“{value.value}”" if value.value else "an empty text"
    if isinstance(value, tree.Name):
        return f"the value of {value.name}"
    if isinstance(value, tree.TagPath):
        return path_in_words(value)
    if isinstance(value, tree.ListOf):
        return _listed([_argument(item) for item in value.items])
    return _call(value)


def _call(call: tree.Call) -> str:
    if call.name in RESULTS:
        return RESULTS[call.name](call)
    if call.name in QUESTIONS:
        return f"whether {QUESTIONS[call.name](call)}"
    if call.name in DEEDS:
        deed = DEEDS[call.name](call)
        return f"the word “VOID” ({deed[0].lower()}{deed[1:]})"
    arguments = _listed([_argument(one) for one in call.arguments])
    return f"what the function {call.name} of an extension makes of {arguments}"


def _listed(words: Sequence[str], *, last: str = "and", none: str = "nothing") -> str:
    if len(words) < 2:
        return "".join(words) or none
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _open(values: Sequence[tree.Value]) -> list[tree.Value]:
    """Values with lists opened."""
    found: list[tree.Value] = []
    for value in values:
        found += _open(value.items) if isinstance(value, tree.ListOf) else [value]
    return found


def _elements(values: Sequence[tree.Value]) -> str:
    """Elements that paths, texts and lists name."""
    places: dict[str, list[str]] = {}
    for value in _open(values):
        named, where = _element(value)
        places.setdefault(where, []).append(named)
    return "; ".join(_placed(named, where) for where, named in places.items()) or "nothing"


def _placed(named: list[str], where: str) -> str:
    """Elements of one place, which is said once."""
    each = ", each" if len(named) > 1 else ""
    return f"{_listed(named)}{each} {where}" if where else _listed(named)


def _element(value: tree.Value) -> tuple[str, str]:
    """What an argument names, and where that stands."""
    path = value if isinstance(value, tree.TagPath) else None
    if isinstance(value, tree.Text):
        path = path_of(value.value) or direct_path_of(value.value)
    if path is not None:
        return named_and_where(path)
    return (f"what {value.name} names" if isinstance(value, tree.Name) else _argument(value)), ""


def _at(call: tree.Call, index: int) -> str:
    """An argument by number; a dash where it is missing, which is a mistake said elsewhere."""
    return _argument(call.arguments[index]) if index < len(call.arguments) else "–"


def _all(call: tree.Call) -> list[str]:
    return [_argument(value) for value in _open(call.arguments)]


def _concatenate(call: tree.Call) -> str:
    words = [_argument(value) for value in call.arguments]
    if len(words) > 1 and isinstance(call.arguments[0], tree.Text):
        words[0] = f"the text {words[0]}"
    return " followed by ".join(words) or "an empty text"


def _format(call: tree.Call) -> str:
    rest = [_argument(value) for value in _open(call.arguments[1:])]
    filled = f", filled with {_listed(rest)}" if rest else ""
    return f"the pattern {_at(call, 0)}{filled}"


def _substring(call: tree.Call) -> str:
    begin, end = (_bare(call, index) for index in (1, 2))
    return (
        f"the characters of {_at(call, 0)} from number {begin} up to before {end}, counted from 0"
    )


def _bare(call: tree.Call, index: int) -> str:
    value = call.arguments[index] if index < len(call.arguments) else None
    return value.value if isinstance(value, tree.Text) else _at(call, index)


def _match(call: tree.Call) -> str:
    found = f"the pattern {_at(call, 1)} finds in {_at(call, 0)}"
    group = _bare(call, 2)
    return f"what {found}" if group == "0" else f"group {group} of what {found}"


def _normalize(call: tree.Call) -> str:
    other = _at(call, 1) if len(call.arguments) > 1 else "“_”"
    return f"{_at(call, 0)} with every character that is not ASCII replaced by {other}"


def _shifted(unit: str, call: tree.Call) -> str:
    return f"{_at(call, 0)} moved by {_amount(call, 1, unit)}"


def _amount(call: tree.Call, index: int, unit: str) -> str:
    named = _bare(call, index + 1).lower() if len(call.arguments) > index + 1 else unit
    return f"{_bare(call, index)} {named}"


def _simple(pattern: str, call: tree.Call) -> str:
    return pattern.format(*(_at(call, index) for index in range(3)))


def _fixed(words: str) -> Words:
    return partial(_simple, words)


#: Functions that make a text.
RESULTS: dict[str, Words] = {
    "concatenate": _concatenate,
    "format": _format,
    "uppercase": _fixed("{0} in capital letters"),
    "lowercase": _fixed("{0} in small letters"),
    "substring": _substring,
    "replace": _fixed("{0} with every {1} replaced by {2}"),
    "match": _match,
    "normalizeString": _normalize,
    "lookup": _fixed("the entry for {1} in the lookup table {0}, which clients do not have"),
    "hashUID": _fixed("a hashed UID made from {0}"),
    "newUID": _fixed("a new random UID"),
    "mapUID": _fixed("a UID that starts with {1}, made from {0}"),
    "valueAt": lambda call: f"the value of {_elements(call.arguments)}",
    "collectValues": lambda call: f"the values of {_elements(call.arguments)}",
    "shiftDateByIncrement": partial(_shifted, "days"),
    "shiftDateTimeByIncrement": partial(_shifted, "seconds"),
    "getURL": _fixed("what can be read in the network at {0}"),
}


def _each(call: tree.Call, joint: str, none: str) -> str:
    conditions = [
        clause(value) if isinstance(value, tree.Call) else f"{_argument(value)} is “true”"
        for value in _open(call.arguments)
    ]
    return f" {joint} ".join(conditions) or none


def _equals(call: tree.Call) -> str:
    words = _all(call)
    if len(words) < 2:
        return "one value equals nothing, which is never so"
    return f"{words[0]} equals {_listed(words[1:])}"


def _present(call: tree.Call) -> str:
    values = _open(call.arguments)
    return f"{_elements(values)} {'is' if len(values) == 1 else 'are'} present"


#: Functions that answer a question.
QUESTIONS: dict[str, Words] = {
    "true": _fixed("true (always)"),
    "false": _fixed("false (never)"),
    "and": partial(_each, joint="and", none="true (always)"),
    "or": partial(_each, joint="or", none="false (never)"),
    "equals": _equals,
    "isPresent": _present,
    "ismatch": _fixed("{0} matches the pattern {1}"),
}


def _set(call: tree.Call) -> str:
    return f"{_elements(call.arguments[:1])} becomes {_at(call, 1)}"


def _retain(call: tree.Call) -> str:
    if not call.arguments:
        return "Removes all private elements"
    return f"Removes all private elements except {_elements(call.arguments)}"


def _reject(call: tree.Call) -> str:
    if not call.arguments:
        return "Leaves the file out"
    value = call.arguments[0]
    condition = clause(value) if isinstance(value, tree.Call) else f"{_argument(value)} is “true”"
    return f"Leaves the file out if {condition}"


def _hash_list(call: tree.Call) -> str:
    return f"Replaces by hashed UIDs: {_elements(call.arguments)}"


def _map_referenced(call: tree.Call) -> str:
    return f"Replaces by UIDs that start with {_at(call, 0)}: {_elements(call.arguments[1:])}"


def _blank(call: tree.Call) -> str:
    values = [value_in_words(value) for value in _open(call.arguments)]
    return f"Empties every element that holds {_listed(values, last='or')}"


def _shift_list(call: tree.Call) -> str:
    return f"Moves the dates in {_elements(call.arguments[:1])} by {_amount(call, 1, 'seconds')}"


def _shift_sequence(call: tree.Call) -> str:
    return f"Moves the dates in {_elements(call.arguments[1:])} by {_bare(call, 0)} seconds"


def _pixels(call: tree.Call) -> str:
    return f"Blackens the {_bare(call, 0)} {_bare(call, 1)} in every frame of the image"


#: Functions that do something.
DEEDS: dict[str, Words] = {
    "reject": _reject,
    "hashUIDList": _hash_list,
    "mapReferencedUIDs": _map_referenced,
    "removeTags": lambda call: f"Deletes {_elements(call.arguments)}",
    "delete": lambda call: f"Deletes {_elements(call.arguments[:1])}",
    "set": _set,
    "blankValues": _blank,
    "retainPrivateTags": _retain,
    "shiftDateTimeListByIncrement": _shift_list,
    "shiftDateTimeSequenceByIncrement": _shift_sequence,
    "alterPixels": _pixels,
    "scalePatientAgeAndDobFromStudyDate": _fixed(
        "Where the patient is older than 89, moves every birth date later and sets "
        "Patient's Age (0010,1010) to 89 years"
    ),
}
