"""Sizes that follow the font, so that the window fits every screen and text size."""

from __future__ import annotations

import tkinter as tk
from tkinter import font as tkfont

#: A larger scaling is a wrong answer of the display (projectors report sizes of 0 mm).
MAX_SCALING = 10.0
_USUAL_SCALING = 96 / 72


def em(widget: tk.Misc | None, n: float) -> int:
    """Return *n* widths of the letter m of the default font, in pixels.

    Parameters
    ----------
    widget : tkinter.Misc or None
        Any widget of the window; None takes the default root.
    """
    return round(n * tkfont.nametofont("TkDefaultFont", root=widget).measure("m"))


def line_height(widget: tk.Misc | None) -> int:
    """Height of a line of text, in pixels."""
    return int(tkfont.nametofont("TkDefaultFont", root=widget).metrics("linespace"))


def row_height(widget: tk.Misc | None) -> int:
    """Height of a row of a table, in pixels."""
    return round(line_height(widget) * 1.6)


def guard_scaling(root: tk.Misc) -> float:
    """Replace an absurd scaling of the display by the usual one; return what counts."""
    scaling = float(root.tk.call("tk", "scaling"))
    if not 0.3 <= scaling <= MAX_SCALING:
        root.tk.call("tk", "scaling", _USUAL_SCALING)
        return _USUAL_SCALING
    return scaling


def set_text_size(root: tk.Misc, points: int) -> None:
    """Use this text size everywhere; 0 leaves the size of the system alone."""
    if not points:
        return
    size = min(max(points, 7), 24)
    for name in ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont", "TkFixedFont"):
        tkfont.nametofont(name, root=root).configure(size=size)
