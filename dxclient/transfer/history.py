"""Uploads that are over: finding them again, and forgetting them after their time."""

from __future__ import annotations

import glob
import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dxclient.domain.dicom import Reason
from dxclient.domain.jobs import JobState
from dxclient.transfer.database import Database
from dxclient.transfer.states import FINAL

#: States in which an upload rests and shows in the history.
OVER = (JobState.CONFIRMED, JobState.FAILED, JobState.CANCELLED)
#: Files that were left out for these reasons should have been sent.
TROUBLES = frozenset(
    {
        Reason.TRUNCATED,
        Reason.UNREADABLE,
        Reason.UNREADABLE_FOLDER,
        Reason.DAMAGED,
        Reason.ANONYMIZATION_FAILED,
        Reason.CHANGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUpload:
    """An upload that is over. Times are seconds since the epoch (UTC).

    Parameters
    ----------
    files : int
        That the server accepted.
    problem : bool
        It failed, or files that should have been sent were left out.
    """

    id: str
    state: JobState
    server: str
    user: str
    project: str
    subject: str
    session: str
    created: float
    ended: float
    files: int
    size: int
    left_out: int
    problem: bool
    has_receipt: bool
    url: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What to look for; nothing given finds everything.

    Parameters
    ----------
    text : str
        Words, each of which is in session, subject, project, server or user, in whatever case.
    since, until : float
        When the upload ended, in seconds since the epoch; 0 sets no limit. `until` is not
        included.
    problems : bool
        Only uploads with a problem.
    """

    text: str = ""
    states: tuple[JobState, ...] = OVER
    since: float = 0.0
    until: float = 0.0
    problems: bool = False


_QUERY = """
    SELECT job.id, target, state, sentence, left_out, created, server_url, prearchive_url,
        CASE WHEN finished > 0 THEN finished ELSE created END AS ended,
        EXISTS (SELECT 1 FROM receipt WHERE receipt.job = job.id) AS has_receipt,
        coalesce((SELECT sum(sent_files) FROM part WHERE part.job = job.id), 0) AS files,
        coalesce((SELECT sum(body_size) FROM part WHERE part.job = job.id), 0) AS size
    FROM job WHERE state IN ('confirmed', 'failed', 'cancelled')
        AND ended >= ? AND (? = 0 OR ended < ?)
    ORDER BY ended DESC, seq DESC
"""


def search(database: Database, query: HistoryQuery) -> tuple[PastUpload, ...]:
    """Find uploads that are over, the last one first."""
    db = database.connection()
    left = _left_out_of_parts(db)
    rows = db.execute(_QUERY, (query.since, query.until, query.until))
    found = (_past(row, left.get(row["id"], ())) for row in rows)
    words = query.text.casefold().split()
    return tuple(
        one
        for one in found
        if one.state in query.states and (one.problem or not query.problems) and _holds(one, words)
    )


def _left_out_of_parts(db: sqlite3.Connection) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.execute("SELECT job, left_out FROM part WHERE left_out <> '[]'"):
        found[row["job"]] += json.loads(row["left_out"])
    return found


def _past(row: sqlite3.Row, more: Sequence[Any]) -> PastUpload:
    target = json.loads(row["target"])
    left = [*json.loads(row["left_out"]), *more]
    state = JobState(row["state"])
    lost = any(Reason(one["reason"]) in TROUBLES for one in left)
    return PastUpload(
        id=row["id"],
        state=state,
        **{name: target[name] for name in ("server", "user", "project", "subject", "session")},
        created=row["created"],
        ended=row["ended"],
        files=row["files"],
        size=row["size"],
        left_out=sum(one["files"] for one in left),
        problem=state is JobState.FAILED or (lost and state is JobState.CONFIRMED),
        has_receipt=bool(row["has_receipt"]),
        url=row["server_url"] or row["prearchive_url"],
        sentence=row["sentence"],
    )


def _holds(one: PastUpload, words: Iterable[str]) -> bool:
    texts = (one.session, one.subject, one.project, one.server, one.user)
    where = "\n".join(texts).casefold()
    return all(word in where for word in words)


def forget_before(database: Database, moment: float) -> tuple[str, ...]:
    """Delete confirmed and cancelled uploads that ended before *moment*, with their receipts.

    What is not over stays, also a cancelled upload whose session still has to leave the
    prearchive. The rows are overwritten in the file, not only marked as free.

    Returns
    -------
    tuple of str
        Ids of what was forgotten.
    """
    marks = ", ".join("?" for _ in FINAL)
    # Only question marks are put in.
    query = f"""
        DELETE FROM job WHERE state IN ({marks}) AND NOT discard
            AND finished > 0 AND finished < ? RETURNING id
    """  # noqa: S608
    with database.writing() as db:
        values = [state.value for state in FINAL]
        gone = tuple(row["id"] for row in db.execute(query, (*values, moment)).fetchall())
        if gone:
            forget_plans(db)
    if gone:
        database.flush()
    return gone


def forget_damaged(database: Database, moment: float) -> None:
    """Delete damaged lists that were set aside before *moment*: they hold paths and UIDs.

    Files that cannot be deleted now are tried again the next time.
    """
    for path in database.path.parent.glob(f"{glob.escape(database.path.name)}.damaged-*"):
        with suppress(OSError, ValueError):
            mark = path.name.partition(".damaged-")[2][:15]
            if time.mktime(time.strptime(mark, "%Y%m%d-%H%M%S")) < moment:
                path.unlink()


def forget_plans(db: sqlite3.Connection) -> None:
    """Delete plans that no upload has any more: they hold scripts and values of variables."""
    db.execute("DELETE FROM plan WHERE digest NOT IN (SELECT plan FROM job)")
