"""A small TCP proxy between a client and a server that disturbs what passes, at any phase.

It follows HTTP/1.1 only as far as it must to know where it is: the head of a message up to its
blank line, then as many bytes as Content-Length says. Each request may get one `Trouble`, chosen
by the one who uses the proxy.
"""

from __future__ import annotations

import contextlib
import random
import re
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_CHUNK = 16 * 1024
_TICK = 0.02
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_BODILESS = re.compile(rb"HTTP/1\.[01] (1\d\d|204|304) ")
#: Linger with time zero: closing sends RST in place of FIN.
_ABRUPT = struct.pack("ii", 1, 0)


class Phase(Enum):
    """Where in an exchange something happens."""

    CONNECT = "connect"
    REQUEST_HEAD = "request head"
    REQUEST_BODY = "request body"
    RESPONSE_HEAD = "response head"
    RESPONSE_BODY = "response body"


class Harm(Enum):
    """What happens."""

    RESET = "reset"  # RST to both
    CLOSE = "close"  # FIN to both
    HALF = "half-close"  # FIN in the direction of the data; the other stays open
    STALL = "stall"  # nothing passes any more, and after a time the line is cut
    THROTTLE = "throttle"  # slowly, for a time
    DELAY = "delay"  # later
    REFUSE = "refuse"  # the connection is reset as soon as it stands


@dataclass(frozen=True)
class Trouble:
    """One disturbance of one exchange.

    `at` is the share of the phase that passes before (0 to 1), `seconds` how long a stall,
    throttling or delay lasts, `rate` the bytes a second while throttled.
    """

    harm: Harm
    phase: Phase
    at: float = 0.5
    seconds: float = 1.0
    rate: float = 20_000.0


#: Gets the first line of a request, or "" for a new connection; None lets it pass.
Choose = Callable[[str], Trouble | None]


class Chance:
    """Chooses troubles by a seed: one in so many requests, of all harms and phases.

    Parameters
    ----------
    seed : int
    often : float
        Share of requests that are disturbed; may be changed at any time.
    longest : float
        Seconds that a stall lasts at most.
    """

    def __init__(self, seed: int, often: float = 0.0, longest: float = 5.0) -> None:
        self.often = often
        self._longest = longest
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def __call__(self, line: str) -> Trouble | None:
        with self._lock:
            if self._chance.random() >= self.often:
                return None
            return self._connecting() if not line else self._exchange()

    def _connecting(self) -> Trouble:
        harm = self._chance.choice((Harm.REFUSE, Harm.DELAY, Harm.STALL))
        return self._made(harm, Phase.CONNECT)

    def _exchange(self) -> Trouble:
        phase = self._chance.choice([one for one in Phase if one is not Phase.CONNECT])
        harm = self._chance.choice([one for one in Harm if one is not Harm.REFUSE])
        return self._made(harm, phase)

    def _made(self, harm: Harm, phase: Phase) -> Trouble:
        at = self._chance.choice((0.0, self._chance.random(), self._chance.random(), 1.0))
        most = self._longest if harm is Harm.STALL else self._longest / 5
        seconds = self._chance.uniform(0.05, most)
        return Trouble(harm, phase, at, seconds, 10 ** self._chance.uniform(3.5, 5.5))


class FaultProxy:
    """Listens on this machine and passes on to a port on this machine.

    Parameters
    ----------
    upstream : int
        The server's port; may be changed.
    choose : callable
        Says which trouble an exchange gets.
    """

    def __init__(self, upstream: int, choose: Choose = lambda line: None) -> None:
        self.upstream = upstream
        self.choose = choose
        self.struck: Counter[tuple[Harm, Phase]] = Counter()
        self._door: socket.socket | None = None
        self._lock = threading.Lock()
        self.port = 0
        self.open_door()

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *error: object) -> None:
        self.shut_door()

    def open_door(self) -> None:
        """Take connections, at the same port as before."""
        if self._door is None:
            door = socket.socket()
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(("127.0.0.1", self.port))
            door.listen(64)
            self.port = int(door.getsockname()[1])
            self._door = door
            threading.Thread(target=self._welcome, args=(door,), daemon=True).start()

    def shut_door(self) -> None:
        """Refuse connections; those that stand stay."""
        door, self._door = self._door, None
        if door is not None:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()

    def count(self, trouble: Trouble) -> None:
        """Note that a trouble came to pass."""
        with self._lock:
            self.struck[trouble.harm, trouble.phase] += 1

    def _welcome(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                guest, _ = door.accept()
                threading.Thread(target=self._serve, args=(guest,), daemon=True).start()

    def _serve(self, guest: socket.socket) -> None:
        trouble = self.choose("")
        if trouble is not None:
            self.count(trouble)
            if trouble.harm is not Harm.REFUSE:
                _wait(trouble.seconds, guest)
            if trouble.harm is not Harm.DELAY:
                _cut(guest, abrupt=True)
                return
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream), timeout=5)
        except OSError:
            _cut(guest, abrupt=True)
            return
        server.settimeout(None)
        Line(self, guest, server).run()


class Line:
    """One connection: two pumps, and the troubles of the exchange that is under way."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._trouble: Trouble | None = None
        self._done = threading.Event()

    def run(self) -> None:
        """Pass on until either side ends."""
        back = threading.Thread(target=self._down, daemon=True)
        back.start()
        with contextlib.suppress(OSError, _Ended):
            self._up()
        self._done.wait(10)  # what was asked may still be answered
        self._end(abrupt=False)
        back.join(5)

    def _up(self) -> None:
        while head := _head(self._client):
            self._trouble = self._proxy.choose(head.split(b"\r\n", 1)[0].decode("latin-1"))
            self._pass_message(
                head, self._client, self._server, Phase.REQUEST_HEAD, Phase.REQUEST_BODY
            )
        # The client went: whoever reads the request shall not wait for the rest of it.
        self._done.set()

    def _down(self) -> None:
        with contextlib.suppress(OSError, _Ended):
            while head := _head(self._server):
                self._pass_message(
                    head, self._server, self._client, Phase.RESPONSE_HEAD, Phase.RESPONSE_BODY
                )
        self._done.set()
        # The server went: the one who waits for the client's next request is woken.
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _pass_message(
        self,
        head: bytes,
        source: socket.socket,
        sink: socket.socket,
        of_head: Phase,
        of_body: Phase,
    ) -> None:
        self._pass(head, 0, len(head), sink, of_head)
        found = _LENGTH.search(head)
        endless = found is None and of_body is Phase.RESPONSE_BODY and not _BODILESS.match(head)
        whole = int(found[1]) if found else (1 << 62 if endless else 0)
        passed = 0
        if not whole and self._strikes(of_body):
            self._strike(sink)
        while passed < whole:
            data = source.recv(min(_CHUNK, whole - passed))
            if not data:
                raise _Ended
            self._pass(data, passed, 10_000 if endless else whole, sink, of_body)
            passed += len(data)

    def _strikes(self, phase: Phase) -> bool:
        return self._trouble is not None and self._trouble.phase is phase

    def _pass(self, data: bytes, begin: int, whole: int, sink: socket.socket, phase: Phase) -> None:
        """Send bytes on; those from *begin* on of a phase that has so many."""
        if self._strikes(phase) and self._trouble is not None:
            point = min(int(self._trouble.at * whole), whole - 1) - begin
            if point < len(data):
                point = max(0, point)
                sink.sendall(data[:point])
                data = data[point:]
                self._strike(sink, data)
                return
        sink.sendall(data)

    def _strike(self, sink: socket.socket, rest: bytes = b"") -> None:
        trouble, self._trouble = self._trouble, None
        assert trouble is not None
        self._proxy.count(trouble)
        if trouble.harm is Harm.THROTTLE:
            self._drip(trouble, sink, rest)
            return
        if trouble.harm is Harm.DELAY:
            if not _wait(trouble.seconds, self._client):
                self._cut(abrupt=True)
            sink.sendall(rest)
            return
        if trouble.harm is Harm.STALL:
            _wait(trouble.seconds, self._client)
        if trouble.harm is Harm.HALF:
            sink.shutdown(socket.SHUT_WR)
            # What comes the other way may still pass; then it is over.
            _wait(trouble.seconds, self._client)
        self._cut(abrupt=trouble.harm is not Harm.CLOSE)

    def _drip(self, trouble: Trouble, sink: socket.socket, rest: bytes) -> None:
        until = time.monotonic() + trouble.seconds
        step = max(1, int(trouble.rate * _TICK))
        while rest and time.monotonic() < until:
            sink.sendall(rest[:step])
            rest = rest[step:]
            if not _wait(_TICK, self._client):
                self._cut(abrupt=True)
        sink.sendall(rest)

    def _cut(self, *, abrupt: bool) -> None:
        self._end(abrupt=abrupt)
        raise _Ended

    def _end(self, *, abrupt: bool) -> None:
        self._done.set()
        for side in (self._client, self._server):
            _cut(side, abrupt=abrupt)


class _Ended(Exception):
    """The line is over."""


def _head(source: socket.socket) -> bytes:
    """Bytes up to the blank line; nothing when the other side has no more to say."""
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        # One byte at a time at the end only: what follows the head must stay in the socket.
        peeked = source.recv(_CHUNK, socket.MSG_PEEK)
        if not peeked:
            return b""
        end = (got + peeked).find(b"\r\n\r\n")
        take = len(peeked) if end < 0 else end + 4 - len(got)
        got += source.recv(take)
    return got


def _wait(seconds: float, client: socket.socket) -> bool:
    """Let time pass; False, and at once, when the client gave up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if _gone(client):
            return False
        time.sleep(min(_TICK, max(0.0, until - time.monotonic())))
    return True


def _gone(side: socket.socket) -> bool:
    """Whether the other end closed, even where bytes of it still wait to be read."""
    poll = select.poll()
    try:
        poll.register(side, getattr(select, "POLLRDHUP", select.POLLHUP))
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True


def _cut(side: socket.socket, *, abrupt: bool) -> None:
    with contextlib.suppress(OSError):
        if abrupt:
            side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
        else:
            side.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        if abrupt:
            # A thread that reads from it is woken; the close sends RST.
            side.shutdown(socket.SHUT_RD)
    side.close()
