"""Tooltips for table cells whose text is cut."""

from __future__ import annotations

import tkinter as tk
from tkinter import font as tkfont
from typing import Any

import ttkbootstrap as ttk

DELAY_MS = 400


class CellTip:
    """Shows the whole text of a cell that is too narrow, beside the mouse."""

    def __init__(self, tree: ttk.Treeview) -> None:
        self._tree = tree
        self._cell: tuple[str, str] | None = None
        self._ticket = ""
        self._window: tk.Toplevel | None = None
        tree.bind("<Motion>", self._moved, add="+")
        for event in ("<Leave>", "<Button>", "<MouseWheel>", "<Destroy>"):
            tree.bind(event, lambda _event: self.hide(), add="+")

    def cut_text(self, x: int, y: int) -> str:
        """The whole text at this place, or nothing when it is shown whole."""
        row, column = self._tree.identify_row(y), self._tree.identify_column(x)
        if not row or not column:
            return ""
        font = tkfont.nametofont("TkDefaultFont", root=self._tree)
        room = int(self._tree.column(column, "width")) - font.measure("m")
        if column == "#0":  # the tree itself; its cells are found by another name
            text = str(self._tree.item(row, "text"))
            left = self._tree.bbox(row, "#0")
            room -= 3 * font.measure("m") + (int(left[0]) if left else 0)
        else:
            text = str(self._tree.set(row, column))
        return text if font.measure(text) > room else ""

    def hide(self) -> None:
        """Take the tooltip away."""
        if self._ticket:
            self._tree.after_cancel(self._ticket)
            self._ticket = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None
        self._cell = None

    def _moved(self, event: tk.Event[Any]) -> None:
        cell = (self._tree.identify_row(event.y), self._tree.identify_column(event.x))
        if cell == self._cell:
            return
        self.hide()
        self._cell = cell
        text = self.cut_text(event.x, event.y)
        if text:
            x, y = event.x_root, event.y_root
            self._ticket = self._tree.after(DELAY_MS, lambda: self._show(text, x, y))

    def _show(self, text: str, x: int, y: int) -> None:
        self._ticket = ""
        window = tk.Toplevel(self._tree)
        window.overrideredirect(True)
        ttk.Label(window, text=text, padding=4, bootstyle="inverse-dark", wraplength=600).pack()
        window.geometry(f"+{x + 12}+{y + 16}")
        self._window = window
