"""The uploads as the window knows them: newest states, speeds, and who wants to hear of it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, cast

from dxclient.domain.events import JobChanged, ServerReachable, ServerWorking
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui.bridge import UiBridge

if TYPE_CHECKING:
    from dxclient.app import App


class Group(Enum):
    """What people sort uploads by."""

    RUNNING = "Running"
    NEEDS_YOU = "Needs you"
    DONE = "Done"


_GROUPS = dict.fromkeys(JobState, Group.RUNNING) | {
    JobState.NEEDS_LOGIN: Group.NEEDS_YOU,
    JobState.NEEDS_YOU: Group.NEEDS_YOU,
    JobState.FAILED: Group.NEEDS_YOU,
    JobState.CONFIRMED: Group.DONE,
    JobState.CANCELLED: Group.DONE,
}
_RANKS = {Group.NEEDS_YOU: 0, Group.RUNNING: 1, Group.DONE: 2}


def group_of(job: UploadJob) -> Group:
    """Where an upload belongs."""
    return _GROUPS[job.state]


def moving(job: UploadJob) -> bool:
    """Whether an upload goes on without a person."""
    return _GROUPS[job.state] is Group.RUNNING and job.state is not JobState.PAUSED


def _place(job: UploadJob) -> tuple[float, ...]:
    """What needs somebody first, then the queue in its order, then what is over, the last first."""
    group = _GROUPS[job.state]
    if group is Group.DONE:
        return (_RANKS[group], -(job.finished or job.created), -job.created)
    return (_RANKS[group], -job.priority, job.created)


class SpeedMeter:
    """Smoothed speed of one upload; says nothing in the first three seconds."""

    SETTLE_S = 3.0
    #: After which a speed that nothing confirms is not believed any more.
    STALE_S = 15.0
    #: Weight of the newest measurement.
    SMOOTH = 0.3

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._start = self._last = clock()
        self._sent: int | None = None
        self._speed = 0.0

    def add(self, sent: int) -> None:
        """Note the number of bytes sent so far."""
        now = self._clock()
        if self._sent is None or sent < self._sent:
            self._sent, self._last = sent, now
            return
        passed = now - self._last
        if passed < 0.5:
            return
        measured = (sent - self._sent) / passed
        new = self._speed == 0
        self._speed = measured if new else self._speed + self.SMOOTH * (measured - self._speed)
        self._sent, self._last = sent, now

    @property
    def speed(self) -> float:
        """Bytes per second; 0 while it is not known."""
        now = self._clock()
        settled = now - self._start >= self.SETTLE_S
        return self._speed if settled and now - self._last < self.STALE_S else 0.0


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the queue held at the start, and what a person should know first."""

    jobs: tuple[UploadJob, ...]
    notices: tuple[Finding, ...]


class JobBoard:
    """All uploads of this machine, fed by events. Lives on the window's thread."""

    def __init__(self, app: App, bridge: UiBridge) -> None:
        self._app, self._bridge = app, bridge
        self.jobs: dict[str, UploadJob] = {}
        self.trouble: BaseException | None = None
        self.notices: tuple[Finding, ...] = ()
        self.loaded = False
        #: Servers that do not answer now.
        self.away: frozenset[str] = frozenset()
        #: Seconds for which the server works on a session, by job.
        self.working: dict[str, int] = {}
        self._order: dict[Group | None, tuple[str, ...]] = {}
        self._meters: dict[str, SpeedMeter] = {}
        self._listeners: list[Callable[[UploadJob | None], None]] = []
        bridge.subscribe(JobChanged, lambda event: self._take(event.job))
        bridge.subscribe(ServerReachable, self._reachable)
        bridge.subscribe(ServerWorking, self._works)

    def start(self) -> None:
        """Let the queue work, and load what is in it."""
        app = self._app

        def load(_progress: object, _cancelled: object) -> _Loaded:
            app.start_transfers()
            return _Loaded(app.transfers.jobs(), app.notices())

        self._bridge.run(load, self._loaded, self._failed)

    def listen(self, callback: Callable[[UploadJob | None], None], owner: tk.Misc) -> None:
        """Call *callback* with each changed upload, or None when all may have changed."""
        self._listeners.append(callback)

        def gone(event: tk.Event[tk.Misc]) -> None:
            if event.widget is owner and callback in self._listeners:
                self._listeners.remove(callback)

        owner.bind("<Destroy>", gone, add="+")

    def of(self, group: Group | None) -> tuple[UploadJob, ...]:
        """Uploads of a group (None: all): those that need you, the queue in its order, the rest."""
        return tuple(self.jobs[one] for one in self._ids(group))

    def count(self, group: Group | None) -> int:
        """How many uploads a group has."""
        return len(self._ids(group))

    def _ids(self, group: Group | None) -> tuple[str, ...]:
        if group not in self._order:
            found = [job for job in self.jobs.values() if group in (None, _GROUPS[job.state])]
            self._order[group] = tuple(job.id for job in sorted(found, key=_place))
        return self._order[group]

    def forget(self, job_ids: Iterable[str]) -> None:
        """Leave out what was taken out of the queue."""
        for job_id in job_ids:
            self.jobs.pop(job_id, None)
        self._order.clear()
        self._tell(None)

    def speed(self, job: UploadJob) -> float:
        """Bytes per second of an upload that is sending; 0 where not known."""
        meter = self._meters.get(job.id)
        return meter.speed if meter and job.state is JobState.SENDING else 0.0

    def seconds_left(self, job: UploadJob) -> float:
        """Time left of an upload in seconds; 0 where not known."""
        speed = self.speed(job)
        return (job.bytes_total - job.bytes_sent) / speed if speed else 0.0

    @property
    def total_speed(self) -> float:
        """Bytes per second of all uploads."""
        return sum(self.speed(self.jobs[one]) for one in self._meters if one in self.jobs)

    @property
    def total_seconds_left(self) -> float:
        """Time until everything that goes on is sent, in seconds; 0 where not known."""
        speed = self.total_speed
        if not speed:
            return 0.0
        left = (job for job in self.of(Group.RUNNING) if moving(job))
        return sum(job.bytes_total - job.bytes_sent for job in left) / speed

    def _loaded(self, result: object) -> None:
        loaded = cast("_Loaded", result)
        self.trouble, self.notices, self.loaded = None, loaded.notices, True
        for job in loaded.jobs:
            # an event that came meanwhile is newer than what was loaded
            self.jobs.setdefault(job.id, job)
        self._order.clear()
        self._tell(None)

    def _failed(self, error: BaseException) -> None:
        self.trouble, self.loaded = error, True
        self._tell(None)

    def _take(self, job: UploadJob) -> None:
        before = self.jobs.get(job.id)
        self.jobs[job.id] = job
        if before is None or _place(before) != _place(job):
            self._order.clear()
        if job.state is JobState.SENDING:
            self._meters.setdefault(job.id, SpeedMeter()).add(job.bytes_sent)
        else:
            self._meters.pop(job.id, None)
        if before is None or before.state is not job.state:
            self.working.pop(job.id, None)
        self._tell(job)

    def _reachable(self, event: ServerReachable) -> None:
        server = frozenset({event.server})
        self.away = self.away - server if event.reachable else self.away | server
        self._tell(None)

    def _works(self, event: ServerWorking) -> None:
        self.working[event.job_id] = event.seconds
        if event.job_id in self.jobs:
            self._tell(self.jobs[event.job_id])

    def _tell(self, job: UploadJob | None) -> None:
        for listener in tuple(self._listeners):
            listener(job)
