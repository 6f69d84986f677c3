"""Receipts as files: JSON for programs, HTML to read and print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from dxclient.domain.jobs import Receipt
from dxclient.transfer import codec

_STYLE = """
body { font: 11pt/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff }
h1 { font-size: 1.5rem; margin-bottom: .2rem }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem }
.verdict { font-weight: 600; padding: .6rem .8rem; border-left: 5px solid; background: #f4f6f8 }
.good { border-color: #1a7f37 } .bad { border-color: #b42318 }
table { border-collapse: collapse; width: 100%; break-inside: auto }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #d5d9de;
  vertical-align: top; overflow-wrap: anywhere }
tr { break-inside: avoid } .number { text-align: right } .hash { font: 9pt monospace }
@media print { body { margin: 0; max-width: none } .verdict { background: none } }
"""


def to_json(receipt: Receipt) -> bytes:
    """Write a receipt as JSON, UTF-8."""
    return (codec.dumps(receipt, indent=2) + "\n").encode()


def from_json(data: bytes) -> Receipt:
    """Read back what `to_json` wrote."""
    return codec.receipt(data.decode())


def to_html(receipt: Receipt) -> bytes:
    """Write a receipt as one HTML page that needs nothing else; every value is escaped."""
    title = f"Upload of {receipt.session}"
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            _verdict(receipt),
            _facts(receipt),
            _section("Scans", _scans(receipt)),
            _section("Left out", _left_out(receipt)),
            _section("Notes", _notes(receipt)),
            _section("How it was anonymized", _plan(receipt)),
            _section("Parts", _parts(receipt)),
        ]
    )
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return page.encode()


def _verdict(receipt: Receipt) -> str:
    sent = sum(scan.sent for scan in receipt.scans)
    found = sum(scan.found for scan in receipt.scans)
    if receipt.confirmed:
        place = "archive" if receipt.archived else "prearchive"
        text = f"Confirmed: the server lists all {sent} files that were sent, in the {place}."
        return f'<p class="verdict good">{text}</p>'
    text = f"Not confirmed: {sent} files were sent, the server lists {found}."
    return f'<p class="verdict bad">{text}</p>'


def _facts(receipt: Receipt) -> str:
    rows = [
        ("Server", receipt.server),
        ("User", receipt.user),
        ("Project", receipt.project),
        ("Subject", receipt.subject),
        ("Session", receipt.session),
        ("On the server", receipt.url),
        ("Date check", receipt.date_check),
        ("Started", receipt.started),
        ("Finished", receipt.finished),
        ("Sent with", receipt.client),
        ("Job", receipt.job_id),
    ]
    cells = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
        if value
    )
    return f"<table>{cells}</table>"


def _section(title: str, content: str) -> str:
    return f"<h2>{title}</h2>\n{content}" if content else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["".join(_cell(value) for value in row) for row in rows]
    if not lines:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value}</td>'
    return f"<td>{escape(str(value))}</td>"


def _scans(receipt: Receipt) -> str:
    rows = ((scan.scan_id, scan.sent, scan.found) for scan in receipt.scans)
    return _table(("Scan", "Files sent", "Files on the server"), rows)


def _left_out(receipt: Receipt) -> str:
    rows = ((count.series_number, count.reason.value, count.files) for count in receipt.left_out)
    return _table(("Series", "Reason", "Files"), rows)


def _notes(receipt: Receipt) -> str:
    rows = ((one.severity.value, one.sentence, one.source) for one in receipt.findings)
    return _table(("", "What was found", "By"), rows)


def _plan(receipt: Receipt) -> str:
    rows = [("Script", name) for name in receipt.scripts]
    rows += [("Extension", name) for name in receipt.plugins]
    rows += [("Digest of the plan", receipt.plan_digest)] if receipt.plan_digest else []
    return _table(("", "Name"), rows)


def _parts(receipt: Receipt) -> str:
    rows = ((part.number, part.files, part.size, part.sha256) for part in receipt.parts)
    return _table(("Part", "Files", "Bytes", "SHA-256"), rows)
