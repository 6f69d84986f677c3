"""Garbage is collected on the window's thread only.

A Tk variable or image that is finalised on another thread raises or crashes
(python/cpython#83274), and Python collects on whichever thread happens to allocate. So the
automatic collector rests while a window is open, and a timer does its work.
"""

from __future__ import annotations

import gc
import tkinter as tk

#: Between two looks, in milliseconds.
TICK_MS = 500


class Garbage:
    """Collects on a timer of the window, by the collector's own thresholds."""

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self._was_on = gc.isenabled()
        gc.disable()
        self._ticket = root.after(TICK_MS, self._tick)

    def _tick(self) -> None:
        collect_due()
        self._ticket = self._root.after(TICK_MS, self._tick)

    def close(self) -> None:
        """Give the work back to the automatic collector."""
        self._root.after_cancel(self._ticket)
        if self._was_on:
            gc.enable()


def collect_due() -> None:
    """Collect the oldest generation whose threshold is passed."""
    due = (
        generation
        for generation in (2, 1, 0)
        if gc.get_count()[generation] > gc.get_threshold()[generation]
    )
    generation = next(due, None)
    if generation is not None:
        gc.collect(generation)
