"""Receipts as JSON and as a page to print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dxclient.api import Receipt, ReceiptWriter, hookimpl
from dxclient.transfer.receipts import to_html, to_json


@dataclass(frozen=True, slots=True)
class Writer:
    """A format of receipts."""

    suffix: str
    title: str
    write: Callable[[Receipt], bytes]

    def render(self, receipt: Receipt) -> bytes:
        """The receipt as the bytes of a file."""
        return self.write(receipt)


@hookimpl
def dxclient_receipt_writers() -> list[ReceiptWriter]:
    """Offer JSON for programs and HTML for people."""
    return [
        Writer("html", "Page to read and print", to_html),
        Writer("json", "JSON for programs", to_json),
    ]
