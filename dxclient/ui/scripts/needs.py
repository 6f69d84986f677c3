"""The variables of a script, with values for trying it; they are never written anywhere."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.upload.variables import Question
from dxclient.ui.widgets.misc import Heading, LabelledEntry, Muted, ScrollArea

#: What the program knows itself in an upload; examples stand in for it here.
EXAMPLES = {
    "project": "PROJECT",
    "subject": "SUBJECT",
    "session": "SESSION",
    "experiment_label": "SESSION",
    "tracer": "FDG",
}
_NOTE = (
    "Values for the comparison under “Before / after”. They are kept while this window is open, "
    "and written nowhere."
)


class Wanted(Question, Protocol):
    """A variable as a script declares it, and whether it is needed."""

    @property
    def required(self) -> bool:
        """Whether a value has to be supplied."""


@dataclass(frozen=True, slots=True)
class _Also:
    """A variable that another script of the comparison needs."""

    name: str
    initial: str = ""
    description: str = ""
    hidden: bool = False
    required: bool = True


class NeedsPanel(ttk.Frame):
    """An entry for each variable that has to be supplied, and the names of the others.

    Parameters
    ----------
    on_change : callable
        Called after each change of a value.
    """

    def __init__(self, parent: tk.Misc, on_change: Callable[[], object]) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self._shown: tuple[tuple[str, str, str, bool, bool], ...] | None = None
        self._known: dict[str, str] = dict(EXAMPLES)
        self._suggested: dict[str, str] = dict(EXAMPLES)
        self._variables: tuple[Wanted, ...] = ()
        self._also: tuple[str, ...] = ()
        self.entries: dict[str, LabelledEntry] = {}
        self._area = ScrollArea(self, padding=em(self, 0.2))
        self._area.pack(fill="both", expand=True)
        self.show(())

    @property
    def values(self) -> dict[str, str]:
        """Values by name in small letters; those left empty are not among them."""
        return {name: value for name, value in self._known.items() if value}

    def suggest(self, values: Mapping[str, str]) -> None:
        """Take what an upload knows, where nobody typed something else."""
        for name, value in values.items():
            if value and self._known.get(name, "") in ("", self._suggested.get(name, "")):
                self._known[name] = self._suggested[name] = value
                if name in self.entries:
                    self.entries[name].value = value

    def show(self, variables: Iterable[Wanted]) -> None:
        """Ask for these; entries of the same variables stay as they are."""
        self._variables = tuple(variables)
        names = {one.name.lower() for one in self._variables if one.required}
        also = [_Also(name) for name in self._also if name.lower() not in names]
        found = tuple(
            (one.name, one.initial, one.description, one.hidden, one.required)
            for one in (*self._variables, *also)
        )
        if found == self._shown:
            return
        self._shown = found
        body = self._area.body
        for child in body.winfo_children():
            child.destroy()
        self.entries = {}
        needed = [one for one in found if one[4]]
        if not needed:
            Muted(body, "The script needs no variables.").pack(fill="x")
        else:
            Muted(body, _NOTE).pack(fill="x")
        for name, initial, description, hidden, _ in needed:
            self._ask(body, name, initial, description, hidden=hidden)
        own = [one[0] for one in found if not one[4]]
        if own:
            Heading(body, "Set by the script itself").pack(anchor="w", pady=(em(self, 0.6), 0))
            Muted(body, ", ".join(own)).pack(fill="x")

    def _ask(
        self, body: ttk.Frame, name: str, initial: str, description: str, *, hidden: bool
    ) -> None:
        key = name.lower()
        entry = LabelledEntry(
            body,
            f"{name}: {description}" if description else name,
            value=self._known.get(key, initial),
            on_change=lambda text: self._changed(key, text),
        )
        entry.entry.grid_configure(sticky="w")
        entry.pack(fill="x", pady=(em(self, 0.4), 0))
        notes = []
        if key in EXAMPLES:
            notes.append("Every upload supplies it.")
        if initial:
            notes.append(f"Set to “{initial}” by the script.")
        if hidden:
            notes.append("People are not asked for it.")
        if notes:
            Muted(body, " ".join(notes)).pack(fill="x")
        self.entries[key] = entry

    def _changed(self, key: str, text: str) -> None:
        self._known[key] = text
        self._on_change()

    def focus_on(self, names: Iterable[str]) -> None:
        """Give the keyboard to the first of these, also where another script needs it."""
        missing = tuple(names)
        self._also = tuple(dict.fromkeys((*self._also, *missing)))
        self.show(self._variables)
        for name in missing:
            entry = self.entries.get(name.lower())
            if entry is not None:
                entry.focus_set()
                return
