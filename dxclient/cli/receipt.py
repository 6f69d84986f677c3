"""A receipt on the terminal, or in a file."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from dxclient.app import App
from dxclient.cli.output import size_text, table
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import LeftOutCount, Receipt


def save_receipt(app: App, job_id: str, file: Path) -> None:
    """Write a receipt in the format that the file's name asks for.

    Raises
    ------
    DxError
        The format is unknown or the file cannot be written; the receipt stays in the queue.
    """
    suffix = app.receipt_format_for(file.name) or file.suffix.lstrip(".") or "json"
    write_file(file, app.write_receipt(job_id, suffix))


def write_file(file: Path, data: bytes, what: str = "receipt") -> None:
    """Write what was asked for. Raises DxError when it cannot be written there."""
    try:
        file.write_bytes(data)
    except OSError as error:
        raise DxError(
            f"The {what} could not be written to this file; the upload itself is not touched by "
            f"that. “dxclient transfers {what}” writes it again, to another place.",
            details=type(error).__name__,
        ) from None


def left_out_text(left: LeftOutCount) -> str:
    """What was left out, in one line."""
    where = f"scan {left.series_number}, " if left.series_number else ""
    return f"Left out: {where}{left.files} files, {left.reason.value}"


def show_receipt(out: Console, receipt: Receipt) -> None:
    """Print what was sent, what arrived, and what was left out."""
    word = "confirmed" if receipt.confirmed else "NOT CONFIRMED"
    place = "archive" if receipt.archived else "prearchive"
    out.print(
        f"{receipt.session} of subject {receipt.subject} in project {receipt.project}: {word} "
        f"in the {place}",
        markup=False,
    )
    out.print(f"  {receipt.server}{receipt.url}", markup=False)
    rows = [(f"  {s.scan_id}", s.sent, s.found) for s in receipt.scans]
    out.print(table(("  Scan", "Sent", "On the server"), rows, right={"Sent", "On the server"}))
    for left in receipt.left_out:
        out.print(
            f"  {left_out_text(left)}",
            markup=False,
        )
    size = sum(part.size for part in receipt.parts)
    out.print(f"  {len(receipt.parts)} parts, {size_text(size)} sent", markup=False)
    scripts = ", ".join(receipt.scripts) or "none"
    out.print(f"  Anonymization scripts: {scripts}", markup=False)
    out.print(f"  Plan {receipt.plan_digest[:16]}, date of session {receipt.date_check}")
    out.print(f"  From {receipt.started} to {receipt.finished}, {receipt.client}")
