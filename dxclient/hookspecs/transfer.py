"""Hooks around the transfer queue."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.jobs import JobState, Receipt, UploadJob
from dxclient.domain.protocols import ReceiptWriter
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.NOTIFY)
def dxclient_job_changed(job: UploadJob, previous: JobState) -> None:
    """Learn that a job has a new state.

    Called on a worker thread. Kind: notify.

    Parameters
    ----------
    job : UploadJob
        The job as it is now.
    previous : JobState
        The state before.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_job_changed(job, previous):
    ...     counter[job.state] += 1

    .. versionadded:: 1.0
    """


@hookspec(Kind.NOTIFY)
def dxclient_session_uploaded(receipt: Receipt) -> None:
    """Learn that a session arrived and was confirmed.

    Called on a worker thread. Kind: notify.

    Parameters
    ----------
    receipt : Receipt
        What was sent and what arrived.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_session_uploaded(receipt):
    ...     registry.note(receipt.session, receipt.url)

    .. versionadded:: 1.0
    """


@hookspec(Kind.OFFER)
def dxclient_receipt_writers() -> Iterable[ReceiptWriter]:
    """Offer formats for receipts.

    A writer with a method ``render_many(receipts)`` (a `BatchReceiptWriter`) also takes part where
    several receipts go into one file; one without is offered for single receipts only.

    Called on any thread. Kind: offer.

    Returns
    -------
    iterable of ReceiptWriter

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_receipt_writers():
    ...     return [XmlReceipt()]

    .. versionadded:: 1.0
    """
    return ()
