"""Findings and errors as people read them."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable

import ttkbootstrap as ttk

from dxclient.domain.errors import DxError
from dxclient.domain.findings import Finding, Severity
from dxclient.ui.metrics import em
from dxclient.ui.theme import CARD, MARKS
from dxclient.ui.widgets.misc import Fold, Muted, WrapLabel

_ORDER = (Severity.STOPS, Severity.NEEDS_YOU, Severity.NOTE)


class FindingsList(ttk.Frame):
    """Findings one under the other, the gravest first: icon, word, sentence, what to do."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.columnconfigure(1, weight=1)
        self.findings: tuple[Finding, ...] = ()

    def show(self, findings: Iterable[Finding]) -> None:
        """Show these findings instead."""
        self.findings = tuple(sorted(findings, key=lambda one: _ORDER.index(one.severity)))
        for child in self.winfo_children():
            child.destroy()
        for row, finding in enumerate(self.findings):
            self._line(row, finding)

    def _line(self, row: int, finding: Finding) -> None:
        mark = MARKS[finding.severity]
        gap = em(self, 0.6)
        sign = ttk.Label(self, text=f"{mark.icon} {mark.word}", style=mark.style)
        sign.grid(row=row, column=0, sticky="nw", padx=(0, gap), pady=em(self, 0.2))
        text = ttk.Frame(self)
        text.grid(row=row, column=1, sticky="ew", pady=em(self, 0.2))
        WrapLabel(text, finding.sentence).pack(fill="x")
        if finding.hint:
            Muted(text, finding.hint).pack(fill="x")


def sentence_of(error: BaseException) -> str:
    """What a person reads of an error."""
    if isinstance(error, DxError):
        return error.sentence
    return "Something went wrong inside the program. Nothing that was sent is lost."


def details_of(error: BaseException) -> str:
    """More, for the person who looks for the cause: no texts that may hold patient data."""
    if isinstance(error, DxError):
        lines = [type(error).__name__, error.details]
    else:
        lines = [type(error).__name__, *_places(error)]
    return "\n".join(line for line in lines if line)


def _places(error: BaseException) -> list[str]:
    """Where in our code it happened, the innermost last; names of modules, no values."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        places.append(f"{frame.f_globals.get('__name__', '?')}, line {trace.tb_lineno}")
        trace = trace.tb_next
    return places[-6:]


class ErrorCard(ttk.Frame):
    """One error: the sentence, details behind a fold, a button to copy both, and to try again."""

    def __init__(
        self,
        parent: tk.Misc,
        error: BaseException,
        retry: Callable[[], object] | None = None,
        close: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent, style=CARD, padding=em(parent, 0.8))
        mark = MARKS[Severity.STOPS]
        self.sentence, self.details = sentence_of(error), details_of(error)
        self.label = WrapLabel(self, f"{mark.icon} {self.sentence}", style=mark.style)
        self.label.pack(fill="x")
        buttons = ttk.Frame(self)
        buttons.pack(side="bottom", fill="x", pady=(em(self, 0.5), 0))
        self._buttons(buttons, retry, close)
        if self.details:
            self.fold = Fold(self, "Details")
            self.fold.pack(fill="x")
            Muted(self.fold.body, self.details).pack(fill="x")

    def _buttons(
        self,
        bar: ttk.Frame,
        retry: Callable[[], object] | None,
        close: Callable[[], object] | None,
    ) -> None:
        if retry is not None:
            ttk.Button(bar, text="Try again", command=retry).pack(side="left")
        self.copy_button = ttk.Button(bar, text="Copy", command=self.copy)
        self.copy_button.pack(side="left", padx=em(self, 0.4) if retry else 0)
        if close is not None:
            ttk.Button(bar, text="Close", command=close).pack(side="right")

    def copy(self) -> None:
        """Put sentence and details on the clipboard."""
        self.clipboard_clear()
        self.clipboard_append(f"{self.sentence}\n{self.details}".strip())
        self.copy_button.configure(text="Copied")
