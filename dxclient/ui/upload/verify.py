"""Third step: the date by the person's own records, and what was found in the session."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.protocols import DateVerification
from dxclient.ui.upload.acks import AckList
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.parts import clear, pack_entry
from dxclient.ui.upload.state import acknowledge
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import read_date, session_title
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Heading, LabelledEntry, Muted, ScrollArea

_HINT = "As YYYY-MM-DD, such as 2024-03-09, or as in DICOM: 20240309."


class VerifyStep(StepView):
    """The question for the date, and the findings with boxes to tick."""

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent, flow)
        self._verification: DateVerification | None = None
        self._failed = False
        self._of = ("", "")
        area = ScrollArea(self, padding=self.em(0.5))
        area.pack(fill="both", expand=True)
        self.heading = Heading(area.body)
        self.heading.pack(anchor="w", pady=(0, self.em(0.8)))
        self.problem = ttk.Frame(area.body)
        self.problem.pack(fill="x")
        self.date_box = ttk.Frame(area.body)
        self.date_box.pack(fill="x")
        self.unknown = tk.BooleanVar(self)
        self._build_date()
        self.acks = AckList(area.body, self._acknowledged)
        self.acks.pack(fill="x", pady=self.em(0.8))

    def _build_date(self) -> None:
        self.entry = LabelledEntry(self.date_box, "", on_change=self._typed, width_em=14)
        pack_entry(self.entry)
        Muted(self.date_box, _HINT).pack(fill="x")
        self.verdict = ttk.Label(self.date_box)
        self.verdict.pack(anchor="w", pady=self.em(0.3))
        self.unknown_box = ttk.Checkbutton(
            self.date_box,
            text="I do not know the date; the receipt will say so",
            variable=self.unknown,
            command=self._toggled,
        )
        self.unknown_box.pack(anchor="w", pady=self.em(0.3))

    def enter(self) -> None:
        """Ask for the date of this session; what was typed for it is kept."""
        draft = self.flow.draft
        if draft.session is None or draft.settings is None:
            return
        self.heading.configure(text=session_title(draft.session))
        self.acks.show(draft.session.findings, draft.acknowledged)
        now = (draft.session.study_uid, draft.settings.project.id)
        if now != self._of:
            self._of = now
            self._verification = None
            self.entry.value = draft.verified_date
            self.unknown.set(draft.date_unknown)
        self._ask(draft)

    def _ask(self, draft: UploadDraft) -> None:
        self.load(
            "date",
            "Looking up what has to be verified…",
            lambda: self.flow.app.date_verification(draft),
            self._show_question,
            self._not_asked,
        )

    def _not_asked(self, error: BaseException) -> None:
        self._failed = True
        clear(self.problem)
        ErrorCard(self.problem, error, retry=self.enter).pack(fill="x", pady=(0, self.em(0.5)))

    def _show_question(self, verification: DateVerification | None) -> None:
        self._failed = False
        clear(self.problem)
        self._verification = verification
        if verification is None:
            self.date_box.pack_forget()
        else:
            self.date_box.pack(fill="x", before=self.acks)
            self.entry.label.configure(text=verification.question)
        self._judge()

    # -- the date ------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        day = read_date(text)
        typed = day.isoformat() if day else ""
        self.flow.put(replace(self.flow.draft, verified_date=typed))
        self._judge()

    def _toggled(self) -> None:
        self.flow.put(replace(self.flow.draft, date_unknown=self.unknown.get()))
        self._judge()

    def _judge(self) -> None:
        """Say below the entry what is wrong, once a whole date is there."""
        self.entry.entry.state(["disabled" if self.unknown.get() else "!disabled"])
        found = self._date_findings()
        typed = self.entry.value.strip()
        says_wrong = found and typed and not self.unknown.get()
        if says_wrong and len(typed) >= 8:
            self.entry.say(" ".join(part for part in (found[0].sentence, found[0].hint) if part))
        else:
            self.entry.say("")
        right = not found and typed and self._verification is not None and not self.unknown.get()
        self.verdict.configure(text="✔ This is the date in the files." if right else "")
        self.flow.changed()

    def _date_findings(self) -> tuple[Finding, ...]:
        if self._verification is None or self.unknown.get():
            return ()
        typed = self.entry.value.strip()
        day = read_date(typed)
        if typed and day is None:
            return (_stop("date.unreadable", "This is not a full date.", _HINT),)
        return self._verification.judge(day.isoformat() if day else "")

    def primary_text(self) -> str:
        """Say where it goes on."""
        return "Continue to the labels"

    # -- findings ------------------------------------------------------------------------

    def _acknowledged(self, finding: Finding, seen: bool) -> None:
        self.flow.put(acknowledge(self.flow.draft, finding, seen=seen))

    def findings(self) -> tuple[Finding, ...]:
        """What is still to be answered."""
        if self._failed:
            return (_stop("date.failed", "What has to be verified could not be looked up.", ""),)
        session = self.flow.draft.session
        return (*self._date_findings(), *(session.findings if session else ()))


def _stop(code: str, sentence: str, hint: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence, hint=hint)
