"""Rows that a new job writes: its parts and files, under a label that is free."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import JobState, PartState, SourceFile, UploadTarget
from dxclient.transfer.states import FINAL


def require_free(db: sqlite3.Connection, target: UploadTarget) -> None:
    """Raise when an unfinished job has this label, in whatever case."""
    rows = db.execute(
        "SELECT state FROM job WHERE server = ? AND project = ? AND label = ?",
        (target.server, target.project, target.session.casefold()),
    )
    if any(JobState(row["state"]) not in FINAL for row in rows):
        raise TransferError(
            "An upload with this session label is in the list already and not over. Nothing was "
            "added; choose another label, or finish or cancel that upload first."
        )


def insert_part(
    db: sqlite3.Connection, job_id: str, number: int, files: Sequence[SourceFile]
) -> None:
    """Write a new part: its files, and what it holds of each scan."""
    size = sum(file.size for file in files)
    db.execute(
        "INSERT INTO part (job, number, state, files, size) VALUES (?, ?, ?, ?, ?)",
        (job_id, number, PartState.PENDING.value, len(files), size),
    )
    db.executemany(
        "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (job_id, number, place, f.path, f.size, f.modified_ns, f.series_uid, f.sop_instance_uid)
            for place, f in enumerate(files)
        ],
    )
    db.execute(
        "INSERT INTO share SELECT job, part, series, count(*), sum(size) FROM file "
        "WHERE job = ? AND part = ? GROUP BY series",
        (job_id, number),
    )


def source(row: sqlite3.Row) -> SourceFile:
    """Read a file back."""
    return SourceFile(
        path=row["path"],
        size=row["size"],
        modified_ns=row["modified_ns"],
        series_uid=row["series"],
        sop_instance_uid=row["sop"],
    )
