"""The uploads of this machine for who looks at them from outside, whoever works on them.

Looking takes no lock, so it disturbs no upload. What changes something is done here when nobody
else holds the queue, and is handed to whoever does.
"""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.app import receipts
from dxclient.app.history import HistoryQuery, PastUpload
from dxclient.app.orders import Order, Outcome, carry_out
from dxclient.app.postbox import hand_over
from dxclient.app.program import App
from dxclient.domain.errors import AlreadyRunning, DxError
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import Receipt, UploadJob
from dxclient.transfer import Store
from dxclient.transfer.history import search
from dxclient.transfer.reading import open_to_read


class Queue:
    """Uploads to look at, and orders to give.

    Parameters
    ----------
    app : App
        Its own queue is opened only where something is to be changed, or mended.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._reader: Store | None = None

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *error: object) -> None:
        if self._reader is not None:
            self._reader.close()

    @property
    def _store(self) -> Store:
        if self._reader is None:
            self._reader = open_to_read(self._app.home / "queue.sqlite")
        # One that is not there, damaged or old is made, set aside or brought up to date.
        return self._reader if self._reader is not None else self._app.transfers.store

    def notices(self) -> tuple[Finding, ...]:
        """What a person should know first: files of the program's own that were damaged."""
        damaged = self._store.finding
        return (*self._app.unread(), *((damaged,) if damaged else ()))

    def jobs(self) -> tuple[UploadJob, ...]:
        """All uploads, in the order in which they go."""
        return self._store.jobs()

    def receipt(self, job_id: str) -> Receipt | None:
        """The receipt of an upload, once its files were counted."""
        return self._store.receipt(job_id)

    def history(self, query: HistoryQuery) -> tuple[PastUpload, ...]:
        """Uploads that are over, the last one first."""
        return search(self._store, query)

    def written(self, jobs: Sequence[str], suffix: str, *, batch: bool = False) -> bytes:
        """Receipts in one format: of one upload, or of several as a *batch*.

        Raises
        ------
        DxError
            There is no receipt yet, or no such format.
        """
        host = self._app.host
        if not batch:
            return receipts.write(host, self.receipt(jobs[0]), suffix)
        found = (self.receipt(job) for job in jobs)
        return receipts.write_many(host, [one for one in found if one is not None], suffix)

    @property
    def ours(self) -> bool:
        """Whether this program holds the queue now; takes it where nobody does."""
        try:
            return self._app.transfers is not None
        except AlreadyRunning:
            return False

    def order(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """Have something done, here or by whoever holds the queue.

        Raises
        ------
        AlreadyRunning
            Another dxclient holds the queue and takes no orders.
        """
        if not orders:
            return ()
        if not self.ours:
            try:
                return hand_over(self._app.home, orders)
            except AlreadyRunning:
                # It may have ended meanwhile.
                if not self.ours:
                    raise
        return carry_out(self._app.transfers, orders)


def done(outcome: Outcome) -> Outcome:
    """Give an outcome back. Raises DxError when the order was not carried out."""
    if not outcome.done:
        raise DxError(outcome.sentence, details=outcome.details)
    return outcome
