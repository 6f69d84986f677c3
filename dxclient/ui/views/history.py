"""The history: uploads that are over, found again, written to files, and forgotten."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tkinter import filedialog
from typing import cast

import ttkbootstrap as ttk

from dxclient.app.history import HistoryQuery, PastUpload, export
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState
from dxclient.ui import words
from dxclient.ui.board import JobBoard
from dxclient.ui.context import View, ViewContext
from dxclient.ui.transferwords import LOOKS, host, page_of
from dxclient.ui.web import open_page
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Muted
from dxclient.ui.widgets.table import Column, Row, Table

_COLUMNS = (
    Column("session", "Session", 12, stretch=True),
    Column("subject", "Subject", 9),
    Column("project", "Project", 9),
    Column("where", "Server", 13),
    Column("state", "State", 9),
    Column("files", "Files", 6, "e"),
    Column("size", "Sent", 6, "e"),
    Column("left", "Left out", 5.5, "e"),
    Column("ended", "Ended", 9.5),
)
_DAY = 86_400.0
#: Words of the chooser, and the seconds back; 0 is for ever.
_TIMES = {
    "Any time": 0.0,
    "Last 7 days": 7 * _DAY,
    "Last 30 days": 30 * _DAY,
    "Last year": 365 * _DAY,
}
_ALL = "All"
_STATES = {
    _ALL: (),
    **{
        state.value: (state,) for state in (JobState.CONFIRMED, JobState.FAILED, JobState.CANCELLED)
    },
}
#: Lists of uploads; receipts have their own formats.
_LISTS = ("csv", "json")


class HistoryView(View):
    """A table of past uploads; several may be chosen."""

    id = "history"
    title = "History"
    help_text = (
        "Uploads that were confirmed, that failed, or that were stopped. Choose some (Ctrl and "
        "click, Ctrl+A for all) to write their receipts into one file, or the list as a table. "
        "What is forgotten here stays on the server."
    )

    def __init__(self, parent: tk.Misc, context: ViewContext, *, board: JobBoard) -> None:
        super().__init__(parent, context)
        self._board = board
        self.found: dict[str, PastUpload] = {}
        self._formats: tuple[str, ...] = ()
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        em = context.em
        self._trouble = ttk.Frame(self)
        self._trouble.grid(row=0, column=0, sticky="ew", padx=em(1))
        self.table = Table(
            self,
            _COLUMNS,
            select="extended",
            empty="Nothing is over yet. Uploads come here when they are confirmed.",
            on_select=lambda _ids: self._allow(),
            on_activate=lambda _id: self.primary(),
        )
        self.table.grid(row=1, column=0, sticky="nsew", padx=em(1))
        self.times = self._chooser(tuple(_TIMES), 3)
        self.states = self._chooser(tuple(_STATES), 4)
        self.problems = tk.BooleanVar(self, value=False)
        box = ttk.Checkbutton(
            self.table.bar, text="With problems", variable=self.problems, command=self.search
        )
        box.grid(row=0, column=5, padx=(em(0.8), 0))
        self.summary = Muted(self)
        self.summary.grid(row=2, column=0, sticky="ew", padx=em(1), pady=(em(0.3), 0))
        self._build_buttons()
        self.table.tree.bind("<Delete>", lambda _event: self.forget())

    def _chooser(self, offered: Sequence[str], column: int) -> ttk.Combobox:
        box = ttk.Combobox(self.table.bar, state="readonly", width=13, values=list(offered))
        box.set(offered[0])
        box.grid(row=0, column=column, padx=(self.context.em(0.8), 0))
        box.bind("<<ComboboxSelected>>", lambda _event: self._asked(box))
        return box

    def _asked(self, box: ttk.Combobox) -> None:
        box.selection_clear()
        self.search()

    def _build_buttons(self) -> None:
        em = self.context.em
        bar = ttk.Frame(self, padding=em(1))
        bar.grid(row=3, column=0, sticky="ew")
        self.buttons: dict[str, ttk.Button | ttk.Menubutton] = {}
        self._button(bar, "back", "‹ Transfers", self.back)
        self._button(bar, "receipt", "Receipt", self.primary)
        self._button(bar, "web", "Open web page", self.web)
        receipts = ttk.Menubutton(bar, text="Save receipts   ")
        self.formats = ttk.Menu(receipts, tearoff=False)
        receipts.configure(menu=self.formats)
        lists = ttk.Menubutton(bar, text="Save the list   ")
        menu = ttk.Menu(lists, tearoff=False)
        for suffix in _LISTS:
            menu.add_command(label=f"As {suffix.upper()}…", command=partial(self.save_list, suffix))
        lists.configure(menu=menu)
        for name, button in (("receipts", receipts), ("list", lists)):
            button.pack(side="left", padx=(0, em(0.5)))
            self.buttons[name] = button
        self._button(bar, "forget", "Forget…", self.forget, side="right")

    def _button(
        self,
        bar: ttk.Frame,
        name: str,
        text: str,
        command: Callable[[], object],
        side: str = "left",
    ) -> None:
        button = ttk.Button(bar, text=text, command=command)
        gap = self.context.em(0.5)
        if side == "left":
            button.pack(side="left", padx=(0, gap))
        else:
            button.pack(side="right")
        self.buttons[name] = button

    # -- looking -------------------------------------------------------------------------

    def on_show(self) -> None:
        """Look again."""
        self.search()
        self.table.focus_rows()

    def back(self) -> None:
        """Back to the transfers."""
        self.context.show("transfers")

    def search(self) -> None:
        """Ask the queue for what is chosen above the table."""
        app, query = self.context.app, self._query()

        def look(_progress: object, _cancelled: object) -> object:
            history = app.history
            try:
                return history.search(query), tuple(w.suffix for w in app.batch_formats())
            finally:
                history.release()

        self.context.bridge.run(look, self._show, self._failed, owner=self)

    def _query(self) -> HistoryQuery:
        back = _TIMES[self.times.get()]
        query = HistoryQuery(
            since=time.time() - back if back else 0.0, problems=bool(self.problems.get())
        )
        states = _STATES[self.states.get()]
        if not states:
            return query
        return HistoryQuery(since=query.since, problems=query.problems, states=states)

    def _show(self, result: object) -> None:
        found, formats = cast("tuple[tuple[PastUpload, ...], tuple[str, ...]]", result)
        _clear(self._trouble)
        self.found = {one.id: one for one in found}
        self.table.set_rows([_row(one) for one in found])
        if formats != self._formats:
            self._formats = formats
            self.formats.delete(0, "end")
            for suffix in formats:
                self.formats.add_command(
                    label=f"As {suffix.upper()}…",
                    command=partial(self.save_receipts, suffix),
                )
        self._allow()

    def _failed(self, error: BaseException) -> None:
        _clear(self._trouble)
        ErrorCard(self._trouble, error, retry=self.search).pack(fill="x")

    # -- what is chosen ------------------------------------------------------------------

    @property
    def chosen(self) -> tuple[PastUpload, ...]:
        """The uploads that are selected; all that are listed where none is."""
        ids = self.table.selected or self.table.visible
        return tuple(self.found[one] for one in ids if one in self.found)

    def _allow(self) -> None:
        selected = [self.found[one] for one in self.table.selected if one in self.found]
        receipts = sum(one.has_receipt for one in self.chosen)
        one = selected[0] if len(selected) == 1 else None
        allowed = {
            "receipt": one is not None and one.has_receipt,
            "web": one is not None and bool(page_of(one.server, one.url)),
            "receipts": receipts > 0,
            "list": bool(self.chosen),
            "forget": any(one.state is not JobState.FAILED for one in selected),
        }
        for name, can in allowed.items():
            self.buttons[name].configure(state="normal" if can else "disabled")
        which = f"{len(selected):,} selected" if selected else f"All {len(self.chosen):,} listed"
        size = sum(one.size for one in self.chosen)
        files = sum(one.files for one in self.chosen)
        self.summary.configure(
            text=f"{which}: {words.plural(files, 'file')}, {words.size(size)} sent, "
            f"{words.plural(receipts, 'receipt')}"
            if self.chosen
            else ""
        )

    def primary(self) -> None:
        """Show the receipt of the one that is selected."""
        if len(self.table.selected) == 1 and self.chosen[0].has_receipt:
            self.context.show("receipt", job_id=self.chosen[0].id, back="history")

    def web(self) -> None:
        """Open the session on the server's web page."""
        if self.chosen:
            open_page(page_of(self.chosen[0].server, self.chosen[0].url))

    def forget(self) -> None:
        """Take the selected uploads out of the list, after asking."""
        gone = [
            one.id
            for one in self.chosen
            if one.id in self.table.selected and one.state is not JobState.FAILED
        ]
        if not gone:
            return
        sentence = (
            "Their entries and receipts are removed from this computer. "
            "What is on the server stays."
        )
        what = words.plural(len(gone), "upload")
        if not self.context.confirm(f"Forget {what}?", sentence, f"Forget {what}"):
            return
        transfers = self.context.app.transfers

        def work(_progress: object, _cancelled: object) -> None:
            for job_id in gone:
                transfers.remove(job_id)

        def done(_result: object) -> None:
            self._board.forget(gone)
            self.search()

        self.context.bridge.run(work, done, self.context.error, owner=self)

    # -- files ---------------------------------------------------------------------------

    def save_receipts(self, suffix: str) -> None:
        """Write the receipts of what is chosen into one file."""
        app, ids = self.context.app, [one.id for one in self.chosen if one.has_receipt]
        what = words.plural(len(ids), "receipt")
        self._save(f"receipts.{suffix}", suffix, lambda: app.write_receipts(ids, suffix), what)

    def save_list(self, suffix: str) -> None:
        """Write the list of what is chosen."""
        chosen = self.chosen
        what = f"The list of {words.plural(len(chosen), 'upload')}"
        self._save(f"uploads.{suffix}", suffix, lambda: export(chosen, suffix), what)

    def _save(self, name: str, suffix: str, make: Callable[[], bytes], what: str) -> None:
        place = filedialog.asksaveasfilename(
            parent=self, title="Save", defaultextension=f".{suffix}", initialfile=name
        )
        if not place:
            return
        verb = "was" if what.startswith(("1 ", "The")) else "were"
        self.context.bridge.run(
            lambda _p, _c: write_file(Path(place), make()),
            lambda _r: self.context.status(f"{what} {verb} saved."),
            self.context.error,
            owner=self,
        )


def write_file(path: Path, data: bytes) -> None:
    """Write a file that a person chose.

    Raises
    ------
    DxError
        It cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DxError(
            "The file could not be saved there. Choose another folder.",
            details=type(error).__name__,
        ) from error


def _row(one: PastUpload) -> Row:
    look = LOOKS[one.state]
    problem = one.problem and one.state is JobState.CONFIRMED
    where = f"{host(one.server)} · {one.user}"
    return Row(
        one.id,
        (
            one.session,
            one.subject,
            one.project,
            where,
            f"{look.sign} {one.state.value}{' ⚠' if problem else ''}",
            f"{one.files:,}",
            words.size(one.size),
            f"{one.left_out:,}" if one.left_out else "",
            words.moment(one.ended),
        ),
        (look.tone,) if look.tone else (),
        (
            one.session.casefold(),
            one.subject.casefold(),
            one.project.casefold(),
            where,
            one.state.value,
            one.files,
            one.size,
            one.left_out,
            one.ended,
        ),
    )


def _clear(frame: ttk.Frame) -> None:
    for child in frame.winfo_children():
        child.destroy()
    frame.configure(height=1)
