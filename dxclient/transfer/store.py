"""The durable queue: jobs, parts, files and receipts as rows."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from dxclient.domain.errors import merged_instances
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import (
    JobRequest,
    JobState,
    LeftOutCount,
    PackedPart,
    PartReceipt,
    PartRequest,
    PartState,
    Receipt,
    SourceFile,
    UploadJob,
)
from dxclient.domain.plan import AnonymizationPlan
from dxclient.transfer import codec
from dxclient.transfer.database import Database
from dxclient.transfer.rows import insert_part, require_free, source
from dxclient.transfer.states import (
    ACTIVE,
    FINAL,
    JobEvent,
    PartEvent,
    next_job_state,
    next_part_state,
)

_PROGRESS = """
    SELECT job.*, count(part.number) AS parts_total,
        coalesce(sum(part.state IN ('accepted', 'nothing to send')), 0) AS parts_done,
        coalesce(sum(part.files * (part.state IN ('accepted', 'nothing to send'))), 0)
            AS files_sent,
        coalesce(sum(part.size * (part.state IN ('accepted', 'nothing to send'))), 0)
            AS bytes_sent
    FROM job LEFT JOIN part ON part.job = job.id
"""


class Store(Database):
    """What is to be sent and how far it is. Every method is one transaction, from any thread.

    Raises
    ------
    TransferError
        When the file cannot be opened, or was written by a newer dxclient.
    """

    def __init__(self, path: Path) -> None:
        # Jobs share plans, and reading one is the slow part of listing many jobs.
        self._plans: dict[str, AnonymizationPlan] = {}
        super().__init__(path)

    # jobs ------------------------------------------------------------------------------

    def add(
        self, request: JobRequest, parts: Sequence[Sequence[SourceFile]], now: float
    ) -> UploadJob:
        """Put a new job into the queue.

        Raises
        ------
        TransferError
            When a job that is not over will use this session label in this project.
        """
        job_id = uuid.uuid4().hex
        with self.writing() as db:
            require_free(db, request.target)
            self._insert_job(db, job_id, request, now)
            for number, files in enumerate(parts, start=1):
                insert_part(db, job_id, number, files)
        return self.job(job_id)

    def _insert_job(
        self, db: sqlite3.Connection, job_id: str, request: JobRequest, now: float
    ) -> None:
        target, plan = request.target, request.plan
        db.execute("INSERT OR IGNORE INTO plan VALUES (?, ?)", (plan.digest, plan.to_json()))
        row = {
            "id": job_id,
            "target": codec.dumps(target),
            "server": target.server,
            "user": target.user,
            "project": target.project,
            "label": target.session.casefold(),
            "study_uid": request.study_uid,
            "plan": plan.digest,
            "scans": codec.dumps(request.scans),
            "left_out": codec.dumps(request.left_out),
            "findings": codec.dumps(request.findings),
            "date_check": request.date_check,
            "state": JobState.QUEUED.value,
            "files_total": len(request.files),
            "bytes_total": sum(file.size for file in request.files),
            "created": now,
        }
        marks = ", ".join(f":{name}" for name in row)
        db.execute(f"INSERT INTO job ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608

    def jobs(self) -> tuple[UploadJob, ...]:
        """All jobs, oldest first."""
        rows = self.connection().execute(f"{_PROGRESS} GROUP BY job.seq ORDER BY job.seq")
        return tuple(self._job(row) for row in rows)

    def job(self, job_id: str) -> UploadJob:
        """One job. Raises KeyError when it is not there."""
        query = f"{_PROGRESS} WHERE job.id = ? GROUP BY job.seq"
        row = self.connection().execute(query, (job_id,)).fetchone()
        if row is None:
            raise KeyError(job_id)
        return self._job(row)

    def _job(self, row: sqlite3.Row) -> UploadJob:
        same = {name: row[name] for name in _SAME}
        return UploadJob(
            target=codec.target(row["target"]),
            plan=self._plan(row["plan"]),
            state=JobState(row["state"]),
            scans=codec.scans(row["scans"]),
            **same,
        )

    def _plan(self, digest: str) -> AnonymizationPlan:
        if digest not in self._plans:
            query = "SELECT json FROM plan WHERE digest = ?"
            (text,) = self.connection().execute(query, (digest,)).fetchone()
            self._plans[digest] = AnonymizationPlan.from_json(text)
        return self._plans[digest]

    def advance(self, job_id: str, event: JobEvent, **changes: str | float) -> JobState:
        """Let *event* happen to a job, and change columns with it. Returns the state before.

        Paths are forgotten when the new state is final.

        Raises
        ------
        IllegalTransition
            When the event does not fit the state that the job has now.
        KeyError
            When there is no such job.
        """
        with self.writing() as db:
            before = self._state(db, job_id)
            after = next_job_state(before, event)
            _update(db, job_id, {**changes, "state": after.value})
            if after not in ACTIVE:
                _update(db, job_id, {"owner": "", "lease_until": 0})
            if after in FINAL:
                _forget(db, job_id)
        if after in FINAL:
            self.flush()
        return before

    def note(self, job_id: str, **changes: str | float) -> None:
        """Change columns of a job that are not its state."""
        with self.writing() as db:
            _update(db, job_id, changes)

    def _state(self, db: sqlite3.Connection, job_id: str) -> JobState:
        row = db.execute("SELECT state FROM job WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise KeyError(job_id)
        return JobState(row["state"])

    def facts(self, job_id: str) -> sqlite3.Row:
        """The bare row: commit_begun, start_over, discard, date_check, sent_study."""
        query = "SELECT * FROM job WHERE id = ?"
        row: sqlite3.Row = self.connection().execute(query, (job_id,)).fetchone()
        return row

    def claim_job(
        self, owner: str, now: float, lease: float, busy: Sequence[str]
    ) -> tuple[str, JobState] | None:
        """Take the oldest job that may run now, in one statement. Returns id and state before.

        Parameters
        ----------
        busy : sequence of str
            Jobs whose former run has not ended yet.
        """
        marks = ", ".join("?" for _ in busy)
        # The state before is QUEUED for a job that never waited; next_try tells them apart.
        query = f"""
            UPDATE job SET state = 'sending', owner = ?, lease_until = ?
            WHERE seq = (SELECT seq FROM job
                WHERE (state = 'queued' OR (state = 'waiting to try again' AND next_try <= ?))
                    AND lease_until <= ? AND id NOT IN ({marks})
                ORDER BY seq LIMIT 1)
            RETURNING id, next_try
        """  # noqa: S608 - only question marks are put in
        with self.writing() as db:
            row = db.execute(query, (owner, now + lease, now, now, *busy)).fetchone()
            if row is None:
                return None
            _update(db, row["id"], {"next_try": 0, "sentence": "", "details": ""})
        return row["id"], JobState.WAITING if row["next_try"] else JobState.QUEUED

    def next_due(self) -> float | None:
        """When the next waiting job may run, in seconds since the epoch."""
        query = "SELECT min(next_try) FROM job WHERE state = 'waiting to try again'"
        (due,) = self.connection().execute(query).fetchone()
        return None if due is None else float(due)

    def ids(self, *states: JobState) -> tuple[str, ...]:
        """Ids of the jobs in these states, oldest first."""
        marks = ", ".join("?" for _ in states)
        query = f"SELECT id FROM job WHERE state IN ({marks}) ORDER BY seq"  # noqa: S608
        rows = self.connection().execute(query, [state.value for state in states])
        return tuple(row["id"] for row in rows)

    def to_discard(self, now: float) -> tuple[str, ...]:
        """Cancelled jobs whose session still has to leave the prearchive, and may be tried."""
        query = "SELECT id FROM job WHERE discard AND next_try <= ? ORDER BY seq"
        rows = self.connection().execute(query, (now,))
        return tuple(row["id"] for row in rows)

    def recover(self, owner: str, now: float) -> None:
        """Take back what a vanished process had in work.

        Leases of *owner* are kept; all others are void, because the queue's lock lets one
        process work at a time.
        """
        with self.writing() as db:
            for state in ACTIVE:
                query = "SELECT id FROM job WHERE state = ? AND owner <> ?"
                for row in db.execute(query, (state.value, owner)).fetchall():
                    self.advance(row["id"], JobEvent.RECOVER)
            db.execute(
                "UPDATE part SET state = ?, owner = '', lease_until = 0 "
                "WHERE state = ? AND owner <> ?",
                (PartState.PENDING.value, PartState.SENDING.value, owner),
            )

    def ids_for(self, server: str, user: str, *states: JobState) -> tuple[str, ...]:
        """Ids of the jobs of one login in these states, oldest first."""
        query = "SELECT id FROM job WHERE server = ? AND user = ?"
        mine = {row["id"] for row in self.connection().execute(query, (server, user))}
        return tuple(job_id for job_id in self.ids(*states) if job_id in mine)

    def forget(self, job_id: str) -> None:
        """Forget paths and instance UIDs that a run wrote after its job was over."""
        with self.writing() as db:
            _forget(db, job_id)
        self.flush()

    def remove(self, job_id: str) -> None:
        """Take a job out of the list, with its receipt."""
        with self.writing() as db:
            db.execute("DELETE FROM job WHERE id = ?", (job_id,))
        self.flush()

    # parts -----------------------------------------------------------------------------

    def claim_part(self, job_id: str, owner: str, now: float, lease: float) -> PartRequest | None:
        """Take the next pending part of a job, in one statement."""
        query = """
            UPDATE part SET state = 'sending', owner = ?, lease_until = ?
            WHERE job = ? AND number = (SELECT number FROM part WHERE job = ?
                AND (state = 'pending'
                     OR (state = 'sending' AND owner <> ? AND lease_until < ?))
                ORDER BY number LIMIT 1)
            RETURNING number
        """
        with self.writing() as db:
            row = db.execute(query, (owner, now + lease, job_id, job_id, owner, now)).fetchone()
            return None if row is None else self._request(db, job_id, row["number"])

    def _request(self, db: sqlite3.Connection, job_id: str, number: int) -> PartRequest:
        plan = db.execute("SELECT plan FROM job WHERE id = ?", (job_id,)).fetchone()["plan"]
        rows = db.execute(
            "SELECT * FROM file WHERE job = ? AND part = ? ORDER BY position", (job_id, number)
        )
        return PartRequest(
            job_id=job_id,
            number=number,
            plan=self._plan(plan),
            files=tuple(source(row) for row in rows),
        )

    def pending(self, job_id: str) -> int:
        """How many parts still wait."""
        query = "SELECT count(*) FROM part WHERE job = ? AND state = 'pending'"
        (number,) = self.connection().execute(query, (job_id,)).fetchone()
        return int(number)

    def accept(self, job_id: str, packed: PackedPart, url: str) -> None:
        """Write down that the server took a part, and what was in it.

        Raises
        ------
        AnonymizationError
            When another part holds one of its instances; nothing is written then.
        """
        with self.writing() as db:
            self.require_new(job_id, packed)
            _move_part(
                db,
                job_id,
                packed.number,
                PartEvent.ACCEPT,
                sha256=packed.sha256,
                body_size=len(packed.body),
                sent_files=len(packed.sent),
                left_out=codec.dumps(packed.left_out),
            )
            db.executemany(
                "INSERT INTO sent VALUES (?, ?, ?, ?, ?)",
                [
                    (job_id, packed.number, one.scan_id, one.sop_instance_uid, one.size)
                    for one in packed.sent
                ],
            )
            study = packed.sent[0].study_uid if packed.sent else ""
            _update(db, job_id, {"prearchive_url": url, "sent_study": study, "attempts": 0})

    def require_new(self, job_id: str, packed: PackedPart) -> None:
        """Check that no accepted part holds an instance of this one.

        Raises
        ------
        AnonymizationError
            When one does: the server would keep one file of the two.
        """
        query = "SELECT 1 FROM sent WHERE job = ? AND sop = ? AND part <> ?"
        uids = [one.sop_instance_uid for one in packed.sent]
        known = self.connection()
        if len(set(uids)) < len(uids) or any(
            known.execute(query, (job_id, uid, packed.number)).fetchone() for uid in uids
        ):
            raise merged_instances()

    def accept_nothing(
        self, job_id: str, number: int, left_out: Sequence[LeftOutCount], *, sent: bool
    ) -> None:
        """Write down that nothing of a part remained: here, or (*sent*) on the server."""
        event = PartEvent.ACCEPT if sent else PartEvent.NOTHING
        with self.writing() as db:
            _move_part(db, job_id, number, event, left_out=codec.dumps(left_out))
            _update(db, job_id, {"attempts": 0})

    def release_part(self, job_id: str, number: int) -> None:
        """Give a claimed part back."""
        with self.writing() as db:
            _move_part(db, job_id, number, PartEvent.RELEASE)

    def release_parts(self, job_id: str) -> None:
        """Give back what an earlier run of this job could not; a job has one run at a time."""
        with self.writing() as db:
            query = "SELECT number FROM part WHERE job = ? AND state = 'sending'"
            for row in db.execute(query, (job_id,)).fetchall():
                _move_part(db, job_id, row["number"], PartEvent.RELEASE)

    def start_over(self, job_id: str) -> None:
        """Mark every part as not sent: what was sent is not on the server any more."""
        with self.writing() as db:
            for row in db.execute("SELECT number FROM part WHERE job = ?", (job_id,)).fetchall():
                _move_part(
                    db, job_id, row["number"], PartEvent.START_OVER, sha256="", body_size=0,
                    sent_files=0, left_out="[]",
                )  # fmt: skip
            db.execute("DELETE FROM sent WHERE job = ?", (job_id,))
            fresh: dict[str, str | float] = {"start_over": 0, "commit_begun": 0}
            fresh |= {"prearchive_url": "", "server_url": "", "sent_study": ""}
            _update(db, job_id, fresh)

    def part_sizes(self, job_id: str) -> Mapping[int, int]:
        """Bytes of source files per part."""
        rows = self.connection().execute("SELECT number, size FROM part WHERE job = ?", (job_id,))
        return {row["number"]: row["size"] for row in rows}

    def shares(self, job_id: str) -> tuple[tuple[int, str, int, bool], ...]:
        """Part number, scan, files, and whether the part is done."""
        rows = self.connection().execute(
            "SELECT share.part, series, share.files, state IN ('accepted', 'nothing to send') "
            "FROM share JOIN part ON part.job = share.job AND part.number = share.part "
            "WHERE share.job = ? ORDER BY share.part",
            (job_id,),
        )
        return tuple((row[0], row[1], row[2], bool(row[3])) for row in rows)

    # the end ---------------------------------------------------------------------------

    def expected(self, job_id: str) -> Mapping[str, int]:
        """Instances sent, per scan id; each was sent as one file."""
        rows = self.connection().execute(
            "SELECT scan, count(*) FROM sent WHERE job = ? GROUP BY scan", (job_id,)
        )
        return {row[0]: row[1] for row in rows}

    def part_receipts(self, job_id: str) -> tuple[PartReceipt, ...]:
        """Parts that hold something on the server."""
        rows = self.connection().execute(
            "SELECT number, sha256, body_size, sent_files FROM part "
            "WHERE job = ? AND sent_files > 0 ORDER BY number",
            (job_id,),
        )
        return tuple(
            PartReceipt(number=row[0], sha256=row[1], size=row[2], files=row[3]) for row in rows
        )

    def left_out(self, job_id: str) -> tuple[LeftOutCount, ...]:
        """Everything that was left out, before queueing and while packing."""
        texts = self.connection().execute(
            "SELECT left_out FROM job WHERE id = ?1 "
            "UNION ALL SELECT left_out FROM part WHERE job = ?1",
            (job_id,),
        )
        return tuple(count for row in texts for count in codec.left_out(row[0]))

    def findings(self, job_id: str) -> tuple[Finding, ...]:
        """What was found about a job, before and while sending."""
        return codec.findings(self.facts(job_id)["findings"])

    def add_findings(self, job_id: str, more: Sequence[Finding]) -> None:
        """Keep further findings, each once."""
        with self.writing() as db:
            known = self.findings(job_id)
            added = [finding for finding in more if finding not in known]
            if added:
                _update(db, job_id, {"findings": codec.dumps((*known, *dict.fromkeys(added)))})

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keep a receipt; a newer one takes its place."""
        with self.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO receipt VALUES (?, ?)",
                (receipt.job_id, codec.dumps(receipt)),
            )

    def receipt(self, job_id: str) -> Receipt | None:
        """The receipt of a job, if it has come that far."""
        query = "SELECT json FROM receipt WHERE job = ?"
        row = self.connection().execute(query, (job_id,)).fetchone()
        return None if row is None else codec.receipt(row["json"])


_SAME = (
    "id", "study_uid", "files_total", "bytes_total", "files_sent", "bytes_sent", "parts_total",
    "parts_done", "sentence", "details", "prearchive_url", "server_url", "attempts", "next_try",
    "created", "finished",
)  # fmt: skip


def _update(db: sqlite3.Connection, job_id: str, changes: Mapping[str, str | float]) -> None:
    if changes:
        names = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE job SET {names} WHERE id = ?", (*changes.values(), job_id))  # noqa: S608


def _move_part(
    db: sqlite3.Connection, job_id: str, number: int, event: PartEvent, **changes: str | float
) -> None:
    query = "SELECT state FROM part WHERE job = ? AND number = ?"
    (state,) = db.execute(query, (job_id, number)).fetchone()
    after = next_part_state(PartState(state), event)
    values = {**changes, "state": after.value, "owner": "", "lease_until": 0}
    names = ", ".join(f"{name} = ?" for name in values)
    db.execute(
        f"UPDATE part SET {names} WHERE job = ? AND number = ?",  # noqa: S608 - our own names
        (*values.values(), job_id, number),
    )


def _forget(db: sqlite3.Connection, job_id: str) -> None:
    """Forget paths and instance UIDs of a job that is over."""
    db.execute("DELETE FROM file WHERE job = ?", (job_id,))
    db.execute("DELETE FROM sent WHERE job = ?", (job_id,))
