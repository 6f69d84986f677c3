"""Deciding which job runs when, on which thread."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from dxclient.domain.events import Event, ServerReachable
from dxclient.domain.jobs import JobState
from dxclient.transfer.retry import LONGEST_RETRY_AFTER
from dxclient.transfer.run import Run, Tools
from dxclient.transfer.startup import take_up
from dxclient.transfer.states import ACTIVE, MOVING, IllegalTransition, JobEvent
from dxclient.transfer.worker import contained, discard, work

_TICK = 0.5


class Scheduler:
    """Runs the jobs of a queue: some of each server at once, the others in their order.

    A server that is slow or away never holds up the jobs of another.

    Parameters
    ----------
    tools : Tools
        What runs work with.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._runs: dict[str, Run] = {}
        #: Jobs whose run is over, with calls to the server that were given up but still last.
        self._lingering: dict[str, Run] = {}
        self._came: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._scheduler: threading.Thread | None = None
        self._nap = _TICK
        if tools.weather is not None:
            tools.weather.listen(self._hear)

    # running ---------------------------------------------------------------------------

    def start(self) -> None:
        """Take up what a former process left, and begin to work."""
        if self._scheduler is not None:
            return
        self._stopping.clear()
        take_up(self._tools)
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

    def _hear(self, event: Event) -> None:
        """A server came or went; jobs that wait for it go on. On any thread, so no store here."""
        if isinstance(event, ServerReachable):
            with self._changed:
                if event.reachable:
                    self._came.add(event.server)
                self._changed.notify_all()
            self._tools.news.tell(event)

    def _stop_run(self, job_id: str) -> None:
        with self._changed:
            run = self._runs.get(job_id)
        if run is not None:
            run.stop.set()

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
        now = self._tools.clock()
        due = self._tools.store.next_due(now)
        return _TICK if due is None else min(_TICK, max(0.01, due - now))

    def _schedule(self) -> None:
        tools = self._tools
        if tools.weather is not None and tools.weather.tick():
            tools.store.all_due()  # the computer slept, or its clock was set
        with self._changed:
            while self._came:
                tools.store.reachable(self._came.pop())
            self._nap = self._until_due()
            self._forget_lingering()
            self._take_back()
            for job_id in tools.store.to_discard(tools.clock()):
                if job_id not in self._runs and job_id not in self._lingering:
                    self._begin(job_id, discard)
            while not self._stopping.is_set() and self._claim():
                pass

    def _claim(self) -> bool:
        """Begin the next job that may run; False when there is none."""
        tools, weather = self._tools, self._tools.weather
        claimed = tools.store.claim_job(
            tools.owner,
            tools.clock(),
            tools.options.lease_seconds,
            busy=(*self._runs, *self._lingering),
            shut=self._shut(),
            longest=2 * max(tools.options.retry_cap, LONGEST_RETRY_AFTER),
        )
        if claimed is None:
            return False
        job_id, before = claimed
        server = tools.store.job(job_id).target.server
        if weather is not None and not weather.may_try(server, job_id):
            # Another one went first meanwhile.
            tools.store.advance(job_id, JobEvent.NETWORK_LOST, next_try=tools.clock() + _TICK)
        else:
            self._begin(job_id, partial(self._work, before=before))
        return True

    def _shut(self) -> tuple[str, ...]:
        """Servers that are away, and those that have as many jobs in work as they may."""
        busy = Counter(run.job.target.server for run in self._runs.values())
        most = self._tools.options.jobs_at_once
        full = {server for server, jobs in busy.items() if jobs >= most}
        weather = self._tools.weather
        return tuple(full | (weather.shut() if weather is not None else frozenset()))

    def _forget_lingering(self) -> None:
        for job_id in [one for one, run in self._lingering.items() if not run.lingers()]:
            del self._lingering[job_id]

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
            if self._tools.weather is not None:
                self._tools.weather.leave(run.job.target.server, run.job.id)
            with self._changed:
                del self._runs[run.job.id]
                if run.lingers():
                    self._lingering[run.job.id] = run
                self._changed.notify_all()
