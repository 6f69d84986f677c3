"""Closing the window while uploads run: what is asked, and sending behind a small window.

There is no icon in the tray: see docs/decisions on why a window that is made small, with its
progress in the title, is the way that works on every desktop.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from enum import Enum
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui import words
from dxclient.ui.board import Group, JobBoard, moving
from dxclient.ui.dialogs import Dialog
from dxclient.ui.metrics import em
from dxclient.ui.widgets.misc import Heading, Muted, PrimaryButton, WrapLabel

TITLE = "dxclient"


class Closing(Enum):
    """What becomes of uploads that run; the value is that of the setting ``ui.closing``."""

    ASK = "ask"
    BACKGROUND = "background"
    NEXT_START = "next start"
    PAUSE = "pause"


_WAYS = (
    (
        Closing.BACKGROUND,
        "Keep sending",
        "The window becomes small and shows the progress in its title. dxclient ends by itself "
        "when everything is confirmed, and comes back when something needs you.",
    ),
    (
        Closing.NEXT_START,
        "Go on at the next start",
        "dxclient ends now. Nothing that was sent is lost, and the rest is sent when you open "
        "it again.",
    ),
    (
        Closing.PAUSE,
        "Pause everything and close",
        "Nothing is sent any more until you open dxclient and resume.",
    ),
)


class ClosingQuestion(Dialog):
    """Asks what becomes of the uploads; `.answer` is None to stay."""

    def __init__(self, root: tk.Misc, running: int) -> None:
        super().__init__(root, "Close dxclient?")
        self.answer: Closing | None = None
        verb = "is" if running == 1 else "are"
        Heading(self.body, f"{words.plural(running, 'upload')} {verb} on the way").pack(anchor="w")
        WrapLabel(self.body, "What shall become of it when the window is closed?").pack(
            fill="x", pady=(em(root, 0.5), em(root, 0.6))
        )
        self.choices: dict[Closing, ttk.Button] = {}
        for way, text, means in _WAYS:
            self._way(way, text, means)
        self._always = tk.BooleanVar(self, value=False)
        self.always_box = ttk.Checkbutton(
            self.body,
            text="Do the same every time (Settings can change it)",
            variable=self._always,
        )
        self.always_box.pack(anchor="w", pady=(em(root, 0.8), 0))
        self.leave = ttk.Button(self.buttons, text="Stay", command=self.destroy)
        self.leave.pack(side="right")
        self.leave.bind("<Return>", lambda _event: self.destroy())
        self.choices[Closing.BACKGROUND].focus_set()

    def _way(self, way: Closing, text: str, means: str) -> None:
        def chosen() -> None:
            self.answer = way
            self.destroy()

        if way is Closing.BACKGROUND:
            button: ttk.Button = PrimaryButton(self.body, text, chosen)
        else:
            button = ttk.Button(self.body, text=text, command=chosen)
            button.bind("<Return>", lambda _event: chosen())
        button.pack(fill="x", pady=(em(self, 0.4), 0))
        Muted(self.body, means).pack(fill="x", pady=(em(self, 0.15), 0))
        self.choices[way] = button

    @property
    def always(self) -> bool:
        """Whether the answer shall count every time."""
        return bool(self._always.get())


class Background:
    """The window made small while uploads run.

    Parameters
    ----------
    on_done : callable
        Called when nothing goes on and nothing needs anybody: the program may end.
    """

    TICK_MS = 1000

    def __init__(
        self, root: tk.Tk | tk.Toplevel, board: JobBoard, on_done: Callable[[], object]
    ) -> None:
        self._root, self._board, self._on_done = root, board, on_done
        self._ids: tuple[str, ...] = ()
        self._ticket = ""
        root.bind("<Map>", self._mapped, add="+")

    @property
    def active(self) -> bool:
        """Whether the window is small and uploads go on."""
        return bool(self._ids)

    def begin(self) -> None:
        """Make the window small, and go on."""
        self._ids = tuple(job.id for job in self._board.of(Group.RUNNING) if moving(job))
        self._root.iconify()
        self._tick()

    def end(self) -> None:
        """The window is a window again."""
        self._ids = ()
        if self._ticket:
            self._root.after_cancel(self._ticket)
            self._ticket = ""
        self._root.title(TITLE)

    def _tick(self) -> None:
        self._ticket = ""
        if not self.active:
            return
        if any(moving(job) for job in self._board.of(Group.RUNNING)):
            self._root.title(title_of(self._board, self._ids))
            self._ticket = self._root.after(self.TICK_MS, self._tick)
            return
        needs = self._board.count(Group.NEEDS_YOU)
        self.end()
        if needs:
            self._root.deiconify()
        else:
            self._on_done()

    def _mapped(self, event: tk.Event[Any]) -> None:
        if event.widget is self._root and self.active and self._root.state() != "iconic":
            self.end()


def title_of(board: JobBoard, ids: tuple[str, ...]) -> str:
    """Progress of these uploads, short enough for a task bar."""
    jobs = [board.jobs[one] for one in ids if one in board.jobs]
    total = sum(job.bytes_total for job in jobs)
    share = int(100 * sum(job.bytes_sent for job in jobs) / total) if total else 0
    left = board.total_seconds_left
    needs = board.count(Group.NEEDS_YOU)
    parts = [
        f"⚠ {needs:,}" if needs else "",
        f"{share} %",
        words.duration(left) if left else "",
        TITLE,
    ]
    return " · ".join(part for part in parts if part)
