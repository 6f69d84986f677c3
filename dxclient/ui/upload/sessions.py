"""Second step: the folders, the sessions found in them, and the scans to send."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tkinter import filedialog

import ttkbootstrap as ttk

from dxclient.domain.dicom import FolderReport, ImageSession, Scan, ScanProgress
from dxclient.domain.errors import SettingsError
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import count_left_out
from dxclient.ui import words
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.leftout import LeftOutPanel, LeftOutRows, left_out_rows
from dxclient.ui.upload.parts import clear
from dxclient.ui.upload.state import ACCEPTED, sent_scans, with_scan, with_session
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import (
    progress_text,
    report_text,
    scan_row,
    session_row,
)
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Muted
from dxclient.ui.widgets.table import Column, Row, Table

_LAST_FOLDER = "ui.last_folder"

_SESSIONS = (
    Column("patient", "Patient", 12, stretch=True),
    Column("id", "Patient ID", 9),
    Column("date", "Date", 7.5),
    Column("description", "Description", 12, stretch=True),
    Column("modalities", "Modalities", 7),
    Column("scans", "Scans", 4.5, "e"),
    Column("files", "Files", 5, "e"),
    Column("size", "Size", 5.5, "e"),
    Column("findings", "Findings", 9),
)
_SCANS = (
    Column("number", "Scan", 4.5, "e"),
    Column("description", "Description", 18, stretch=True),
    Column("modality", "Modality", 6),
    Column("files", "Files", 5, "e"),
    Column("size", "Size", 5.5, "e"),
    Column("remark", "Not sent because", 20, stretch=True),
)


class SessionsStep(StepView):
    """Folder buttons on top, the sessions below, the scans of the chosen session under them."""

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent, flow)
        self.folders: tuple[Path, ...] = ()
        self._by_uid: dict[str, ImageSession] = {}
        self._stop = False
        self._unjudged = False
        self._build_bar()
        self.problem = ttk.Frame(self)
        self.problem.pack(side="top", fill="x")
        self.tabs = ttk.Notebook(self)
        self.tabs.pack(fill="both", expand=True)
        self._build_sessions()
        self.left_out = LeftOutPanel(self.tabs)
        self.tabs.add(self.left_out, text="Left out")
        self._ready()

    def _build_bar(self) -> None:
        bar = ttk.Frame(self)
        bar.pack(side="top", fill="x", pady=(0, self.em(0.5)))
        gap = self.em(0.4)
        self.choose_button = ttk.Button(bar, text="Choose a folder…", command=self.choose)
        self.add_button = ttk.Button(bar, text="Add another folder…", command=self.add)
        self.cancel_button = ttk.Button(bar, text="Cancel", command=self.cancel)
        self.choose_button.pack(side="left", padx=(0, gap))
        self.add_button.pack(side="left", padx=(0, gap))
        self.cancel_button.pack(side="right")
        if self.flow.context.samples is not None:
            self.samples_button = ttk.Button(
                bar, text="Use the sample sessions", command=self.use_samples
            )
            self.samples_button.pack(side="left", padx=(0, gap))
        self.bar = ttk.Progressbar(bar, mode="indeterminate", length=self.em(8))
        self.counts = Muted(bar)
        self.counts.pack(side="left", fill="x", expand=True, padx=gap)

    def _build_sessions(self) -> None:
        panes = ttk.Panedwindow(self.tabs, orient="vertical")
        self.tabs.add(panes, text="Sessions")
        self.table = Table(
            panes,
            _SESSIONS,
            empty="Choose the folder that holds your DICOM files, or drop it here. "
            "Folders inside it are searched too.",
            height=5,
            on_select=self._selected,
            on_activate=lambda _id: self.flow.advance(),
        )
        panes.add(self.table, weight=3)
        self.scans = Table(
            panes,
            _SCANS,
            empty="Choose a session to see its scans.",
            filterable=False,
            checks=True,
            height=5,
            on_check=self._checked,
        )
        panes.add(self.scans, weight=2)

    # -- folders -------------------------------------------------------------------------

    def ask_folder(self) -> str:
        """Let the person choose a folder; empty when they do not."""
        start = self.flow.app.settings().text(_LAST_FOLDER)
        return str(
            filedialog.askdirectory(
                parent=self, title="Folder with DICOM files", mustexist=True, initialdir=start
            )
            or ""
        )

    def choose(self) -> None:
        """Look into one folder."""
        if folder := self.ask_folder():
            self.look_into((Path(folder),))

    def add(self) -> None:
        """Look into one more folder."""
        if folder := self.ask_folder():
            self.look_into((*self.folders, Path(folder)))

    def use_samples(self) -> None:
        """Look into the demonstration's sessions."""
        if self.flow.context.samples is not None:
            self.look_into((self.flow.context.samples,))

    def look_into(self, folders: Sequence[Path]) -> None:
        """Search folders for sessions; the same folder twice is searched once."""
        self.folders = tuple(dict.fromkeys(folders))
        self._remember(self.folders[-1])
        self.scan()

    def _remember(self, folder: Path) -> None:
        try:
            self.flow.app.set_setting(_LAST_FOLDER, str(folder))
        except SettingsError:
            # a convenience only: without it the dialog opens in the home folder
            return

    def scan(self) -> None:
        """Search the chosen folders again."""
        self.drop("scan")
        clear(self.problem)
        app, folders = self.flow.app, self.folders
        self.pending["scan"] = "Reading the folder…"
        self.counts.configure(text="Reading the folder…")
        self.cancel_button.state(["!disabled"])
        self.bar.pack(side="right", padx=self.em(0.4), before=self.counts)
        self.bar.start(40)
        self._stop = False
        self._tasks["scan"] = self.flow.context.bridge.run(
            lambda progress, cancelled: _found(
                app.scan(folders, progress, lambda: self._stop or cancelled())
            ),
            self._scan_done,
            self._scan_failed,
            self._scan_progress,
            owner=self,
        )
        self.flow.changed()

    def cancel(self) -> None:
        """Stop searching; what was found so far is shown."""
        self._stop = True
        self.counts.configure(text="Stopping…")

    def _scan_progress(self, progress: object) -> None:
        if isinstance(progress, ScanProgress) and not self._stop:
            self.counts.configure(text=progress_text(progress))

    def _scan_failed(self, error: BaseException) -> None:
        self._ready()
        ErrorCard(self.problem, error, retry=self.scan).pack(fill="x", pady=(0, self.em(0.5)))
        self.flow.changed()

    def _scan_done(self, result: object) -> None:
        self._ready()
        if isinstance(result, Found):
            self.show_report(result)
        self.flow.changed()

    def _ready(self) -> None:
        self.pending.pop("scan", None)
        self.bar.stop()
        self.bar.pack_forget()
        self.cancel_button.state(["disabled"])
        self.add_button.state(["!disabled" if self.folders else "disabled"])
        self.counts.configure(text="")

    # -- sessions ------------------------------------------------------------------------

    def enter(self) -> None:
        """Show again what is known; filters of another project are asked anew."""
        draft = self.flow.draft
        if draft.session is not None:
            self._show_scans(draft.session)

    def show_report(self, found: Found) -> None:
        """Show what was found."""
        report = found.report
        self.flow.known.report = report
        self._by_uid = {session.study_uid: session for session in report.sessions}
        self.counts.configure(text=report_text(report))
        self.table.set_rows(found.sessions)
        self.tabs.tab(0, text=f"Sessions ({len(report.sessions):,})")
        self.tabs.tab(1, text=f"Left out ({len(report.left_out):,})")
        self.left_out.show(found.left_out, len(report.left_out))
        if not report.sessions:
            text = (
                "There are no DICOM image sessions in this folder. “Left out” says what is there."
            )
            Muted(self.problem, text).pack(fill="x", pady=(0, self.em(0.5)))
        chosen = self.flow.draft.session
        if chosen is not None and chosen.study_uid in self._by_uid:
            self.table.select([chosen.study_uid])
        elif len(report.sessions) == 1:
            self.table.select([report.sessions[0].study_uid])

    def start_over(self) -> None:
        """Take the choice of a session back; folders and sessions stay."""
        self.tabs.select(0)
        self.table.select(())
        self.scans.set_rows(())

    def _selected(self, ids: tuple[str, ...]) -> None:
        if not ids or ids[0] not in self._by_uid:
            return
        session = self._by_uid[ids[0]]
        draft = with_session(self.flow.draft, session, self.flow.known)
        report = self.flow.known.report
        left_out = count_left_out(report) if report else ()
        self.flow.put(replace(draft, left_out=left_out))
        self._show_scans(session)

    # -- scans ---------------------------------------------------------------------------

    def _show_scans(self, session: ImageSession) -> None:
        self._fill_scans(session)
        settings, app = self.flow.draft.settings, self.flow.app
        if settings is None:
            return
        self.load(
            "accept",
            "Asking the import filters…",
            lambda: app.accept(session, settings),
            self._judged,
            self._not_judged,
        )

    def _not_judged(self, error: BaseException) -> None:
        """Hold the session: what a filter would refuse must not be sent."""
        self._unjudged = True
        clear(self.problem)
        ErrorCard(self.problem, error, retry=self.enter).pack(fill="x", pady=(0, self.em(0.5)))

    def _judged(self, answers: Iterable[tuple[Scan, Verdict]]) -> None:
        if self._unjudged:
            self._unjudged = False
            clear(self.problem)
        self.flow.known.verdicts = {scan.series_uid: verdict for scan, verdict in answers}
        if self.flow.draft.session is not None:
            self._fill_scans(self.flow.draft.session)

    def _verdict(self, scan: Scan) -> Verdict:
        return self.flow.known.verdicts.get(scan.series_uid, ACCEPTED)

    def _fill_scans(self, session: ImageSession) -> None:
        self.scans.set_rows([self._scan_row(scan) for scan in session.scans])
        self._show_checks()

    def _scan_row(self, scan: Scan) -> Row:
        verdict = self._verdict(scan)
        tags = () if verdict.accepted else ("struck", "muted")
        return Row(scan.series_uid, scan_row(scan, verdict), tags)

    def _show_checks(self) -> None:
        self.scans.set_checked(
            scan.series_uid for scan in sent_scans(self.flow.draft, self.flow.known)
        )

    def _checked(self, checked: frozenset[str]) -> None:
        """Take the boxes over; refused scans stay wanted, so the receipt can say why not sent."""
        session = self.flow.draft.session
        if session is None:
            return
        free = [scan.series_uid for scan in session.scans if self._verdict(scan).accepted]
        draft = with_scan(self.flow.draft, set(free) - checked, wanted=False)
        self.flow.put(with_scan(draft, set(free) & checked, wanted=True))
        self._show_checks()

    # -- footer --------------------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """Say when the filters leave nothing."""
        if self._unjudged:
            return (_stop("scans.unjudged", "The import filters could not be asked."),)
        draft = self.flow.draft
        if draft.scans and not sent_scans(draft, self.flow.known):
            return (
                _stop(
                    "scans.filtered",
                    "No scan is left to send: the others are refused by the project.",
                ),
            )
        return ()

    def primary_text(self) -> str:
        """Say with how much it goes on."""
        draft = self.flow.draft
        sent = sent_scans(draft, self.flow.known)
        if draft.session is None or len(sent) == len(draft.session.scans):
            return "Continue with this session"
        return f"Continue with {words.plural(len(sent), 'scan')}"


@dataclass(frozen=True, slots=True)
class Found:
    """A report and the rows that show it; made by the worker, sums over all files take long."""

    report: FolderReport
    sessions: tuple[Row, ...]
    left_out: LeftOutRows


def _found(report: FolderReport) -> Found:
    rows = tuple(_session_row(session) for session in report.sessions)
    return Found(report, rows, left_out_rows(report))


def _session_row(session: ImageSession) -> Row:
    values = session_row(session)
    numbers = (len(session.scans), session.file_count, session.size, len(session.findings))
    return Row(session.study_uid, values, (), (*(v.casefold() for v in values[:5]), *numbers))


def _stop(code: str, sentence: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence)
