"""What a receipt says, as titles, facts and tables: the same for every format that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dxclient.domain.jobs import InstanceReceipt, Receipt

#: A cell: numbers stand right.
Cell = str | int


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a title; `hashes` tells the columns that hold digests."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hashes: frozenset[int] = frozenset()


def title_of(receipt: Receipt) -> str:
    """The heading of a receipt."""
    return f"Upload of {receipt.session}"


def title_of_many(receipts: Sequence[Receipt]) -> str:
    """The heading of a batch."""
    return f"Receipts of {len(receipts)} uploads"


def verdict(receipt: Receipt) -> str:
    """Whether everything arrived, in one sentence."""
    sent, found = files_sent(receipt), sum(scan.found for scan in receipt.scans)
    if receipt.confirmed:
        return (
            f"Confirmed: the server lists all {sent} files that were sent, in the {place(receipt)}."
        )
    missing = sum(one.missing for one in receipt.instances)
    if sent == found and missing:
        return f"Not confirmed: of {sent} files {missing} are missing on the server or differ."
    return f"Not confirmed: {sent} files were sent, the server lists {found}."


def place(receipt: Receipt) -> str:
    """Where on the server the session was found."""
    return "archive" if receipt.archived else "prearchive"


def files_sent(receipt: Receipt) -> int:
    """How many files were sent."""
    return sum(scan.sent for scan in receipt.scans)


def bytes_sent(receipt: Receipt) -> int:
    """How many bytes were sent, packed."""
    return sum(part.size for part in receipt.parts)


def left_out_files(receipt: Receipt) -> int:
    """How many files were left out."""
    return sum(one.files for one in receipt.left_out)


def local(moment: str) -> str:
    """A moment (ISO 8601) on the clock of this computer, with its distance from UTC.

    What is no moment stays as it is.
    """
    try:
        then = datetime.fromisoformat(moment).astimezone()
    except (ValueError, OverflowError, OSError):
        return moment
    offset = then.strftime("%z")
    return f"{then:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"


def seconds_of(moment: str) -> float:
    """A moment (ISO 8601) as seconds since the epoch; 0 for what is none."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def address(receipt: Receipt) -> str:
    """Where the session is, as a whole address."""
    return receipt.url if "://" in receipt.url else receipt.server + receipt.url


def facts(receipt: Receipt) -> tuple[tuple[str, str], ...]:
    """Names and values of what holds for the whole session; nothing without a value."""
    rows = (
        ("Server", receipt.server),
        ("User", receipt.user),
        ("Project", receipt.project),
        ("Subject", receipt.subject),
        ("Session", receipt.session),
        ("On the server", address(receipt)),
        ("Files sent", f"{files_sent(receipt):,}"),
        ("Bytes sent, packed", f"{bytes_sent(receipt):,}"),
        ("Files left out", f"{left_out_files(receipt):,}"),
        ("Parts sent again", f"{receipt.resent}" if receipt.resent else ""),
        ("Date check", receipt.date_check),
        ("Started", local(receipt.started)),
        ("Finished", local(receipt.finished)),
        ("Sent with", receipt.client),
        ("Job", receipt.job_id),
    )
    return tuple((name, value) for name, value in rows if value)


def tables(receipt: Receipt) -> tuple[Table, ...]:
    """Scans, what is missing or was left out, notes, anonymization, parts; only those with rows."""
    made = (
        _scans(receipt),
        _missing(receipt),
        _left_out(receipt),
        _notes(receipt),
        _plan(receipt),
        _parts(receipt),
    )
    return tuple(table for table in made if table.rows)


def overview(receipts: Sequence[Receipt]) -> Table:
    """One row for each receipt of a batch."""
    heads = ("Session", "Subject", "Project", "Files sent", "Left out", "Verdict", "Finished")
    rows = tuple(
        (
            one.session,
            one.subject,
            one.project,
            files_sent(one),
            left_out_files(one),
            "confirmed" if one.confirmed else "not confirmed",
            local(one.finished),
        )
        for one in receipts
    )
    return Table("Overview", heads, rows)


def newest(receipts: Sequence[Receipt]) -> float:
    """When the last of these uploads ended, in seconds since the epoch."""
    return max((seconds_of(one.finished) for one in receipts), default=0.0)


def scan_bytes(instances: Sequence[InstanceReceipt]) -> Counter[str]:
    """Bytes of the files that were sent, for each scan."""
    sums: Counter[str] = Counter()
    for one in instances:
        sums[one.scan_id] += one.size
    return sums


def _scans(receipt: Receipt) -> Table:
    sizes = scan_bytes(receipt.instances)
    with_digests = any(scan.matched for scan in receipt.scans)
    heads: tuple[str, ...] = ("Scan", "Files sent", "Files on the server")
    heads += ("Equal by digest",) if with_digests else ()
    heads += ("Bytes",) if sizes else ()
    rows = []
    for scan in receipt.scans:
        row: tuple[Cell, ...] = (scan.scan_id, scan.sent, scan.found)
        row += (scan.matched,) if with_digests else ()
        rows.append(row + ((sizes[scan.scan_id],) if sizes else ()))
    return Table("Scans", heads, tuple(rows))


def _missing(receipt: Receipt) -> Table:
    rows = tuple((one.scan_id, one.sop_instance_uid) for one in receipt.instances if one.missing)
    return Table("Missing or different on the server", ("Scan", "SOP Instance UID"), rows)


def _left_out(receipt: Receipt) -> Table:
    rows = tuple((one.series_number, one.reason.value, one.files) for one in receipt.left_out)
    return Table("Left out", ("Series", "Reason", "Files"), rows)


def _notes(receipt: Receipt) -> Table:
    rows = tuple((one.severity.value, one.sentence, one.source) for one in receipt.findings)
    return Table("Notes", ("", "What was found", "By"), rows)


def _plan(receipt: Receipt) -> Table:
    digests = receipt.script_digests + ("",) * len(receipt.scripts)
    rows = [
        ("Script", name, digest) for name, digest in zip(receipt.scripts, digests, strict=False)
    ]
    rows += [("Extension", name, "") for name in receipt.plugins]
    if receipt.plan_digest:
        rows.append(("Plan", "as it was promised", receipt.plan_digest))
    return Table("How it was anonymized", ("", "Name", "SHA-256"), tuple(rows), frozenset({2}))


def _parts(receipt: Receipt) -> Table:
    rows = tuple((part.number, part.files, part.size, part.sha256) for part in receipt.parts)
    return Table("Parts", ("Part", "Files", "Bytes", "SHA-256"), rows, frozenset({3}))
