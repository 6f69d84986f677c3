"""The scripts of a project: their text, and what they do in sentences."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace

import ttkbootstrap as ttk

from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.project import ProjectSettings, ScriptSource
from dxclient.ui.upload.offer import OwnScriptBox
from dxclient.ui.upload.parts import sentences
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import script_title
from dxclient.ui.widgets.findings import sentence_of
from dxclient.ui.widgets.misc import Heading, LinkLabel, Muted


class ScriptsPanel(ttk.Frame):
    """One line for each script; text or explanation open below it; then the person's own.

    Parameters
    ----------
    step : StepView
        Runs the explanation in the background.
    on_change : callable
        Called after the draft has another script of this computer, or none.
    """

    def __init__(
        self,
        parent: tk.Misc,
        step: StepView,
        settings: ProjectSettings,
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(parent)
        self._step, self._settings = step, settings
        self._open: tuple[str, str] | None = None
        Heading(self, "Anonymization scripts").pack(anchor="w")
        for script in settings.scripts:
            self._line(script)
        self.own = OwnScriptBox(self, step, on_change)
        self.own.pack(fill="x", pady=(step.em(0.4), 0))
        self.own.show()

    def _line(self, script: ScriptSource) -> None:
        em = self._step.em
        line = ttk.Frame(self)
        line.pack(fill="x", pady=em(0.2))
        ttk.Label(line, text=script_title(script)).pack(side="left")
        body = ttk.Frame(self, padding=(em(1), 0, 0, em(0.4)))
        body.pack(fill="x")
        for text, show in (("Show script", self._show_text), ("Explain", self._explain)):
            LinkLabel(line, text, lambda s=show: self._toggle(script, body, s)).pack(  # type: ignore[misc]
                side="left", padx=(em(1), 0)
            )
        LinkLabel(line, "Open in editor", lambda: self._edit(script)).pack(
            side="left", padx=(em(1), 0)
        )

    def _edit(self, script: ScriptSource) -> None:
        show = self._step.flow.context.show
        show("scripts", settings=self._settings, script=script.name)

    def _toggle(self, script: ScriptSource, body: ttk.Frame, show: object) -> None:
        for child in body.winfo_children():
            child.destroy()
        body.configure(height=1)
        now = (script.name, str(show))
        if self._open == now:
            self._open = None
        elif callable(show):
            self._open = now
            show(script, body)

    def _show_text(self, script: ScriptSource, body: ttk.Frame) -> None:
        lines = script.text.count("\n") + 1
        text = tk.Text(body, height=min(lines, 16), wrap="none", font="TkFixedFont")
        text.insert("1.0", script.text)
        text.configure(state="disabled")
        text.pack(fill="x")

    def _explain(self, script: ScriptSource, body: ttk.Frame) -> None:
        Muted(body, "Reading the script…").pack(fill="x")
        # scripts can be explained without a session: an empty one stands in
        only = replace(self._settings, scripts=(script,))
        draft = UploadDraft(settings=only, session=ImageSession(study_uid=""))
        app = self._step.flow.app
        self._step.load(
            "explain",
            "",
            lambda: app.explain(draft),
            lambda lines: self._say(body, lines),
            lambda error: self._say(body, (sentence_of(error),)),
        )

    @staticmethod
    def _say(body: ttk.Frame, lines: tuple[str, ...]) -> None:
        if not body.winfo_exists():
            return
        for child in body.winfo_children():
            child.destroy()
        sentences(body, lines or ("This script changes nothing.",))
