"""The forms in which XNAT answers: tables, items, text, and its error page."""

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

from flask import Response, request


class RestError(Exception):
    """A refusal that becomes an answer.

    Parameters
    ----------
    status
        The HTTP status.
    message
        What XNAT says.
    """

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message or HTTPStatus(status).phrase


def cell(value: object) -> str:
    """Return a table cell: always text, nothing as the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def text(body: object, status: int = 200, kind: str = "text/plain") -> Response:
    """Return a plain answer."""
    return Response(cell(body), status, content_type=f"{kind};charset=UTF-8")


def data(value: object, status: int = 200) -> Response:
    """Return plain JSON, as the newer API does."""
    return Response(json.dumps(value), status, content_type="application/json;charset=UTF-8")


def uris(lines: Sequence[str]) -> Response:
    """Return a list of URIs, one a line with CRLF; nothing at all for an empty list."""
    return text("".join(f"{line}\r\n" for line in lines), kind="text/uri-list")


def error_page(status: int, message: str) -> Response:
    """Return the Restlet status page with the message in ``<h3>``."""
    body = (
        "<html>\n<head>\n   <title>Status page</title>\n</head>\n<body>\n"
        f"<h3>{html.escape(message, quote=False)}</h3><p>You can get technical details "
        '<a href="http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html">here</a>.<br>\n'
        'Please continue your visit at our <a href="/">home page</a>.\n</p>\n</body>\n</html>'
    )
    answer = Response(body, content_type="text/html;charset=UTF-8")
    reason = re.sub(r"[^\x20-\x7e]", " ", message)
    answer.status = f"{status} {reason}"
    return answer


def servlet_page(status: int, message: str) -> Response:
    """Return the page that the servlet container (not Restlet) writes."""
    title = f"HTTP Status {status} – {HTTPStatus(status).phrase}"
    body = (
        f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><h1>{title}'
        f"</h1><hr /><p><b>Message</b> {html.escape(message)}</p></body></html>"
    )
    return Response(body, status, content_type="text/html;charset=utf-8")


def asked_format(default: str = "json") -> str:
    """Return the form that the request asks for."""
    return request.args.get("format", default).lower()


def _sorted(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    key = request.args.get("sortBy", "")
    if not key:
        return rows
    descending = request.args.get("sortOrder", "").upper() == "DESC"
    return sorted(rows, key=lambda row: row.get(key, ""), reverse=descending)


def table(
    rows: Iterable[Mapping[str, object]],
    columns: Sequence[str],
    *,
    total: bool = True,
    title: str = "",
    default: str = "json",
) -> Response:
    """Return a listing in the form asked for.

    Parameters
    ----------
    rows
        The facts; keys beside `columns` are left out.
    columns
        Names in the order of the CSV form.
    total
        Whether ``totalRecords`` is given; several XNAT listings lack it.
    title
        The title of the result set.
    default
        The form when none is asked for.
    """
    cells = _sorted([{name: cell(row[name]) for name in columns} for row in rows])
    kind = asked_format(default)
    if kind == "csv":
        return _csv(cells, columns)
    if kind == "xml":
        return text(_xml(cells, columns, title), kind="text/xml")
    if kind == "html":
        return text(_html(cells, columns), kind="text/html")
    result: dict[str, object] = {"Result": cells}
    if title:
        result["title"] = title
    if total:
        result["totalRecords"] = str(len(cells))
    return data({"ResultSet": result})


def _csv(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Response:
    page = io.StringIO()
    page.write(",".join(columns) + "\n")
    writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([row[name] for name in columns] for row in rows)
    return text(page.getvalue(), kind="text/csv")


def _xml(rows: Sequence[Mapping[str, str]], columns: Sequence[str], title: str) -> str:
    heads = "".join(f"<column>{html.escape(name)}</column>" for name in columns)
    lines = "".join(
        "<row>" + "".join(f"<cell>{html.escape(row[name])}</cell>" for name in columns) + "</row>"
        for row in rows
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ResultSet title="{html.escape(title)}">'
        f"<results><columns>{heads}</columns><rows>{lines}</rows></results></ResultSet>"
    )


def _html(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(row[name])}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{heads}</tr>{lines}</table>"


def chosen_columns(default: Sequence[str], always: Sequence[str] = ("ID", "URI")) -> list[str]:
    """Return the columns asked for with ``columns=``; the identifying ones are always there."""
    asked = [name for name in request.args.get("columns", "").split(",") if name]
    return list(dict.fromkeys([*(asked or default), *always]))


def item_facts(
    xsi_type: str,
    fields: Mapping[str, object],
    children: Mapping[str, Sequence[object]] | None = None,
) -> dict[str, object]:
    """Return one item of XNAT's item JSON; fields without a value are left out."""
    parts = [{"field": name, "items": list(items)} for name, items in (children or {}).items()]
    return {
        "meta": {"isHistory": False, "create_event_id": 1, "xsi:type": xsi_type},
        "data_fields": {name: value for name, value in fields.items() if value not in ("", None)},
        "children": parts,
    }


def item(
    xsi_type: str,
    fields: Mapping[str, object],
    children: Mapping[str, Sequence[object]] | None = None,
) -> Response:
    """Return a single item: JSON when asked for, otherwise XML as XNAT does."""
    kind = asked_format("xml")
    if kind == "json":
        return data({"items": [item_facts(xsi_type, fields, children)]})
    if kind == "html":
        rows = "".join(
            f"<dt>{html.escape(name)}</dt><dd>{html.escape(cell(value))}</dd>"
            for name, value in fields.items()
        )
        return text(f"<dl>{rows}</dl>", kind="text/html")
    name = xsi_type.partition(":")[2] or "item"
    attributes = " ".join(f'{key}="{html.escape(cell(fields.get(key)))}"' for key in ("ID",))
    return text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xnat:{name} {attributes} '
        f'xmlns:xnat="http://nrg.wustl.edu/xnat"/>',
        kind="text/xml",
    )
