"""Reading a queue on which another program may be at work: no lock, nothing written."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from dxclient.domain.errors import TransferError
from dxclient.transfer.migrations import MIGRATIONS
from dxclient.transfer.store import Store


class ReadStore(Store):
    """A queue to look at. What would change it raises ``sqlite3.OperationalError``."""

    def _open(self) -> None:
        try:
            (version,) = self.connection().execute("PRAGMA user_version").fetchone()
            if version != len(MIGRATIONS):
                raise TransferError("The list of uploads is of another version of dxclient.")
            self.jobs()
        except BaseException:
            self.close()
            raise

    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection, which cannot write."""
        known = super().connection()
        known.execute("PRAGMA query_only=ON")
        return known


def open_to_read(path: Path) -> ReadStore | None:
    """Open a queue for looking at it.

    Returns
    -------
    ReadStore or None
        None when it is not there, damaged, or of another version: only who holds the queue's
        lock may mend that.
    """
    if path.is_file():
        with suppress(sqlite3.Error, TransferError):
            return ReadStore(path)
    return None
