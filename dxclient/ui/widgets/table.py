"""A table with a filter, sorting, check marks, an empty state and tooltips."""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ttkbootstrap as ttk

from dxclient.ui.later import Later
from dxclient.ui.metrics import em
from dxclient.ui.theme import MUTED, TONES, colour, tone
from dxclient.ui.widgets.tips import CellTip

CHECKED, UNCHECKED = "☑", "☐"
_CHECK = "#check"
#: Rows that are drawn in one go; more are drawn in slices, so that the window goes on answering.
SLICE = 150


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Numbers are shown right-aligned with ``anchor="e"``; widths are in ems."""

    id: str
    title: str
    width_em: float = 10
    anchor: Literal["w", "e"] = "w"
    stretch: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row. `sort` holds one sort value for each column, where the texts do not sort well.

    Tags known to the table: ``struck``, ``bold``, and the tones of the theme (``muted``,
    ``danger``, ``good``, ``attention``, ``moving``).
    """

    id: str
    values: tuple[str, ...]
    tags: tuple[str, ...] = ()
    sort: tuple[Any, ...] | None = None


def natural_key(text: str) -> tuple[Any, ...]:
    """Sort key that puts ``scan 9`` before ``scan 10``."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", text)
        if part
    )


class Table(ttk.Frame):
    """Rows of texts.

    Parameters
    ----------
    select : {"browse", "extended"}
        One row or several.
    empty : str
        Shown when there are no rows: say how to fill the table.
    checks : bool
        A first column with ☑ or ☐, toggled by Space or a click.
    on_select : callable
        Gets the ids of the selected rows.
    on_activate : callable
        Gets the id of a row that was double-clicked or entered.
    on_check : callable
        Gets the ids of the checked rows.
    """

    def __init__(
        self,
        parent: tk.Misc,
        columns: Sequence[Column],
        *,
        select: str = "browse",
        empty: str = "",
        filterable: bool = True,
        checks: bool = False,
        height: int = 8,
        on_select: Callable[[tuple[str, ...]], None] | None = None,
        on_activate: Callable[[str], None] | None = None,
        on_check: Callable[[frozenset[str]], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._checks = checks
        self._rows: dict[str, Row] = {}
        self._drawn: dict[str, Row] = {}
        self._shown: tuple[str, ...] = ()
        self._shown_ids: frozenset[str] = frozenset()
        self._waiting: list[Row] = []
        self._more = Later(self, self._draw_slice, 1)
        self._checked: set[str] = set()
        self._sort: tuple[str, bool] | None = None
        self._on_select, self._on_activate, self._on_check = on_select, on_activate, on_check
        self._empty = empty
        self._pattern = tk.StringVar(self)
        self._count = tk.StringVar(self)
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        if filterable:
            self._build_filter()
        self._build_tree(select, height)
        self._bind_keys()
        self._empty_label = ttk.Label(self.tree, text=empty, style=MUTED, justify="center")
        self._colours()
        self.bind("<<ThemeChanged>>", lambda _event: self._colours(), add="+")
        self._refresh()

    # -- building ------------------------------------------------------------------------

    def _build_filter(self) -> None:
        bar = self.bar = ttk.Frame(self)
        bar.grid(row=0, column=0, columnspan=2, sticky="ew", pady=(0, em(self, 0.3)))
        bar.columnconfigure(1, weight=1)
        ttk.Label(bar, text="Filter").grid(row=0, column=0, padx=(0, em(self, 0.5)))
        self.filter_entry = ttk.Entry(bar, textvariable=self._pattern)
        self.filter_entry.grid(row=0, column=1, sticky="ew")
        ttk.Label(bar, textvariable=self._count, style=MUTED).grid(
            row=0, column=2, padx=(em(self, 0.8), 0)
        )
        self._pattern.trace_add("write", lambda *_: self._refresh())
        self.filter_entry.bind("<Escape>", self._clear_filter)
        self.filter_entry.bind("<Down>", lambda _event: self.focus_rows())

    def _build_tree(self, select: str, height: int) -> None:
        names = [*([_CHECK] if self._checks else []), *(column.id for column in self.columns)]
        self.tree = ttk.Treeview(
            self, columns=names, show="headings", selectmode=select, height=height
        )
        self.tree.grid(row=1, column=0, sticky="nsew")
        bar = ttk.Scrollbar(self, orient="vertical", command=self.tree.yview)
        bar.grid(row=1, column=1, sticky="ns")
        across = ttk.Scrollbar(self, orient="horizontal", command=self.tree.xview)
        self.tree.configure(yscrollcommand=bar.set, xscrollcommand=_hiding(across))
        if self._checks:
            width = em(self, 2.4)
            self.tree.column(_CHECK, width=width, minwidth=width, stretch=False, anchor="center")
            self.tree.heading(_CHECK, text=UNCHECKED, command=self.toggle_all)
        for column in self.columns:
            self.tree.column(
                column.id,
                width=em(self, column.width_em),
                minwidth=em(self, 2),
                anchor=column.anchor,
                stretch=column.stretch,
            )
            self._heading(column)
        self.tip = CellTip(self.tree)

    def _bind_keys(self) -> None:
        tree = self.tree
        tree.bind("<<TreeviewSelect>>", lambda _event: self._selected_changed())
        tree.bind("<Double-1>", self._double)
        tree.bind("<Return>", self._enter)
        tree.bind("<Button-1>", self._click, add="+")
        tree.bind("<space>", self._space)
        tree.bind("<Control-a>", self._select_all)
        tree.bind("<Control-c>", self._copy)
        tree.bind("<Control-f>", lambda _event: self._focus_filter())
        tree.bind("<FocusIn>", lambda _event: self._focus_first(), add="+")

    def _colours(self) -> None:
        # the label lies on the rows, whose colour is that of entries
        self._empty_label.configure(background=colour("inputbg"))
        for name in TONES:
            self.tree.tag_configure(name, foreground=tone(name))
        self.tree.tag_configure("struck", font="DxStruck")
        self.tree.tag_configure("bold", font="DxBold")

    # -- rows ----------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows instead; selection and check marks of rows that remain are kept."""
        self._rows = {row.id: row for row in rows}
        self._checked &= self._rows.keys()
        self._refresh()

    def set_empty(self, text: str) -> None:
        """Say something else when there are no rows."""
        self._empty = text

    def update_row(self, row: Row) -> None:
        """Change one row in place, or add it."""
        self._rows[row.id] = row
        if row.id in self._shown_ids:
            self._draw(row)
        else:
            self._refresh()

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, also those that the filter hides."""
        return tuple(self._rows.values())

    @property
    def visible(self) -> tuple[str, ...]:
        """Ids of the rows that pass the filter, in the order shown."""
        return self._shown

    @property
    def selected(self) -> tuple[str, ...]:
        """Ids of the selected rows."""
        return self.tree.selection()

    def select(self, ids: Iterable[str]) -> None:
        """Select these rows and bring the first into view."""
        known = [row for row in ids if row in self._shown_ids]
        for row in known:
            self._draw(self._rows[row])
        self.tree.selection_set(known)
        if known:
            self.tree.focus(known[0])
            self.after_idle(self._see, known[0])

    def _see(self, row: str) -> None:
        """Bring a row into view, once the table has its size."""
        if self.tree.winfo_exists() and self.tree.winfo_viewable() and self.tree.exists(row):
            self.tree.see(row)

    def show_columns(self, ids: Collection[str]) -> None:
        """Show these columns only."""
        shown = [column.id for column in self.columns if column.id in ids]
        names = (*([_CHECK] if self._checks else []), *shown)
        if self.tree.cget("displaycolumns") != names:
            self.tree.configure(displaycolumns=names)

    def focus_rows(self) -> None:
        """Give the keyboard to the rows."""
        self.tree.focus_set()
        self._focus_first()

    # -- check marks ---------------------------------------------------------------------

    @property
    def checked(self) -> set[str]:
        """Ids of the checked rows, also of those that the filter hides."""
        return set(self._checked)

    def set_checked(self, ids: Iterable[str]) -> None:
        """Check exactly these rows."""
        self._checked = set(ids) & self._rows.keys()
        self._show_checks()

    def toggle(self, ids: Iterable[str]) -> None:
        """Toggle these rows together: all are checked when any is not."""
        known = set(ids) & self._rows.keys()
        if known <= self._checked:
            self._checked -= known
        else:
            self._checked |= known
        self._show_checks()
        if self._on_check:
            self._on_check(frozenset(self._checked))

    def toggle_all(self) -> None:
        """Check all rows that pass the filter, or none of them."""
        self.toggle(self.visible)

    def _show_checks(self) -> None:
        if not self._checks:
            return
        for row in self._drawn:
            self.tree.set(row, _CHECK, self._mark(row))
        shown = set(self.visible)
        self.tree.heading(_CHECK, text=CHECKED if shown and shown <= self._checked else UNCHECKED)

    def _mark(self, row: str) -> str:
        return CHECKED if row in self._checked else UNCHECKED

    # -- showing -------------------------------------------------------------------------

    def _cells(self, row: Row) -> tuple[str, ...]:
        return (self._mark(row.id), *row.values) if self._checks else row.values

    def _refresh(self) -> None:
        """Show what passes the filter, in order; only rows that changed are drawn anew."""
        gone = [row for row in self._drawn if row not in self._rows]
        self.tree.delete(*gone)
        for row in gone:
            del self._drawn[row]
        words = self._pattern.get().casefold().split()
        ordered = self._ordered([row for row in self._rows.values() if _passes(row, words)])
        self._shown = tuple(row.id for row in ordered)
        self._shown_ids = frozenset(self._shown)
        # what is taken out of sight would keep its mark
        selected = self.tree.selection()
        if not self._shown_ids.issuperset(selected):
            self.tree.selection_set([row for row in selected if row in self._shown_ids])
        self._arrange()
        self._waiting = [row for row in ordered if self._drawn.get(row.id) != row]
        self._waiting.reverse()
        self._more.cancel()
        self._draw_slice()
        total = len(self._rows)
        self._count.set(f"{len(self._shown):,} of {total:,}" if total else "")
        self._show_checks()
        self._show_empty(len(self._shown), total)

    def _draw_slice(self) -> None:
        for _ in range(min(SLICE, len(self._waiting))):
            waits = self._waiting.pop()
            self._draw(self._rows.get(waits.id, waits))
        if self._waiting:
            self._more.ask()
        else:
            self._arrange()

    def _draw(self, row: Row) -> None:
        """Draw one row; spoken to Tk directly, because there may be thousands."""
        if row.id not in self._shown_ids or self._drawn.get(row.id) == row:
            return
        words = ("-values", self._cells(row), "-tags", row.tags)
        if row.id in self._drawn:
            self.tree.tk.call(str(self.tree), "item", row.id, *words)
        else:
            self.tree.tk.call(str(self.tree), "insert", "", "end", "-id", row.id, *words)
        self._drawn[row.id] = row

    def _arrange(self) -> None:
        """Bring the drawn rows into their order, those that are filtered out of sight."""
        wanted = tuple(row for row in self._shown if row in self._drawn)
        if wanted != self.tree.get_children():
            self.tree.set_children("", *wanted)

    def _show_empty(self, shown: int, total: int) -> None:
        if shown:
            self._empty_label.place_forget()
            return
        text = self._empty if not total else "Nothing matches the filter. Esc clears it."
        self._empty_label.configure(text=text, wraplength=em(self, 28))
        self._empty_label.place(relx=0.5, rely=0.55, anchor="center")

    def _ordered(self, rows: list[Row]) -> list[Row]:
        if self._sort is None:
            return rows
        name, descending = self._sort
        index = [column.id for column in self.columns].index(name)

        def key(row: Row) -> Any:
            return row.sort[index] if row.sort is not None else natural_key(row.values[index])

        return sorted(rows, key=key, reverse=descending)

    def sort_by(self, column_id: str, *, descending: bool = False) -> None:
        """Sort by a column."""
        self._sort = (column_id, descending)
        for column in self.columns:
            self._heading(column)
        self._refresh()

    def _heading(self, column: Column) -> None:
        arrow = ""
        if self._sort is not None and self._sort[0] == column.id:
            arrow = " ▼" if self._sort[1] else " ▲"

        def clicked() -> None:
            again = self._sort == (column.id, False)
            self.sort_by(column.id, descending=again)

        self.tree.heading(
            column.id, text=column.title + arrow, anchor=column.anchor, command=clicked
        )

    # -- events --------------------------------------------------------------------------

    def _selected_changed(self) -> None:
        if self._on_select:
            self._on_select(self.selected)

    def _click(self, event: tk.Event[Any]) -> str | None:
        row = self.tree.identify_row(event.y)
        if self._checks and row and self.tree.identify_column(event.x) == "#1":
            self.tree.focus_set()
            self.tree.focus(row)
            self.toggle([row])
            return "break"
        return None

    def _double(self, event: tk.Event[Any]) -> None:
        row = self.tree.identify_row(event.y)
        on_check = self._checks and self.tree.identify_column(event.x) == "#1"
        if row and not on_check and self._on_activate:
            self._on_activate(row)

    def _enter(self, _event: tk.Event[Any]) -> str | None:
        row = self.tree.focus()
        if row and self._on_activate:
            self._on_activate(row)
            return "break"
        return None

    def _space(self, _event: tk.Event[Any]) -> str | None:
        if not self._checks:
            return None
        self.toggle(self.selected or ((self.tree.focus(),) if self.tree.focus() else ()))
        return "break"

    def _select_all(self, _event: tk.Event[Any]) -> str:
        if str(self.tree.cget("selectmode")) == "extended":
            self.tree.selection_set(self.visible)
        return "break"

    def _copy(self, _event: tk.Event[Any]) -> str:
        lines = ["\t".join(self._rows[row].values) for row in self.selected]
        self.clipboard_clear()
        self.clipboard_append("\n".join(lines))
        return "break"

    def _clear_filter(self, _event: tk.Event[Any]) -> str | None:
        if not self._pattern.get():
            return None
        self._pattern.set("")
        return "break"

    def _focus_filter(self) -> str:
        if hasattr(self, "filter_entry"):
            self.filter_entry.focus_set()
        return "break"

    def _focus_first(self) -> None:
        if not self.tree.focus() and self.visible:
            self.tree.focus(self.visible[0])


def _passes(row: Row, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = " ".join(row.values).casefold()
    return all(word in text for word in words)


def _hiding(bar: ttk.Scrollbar) -> Callable[[float | str, float | str], None]:
    """Show a scrollbar below the rows only while they do not fit."""

    def moved(first: float | str, last: float | str) -> None:
        bar.set(first, last)
        if float(first) <= 0 and float(last) >= 1:
            bar.grid_remove()
        else:
            bar.grid(row=2, column=0, sticky="ew")

    return moved
