"""Files that are not part of any session, and why."""

from __future__ import annotations

import tkinter as tk
from dataclasses import dataclass

import ttkbootstrap as ttk

from dxclient.domain.dicom import FolderReport
from dxclient.ui.metrics import em
from dxclient.ui.upload.texts import left_out_counts
from dxclient.ui.widgets.misc import Muted
from dxclient.ui.widgets.table import Column, Row, Table

#: More rows than a person reads; keeps the window quick on folders with very many other files.
SHOWN = 500


@dataclass(frozen=True, slots=True)
class LeftOutRows:
    """Rows of both tables; making them needs no toolkit."""

    reasons: tuple[Row, ...]
    files: tuple[Row, ...]


def left_out_rows(report: FolderReport) -> LeftOutRows:
    """Reasons with their counts, and the first files."""
    reasons = (
        Row(reason, (reason, f"{n:,}"), (), (reason, n)) for reason, n in left_out_counts(report)
    )
    files = (
        Row(str(n), (str(item.path), item.reason.value, item.detail))
        for n, item in enumerate(report.left_out[:SHOWN])
    )
    return LeftOutRows(tuple(reasons), tuple(files))


class LeftOutPanel(ttk.Frame):
    """Reasons with counts on top, the files below."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent, padding=em(parent, 0.4))
        self.reasons = Table(
            self,
            (Column("reason", "Reason", 24, stretch=True), Column("files", "Files", 6, "e")),
            filterable=False,
            height=4,
            empty="Nothing was left out.",
        )
        self.reasons.pack(side="top", fill="x")
        self.more = Muted(self)
        self.more.pack(side="bottom", fill="x")
        self.files = Table(
            self,
            (
                Column("path", "File", 30, stretch=True),
                Column("reason", "Reason", 14),
                Column("detail", "Detail", 14, stretch=True),
            ),
            empty="Nothing was left out.",
        )
        self.files.pack(fill="both", expand=True, pady=(em(self, 0.5), 0))

    def show(self, rows: LeftOutRows, total: int) -> None:
        """Show what was left out, *total* files in all."""
        self.reasons.set_rows(rows.reasons)
        self.files.set_rows(rows.files)
        rest = total - len(rows.files)
        self.more.configure(
            text=f"The first {SHOWN:,} are listed; {rest:,} more are counted above."
            if rest > 0
            else ""
        )
