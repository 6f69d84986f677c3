"""Fourth step: subject, session label, tracer, and what the scripts ask for."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.project import PetTracer, ProjectContents
from dxclient.ui.later import Later
from dxclient.ui.upload.acks import AckList
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.parts import clear, pack_entry
from dxclient.ui.upload.state import acknowledge
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.subject import SubjectPicker
from dxclient.ui.upload.texts import session_title
from dxclient.ui.upload.variables import VariablesForm
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Heading, LabelledEntry, LinkLabel, Muted, ScrollArea

#: Wait for the end of typing before labels are proposed anew.
SETTLE_MS = 150


class LabelsStep(StepView):
    """One column from the subject down to the variables of the scripts."""

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent, flow)
        self._of = ("", "")
        self._loaded = False
        self._quiet = False
        self._proposal = ""
        self._later = Later(self, self._propose, SETTLE_MS)
        self.problem = ttk.Frame(self)
        self.problem.pack(side="top", fill="x")
        area = ScrollArea(self, padding=self.em(0.5))
        area.pack(fill="both", expand=True)
        self.heading = Muted(area.body)
        self.heading.pack(fill="x", pady=(0, self.em(0.6)))
        self.subject = SubjectPicker(area.body, self._subject_changed)
        self.subject.pack(fill="x")
        self.tracer_box = ttk.Frame(area.body)
        self._build_tracer()
        self._build_label(area.body)
        self.variables = VariablesForm(area.body, self._answered)
        self.variables.pack(fill="x")

    def _build_tracer(self) -> None:
        Heading(self.tracer_box, "PET tracer").pack(anchor="w", pady=(self.em(1), 0))
        self.tracer = tk.StringVar(self)
        self.tracers = ttk.Combobox(self.tracer_box, textvariable=self.tracer, width=30)
        self.tracers.pack(anchor="w", padx=(self.em(1.6), 0), pady=self.em(0.2))
        Muted(self.tracer_box, "Choose from the list, or type another name.").pack(
            fill="x", padx=(self.em(1.6), 0)
        )
        self.tracer.trace_add("write", lambda *_: self._tracer_changed())

    def _build_label(self, parent: tk.Misc) -> None:
        self.label_box = ttk.Frame(parent)
        self.label_box.pack(fill="x", pady=(self.em(1), 0))
        Heading(self.label_box, "Session").pack(anchor="w")
        inner = ttk.Frame(self.label_box, padding=(self.em(1.6), 0, 0, 0))
        inner.pack(fill="x")
        self.label = LabelledEntry(inner, "Label of the session", on_change=self._label_typed)
        pack_entry(self.label, pady=self.em(0.2))
        self.free = ttk.Label(inner)
        self.free.pack(anchor="w")
        self.use_proposal = LinkLabel(inner, "", self._take_proposal)
        self.acks = AckList(inner, self._acknowledged)
        self.acks.pack(fill="x")

    # -- loading -------------------------------------------------------------------------

    def enter(self) -> None:
        """Load subjects, labels in use, tracers and variables; show what was typed before."""
        draft = self.flow.draft
        if draft.session is None or draft.settings is None:
            return
        self.heading.configure(text=session_title(draft.session))
        now = (draft.session.study_uid, draft.settings.project.id)
        if now != self._of:
            self._of = now
            self._loaded = False
            self._show_draft(draft)
        self._load(draft)

    def _load(self, draft: UploadDraft) -> None:
        settings, app = draft.settings, self.flow.app
        assert settings is not None

        def work() -> tuple[ProjectContents, tuple[PetTracer, ...], tuple[Any, ...], str]:
            contents = app.project_contents(settings.project)
            proposal = "" if draft.subject else app.propose_subject(draft, contents)
            tracers = app.tracers(settings) if draft.has_pet else ()
            return contents, tracers, app.script_variables(draft), proposal

        self.load(
            "labels",
            "Loading the subjects and labels of the project…",
            work,
            lambda found: self._show_loaded(*found),
            self._failed,
        )

    def _failed(self, error: BaseException) -> None:
        self._loaded = False
        clear(self.problem)
        ErrorCard(self.problem, error, retry=self.enter).pack(fill="x", pady=(0, self.em(0.5)))

    def _show_loaded(
        self,
        contents: ProjectContents,
        tracers: tuple[PetTracer, ...],
        variables: tuple[Any, ...],
        proposal: str,
    ) -> None:
        settings = self.flow.draft.settings
        if settings is None:
            return
        clear(self.problem)
        first, self._loaded = not self._loaded, True
        self.flow.known.contents = contents
        self.tracers.configure(values=[tracer.name for tracer in tracers])
        if first and self.flow.draft.subject:
            # the draft's subject is shown before the picker may speak for it
            self.subject.set(self.flow.draft.subject, create=self.flow.draft.create_subject)
        self.subject.show(contents.subjects, settings)
        self.variables.show(variables, self.flow.draft.answers)
        self._answered()
        if first and proposal and not self.flow.draft.subject:
            self.subject.propose(proposal)
        self._propose_soon()
        self._judge()
        if first and not self.flow.draft.subject and self.winfo_viewable():
            self.subject.focus_here()

    def _show_draft(self, draft: UploadDraft) -> None:
        self._quiet = True
        self._proposal = ""
        self.subject.set(draft.subject, create=draft.create_subject)
        self.tracer.set(draft.tracer)
        self.label.value = draft.label
        if draft.has_pet:
            self.tracer_box.pack(fill="x", before=self.label_box)
        else:
            self.tracer_box.pack_forget()
        self._quiet = False

    # -- what a person does --------------------------------------------------------------

    def _subject_changed(self) -> None:
        if self._quiet or not self._loaded:
            return
        self._put(subject=self.subject.label, create_subject=self.subject.creates)
        self._propose_soon()

    def _tracer_changed(self) -> None:
        if not self._quiet:
            self._put(tracer=self.tracer.get().strip())
            self._propose_soon()

    def _label_typed(self, text: str) -> None:
        if not self._quiet:
            self._put(label=text.strip(), label_typed=bool(text.strip()))

    def _answered(self) -> None:
        self._put(answers=self.variables.merged(self.flow.draft.answers))

    def _acknowledged(self, finding: Finding, seen: bool) -> None:
        self.flow.put(acknowledge(self.flow.draft, finding, seen=seen))

    def _put(self, **changes: Any) -> None:
        self.flow.put(replace(self.flow.draft, **changes))
        self._judge()

    # -- the proposal --------------------------------------------------------------------

    def _propose_soon(self) -> None:
        self._later.ask_anew()
        self.pending["settle"] = "Proposing a label…"
        self.flow.changed()

    def _propose(self) -> None:
        self.pending.pop("settle", None)
        draft, contents, app = self.flow.draft, self.flow.known.contents, self.flow.app
        if contents is None:
            return
        self.load(
            "propose",
            "Proposing a label…",
            lambda: app.propose_session(draft, contents),
            self._proposed,
        )

    def _proposed(self, proposal: str) -> None:
        self._proposal = proposal
        if not self.flow.draft.label_typed:
            self._set_label(proposal, typed=False)
        self._judge()

    def _take_proposal(self) -> None:
        self._set_label(self._proposal, typed=False)

    def _set_label(self, text: str, *, typed: bool) -> None:
        self._quiet = True
        self.label.value = text
        self._quiet = False
        self._put(label=text, label_typed=typed)

    # -- judging -------------------------------------------------------------------------

    def _session_findings(self) -> tuple[Finding, ...]:
        contents = self.flow.known.contents
        if contents is None or not self._loaded:
            return ()
        found = self.flow.app.label_findings(self.flow.draft, contents)
        return tuple(finding for finding in found if finding.subject != "subject")

    def _judge(self) -> None:
        """Say beside the label whether it is free."""
        draft, found = self.flow.draft, self._session_findings()
        stops = [finding for finding in found if finding.severity is Severity.STOPS]
        asks = [finding for finding in found if finding.severity is not Severity.STOPS]
        says = stops[0] if stops and draft.label else None
        self.label.say(f"{says.sentence} {says.hint}".strip() if says else "")
        self.acks.show(asks, draft.acknowledged)
        free = self._loaded and draft.label and not found
        self.free.configure(text=f"✔ {draft.label} is free." if free else "")
        differs = self._proposal and self._proposal != draft.label
        self.use_proposal.configure(text=f"Use the proposal {self._proposal}")
        if differs:
            self.use_proposal.pack(anchor="w", before=self.acks)
        else:
            self.use_proposal.pack_forget()

    def primary_text(self) -> str:
        """Say where it goes on."""
        return "Review the upload"

    def findings(self) -> tuple[Finding, ...]:
        """What is missing or taken."""
        if not self._loaded:
            return (_stop("labels.unknown", "The labels in use are not known yet."),)
        found = list(self._session_findings())
        if problem := self.subject.problem():
            named = self.subject.creates or self.subject.choice.get().strip()
            found.insert(0, _stop("subject.label" if named else "subject.missing", problem))
        if self.flow.draft.has_pet and not self.flow.draft.tracer:
            found.append(_stop("tracer.missing", "A PET session needs the name of its tracer."))
        return (*found, *self.variables.findings())


def _stop(code: str, sentence: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence)
