"""Receipts as CSV: one row for each scan, or one for each instance."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from dxclient.domain.jobs import LeftOutCount, Receipt, ScanReceipt
from dxclient.transfer.receipts_tables import Cell, address, local, place, scan_bytes

_SCAN_HEADS = (
    "project", "subject", "session", "scan", "files_sent", "files_on_server", "equal_by_digest",
    "bytes", "left_out", "confirmed", "place", "address", "server", "user", "started", "finished",
    "date_check", "scripts", "script_sha256", "plugins", "plan_sha256", "part_sha256", "resent",
    "client", "job",
)  # fmt: skip
_INSTANCE_HEADS = (
    "project", "subject", "session", "scan", "sop_instance_uid", "bytes", "md5", "sha256",
    "missing", "server", "job",
)  # fmt: skip
#: What makes a spreadsheet compute with a cell, also as full-width characters.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def scans_to_csv(receipts: Sequence[Receipt]) -> bytes:
    """Write one row for each scan, also for those of which nothing was sent.

    UTF-8 with a mark at the beginning, by which spreadsheets know it; lines end as RFC 4180
    says. No text can act as a formula.
    """
    return to_csv(_SCAN_HEADS, (row for one in receipts for row in _scan_rows(one)))


def instances_to_csv(receipts: Sequence[Receipt]) -> bytes:
    """Write one row for each instance that was sent, with its new SOP Instance UID."""
    return to_csv(_INSTANCE_HEADS, (row for one in receipts for row in _instance_rows(one)))


def to_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a table as CSV that no spreadsheet computes with."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def harmless(cell: Cell) -> Cell:
    """A cell that a spreadsheet shows instead of computing it: an apostrophe goes before it.

    Notes
    -----
    The characters are those of OWASP, "CSV Injection"; blanks before them do not help.
    """
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell


def _scan_rows(receipt: Receipt) -> Iterator[tuple[Cell, ...]]:
    sizes = scan_bytes(receipt.instances)
    for scan, left in _scans(receipt):
        yield (
            receipt.project,
            receipt.subject,
            receipt.session,
            scan.scan_id,
            scan.sent,
            scan.found,
            scan.matched,
            sizes[scan.scan_id],
            "; ".join(f"{one.files}: {one.reason.value}" for one in left),
            *_same(receipt),
        )


def _scans(receipt: Receipt) -> Iterator[tuple[ScanReceipt, list[LeftOutCount]]]:
    """Scans with what was left out of them, then what was left out elsewhere."""
    left: dict[str, list[LeftOutCount]] = {}
    for one in receipt.left_out:
        left.setdefault(one.series_number, []).append(one)
    for scan in receipt.scans:
        yield scan, left.pop(scan.scan_id, [])
    for number, counts in left.items():
        yield ScanReceipt(scan_id=number, sent=0, found=0), counts


def _same(receipt: Receipt) -> tuple[Cell, ...]:
    """What is the same for all scans of a session."""
    return (
        "yes" if receipt.confirmed else "no",
        place(receipt),
        address(receipt),
        receipt.server,
        receipt.user,
        local(receipt.started),
        local(receipt.finished),
        receipt.date_check,
        "; ".join(receipt.scripts),
        "; ".join(receipt.script_digests),
        "; ".join(receipt.plugins),
        receipt.plan_digest,
        "; ".join(part.sha256 for part in receipt.parts),
        receipt.resent,
        receipt.client,
        receipt.job_id,
    )


def _instance_rows(receipt: Receipt) -> Iterator[tuple[Cell, ...]]:
    for one in receipt.instances:
        yield (
            receipt.project,
            receipt.subject,
            receipt.session,
            one.scan_id,
            one.sop_instance_uid,
            one.size,
            one.md5,
            one.sha256,
            "yes" if one.missing else "no",
            receipt.server,
            receipt.job_id,
        )
