"""All uploads of this machine: a row for each session, and the scans of the selected one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui.board import Group, JobBoard, group_of
from dxclient.ui.context import ViewContext
from dxclient.ui.later import Later
from dxclient.ui.theme import TAB
from dxclient.ui.transferwords import LOOKS
from dxclient.ui.views.transferactions import TransferActions
from dxclient.ui.views.transferdetail import TransferDetail
from dxclient.ui.views.transferrows import COLUMNS, Rows, Wanted, columns_for
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.table import Table

_EMPTY = {
    None: "Nothing was sent yet. Drop a folder on this window to begin.",
    Group.RUNNING: "Nothing is running.",
    Group.NEEDS_YOU: "Nothing needs you.",
    Group.DONE: "Nothing is done yet.",
}
_ALL_STATES, _ALL_PROJECTS = "All states", "All projects"
#: Keys on the list: (key, method, words of the menu).
_ORDER = (
    ("<Alt-Home>", "first", "Send first", "Alt+Home"),
    ("<Alt-Up>", "earlier", "Earlier", "Alt+Up"),
    ("<Alt-Down>", "later", "Later", "Alt+Down"),
)


class TransfersView(TransferActions):
    """Uploads by group, with what can be done about them."""

    id = "transfers"
    title = "Transfers"
    help_text = (
        "Each row is one image session on its way, in the order in which they go. An upload goes "
        "on by itself after a lost connection or a restart, and never sends again what the server "
        "has. It is done when the server lists as many files as were sent. Alt with the arrows "
        "up and down changes the order, Alt and Home sends one first; Delete stops one."
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
        self._rows = Rows(board)
        self._later = Later(self, self._refresh, 250)
        self._more = Later(self, lambda: self._fill(self._listed()), 5)
        self._dirty: set[str] = set()
        self._ids: tuple[str, ...] = ()
        self._group = tk.StringVar(self, value=group.value if group else "")
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=3)
        self.rowconfigure(3, weight=2)
        self._build_tabs()
        self._trouble = ttk.Frame(self)
        self._trouble.grid(row=1, column=0, sticky="ew", padx=context.em(1))
        self._build_table()
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
        self.all_buttons = {}
        for name, text, command in (
            ("history", "History", lambda: self.context.show("history")),
            ("resume", "Resume all", self.resume_all),
            ("pause", "Pause all", self.pause_all),
            ("retry", "Try failed again", self.retry_failed),
        ):
            button = ttk.Button(bar, text=text, command=command)
            button.pack(side="right", padx=(em(0.4), 0))
            self.all_buttons[name] = button

    def _build_table(self) -> None:
        context = self.context
        self.table = Table(
            self,
            COLUMNS,
            empty=_EMPTY[self.group],
            height=6,
            on_select=self._selected,
            on_activate=lambda _id: self.primary(),
        )
        self.table.grid(row=2, column=0, sticky="nsew", padx=context.em(1))
        self.states, self.projects = self._chooser(_ALL_STATES, 3), self._chooser(_ALL_PROJECTS, 4)
        order = ttk.Menubutton(self.table.bar, text="Order   ")
        menu = ttk.Menu(order, tearoff=False)
        for key, method, text, keys in _ORDER:
            command = getattr(self, method)
            menu.add_command(label=text, accelerator=keys, command=command)
            self.table.tree.bind(key, _breaking(command))
        self.table.tree.bind("<Delete>", lambda _event: self._delete())
        order.configure(menu=menu)
        order.grid(row=0, column=5, padx=(context.em(0.8), 0))

    def _chooser(self, everything: str, column: int) -> ttk.Combobox:
        box = ttk.Combobox(self.table.bar, state="readonly", width=20, values=[everything])
        box.set(everything)
        box.grid(row=0, column=column, padx=(self.context.em(0.8), 0))
        box.bind("<<ComboboxSelected>>", lambda _event: self._chosen(box))
        return box

    def _chosen(self, box: ttk.Combobox) -> None:
        box.selection_clear()
        self._refresh_all()

    # -- what is shown -------------------------------------------------------------------

    @property
    def group(self) -> Group | None:
        """The group that is shown; None for all."""
        value = self._group.get()
        return Group(value) if value else None

    @property
    def wanted(self) -> Wanted:
        """What the list is to show."""
        state, project = self.states.get(), self.projects.get()
        return Wanted(
            self.group,
            "" if state == _ALL_STATES else state,
            "" if project == _ALL_PROJECTS else project,
        )

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
        if job is not None:
            self._dirty.add(job.id)
        self._later.ask()

    def _listed(self) -> tuple[UploadJob, ...]:
        wanted = self.wanted
        return tuple(job for job in self.board.of(wanted.group) if wanted.holds(job))

    def _refresh(self) -> None:
        jobs = self._listed()
        dirty, self._dirty = self._dirty, set()
        if tuple(job.id for job in jobs) != self._ids:
            self._refresh_all()
            return
        for job in (self.board.jobs[one] for one in dirty.intersection(self._ids)):
            self.table.update_row(self._rows.of(job))
        self._label_tabs()
        self._show_trouble()
        self.detail.show(self.job)

    def _refresh_all(self) -> None:
        jobs = self._listed()
        self._ids = tuple(job.id for job in jobs)
        loaded = _EMPTY[self.group] if self.board.loaded else "Looking into the queue…"
        filtered = not jobs and self.board.count(self.group)
        self.table.set_empty("No upload is like that." if filtered else loaded)
        self.table.show_columns(columns_for(self.board.jobs.values()))
        self._fill(jobs)
        if not self.table.selected and self.table.visible:
            self.table.select(self.table.visible[:1])
        self._label_choosers()
        self._label_tabs()
        self._show_trouble()
        self.detail.show(self.job)

    def _fill(self, jobs: tuple[UploadJob, ...]) -> None:
        """Show the rows of these uploads; where many are new, a slice at a time."""
        rows, more = self._rows.some(jobs)
        self.table.set_rows(rows)
        if more:
            self._more.ask()

    def _label_tabs(self) -> None:
        for group, tab in self._tabs.items():
            text = f"{group.value if group else 'All'} ({self.board.count(group):,})"
            if str(tab.cget("text")) != text:
                tab.configure(text=text)
        jobs = (*self.board.of(Group.RUNNING), *self.board.of(Group.NEEDS_YOU))
        states = {job.state for job in jobs}
        for name, offered in (
            ("resume", JobState.PAUSED in states),
            ("pause", any("pause" in LOOKS[state].actions for state in states)),
            ("retry", JobState.FAILED in states),
        ):
            self.all_buttons[name].configure(state="normal" if offered else "disabled")

    def _label_choosers(self) -> None:
        """Offer the states and projects that there are, and the one that is chosen."""
        jobs = self.board.jobs.values()
        there = {job.state for job in jobs}
        states = [state.value for state in JobState if state in there]
        projects = sorted({job.target.project for job in jobs}, key=str.casefold)
        self.states.configure(values=[_ALL_STATES, *states])
        self.projects.configure(values=[_ALL_PROJECTS, *projects])

    def _show_trouble(self) -> None:
        shown = self._trouble.winfo_children()
        if not shown and self.board.trouble is None:
            return
        for child in shown:
            child.destroy()
        self._trouble.configure(height=1)
        if self.board.trouble is not None:
            ErrorCard(self._trouble, self.board.trouble, retry=self.board.start).pack(fill="x")

    def _selected(self, _ids: tuple[str, ...]) -> None:
        self.detail.show(self.job)

    # -- keys ----------------------------------------------------------------------------

    def primary(self) -> None:
        """What the selected upload asks for most: log in, answer, or the receipt."""
        job = self.job
        if job is None:
            return
        if job.state is JobState.NEEDS_LOGIN:
            self.log_in()
        elif job.choices:
            self.detail.answers.focus_first()
        elif group_of(job) is Group.NEEDS_YOU:
            self.retry()
        elif job.state is JobState.CONFIRMED:
            self.receipt()

    def _delete(self) -> str:
        actions = LOOKS[self.job.state].actions if self.job is not None else ()
        if "cancel" in actions:
            self.cancel()
        elif "forget" in actions:
            self.forget()
        return "break"


def _breaking(command: Callable[[], object]) -> Callable[[tk.Event[Any]], str]:
    """A key that does something, and nothing else besides."""

    def pressed(_event: tk.Event[Any]) -> str:
        command()
        return "break"

    return pressed
