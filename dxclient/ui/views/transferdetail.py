"""The selected upload: its state in a sentence, what can be done, and its scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ttkbootstrap as ttk

from dxclient.domain.events import ScanProgressed
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui import words
from dxclient.ui.board import Group, group_of
from dxclient.ui.context import ViewContext
from dxclient.ui.widgets.misc import Heading, Muted, WrapLabel
from dxclient.ui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from dxclient.ui.views.transfers import TransfersView

_SCANS = (
    Column("number", "Scan", 6),
    Column("modality", "Modality", 7),
    Column("files", "Files", 10, "e"),
    Column("size", "Size", 7, "e"),
    Column("progress", "Progress", 11.5),
)
#: Actions in the order shown: (method of the view, text, style).
_ACTIONS = (
    ("log_in", "Log in", "success"),
    ("retry", "Try again", "success"),
    ("receipt", "Receipt", "success"),
    ("resume", "Resume", "success"),
    ("pause", "Pause", "default"),
    ("cancel", "Stop…", "default"),
)
_ACTIVE = ("pause", "cancel")
_ALLOWED = {
    JobState.QUEUED: _ACTIVE,
    JobState.SENDING: _ACTIVE,
    JobState.WAITING: ("retry", *_ACTIVE),
    JobState.COMMITTING: (),
    JobState.CONFIRMING: (),
    JobState.PAUSED: ("resume", "cancel"),
    JobState.NEEDS_LOGIN: ("log_in", "cancel"),
    JobState.NEEDS_YOU: ("retry", "cancel"),
    JobState.FAILED: ("retry", "cancel"),
    JobState.CONFIRMED: ("receipt",),
    JobState.CANCELLED: (),
}


class TransferDetail(ttk.Frame):
    """Below the table of uploads."""

    def __init__(self, parent: Any, context: ViewContext, view: TransfersView) -> None:
        super().__init__(parent)
        self._context = context
        self._job: UploadJob | None = None
        self._sent: dict[str, int] = {}
        self.columnconfigure(0, weight=1)
        self.rowconfigure(3, weight=1)
        self._title = Heading(self)
        self._title.grid(row=0, column=0, sticky="w")
        self._sentence = WrapLabel(self)
        self._sentence.grid(row=1, column=0, columnspan=2, sticky="ew")
        self._where = Muted(self)
        self._where.grid(row=2, column=0, columnspan=2, sticky="ew")
        bar = ttk.Frame(self)
        bar.grid(row=0, column=1, sticky="e")
        self.buttons = {
            name: ttk.Button(bar, text=text, bootstyle=style, command=getattr(view, name))
            for name, text, style in _ACTIONS
        }
        self.scans = Table(self, _SCANS, filterable=False, height=4, empty="No scans.")
        self.scans.grid(row=3, column=0, columnspan=2, sticky="nsew", pady=(context.em(0.4), 0))
        context.bridge.subscribe(ScanProgressed, self._progressed, self)

    def show(self, job: UploadJob | None) -> None:
        """Show this upload."""
        other = job is None or self._job is None or job.id != self._job.id
        self._job = job
        if other:
            self._sent = {}
            self._load()
        self._texts(job)
        allowed = _ALLOWED[job.state] if job else ()
        for name, button in self.buttons.items():
            button.pack_forget()
            if name in allowed:
                button.pack(side="left", padx=(self._context.em(0.4), 0))
        self._rows()

    def _texts(self, job: UploadJob | None) -> None:
        if job is None:
            for label in (self._title, self._sentence, self._where):
                label.configure(text="")
            return
        target = job.target
        self._title.configure(text=f"{target.session} — {job.state.value}")
        self._sentence.configure(text=job.sentence)
        self._sentence.grid() if job.sentence else self._sentence.grid_remove()
        parts = (
            f"Subject {target.subject} in project {target.project} on {target.server}",
            words.size(job.bytes_total),
            f"tried {words.plural(job.attempts, 'time')}" if job.attempts > 1 else "",
            words.moment(job.finished),
        )
        self._where.configure(text=" · ".join(part for part in parts if part))

    def _load(self) -> None:
        job, app = self._job, self._context.app
        if job is None or group_of(job) is Group.DONE:
            return
        wanted = job.id

        def loaded(progress: Any) -> None:
            if self._job is not None and self._job.id == wanted:
                for scan in progress:
                    self._sent[scan.series_uid] = scan.files_sent
                self._rows()

        self._context.bridge.run(
            lambda _p, _c: app.transfers.scan_progress(wanted),
            loaded,
            self._context.error,
            owner=self,
        )

    def _progressed(self, event: ScanProgressed) -> None:
        if self._job is None or event.job_id != self._job.id:
            return
        self._sent[event.series_uid] = event.files_sent
        scan = next((s for s in self._job.scans if s.series_uid == event.series_uid), None)
        if scan is not None:
            self.scans.update_row(self._row(scan))

    def _rows(self) -> None:
        job = self._job
        self.scans.set_rows([self._row(scan) for scan in job.scans] if job else [])

    def _row(self, scan: Any) -> Row:
        done = self._job is not None and self._job.state is JobState.CONFIRMED
        sent = scan.files if done else self._sent.get(scan.series_uid, 0)
        return Row(
            scan.series_uid,
            (
                scan.number,
                scan.modality,
                f"{sent:,} of {scan.files:,}",
                words.size(scan.size),
                words.bar(sent, scan.files),
            ),
        )
