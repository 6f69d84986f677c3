"""The SQLite file under the queue: opened privately, migrated, set aside when damaged."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

from dxclient.domain.errors import TransferError
from dxclient.domain.findings import Finding, Severity
from dxclient.transfer.migrations import migrate


class _Connection(sqlite3.Connection):
    """A connection that a WeakSet can hold."""

    __slots__ = ("__weakref__",)


def _code(error: sqlite3.Error) -> int:
    """The primary code of SQLite: the low byte of what it says; 0 where it said none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


class Database:
    """One SQLite file in WAL mode, one connection per thread, one writer at a time.

    Parameters
    ----------
    path : pathlib.Path
        Made with mode 0600; a missing folder is made with mode 0700. SQLite gives its
        ``-wal`` and ``-shm`` files the mode of the database.

    Attributes
    ----------
    finding : Finding or None
        Set when a damaged database was set aside; to be shown to a person.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.finding: Finding | None = None
        self._local = threading.local()
        self._all: WeakSet[_Connection] = WeakSet()
        self._writing = threading.RLock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()

    def _open(self) -> None:
        try:
            if not self._whole():
                self.close()
                self._set_aside()
                self._whole()
        except sqlite3.Error:
            self.close()
            raise TransferError(
                "The list of uploads cannot be opened. Nothing was lost; check that the disk is "
                "not full and that the data folder belongs to you."
            ) from None
        try:
            migrate(self.connection())
        except sqlite3.Error as error:
            self.close()
            raise TransferError(
                "The list of uploads could not be brought to the form that this version of "
                "dxclient needs. Nothing was changed; go on with the former version, and report "
                "this with the details below.",
                details=type(error).__name__,
            ) from None

    def _whole(self) -> bool:
        """Open the file; False when it is damaged, and only then: locks and full disks pass."""
        try:
            return self._prepare() == "ok"
        except sqlite3.DatabaseError as error:
            if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                return False
            raise

    def _prepare(self) -> str:
        # Only where it is missing: closing any handle of a file drops all POSIX locks that this
        # process has on it (fcntl(2)), and then another program that looks at the queue would
        # take itself for the last one and remove the write-ahead log under our feet.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if os.name == "posix":
            self.path.chmod(0o600)
        connection = self.connection()
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return str(verdict)

    def _set_aside(self) -> None:
        mark = time.strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + suffix)
            if old.exists():
                old.rename(old.with_name(f"{self.path.name}.damaged-{mark}{suffix}"))
        self.finding = Finding(
            severity=Severity.NEEDS_YOU,
            code="queue.damaged",
            sentence="The list of uploads was damaged. It was set aside and a new one begun; "
            "uploads that were not finished have to be chosen again.",
            hint="Look in the prearchive of your projects for sessions that are not complete.",
        )

    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            # Closed from another thread at the end; otherwise each is used by one thread only.
            made = sqlite3.connect(
                self.path,
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
            self._all.add(made)
            made.row_factory = sqlite3.Row
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("PRAGMA foreign_keys=ON")
            made.execute("PRAGMA synchronous=FULL")
            # Forgotten paths are overwritten, not only unlinked.
            made.execute("PRAGMA secure_delete=ON")
            self._local.connection = made
            known = made
        return known

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction; nested blocks join the outer one."""
        with self._writing:
            connection = self.connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def flush(self) -> None:
        """Fold the write-ahead log into the file, so that it keeps nothing forgotten."""
        with suppress(sqlite3.OperationalError), self._writing:
            self.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def release(self) -> None:
        """Close this thread's connection; for threads that end."""
        known = getattr(self._local, "connection", None)
        if known is not None:
            known.close()
            self._local.connection = None

    def close(self) -> None:
        """Close all connections; no thread may use the database any more."""
        for connection in list(self._all):
            connection.close()
        self._local = threading.local()
