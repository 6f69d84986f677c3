"""Pieces of the receipt's page: the digests, and the receipt as text."""

from __future__ import annotations

import tkinter as tk

from dxclient.domain.jobs import Receipt
from dxclient.ui import words
from dxclient.ui.widgets.misc import Fold, Muted
from dxclient.ui.widgets.table import Column, Row, Table

_MOST = 10


def digests(parent: tk.Misc, receipt: Receipt) -> Fold:
    """The SHA-256 of what was sent: the parts, and the instances where they are known."""
    fold = Fold(parent, "SHA-256 of what was sent")
    Muted(fold.body, "Ctrl+C copies the selected lines.").pack(fill="x")
    parts = _table(fold, "Part", 8, "No part was sent.", len(receipt.parts))
    parts.set_rows(
        [
            Row(
                str(one.number),
                (str(one.number), f"{one.files:,}", words.size(one.size), one.sha256),
            )
            for one in receipt.parts
        ]
    )
    if receipt.instances:
        found = _table(fold, "New SOP Instance UID", 24, "", len(receipt.instances))
        found.set_rows(
            [
                Row(
                    one.sop_instance_uid,
                    (
                        one.sop_instance_uid,
                        one.scan_id,
                        words.size(one.size),
                        one.sha256 or one.md5,
                    ),
                )
                for one in receipt.instances
            ]
        )
    return fold


def _table(fold: Fold, first: str, width: float, empty: str, count: int) -> Table:
    table = Table(
        fold.body,
        (
            Column("what", first, width),
            Column("where", "Files" if first == "Part" else "Scan", 6, "e"),
            Column("size", "Size", 7, "e"),
            Column("digest", "Digest", 36, stretch=True),
        ),
        select="extended",
        filterable=count > _MOST,
        height=min(_MOST, max(1, count)),
        empty=empty,
    )
    table.pack(fill="x", pady=(4, 4))
    return table


def as_text(receipt: Receipt) -> str:
    """The receipt in lines, for a message or a note."""
    sent = sum(scan.sent for scan in receipt.scans)
    found = sum(scan.found for scan in receipt.scans)
    lines = [
        f"Session {receipt.session} of subject {receipt.subject} in project {receipt.project}",
        f"Server: {receipt.server} ({'archive' if receipt.archived else 'prearchive'})",
        f"Sent by {receipt.user}, {words.stamp(receipt.started)} "
        f"to {words.stamp(receipt.finished)}",
        f"{'Confirmed' if receipt.confirmed else 'Not confirmed'}: "
        f"{words.plural(sent, 'file')} sent, {found:,} on the server",
        *(
            f"Scan {scan.scan_id}: {scan.sent:,} sent, {scan.found:,} on the server"
            for scan in receipt.scans
        ),
        *(
            f"Left out: {words.plural(one.files, 'file')}, {one.reason.value}"
            for one in receipt.left_out
        ),
        *(f"Part {one.number}: SHA-256 {one.sha256}" for one in receipt.parts),
    ]
    return "\n".join(lines)
