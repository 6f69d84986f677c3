"""All uploads of this machine: a row for each session, and the scans of the selected one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui import words
from dxclient.ui.board import Group, JobBoard, group_of
from dxclient.ui.context import View, ViewContext
from dxclient.ui.dialogs import choose
from dxclient.ui.later import Later
from dxclient.ui.theme import TAB
from dxclient.ui.views.transferdetail import TransferDetail
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.table import Column, Row, Table

_COLUMNS = (
    Column("session", "Session", 12),
    Column("project", "Project", 8),
    Column("state", "State", 13, stretch=True),
    Column("progress", "Progress", 11.5),
    Column("files", "Files", 8, "e"),
    Column("speed", "Speed", 6, "e"),
    Column("left", "Time left", 6, "e"),
)
_EMPTY = {
    None: "Nothing was sent yet. Drop a folder on this window to begin.",
    Group.RUNNING: "Nothing is running.",
    Group.NEEDS_YOU: "Nothing needs you.",
    Group.DONE: "Nothing is done yet.",
}
_CANCEL = (
    "What was sent so far lies in the server's prearchive. You can have it removed there, or "
    "leave it. Your own files stay as they are."
)


class TransfersView(View):
    """Uploads by group, with what can be done about them."""

    id = "transfers"
    title = "Transfers"
    help_text = (
        "Each row is one image session on its way. An upload goes on by itself after a lost "
        "connection or a restart, and never sends again what the server has. It is done when the "
        "server lists as many files as were sent."
    )

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        *,
        board: JobBoard,
        job_id: str = "",
        group: Group | None = None,
    ) -> None:
        super().__init__(parent, context)
        self.board = board
        self._later = Later(self, self._refresh, 250)
        self._dirty: set[str] | None = set()
        self._group = tk.StringVar(self, value=group.value if group else "")
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=3)
        self.rowconfigure(3, weight=2)
        self._build_tabs()
        self._trouble = ttk.Frame(self)
        self._trouble.grid(row=1, column=0, sticky="ew", padx=context.em(1))
        self.table = Table(
            self,
            _COLUMNS,
            empty=_EMPTY[group],
            height=6,
            on_select=self._selected,
            on_activate=lambda _id: self.primary(),
        )
        self.table.grid(row=2, column=0, sticky="nsew", padx=context.em(1))
        self.detail = TransferDetail(self, context, self)
        self.detail.grid(row=3, column=0, sticky="nsew", padx=context.em(1), pady=context.em(0.5))
        board.listen(self._changed, self)
        self._refresh_all()
        if job_id:
            self.table.select([job_id])

    def _build_tabs(self) -> None:
        em = self.context.em
        bar = ttk.Frame(self, padding=(em(1), em(0.3)))
        bar.grid(row=0, column=0, sticky="ew")
        self._tabs: dict[Group | None, ttk.Radiobutton] = {}
        for group in (None, *Group):
            tab = ttk.Radiobutton(
                bar,
                variable=self._group,
                value=group.value if group else "",
                command=self._refresh_all,
                style=TAB,
            )
            tab.pack(side="left", padx=(0, em(0.3)))
            self._tabs[group] = tab
        for text, action in (
            ("Resume all", lambda: self.context.app.transfers.resume_all()),
            ("Pause all", lambda: self.context.app.transfers.pause_all()),
        ):
            ttk.Button(bar, text=text, command=self._doing(action)).pack(
                side="right", padx=(em(0.4), 0)
            )

    # -- what is shown -------------------------------------------------------------------

    @property
    def group(self) -> Group | None:
        """The group that is shown; None for all."""
        value = self._group.get()
        return Group(value) if value else None

    @property
    def job(self) -> UploadJob | None:
        """The selected upload."""
        selected = self.table.selected
        return self.board.jobs.get(selected[0]) if selected else None

    def on_show(self) -> None:
        """Show what changed meanwhile."""
        self._refresh_all()
        self.table.focus_rows()

    def _changed(self, job: UploadJob | None) -> None:
        """Note a change; rows are drawn a few times a second at most."""
        if job is None:
            self._dirty = None
        elif self._dirty is not None:
            self._dirty.add(job.id)
        self._later.ask()

    def _refresh(self) -> None:
        shown = {row.id for row in self.table.rows}
        dirty, self._dirty = self._dirty, set()
        if dirty is None or any((one in shown) != self._belongs(one) for one in dirty):
            self._refresh_all()
            return
        for one in dirty & shown:
            self.table.update_row(self._row(self.board.jobs[one]))
        self._label_tabs()
        if self.job is not None and self.job.id in dirty:
            self.detail.show(self.job)

    def _belongs(self, job_id: str) -> bool:
        job = self.board.jobs.get(job_id)
        return job is not None and (self.group is None or group_of(job) is self.group)

    def _refresh_all(self) -> None:
        self.table.set_empty(_EMPTY[self.group] if self.board.loaded else "Looking into the queue…")
        self.table.set_rows([self._row(job) for job in self.board.of(self.group)])
        if not self.table.selected and self.table.visible:
            self.table.select(self.table.visible[:1])
        self._label_tabs()
        self._show_trouble()
        self.detail.show(self.job)

    def _label_tabs(self) -> None:
        for group, tab in self._tabs.items():
            tab.configure(text=f"{group.value if group else 'All'} ({len(self.board.of(group)):,})")

    def _show_trouble(self) -> None:
        for child in self._trouble.winfo_children():
            child.destroy()
        self._trouble.configure(height=1)
        if self.board.trouble is not None:
            ErrorCard(self._trouble, self.board.trouble, retry=self.board.start).pack(fill="x")

    def _row(self, job: UploadJob) -> Row:
        speed, left = self.board.speed(job), self.board.seconds_left(job)
        share = job.bytes_sent / job.bytes_total if job.bytes_total else 0
        group = group_of(job)
        mark = {Group.NEEDS_YOU: "⚠ ", Group.DONE: "✔ "}.get(group, "")
        if job.state is JobState.CANCELLED:
            mark = ""
        return Row(
            job.id,
            (
                job.target.session,
                job.target.project,
                mark + job.state.value,
                words.bar(job.bytes_sent, job.bytes_total),
                f"{job.files_sent:,} of {job.files_total:,}",
                f"{words.size(speed)}/s" if speed else "",
                words.duration(left) if left else "",
            ),
            ("bold",) if group is Group.NEEDS_YOU else (),
            (
                job.target.session.casefold(),
                job.target.project.casefold(),
                job.state.value,
                share,
                job.files_total,
                speed,
                left,
            ),
        )

    def _selected(self, _ids: tuple[str, ...]) -> None:
        self.detail.show(self.job)

    # -- what can be done ----------------------------------------------------------------

    def primary(self) -> None:
        """What the selected upload asks for most: log in, try again, or show the receipt."""
        job = self.job
        if job is None:
            return
        if job.state is JobState.NEEDS_LOGIN:
            self.log_in()
        elif group_of(job) is Group.NEEDS_YOU:
            self.retry()
        elif job.state is JobState.CONFIRMED:
            self.receipt()

    def pause(self) -> None:
        """Stop sending until somebody resumes."""
        self._act(lambda job: lambda: self.context.app.transfers.pause(job))

    def resume(self) -> None:
        """Go on."""
        self._act(lambda job: lambda: self.context.app.transfers.resume(job))

    def retry(self) -> None:
        """Send again what failed, and only that."""
        self._act(lambda job: lambda: self.context.app.transfers.retry(job))

    def cancel(self) -> None:
        """Give up an upload, after asking what becomes of what was sent."""
        job = self.job
        if job is None:
            return
        answer = choose(
            self,
            f"Stop sending {job.target.session}?",
            _CANCEL,
            ["Stop and remove from the server", "Stop and leave it there"],
            leave="Go on sending",
        )
        if answer is not None:
            transfers = self.context.app.transfers
            self._doing(lambda: transfers.cancel(job.id, answer == 0))()

    def receipt(self) -> None:
        """Show the receipt of the selected upload."""
        if self.job is not None:
            self.context.show("receipt", job_id=self.job.id)

    def log_in(self) -> None:
        """Log in where the selected upload needs it."""
        if self.job is not None:
            target = self.job.target
            self.context.show("login", server=target.server, user=target.user)

    def _act(self, make: Callable[[str], Callable[[], object]]) -> None:
        if self.job is not None:
            self._doing(make(self.job.id))()

    def _doing(self, action: Callable[[], object]) -> Callable[[], None]:
        def do() -> None:
            self.context.bridge.run(
                lambda _p, _c: action(), lambda _r: None, self.context.error, owner=self
            )

        return do
