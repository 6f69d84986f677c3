"""What a script does, in sentences; a click goes to the line."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.app.scripting import CheckedScript
from dxclient.ui.metrics import em
from dxclient.ui.widgets.misc import Muted
from dxclient.ui.widgets.table import Column, Row, Table

_COLUMNS = (
    Column("line", "Line", 4, "e"),
    Column("sentence", "What the script does", 28, stretch=True),
)
_LANGUAGES = {
    "6": "Written in DicomEdit 6.",
    "4": "Written in DicomEdit 4, because it has no version line. "
    'New scripts begin with: version "6.6"',
}
_EMPTY = "The script is empty: it changes nothing. Type a line, such as (0010,0010) := subject"


class DoesPanel(ttk.Frame):
    """The sentences as a table.

    Parameters
    ----------
    on_line : callable
        Gets the line of a sentence that was chosen.
    """

    def __init__(self, parent: tk.Misc, on_line: Callable[[int], object]) -> None:
        super().__init__(parent)
        self._on_line = on_line
        self._lines: dict[str, int] = {}
        self.note = Muted(self)
        self.note.pack(side="top", fill="x", pady=(0, em(self, 0.3)))
        self.table = Table(
            self, _COLUMNS, empty=_EMPTY, height=4, on_activate=lambda _id: self._go()
        )
        self.table.tree.bind("<ButtonRelease-1>", lambda _event: self._go(), add="+")
        self.table.pack(fill="both", expand=True)

    def show(self, checked: CheckedScript, *, blank: bool, about: str = "") -> None:
        """Show the sentences of this script; those of a broken one stay as they were before."""
        if checked.problems:
            self.note.configure(
                text="The script has errors. Below is what it did before, line by line."
                if self._lines
                else "The script has errors; what it does is shown once they are gone."
            )
            self.table.set_empty("")
            self._grey()
            return
        self.table.set_empty(_EMPTY)
        lines = checked.lines or (0,) * len(checked.sentences)
        pairs = list(zip(lines, checked.sentences, strict=False))
        self._lines = {str(number): line for number, (line, _) in enumerate(pairs)}
        rows = tuple(
            Row(str(number), (str(line or ""), sentence), sort=(line, sentence))
            for number, (line, sentence) in enumerate(pairs)
        )
        if not rows or rows != self.table.rows:
            self.table.set_rows(rows)
        note = _LANGUAGES.get(checked.language, "")
        if not checked.effective and not blank:
            note = f"⚠ This script changes nothing of what is sent. {note}"
        if checked.functions:
            note = f"{note} Uses: {', '.join(sorted(checked.functions))}."
        self.note.configure(text=f"{about} {note}".strip())

    def clear(self) -> None:
        """Forget the sentences of another script."""
        self._lines = {}
        self.table.set_empty("")
        self.table.set_rows([])
        self.note.configure(text="")

    def _grey(self) -> None:
        rows = self.table.rows
        self.table.set_rows([Row(r.id, r.values, ("muted",), r.sort) for r in rows])

    def _go(self) -> None:
        for row in self.table.selected[:1]:
            if self._lines.get(row):
                self._on_line(self._lines[row])
