"""The list of scripts on the left, in groups."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.scripts.documents import Document, Kind, Library
from dxclient.ui.theme import MUTED, colour
from dxclient.ui.widgets.misc import Muted
from dxclient.ui.widgets.tips import CellTip

_EMPTY = "You can begin a new script, open a file, or copy a ready-made script and change it."
#: Scripts in the list before it gets a filter.
_LONG = 14
_GROUPS = {
    Kind.SERVER: "On the server, read only",
    Kind.READY: "Ready-made, read only",
    Kind.COPY: "Copies, not saved",
    Kind.OWN: "Your own",
    Kind.FILE: "Files",
}


class Shelf(ttk.Frame):
    """All scripts as a tree; those that cannot be changed say so.

    Parameters
    ----------
    on_choose : callable
        Gets the script that was chosen.
    on_enter : callable
        Called for the Enter key: the person wants to be in the text.
    """

    def __init__(
        self,
        parent: tk.Misc,
        library: Library,
        *,
        on_choose: Callable[[Document], object],
        on_enter: Callable[[], object],
        on_new: Callable[[], object],
        on_open: Callable[[], object],
    ) -> None:
        super().__init__(parent)
        self._library, self._on_choose = library, on_choose
        self._chosen: Document | None = None
        self._shown: tuple[tuple[Kind, str], ...] = ()
        buttons = ttk.Frame(self)
        buttons.pack(side="top", fill="x", pady=(0, em(self, 0.4)))
        self.new_button = ttk.Button(buttons, text="New script", command=on_new)
        self.new_button.pack(side="left")
        self.open_button = ttk.Button(buttons, text="Open file…", command=on_open)
        self.open_button.pack(side="left", padx=em(self, 0.4))
        self.note = Muted(self)
        self.note.pack(side="bottom", fill="x", pady=(em(self, 0.4), 0))
        self._build_filter()
        self._build_tree()
        self.tree.bind("<Return>", lambda _event: self._enter(on_enter))

    @staticmethod
    def _enter(on_enter: Callable[[], object]) -> str:
        on_enter()
        return "break"

    def _build_filter(self) -> None:
        """A filter, shown once the list is long."""
        self.pattern = tk.StringVar(self)
        self._filter = ttk.Frame(self)
        ttk.Label(self._filter, text="Filter").pack(side="left", padx=(0, em(self, 0.5)))
        self.filter_entry = ttk.Entry(self._filter, textvariable=self.pattern, width=8)
        self.filter_entry.pack(side="left", fill="x", expand=True)
        self._count = ttk.Label(self._filter, style=MUTED)
        self._count.pack(side="left", padx=(em(self, 0.5), 0))
        self.pattern.trace_add("write", lambda *_: self.show(self._chosen))
        self.filter_entry.bind("<Down>", lambda _event: self.tree.focus_set())
        self.filter_entry.bind("<Escape>", self._clear_filter)

    def _clear_filter(self, _event: tk.Event[Any]) -> str | None:
        if not self.pattern.get():
            return None
        self.pattern.set("")
        return "break"

    def _build_tree(self) -> None:
        frame = self._list = ttk.Frame(self)
        frame.pack(fill="both", expand=True)
        self.tree = ttk.Treeview(frame, show="tree", selectmode="browse", height=6, columns=())
        bar = ttk.Scrollbar(frame, orient="vertical", command=self.tree.yview)
        bar.pack(side="right", fill="y")
        self.tree.pack(side="left", fill="both", expand=True)
        self.tree.configure(yscrollcommand=bar.set)
        self.tree.column("#0", width=em(self, 16), stretch=True)
        self.tree.bind("<<TreeviewSelect>>", lambda _event: self._selected())
        self.tree.bind("<FocusIn>", lambda _event: self._focus_first(), add="+")
        self.tip = CellTip(self.tree)
        self._colours()
        self.bind("<<ThemeChanged>>", lambda _event: self._colours(), add="+")

    def _colours(self) -> None:
        self.tree.tag_configure("group", font="DxBold")
        self.tree.tag_configure("unsaved", font="DxBold")
        self.tree.tag_configure("muted", foreground=colour("fg"))

    @property
    def needed_width(self) -> int:
        """Pixels that the buttons need."""
        return self.open_button.winfo_reqwidth() + self.new_button.winfo_reqwidth() + em(self, 0.4)

    def show(self, chosen: Document | None) -> None:
        """Show the list as it is now, with this one chosen."""
        self._chosen = chosen
        found = tuple((kind, one.id) for kind in Kind for one in self._passing(kind))
        total = len(self._library.documents)
        self._count.configure(text=f"{len(found):,} of {total:,}")
        if total > _LONG:
            self._filter.pack(before=self._list, fill="x", pady=(0, em(self, 0.4)))
        if found != self._shown:
            self._shown = found
            self._fill()
        for one in self._library.documents:
            self.renew(one)
        if chosen is not None and not self.tree.exists(chosen.id):
            return
        if chosen is not None and self.tree.selection() != (chosen.id,):
            self.tree.selection_set(chosen.id)
            self.tree.focus(chosen.id)
            self.tree.see(chosen.id)
        elif chosen is None:
            self.tree.selection_set(())

    def _passing(self, kind: Kind) -> list[Document]:
        """Those of a kind whose names have all words of the filter."""
        wanted = self.pattern.get().casefold().split()
        found = self._library.of(kind)
        return [one for one in found if all(word in one.name.casefold() for word in wanted)]

    def _fill(self) -> None:
        groups = self.tree.get_children()
        closed = {group for group in groups if not self.tree.item(group, "open")}
        self.tree.delete(*groups)
        for kind in Kind:
            scripts = self._passing(kind)
            if scripts:
                self.tree.insert(
                    "",
                    "end",
                    iid=kind.name,
                    text=_GROUPS[kind],
                    open=kind.name not in closed,
                    tags=("group",),
                )
            for one in scripts:
                self.tree.insert(kind.name, "end", iid=one.id, text=_line(one), tags=_tags(one))

    def renew(self, one: Document) -> None:
        """Show a script's name and dot as they are now."""
        if self.tree.exists(one.id):
            text = _line(one)
            if self.tree.item(one.id, "text") != text:
                self.tree.item(one.id, text=text, tags=_tags(one))

    def say(self, text: str) -> None:
        """Say below the list what is there, and what one can do."""
        more = "" if self._library.of(Kind.SERVER) else _EMPTY
        self.note.configure(text=f"{text} {more}".strip())

    def _selected(self) -> None:
        chosen = self.tree.selection()
        one = self._library.get(chosen[0]) if chosen else None
        # the toolkit tells of its own selecting, too
        if one is not None and one is not self._chosen:
            self._on_choose(one)

    def _focus_first(self) -> None:
        if not self.tree.focus():
            for group in self.tree.get_children()[:1]:
                self.tree.focus(group)


def _line(one: Document) -> str:
    if one.kind is Kind.SERVER:
        return f"{one.title} ({one.origin.value.removeprefix('XNAT ')})"
    return one.title


def _tags(one: Document) -> tuple[str, ...]:
    return ("unsaved",) if one.unsaved else ()
