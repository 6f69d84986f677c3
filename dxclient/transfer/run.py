"""What one run of one job works with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from dxclient.domain.errors import Cancelled
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import PackedPart, PartRequest, UploadJob, UploadTarget
from dxclient.domain.plan import PluginVersion
from dxclient.domain.protocols import Importer
from dxclient.transfer.lanes import Lanes
from dxclient.transfer.news import News
from dxclient.transfer.options import TransferOptions
from dxclient.transfer.progress import Progress
from dxclient.transfer.slots import Bodies
from dxclient.transfer.states import IllegalTransition, JobEvent
from dxclient.transfer.store import Store
from dxclient.transfer.weather import Weather


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What all runs share; see `TransferService` for the callables."""

    store: Store
    pack: Callable[[PartRequest], PackedPart]
    executor: Callable[[], Executor]
    importer_for: Callable[[UploadTarget], Importer]
    verify_part: Callable[[PackedPart, UploadJob], Sequence[Finding]]
    current_plugins: Callable[[], tuple[PluginVersion, ...]] | None
    options: TransferOptions
    clock: Callable[[], float]
    bodies: Bodies
    lanes: Lanes
    progress: Progress
    news: News
    owner: str
    weather: Weather | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one job: from its claim until it is done, put off or stopped.

    Attributes
    ----------
    stop : threading.Event
        Set when a person pauses or cancels, or the program ends.
    abort : threading.Event
        Set when one part failed for good: the others stop too.
    halted : threading.Event
        Set when one part failed: no other is begun, those on their way may end.
    opening : threading.Lock
        Held while a part is sent that may create the session's row on the server.
    heard : threading.Event
        Set once the server answered anything in this run.
    given_up : list of threading.Thread
        Calls to the server whose answer nobody waits for any more; they may still last.
    """

    tools: Tools
    job: UploadJob
    stop: threading.Event = field(default_factory=threading.Event)
    abort: threading.Event = field(default_factory=threading.Event)
    halted: threading.Event = field(default_factory=threading.Event)
    opening: threading.Lock = field(default_factory=threading.Lock)
    heard: threading.Event = field(default_factory=threading.Event)
    given_up: list[threading.Thread] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The queue."""
        return self.tools.store

    @property
    def server(self) -> str:
        """Address of the server that the job goes to."""
        return self.job.target.server

    def worked(self) -> None:
        """The server answered."""
        self.heard.set()
        if self.tools.weather is not None:
            self.tools.weather.worked(self.server)

    def troubled(self) -> None:
        """The server did not answer."""
        if self.tools.weather is not None:
            self.tools.weather.troubled(self.server)

    def hold(self, seconds: float) -> None:
        """The server asked to be left alone for so long, by whatever job."""
        if self.tools.weather is not None and seconds:
            self.tools.weather.hold(self.server, seconds)

    def offline(self) -> bool:
        """Whether the server cannot be reached: it never answered in this run, or is away now."""
        weather = self.tools.weather
        return not self.heard.is_set() or (
            weather is not None and not weather.reachable(self.server)
        )

    def lingers(self) -> bool:
        """Whether a call that was given up still lasts."""
        return any(thread.is_alive() for thread in self.given_up)

    def stopped(self) -> bool:
        """Whether to end as soon as possible."""
        return self.stop.is_set() or self.abort.is_set()

    def check(self) -> None:
        """Raise Cancelled when the run is to end."""
        if self.stopped():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the run is to end. Raises Cancelled then."""
        self.stop.wait(seconds)
        self.check()

    def advance(self, event: JobEvent, **changes: str | float) -> None:
        """Let something happen to the job, and tell.

        Raises
        ------
        Cancelled
            When a person changed the job's state meanwhile; what they want counts.
        """
        try:
            before = self.store.advance(self.job.id, event, **changes)
        except (IllegalTransition, KeyError):
            raise Cancelled from None
        self.tools.news.changed(self.job.id, before)
