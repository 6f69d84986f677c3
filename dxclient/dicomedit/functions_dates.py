"""Functions on dates."""

from __future__ import annotations

import re
from collections.abc import Collection

from dxclient.dicomedit.dates import middle, shift
from dxclient.dicomedit.editing import VOID_TEXT, Editor, Result, text_of
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.tree import Element, Place, TagPath, Wild

OLDEST_YEARS = 89
OLDEST_DAYS = 32506
_LOOKS_LIKE_DATE = re.compile(r"\d{4}(\d{2}){0,5}(\.\d{1,6})?([+-]\d{4})?", re.ASCII)


def shift_date(editor: Editor, arguments: list[Result]) -> Result:
    """Move a date; days where no unit is given."""
    return _shifted(editor, arguments, ("DA",), "days")


def shift_date_time(editor: Editor, arguments: list[Result]) -> Result:
    """Move a date or date-time; seconds where no unit is given."""
    return _shifted(editor, arguments, ("DA", "DT"), "seconds")


def _shifted(
    editor: Editor, arguments: list[Result], allowed: Collection[str], unit: str
) -> Result:
    first = arguments[0]
    if isinstance(first, TagPath):
        _check_vr(editor, first, allowed)
    amount = text_of(arguments[1])
    chosen = text_of(arguments[2]) if len(arguments) > 2 else unit
    return shift(editor.value(first), amount, chosen or "")


def _check_vr(editor: Editor, path: TagPath, allowed: Collection[str]) -> None:
    spot = editor.target.resolve(path) if path.singular else None
    if spot is None or editor.target.vr(spot) not in allowed:
        raise Fault("a date is needed here")


def shift_list(editor: Editor, arguments: list[Result]) -> Result:
    """Move every matching value of a list of paths."""
    if not isinstance(arguments[0], list):
        raise Fault("shiftDateTimeListByIncrement takes a list in braces first")
    amount, unit = text_of(arguments[1]), text_of(arguments[2]) or ""
    for spot in editor.matching(arguments[0]):
        text = editor.target.text(spot)
        if text:
            editor.write(spot, "\\".join(shift(v, amount, unit) for v in text.split("\\")))
    return VOID_TEXT


def shift_sequence(editor: Editor, arguments: list[Result]) -> Result:
    """Move every matching value by seconds.

    The original ignores bare paths and texts that are no paths; that would send dates
    unchanged, so it is an error here. Values that do not look like a date stay, as there.
    """
    if any(isinstance(argument, TagPath) for argument in arguments[1:]):
        raise Fault("the paths must stand in double quotes; XNAT ignores bare ones")
    amount = text_of(arguments[0])
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", amount or ""):
        raise Fault("the increment is not a whole number")
    for spot in editor.matching(arguments[1:]):
        text = editor.target.text(spot)
        values = (text or "").split("\\")
        moved = [shift(one, amount, "seconds") if _looks_like_date(one) else one for one in values]
        if moved != values:
            editor.write(spot, "\\".join(moved))
    return VOID_TEXT


def _looks_like_date(text: str) -> bool:
    return _LOOKS_LIKE_DATE.fullmatch(text) is not None


def scale_age(editor: Editor, arguments: list[Result]) -> Result:
    """Make nobody older than 89: move birth dates later, cap the age.

    Ages over 89 are identifying (HIPAA safe harbor). Every birth date moves by the excess of
    the top one.
    """
    study = _top(editor, 0x00080020)
    if not study:
        return VOID_TEXT
    birth = _top(editor, 0x00100030)
    if birth:
        excess = (middle(study) - middle(birth)).days - OLDEST_DAYS
        if excess > 0:
            _shift_births(editor, str(excess))
    _cap_age(editor)
    return VOID_TEXT


def _shift_births(editor: Editor, days: str) -> None:
    for spot in editor.matching([_anywhere(0x00100030)]):
        text = editor.target.text(spot)
        if text:
            editor.write(spot, shift(text, days, "days"))


def _cap_age(editor: Editor) -> None:
    age = _top(editor, 0x00101010)
    if not age:
        return
    if not re.fullmatch(r"[0-9]{3}[DWMY]", age):
        raise Fault("the patient's age is not written as DICOM demands")
    if age.endswith("Y") and int(age[:3]) > OLDEST_YEARS:
        editor.assign(_named(0x00101010), "089Y")


def _top(editor: Editor, tag: int) -> str | None:
    return editor.read(_named(tag))


def _named(tag: int) -> TagPath:
    return TagPath((Element(f"{tag >> 16:04X}", f"{tag & 0xFFFF:04X}"),), Place(0, 0))


def _anywhere(tag: int) -> TagPath:
    return TagPath((Wild("*"), *_named(tag).parts), Place(0, 0))
