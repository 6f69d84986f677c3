"""Base of the screens of one step."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.domain.forms import Form
from dxclient.domain.plan import Variable
from dxclient.ui.bridge import Task
from dxclient.ui.formview import FormView
from dxclient.ui.upload.flow import Flow

T = TypeVar("T")


class StepView(ttk.Frame):
    """A step's screen. It stays alive when another step is shown, so typing is never lost.

    Parameters
    ----------
    flow : Flow
        The upload that the step is part of.
    """

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent)
        self.flow = flow
        self._tasks: dict[str, Task] = {}
        self.pending: dict[str, str] = {}

    def enter(self) -> None:
        """Come to the front: read the draft, load what is missing."""

    def findings(self) -> tuple[Finding, ...]:
        """What this screen has to say of the draft, beyond what the step checks."""
        return ()

    def primary_text(self) -> str:
        """Name of the main button: what it does."""
        return "Continue"

    def activate(self) -> None:
        """Do what the main button says."""
        self.flow.advance()

    def em(self, n: float) -> int:
        """Pixels of *n* ems."""
        return self.flow.context.em(n)

    def load(
        self,
        name: str,
        sentence: str,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Do slow work in the background; an older task of the same name is forgotten.

        Parameters
        ----------
        sentence : str
            What the footer says meanwhile; empty for work that nobody has to wait for.
        """
        self.drop(name)
        if sentence:
            self.pending[name] = sentence

        def finish(then: Callable[[Any], None], value: Any) -> None:
            self.pending.pop(name, None)
            then(value)
            self.flow.changed()

        wrong = failed or self.flow.context.error
        self._tasks[name] = self.flow.context.bridge.run(
            lambda _progress, _cancelled: work(),
            lambda value: finish(done, value),
            lambda error: finish(wrong, error),
            owner=self,
        )
        self.flow.changed()

    def drop(self, name: str) -> None:
        """Drop the answer of a task that is under way."""
        self.pending.pop(name, None)
        if name in self._tasks:
            self._tasks.pop(name).cancel()


class FormStep(StepView):
    """A step that an extension describes as a form; its answers become variables.

    Parameters
    ----------
    form : callable
        Gets the draft, returns the questions.
    """

    def __init__(self, parent: tk.Misc, flow: Flow, form: Callable[..., Form]) -> None:
        super().__init__(parent, flow)
        self._form = form
        self.view: FormView | None = None

    def enter(self) -> None:
        """Ask again; questions may depend on the draft."""
        answers = {variable.name: variable.value for variable in self.flow.draft.answers}
        if self.view is not None:
            self.view.destroy()
        self.view = FormView(self, self._form(self.flow.draft), answers, self._changed)
        self.view.pack(fill="both", expand=True)
        self._changed()

    def findings(self) -> tuple[Finding, ...]:
        """What the form says of the answers."""
        return self.view.findings() if self.view is not None else ()

    def _changed(self) -> None:
        if self.view is None:
            return
        self.flow.put(with_answers(self.flow.draft, self.view.answers))


def with_answers(draft: UploadDraft, answers: dict[str, str]) -> UploadDraft:
    """The draft with these answers, those of other steps kept."""
    kept = {variable.name: variable.value for variable in draft.answers} | answers
    return replace(draft, answers=tuple(Variable(*pair) for pair in kept.items()))
