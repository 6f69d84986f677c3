"""A call that waits a little, so that many wishes become one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable


class Later:
    """One call of a function on the window's thread, however often it is asked for.

    It never comes after its widget is gone.

    Parameters
    ----------
    ms : int or None
        Milliseconds to wait; None waits until the window has nothing else to do.
    """

    def __init__(self, widget: tk.Misc, function: Callable[[], object], ms: int | None) -> None:
        self._widget, self._function, self._ms = widget, function, ms
        self._ticket = ""
        widget.bind("<Destroy>", self._gone, add="+")

    def ask(self) -> None:
        """Ask for the call, unless one waits already."""
        if not self._ticket:
            after = self._widget.after_idle if self._ms is None else self._after
            self._ticket = after(self._call)

    def ask_anew(self) -> None:
        """Ask for the call, and let the wait begin again."""
        self.cancel()
        self.ask()

    def cancel(self) -> None:
        """Take back what was asked for."""
        if self._ticket:
            self._widget.after_cancel(self._ticket)
            self._ticket = ""

    def _after(self, function: Callable[[], object]) -> str:
        return self._widget.after(self._ms or 0, function)

    def _call(self) -> None:
        self._ticket = ""
        self._function()

    def _gone(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._widget:
            self.cancel()
