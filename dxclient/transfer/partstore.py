"""Parts as rows: claimed, accepted, sent again; and what is known of them at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dxclient.domain.errors import merged_instances
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import (
    InstanceReceipt,
    LeftOutCount,
    PackedPart,
    PartReceipt,
    PartRequest,
    Receipt,
)
from dxclient.domain.plan import AnonymizationPlan
from dxclient.transfer import codec
from dxclient.transfer.database import Database
from dxclient.transfer.rows import move_part, source, update_job
from dxclient.transfer.states import PartEvent


class PartStore(Database):
    """The parts of all jobs. Every method is one transaction, from any thread."""

    def __init__(self, path: Path) -> None:
        # Jobs share plans, and reading one is the slow part of listing many jobs.
        self._plans: dict[str, AnonymizationPlan] = {}
        super().__init__(path)

    def facts(self, job_id: str) -> sqlite3.Row:
        """Give the bare row: commit_begun, discard, sent_study, send_begun and all else."""
        query = "SELECT * FROM job WHERE id = ?"
        row: sqlite3.Row = self.connection().execute(query, (job_id,)).fetchone()
        return row

    def _plan(self, digest: str) -> AnonymizationPlan:
        if digest not in self._plans:
            query = "SELECT json FROM plan WHERE digest = ?"
            (text,) = self.connection().execute(query, (digest,)).fetchone()
            self._plans[digest] = AnonymizationPlan.from_json(text)
        return self._plans[digest]

    # at work ---------------------------------------------------------------------------

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
            move_part(
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
                "INSERT INTO sent (job, part, scan, sop, size, md5, sha256) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (job_id, packed.number, one.scan_id, one.sop_instance_uid, one.size,
                     one.md5, one.sha256)
                    for one in packed.sent
                ],
            )  # fmt: skip
            study = packed.sent[0].study_uid if packed.sent else ""
            update_job(db, job_id, {"prearchive_url": url, "sent_study": study, "attempts": 0})

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
            move_part(db, job_id, number, event, left_out=codec.dumps(left_out))
            update_job(db, job_id, {"attempts": 0})

    def release_part(self, job_id: str, number: int) -> None:
        """Give a claimed part back."""
        with self.writing() as db:
            move_part(db, job_id, number, PartEvent.RELEASE)

    def release_parts(self, job_id: str) -> None:
        """Give back what an earlier run of this job could not; a job has one run at a time."""
        with self.writing() as db:
            query = "SELECT number FROM part WHERE job = ? AND state = 'sending'"
            for row in db.execute(query, (job_id,)).fetchall():
                move_part(db, job_id, row["number"], PartEvent.RELEASE)

    def start_over(self, job_id: str) -> None:
        """Mark every part as not sent: what was sent is not on the server any more."""
        with self.writing() as db:
            for row in db.execute("SELECT number FROM part WHERE job = ?", (job_id,)).fetchall():
                move_part(
                    db, job_id, row["number"], PartEvent.START_OVER, sha256="", body_size=0,
                    sent_files=0, left_out="[]",
                )  # fmt: skip
            db.execute("DELETE FROM sent WHERE job = ?", (job_id,))
            # What was missing then says nothing of what is sent now.
            db.execute("DELETE FROM receipt WHERE job = ?", (job_id,))
            fresh: dict[str, str | float] = {"start_over": 0, "commit_begun": 0, "send_begun": 0}
            fresh |= {"prearchive_url": "", "server_url": "", "sent_study": "", "answer": ""}
            update_job(db, job_id, fresh)

    def send_again(self, job_id: str, numbers: Iterable[int]) -> int:
        """Mark accepted parts as not sent, because something of them is missing on the server.

        Returns
        -------
        int
            How many there were; the commit counts as not begun when there were any.
        """
        again = 0
        with self.writing() as db:
            for number in sorted(set(numbers) & self._accepted(db, job_id)):
                move_part(
                    db, job_id, number, PartEvent.MISSING, sha256="", body_size=0, sent_files=0,
                    left_out="[]",
                )  # fmt: skip
                db.execute("DELETE FROM sent WHERE job = ? AND part = ?", (job_id, number))
                again += 1
            if again:
                query = "UPDATE job SET resent = resent + ?, commit_begun = 0 WHERE id = ?"
                db.execute(query, (again, job_id))
        return again

    def _accepted(self, db: sqlite3.Connection, job_id: str) -> set[int]:
        query = "SELECT number FROM part WHERE job = ? AND state = 'accepted'"
        return {row[0] for row in db.execute(query, (job_id,))}

    def parts_of_scans(self, job_id: str, scan_ids: Iterable[str]) -> set[int]:
        """Numbers of accepted parts that hold something of these scans (ids on the server)."""
        query = "SELECT DISTINCT part FROM sent WHERE job = ? AND scan = ?"
        db = self.connection()
        return {row[0] for scan in scan_ids for row in db.execute(query, (job_id, scan))}

    def parts_of_instances(self, job_id: str, uids: Iterable[str]) -> set[int]:
        """Numbers of accepted parts that hold one of these instances (UIDs as sent)."""
        query = "SELECT part FROM sent WHERE job = ? AND sop = ?"
        db = self.connection()
        return {row[0] for uid in uids for row in db.execute(query, (job_id, uid))}

    def parts_of_series(self, job_id: str, series_uid: str) -> set[int]:
        """Numbers of parts that hold something of a series on disk."""
        query = "SELECT part FROM share WHERE job = ? AND series = ?"
        return {row[0] for row in self.connection().execute(query, (job_id, series_uid))}

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

    def instances(self, job_id: str) -> tuple[InstanceReceipt, ...]:
        """Instances that the server accepted, in the order in which they left."""
        rows = self.connection().execute(
            "SELECT scan, sop, size, md5, sha256 FROM sent WHERE job = ? ORDER BY part, sop",
            (job_id,),
        )
        return tuple(
            InstanceReceipt(
                scan_id=row[0], sop_instance_uid=row[1], size=row[2], md5=row[3], sha256=row[4]
            )
            for row in rows
        )

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
                update_job(db, job_id, {"findings": codec.dumps((*known, *dict.fromkeys(added)))})

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
