"""Findings with a box to tick for those that a person has to have seen."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable

import ttkbootstrap as ttk

from dxclient.domain.findings import Finding, Severity
from dxclient.ui.metrics import em
from dxclient.ui.theme import MARKS
from dxclient.ui.upload.state import key_of
from dxclient.ui.widgets.misc import Muted, WrapLabel

_ORDER = (Severity.STOPS, Severity.NEEDS_YOU, Severity.NOTE)


class AckList(ttk.Frame):
    """Findings, the gravest first; those that need a person have a box “I have seen this”.

    Parameters
    ----------
    on_ack : callable
        Gets a finding and whether its box is ticked.
    """

    def __init__(self, parent: tk.Misc, on_ack: Callable[[Finding, bool], None]) -> None:
        super().__init__(parent)
        self._on_ack = on_ack
        self._shown: tuple[Finding, ...] | None = None
        self.boxes: dict[str, ttk.Checkbutton] = {}
        self._ticks: dict[str, tk.BooleanVar] = {}
        self.columnconfigure(1, weight=1)

    def show(self, findings: Iterable[Finding], acknowledged: frozenset[str]) -> None:
        """Show these findings instead; nothing is rebuilt when they are the same."""
        found = tuple(sorted(findings, key=lambda one: _ORDER.index(one.severity)))
        if found != self._shown:
            self._shown = found
            self._build(found)
        for key, tick in self._ticks.items():
            tick.set(key in acknowledged)

    def _build(self, findings: tuple[Finding, ...]) -> None:
        for child in self.winfo_children():
            child.destroy()
        self.boxes.clear()
        self._ticks.clear()
        if not findings:
            # a grid without children keeps its last height
            ttk.Frame(self, height=1).grid(row=0, column=0)
        for row, finding in enumerate(findings):
            self._line(row, finding)

    def _line(self, row: int, finding: Finding) -> None:
        mark = MARKS[finding.severity]
        sign = ttk.Label(self, text=f"{mark.icon} {mark.word}", style=mark.style)
        sign.grid(row=row, column=0, sticky="nw", padx=(0, em(self, 0.6)), pady=em(self, 0.2))
        text = ttk.Frame(self)
        text.grid(row=row, column=1, sticky="ew", pady=em(self, 0.2))
        WrapLabel(text, finding.sentence).pack(fill="x")
        if finding.hint:
            Muted(text, finding.hint).pack(fill="x")
        if finding.severity is Severity.NEEDS_YOU:
            self._box(text, finding)

    def _box(self, parent: tk.Misc, finding: Finding) -> None:
        key, tick = key_of(finding), tk.BooleanVar(self)
        box = ttk.Checkbutton(
            parent,
            text="I have seen this, go on",
            variable=tick,
            command=lambda: self._on_ack(finding, tick.get()),
        )
        box.pack(anchor="w", pady=(em(self, 0.2), 0))
        self._ticks[key], self.boxes[key] = tick, box
