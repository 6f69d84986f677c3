"""What is wrong with an underlined piece, said beside the mouse."""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.problems import Problem
from dxclient.ui.metrics import em

_DELAY_MS = 350
#: The place is to be seen here; the sentence need not say it again.
_PLACE = re.compile(r"^Line \d+(, column \d+)?: ")


def problem_text(one: Problem) -> str:
    """Sentence and suggestion as a person reads them beside the line."""
    sentence = _PLACE.sub("", one.sentence)
    sentence = sentence[:1].upper() + sentence[1:]
    if not one.suggestion or one.suggestion in sentence:
        return sentence
    return f"{sentence} Did you mean “{one.suggestion}”?"


class ProblemTip:
    """Shows the sentence of the problem under the mouse."""

    def __init__(self, text: tk.Text, at: Callable[[str], Problem | None]) -> None:
        self._text, self._at = text, at
        self._problem: Problem | None = None
        self._ticket = ""
        self.window: tk.Toplevel | None = None
        text.bind("<Motion>", self._moved, add="+")
        for event in ("<Leave>", "<Button>", "<MouseWheel>", "<Unmap>", "<Destroy>"):
            text.bind(event, lambda _event: self.hide(), add="+")

    def hide(self) -> None:
        """Take it away."""
        if self._ticket:
            self._text.after_cancel(self._ticket)
            self._ticket = ""
        if self.window is not None:
            self.window.destroy()
            self.window = None
        self._problem = None

    def _moved(self, event: tk.Event[Any]) -> None:
        problem = self._at(self._text.index(f"@{event.x},{event.y}"))
        if problem is self._problem:
            return
        self.hide()
        self._problem = problem
        if problem is not None:
            x, y = event.x_root, event.y_root
            self._ticket = self._text.after(_DELAY_MS, lambda: self._show(problem, x, y))

    def _show(self, problem: Problem, x: int, y: int) -> None:
        self._ticket = ""
        window = tk.Toplevel(self._text)
        window.overrideredirect(True)
        ttk.Label(
            window,
            text=problem_text(problem),
            padding=em(self._text, 0.5),
            bootstyle="inverse-dark",
            wraplength=em(self._text, 40),
        ).pack()
        window.geometry(f"+{x + 12}+{y + 18}")
        self.window = window
