"""The upload of one image session: the steps on top, one screen below, one main button."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import UploadJob
from dxclient.ui import panelhost
from dxclient.ui.context import View, ViewContext
from dxclient.ui.later import Later
from dxclient.ui.theme import MUTED
from dxclient.ui.upload.acks import AckList
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.project import ProjectStep
from dxclient.ui.upload.queued import QueuedPanel
from dxclient.ui.upload.sessions import SessionsStep
from dxclient.ui.upload.state import Known, acknowledge, distinct, open_findings
from dxclient.ui.upload.step import FormStep, StepView
from dxclient.ui.upload.stepper import Stepper
from dxclient.ui.upload.texts import held_text, view_title
from dxclient.ui.widgets.misc import PrimaryButton
from dxclient.workflow import Wizard, order_steps

_PROJECT_STEP = "core.project"
_SESSIONS_STEP = "core.sessions"


class UploadView(View):
    """The way from the project to the queue.

    Parameters
    ----------
    project_id : str
        Project to start with; empty lets the person choose.
    folders : sequence of pathlib.Path
        Folders to look into at once.
    """

    id = "upload"
    title = "Upload an image session"
    help_text = (
        "Choose a project, a folder and a session; check the date and the labels; "
        "the last button puts the session into the queue. Back never loses what you typed."
    )

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        project_id: str = "",
        folders: Sequence[Path] = (),
        **options: Any,
    ) -> None:
        super().__init__(parent, context, **options)
        self.configure(padding=(context.em(1), 0, context.em(1), context.em(0.6)))
        self.flow = Flow(
            context=context,
            changed=self._changed,
            advance=self.advance,
            finished=self._finished,
            jump=self.jump,
            wanted_project=project_id,
        )
        self._screens: dict[str, tk.Widget] = {}
        self._queued: QueuedPanel | None = None
        self._shown: tk.Widget | None = None
        self._later = Later(self, self._update, None)
        self.footer = self._build_footer()
        self.stepper = Stepper(self, self.jump)
        self.stepper.pack(side="top", fill="x", pady=(0, context.em(0.5)))
        ttk.Separator(self).pack(side="top", fill="x")
        self.acks = AckList(self, self._acknowledged)
        self.acks.pack(side="bottom", fill="x")
        self.body = ttk.Frame(self)
        self.body.pack(fill="both", expand=True, pady=context.em(0.6))
        self._start(UploadDraft())
        if folders:
            self.add_folders(folders)

    def _build_footer(self) -> ttk.Frame:
        # packed first: at large text sizes the footer must not fall off the window
        footer = ttk.Frame(self)
        footer.pack(side="bottom", fill="x", pady=(self.context.em(0.5), 0))
        ttk.Separator(footer).pack(side="top", fill="x", pady=(0, self.context.em(0.5)))
        self.primary_button = PrimaryButton(footer, "Continue", self.primary)
        self.primary_button.pack(side="right")
        self.back_button = ttk.Button(footer, text="‹ Back", command=self.back)
        self.back_button.pack(side="right", padx=self.context.em(0.6))
        self.summary = ttk.Label(footer, style=MUTED, anchor="w")
        self.summary.pack(side="left", fill="x", expand=True)
        return footer

    # -- the way -------------------------------------------------------------------------

    def _start(self, draft: UploadDraft) -> None:
        ordered = order_steps(self.context.app.workflow_steps())
        self.flow.draft = draft
        self.wizard = Wizard(ordered.steps, draft)
        self._show_step()
        for problem in ordered.problems:
            self.context.error(problem)

    def _show_step(self) -> None:
        if self._shown is not None:
            self._shown.pack_forget()
        step = self.wizard.current
        self._shown = self._screen(step)
        self._shown.pack(in_=self.body, fill="both", expand=True)
        if isinstance(self._shown, StepView):
            self._shown.enter()
        self._update()

    def _screen(self, step: Step) -> tk.Widget:
        """The screen of a step, made once: what was typed there stays."""
        if step.id not in self._screens:
            if step.panel:
                screen = panelhost.build(step.panel, self.body, self.flow)
            elif step.form is not None:
                screen = FormStep(self.body, self.flow, step.form)
            else:
                screen = StepView(self.body, self.flow)
            self._screens[step.id] = screen
        return self._screens[step.id]

    def advance(self) -> None:
        """Go to the next step, unless something holds this one."""
        if self.ready() and self.wizard.next():
            self._show_step()

    def back(self) -> None:
        """Go one step back; from the first one to Home."""
        if self._queued is not None or not self.wizard.back():
            super().back()
        else:
            self._show_step()

    def jump(self, step_id: str) -> None:
        """Go back to a step that was passed."""
        if self.wizard.jump(step_id):
            self._show_step()

    def primary(self) -> None:
        """Do what the main button says."""
        if self._queued is not None:
            self._queued.again()
        elif self.ready():
            if isinstance(self._shown, StepView):
                self._shown.activate()
            else:
                self.advance()

    def arrive(self, *, project_id: str = "", folders: Sequence[Path] = (), **options: Any) -> bool:
        """Take a project or folders into the upload that is under way; nothing typed is lost."""
        if options:
            return False
        if self._queued is not None:
            self.again()
        if project_id:
            self.flow.wanted_project = project_id
            self.jump(_PROJECT_STEP)
            project = self._screens.get(_PROJECT_STEP)
            if isinstance(project, ProjectStep):
                project.table.select([project_id])
        if folders:
            self.add_folders(folders)
        return True

    def add_folders(self, folders: Sequence[Path]) -> None:
        """Look into folders that were dropped on the window, whatever step is shown."""
        step = next((s for s in self.wizard.steps if s.id == _SESSIONS_STEP), None)
        if step is None:
            return
        screen = self._screen(step)
        if isinstance(screen, SessionsStep):
            screen.look_into((*screen.folders, *folders))
        self.jump(_SESSIONS_STEP)

    @property
    def draft(self) -> UploadDraft:
        """What is decided so far."""
        return self.flow.draft

    # -- what holds ----------------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """Everything that step and screen say of the draft."""
        shown = self._shown.findings() if isinstance(self._shown, StepView) else ()
        return distinct((*self.wizard.findings(), *shown))

    def pending(self) -> str:
        """What is still being done in the background."""
        if isinstance(self._shown, StepView):
            return next(iter(self._shown.pending.values()), "")
        return ""

    def ready(self) -> bool:
        """Whether the main button may be pressed."""
        return not self.pending() and not open_findings(self.flow.draft, self.findings())

    def _acknowledged(self, finding: Finding, seen: bool) -> None:
        self.flow.put(acknowledge(self.flow.draft, finding, seen=seen))

    # -- showing -------------------------------------------------------------------------

    def _changed(self) -> None:
        """A draft changes several times in a row; the footer is drawn once, when idle."""
        self.wizard.replace(self.flow.draft)
        self._later.ask()

    def _update(self) -> None:
        self._later.cancel()
        if self._queued is not None:
            return
        self.title = view_title(self.flow.draft)
        self.event_generate("<<TitleChanged>>")
        self.stepper.show(self.wizard.steps, self.wizard.current)
        self.acks.show(
            (f for f in self.wizard.findings() if f.severity is Severity.NEEDS_YOU),
            self.flow.draft.acknowledged,
        )
        screen = self._shown
        text = screen.primary_text() if isinstance(screen, StepView) else "Continue"
        self.primary_button.configure(text=text)
        self.primary_button.state(["!disabled" if self.ready() else "disabled"])
        self.summary.configure(text=self._summary())

    def _summary(self) -> str:
        if pending := self.pending():
            return pending
        return held_text(open_findings(self.flow.draft, self.findings()))

    # -- the end -------------------------------------------------------------------------

    def _finished(self, job: UploadJob) -> None:
        if self._shown is not None:
            self._shown.pack_forget()
        self._queued = QueuedPanel(self.body, self.context, job, self.again)
        self._queued.pack(fill="both", expand=True)
        self.back_button.pack_forget()
        self.summary.configure(text="")
        self.primary_button.configure(text="Upload another session")
        self.primary_button.state(["!disabled"])
        self.context.show("transfers")

    def again(self) -> None:
        """Begin another upload to the same project, from the same folders."""
        if self._queued is not None:
            self._queued.destroy()
            self._queued = None
        self._forget_screens()
        self.back_button.pack(side="right", padx=self.context.em(0.6))
        known, draft = self.flow.known, self.flow.draft
        self.flow.known = Known(report=known.report, remembered=known.remembered)
        self._start(UploadDraft(settings=draft.settings, own_script=draft.own_script))
        self.advance()

    def _forget_screens(self) -> None:
        """Screens of the session that is queued go; the project and what was found stay."""
        for step_id in tuple(self._screens):
            if step_id not in (_PROJECT_STEP, _SESSIONS_STEP):
                self._screens.pop(step_id).destroy()
        sessions = self._screens.get(_SESSIONS_STEP)
        if isinstance(sessions, SessionsStep):
            sessions.start_over()
