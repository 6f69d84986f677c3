"""The TCP connections to a server: patient with slow lines, kept warm, and cut when stale."""

from __future__ import annotations

import contextlib
import hmac
import socket
import threading
import weakref
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from dxclient.xnat.heads import WholeHead

#: Seconds of silence after which the system asks whether the other side is still there, seconds
#: between such questions, and how many go unanswered. Firewalls forget silent connections, and a
#: commit is silent for minutes.
_IDLE, _BETWEEN, _UNANSWERED = 60, 20, 3


class CertificateChanged(OSError):
    """The server shows another certificate than before, and nobody vouches for either."""


class Lines:
    """All connections of one login, so that they can be cut at once.

    Parameters
    ----------
    stall : float
        Seconds in which one chunk of a body must have gone.
    pin : bool
        Whether the first certificate of each host must stay the only one. Meant for servers
        whose certificates are not verified: there a change is the only sign of an intruder.
    """

    def __init__(self, stall: float, *, pin: bool = False) -> None:
        self.stall = stall
        self._pin = pin
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._pinned: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def joined(self, line: socket.socket | None) -> None:
        """A connection was made."""
        if line is not None:
            _keep_warm(line)
            with self._lock:
                self._open.add(line)

    def check(self, place: str, certificate: bytes) -> None:
        """Compare with the first certificate of this place. Raises CertificateChanged."""
        if not self._pin:
            return
        with self._lock:
            first = self._pinned.setdefault(place, certificate)
        if not hmac.compare_digest(first, certificate):
            raise CertificateChanged

    def cut(self) -> None:
        """End all connections that stand; whoever waits for an answer hears so at once."""
        with self._lock:
            lines = list(self._open)
            self._open.clear()
        for line in lines:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it lets go of the encryption first.
                socket.socket.shutdown(line, socket.SHUT_RDWR)


def _keep_warm(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", _IDLE),
            ("TCP_KEEPALIVE", _IDLE),  # its name on macOS
            ("TCP_KEEPINTVL", _BETWEEN),
            ("TCP_KEEPCNT", _UNANSWERED),
        ):
            if hasattr(socket, name):
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def pools(lines: Lines) -> dict[str, Any]:
    """Make the classes of connection pools, by scheme, whose connections join *lines*."""

    class Line(HTTPConnection):
        response_class = WholeHead

        def connect(self) -> None:
            super().connect()
            lines.joined(self.sock)

        def send(self, data: Any) -> None:
            _be_patient(self, lines)
            super().send(data)

    class SecureLine(HTTPSConnection):
        response_class = WholeHead

        def connect(self) -> None:
            super().connect()
            lines.joined(self.sock)
            shown = getattr(self.sock, "getpeercert", lambda binary_form: None)(True)
            try:
                lines.check(str(self._tunnel_host or self.host), shown or b"")
            except CertificateChanged:
                self.close()
                raise

        def send(self, data: Any) -> None:
            _be_patient(self, lines)
            super().send(data)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Line

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureLine

    return {"http": Pool, "https": SecurePool}


def _be_patient(line: HTTPConnection, lines: Lines) -> None:
    """Give a chunk its own time; the library would give it that of making a connection."""
    if line.sock is not None:
        line.sock.settimeout(lines.stall)
