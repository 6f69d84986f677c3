"""The history of uploads: searching, exporting, forgetting."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from dxclient.domain.errors import DxError, TransferError
from dxclient.domain.jobs import Receipt
from dxclient.transfer import TransferService
from dxclient.transfer.history import (
    HistoryQuery,
    PastUpload,
    forget_before,
    forget_damaged,
    search,
)
from dxclient.transfer.receipts_csv import to_csv
from dxclient.transfer.receipts_tables import Cell, local
from dxclient.transfer.states import FINAL

__all__ = ["History", "HistoryQuery", "Keeper", "PastUpload"]

#: Setting: days for which the history is kept; 0 is for ever.
KEEP_DAYS = "history.keep_days"
_DAY = 86_400.0
#: Days for which a damaged list of uploads is kept where the history is kept for ever.
_DAMAGED_DAYS = 90
#: The work on an upload that ended longer ago than this is surely over.
_QUIET = 900.0
_HEADS = (
    "session", "subject", "project", "server", "user", "state", "problem", "files", "bytes",
    "left_out", "created", "ended", "address", "sentence", "job",
)  # fmt: skip
_log = logging.getLogger(__name__)


class History:
    """Uploads that are over.

    Parameters
    ----------
    transfers : TransferService
    clock : callable
        Seconds since the epoch.
    """

    def __init__(self, transfers: TransferService, clock: Callable[[], float] = time.time) -> None:
        self._transfers = transfers
        self._clock = clock

    def search(self, query: HistoryQuery | None = None) -> tuple[PastUpload, ...]:
        """Find confirmed, failed and cancelled uploads, the last one first."""
        return search(self._transfers.store, query or HistoryQuery())

    def receipts(self, uploads: Sequence[PastUpload]) -> tuple[Receipt, ...]:
        """Receipts of those that have one, in the same order."""
        found = (self._transfers.receipt(one.id) for one in uploads if one.has_receipt)
        return tuple(one for one in found if one is not None)

    def forget_older(self, days: int) -> int:
        """Forget confirmed and cancelled uploads that ended more than *days* ago.

        Their receipts go with them; what is not over stays. 0 days forgets nothing.

        Returns
        -------
        int
            How many were forgotten.
        """
        forget_damaged(self._transfers.store, self._clock() - (days or _DAMAGED_DAYS) * _DAY)
        if days <= 0:
            return 0
        gone = len(forget_before(self._transfers.store, self._clock() - days * _DAY))
        _log.info("history forgotten", extra={"count": gone})
        return gone

    def forget_now(self) -> int:
        """Forget all confirmed and cancelled uploads, with their receipts. Returns how many."""
        forget_damaged(self._transfers.store, float("inf"))
        gone = len(forget_before(self._transfers.store, self._clock() - _QUIET))
        for upload in self.search(HistoryQuery(states=tuple(FINAL))):
            # One whose work ends just now, or that still has to leave the server, stays.
            with contextlib.suppress(TransferError):
                self._transfers.remove(upload.id)
                gone += 1
        _log.info("history forgotten", extra={"count": gone})
        return gone

    def release(self) -> None:
        """Let go of what this thread holds of the queue; for threads that end or rest."""
        self._transfers.store.release()


def export(uploads: Sequence[PastUpload], suffix: str) -> bytes:
    """Write a list of uploads as a table, ``csv`` or ``json``.

    Times are local in CSV, which people read, and UTC in JSON.

    Raises
    ------
    DxError
        Another suffix.
    """
    if suffix == "csv":
        return to_csv(_HEADS, map(_row, uploads))
    if suffix == "json":
        return (json.dumps([*map(_plain, uploads)], indent=2, ensure_ascii=False) + "\n").encode()
    raise DxError("The history can be written as: csv, json.")


def _row(one: PastUpload) -> tuple[Cell, ...]:
    return (
        one.session,
        one.subject,
        one.project,
        one.server,
        one.user,
        one.state.value,
        "yes" if one.problem else "no",
        one.files,
        one.size,
        one.left_out,
        local(_iso(one.created)),
        local(_iso(one.ended)),
        one.url if "://" in one.url or not one.url else one.server + one.url,
        one.sentence,
        one.id,
    )


def _plain(one: PastUpload) -> dict[str, object]:
    times = {"created": _iso(one.created), "ended": _iso(one.ended)}
    return {**asdict(one), "state": one.state.value, **times}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


class Keeper:
    """Forgets old uploads at once and then every day, on a thread of its own.

    Parameters
    ----------
    days : callable
        Gives the setting as it is now.
    """

    def __init__(self, history: History, days: Callable[[], int], pause: float = _DAY) -> None:
        self._history = history
        self._days = days
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            # A list that cannot be written today is tried again tomorrow.
            try:
                self._history.forget_older(self._days())
            except (DxError, OSError, sqlite3.Error) as error:
                _log.warning("history not forgotten", extra={"error": error})
            self._history.release()
            if self._stop.wait(self._pause):
                return
