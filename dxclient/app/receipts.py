"""Receipts in the formats that plugins offer, one by one and in batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dxclient.domain.errors import DxError
from dxclient.domain.jobs import Receipt
from dxclient.domain.protocols import BatchReceiptWriter, ReceiptWriter
from dxclient.plugin import PluginHost


def formats(host: PluginHost) -> tuple[ReceiptWriter, ...]:
    """Formats that receipts can be written in, one for each suffix."""
    found: dict[str, ReceiptWriter] = {}
    for _, writers in host.each("dxclient_receipt_writers"):
        for writer in writers:
            found.setdefault(writer.suffix, writer)
    return tuple(found.values())


def batch_formats(host: PluginHost) -> tuple[BatchReceiptWriter, ...]:
    """Those formats that take several receipts in one file."""
    return tuple(w for w in formats(host) if isinstance(w, BatchReceiptWriter))


def format_for(host: PluginHost, name: str) -> str:
    """The suffix that a file's name asks for, the longest that fits; empty for none."""
    fitting = (w.suffix for w in formats(host) if name.casefold().endswith(f".{w.suffix}"))
    return max(fitting, key=len, default="")


def write(host: PluginHost, receipt: Receipt | None, suffix: str) -> bytes:
    """One receipt in one format.

    Raises
    ------
    DxError
        There is no receipt yet, no such format, or its plugin failed.
    """
    if receipt is None:
        raise DxError("This upload has no receipt yet.")
    writer = next((w for w in formats(host) if w.suffix == suffix), None)
    if writer is None:
        raise _unknown(formats(host))
    return _written(host.contain(suffix, partial(writer.render, receipt)))


def write_many(host: PluginHost, receipts: Sequence[Receipt], suffix: str) -> bytes:
    """Several receipts in one file.

    Raises
    ------
    DxError
        There are no receipts, no such format, or its plugin failed.
    """
    if not receipts:
        raise DxError("None of these uploads has a receipt.")
    writer = next((w for w in batch_formats(host) if w.suffix == suffix), None)
    if writer is None:
        raise _unknown(batch_formats(host))
    return _written(host.contain(suffix, partial(writer.render_many, receipts)))


def _unknown(known: Sequence[ReceiptWriter]) -> DxError:
    return DxError(f"Receipts can be written as: {', '.join(w.suffix for w in known)}.")


def _written(data: bytes | None) -> bytes:
    if data is None:
        raise DxError(
            "The receipt could not be written in this format; the upload itself is not touched by "
            "that. Choose another format, and report it."
        )
    return data
