"""Receipts as a page, PDF, CSV and JSON; each for one upload and for several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dxclient.api import Receipt, ReceiptWriter, hookimpl
from dxclient.transfer.receipts import many_to_html, many_to_json, to_html, to_json
from dxclient.transfer.receipts_csv import instances_to_csv, scans_to_csv


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of receipts."""

    suffix: str
    title: str
    write: Callable[[Receipt], bytes]
    write_many: Callable[[Sequence[Receipt]], bytes]

    def render(self, receipt: Receipt) -> bytes:
        """The receipt as the bytes of a file."""
        return self.write(receipt)

    def render_many(self, receipts: Sequence[Receipt]) -> bytes:
        """Several receipts as the bytes of one file."""
        return self.write_many(receipts)


def _pdf(receipt: Receipt) -> bytes:
    from dxclient.builtin.receipts_pdf import to_pdf

    return to_pdf(receipt)


def _pdfs(receipts: Sequence[Receipt]) -> bytes:
    from dxclient.builtin.receipts_pdf import many_to_pdf

    return many_to_pdf(receipts)


def _csv(receipt: Receipt) -> bytes:
    return scans_to_csv([receipt])


def _instances(receipt: Receipt) -> bytes:
    return instances_to_csv([receipt])


@hookimpl
def dxclient_receipt_writers() -> list[ReceiptWriter]:
    """Offer pages for people, and JSON and CSV for programs and spreadsheets."""
    return [
        Writer("html", "Page to read and print", to_html, many_to_html),
        Writer("pdf", "PDF to file", _pdf, _pdfs),
        Writer("csv", "Table of scans", _csv, scans_to_csv),
        Writer("instances.csv", "Table of instances", _instances, instances_to_csv),
        Writer("json", "JSON for programs", to_json, many_to_json),
    ]
