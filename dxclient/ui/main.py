"""Builds the window, runs it, and takes it apart again."""

from __future__ import annotations

import re
import tkinter as tk
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import ttkbootstrap as ttk

from dxclient.domain.preferences import Value
from dxclient.ui.board import Group, moving
from dxclient.ui.bridge import UiBridge
from dxclient.ui.closing import Background, Closing, ClosingQuestion
from dxclient.ui.dialogs import ErrorDialog
from dxclient.ui.drop import enable_drop
from dxclient.ui.metrics import em, guard_scaling, set_text_size
from dxclient.ui.shell import Shell
from dxclient.ui.theme import Theme

if TYPE_CHECKING:
    from dxclient.app import App

_GEOMETRY = re.compile(r"(\d+)x(\d+)\+(-?\d+)\+(-?\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoInfo:
    """What the window says when it runs against the demonstration server."""

    url: str
    user: str = "nurse"
    password: str = "nurse"  # noqa: S105 - the demonstration's own
    samples: Path | None = None


class Window:
    """Root, bridge and shell, with their lifetimes.

    Parameters
    ----------
    scaling : float or None
        Pixels per point, for tests; None takes the display's.
    """

    def __init__(
        self, app: App, *, demo: DemoInfo | None = None, scaling: float | None = None
    ) -> None:
        self.app = app
        settings = app.settings()
        name = settings.text("ui.theme") if "ui.theme" in settings else "system"
        self.root = ttk.App(title="dxclient", theme=Theme.resolve(name), scaling=scaling)
        self.root.withdraw()
        guard_scaling(self.root)
        if "ui.text_size" in settings:
            set_text_size(self.root, settings.number("ui.text_size"))
        Theme.apply(self.root, name)
        self.root.report_callback_exception = self._report
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        self.bridge = UiBridge(self.root)
        app.subscribe(self.bridge.post)
        self.shell = Shell(
            self.root,
            app,
            self.bridge,
            on_saved=self._setting_saved,
            login_options=_demo_options(demo),
            samples=demo.samples if demo else None,
        )
        self.shell.pack(fill="both", expand=True)
        self.drops = enable_drop(self.root, self.shell.dropped)
        self.background = Background(self.root, self.shell.board, self.leave)
        self._error: ErrorDialog | None = None
        self._place()
        self.root.deiconify()
        self.shell.start()

    def run(self) -> int:
        """Work until the window is closed."""
        self.root.mainloop()
        return 0

    def close(self) -> None:
        """Close the window; with uploads running or scripts not saved, ask first."""
        if not self.shell.may_close():
            return
        running = sum(map(moving, self.shell.board.of(Group.RUNNING)))
        way = self._way_to_close(running) if running else Closing.NEXT_START
        if way is Closing.BACKGROUND:
            self.background.begin()
        elif way is Closing.PAUSE:
            transfers = self.app.transfers
            self.bridge.run(
                lambda _p, _c: transfers.pause_all(), lambda _r: self.leave(), self.shell.show_error
            )
        elif way is Closing.NEXT_START:
            self.leave()

    def leave(self) -> None:
        """Close without asking; what runs goes on at the next start."""
        self._remember_place()
        self.destroy()

    def destroy(self) -> None:
        """Close at once."""
        self.bridge.close()
        self.root.destroy()

    def _way_to_close(self, running: int) -> Closing | None:
        """What the person wants with uploads that run; None stays."""
        settings = self.app.settings()
        wish = settings.text("ui.closing") if "ui.closing" in settings else Closing.ASK.value
        if wish != Closing.ASK.value:
            return Closing(wish)
        self.root.deiconify()
        question = ClosingQuestion(self.root, running)
        question.wait(self.root)
        if question.answer is not None and question.always and not settings.locked("ui.closing"):
            self.app.set_setting("ui.closing", question.answer.value)
        return question.answer

    # -- size and place ------------------------------------------------------------------

    def _place(self) -> None:
        root = self.root
        screen = root.winfo_screenwidth(), root.winfo_screenheight()
        smallest = min(em(root, 56), screen[0]), min(em(root, 38), screen[1])
        root.minsize(*smallest)
        settings = self.app.settings()
        known = settings.text("ui.geometry") if "ui.geometry" in settings else ""
        found = _GEOMETRY.fullmatch(known)
        if found is None or not _visible(found, screen):
            width = min(em(root, 94), round(screen[0] * 0.92))
            height = min(em(root, 60), round(screen[1] * 0.86))
            x, y = (screen[0] - width) // 2, (screen[1] - height) // 3
            known = f"{width}x{height}+{x}+{y}"
        root.geometry(known)

    def _remember_place(self) -> None:
        settings = self.app.settings()
        geometry = self.root.geometry()
        if "ui.geometry" in settings and settings.text("ui.geometry") != geometry:
            self.app.set_setting("ui.geometry", geometry)

    def _setting_saved(self, key: str) -> None:
        settings = self.app.settings()
        value: Value = settings[key]
        if key == "ui.theme":
            Theme.apply(self.root, str(value))
        elif key == "ui.text_size":
            set_text_size(self.root, settings.number(key))
            Theme.apply(self.root, settings.text("ui.theme"))

    # -- errors --------------------------------------------------------------------------

    def _report(
        self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        """Show an unexpected error as a sentence; one dialog at a time."""
        if isinstance(error, KeyboardInterrupt):
            self.destroy()
            return
        if self._error is not None and self._error.winfo_exists():
            return
        self._error = ErrorDialog(self.root, error)
        self._error.place_over(self.root)


def _visible(found: re.Match[str], screen: tuple[int, int]) -> bool:
    """Whether enough of a remembered place is on the screen that is there now."""
    width, height, x, y = (int(part) for part in found.groups())
    return (
        width <= screen[0]
        and height <= screen[1]
        and -width // 2 < x < screen[0] - 100
        and 0 <= y < screen[1] - 100
    )


def _demo_options(demo: DemoInfo | None) -> dict[str, Any]:
    if demo is None:
        return {}
    hint = "This is the demonstration: a server on this computer with made-up sessions."
    if demo.samples is not None:
        hint += " After logging in, “Use the sample sessions” opens them."
    return {"server": demo.url, "user": demo.user, "password": demo.password, "hint": hint}


def run(app: App, *, demo: DemoInfo | None = None) -> int:
    """Open the window and work until it is closed.

    Returns
    -------
    int
        Exit status; 1 when there is no screen.
    """
    try:
        window = Window(app, demo=demo)
    except tk.TclError as error:
        if "display" not in str(error):
            raise
        return 1
    return window.run()
