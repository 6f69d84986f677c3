"""Last step: to where, how much, what is left out, what the scripts do; then the queue."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.ui.theme import DANGER
from dxclient.ui.upload.acks import AckList
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.offer import OwnScriptBox
from dxclient.ui.upload.parts import clear, sentences
from dxclient.ui.upload.state import acknowledge, distinct
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import target_rows, upload_text
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Heading, LinkLabel, Muted, ScrollArea, WrapLabel

if TYPE_CHECKING:
    from dxclient.app import UploadPlan

_NO_SCRIPT = (
    "Nothing will be anonymized: neither the site nor the project has a script. "
    "Names, dates and everything else in the files are sent as they are."
)
_NO_EFFECT = (
    "Nothing will be anonymized: the scripts change nothing. "
    "Names, dates and everything else in the files are sent as they are."
)
#: Said by the big warning already, or below it.
_SAID = frozenset({"script.none", "script.none-accepted", "script.own-lost"})
#: Settings of the person forbid to send without a script; no box can change that.
_FORBIDDEN = "script.required"
_NOTHING = frozenset({"script.none", "script.none-accepted", _FORBIDDEN})
_UNANSWERED = "variable.missing"
_CHOOSE = "Nothing will be anonymized: choose a script above, or tick the box."
_NONE: frozenset[str] = frozenset()


class ConfirmStep(StepView):
    """The plan as the guards judged it, and the button that queues it."""

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent, flow)
        self.plan: UploadPlan | None = None
        self._planned: UploadDraft | None = None
        self.problem = ttk.Frame(self)
        self.problem.pack(side="top", fill="x")
        area = ScrollArea(self, padding=self.em(0.5))
        area.pack(fill="both", expand=True)
        self.warning = ttk.Frame(area.body)
        self.warning.pack(fill="x")
        self.waiting = Muted(self.warning)
        self.accepts = tk.BooleanVar(self)
        self._arranged: tuple[tk.Widget, ...] = ()
        self._build_warning()
        self.facts = ttk.Frame(area.body)
        self.facts.pack(fill="x")
        self.facts.columnconfigure(1, weight=1)
        self.acks = AckList(area.body, self._acknowledged)
        self.acks.pack(fill="x", pady=self.em(0.6))
        self.to_labels = LinkLabel(
            area.body, "Answer it in the step Labels", lambda: self.flow.jump("core.labels")
        )
        self.explained = ttk.Frame(area.body)
        self.explained.pack(fill="x")

    def _build_warning(self) -> None:
        self.big = WrapLabel(self.warning, style=DANGER, font="DxHeading")
        self.own = OwnScriptBox(self.warning, self, self._make_plan)
        self.accept_box = ttk.Checkbutton(
            self.warning,
            text="I understand that nothing is anonymized",
            variable=self.accepts,
            command=self._accepted,
        )

    # -- the plan ------------------------------------------------------------------------

    def enter(self) -> None:
        """Let the guards judge the draft, and show what would happen."""
        if self.flow.draft != self._planned:
            self.plan = None
        self.own.show()
        self._make_plan()

    def _make_plan(self) -> None:
        draft, app = self.flow.draft, self.flow.app
        if draft.session is None or draft.settings is None:
            return
        clear(self.problem)
        self.accepts.set(draft.accepts_no_script)
        if self.plan is None:
            clear(self.facts)
            clear(self.explained)
            self.acks.show((), frozenset())
            self._wait("Checking everything once more…")
        self.load(
            "plan",
            "Checking everything once more…",
            lambda: app.plan(draft),
            lambda plan: self._show(plan, draft),
            self._failed,
        )

    def _wait(self, text: str) -> None:
        """Say what is waited for; without it the line takes no room."""
        self.waiting.configure(text=text)
        if text:
            self.waiting.pack(fill="x")
        else:
            self.waiting.pack_forget()
            self.warning.configure(height=1)

    def _failed(self, error: BaseException) -> None:
        self.plan = None
        self._wait("")
        self._show_warning()
        clear(self.problem)
        ErrorCard(self.problem, error, retry=self._make_plan).pack(fill="x", pady=(0, self.em(0.5)))

    def _show(self, plan: UploadPlan, draft: UploadDraft) -> None:
        self.plan, self._planned = plan, draft
        self._wait("")
        self._show_warning()
        clear(self.facts)
        for row, (name, value) in enumerate(target_rows(plan.request)):
            label = ttk.Label(self.facts, text=name, font="DxBold")
            label.grid(row=row, column=0, sticky="nw", padx=(0, self.em(1.5)), pady=self.em(0.1))
            WrapLabel(self.facts, value).grid(row=row, column=1, sticky="ew", pady=self.em(0.1))
        self.acks.show(self._to_show(), draft.acknowledged)
        self.to_labels.pack_forget()
        if _UNANSWERED in self._codes():
            self.to_labels.pack(anchor="w", after=self.acks)
        self._explain(plan)

    def _codes(self) -> frozenset[str]:
        return frozenset(finding.code for finding in self.plan.findings) if self.plan else _NONE

    def _nothing(self) -> bool:
        """Whether the plan anonymizes nothing."""
        if self.plan is None:
            return False
        return not self.plan.request.plan.scripts or bool(self._codes() & _NOTHING)

    def _show_warning(self) -> None:
        """Say that nothing is anonymized; offer scripts there, and keep a chosen one in sight."""
        wanted: list[tk.Widget] = []
        draft, nothing = self.flow.draft, self._nothing()
        if nothing and self.plan is not None:
            said = _NO_EFFECT if self.plan.request.plan.scripts else _NO_SCRIPT
            self.big.configure(text=f"⚠ {said}")
            wanted.append(self.big)
        if nothing or draft.own_script is not None or draft.lost_script:
            wanted.append(self.own)
        if nothing and _FORBIDDEN not in self._codes():
            wanted.append(self.accept_box)
        self._arrange(tuple(wanted))

    def _arrange(self, wanted: tuple[tk.Widget, ...]) -> None:
        """Show these one under the other; nothing moves when they are there already."""
        if wanted == self._arranged:
            return
        for widget in self._arranged:
            widget.pack_forget()
        self._arranged = wanted
        for widget in wanted:
            widget.pack(anchor="w", fill="x", pady=(0, self.em(0.5)))
        self.warning.configure(height=1)

    def _explain(self, plan: UploadPlan) -> None:
        clear(self.explained)
        if not plan.explanation:
            return
        Heading(self.explained, "What the scripts will do").pack(anchor="w")
        sentences(self.explained, plan.explanation)

    # -- what a person does --------------------------------------------------------------

    def _accepted(self) -> None:
        self.flow.put(replace(self.flow.draft, accepts_no_script=self.accepts.get()))
        self._make_plan()

    def _acknowledged(self, finding: Finding, seen: bool) -> None:
        self.flow.put(acknowledge(self.flow.draft, finding, seen=seen))

    def activate(self) -> None:
        """Queue the session."""
        draft, app = self.flow.draft, self.flow.app
        clear(self.problem)
        self.load(
            "submit",
            "Queueing the session…",
            lambda: app.submit(draft),
            self.flow.finished,
            self._not_queued,
        )

    def _not_queued(self, error: BaseException) -> None:
        clear(self.problem)
        ErrorCard(self.problem, error).pack(fill="x", pady=(0, self.em(0.5)))

    # -- footer --------------------------------------------------------------------------

    def _to_show(self) -> tuple[Finding, ...]:
        findings = self.plan.findings if self.plan else ()
        return distinct(finding for finding in findings if finding.code not in _SAID)

    def findings(self) -> tuple[Finding, ...]:
        """What the guards said; nothing is sent before they have spoken."""
        if self.plan is None:
            return (_stop("plan.none", "The upload is not checked yet."),)
        found = list(self._to_show())
        if self.flow.draft.lost_script:
            found.insert(0, _stop("script.own-lost", self.flow.draft.lost_script))
        if self._nothing() and _FORBIDDEN not in self._codes() and not self.accepts.get():
            found.insert(0, _stop("script.none", _CHOOSE))
        return tuple(found)

    def primary_text(self) -> str:
        """Say how much is uploaded."""
        return upload_text(self.plan.request if self.plan else None)


def _stop(code: str, sentence: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence)
