"""One dxclient per queue, on every system."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from dxclient.domain.errors import AlreadyRunning, TransferError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class QueueLock:
    """Held while a program works on a queue; the system gives it back when a process dies.

    Parameters
    ----------
    path : pathlib.Path
        A file beside the database. It stays, empty; only the lock on it counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        AlreadyRunning
            Another program holds it.
        TransferError
            The file of the lock cannot be opened.
        """
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise TransferError(
                "The list of uploads cannot be opened. Nothing was lost; check that the disk is "
                "not full and that the data folder belongs to you.",
                details=type(error).__name__,
            ) from None
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise AlreadyRunning(
                "Another dxclient is working on the uploads of this computer account. "
                "Nothing is lost; use that one, or close it first."
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            # Closing the descriptor ends the lock on all three systems.
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> QueueLock:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
