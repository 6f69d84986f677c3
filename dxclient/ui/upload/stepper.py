"""The line of steps on top: done, here, to come."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

import ttkbootstrap as ttk

from dxclient.domain.contributions import Step
from dxclient.ui.metrics import em
from dxclient.ui.theme import MUTED
from dxclient.ui.widgets.misc import LinkLabel

_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


class Stepper(ttk.Frame):
    """Steps with their numbers; those behind are links back.

    Parameters
    ----------
    on_jump : callable
        Gets the id of the step that was clicked.
    """

    def __init__(self, parent: tk.Misc, on_jump: Callable[[str], None]) -> None:
        super().__init__(parent)
        self._on_jump = on_jump
        self._shown: tuple[tuple[str, ...], str] | None = None
        self.links: dict[str, LinkLabel] = {}

    def show(self, steps: Sequence[Step], current: Step) -> None:
        """Show these steps, and where the person is."""
        now = (tuple(step.id for step in steps), current.id)
        if now == self._shown:
            return
        self._shown = now
        for child in self.winfo_children():
            child.destroy()
        self.links = {}
        place = now[0].index(current.id) if current.id in now[0] else len(steps)
        for number, step in enumerate(steps):
            if number:
                ttk.Label(self, text="—", style=MUTED).pack(side="left", padx=em(self, 0.5))
            self._add(step, number, number - place)

    def _add(self, step: Step, number: int, ahead: int) -> None:
        sign = _NUMBERS[number] if number < len(_NUMBERS) else f"{number + 1}."
        if ahead < 0:
            link = LinkLabel(self, f"✔ {step.title}", lambda: self._on_jump(step.id))
            link.pack(side="left")
            self.links[step.id] = link
        elif ahead == 0:
            ttk.Label(self, text=f"{sign} {step.title}", font="DxBold").pack(side="left")
        else:
            ttk.Label(self, text=f"{sign} {step.title}", style=MUTED).pack(side="left")
