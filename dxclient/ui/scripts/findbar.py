"""Finding a piece of text: a bar above the editor, shown by Ctrl+F."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.theme import MUTED

_FOUND, _CURRENT = "found", "sel"
#: Marks that are drawn at most; finding goes on beyond.
_MOST = 500


class FindBar(ttk.Frame):
    """An entry with the number of places, and buttons to go from one to the next."""

    def __init__(self, parent: tk.Misc, text: tk.Text, on_close: Callable[[], object]) -> None:
        super().__init__(parent, padding=(0, em(parent, 0.2)))
        self._text, self._on_close = text, on_close
        self.pattern = tk.StringVar(self)
        ttk.Label(self, text="Find").pack(side="left", padx=(0, em(self, 0.5)))
        self.entry = ttk.Entry(self, textvariable=self.pattern, width=24)
        self.entry.pack(side="left")
        for sign, step in (("↑", -1), ("↓", 1)):
            ttk.Button(
                self, text=sign, width=2, bootstyle="link", command=self._stepper(step)
            ).pack(side="left")
        self.count = ttk.Label(self, style=MUTED)
        self.count.pack(side="left", padx=em(self, 0.5))
        ttk.Button(self, text="Close", bootstyle="link", command=self.close).pack(side="right")
        self.pattern.trace_add("write", lambda *_: self._changed())
        for key, step in (("<Return>", 1), ("<Shift-Return>", -1), ("<F3>", 1), ("<Down>", 1)):
            self.entry.bind(key, self._key(step))
        self.entry.bind("<Up>", self._key(-1))
        self.entry.bind("<Escape>", self._escape)

    def open(self) -> None:
        """Take what is selected, and the keyboard."""
        if self._text.tag_ranges(_CURRENT):
            chosen = self._text.get("sel.first", "sel.last")
            if "\n" not in chosen:
                self.pattern.set(chosen)
        self._changed()
        self.entry.focus_set()
        self.entry.selection_range(0, "end")

    def close(self) -> None:
        """Take the marks away, and give the keyboard back."""
        self._text.tag_remove(_FOUND, "1.0", "end")
        self._on_close()

    def places(self) -> tuple[str, ...]:
        """Where the text is, in order."""
        wanted, start = self.pattern.get(), "1.0"
        found: list[str] = []
        while wanted and len(found) < _MOST:
            place = self._text.search(wanted, start, "end", nocase=True)
            if not place:
                break
            found.append(place)
            start = f"{place}+{len(wanted)}c"
        return tuple(found)

    def _changed(self) -> None:
        text, length = self._text, len(self.pattern.get())
        places = self.places()
        text.tag_remove(_FOUND, "1.0", "end")
        for place in places:
            text.tag_add(_FOUND, place, f"{place}+{length}c")
        words = "" if not length else f"{len(places):,} found" if places else "not found"
        self.count.configure(text=words)

    def go(self, step: int) -> None:
        """Select the next place, or the one before; from the last on to the first."""
        places = self.places()
        if not places:
            return
        text = self._text
        if step > 0:
            after = [one for one in places if text.compare(one, ">", "insert")]
            place = after[0] if after else places[0]
        else:
            start = "sel.first" if text.tag_ranges(_CURRENT) else "insert"
            before = [one for one in places if text.compare(one, "<", start)]
            place = before[-1] if before else places[-1]
        end = f"{place}+{len(self.pattern.get())}c"
        text.tag_remove(_CURRENT, "1.0", "end")
        text.tag_add(_CURRENT, place, end)
        text.mark_set("insert", place if step < 0 else f"{end}-1c")
        text.see(place)

    def _stepper(self, step: int) -> Callable[[], None]:
        return lambda: self.go(step)

    def _key(self, step: int) -> Callable[[tk.Event[Any]], str]:
        def pressed(_event: tk.Event[Any]) -> str:
            self.go(step)
            return "break"

        return pressed

    def _escape(self, _event: tk.Event[Any]) -> str:
        self.close()
        return "break"
