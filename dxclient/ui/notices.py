"""What the window tells by itself: a line that stays until it is closed or is over."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.theme import CARD
from dxclient.ui.widgets.misc import WrapLabel


@dataclass(frozen=True, slots=True)
class Notice:
    """One line.

    Parameters
    ----------
    key : str
        A notice with the same key takes its place.
    verb : str
        Of the button; none without.
    """

    key: str
    text: str
    verb: str = ""
    action: Callable[[], object] | None = None


class NoticeBar(ttk.Frame):
    """The notices, one under the other, at most three: the oldest goes."""

    MOST = 3

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self.shown: dict[str, Notice] = {}
        self._lines: dict[str, ttk.Frame] = {}

    def tell(self, notice: Notice) -> None:
        """Show a notice."""
        if self.shown.get(notice.key) == notice:
            return
        self.take_back(notice.key)
        while len(self.shown) >= self.MOST:
            self.take_back(next(iter(self.shown)))
        self.shown[notice.key] = notice
        self._lines[notice.key] = self._line(notice)

    def take_back(self, key: str) -> None:
        """Take a notice away, when it is there."""
        if self.shown.pop(key, None) is not None:
            self._lines.pop(key).destroy()
        if not self.shown:
            self.configure(height=1)

    def _line(self, notice: Notice) -> ttk.Frame:
        line = ttk.Frame(self, style=CARD, padding=(em(self, 0.8), em(self, 0.3)))
        line.pack(fill="x", pady=(0, em(self, 0.3)))
        close = ttk.Button(
            line, text="✕", width=2, bootstyle="link", command=lambda: self.take_back(notice.key)
        )
        close.pack(side="right")
        if notice.action is not None:
            action = notice.action

            def act() -> None:
                self.take_back(notice.key)
                action()

            button = ttk.Button(line, text=notice.verb, command=act)
            button.pack(side="right", padx=(em(self, 0.6), 0))
        WrapLabel(line, notice.text).pack(side="left", fill="x", expand=True)
        return line
