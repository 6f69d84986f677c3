"""The transfer queue as the rest of the program sees it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial

from dxclient.domain.errors import Cancelled, TransferError
from dxclient.domain.events import Event
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import (
    Choice,
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
from dxclient.transfer.answers import AFRESH, answer, send_scan_again
from dxclient.transfer.lanes import Lanes
from dxclient.transfer.news import News
from dxclient.transfer.options import TransferOptions
from dxclient.transfer.planning import plan_parts
from dxclient.transfer.progress import Progress, ScanSent
from dxclient.transfer.run import Tools
from dxclient.transfer.scheduler import Scheduler
from dxclient.transfer.slots import Bodies
from dxclient.transfer.states import FINAL, MOVING, JobEvent
from dxclient.transfer.store import Store
from dxclient.transfer.weather import Weather
from dxclient.transfer.worker import contained


class TransferService(Scheduler):
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
    weather : Weather, optional
        Says which servers can be reached; without, each job finds out by itself.
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
        weather: Weather | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        options = options or TransferOptions()
        progress = Progress(store)
        super().__init__(
            Tools(
                store=store,
                pack=pack,
                executor=executor,
                importer_for=importer_for,
                verify_part=verify_part,
                current_plugins=current_plugins,
                options=options,
                clock=clock,
                bodies=Bodies(options.places),
                lanes=Lanes(options.parts_in_flight, options.places, options.workers),
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
                weather=weather,
            )
        )

    # asking ----------------------------------------------------------------------------

    def jobs(self) -> tuple[UploadJob, ...]:
        """All jobs in the order in which they go: by priority, then the oldest first."""
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
            TakenLabel(label=target.session, place=Place.QUEUE, subject=target.subject)
            for target in self._tools.store.unfinished_labels(server, project)
        )

    @property
    def store(self) -> Store:
        """The rows of the queue, for the history and for what forgets old uploads."""
        return self._tools.store

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
            When it has no files, or an upload that is not over, or that still leaves the
            server, has its label in this project.
        """
        if not request.files:
            raise TransferError("There are no files to send in this session; choose scans first.")
        parts = plan_parts(request.files, request.scans, self._tools.options.part_size)
        with self._changed:
            busy = (*self._runs, *self._lingering)
            job = self._tools.store.add(request, parts, self._tools.clock(), busy)
        self._tools.news.changed(job.id, JobState.QUEUED)
        self._wake()
        return job

    def warm(self, request: JobRequest, prepare: Callable[[], object]) -> None:
        """Start the processes that will pack a request, while a person still looks at it.

        Parameters
        ----------
        prepare : callable
            Runs in each of them, such as to read the scripts; picklable. Its failures are found
            again when it matters.
        """
        size = sum(file.size for file in request.files)
        options = self._tools.options
        parts = min(options.workers, options.places, -(-size // options.part_size))

        def start() -> None:
            # A program that ends meanwhile takes the processes away.
            with suppress(Cancelled, RuntimeError):
                for _ in range(parts):
                    self._tools.executor().submit(prepare)

        threading.Thread(target=contained(start), name="warm", daemon=True).start()

    def pause(self, job_id: str) -> None:
        """Stop a job, also in the middle of a part. Raises TransferError when it cannot be."""
        self._let(job_id, JobEvent.PAUSE, sentence="", details="")
        self._stop_run(job_id)

    def resume(self, job_id: str) -> None:
        """Let a paused job go on."""
        self._let(job_id, JobEvent.RESUME)

    def retry(self, job_id: str) -> None:
        """Try a job again now that failed, waits, or needs a person."""
        target = self.job(job_id).target
        self._tools.news.login_answered(target.server, target.user)
        self._let(job_id, JobEvent.RETRY, **AFRESH)

    def retry_all(self) -> None:
        """Try every job again that failed."""
        self._let_all(JobEvent.RETRY, JobState.FAILED, **AFRESH)

    def answer(self, job_id: str, choice: Choice, label: str = "") -> None:
        """Answer a job's question; it goes on by that.

        Parameters
        ----------
        choice : Choice
            One of the job's `choices`.
        label : str
            The new session label, for `Choice.NEW_LABEL`.

        Raises
        ------
        TransferError
            When the job does not ask that, or the label is missing or taken.
        """
        self.job(job_id)
        with self._changed:
            busy = (*self._runs, *self._lingering)
            before = answer(self._tools.store, job_id, choice, label, busy)
        self._tools.news.changed(job_id, before)
        self._wake()

    def retry_scan(self, job_id: str, series_uid: str) -> None:
        """Send one scan's parts again, with what shares them; those that are missing, if known.

        After a confirmation that failed only parts of scans that are incomplete on the server
        are sent again.

        Raises
        ------
        TransferError
            When the job is at work or over, or nothing of this scan was accepted or is missing.
        """
        before = send_scan_again(self._tools.store, self.job(job_id), series_uid)
        self._tools.progress.forget(job_id)
        self._tools.news.changed(job_id, before)
        self._wake()

    def first(self, job_id: str) -> None:
        """Let a job go before all others that wait."""
        self._reorder(job_id, self._tools.store.first)

    def move(self, job_id: str, up: bool) -> None:
        """Let a job change places with the one before it (*up*), or after it."""
        self._reorder(job_id, partial(self._tools.store.move, up=up))

    def _reorder(self, job_id: str, change: Callable[[str], None]) -> None:
        before = {job.id: job.priority for job in self._tools.store.jobs()}
        state = self.job(job_id).state
        if state in FINAL:
            raise TransferError("This upload is over; its place in the list does not matter.")
        change(job_id)
        changed = {
            job.id: job.state
            for job in self._tools.store.jobs()
            if before.get(job.id) != job.priority
        }
        self._tools.news.looked(changed)
        self._wake()

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
        paused = self._let_all(
            JobEvent.PAUSE, *MOVING, JobState.NEEDS_LOGIN, sentence="", details=""
        )
        for job_id in paused:
            self._stop_run(job_id)

    def resume_all(self) -> None:
        """Let every paused job go on."""
        self._let_all(JobEvent.RESUME, JobState.PAUSED)

    def credentials_available(self, server: str, user: str) -> None:
        """Wake the jobs that wait for this login.

        Those too that wait for a person without a question, such as for a certificate that was
        trusted with the login: they look anew.
        """
        store = self._tools.store
        self._tools.news.login_answered(server, user)
        waiting = store.ids_for(server, user, JobState.NEEDS_LOGIN)
        words: dict[str, str | float] = {"sentence": "", "details": "", "next_try": 0}
        self._tools.news.changed_all(store.advance_all(JobEvent.LOGIN, waiting, **words))
        held = store.unasked(server, user)
        self._tools.news.changed_all(store.advance_all(JobEvent.RETRY, held, **AFRESH))
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

    def _let_all(
        self, event: JobEvent, *states: JobState, **changes: str | float
    ) -> tuple[str, ...]:
        """Let an event happen to all jobs in these states, at once; gives their ids."""
        store = self._tools.store
        before = store.advance_all(event, store.ids(*states), **changes)
        self._tools.news.changed_all(before)
        self._wake()
        return tuple(before)


def _unknown() -> TransferError:
    return TransferError("There is no such upload in the list.")
