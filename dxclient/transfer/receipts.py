"""Receipts as files: JSON for programs, HTML to read and print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape

from dxclient.domain.jobs import Receipt
from dxclient.transfer import codec
from dxclient.transfer.receipts_tables import (
    Cell,
    Table,
    facts,
    overview,
    tables,
    title_of,
    title_of_many,
    verdict,
)

_STYLE = """
body { font: 11pt/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff }
h1 { font-size: 1.5rem; margin-bottom: .2rem }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem }
section { margin-top: 3rem; border-top: 2px solid #1b1f24 }
.verdict { font-weight: 600; padding: .6rem .8rem; border-left: 5px solid; background: #f4f6f8 }
.good { border-color: #1a7f37 } .bad { border-color: #b42318 }
table { border-collapse: collapse; width: 100%; break-inside: auto }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #d5d9de;
  vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } .number { text-align: right } .hash { font: 9pt monospace }
@media print { body { margin: 0; max-width: none } .verdict { background: none }
  section { break-before: page; border: 0; margin: 0 } }
"""


def to_json(receipt: Receipt) -> bytes:
    """Write a receipt as JSON, UTF-8."""
    return (codec.dumps(receipt, indent=2) + "\n").encode()


def from_json(data: bytes) -> Receipt:
    """Read back what `to_json` wrote."""
    return codec.receipt(data.decode())


def many_to_json(receipts: Sequence[Receipt]) -> bytes:
    """Write receipts as one JSON list, UTF-8."""
    return (codec.dumps(receipts, indent=2) + "\n").encode()


def many_from_json(data: bytes) -> tuple[Receipt, ...]:
    """Read back what `many_to_json` wrote."""
    return tuple(codec.receipt(json.dumps(one)) for one in json.loads(data))


def to_html(receipt: Receipt) -> bytes:
    """Write a receipt as one HTML page that needs nothing else; every value is escaped."""
    return _page(title_of(receipt), _receipt(receipt))


def many_to_html(receipts: Sequence[Receipt]) -> bytes:
    """Write receipts as one HTML page: an overview, then a section for each."""
    title = title_of_many(receipts)
    sections = (f"<section>\n{_receipt(one)}\n</section>" for one in receipts)
    return _page(title, "\n".join([_heading(title), _table(overview(receipts)), *sections]))


def _page(title: str, body: str) -> bytes:
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode()


def _receipt(receipt: Receipt) -> str:
    kind = "good" if receipt.confirmed else "bad"
    parts = [
        _heading(title_of(receipt)),
        f'<p class="verdict {kind}">{escape(verdict(receipt))}</p>',
        _facts(facts(receipt)),
        *map(_section, tables(receipt)),
    ]
    return "\n".join(parts)


def _heading(title: str) -> str:
    return f"<h1>{escape(title)}</h1>"


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _section(table: Table) -> str:
    return f"<h2>{escape(table.title)}</h2>\n{_table(table)}"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.heads)
    lines = (
        "".join(_cell(value, place in table.hashes) for place, value in enumerate(row))
        for row in table.rows
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Cell, digest: bool) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    start = '<td class="hash">' if digest else "<td>"
    return f"{start}{escape(value)}</td>"
