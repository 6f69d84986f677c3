"""The problems of a script below its text; a click goes there."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.problems import Problem
from dxclient.ui import words
from dxclient.ui.metrics import em
from dxclient.ui.scripts.gutter import SIGN, WARNING
from dxclient.ui.scripts.hover import problem_text
from dxclient.ui.theme import MUTED
from dxclient.ui.widgets.table import Column, Row, Table

_COLUMNS = (
    Column("line", "Line", 4, "e"),
    Column("sign", "", 6),
    Column("sentence", "What is wrong", 28, stretch=True),
)


class ProblemsPanel(ttk.Frame):
    """One line that counts, and a table while there is something to show.

    Parameters
    ----------
    on_choose : callable
        Gets the problem that was chosen.
    on_replace : callable
        Gets the problem whose suggestion is wanted.
    """

    def __init__(
        self,
        parent: tk.Misc,
        on_choose: Callable[[Problem], object],
        on_replace: Callable[[Problem], object],
    ) -> None:
        super().__init__(parent)
        self._on_choose, self._on_replace = on_choose, on_replace
        self._all: dict[str, Problem] = {}
        self._editable = True
        line = ttk.Frame(self)
        line.pack(side="top", fill="x", pady=em(self, 0.2))
        self.summary = ttk.Label(line, style=MUTED)
        self.summary.pack(side="left")
        self.replace_button = ttk.Button(line, command=self._replace)
        self.table = Table(
            self,
            _COLUMNS,
            filterable=False,
            height=3,
            on_select=self._selected,
            on_activate=lambda _id: self._chosen(),
        )
        self.table.tree.bind("<ButtonRelease-1>", lambda _event: self._chosen(), add="+")

    def show(
        self, problems: tuple[Problem, ...], warnings: tuple[Problem, ...], *, editable: bool
    ) -> None:
        """Show these instead; the selected one stays selected where it is still there."""
        found = [*((one, SIGN, "Error") for one in problems)]
        found += [(one, WARNING, "Look at") for one in warnings]
        self._editable = editable
        self._all = {str(number): one for number, (one, _, _) in enumerate(found)}
        self.table.set_rows(
            [
                Row(
                    str(number),
                    (str(one.line or ""), f"{sign} {word}", problem_text(one)),
                    sort=(one.line, word, one.sentence),
                )
                for number, (one, sign, word) in enumerate(found)
            ]
        )
        self.summary.configure(text=_summary(len(problems), len(warnings)))
        if found:
            self.table.tree.configure(height=min(3, len(found)))
            self.table.pack(fill="both", expand=True)
        else:
            self.table.pack_forget()
        self._offer()

    def say(self, text: str) -> None:
        """Say something else in the line."""
        self.summary.configure(text=text)

    def mark(self, problem: Problem | None) -> None:
        """Select the row of the problem under the cursor."""
        row = next((key for key, one in self._all.items() if one is problem), None)
        if row is None or self.table.selected == (row,):
            return
        self.table.select([row])
        self._offer()

    @property
    def selected(self) -> Problem | None:
        """The chosen problem; without a choice the first that can be repaired."""
        chosen = self.table.selected
        if chosen:
            return self._all.get(chosen[0])
        return next((one for one in self._all.values() if one.suggestion), None)

    def _selected(self, _ids: tuple[str, ...]) -> None:
        self._offer()

    def _chosen(self) -> None:
        chosen = self.table.selected
        if chosen and chosen[0] in self._all:
            self._on_choose(self._all[chosen[0]])

    def _offer(self) -> None:
        """Show the button where there is a suggestion that can be put in."""
        one = self.selected
        if one is None or not (one.suggestion and one.piece and self._editable):
            self.replace_button.pack_forget()
            return
        where = f" in line {one.line}" if len(self._all) > 1 else ""
        self.replace_button.configure(text=f"Replace by {one.suggestion}{where}")
        self.replace_button.pack(side="right")

    def _replace(self) -> None:
        one = self.selected
        if one is not None:
            self._on_replace(one)


def _summary(problems: int, warnings: int) -> str:
    if problems:
        text = f"{SIGN} {words.plural(problems, 'error')}"
        return f"{text}, {words.plural(warnings, 'warning')}" if warnings else text
    if warnings:
        return f"{WARNING} {words.plural(warnings, 'thing')} to look at; the script can run."
    return "✔ No problems."
