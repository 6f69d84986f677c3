"""The receipt: what was sent, what the server holds, what was left out and why."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tkinter import filedialog
from typing import cast

import ttkbootstrap as ttk

from dxclient.domain.errors import DxError
from dxclient.domain.jobs import Receipt
from dxclient.domain.protocols import ReceiptWriter
from dxclient.ui import words
from dxclient.ui.context import View, ViewContext
from dxclient.ui.transferwords import page_of
from dxclient.ui.views.certificate import halves
from dxclient.ui.views.history import write_file
from dxclient.ui.views.receiptparts import as_text, digests
from dxclient.ui.web import open_page
from dxclient.ui.widgets.findings import ErrorCard, FindingsList
from dxclient.ui.widgets.misc import Fold, Heading, Muted, ScrollArea, WrapLabel
from dxclient.ui.widgets.table import Column, Row, Table


class ReceiptView(View):
    """One receipt, to read, save, and follow to the server."""

    id = "receipt"
    title = "Receipt"
    help_text = (
        "The receipt counts, for each scan, the files that were sent and the files that the server "
        "listed afterwards. It holds no patient data, so it may be filed or sent by mail."
    )

    def __init__(
        self, parent: tk.Misc, context: ViewContext, *, job_id: str = "", back: str = "transfers"
    ) -> None:
        super().__init__(parent, context)
        self._job_id, self._back = job_id, back
        self.receipt: Receipt | None = None
        self._bar = ttk.Frame(self, padding=context.em(1))
        self._bar.pack(side="bottom", fill="x")
        self._area = ScrollArea(self, padding=context.em(1))
        self._area.pack(fill="both", expand=True)
        Muted(self._area.body, "Opening the receipt…").pack(fill="x")
        self._load()

    def back(self) -> None:
        """Back to where it was opened."""
        self.context.show(self._back)

    def _load(self) -> None:
        app, job = self.context.app, self._job_id

        def load(_progress: object, _cancelled: object) -> tuple[object, object]:
            receipt = app.transfers.receipt(job)
            if receipt is None:
                raise DxError("This upload has no receipt yet.")
            return receipt, app.receipt_formats()

        self.context.bridge.run(load, self._loaded, self._failed, owner=self)

    def _failed(self, error: BaseException) -> None:
        self._clear()
        ErrorCard(self._area.body, error, retry=self._load).pack(fill="x")

    def _clear(self) -> None:
        for child in self._area.body.winfo_children():
            child.destroy()

    def _loaded(self, result: object) -> None:
        receipt, formats = cast("tuple[Receipt, Sequence[ReceiptWriter]]", result)
        self.receipt = receipt
        self._clear()
        self._head(receipt)
        self._scans(receipt)
        self._left_out(receipt)
        if receipt.findings:
            Heading(self._area.body, "Findings").pack(anchor="w", pady=(self.context.em(1), 0))
            findings = FindingsList(self._area.body)
            findings.show(receipt.findings)
            findings.pack(fill="x")
        self._fine_print(receipt)
        self._buttons(formats)

    def _head(self, receipt: Receipt) -> None:
        sent = sum(scan.sent for scan in receipt.scans)
        files = words.plural(sent, "file")
        text = (
            f"✔ Confirmed: the server holds all {files} that were sent."
            if receipt.confirmed
            else f"⚠ Not confirmed: {files} were sent, but the server does not list them all."
        )
        WrapLabel(self._area.body, text, style="Heading.TLabel").pack(fill="x")
        place = "archive" if receipt.archived else "prearchive"
        facts = (
            ("Session", receipt.session),
            ("Subject", receipt.subject),
            ("Project", receipt.project),
            ("Where", f"{place} of {receipt.server}"),
            ("Sent by", receipt.user),
            ("Started", words.stamp(receipt.started)),
            ("Finished", words.stamp(receipt.finished)),
        )
        self._facts(self._area.body, facts)

    def _facts(self, parent: ttk.Frame, facts: Sequence[tuple[str, str]]) -> None:
        table = ttk.Frame(parent)
        table.pack(fill="x", pady=self.context.em(0.6))
        table.columnconfigure(1, weight=1)
        for row, (name, value) in enumerate((name, value) for name, value in facts if value):
            label = ttk.Label(table, text=name)
            label.grid(row=row, column=0, sticky="nw", padx=(0, self.context.em(1)))
            WrapLabel(table, value).grid(row=row, column=1, sticky="ew")

    def _scans(self, receipt: Receipt) -> None:
        Heading(self._area.body, "Scans").pack(anchor="w")
        columns = (
            Column("scan", "Scan", 14, stretch=True),
            Column("sent", "Files sent", 9, "e"),
            Column("found", "On the server", 9, "e"),
            Column("matched", "Content compared", 12, "e"),
            Column("verdict", "", 9),
        )
        table = Table(
            self._area.body,
            columns,
            filterable=len(receipt.scans) > 12,
            height=min(10, max(2, len(receipt.scans))),
            empty="Nothing was sent.",
        )
        table.set_rows(
            [
                Row(
                    str(index),
                    (
                        scan.scan_id,
                        f"{scan.sent:,}",
                        f"{scan.found:,}",
                        f"{scan.matched:,}" if scan.matched else "",
                        "✔ all there" if scan.sent == scan.found else "⚠ differs",
                    ),
                )
                for index, scan in enumerate(receipt.scans)
            ]
        )
        table.pack(fill="x", pady=(self.context.em(0.3), self.context.em(1)))

    def _left_out(self, receipt: Receipt) -> None:
        Heading(self._area.body, "Left out").pack(anchor="w")
        if not receipt.left_out:
            Muted(self._area.body, "Nothing was left out.").pack(fill="x")
        for one in receipt.left_out:
            where = f"Scan {one.series_number}: " if one.series_number else ""
            text = f"{where}{words.plural(one.files, 'file')}, {one.reason.value}"
            WrapLabel(self._area.body, text).pack(fill="x")

    def _fine_print(self, receipt: Receipt) -> None:
        fold = Fold(self._area.body, "How it was anonymized and sent")
        fold.pack(fill="x", pady=(self.context.em(1), 0))
        self._facts(
            fold.body,
            (
                ("Scripts", ", ".join(receipt.scripts) or "none"),
                ("Extensions", ", ".join(receipt.plugins)),
                ("Plan", halves(receipt.plan_digest)),
                ("Date", receipt.date_check),
                ("Parts", words.plural(len(receipt.parts), "part")),
                ("Sent again", words.plural(receipt.resent, "part") if receipt.resent else ""),
                ("Program", receipt.client),
            ),
        )
        digests(self._area.body, receipt).pack(fill="x")

    # -- what can be done with it --------------------------------------------------------

    def _buttons(self, formats: Sequence[ReceiptWriter]) -> None:
        for child in self._bar.winfo_children():
            child.destroy()
        gap = (0, self.context.em(0.5))
        text = "‹ History" if self._back == "history" else "‹ Transfers"
        ttk.Button(self._bar, text=text, command=self.back).pack(side="left", padx=gap)
        save = ttk.Menubutton(self._bar, text="Save as   ")
        menu = ttk.Menu(save, tearoff=False)
        for writer in formats:
            label = f"{writer.title or writer.suffix.upper()}…"
            menu.add_command(label=label, command=partial(self._save, writer.suffix))
        save.configure(menu=menu)
        save.pack(side="left", padx=gap)
        ttk.Button(self._bar, text="Copy", command=self.copy).pack(side="left", padx=gap)
        if self.receipt is not None and self.receipt.url:
            ttk.Button(self._bar, text="Copy link", command=self.copy_link).pack(
                side="left", padx=gap
            )
            ttk.Button(self._bar, text="Open web page", command=self.open_link).pack(
                side="left", padx=gap
            )

    def copy(self) -> None:
        """Put the receipt on the clipboard, as lines of text."""
        if self.receipt is not None:
            self.clipboard_clear()
            self.clipboard_append(as_text(self.receipt))
            self.context.status("The receipt is on the clipboard.")

    @property
    def link(self) -> str:
        """Address of the session on the server, as a page for people."""
        return page_of(self.receipt.server, self.receipt.url) if self.receipt else ""

    def copy_link(self) -> None:
        """Put the address on the clipboard."""
        self.clipboard_clear()
        self.clipboard_append(self.link)
        self.context.status("The link is on the clipboard.")

    def open_link(self) -> None:
        """Open the session in the browser."""
        open_page(self.link)

    def _save(self, suffix: str) -> None:
        chosen = filedialog.asksaveasfilename(
            parent=self,
            title="Save the receipt",
            defaultextension=f".{suffix}",
            initialfile=f"receipt-{self._job_id[:8]}.{suffix}",
        )
        if not chosen:
            return
        app, job = self.context.app, self._job_id

        def save(_progress: object, _cancelled: object) -> None:
            write_file(Path(chosen), app.write_receipt(job, suffix))

        self.context.bridge.run(
            save, lambda _r: self.context.status("Receipt saved."), self.context.error, owner=self
        )
