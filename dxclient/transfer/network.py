"""Looking at the network without sending anything of ours over it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
Address = tuple[str, int]


class Network(Protocol):
    """What `Weather` asks of the network; `Sockets` is the real one."""

    def note(self, server: str) -> None:
        """Remember the server's address for later; may wait for the name service."""

    def route(self, server: str) -> str | None:
        """The address of this machine from which the server is reached; never waits.

        Empty where no way leads there; None where the server's address is not known yet.
        """

    def knock(self, server: str) -> bool:
        """Whether a connection to the server can be made; may wait for seconds."""


class Sockets:
    """The network as this machine's sockets see it. Only the server itself is ever asked.

    Parameters
    ----------
    via : callable
        Gives the URL that is really connected to: the server's own, or that of its proxy.
    timeout : float
        Seconds until an attempt to connect counts as failed.
    """

    def __init__(
        self, via: Callable[[str], str] = lambda server: server, timeout: float = 10.0
    ) -> None:
        self._via = via
        self._timeout = timeout
        self._known: dict[Address, list[tuple[socket.AddressFamily, Address]]] = {}
        self._lock = threading.Lock()

    def note(self, server: str) -> None:
        """Look the server's name up once."""
        place = self._place(server)
        if place not in self._known:
            with suppress(OSError):
                self._remember(place)

    def route(self, server: str) -> str | None:
        """Ask the system which of its addresses it would use; a datagram socket sends nothing."""
        known = self._known.get(self._place(server))
        if known is None:
            return None
        for family, address in known:
            with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
                return str(probe.getsockname()[0])
        return ""

    def knock(self, server: str) -> bool:
        """Connect, and hang up at once."""
        place = self._place(server)
        try:
            self._remember(place)
            with socket.create_connection(place, self._timeout):
                return True
        except OSError:
            return False

    def _place(self, server: str) -> Address:
        parts = urlsplit(self._via(server))
        return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)

    def _remember(self, place: Address) -> None:
        try:
            found = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)
        except UnicodeError:  # a name that no name service can hold
            raise OSError from None
        addresses: list[tuple[socket.AddressFamily, Address]] = [
            (one[0], (str(one[4][0]), int(one[4][1]))) for one in found
        ]
        with self._lock:
            self._known[place] = addresses
