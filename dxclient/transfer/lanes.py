"""The way to each server: so many parts at once as its pace allows, measured as they go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dxclient.domain.errors import Cancelled, XnatUnreachable
from dxclient.domain.jobs import PackedPart, PartRequest
from dxclient.transfer.pace import Pace

#: Bytes of source below which a part says more about start-up than about speed.
_TELLING = 1024 * 1024
_TICK = 0.1


@dataclass(slots=True)
class _Way:
    """One server: its pace, parts on the line now, and their number summed over time."""

    pace: Pace
    flying: int = 0
    since: float = 0.0
    area: float = field(default=0.0)

    def change(self, by: int, now: float) -> float:
        """Count a part in or out, or none; give the sum so far."""
        self.area += self.flying * (now - self.since)
        self.since = now
        self.flying += by
        return self.area


class Lanes:
    """Holds parts back that would only get in each other's way; safe from any thread.

    Parameters
    ----------
    most : int
        Parts sent to one server at once, at most.
    places : int
        Packed parts in memory at most.
    workers : int
        Processes that pack.
    clock : callable
        Seconds, steadily growing.
    """

    def __init__(
        self, most: int, places: int, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._places, self._workers = most, places, workers
        self._ways: dict[str, _Way] = {}
        self._clock = clock
        self._changed = threading.Condition()

    def compression(self, server: str) -> int:
        """The level for the next part to this server."""
        with self._changed:
            return self._way(server).pace.level

    def packed(self, server: str, request: PartRequest, packed: PackedPart) -> None:
        """Note what a part took to pack."""
        source = sum(file.size for file in request.files)
        if source >= _TELLING:
            with self._changed:
                pace = self._way(server).pace
                pace.packed(request.compression, source, len(packed.body), packed.seconds)

    @contextmanager
    def lane(self, server: str, size: int, stopped: Callable[[], bool]) -> Iterator[None]:
        """Wait for a lane and keep it while a part of so many bytes is sent.

        Raises
        ------
        Cancelled
            When *stopped* says so while waiting.
        """
        begun, before = self._enter(server, stopped)
        try:
            yield
        except BaseException as error:
            self._leave(server)
            if isinstance(error, XnatUnreachable):
                with self._changed:
                    self._way(server).pace.troubled()
            raise
        ended, after = self._leave(server)
        if size >= _TELLING and ended > begun:
            with self._changed:
                beside = (after - before) / (ended - begun)
                self._way(server).pace.sent(size, ended - begun, beside)

    def choices(self) -> dict[str, tuple[int, int]]:
        """Level and number of lanes by server, as they are now."""
        with self._changed:
            return {name: (way.pace.level, way.pace.lanes) for name, way in self._ways.items()}

    def _enter(self, server: str, stopped: Callable[[], bool]) -> tuple[float, float]:
        with self._changed:
            way = self._way(server)
            while way.flying >= way.pace.lanes:
                if stopped():
                    raise Cancelled
                self._changed.wait(_TICK)
            now = self._clock()
            return now, way.change(1, now)

    def _leave(self, server: str) -> tuple[float, float]:
        with self._changed:
            now = self._clock()
            area = self._way(server).change(-1, now)
            self._changed.notify_all()
            return now, area

    def _way(self, server: str) -> _Way:
        if server not in self._ways:
            pace = Pace(most=self._most, places=self._places, workers=self._workers)
            self._ways[server] = _Way(pace, since=self._clock())
        return self._ways[server]
