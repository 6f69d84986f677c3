"""The line above the editor: which script it is, and what one can do with it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.scripts.documents import Document, Kind
from dxclient.ui.theme import HEADING, MUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What the buttons do."""

    copy: Callable[[], object]
    save: Callable[[], object]
    save_as: Callable[[], object]
    differences: Callable[[], object]
    remove: Callable[[], object]


class Header(ttk.Frame):
    """Name and place on the left, the buttons that fit this script on the right."""

    def __init__(self, parent: tk.Misc, deeds: Deeds) -> None:
        super().__init__(parent, padding=(0, 0, 0, em(parent, 0.3)))
        words = ttk.Frame(self)
        words.pack(side="top", fill="x")
        self.name = ttk.Label(words, style=HEADING)
        self.name.pack(side="left")
        self.where = ttk.Label(words, style=MUTED)
        self.where.pack(side="left", padx=em(self, 0.8))
        self._bar = ttk.Frame(self)
        self._bar.pack(side="top", fill="x", pady=(em(self, 0.2), 0))
        self.buttons = {
            "copy": ttk.Button(self._bar, command=deeds.copy),
            "save": ttk.Button(self._bar, text="Save", command=deeds.save),
            "save_as": ttk.Button(self._bar, text="Save as my own…", command=deeds.save_as),
            "differences": ttk.Button(
                self._bar, text="Show differences", command=deeds.differences
            ),
            "remove": ttk.Button(self._bar, command=deeds.remove),
        }
        self._shown: tuple[str, ...] = ()

    def show(self, one: Document | None) -> None:
        """Show this script's name, place and buttons."""
        self.name.configure(text=one.title if one else "No script chosen")
        self.where.configure(text=f"({one.place})" if one else "")
        wanted = _wanted(one) if one else ()
        if wanted != self._shown:
            self._shown = wanted
            for button in self.buttons.values():
                button.pack_forget()
            for name in wanted:
                self.buttons[name].pack(side="left", padx=(0, em(self, 0.4)))
        if one is not None:
            self._label(one)

    def _label(self, one: Document) -> None:
        copies = "Try my change" if one.kind is Kind.SERVER else "Copy to edit"
        self.buttons["copy"].configure(text=copies)
        self.buttons["save"].state(["!disabled" if one.unsaved else "disabled"])
        changed = one.text != (one.original if one.original is not None else one.saved)
        self.buttons["differences"].state(["!disabled" if changed else "disabled"])
        kept = one.kind is Kind.OWN and one.saved is not None
        self.buttons["remove"].configure(text="Delete…" if kept else "Close")


def _wanted(one: Document) -> tuple[str, ...]:
    if one.read_only:
        return ("copy",)
    if one.has_place:
        return ("save", "save_as", "differences", "remove")
    return (
        ("save_as", "differences", "remove")
        if one.original is not None
        else (
            "save_as",
            "remove",
        )
    )
