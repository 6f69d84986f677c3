"""A request body that says how much of it has left and that can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dxclient.domain.errors import Cancelled
from dxclient.xnat.tls import CHUNK


class ReportingBody:
    """Bytes as a file, with a length, so the request carries Content-Length.

    Parameters
    ----------
    on_bytes : callable
        Gets the number of bytes taken so far; the last call gets the whole length.
    stopped : callable
        Asked before each chunk; true ends the request with `Cancelled`.
    """

    def __init__(
        self, data: bytes, on_bytes: Callable[[int], None], stopped: Callable[[], bool]
    ) -> None:
        self._view = memoryview(data)
        self._at = 0
        self._on_bytes = on_bytes
        self._stopped = stopped

    def rewind(self) -> None:
        """Start again from the first byte."""
        self._at = 0

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def read(self, size: int = CHUNK) -> bytes:
        """Give the next chunk. By then the chunk before has gone to the network."""
        if self._stopped():
            raise Cancelled
        if self._at:
            self._on_bytes(self._at)
        chunk = bytes(self._view[self._at : self._at + min(size, CHUNK)])
        self._at += len(chunk)
        return chunk
