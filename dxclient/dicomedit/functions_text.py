"""Functions on texts and truth."""

from __future__ import annotations

import re

from dxclient.dicomedit import javatext
from dxclient.dicomedit.editing import Editor, Result, flat, text_of
from dxclient.dicomedit.faults import Fault, Rejected
from dxclient.dicomedit.javatext import message, regex
from dxclient.dicomedit.limits import check_length, joined, replaced
from dxclient.dicomedit.tree import TagPath


class HashedUid(str):
    """What ``hashUID`` makes: a text, but in the original's eyes equal to no other text."""

    __slots__ = ()


def concatenate(editor: Editor, arguments: list[Result]) -> Result:
    """Join texts."""
    return joined(editor.needed(argument) for argument in arguments)


def format_(editor: Editor, arguments: list[Result]) -> Result:
    """Put texts into a pattern."""
    values = [editor.value(argument) for argument in flat(arguments[1:])]
    return message(_text(arguments[0]), values)


def uppercase(editor: Editor, arguments: list[Result]) -> Result:
    """Capital letters."""
    return editor.needed(arguments[0]).upper()


def lowercase(editor: Editor, arguments: list[Result]) -> Result:
    """Small letters."""
    return editor.needed(arguments[0]).lower()


def substring(editor: Editor, arguments: list[Result]) -> Result:
    """Characters from begin up to, not including, end."""
    begin, end = (_index(argument) for argument in arguments[1:3])
    return javatext.substring(editor.needed(arguments[0]), begin, end)


def replace(editor: Editor, arguments: list[Result]) -> Result:
    """Every occurrence of a text by another."""
    return replaced(editor.needed(arguments[0]), _text(arguments[1]), _text(arguments[2]))


def match(editor: Editor, arguments: list[Result]) -> Result:
    """A group of the first place where a regular expression matches."""
    found = regex(_text(arguments[1])).search(editor.needed(arguments[0]))
    number = _index(arguments[2])
    if found is None:
        return None
    if not 0 <= number <= len(found.groups()):
        raise Fault("match has no such group")
    group = found.group(number)
    return None if group is None else str(group)


def ismatch(editor: Editor, arguments: list[Result]) -> Result:
    """Whether a regular expression matches the whole text."""
    return regex(_text(arguments[1])).fullmatch(editor.needed(arguments[0])) is not None


def normalize_string(editor: Editor, arguments: list[Result]) -> Result:
    """Every character that is not ASCII by another text."""
    text = editor.value(arguments[0])
    if text is None:
        return None
    replacement = _text(arguments[1]) if len(arguments) > 1 else "_"
    check_length(len(re.sub(r"[\x00-\x7F]+", "", text)) * len(replacement))
    # As in Java, a replacement is looked at only where there is something to replace.
    return re.sub(r"[^\x00-\x7F]", lambda match: _replaced(replacement, match), text)


def _replaced(replacement: str, match: re.Match[str]) -> str:
    """What a replacement of Java's ``replaceAll`` stands for: ``$0``, a backslash, itself."""
    if not re.fullmatch(r"(?:\\.|\$0|[^\\$])*", replacement, re.DOTALL):
        raise Fault("the replacement of normalizeString cannot be understood")
    pieces = re.findall(r"\\.|\$0|[^\\$]", replacement, re.DOTALL)
    return "".join(match[0] if one == "$0" else one[-1] for one in pieces)


def lookup(editor: Editor, arguments: list[Result]) -> Result:
    """Nothing: there is no lookup table on this side."""
    return None


def true(editor: Editor, arguments: list[Result]) -> Result:
    """Always true."""
    return True


def false(editor: Editor, arguments: list[Result]) -> Result:
    """Always false."""
    return False


def and_(editor: Editor, arguments: list[Result]) -> Result:
    """Whether all are true."""
    return all(is_true(argument) for argument in flat(arguments))


def or_(editor: Editor, arguments: list[Result]) -> Result:
    """Whether one is true."""
    return any(is_true(argument) for argument in flat(arguments))


def equals(editor: Editor, arguments: list[Result]) -> Result:
    """Whether all are the same; paths compare as paths."""
    values = list(flat(arguments))
    return len(values) > 1 and all(_same(values[0], value) for value in values[1:])


def _same(one: Result, other: Result) -> bool:
    if isinstance(one, TagPath) and isinstance(other, TagPath):
        return one.parts == other.parts
    if isinstance(one, TagPath) or isinstance(other, TagPath):
        return False
    if isinstance(one, HashedUid) != isinstance(other, HashedUid):
        return False
    return text_of(one) == text_of(other)


def reject(editor: Editor, arguments: list[Result]) -> Result:
    """Leave the instance out, at once."""
    if not arguments or is_true(arguments[0]):
        raise Rejected
    return "VOID"


def is_true(value: Result) -> bool:
    """Truth of a result: its text is "true" in any case."""
    return (text_of(value) or "").lower() == "true"


def _text(argument: Result) -> str:
    text = text_of(argument)
    if text is None:
        raise Fault("a function needs a value that is missing")
    return text


def _index(argument: Result) -> int:
    """A number as Java's ``parseInt`` reads it."""
    text = _text(argument)
    if not re.fullmatch(r"[+-]?[0-9]+", text) or not -(1 << 31) <= int(text[:20]) < 1 << 31:
        raise Fault("a function needs a whole number")
    return int(text)
