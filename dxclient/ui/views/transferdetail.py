"""The selected upload: its state in a sentence, what can be done, and its scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ttkbootstrap as ttk

from dxclient.domain.events import ScanProgressed
from dxclient.domain.jobs import Choice, JobState, UploadJob
from dxclient.ui import words
from dxclient.ui.board import Group, group_of
from dxclient.ui.context import ViewContext
from dxclient.ui.metrics import em
from dxclient.ui.transferwords import LOOKS, host, web_page
from dxclient.ui.views.answering import Answers
from dxclient.ui.widgets.misc import Fold, Heading, Muted, WrapLabel
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
#: Actions in the order shown: (method of the view, text).
_ACTIONS = (
    ("log_in", "Log in…"),
    ("retry", "Try now"),
    ("receipt", "Receipt"),
    ("resume", "Resume"),
    ("web", "Open web page"),
    ("pause", "Pause"),
    ("cancel", "Stop…"),
    ("forget", "Forget…"),
)
#: Never the main action.
_QUIET = ("pause", "cancel", "forget")
_AT_WORK = (JobState.SENDING, JobState.COMMITTING, JobState.CONFIRMING)
#: Answers to what the server said of the session there, rather than of what was sent.
_CONFLICT = frozenset({Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE})


class TransferDetail(ttk.Frame):
    """Below the table of uploads."""

    def __init__(self, parent: Any, context: ViewContext, view: TransfersView) -> None:
        super().__init__(parent)
        self._context, self._view = context, view
        self._job: UploadJob | None = None
        self._sent: dict[str, int] = {}
        self.columnconfigure(0, weight=1)
        self.rowconfigure(5, weight=1)
        self._title = Heading(self)
        self._title.grid(row=0, column=0, sticky="w")
        self._sentence = WrapLabel(self)
        self._sentence.grid(row=1, column=0, columnspan=2, sticky="ew")
        self.said = WrapLabel(self)
        self._fold = Fold(self, "Details")
        self._details = Muted(self._fold.body)
        self._details.pack(fill="x")
        self.answers = Answers(self, context, view.answer)
        self._where = Muted(self)
        self._where.grid(row=4, column=0, columnspan=2, sticky="ew")
        self._build_buttons()
        self._build_scans()
        context.bridge.subscribe(ScanProgressed, self._progressed, self)

    def _build_buttons(self) -> None:
        bar = ttk.Frame(self)
        bar.grid(row=0, column=1, sticky="e")
        self.buttons = {
            name: ttk.Button(bar, text=text, command=getattr(self._view, name))
            for name, text in _ACTIONS
        }

    def _build_scans(self) -> None:
        self.scans = Table(
            self,
            _SCANS,
            filterable=False,
            height=3,
            empty="No scans.",
            on_select=lambda _ids: self._allow_again(),
        )
        self.scans.grid(row=5, column=0, columnspan=2, sticky="nsew", pady=(_gap(self), 0))
        self.again = ttk.Button(self, text="Send this scan again", command=self._send_again)

    # -- what is shown -------------------------------------------------------------------

    def show(self, job: UploadJob | None) -> None:
        """Show this upload."""
        other = job is None or self._job is None or job.id != self._job.id
        self._job = job
        if other:
            self._sent = {}
            self._load()
        self._texts(job)
        self._offer(job)
        self.answers.show(job)
        if job is not None and job.choices:
            self.answers.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(_gap(self), 0))
        else:
            self.answers.grid_remove()
        self._rows()
        self._allow_again()

    def _offer(self, job: UploadJob | None) -> None:
        """Show the buttons that fit, the main one in the colour of main actions."""
        allowed = [one for one in LOOKS[job.state].actions if self._fits(job, one)] if job else []
        for name, button in self.buttons.items():
            button.pack_forget()
            if name in allowed:
                main = name == allowed[0] and name not in _QUIET and not (job and job.choices)
                button.configure(bootstyle="success" if main else "default")
                button.pack(side="left", padx=(_gap(self), 0))

    def _fits(self, job: UploadJob, action: str) -> bool:
        return action != "web" or bool(web_page(job))

    def _texts(self, job: UploadJob | None) -> None:
        if job is None:
            for label in (self._title, self._sentence, self._where):
                label.configure(text="")
            self.said.grid_remove()
            self._fold.grid_remove()
            return
        target = job.target
        self._title.configure(text=f"{target.session} — {job.state.value}")
        self._sentence.configure(text=self._says(job))
        self._show_details(job)
        parts = (
            f"Subject {target.subject} in project {target.project}",
            f"{target.user} at {host(target.server)}",
            words.size(job.bytes_total),
            f"tried {words.plural(job.attempts, 'time')}" if job.attempts > 1 else "",
            words.moment(job.finished),
        )
        self._where.configure(text=" · ".join(part for part in parts if part))

    def _says(self, job: UploadJob) -> str:
        """The job's own sentence, and what its state means where that says more."""
        working = self._view.board.working.get(job.id, 0)
        if working:
            return f"The server has been working on it for {words.duration(working)}."
        means = LOOKS[job.state].means
        return job.sentence if job.sentence and job.state is not JobState.OFFLINE else means

    def _show_details(self, job: UploadJob) -> None:
        """The server's own words beside the choices; other details behind a fold."""
        conflict = bool(_CONFLICT.intersection(job.choices))
        said = "\n".join(f"“{line}”" for line in job.details.splitlines() if line.strip())
        self.said.configure(text=f"The server says: {said}")
        self._details.configure(text=job.details)
        for shown, widget in ((conflict, self.said), (not conflict, self._fold)):
            if shown and job.details:
                widget.grid(row=2, column=0, columnspan=2, sticky="ew")
            else:
                widget.grid_remove()

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

    # -- one scan ------------------------------------------------------------------------

    def _allow_again(self) -> None:
        """A scan can be sent again while the upload is neither at work nor over."""
        job, chosen = self._job, self.scans.selected
        rests = job is not None and job.state not in _AT_WORK and group_of(job) is not Group.DONE
        if rests and chosen and self._sent.get(chosen[0], 0):
            self.again.grid(row=6, column=0, columnspan=2, sticky="w", pady=(_gap(self), 0))
        else:
            self.again.grid_remove()

    def _send_again(self) -> None:
        if self.scans.selected:
            self._view.retry_scan(self.scans.selected[0])


def _gap(widget: Any) -> int:
    """The usual gap."""
    return em(widget, 0.4)
