"""Rows of jobs: what a new one writes, how one moves, what is forgotten at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import JobState, PartState, SourceFile, UploadTarget
from dxclient.transfer import codec
from dxclient.transfer.states import FINAL, PartEvent, next_part_state


def require_free(
    db: sqlite3.Connection,
    target: UploadTarget,
    besides: str = "",
    busy: Collection[str] = (),
) -> None:
    """Raise when a label is in use by a job *besides* one, in whatever case.

    That is: by one that is not over, by a cancelled one whose session still has to leave the
    server, or by one that is *busy*: of which a part may still be on the line.
    """
    rows = db.execute(
        "SELECT id, state, discard FROM job "
        "WHERE server = ? AND project = ? AND label = ? AND id <> ?",
        (target.server, target.project, target.session.casefold(), besides),
    ).fetchall()
    if any(JobState(row["state"]) in FINAL and _leaves(row, busy) for row in rows):
        raise TransferError(
            "The earlier upload with this label is still being removed; try again in a moment. "
            "Nothing was added."
        )
    if any(JobState(row["state"]) not in FINAL for row in rows):
        raise TransferError(
            "An upload with this session label is in the list already and not over. Nothing was "
            "added; choose another label, or finish or cancel that upload first."
        )


def _leaves(row: sqlite3.Row, busy: Collection[str]) -> bool:
    cancelled = JobState(row["state"]) is JobState.CANCELLED
    return cancelled and bool(row["discard"] or row["id"] in busy)


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


def update_job(db: sqlite3.Connection, job_id: str, changes: Mapping[str, str | float]) -> None:
    """Change columns of a job."""
    if changes:
        names = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE job SET {names} WHERE id = ?", (*changes.values(), job_id))  # noqa: S608


def move_part(
    db: sqlite3.Connection, job_id: str, number: int, event: PartEvent, **changes: str | float
) -> None:
    """Let something happen to a part, and change columns with it; its claim is over."""
    query = "SELECT state FROM part WHERE job = ? AND number = ?"
    (state,) = db.execute(query, (job_id, number)).fetchone()
    after = next_part_state(PartState(state), event)
    values = {**changes, "state": after.value, "owner": "", "lease_until": 0}
    names = ", ".join(f"{name} = ?" for name in values)
    db.execute(
        f"UPDATE part SET {names} WHERE job = ? AND number = ?",  # noqa: S608 - our own names
        (*values.values(), job_id, number),
    )


def forget(db: sqlite3.Connection, job_id: str) -> None:
    """Forget paths and UIDs of a job that is over; its scans get numbers in place of UIDs."""
    db.execute("DELETE FROM file WHERE job = ?", (job_id,))
    db.execute("DELETE FROM sent WHERE job = ?", (job_id,))
    # What is still to be discarded has to be found again on the server by its study.
    db.execute(
        "UPDATE job SET study_uid = '', sent_study = CASE WHEN discard THEN sent_study ELSE '' END "
        "WHERE id = ?",
        (job_id,),
    )
    _forget_series(db, job_id)


def _forget_series(db: sqlite3.Connection, job_id: str) -> None:
    (text,) = db.execute("SELECT scans FROM job WHERE id = ?", (job_id,)).fetchone()
    known = codec.scans(text)
    for place, scan in enumerate(known, start=1):
        db.execute(
            "UPDATE share SET series = ? WHERE job = ? AND series = ?",
            (f"scan {place}", job_id, scan.series_uid),
        )
    nameless = (replace(s, series_uid=f"scan {place}") for place, s in enumerate(known, start=1))
    update_job(db, job_id, {"scans": codec.dumps(tuple(nameless))})


def source(row: sqlite3.Row) -> SourceFile:
    """Read a file back."""
    return SourceFile(
        path=row["path"],
        size=row["size"],
        modified_ns=row["modified_ns"],
        series_uid=row["series"],
        sop_instance_uid=row["sop"],
    )
