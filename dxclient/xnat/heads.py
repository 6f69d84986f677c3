"""Answers whose head came as a whole.

Python's `http.client` takes the end of a connection for the end of the headers (its
``_read_headers`` stops at an empty read). A line that is cut within the head of an answer then
looks like a good answer with an empty text, and an empty text has a meaning: XNAT says with it
that it kept nothing, or that there is no script.
"""

from __future__ import annotations

from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

_BLANK = (b"\r\n", b"\n")


class WholeHead(HTTPResponse):
    """An answer that is refused where its head does not end with a blank line (RFC 9112, 8)."""

    fp: Any

    def begin(self) -> None:
        """Read the head.

        Raises
        ------
        RemoteDisconnected
            The connection ended within it.
        """
        head = _Head(self.fp)
        self.fp = head
        super().begin()
        if self.fp is head:  # it is None already where no body follows
            self.fp = head.inner
        if head.last not in _BLANK:
            self.close()
            raise RemoteDisconnected("the connection ended within the head of the answer")


class _Head:
    """Remembers the last line that was read."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        """Read a line, as the inner file does."""
        self.last = bytes(self.inner.readline(limit))
        return self.last

    def close(self) -> None:
        """Close the inner file."""
        self.inner.close()

    def flush(self) -> None:
        """Nothing is written here; closing an answer asks for it."""
