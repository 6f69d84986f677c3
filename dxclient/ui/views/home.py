"""The first screen: where to start, what is running, and what needs somebody."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, cast

import ttkbootstrap as ttk

from dxclient.domain.findings import Severity
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui import words
from dxclient.ui.board import Group, JobBoard, group_of
from dxclient.ui.context import View, ViewContext
from dxclient.ui.later import Later
from dxclient.ui.theme import CARD, MARKS
from dxclient.ui.widgets.findings import ErrorCard, FindingsList
from dxclient.ui.widgets.misc import Heading, LinkLabel, Muted, PrimaryButton, ScrollArea, WrapLabel

if TYPE_CHECKING:
    from dxclient.domain.project import Project

_SHOWN = 6


def choose_folders(view: View) -> tuple[Path, ...]:
    """Ask for a folder, starting with the one that was opened last."""
    settings = view.context.app.settings()
    last = settings.text("ui.last_folder") if "ui.last_folder" in settings else ""
    chosen = filedialog.askdirectory(
        parent=view, title="Folder with DICOM files", initialdir=last or None, mustexist=True
    )
    if not chosen:
        return ()
    folder = Path(chosen)
    if "ui.last_folder" in settings and not settings.locked("ui.last_folder"):
        app = view.context.app
        view.context.bridge.run(
            lambda _p, _c: app.set_setting("ui.last_folder", str(folder)),
            lambda _r: None,
            view.context.error,
        )
    return (folder,)


class HomeView(View):
    """Drop area, problems, recent projects, running and last transfers."""

    id = "home"
    title = "What would you like to send?"
    help_text = (
        "Drop a folder with DICOM files anywhere on this window, or choose one. dxclient finds the "
        "image sessions in it, lets you check and label them, anonymizes them on this computer and "
        "sends them. Your files are only read, never changed."
    )

    def __init__(self, parent: tk.Misc, context: ViewContext, *, board: JobBoard) -> None:
        super().__init__(parent, context)
        self.board = board
        self._later = Later(self, self.refresh, 500)
        self._in_front = False
        self._shown: tuple[object, ...] = ()
        self._abouts: dict[str, Muted] = {}
        area = ScrollArea(self, padding=context.em(1))
        area.pack(fill="both", expand=True)
        self._build_drop(area.body)
        self._problems = ttk.Frame(area.body)
        columns = ttk.Frame(area.body)
        columns.pack(fill="both", expand=True, pady=(context.em(1), 0))
        columns.columnconfigure((0, 1), weight=1, uniform="half")
        self._projects = ttk.Frame(columns)
        self._projects.grid(row=0, column=0, sticky="new", padx=(0, context.em(1)))
        self._jobs = ttk.Frame(columns)
        self._jobs.grid(row=0, column=1, sticky="new")
        self._columns = columns
        self._show_projects((), loading=True)
        board.listen(lambda _job: self._changed(), self)
        self.refresh()

    def _build_drop(self, parent: ttk.Frame) -> None:
        em = self.context.em
        card = ttk.Frame(parent, style=CARD, padding=em(2))
        card.pack(fill="x")
        ttk.Label(card, text="⇪", font="DxTitle").pack()
        ttk.Label(card, text="Drop a folder here, or choose one", font="DxHeading").pack()
        self.choose = PrimaryButton(card, "Choose a folder…", self.primary)
        self.choose.pack(pady=(em(0.8), em(0.4)))
        ttk.Label(card, text="Your files are only read, never changed.").pack()
        if self.context.samples is not None:
            LinkLabel(card, "Use the sample sessions", self.use_samples).pack(pady=(em(0.6), 0))

    def primary(self) -> None:
        """Choose a folder and go to the upload with it."""
        folders = choose_folders(self)
        if folders:
            self.context.show("upload", folders=folders)

    def use_samples(self) -> None:
        """Go to the upload with the demonstration's sessions."""
        if self.context.samples is not None:
            self.context.show("upload", folders=(self.context.samples,))

    def back(self) -> None:
        """Home is where back ends."""

    def on_show(self) -> None:
        """Load the recent projects, and show what changed meanwhile."""
        self._in_front = True
        self.refresh()
        self.choose.focus_set()
        app = self.context.app
        if app.connection is None:
            return

        def load(_progress: object, _cancelled: object) -> tuple[Project, ...]:
            recent = app.recent_projects()
            by_id = {project.id: project for project in app.projects()} if recent else {}
            return tuple(by_id[one] for one in recent if one in by_id)

        self.context.bridge.run(
            load,
            lambda found: self._show_projects(cast("tuple[Project, ...]", found)),
            self._projects_failed,
            owner=self,
        )

    def on_hide(self) -> None:
        """Rest; what changes meanwhile is shown when the view comes back."""
        self._in_front = False

    def _changed(self) -> None:
        if self._in_front:
            self._later.ask()

    def refresh(self) -> None:
        """Show problems and transfers as they are now."""
        self._later.cancel()
        self._show_problems()
        self._show_jobs()

    def _show_problems(self) -> None:
        needs = self.board.of(Group.NEEDS_YOU)
        notices = self.board.notices
        state = (self.board.trouble, notices, *((job.id, job.state, job.sentence) for job in needs))
        if state == self._shown:
            return  # what has the keyboard must not be built anew under the fingers
        self._shown = state
        _clear(self._problems)
        if not needs and not notices and self.board.trouble is None:
            self._problems.pack_forget()
            return
        self._problems.pack(fill="x", pady=(self.context.em(1), 0), before=self._columns)
        if self.board.trouble is not None:
            ErrorCard(self._problems, self.board.trouble, retry=self.board.start).pack(fill="x")
        if notices:
            told = FindingsList(self._problems)
            told.pack(fill="x")
            told.show(notices)
        if needs:
            Heading(self._problems, "Needs you").pack(anchor="w")
        for job in needs[:_SHOWN]:
            self._problem(job)
        if len(needs) > _SHOWN:
            more = f"{len(needs) - _SHOWN:,} more in Transfers"
            LinkLabel(self._problems, more, self._to_transfers).pack(anchor="w")

    def _problem(self, job: UploadJob) -> None:
        line = ttk.Frame(self._problems)
        line.pack(fill="x", pady=(self.context.em(0.3), 0))
        login = job.state is JobState.NEEDS_LOGIN
        ttk.Button(
            line,
            text="Log in" if login else "Look",
            command=lambda: self._log_in(job) if login else self._open(job),
        ).pack(side="right")
        mark = MARKS[Severity.NEEDS_YOU]
        text = job.sentence or f"This upload {job.state.value}."
        WrapLabel(line, f"{mark.icon} {job.target.session}: {text}").pack(
            side="left", fill="x", expand=True
        )

    def _show_jobs(self) -> None:
        jobs = (*self.board.of(Group.RUNNING), *self.board.of(Group.DONE))[:_SHOWN]
        if jobs and [job.id for job in jobs] == list(self._abouts):
            for job in jobs:
                self._abouts[job.id].configure(text=_about(job))
            return
        _clear(self._jobs)
        self._abouts = {}
        Heading(self._jobs, "Transfers").pack(anchor="w")
        if not jobs:
            text = "Nothing was sent yet." if self.board.loaded else "Looking into the queue…"
            Muted(self._jobs, text).pack(fill="x", pady=(self.context.em(0.4), 0))
        for job in jobs:
            LinkLabel(self._jobs, job.target.session, self._opener(job)).pack(
                anchor="w", pady=(self.context.em(0.4), 0)
            )
            self._abouts[job.id] = Muted(self._jobs, _about(job))
            self._abouts[job.id].pack(fill="x")

    def _show_projects(self, projects: tuple[Project, ...], *, loading: bool = False) -> None:
        _clear(self._projects)
        Heading(self._projects, "Recent projects").pack(anchor="w")
        if not projects:
            text = "Projects that you send to appear here."
            Muted(self._projects, "Asking the server…" if loading else text).pack(
                fill="x", pady=(self.context.em(0.4), 0)
            )
        for project in projects[:_SHOWN]:
            LinkLabel(self._projects, project.title, self._project_opener(project.id)).pack(
                anchor="w", pady=(self.context.em(0.4), 0)
            )
        LinkLabel(self._projects, "Choose a project…", lambda: self.context.show("upload")).pack(
            anchor="w", pady=(self.context.em(0.8), 0)
        )

    def _projects_failed(self, error: BaseException) -> None:
        self._show_projects(())
        ErrorCard(self._projects, error, retry=self.on_show).pack(fill="x")

    def _opener(self, job: UploadJob) -> Callable[[], None]:
        return lambda: self._open(job)

    def _project_opener(self, project_id: str) -> Callable[[], None]:
        return lambda: self.context.show("upload", project_id=project_id)

    def _open(self, job: UploadJob) -> None:
        self.context.show("transfers", job_id=job.id)

    def _to_transfers(self) -> None:
        self.context.show("transfers", group=Group.NEEDS_YOU)

    def _log_in(self, job: UploadJob) -> None:
        self.context.ask_login(job.target.server, job.target.user)


def _about(job: UploadJob) -> str:
    parts = [job.target.project, job.state.value]
    if group_of(job) is Group.RUNNING:
        parts.append(words.bar(job.bytes_sent, job.bytes_total))
    else:
        parts.append(words.moment(job.finished))
    return " · ".join(part for part in parts if part)


def _clear(frame: ttk.Frame) -> None:
    for child in frame.winfo_children():
        child.destroy()
