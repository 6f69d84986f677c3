"""The durable queue: jobs, parts, files and receipts as rows."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dxclient.domain.jobs import (
    JobRequest,
    JobState,
    PartState,
    SourceFile,
    UploadJob,
    UploadTarget,
)
from dxclient.transfer import codec
from dxclient.transfer.history import forget_plans
from dxclient.transfer.partstore import PartStore
from dxclient.transfer.rows import forget, insert_part, require_free, update_job
from dxclient.transfer.states import (
    ACTIVE,
    ASKING,
    FINAL,
    JOB_TRANSITIONS,
    IllegalTransition,
    JobEvent,
    next_job_state,
)

FOREVER = 1e12


class Store(PartStore):
    """What is to be sent and how far it is. Every method is one transaction, from any thread.

    Raises
    ------
    TransferError
        When the file cannot be opened, or was written by a newer dxclient.
    """

    def __init__(self, path: Path) -> None:
        # What was read last of each job, so that a long list is not put together anew each time.
        self._seen: dict[str, tuple[tuple[object, ...], UploadJob]] = {}
        super().__init__(path)

    # jobs ------------------------------------------------------------------------------

    def add(
        self,
        request: JobRequest,
        parts: Sequence[Sequence[SourceFile]],
        now: float,
        busy: Collection[str] = (),
    ) -> UploadJob:
        """Put a new job into the queue.

        Parameters
        ----------
        busy : collection of str
            Jobs of which a part may still be on the line, though they are over.

        Raises
        ------
        TransferError
            When a job that is not over, or not yet gone, uses this session label in this project.
        """
        job_id = uuid.uuid4().hex
        with self.writing() as db:
            require_free(db, request.target, busy=busy)
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
        """All jobs, in the order in which they go: by priority, then the oldest first."""
        rows = self.connection().execute(f"{_JOBS} ORDER BY priority DESC, seq").fetchall()
        return tuple([self._known(row) for row in rows])

    def job(self, job_id: str) -> UploadJob:
        """One job. Raises KeyError when it is not there."""
        row = self.connection().execute(f"{_JOBS} WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise KeyError(job_id)
        return self._known(row)

    def _known(self, row: sqlite3.Row) -> UploadJob:
        values = tuple(row)
        known = self._seen.get(values[0])
        if known is None or known[0] != values:
            known = self._seen[values[0]] = (values, self._job(row))
        return known[1]

    def _job(self, row: sqlite3.Row) -> UploadJob:
        same = {name: row[name] for name in _SAME}
        query = "SELECT scans FROM job WHERE id = ?"
        (scans,) = self.connection().execute(query, (row["id"],)).fetchone()
        return UploadJob(
            target=codec.target(row["target"]),
            plan=self._plan(row["plan"]),
            state=JobState(row["state"]),
            scans=codec.scans(scans),
            choices=codec.choices(row["choices"]),
            send_begun=bool(row["send_begun"]),
            **same,
        )

    def unfinished_labels(self, server: str, project: str) -> tuple[UploadTarget, ...]:
        """Targets in this project of the jobs that are not over, or still leave the server."""
        query = (
            f"SELECT target FROM job WHERE server = ? AND project = ? "  # noqa: S608
            f"AND (discard OR state NOT IN ({_marks(FINAL)})) ORDER BY seq"
        )
        over = [state.value for state in FINAL]
        rows = self.connection().execute(query, (server, project, *over))
        return tuple(codec.target(row[0]) for row in rows)

    def used_by_others(self, job_id: str) -> bool:
        """Whether another job put parts into the same session of the prearchive, or may have."""
        query = f"""
            SELECT 1 FROM job AS other JOIN job ON job.id = ?
            WHERE other.id <> job.id AND other.server = job.server AND (
                (other.prearchive_url = job.prearchive_url AND job.prearchive_url <> '')
                OR (other.project = job.project AND other.label = job.label
                    AND other.state NOT IN ({_marks(FINAL)})))
        """  # noqa: S608 - only question marks are put in
        over = [state.value for state in FINAL]
        return self.connection().execute(query, (job_id, *over)).fetchone() is not None

    def retarget(self, job_id: str, target: UploadTarget, busy: Collection[str] = ()) -> None:
        """Send a job elsewhere, or under another label.

        Raises
        ------
        TransferError
            When another job that is not over will use that label.
        """
        with self.writing() as db:
            require_free(db, target, job_id, busy)
            fresh = {"target": codec.dumps(target), "label": target.session.casefold()}
            update_job(db, job_id, fresh)

    # order -----------------------------------------------------------------------------

    def first(self, job_id: str) -> None:
        """Let a job go before all others."""
        query = "UPDATE job SET priority = 1 + (SELECT max(priority) FROM job) WHERE id = ?"
        with self.writing() as db:
            db.execute(query, (job_id,))

    def move(self, job_id: str, *, up: bool) -> None:
        """Let a job change places with the one before it, or after it."""
        with self.writing() as db:
            query = (
                f"SELECT id FROM job WHERE state NOT IN ({_marks(FINAL)}) "  # noqa: S608 - question marks
                "ORDER BY priority DESC, seq"
            )
            order = [row[0] for row in db.execute(query, [state.value for state in FINAL])]
            if job_id not in order:
                return
            place = order.index(job_id)
            other = place - 1 if up else place + 1
            if 0 <= other < len(order):
                order[place], order[other] = order[other], order[place]
                db.executemany(
                    "UPDATE job SET priority = ? WHERE id = ?",
                    [(len(order) - index, one) for index, one in enumerate(order)],
                )

    # events ----------------------------------------------------------------------------

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
            before, after = self._advance(db, job_id, event, changes)
        if after in FINAL:
            self.flush()
        return before

    def advance_all(
        self, event: JobEvent, job_ids: Sequence[str], **changes: str | float
    ) -> dict[str, JobState]:
        """Let *event* happen to many jobs at once; those that it does not fit are left alone.

        Returns
        -------
        dict
            The state before, for each that it happened to.
        """
        before: dict[str, JobState] = {}
        with self.writing() as db:
            for job_id in job_ids:
                with suppress(IllegalTransition, KeyError):
                    before[job_id], _ = self._advance(db, job_id, event, changes)
        return before

    def _advance(
        self,
        db: sqlite3.Connection,
        job_id: str,
        event: JobEvent,
        changes: Mapping[str, str | float],
    ) -> tuple[JobState, JobState]:
        before = self._state(db, job_id)
        after = next_job_state(before, event)
        more: dict[str, str | float] = {"state": after.value}
        if after not in ACTIVE:
            more |= {"owner": "", "lease_until": 0}
        if after not in ASKING:
            more["choices"] = ""
        if after in FINAL:
            more["priority"] = 0
        update_job(db, job_id, {**changes, **more})
        if after in FINAL:
            forget(db, job_id)
        return before, after

    def note(self, job_id: str, **changes: str | float) -> None:
        """Change columns of a job that are not its state."""
        with self.writing() as db:
            update_job(db, job_id, changes)

    def _state(self, db: sqlite3.Connection, job_id: str) -> JobState:
        row = db.execute("SELECT state FROM job WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise KeyError(job_id)
        return JobState(row["state"])

    def claim_job(
        self,
        owner: str,
        now: float,
        lease: float,
        busy: Sequence[str] = (),
        shut: Sequence[str] = (),
        longest: float = FOREVER,
    ) -> tuple[str, JobState] | None:
        """Take the next job that may run now. Returns id and state before.

        Parameters
        ----------
        busy : sequence of str
            Jobs whose former run has not ended yet.
        shut : sequence of str
            Servers that get no job now.
        longest : float
            The most that is ever waited, in seconds. What is due later than that was put off
            by a clock that was wrong, and is due now.
        """
        jobs, servers = _marks(busy), _marks(shut)
        query = f"""
            SELECT id, state FROM job
            WHERE state IN ({_marks(_RUNNABLE)})
                AND (state = ? OR next_try <= ? OR next_try > ?)
                AND (lease_until <= ? OR lease_until > ?)
                AND id NOT IN ({jobs}) AND server NOT IN ({servers})
            ORDER BY priority DESC, seq LIMIT 1
        """  # noqa: S608 - only question marks are put in
        given = (JobState.QUEUED.value, now, now + longest, now, now + lease, *busy, *shut)
        states = [state.value for state in _RUNNABLE]
        with self.writing() as db:
            row = db.execute(query, (*states, *given)).fetchone()
            if row is None:
                return None
            claim: dict[str, str | float] = {"owner": owner, "lease_until": now + lease}
            claim |= {"next_try": 0, "sentence": "", "details": ""}
            before, _ = self._advance(db, row["id"], JobEvent.START, claim)
        return row["id"], before

    def next_due(self, now: float) -> float | None:
        """When the next waiting job may run, in seconds since the epoch, if that is after *now*."""
        query = "SELECT min(next_try) FROM job WHERE state IN (?, ?) AND next_try > ?"
        waiting = (JobState.WAITING.value, JobState.OFFLINE.value)
        (due,) = self.connection().execute(query, (*waiting, now)).fetchone()
        return None if due is None else float(due)

    def reachable(self, server: str) -> None:
        """Let the jobs that wait for a server go on now."""
        query = "UPDATE job SET next_try = 0 WHERE state = ? AND server = ? AND next_try > 0"
        with self.writing() as db:
            db.execute(query, (JobState.OFFLINE.value, server))

    def all_due(self) -> None:
        """Let everything go on that waits for a moment."""
        with self.writing() as db:
            db.execute("UPDATE job SET next_try = 0 WHERE next_try > 0")

    def ids(self, *states: JobState) -> tuple[str, ...]:
        """Ids of the jobs in these states, oldest first."""
        query = f"SELECT id FROM job WHERE state IN ({_marks(states)}) ORDER BY seq"  # noqa: S608
        rows = self.connection().execute(query, [state.value for state in states])
        return tuple(row["id"] for row in rows)

    def to_discard(self, now: float) -> tuple[str, ...]:
        """Cancelled jobs whose session still has to leave the prearchive, and may be tried."""
        query = "SELECT id FROM job WHERE discard AND next_try <= ? ORDER BY seq"
        rows = self.connection().execute(query, (now,))
        return tuple(row["id"] for row in rows)

    def recover(self, owner: str) -> tuple[str, ...]:
        """Take back what a vanished process had in work; returns the ids of its jobs.

        Leases of *owner* are kept; all others are void, because the queue's lock lets one
        process work at a time.
        """
        query = f"SELECT id FROM job WHERE state IN ({_marks(ACTIVE)}) AND owner <> ?"  # noqa: S608
        with self.writing() as db:
            rows = db.execute(query, (*(state.value for state in ACTIVE), owner)).fetchall()
            for row in rows:
                self._advance(db, row["id"], JobEvent.RECOVER, {})
            db.execute(
                "UPDATE part SET state = ?, owner = '', lease_until = 0 "
                "WHERE state = ? AND owner <> ?",
                (PartState.PENDING.value, PartState.SENDING.value, owner),
            )
        return tuple(row["id"] for row in rows)

    def ids_for(self, server: str, user: str, *states: JobState) -> tuple[str, ...]:
        """Ids of the jobs of one login in these states, oldest first."""
        query = f"""
            SELECT id FROM job WHERE server = ? AND user = ? AND state IN ({_marks(states)})
            ORDER BY seq
        """  # noqa: S608 - only question marks are put in
        given = (server, user, *(state.value for state in states))
        return tuple(row["id"] for row in self.connection().execute(query, given))

    def unasked(self, server: str, user: str) -> tuple[str, ...]:
        """Jobs of one login that need a person and have no question with choices."""
        query = "SELECT id FROM job WHERE server = ? AND user = ? AND state = ? AND choices = ''"
        given = (server, user, JobState.NEEDS_YOU.value)
        return tuple(row["id"] for row in self.connection().execute(query, given))

    def not_forgotten(self) -> tuple[str, ...]:
        """Jobs that are over and still hold paths or UIDs, as after a crash."""
        query = f"""
            SELECT id FROM job WHERE state IN ({_marks(FINAL)})
            AND (EXISTS (SELECT 1 FROM file WHERE file.job = job.id)
                OR EXISTS (SELECT 1 FROM sent WHERE sent.job = job.id))
        """  # noqa: S608 - only question marks are put in
        rows = self.connection().execute(query, [state.value for state in FINAL])
        return tuple(row["id"] for row in rows)

    def forget(self, job_id: str) -> None:
        """Forget paths and instance UIDs that a run wrote after its job was over."""
        with self.writing() as db:
            forget(db, job_id)
        self.flush()

    def remove(self, job_id: str) -> None:
        """Take a job out of the list, with its receipt."""
        with self.writing() as db:
            db.execute("DELETE FROM job WHERE id = ?", (job_id,))
            forget_plans(db)
        self._seen.pop(job_id, None)
        self.flush()


def _marks(values: Collection[object]) -> str:
    """Question marks for a list in a statement."""
    return ", ".join("?" * len(values))


_RUNNABLE = tuple(before for before, event in JOB_TRANSITIONS if event is JobEvent.START)
_SAME = (
    "id", "study_uid", "files_total", "bytes_total", "files_sent", "bytes_sent", "parts_total",
    "parts_done", "sentence", "details", "prearchive_url", "server_url", "attempts", "next_try",
    "created", "finished", "priority",
)  # fmt: skip
# The scans are a long text that changes only with study_uid: read when something else changed.
_JOBS = f"SELECT {', '.join(_SAME)}, target, plan, state, choices, send_begun FROM job"  # noqa: S608
