"""The transfer queue as the rest of the program sees it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial

from dxclient.domain.errors import TransferError
from dxclient.domain.events import Event
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import (
    JobRequest,
    JobState,
    PackedPart,
    PartRequest,
    Receipt,
    UploadJob,
    UploadTarget,
)
from dxclient.domain.plan import PluginVersion
from dxclient.domain.project import Place, TakenLabel
from dxclient.domain.protocols import Importer
from dxclient.transfer.news import News
from dxclient.transfer.options import TransferOptions
from dxclient.transfer.planning import plan_parts
from dxclient.transfer.progress import Progress, ScanSent
from dxclient.transfer.run import Run, Tools
from dxclient.transfer.slots import Bodies
from dxclient.transfer.states import ACTIVE, FINAL, MOVING, IllegalTransition, JobEvent
from dxclient.transfer.store import Store
from dxclient.transfer.worker import contained, discard, work

_TICK = 0.5


class TransferService:
    """Sends what is queued, on threads of its own.

    One process may work on a store at a time; hold a `QueueLock` while the service is started.

    Parameters
    ----------
    store : Store
    pack : callable
        Anonymizes and packs one part; module-level and picklable for worker processes.
    executor : callable
        Gives the executor that packs. Asked for each part, so that one whose process died can
        be replaced.
    importer_for : callable
        Gives the server for a target; raises LoggedOut or BadCredentials when nobody is
        logged in there.
    verify_part : callable
        Looks at a packed part; a finding that stops, or any exception, fails the job.
    on_event, on_receipt, on_changed : callable
        Called on worker threads; their exceptions are contained. `on_receipt` gets receipts of
        confirmed jobs only.
    current_plugins : callable, optional
        Gives what takes part now; a job whose plan names another is held for a person.
    clock : callable
        Seconds since the epoch.
    """

    def __init__(
        self,
        store: Store,
        *,
        pack: Callable[[PartRequest], PackedPart],
        executor: Callable[[], Executor],
        importer_for: Callable[[UploadTarget], Importer],
        verify_part: Callable[[PackedPart, UploadJob], Sequence[Finding]],
        on_event: Callable[[Event], None],
        on_receipt: Callable[[Receipt], None],
        on_changed: Callable[[UploadJob, JobState], None],
        current_plugins: Callable[[], tuple[PluginVersion, ...]] | None = None,
        options: TransferOptions | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        options = options or TransferOptions()
        progress = Progress(store)
        self._tools = Tools(
            store=store,
            pack=pack,
            executor=executor,
            importer_for=importer_for,
            verify_part=verify_part,
            current_plugins=current_plugins,
            options=options,
            clock=clock,
            bodies=Bodies(options.parts_in_flight),
            progress=progress,
            news=News(
                store,
                progress,
                options.progress_seconds,
                contained(on_event),
                contained(on_receipt),
                contained(on_changed),
            ),
            owner=uuid.uuid4().hex,
        )
        self._runs: dict[str, Run] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._scheduler: threading.Thread | None = None
        self._nap = _TICK

    # asking ----------------------------------------------------------------------------

    def jobs(self) -> tuple[UploadJob, ...]:
        """All jobs, oldest first."""
        return tuple(self._tools.progress.overlay(job) for job in self._tools.store.jobs())

    def job(self, job_id: str) -> UploadJob:
        """One job. Raises TransferError when it is not there."""
        try:
            return self._tools.progress.overlay(self._tools.store.job(job_id))
        except KeyError:
            raise _unknown() from None

    def scan_progress(self, job_id: str) -> tuple[ScanSent, ...]:
        """How many files of each scan are through."""
        return self._tools.progress.scans(self.job(job_id))

    def receipt(self, job_id: str) -> Receipt | None:
        """The receipt of a job, once its files were counted; see its `confirmed`."""
        return self._tools.store.receipt(job_id)

    def queued_labels(self, server: str, project: str) -> tuple[TakenLabel, ...]:
        """Session labels that jobs which are not over will use."""
        return tuple(
            TakenLabel(label=job.target.session, place=Place.QUEUE, subject=job.target.subject)
            for job in self._tools.store.jobs()
            if job.state not in FINAL
            and (job.target.server, job.target.project) == (server, project)
        )

    @property
    def finding(self) -> Finding | None:
        """Set when the queue's database was damaged and set aside."""
        return self._tools.store.finding

    # doing -----------------------------------------------------------------------------

    def submit(self, request: JobRequest) -> UploadJob:
        """Put a session into the queue.

        Raises
        ------
        TransferError
            When it has no files, or an upload that is not over has its label in this project.
        """
        if not request.files:
            raise TransferError("There are no files to send in this session; choose scans first.")
        parts = plan_parts(request.files, request.scans, self._tools.options.part_size)
        job = self._tools.store.add(request, parts, self._tools.clock())
        self._tools.news.changed(job.id, JobState.QUEUED)
        self._wake()
        return job

    def pause(self, job_id: str) -> None:
        """Stop a job, also in the middle of a part. Raises TransferError when it cannot be."""
        self._let(job_id, JobEvent.PAUSE, sentence="", details="")
        self._stop_run(job_id)

    def resume(self, job_id: str) -> None:
        """Let a paused job go on."""
        self._let(job_id, JobEvent.RESUME)

    def retry(self, job_id: str) -> None:
        """Try a job again now that failed, waits, or needs a person."""
        self._let(
            job_id, JobEvent.RETRY, attempts=0, next_try=0, finished=0, sentence="", details=""
        )

    def cancel(self, job_id: str, discard: bool = False) -> None:
        """End a job for good and forget its paths.

        Parameters
        ----------
        discard : bool
            Also remove what was sent from the prearchive.
        """
        now = self._tools.clock()
        self._let(
            job_id,
            JobEvent.CANCEL,
            discard=int(discard),
            finished=now,
            attempts=0,
            next_try=0,
            sentence="",
            details="",
        )
        self._stop_run(job_id)
        self._tools.bodies.drop(job_id)

    def remove(self, job_id: str) -> None:
        """Take a confirmed or cancelled job out of the list, with its receipt."""
        job = self.job(job_id)
        with self._changed:
            busy = job_id in self._runs or self._tools.store.facts(job_id)["discard"]
        if job.state not in FINAL or busy:
            raise TransferError("This upload is not over yet; cancel it first.")
        self._tools.store.remove(job_id)

    def pause_all(self) -> None:
        """Pause every job that can be."""
        self._let_all(self.pause, *MOVING, JobState.NEEDS_LOGIN)

    def resume_all(self) -> None:
        """Let every paused job go on."""
        self._let_all(self.resume, JobState.PAUSED)

    def credentials_available(self, server: str, user: str) -> None:
        """Wake the jobs that wait for this login."""
        store = self._tools.store
        for job_id in store.ids_for(server, user, JobState.NEEDS_LOGIN):
            with suppress(TransferError):
                self._let(job_id, JobEvent.LOGIN, sentence="", details="", next_try=0)
        for job_id in store.ids_for(server, user, JobState.CANCELLED):
            store.note(job_id, next_try=0)
        self._wake()

    def _let(self, job_id: str, event: JobEvent, **changes: str | float) -> None:
        try:
            before = self._tools.store.advance(job_id, event, **changes)
        except KeyError:
            raise _unknown() from None
        self._tools.news.changed(job_id, before)
        self._wake()

    def _let_all(self, action: Callable[[str], None], *states: JobState) -> None:
        for job_id in self._tools.store.ids(*states):
            with suppress(IllegalTransition):  # it moved on meanwhile
                action(job_id)

    def _stop_run(self, job_id: str) -> None:
        with self._changed:
            run = self._runs.get(job_id)
        if run is not None:
            run.stop.set()

    # running ---------------------------------------------------------------------------

    def start(self) -> None:
        """Take up what a former process left, and begin to work."""
        if self._scheduler is not None:
            return
        self._stopping.clear()
        self._tools.store.recover(self._tools.owner, self._tools.clock())
        self._scheduler = threading.Thread(target=self._loop, name="transfers", daemon=True)
        self._scheduler.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Stop all work; jobs in work go back into the queue.

        Returns
        -------
        bool
            Whether everything ended within *timeout* seconds.
        """
        self._stopping.set()
        deadline = time.monotonic() + timeout
        with self._changed:
            for run in self._runs.values():
                run.stop.set()
            self._changed.notify_all()
            while self._runs and time.monotonic() < deadline:
                self._changed.wait(0.1)
            ended = not self._runs
        if self._scheduler is not None:
            self._scheduler.join(max(0.0, deadline - time.monotonic()))
            self._scheduler = None
        return ended

    def run_until_idle(self) -> None:
        """Work until no job can go on by itself: all over, paused, or waiting for a person."""
        started_here = self._scheduler is None
        self.start()
        try:
            while not self._idle():
                with self._changed:
                    self._changed.wait(0.1)
        finally:
            if started_here:
                self.stop()

    def _idle(self) -> bool:
        with self._changed:
            if self._runs:
                return False
            store = self._tools.store
            return not store.ids(*MOVING) and not store.to_discard(self._tools.clock())

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _loop(self) -> None:
        schedule = contained(self._schedule)
        while not self._stopping.is_set():
            self._nap = _TICK
            schedule()
            with self._changed:
                if not self._stopping.is_set():
                    self._changed.wait(self._nap)
        self._tools.store.release()

    def _until_due(self) -> float:
        due = self._tools.store.next_due()
        if due is None:
            return _TICK
        return min(_TICK, max(0.01, due - self._tools.clock()))

    def _schedule(self) -> None:
        tools = self._tools
        self._nap = self._until_due()
        with self._changed:
            self._take_back()
            for job_id in tools.store.to_discard(tools.clock()):
                if job_id not in self._runs:
                    self._begin(job_id, lambda run: discard(tools, run.job.id))
            while len(self._runs) < tools.options.jobs_at_once and not self._stopping.is_set():
                claimed = tools.store.claim_job(
                    tools.owner, tools.clock(), tools.options.lease_seconds, tuple(self._runs)
                )
                if claimed is None:
                    return
                job_id, before = claimed
                self._begin(job_id, partial(self._work, before=before))

    def _take_back(self) -> None:
        """Queue jobs again whose run ended without a word, such as on a full disk."""
        for job_id in self._tools.store.ids(*ACTIVE):
            if job_id not in self._runs:
                with suppress(IllegalTransition):
                    self._tools.store.advance(job_id, JobEvent.RECOVER)

    def _begin(self, job_id: str, task: Callable[[Run], None]) -> None:
        run = Run(tools=self._tools, job=self._tools.store.job(job_id))
        self._runs[job_id] = run
        threading.Thread(target=self._end_after, args=(run, task), name="job", daemon=True).start()

    def _work(self, run: Run, before: JobState) -> None:
        self._tools.news.changed(run.job.id, before)
        work(run)

    def _end_after(self, run: Run, task: Callable[[Run], None]) -> None:
        try:
            task(run)
        finally:
            self._tools.store.release()
            with self._changed:
                del self._runs[run.job.id]
                self._changed.notify_all()


def _unknown() -> TransferError:
    return TransferError("There is no such upload in the list.")
