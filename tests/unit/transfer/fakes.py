"""A small faithful XNAT, in memory or in a file, and a pack function without DICOM.

A source file of the tests holds one line: ``scan id|sop uid``; the fake server gets such lines.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dxclient.domain.dicom import Reason
from dxclient.domain.errors import Cancelled, XnatMissing
from dxclient.domain.events import Event
from dxclient.domain.jobs import (
    JobRequest,
    LeftOutCount,
    PackedPart,
    PartRequest,
    PlannedScan,
    SentInstance,
    SourceFile,
    UploadTarget,
)
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Destination, Origin, ScriptSource
from dxclient.domain.protocols import ScanCount, ServerSession, ServerState, WaitingSession
from dxclient.transfer import Store, TransferOptions, TransferService

SCRIPT = ScriptSource(name="project script", text="(0010,0010) := subject", origin=Origin.PROJECT)
PLAN = AnonymizationPlan(scripts=(SCRIPT,))
QUICK = TransferOptions(
    part_size=200,
    retry_base=0.01,
    retry_cap=0.05,
    poll_base=0.01,
    poll_cap=0.02,
    settle_seconds=5,
    count_pause=0.01,
    progress_seconds=0.0,
    client="dxclient test",
)


def pack(request: PartRequest) -> PackedPart:
    """Read lines; REJECT is left out as a script would."""
    lines, sent, rejected = [], [], 0
    for file in request.files:
        text = Path(file.path).read_text()
        scan, sop = text.strip().split("|")[:2]
        if scan == "REJECT":
            rejected += 1
            continue
        lines.append(f"{scan}|{sop}")
        sent.append(
            SentInstance(
                scan_id=scan,
                source_series=file.series_uid,
                sop_instance_uid=sop,
                size=len(text),
                study_uid="8",
            )
        )
    body = "\n".join(lines).encode()
    left_out = (
        (LeftOutCount(series_number="9", reason=Reason.REJECTED, files=rejected),)
        if rejected
        else ()
    )
    return PackedPart(
        number=request.number,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        sent=tuple(sent),
        left_out=left_out,
    )


def make_request(
    folder: Path,
    scans: dict[str, int] | None = None,
    *,
    session: str = "E1",
    destination: Destination = Destination.PREARCHIVE,
    size: int = 100,
    plan: AnonymizationPlan = PLAN,
    user: str = "nurse",
) -> JobRequest:
    """Write small source files and ask for their upload; *size* bytes each, two in a part."""
    files, planned = [], []
    source = folder / f"source-{session}"
    source.mkdir(parents=True)
    for scan, number in (scans or {"1": 3, "2": 4}).items():
        for index in range(number):
            path = source / f"Doe_Jane_{scan}_{index}.dcm"
            path.write_text(f"{scan}|1.2.{session[1:]}.{scan}.{index}|".ljust(size, " "))
            stat = path.stat()
            files.append(
                SourceFile(
                    path=str(path),
                    size=stat.st_size,
                    modified_ns=stat.st_mtime_ns,
                    series_uid=f"9.{scan}",
                    sop_instance_uid=f"9.{scan}.{index}",
                )
            )
        planned.append(
            PlannedScan(
                series_uid=f"9.{scan}",
                number=scan,
                modality="MR",
                files=number,
                size=number * size,
            )
        )
    target = UploadTarget(
        server="https://xnat.example.org",
        user=user,
        project="P",
        subject="S1",
        session=session,
        destination=destination,
    )
    return JobRequest(
        target=target, study_uid="9", plan=plan, scans=tuple(planned), files=tuple(files)
    )


@dataclass
class FakeXnat:
    """Rows of a prearchive in SQLite, so that a killed client meets the same server again.

    `faults` are raised, oldest first, by the call that is named: ``{"send": [error, None]}``;
    ``after_commit`` raises after the commit has been carried out (a lost answer).
    """

    path: str = ":memory:"
    archives: bool = False
    scripts_now: tuple[ScriptSource, ...] = (SCRIPT,)
    faults: dict[str, list[Exception | None]] = field(default_factory=dict)
    chunk: int = 50
    chunk_seconds: float = 0.0
    commit_seconds: float = 0.0
    keeps_nothing_of: str = ""
    loses_one: bool = False
    working_polls: int = 0
    conflict: str = ""
    calls: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._db = sqlite3.connect(
            self.path, check_same_thread=False, isolation_level=None, timeout=30
        )
        self._lock = threading.RLock()
        self._db.executescript(
            "CREATE TABLE IF NOT EXISTS row (url TEXT PRIMARY KEY, session TEXT, state TEXT);"
            "CREATE TABLE IF NOT EXISTS stored (url TEXT, scan TEXT, sop TEXT, times INTEGER,"
            " PRIMARY KEY (url, scan, sop));"
            "CREATE TABLE IF NOT EXISTS log (what TEXT);"
        )

    def _fault(self, name: str) -> None:
        self.calls.append(name)
        waiting = self.faults.get(name)
        if waiting:
            error = waiting.pop(0)
            if error is not None:
                raise error

    def scripts(self, project: str) -> tuple[ScriptSource, ...]:
        self._fault("scripts")
        return self.scripts_now

    def filters(self, project: str) -> bool:
        return bool(self.keeps_nothing_of)

    def ensure_subject(self, target: UploadTarget) -> None:
        self._fault("ensure_subject")

    def send(
        self,
        target: UploadTarget,
        body: bytes,
        *,
        on_bytes: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> str:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for start in range(0, len(body), self.chunk):
                if stopped():
                    raise Cancelled
                time.sleep(self.chunk_seconds)
                on_bytes(min(start + self.chunk, len(body)))
            self._fault("send")
            return self._store(target, body)
        finally:
            with self._lock:
                self.at_once -= 1

    def _store(self, target: UploadTarget, body: bytes) -> str:
        lines = [line.split("|") for line in body.decode().splitlines()]
        kept = [line for line in lines if line[0] != self.keeps_nothing_of]
        if not kept:
            return ""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute(
                "SELECT url FROM row WHERE session = ? AND state IN ('RECEIVING', 'READY')",
                (target.session,),
            ).fetchone()
            url = row[0] if row else self._new_url(target)
            self._db.execute("INSERT OR IGNORE INTO row VALUES (?, ?, '')", (url, target.session))
            self._db.execute("UPDATE row SET state = 'RECEIVING' WHERE url = ?", (url,))
            for scan, sop in kept:
                self._db.execute(
                    "INSERT INTO stored VALUES (?, ?, ?, 1) "
                    "ON CONFLICT DO UPDATE SET times = times + 1",
                    (url, scan, sop),
                )
            self._db.execute("COMMIT")
        return url

    def _new_url(self, target: UploadTarget) -> str:
        (number,) = self._db.execute("SELECT count(*) FROM row").fetchone()
        return f"/data/prearchive/projects/{target.project}/2024_{number}/{target.session}"

    def commit(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        self._fault("commit")
        with self._lock:
            state = self._state(prearchive_url)
            if state is None:
                raise XnatMissing("The session is not there.", status=404)
            after = "CONFLICT" if self.conflict else ("ARCHIVED" if self.archives else "READY")
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE row SET state = ? WHERE url = ?", (after, prearchive_url))
            self._db.execute("INSERT INTO log VALUES (?)", (f"commit {prearchive_url} {state}",))
            self._db.execute("COMMIT")
        time.sleep(self.commit_seconds)
        self._fault("after_commit")
        return self._session(target, prearchive_url)

    def archive(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        self._fault("archive")
        with self._lock:
            self._db.execute(
                "UPDATE row SET state = 'ARCHIVED', session = ? WHERE url = ?",
                (target.session, prearchive_url),
            )
        return self._session(target, prearchive_url)

    def follow(
        self, target: UploadTarget, prearchive_url: str, listener: str, *, study_uid: str = ""
    ) -> ServerSession:
        return self.locate(target, prearchive_url, study_uid=study_uid)

    def instances(self, url: str, scan_id: str) -> frozenset[str]:
        return frozenset()

    def locate(
        self, target: UploadTarget, prearchive_url: str, *, study_uid: str = ""
    ) -> ServerSession:
        self._fault("locate")
        self.asked_for.append(study_uid)
        return self._session(target, prearchive_url)

    def _session(self, target: UploadTarget, url: str) -> ServerSession:
        state = self._state(url)
        if state is None:
            return ServerSession(state=ServerState.NOTHING)
        if state in ("READY", "ARCHIVED") and self.working_polls:
            self.working_polls -= 1
            return ServerSession(state=ServerState.WORKING, url=url)
        if state == "ARCHIVED":
            archive = f"/data/archive/projects/P/subjects/S1/experiments/{target.session}"
            return ServerSession(state=ServerState.ARCHIVED, url=archive)
        return ServerSession(state=ServerState[state], url=url, message=self.conflict)

    def waiting(self, target: UploadTarget) -> tuple[WaitingSession, ...]:
        self._fault("waiting")
        rows = self._db.execute(
            "SELECT url FROM row WHERE session = ? AND state <> 'ARCHIVED'", (target.session,)
        )
        return tuple(
            WaitingSession(url=url, subject=target.subject, study_uid="8") for (url,) in rows
        )

    def counts(self, url: str) -> tuple[ScanCount, ...]:
        self._fault("counts")
        session = url.rsplit("/", 1)[1]
        rows = self._db.execute(
            "SELECT scan, count(*) FROM stored JOIN row USING (url) WHERE session = ? "
            "GROUP BY scan",
            (session,),
        ).fetchall()
        less = 1 if self.loses_one else 0
        return tuple(ScanCount(scan, files - less) for scan, files in rows)

    def discard(self, prearchive_url: str) -> None:
        self._fault("discard")
        with self._lock:
            self._db.execute("DELETE FROM stored WHERE url = ?", (prearchive_url,))
            self._db.execute("DELETE FROM row WHERE url = ?", (prearchive_url,))

    def _state(self, url: str) -> str | None:
        row = self._db.execute("SELECT state FROM row WHERE url = ?", (url,)).fetchone()
        return row[0] if row else None

    def rows(self) -> list[tuple[str, str]]:
        """Session and state of every row."""
        return self._db.execute("SELECT session, state FROM row ORDER BY url").fetchall()

    def stored(self) -> list[tuple[str, str, int]]:
        """Scan, instance and how often it came."""
        return self._db.execute("SELECT scan, sop, times FROM stored ORDER BY sop").fetchall()

    def commits(self) -> list[str]:
        """What was committed, and in which state it was."""
        return [row[0] for row in self._db.execute("SELECT what FROM log")]


class Bench:
    """A service with a fake server, and everything it told."""

    def __init__(
        self,
        folder: Path,
        xnat: FakeXnat | None = None,
        *,
        options: TransferOptions = QUICK,
        **more: Any,
    ) -> None:
        self.xnat = xnat or FakeXnat()
        self.events: list[Event] = []
        self.receipts: list = []
        self.changes: list = []
        self.store = Store(folder / "queue" / "uploads.db")
        self.pool = ThreadPoolExecutor(2)
        given = {
            "pack": pack,
            "executor": lambda: self.pool,
            "importer_for": lambda target: self.xnat,
            "verify_part": lambda packed, job: (),
            "on_event": self.events.append,
            "on_receipt": self.receipts.append,
            "on_changed": lambda job, before: self.changes.append((before, job.state)),
            **more,
        }
        self.service = TransferService(self.store, options=options, **given)

    def close(self) -> None:
        self.service.stop()
        self.pool.shutdown()
        self.store.close()
