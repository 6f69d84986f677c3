"""Which servers answer now, so that a hundred jobs do not each knock at a dead one.

Each server (scheme, host and port) has a circuit breaker:

- *closed*: all is well, everybody may go.
- *open*: several attempts in a row found no connection, or this machine has no way to the
  server at all. Nobody goes. After a pause, which grows up to a cap, one bare connection is
  tried; nothing is sent over it.
- *half open*: that connection stood. One job goes first; the first answer of the server closes
  the circuit and lets all others go, the next trouble opens it again.

How the queue uses it::

    weather.listen(news.tell)             # ServerReachable, whenever a server comes or goes
    if weather.tick():                    # at each turn of the scheduler, at least every 10 s
        ...                               # the machine slept: all waiting is over, renew leases
    away = weather.shut()                 # servers (as in `UploadTarget.server`) to leave alone
    if weather.may_try(server, job.id):   # just before a job starts; may make it the first to go
        ...
    weather.worked(server)                # the server answered, whatever it said
    weather.troubled(server)              # there was no connection, or it broke off
    weather.hold(server, seconds)         # the server said that it has too much to do
    weather.leave(server, job.id)         # always when a run is over: now another may go first

`worked` and `troubled` are also told by the connections themselves, for each request; telling
the same twice does no harm. A job that met no connection is OFFLINE where `reachable` is false
then, and WAITING otherwise; OFFLINE jobs go on when `shut` no longer names their server, and
`retry_at` is the moment of the next look. `again` is "try now".
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from dxclient.domain.events import Event, ServerReachable
from dxclient.transfer.network import Network, Sockets
from dxclient.transfer.retry import backoff


class Circuit(Enum):
    """Whether requests to a server may go."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherOptions:
    """Numbers of the circuit breaker; times in seconds.

    Parameters
    ----------
    troubles : int
        Failures in a row that open a circuit.
    base, cap : float
        Pause before the first look at a server that is away, and the longest pause.
    look_every : float
        Between two looks at the routes of this machine.
    probe : float
        After which a job that went first and is silent no longer holds up the others.
    idle : float
        After which a server to which a connection stood, but which no job wants, counts as there.
    jump : float
        Difference between wall clock and steady clock that means sleep, or a clock that was set.
    gap : float
        Without a tick, which also means sleep: on Windows the steady clock sleeps not.
    """

    troubles: int = 3
    base: float = 2.0
    cap: float = 120.0
    look_every: float = 5.0
    probe: float = 300.0
    idle: float = 5.0
    jump: float = 10.0
    gap: float = 60.0


@dataclass(slots=True, kw_only=True)
class _Place:
    """What is known of one server. Moments are of the steady clock."""

    servers: set[str] = field(default_factory=set)
    circuit: Circuit = Circuit.CLOSED
    troubles: int = 0
    looks: int = 0
    look_at: float = 0.0
    knocking: bool = False
    first: str = ""
    first_until: float = 0.0
    free_since: float = 0.0
    hold_until: float = 0.0
    route: str | None = None
    learned: bool = False


class Weather:
    """Which servers answer; safe to use from any thread.

    Parameters
    ----------
    network : Network
        How the network is looked at.
    on_stale : callable
        Called when connections that stand are probably dead: after sleep, or when this machine
        got another address.
    wall, steady : callable
        Clocks, in seconds.
    chance : callable
        Random numbers from 0 to 1.
    spawn : callable
        Runs something beside the caller; a thread unless a test says otherwise.
    """

    def __init__(
        self,
        *,
        network: Network | None = None,
        options: WeatherOptions | None = None,
        on_stale: Callable[[], None] = lambda: None,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        spawn: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._network = network or Sockets()
        self._options = options or WeatherOptions()
        self._on_stale = on_stale
        self._wall, self._steady, self._chance = wall, steady, chance
        self._spawn = spawn or _on_a_thread
        self._places: dict[str, _Place] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._waiting: deque[Event] = deque()
        self._telling = threading.Lock()
        self._lock = threading.RLock()
        self._last_tick: tuple[float, float] | None = None
        self._look_again = 0.0

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call *listener* with each `ServerReachable`, on any thread."""
        self._listeners.append(listener)

    # asking ----------------------------------------------------------------------------

    def may_try(self, server: str, job_id: str) -> bool:
        """Whether a job may start now; makes it the one that goes first, where one must."""
        with self._lock:
            place = self._place(server)
            if self._shut(place):
                return False
            if place.circuit is Circuit.CLOSED:
                return True
            place.first, place.first_until = job_id, self._steady() + self._options.probe
            return True

    def shut(self) -> frozenset[str]:
        """Servers to which nobody may go now, spelled as they were asked about."""
        with self._lock:
            return frozenset(
                server
                for place in self._places.values()
                if self._shut(place)
                for server in place.servers
            )

    def reachable(self, server: str) -> bool:
        """Whether the server answered last, or was never asked."""
        return self.circuit(server) is Circuit.CLOSED

    def circuit(self, server: str) -> Circuit:
        """The state of a server's circuit."""
        with self._lock:
            return self._place(server).circuit

    @property
    def offline(self) -> bool:
        """Whether no way leads from this machine to any server that is known."""
        with self._lock:
            routes = [p.route for p in self._places.values() if p.route is not None]
        return bool(routes) and not any(routes)

    def retry_at(self, server: str) -> float:
        """When the server is looked at next, in seconds since the epoch."""
        with self._lock:
            ahead = self._place(server).look_at - self._steady()
        return self._wall() + max(0.0, ahead)

    # telling ---------------------------------------------------------------------------

    def worked(self, server: str) -> None:
        """The server answered; what it said does not matter here."""
        with self._lock:
            place = self._place(server)
            new, place.learned = not place.learned, True
            place.troubles = 0
            if place.circuit is not Circuit.CLOSED:
                self._close(place)
        if new:
            self._learn(server, place)
        self._tell()

    def troubled(self, server: str) -> None:
        """There was no connection to the server, or it broke off."""
        route = self._network.route(server)
        with self._lock:
            place = self._place(server)
            place.route = place.route if route is None else route
            place.troubles += 1
            away = route == "" or place.troubles >= self._options.troubles
            if place.circuit is Circuit.HALF_OPEN or (place.circuit is Circuit.CLOSED and away):
                self._open(place)
        self._tell()

    def hold(self, server: str, seconds: float) -> None:
        """The server asked everybody to stay away for so long (Retry-After)."""
        with self._lock:
            place = self._place(server)
            place.hold_until = max(place.hold_until, self._steady() + seconds)

    def leave(self, server: str, job_id: str) -> None:
        """A run ended; where it went first and learned nothing, another may go first."""
        with self._lock:
            place = self._place(server)
            if place.first == job_id:
                place.first, place.free_since = "", self._steady()

    def again(self, server: str = "") -> None:
        """Look at once, at this server or at all: somebody asked, or the machine woke up."""
        with self._lock:
            places = [self._place(server)] if server else list(self._places.values())
            for place in places:
                place.looks = 0
                place.look_at = place.hold_until = self._steady()

    # time ------------------------------------------------------------------------------

    def tick(self) -> bool:
        """Look at clocks, routes, and servers whose pause is over. Never waits.

        Returns
        -------
        bool
            Whether the machine slept or its clock was set: nothing that waits for a moment has
            a reason to wait on, and leases are to be renewed.
        """
        slept = self._slept()
        if slept:
            self.again()
        if slept or self._steady() >= self._look_again:
            stale = self._look_at_routes() or slept
            self._look_again = self._steady() + self._options.look_every
            if stale:
                self._on_stale()
        self._close_unwanted()
        for server in self._due():
            self._spawn(lambda server=server: self._knock(server))  # type: ignore[misc]
        self._tell()
        return slept

    def _slept(self) -> bool:
        wall, steady = self._wall(), self._steady()
        before, self._last_tick = self._last_tick, (wall, steady)
        if before is None:
            return False
        passed, ran = wall - before[0], steady - before[1]
        return ran > self._options.gap or abs(passed - ran) > self._options.jump

    def _look_at_routes(self) -> bool:
        """Notice routes that came, went or changed; True where connections are dead by that."""
        with self._lock:
            known = [(place, next(iter(place.servers))) for place in self._places.values()]
        changes = [self._look_at_route(place, server) for place, server in known]
        return any(changes)

    def _look_at_route(self, place: _Place, server: str) -> bool:
        route = self._network.route(server)
        with self._lock:
            before = place.route
            if route is None or route == before:
                return False
            place.route = route
            if not route and place.circuit is not Circuit.OPEN:
                self._open(place)
            elif route:
                place.looks, place.look_at = 0, self._steady()
            return before is not None

    def _close_unwanted(self) -> None:
        """Where nobody wants to go first, there is nobody to hold back either."""
        now, idle = self._steady(), self._options.idle
        with self._lock:
            for place in self._places.values():
                silent = place.first_until if place.first else 0.0
                free = max(place.free_since, place.hold_until, silent)
                if place.circuit is Circuit.HALF_OPEN and now - free > idle:
                    self._close(place)

    def _due(self) -> list[str]:
        now = self._steady()
        with self._lock:
            due = [
                place
                for place in self._places.values()
                if place.circuit is Circuit.OPEN
                and not place.knocking
                and not self._probed(place)
                and now >= place.look_at
            ]
            for place in due:
                place.knocking = True
            return [next(iter(place.servers)) for place in due]

    def _knock(self, server: str) -> None:
        """Try one bare connection."""
        answers = False
        try:
            answers = self._network.knock(server)
        finally:
            self._knocked(server, answers)
        self._tell()

    def _knocked(self, server: str, answers: bool) -> None:
        with self._lock:
            place = self._place(server)
            place.knocking = False
            if place.circuit is not Circuit.OPEN:
                return
            if answers:
                place.circuit, place.free_since = Circuit.HALF_OPEN, self._steady()
            else:
                self._pause(place)

    # changes, with the lock held -------------------------------------------------------

    def _place(self, server: str) -> _Place:
        parts = urlsplit(server)
        key = f"{parts.scheme}://{parts.netloc}".lower()
        place = self._places.setdefault(key, _Place())
        place.servers.add(server)
        return place

    def _shut(self, place: _Place) -> bool:
        """Whether nobody may go now, not even one."""
        if self._steady() < place.hold_until or place.circuit is Circuit.OPEN:
            return True
        return place.circuit is Circuit.HALF_OPEN and self._probed(place)

    def _probed(self, place: _Place) -> bool:
        """Whether a job went first and neither ended nor learned anything yet."""
        return bool(place.first) and self._steady() < place.first_until

    def _open(self, place: _Place) -> None:
        if place.circuit is Circuit.CLOSED:
            place.looks = 0
            self._announce(place, reachable=False)
        place.circuit = Circuit.OPEN
        self._pause(place)

    def _pause(self, place: _Place) -> None:
        place.looks += 1
        pause = backoff(place.looks, self._options.base, self._options.cap, self._chance)
        place.look_at = self._steady() + pause

    def _close(self, place: _Place) -> None:
        place.circuit, place.first = Circuit.CLOSED, ""
        place.looks = place.troubles = 0
        self._announce(place, reachable=True)

    def _announce(self, place: _Place, *, reachable: bool) -> None:
        self._waiting.extend(ServerReachable(server, reachable) for server in sorted(place.servers))

    # with no lock held -----------------------------------------------------------------

    def _learn(self, server: str, place: _Place) -> None:
        """Look the route up once, on the thread that just heard the server."""
        self._network.note(server)
        route = self._network.route(server)
        with self._lock:
            if place.route is None:
                place.route = route

    def _tell(self) -> None:
        """Hand out what is lined up, in order, by one thread at a time."""
        while self._waiting and self._telling.acquire(blocking=False):
            try:
                while self._waiting:
                    event = self._waiting.popleft()
                    for listener in self._listeners:
                        listener(event)
            finally:
                self._telling.release()


def _on_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="knock", daemon=True).start()
