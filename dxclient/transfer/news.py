"""Telling the rest of the program what happens to jobs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping

from dxclient.domain.events import Event, JobChanged, LoginNeeded, ScanProgressed, ServerWorking
from dxclient.domain.jobs import JobState, Receipt, UploadJob
from dxclient.transfer.progress import Progress, ScanSent
from dxclient.transfer.store import Store


class News:
    """Turns changes into events; progress at most every *interval* seconds per job.

    Parameters
    ----------
    on_event, on_receipt, on_changed : callable
        Called on worker threads; must not raise.
    """

    def __init__(
        self,
        store: Store,
        progress: Progress,
        interval: float,
        on_event: Callable[[Event], None],
        on_receipt: Callable[[Receipt], None],
        on_changed: Callable[[UploadJob, JobState], None],
    ) -> None:
        self._store = store
        self._progress = progress
        self._interval = interval
        self._on_event = on_event
        self._on_changed = on_changed
        self.receipt = on_receipt
        self._told: dict[str, float] = {}
        self._scans: dict[str, tuple[ScanSent, ...]] = {}
        self._lock = threading.RLock()
        self._asked: set[tuple[str, str]] = set()
        self._waiting: deque[Event] = deque()
        self._telling = threading.Lock()

    def changed(self, job_id: str, before: JobState) -> None:
        """A job has a new state."""
        job = self._look(job_id)
        self._tell()
        self._on_changed(job, before)

    def progressed(self, job_id: str, *, now: bool = False) -> None:
        """A job is further than before; told only when the last telling is long enough ago."""
        moment = time.monotonic()
        with self._lock:
            if not now and moment - self._told.get(job_id, 0.0) < self._interval:
                return
            self._told[job_id] = moment
            self._look_at_scans(self._look(job_id))
        self._tell()

    def _look(self, job_id: str) -> UploadJob:
        """Look at a job and line the event up, in one step: so no event is older than the last."""
        with self._lock:
            job = self._progress.overlay(self._store.job(job_id))
            self._waiting.append(JobChanged(job))
            return job

    def _look_at_scans(self, job: UploadJob) -> None:
        scans = self._progress.scans(job)
        before = set(self._scans.get(job.id, ()))
        self._scans[job.id] = scans
        self._waiting.extend(
            ScanProgressed(job.id, scan.series_uid, scan.files_sent, scan.files_total)
            for scan in scans
            if scan not in before
        )

    def changed_all(self, before: Mapping[str, JobState]) -> None:
        """Many jobs have a new state: looked at in one go, told one by one."""
        for job in self.looked(before):
            self._on_changed(job, before[job.id])

    def looked(self, job_ids: Collection[str]) -> list[UploadJob]:
        """Tell many jobs as they are now, with one look at them."""
        if not job_ids:
            return []
        with self._lock:
            all_jobs = {job.id: job for job in self._store.jobs()}
            jobs = [self._progress.overlay(all_jobs[one]) for one in job_ids if one in all_jobs]
            self._waiting.extend(JobChanged(job) for job in jobs)
        self._tell()
        return jobs

    def tell(self, event: Event) -> None:
        """Hand an event on, in its turn."""
        self._waiting.append(event)
        self._tell()

    def login_needed(self, server: str, user: str) -> None:
        """Jobs wait for a password; asked once, until somebody answers."""
        with self._lock:
            new = (server, user) not in self._asked
            self._asked.add((server, user))
        if new:
            self.tell(LoginNeeded(server, user))

    def login_answered(self, server: str, user: str) -> None:
        """Somebody logged in, or wants it to be tried again: the question may be put anew."""
        with self._lock:
            self._asked.discard((server, user))

    def working(self, job_id: str, seconds: int) -> None:
        """The server works on a job's session and has not answered yet."""
        self.tell(ServerWorking(job_id, seconds))

    def _tell(self) -> None:
        """Hand out what is lined up, in order; by one thread at a time, with no lock that bites."""
        while self._waiting and self._telling.acquire(blocking=False):
            try:
                while self._waiting:
                    self._on_event(self._waiting.popleft())
            finally:
                self._telling.release()

    def forget(self, job_id: str) -> None:
        """Let go of what is kept to throttle a job's events."""
        with self._lock:
            self._told.pop(job_id, None)
            self._scans.pop(job_id, None)
