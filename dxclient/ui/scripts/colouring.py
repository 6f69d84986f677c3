"""Colours of the script's words, for light and for dark themes."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass
from tkinter import font as tkfont

from dxclient.ui.theme import colour

CODE, CODE_BOLD = "DxCode", "DxCodeBold"
#: Kinds that are bold, too: colour is never the only sign.
_BOLD = frozenset({"keyword", "function"})
#: Everything passes 4.5:1 on the backgrounds of all allowed themes (a test computes it).
_LIGHT = {
    "keyword": "#0b4f9e",
    "comment": "#596470",
    "string": "#1a652a",
    "number": "#8a3b00",
    "tag": "#6a1b9a",
    "variable": "#005f6b",
    "function": "#8a1f5c",
    "operator": "#3c4249",
    "error": "#a3001b",
}
_DARK = {
    "keyword": "#9ac4ff",
    "comment": "#b4bdc5",
    "string": "#98d8a7",
    "number": "#f5bd86",
    "tag": "#dcb8ff",
    "variable": "#86dce6",
    "function": "#ffabd0",
    "operator": "#d9dde1",
    "error": "#ffb0b0",
}
KINDS = tuple(_LIGHT)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of the editor as the theme has them now."""

    back: str
    fore: str
    muted: str
    line: str
    problem: str
    warning: str
    found: str
    kinds: dict[str, str]


def palette() -> Palette:
    """Colours for the theme in use."""
    back, fore = colour("inputbg"), colour("inputfg")
    dark = brightness(back) < 0.5
    kinds = _DARK if dark else _LIGHT
    return Palette(
        back=back,
        fore=fore,
        muted=kinds["comment"],
        line=mixed(back, fore, 0.07),
        problem=kinds["error"],
        warning=kinds["number"],
        found=mixed(back, kinds["number"], 0.35),
        kinds=kinds,
    )


def _parts(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def brightness(value: str) -> float:
    """How light a colour is, from 0 to 1."""
    red, green, blue = _parts(value)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two others."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def code_fonts(root: tk.Misc) -> None:
    """Make or renew the fonts of the editor; they follow the text size."""
    base = tkfont.nametofont("TkFixedFont", root=root)
    usual = tkfont.nametofont("TkDefaultFont", root=root)
    names = tkfont.names(root)
    for name, weight in ((CODE, "normal"), (CODE_BOLD, "bold")):
        font = tkfont.Font(root, name=name, exists=name in names)
        font.delete_font = False  # named fonts live as long as the root
        font.configure(
            family=base.actual("family"),
            size=usual.cget("size"),
            weight="bold" if weight == "bold" else "normal",
        )


def font_of(kind: str) -> str:
    """The font for a kind of word."""
    return CODE_BOLD if kind in _BOLD else CODE
