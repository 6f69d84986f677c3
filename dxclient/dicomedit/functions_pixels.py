"""The function ``alterPixels``."""

from __future__ import annotations

import re

from dxclient.dicomedit.editing import VOID_TEXT, Editor, Result, text_of
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.pixels import BURNED_IN, METHOD, METHOD_CODES, Rectangle, blacken
from dxclient.dicomedit.raster import PIXEL_DATA

_EDGES = ("left", "top", "right", "bottom")
_COLOURS = ("value", "red", "green", "blue")
_LARGEST = 2**31
_PARAMETER = re.compile(r"([^=:]+)[=:](.*)")


def alter_pixels(editor: Editor, arguments: list[Result]) -> Result:
    """Blacken a rectangle in every frame.

    Other shapes and fills do not exist. The colour is checked and then ignored, as in the
    original: it is always black.
    """
    shape, edges, fill, colour = (text_of(argument) or "" for argument in arguments)
    if shape.strip().lower() != "rectangle":
        raise Fault("alterPixels knows the shape “rectangle” only")
    if fill.strip().lower() != "solid":
        raise Fault("alterPixels knows the fill “solid” only")
    area = _rectangle(edges)
    _check_colour(colour)
    before = editor.target.data()
    after = blacken(before, (area,))
    if after is not before:
        _replace(editor, after)
    return VOID_TEXT


def _rectangle(text: str) -> Rectangle:
    found = _numbers(text, _EDGES)
    if len(found) < len(_EDGES):
        raise Fault("a rectangle needs its four edges, such as “l=10, t=20, r=300, b=40”")
    return Rectangle(**found)


def _check_colour(text: str) -> None:
    found = _numbers(text, _COLOURS)
    # Red, green and blue alone are no colour, and so are not judged.
    used = {"value": found["value"]} if "value" in found else found if len(found) == 3 else {}
    if not all(0 <= number <= 255 for number in used.values()):
        raise Fault("the values of a fill go from 0 to 255")


def _numbers(text: str, names: tuple[str, ...]) -> dict[str, int]:
    """Parameters by their long names, such as ``l=10, top=20``; unknown ones are ignored."""
    by_letter = {name[0]: name for name in names}
    found: dict[str, int] = {}
    for part in re.sub(r"\s+", "", text).split(","):
        match = _PARAMETER.fullmatch(part)
        name = match.group(1) if match else part
        name = by_letter.get(name, name)
        if name in names:
            found[name] = _number(match.group(2) if match else "")
    return found


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or not -_LARGEST <= int(text) < _LARGEST:
        raise Fault("the numbers of alterPixels are whole numbers")
    return int(text)


def _replace(editor: Editor, data: bytes) -> None:
    """Take the new file, and record what is new in it."""
    target = editor.target
    before = {tag: _shown(editor, tag) for tag in (METHOD, METHOD_CODES, BURNED_IN)}
    target.replace(data)
    for tag, old in before.items():
        new = _shown(editor, tag)
        if new != old:
            editor.note(target.top(tag), old, new)
    editor.note(target.top(PIXEL_DATA), "(binary)", "(binary)")


def _shown(editor: Editor, tag: int) -> str | None:
    spot = editor.target.top(tag)
    if editor.target.vr(spot) != "SQ":
        return editor.target.text(spot)
    level = spot[0]
    count = len(editor.target.items(level, tag))
    return f"(sequence of {count})" if tag in level.entries else None
