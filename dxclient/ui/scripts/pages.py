"""The pages below the editor: what it does, variables, before and after."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.theme import TAB

DOES, NEEDS, PREVIEW = "does", "needs", "preview"
_TITLES = {DOES: "What it does", NEEDS: "Variables", PREVIEW: "Before / after"}


class Pages(ttk.Frame):
    """Buttons in a row, and the page of the one that is pressed below.

    Parameters
    ----------
    on_turn : callable
        Called with the page after it came to the front.
    """

    def __init__(self, parent: tk.Misc, on_turn: Callable[[str], object]) -> None:
        super().__init__(parent, padding=(0, em(parent, 0.4), 0, 0))
        self._on_turn = on_turn
        self._value = tk.StringVar(self, value=DOES)
        bar = ttk.Frame(self)
        bar.pack(side="top", fill="x", pady=(0, em(self, 0.4)))
        self.tabs: dict[str, ttk.Radiobutton] = {}
        for page, title in _TITLES.items():
            tab = ttk.Radiobutton(
                bar,
                text=title,
                variable=self._value,
                value=page,
                command=self._turned,
                style=TAB,
                width=len(title) + 1,
            )
            tab.pack(side="left", padx=(0, em(self, 0.3)))
            self.tabs[page] = tab
        self.body = ttk.Frame(self)
        self.body.pack(fill="both", expand=True)
        self._pages: dict[str, tk.Widget] = {}

    def add(self, page: str, widget: tk.Widget) -> None:
        """Put a page in; its parent is `.body`."""
        self._pages[page] = widget
        if page == self.page:
            widget.pack(fill="both", expand=True)

    @property
    def page(self) -> str:
        """The page in front."""
        return self._value.get()

    def turn(self, page: str) -> None:
        """Bring a page to the front."""
        if page != self.page:
            self._value.set(page)
            self._turned()

    def label(self, page: str, count: str = "") -> None:
        """Say in the button how much there is."""
        text = f"{_TITLES[page]} ({count})" if count else _TITLES[page]
        if str(self.tabs[page].cget("text")) != text:
            self.tabs[page].configure(text=text, width=len(text) + 1)

    def _turned(self) -> None:
        for page, widget in self._pages.items():
            if page != self.page:
                widget.pack_forget()
        self._pages[self.page].pack(fill="both", expand=True)
        self.update_idletasks()
        self._on_turn(self.page)
