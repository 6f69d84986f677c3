"""What was sent from watched folders, so that it is known after a restart.

UIDs are kept as keyed hashes only; the key never leaves the file. Before an upload is queued its
files are written down, and afterwards its id: whatever is cut off in between is sorted out at
the next start by asking the queue.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import UploadJob
from dxclient.domain.labels import same_label

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS secret (value BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS delivery (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        study   TEXT NOT NULL,
        server  TEXT NOT NULL,
        project TEXT NOT NULL,
        subject TEXT NOT NULL,
        session TEXT NOT NULL,
        before  TEXT NOT NULL,
        job     TEXT NOT NULL DEFAULT '',
        over    INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS delivery_by_study ON delivery (study);
    CREATE TABLE IF NOT EXISTS instance (
        study    TEXT NOT NULL,
        mark     BLOB NOT NULL,
        delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
        PRIMARY KEY (study, mark)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS instance_by_delivery ON instance (delivery);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An upload that a watched folder gave rise to. `job` is empty until it is queued."""

    id: int
    study: str
    server: str
    project: str
    subject: str
    session: str
    job: str
    before: tuple[str, ...]


class Ledger:
    """The deliveries to one project.

    Parameters
    ----------
    path : pathlib.Path
        Owner-only.

    Raises
    ------
    TransferError
        It cannot be read; then nothing may be sent, as it could be sent twice.
    """

    def __init__(self, path: Path, server: str, project: str) -> None:
        self._server, self._project = server, project
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA foreign_keys=ON")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self._secret = self._own_secret()
        except (sqlite3.Error, OSError) as error:
            raise TransferError(
                "The record of what was sent from watched folders cannot be read. Nothing is "
                "sent, as it could be sent twice. Move watch.sqlite out of the program's data "
                "folder to begin anew.",
                details=type(error).__name__,
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _own_secret(self) -> bytes:
        row = self._db.execute("SELECT value FROM secret").fetchone()
        if row is None:
            made = secrets.token_bytes(32)
            self._db.execute("INSERT INTO secret VALUES (?)", (made,))
            return made
        return bytes(row[0])

    def _hash(self, *texts: str) -> str:
        text = "\n".join((self._server, self._project, *texts))
        return hmac.new(self._secret, text.encode(), "sha256").hexdigest()[:32]

    def study(self, study_uid: str) -> str:
        """The mark of a study: the same for the same study, server and project."""
        return self._hash(study_uid)

    def fresh(self, study_uid: str, sops: Iterable[str]) -> frozenset[str]:
        """Those of the instances that were not sent or queued before."""
        study = self.study(study_uid)
        rows = self._db.execute("SELECT mark FROM instance WHERE study = ?", (study,))
        known = {bytes(row[0]) for row in rows}
        if not known:
            return frozenset(sops)
        return frozenset(sop for sop in sops if self._mark(study_uid, sop) not in known)

    def _mark(self, study_uid: str, sop: str) -> bytes:
        return bytes.fromhex(self._hash(study_uid, sop))

    def deliveries(self, study_uid: str) -> tuple[Delivery, ...]:
        """What was delivered of a study, the oldest first."""
        query = "SELECT * FROM delivery WHERE study = ? ORDER BY id"
        return tuple(map(_delivery, self._db.execute(query, (self.study(study_uid),))))

    def open_ones(self) -> tuple[Delivery, ...]:
        """Deliveries to this project of which the end was not told yet."""
        query = "SELECT * FROM delivery WHERE server = ? AND project = ? AND NOT over ORDER BY id"
        return tuple(map(_delivery, self._db.execute(query, (self._server, self._project))))

    def intend(
        self,
        study_uid: str,
        sops: Iterable[str],
        *,
        subject: str,
        session: str,
        before: Sequence[str],
    ) -> int:
        """Write down what will be queued.

        Parameters
        ----------
        before : sequence of str
            Ids of the uploads with this label that are in the queue already.
        """
        study = self.study(study_uid)
        values = (study, self._server, self._project, subject, session, json.dumps([*before]))
        with self._db as db:
            db.execute("BEGIN IMMEDIATE")
            made = db.execute(
                "INSERT INTO delivery (study, server, project, subject, session, before) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            number = int(made.lastrowid or 0)
            db.executemany(
                "INSERT INTO instance VALUES (?, ?, ?)",
                [(study, self._mark(study_uid, sop), number) for sop in sops],
            )
        return number

    def bind(self, delivery: int, job: str) -> None:
        """Write down that it was queued, as which upload."""
        self._db.execute("UPDATE delivery SET job = ? WHERE id = ?", (job, delivery))

    def drop(self, delivery: int) -> None:
        """It was not queued after all."""
        self._db.execute("DELETE FROM delivery WHERE id = ?", (delivery,))

    def drop_jobs(self, jobs: Iterable[str]) -> None:
        """Forget what these uploads were about, so that it is sent again."""
        self._db.executemany("DELETE FROM delivery WHERE job = ?", [(job,) for job in jobs])

    def end(self, delivery: Delivery) -> None:
        """Its end was told; what comes later goes to the labels that it has now."""
        self._db.execute(
            "UPDATE delivery SET over = 1, subject = ?, session = ? WHERE id = ?",
            (delivery.subject, delivery.session, delivery.id),
        )

    def settle(self, jobs: Sequence[UploadJob]) -> None:
        """Sort out what a former run was cut off in: what is in the queue was queued."""
        for one in self.open_ones():
            if not one.job:
                found = next((job for job in jobs if _is_of(job, one)), None)
                if found is None:
                    self.drop(one.id)
                else:
                    self.bind(one.id, found.id)


def _is_of(job: UploadJob, delivery: Delivery) -> bool:
    return (
        job.target.server == delivery.server
        and job.target.project == delivery.project
        and same_label(job.target.session, delivery.session)
        and job.id not in delivery.before
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        study=row["study"],
        server=row["server"],
        project=row["project"],
        subject=row["subject"],
        session=row["session"],
        job=row["job"],
        before=tuple(json.loads(row["before"])),
    )
