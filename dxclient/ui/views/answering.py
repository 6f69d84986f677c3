"""The answers that an upload asks for, as buttons with what each does."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import cast

import ttkbootstrap as ttk

from dxclient.domain.jobs import Choice, UploadJob
from dxclient.domain.labels import label_problem, same_label
from dxclient.domain.project import TakenLabel
from dxclient.ui.context import ViewContext
from dxclient.ui.theme import MUTED
from dxclient.ui.transferwords import ANSWERS
from dxclient.ui.widgets.misc import WrapLabel


def label_trouble(label: str, taken: Sequence[TakenLabel]) -> str:
    """Why a session cannot be called so; empty when it can."""
    if problem := label_problem(label):
        return problem
    used = next((one for one in taken if same_label(one.label, label)), None)
    return f"{used.label} is already in the {used.place.value}." if used else ""


def free_label(label: str, taken: Sequence[TakenLabel]) -> str:
    """The label with the first number that makes it free."""
    numbered = (f"{label[:60]}_{number}" for number in range(2, 1000))
    return next((one for one in numbered if not label_trouble(one, taken)), "")


class Answers(ttk.Frame):
    """One line for each choice of an upload.

    Parameters
    ----------
    on_answer : callable
        Gets the choice and, for a new label, the label.
    """

    def __init__(
        self, parent: tk.Misc, context: ViewContext, on_answer: Callable[[Choice, str], None]
    ) -> None:
        super().__init__(parent)
        self._context, self._on_answer = context, on_answer
        self._shown: tuple[str, tuple[Choice, ...]] = ("", ())
        self._taken: tuple[TakenLabel, ...] | None = None
        self.buttons: dict[Choice, ttk.Button] = {}
        self.label = tk.StringVar(self)
        self.label.trace_add("write", lambda *_: self._judge())
        self.columnconfigure(2, weight=1)

    def show(self, job: UploadJob | None) -> None:
        """Show the choices of this upload; what was typed stays while they are the same."""
        now = (job.id, job.choices) if job else ("", ())
        if now == self._shown:
            return
        self._shown = now
        for child in self.winfo_children():
            child.destroy()
        self.buttons = {}
        for row, choice in enumerate(now[1]):
            self._line(row, choice)
        if job is not None and Choice.NEW_LABEL in job.choices:
            self._load(job)

    def _line(self, row: int, choice: Choice) -> None:
        em = self._context.em
        verb, means = ANSWERS[choice]
        button = ttk.Button(self, text=verb, command=lambda: self._answer(choice))
        button.grid(row=row, column=0, sticky="ew", pady=(0, em(0.3)))
        self.buttons[choice] = button
        if choice is Choice.NEW_LABEL:
            self.entry = ttk.Entry(self, textvariable=self.label, width=24)
            self.entry.grid(row=row, column=1, sticky="w", padx=(em(0.6), 0), pady=(0, em(0.3)))
            self.entry.bind("<Return>", self._entered)
            self.verdict = WrapLabel(self, style=MUTED)
            self.verdict.grid(row=row, column=2, sticky="ew", padx=(em(0.6), 0))
            return
        WrapLabel(self, means).grid(
            row=row, column=1, columnspan=2, sticky="ew", padx=(em(0.6), 0), pady=(0, em(0.3))
        )

    def focus_first(self) -> None:
        """Give the keyboard to the first answer."""
        first = next(iter(self.buttons.values()), None)
        if first is not None:
            first.focus_set()

    def _answer(self, choice: Choice) -> None:
        self._on_answer(choice, self.label.get().strip() if choice is Choice.NEW_LABEL else "")

    def _entered(self, _event: object) -> str:
        self.buttons[Choice.NEW_LABEL].invoke()
        return "break"

    # -- a new label ---------------------------------------------------------------------

    def _load(self, job: UploadJob) -> None:
        """Ask the server which labels are in use, and propose one that is not."""
        app, shown = self._context.app, self._shown
        self._taken = None
        self.label.set("")

        def loaded(found: object) -> None:
            if self._shown == shown:
                self._taken = cast("tuple[TakenLabel, ...]", found)
                if not self.label.get():
                    self.label.set(free_label(job.target.session, self._taken))
                self._judge()

        def failed(_error: BaseException) -> None:
            if self._shown == shown:
                self._taken = ()
                self._judge(unchecked=True)

        self._context.bridge.run(
            lambda _p, _c: app.taken_labels(job.id), loaded, failed, owner=self
        )
        self._judge()

    def _judge(self, *, unchecked: bool = False) -> None:
        """Say beside the label whether it is free."""
        button = self.buttons.get(Choice.NEW_LABEL)
        if button is None:
            return
        label = self.label.get().strip()
        trouble = label_trouble(label, self._taken or ()) if label else ""
        if self._taken is None:
            says = "Asking the server which labels are in use…"
        elif unchecked:
            says = "The server does not say which labels are in use; it will tell."
        elif trouble:
            says = f"⚠ {trouble}"
        else:
            says = f"✔ {label} is free." if label else "Type another label for the session."
        self.verdict.configure(text=says)
        ready = bool(label) and not trouble and self._taken is not None
        button.configure(state="normal" if ready else "disabled")
