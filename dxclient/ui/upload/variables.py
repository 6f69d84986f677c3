"""Questions that the anonymization scripts ask: one entry for each variable."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable
from typing import Protocol

import ttkbootstrap as ttk

from dxclient.domain.findings import Finding, Severity
from dxclient.domain.plan import Variable
from dxclient.ui.metrics import em
from dxclient.ui.upload.parts import clear, pack_entry
from dxclient.ui.widgets.misc import Heading, LabelledEntry, Muted


class Question(Protocol):
    """A variable as a script declares it."""

    @property
    def name(self) -> str:
        """How the script calls it."""

    @property
    def initial(self) -> str:
        """The value that the script gives it."""

    @property
    def description(self) -> str:
        """What the script's author says of it."""

    @property
    def hidden(self) -> bool:
        """Whether the script's author keeps it from people."""


class VariablesForm(ttk.Frame):
    """Entries with descriptions and initial values; hidden variables are not asked for.

    Parameters
    ----------
    on_change : callable
        Called after each change.
    """

    def __init__(self, parent: tk.Misc, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self._asked: tuple[Question, ...] = ()
        self.entries: dict[str, LabelledEntry] = {}

    def show(self, questions: Iterable[Question], answers: Iterable[Variable]) -> None:
        """Ask these questions; entries of the same questions stay as they are."""
        asked = tuple(question for question in questions if not question.hidden)
        if asked == self._asked:
            return
        self._asked = asked
        clear(self)
        self.entries = {}
        known = {variable.name: variable.value for variable in answers}
        if asked:
            Heading(self, "For the anonymization scripts").pack(
                anchor="w", pady=(em(self, 1), em(self, 0.2))
            )
        for question in asked:
            self._ask(question, known.get(question.name, question.initial))

    def _ask(self, question: Question, value: str) -> None:
        inset = (em(self, 1.6), 0)
        entry = LabelledEntry(
            self,
            question.description or question.name,
            value=value,
            on_change=lambda _text: self._on_change(),
        )
        pack_entry(entry, padx=inset, pady=em(self, 0.2))
        initial = f", set to “{question.initial}” by the script" if question.initial else ""
        Muted(self, f"“{question.name}” in the scripts{initial}").pack(fill="x", padx=inset)
        self.entries[question.name] = entry

    def merged(self, answers: Iterable[Variable]) -> tuple[Variable, ...]:
        """The answers, with those given here in their place."""
        values = {variable.name: variable.value for variable in answers}
        values |= {name: entry.value.strip() for name, entry in self.entries.items()}
        return tuple(Variable(name, value) for name, value in values.items())

    def findings(self) -> tuple[Finding, ...]:
        """What is still to be answered."""
        return tuple(
            Finding(
                severity=Severity.STOPS,
                code="variable.missing",
                sentence=f"The anonymization scripts need a value for “{question.name}”.",
                subject=question.name,
            )
            for question in self._asked
            if not self.entries[question.name].value.strip() and not question.initial
        )
