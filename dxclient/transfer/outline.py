"""The queue from outside: its shape and states, read without taking part in its work."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutline:
    """A job without its paths. The labels are those of the job; they may tell who it is of.

    Parameters
    ----------
    parts : tuple of (str, int)
        States of parts with their numbers.
    codes, reasons : tuple of (str, int)
        Codes of findings, and reasons for which files were left out, with their numbers.
    """

    id: str
    server: str
    user: str
    project: str
    subject: str
    session: str
    state: str
    scans: int
    files: int
    size: int
    attempts: int
    created: float
    finished: float
    parts: tuple[tuple[str, int], ...]
    codes: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOutline:
    """The database of a queue.

    Parameters
    ----------
    state : str
        ``"sound"``, ``"damaged"``, ``"not there"``, or why it could not be read: a kind of error.
    sizes : tuple of (str, int)
        Files, by their endings, and their sizes in bytes.
    """

    state: str
    version: int = 0
    sizes: tuple[tuple[str, int], ...] = ()
    schema: tuple[str, ...] = ()
    rows: tuple[tuple[str, int], ...] = ()
    jobs: tuple[JobOutline, ...] = ()


def outline(path: Path) -> QueueOutline:
    """Look at a queue, whoever works on it; nothing is changed, no lock is needed."""
    sizes = tuple(
        (suffix or "database", file.stat().st_size)
        for suffix in ("", "-wal", "-shm")
        if (file := path.with_name(path.name + suffix)).is_file()
    )
    if not path.is_file():
        return QueueOutline(state="not there", sizes=sizes)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return _read(db, sizes)
    except sqlite3.Error as error:
        return QueueOutline(state=type(error).__name__, sizes=sizes)


def _read(db: sqlite3.Connection, sizes: tuple[tuple[str, int], ...]) -> QueueOutline:
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    known = db.execute("SELECT name, type, sql FROM sqlite_schema WHERE sql <> '' ORDER BY name")
    shape = known.fetchall()
    tables = [row["name"] for row in shape if row["type"] == "table"]
    return QueueOutline(
        state="sound" if verdict == "ok" else "damaged",
        version=version,
        sizes=sizes,
        schema=tuple(row["sql"] for row in shape),
        rows=tuple((name, _count(db, name)) for name in tables),
        jobs=tuple(_jobs(db)),
    )


def _count(db: sqlite3.Connection, table: str) -> int:
    name = table.replace('"', '""')
    (number,) = db.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - quoted
    return int(number)


def _jobs(db: sqlite3.Connection) -> Iterator[JobOutline]:
    for row in db.execute("SELECT * FROM job ORDER BY seq").fetchall():
        target = json.loads(row["target"])
        yield JobOutline(
            id=row["id"],
            **{name: target[name] for name in ("server", "user", "project", "subject", "session")},
            state=row["state"],
            scans=len(json.loads(row["scans"])),
            files=row["files_total"],
            size=row["bytes_total"],
            attempts=row["attempts"],
            created=row["created"],
            finished=row["finished"],
            parts=_parts(db, row["id"]),
            codes=_counted(Counter(one["code"] for one in json.loads(row["findings"]))),
            reasons=_counted(_reasons(db, row)),
        )


def _parts(db: sqlite3.Connection, job_id: str) -> tuple[tuple[str, int], ...]:
    query = "SELECT state, count(*) FROM part WHERE job = ? GROUP BY state ORDER BY state"
    return tuple((row[0], row[1]) for row in db.execute(query, (job_id,)))


def _reasons(db: sqlite3.Connection, row: sqlite3.Row) -> Counter[str]:
    texts = [row["left_out"]]
    texts += [
        part[0] for part in db.execute("SELECT left_out FROM part WHERE job = ?", (row["id"],))
    ]
    found: Counter[str] = Counter()
    for one in (one for text in texts for one in json.loads(text)):
        found[one["reason"]] += one["files"]
    return found


def _counted(found: Counter[Any]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(found.items()))
