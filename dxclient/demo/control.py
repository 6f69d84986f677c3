"""``/demo/``: what tests and demonstrations ask of the server itself, without a login.

``POST /demo/faults`` switches a trouble on, with JSON such as ``{"kind": "slow", "seconds": 2}``.
All kinds know ``count`` (how often, 1; -1 for ever), ``skip`` (matching requests that pass first)
and ``match`` (a pattern on "path?query"). The kinds:

- ``expire-sessions``: all cookies die, at once; with ``match`` or ``skip`` before that request
- ``refuse-login``: 401 for a good password
- ``error-after-bytes``: 500 and a closed connection after ``bytes`` of an import's body (65536)
- ``slow``: ``seconds`` of delay, or the body at ``rate`` bytes a second
- ``timeout-after-success``: 504 although import or commit was carried out
- ``refuse-chunked``: 400 for a body without a length
- ``bad-part``: 400, nothing stored; ``disk-full``: the same words, half of the files stored
- ``lost-answer``: carried out, but the connection closes without an answer; ``reset`` breaks it
- ``drop-files``: 200, but the last ``drop`` files (1) are not stored
- ``spoil-files``: 200, but the last byte of the last ``spoil`` files (1) is stored changed
- ``keeps-nothing``: 200 with an empty body, nothing stored
- ``unassigned``: the import goes to the project ``Unassigned``, or to ``project``
- ``locked``: 409 on commit; ``conflict``: 500 on commit with ``message``, and a row in the
  state CONFLICT
- ``slow-archive``: archiving takes ``seconds``; a proxy says 504 after ``timeout`` seconds
- ``no-listener``: an older server, that knows no ``http-session-listener``
- ``no-digests``: listings and catalogs without checksums
- ``html``: 200 with the login page; ``bad-gateway``: 502; ``too-large``: 413, from a proxy

``DELETE /demo/faults`` ends all, ``GET`` lists them. ``GET /demo/log`` tells the requests received,
``DELETE`` forgets them. ``GET /demo/stored?project=&session=&header=1`` tells the files stored.
"""

import sqlite3

from flask import Blueprint, request
from pydicom import dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.context import demo
from dxclient.demo.faults import MATCHES
from dxclient.demo.forms import data

control = Blueprint("control", __name__)


@control.get("/demo/faults")
def listing() -> AnyResponse:
    """List the troubles that are switched on."""
    return data(demo().faults.listing())


@control.post("/demo/faults")
def arm() -> AnyResponse:
    """Switch a trouble on; ``expire-sessions`` without options acts at once."""
    asked = request.get_json(silent=True, force=True) or {}
    kind = asked.pop("kind", "")
    if kind not in MATCHES:
        return data({"error": "unknown kind", "kinds": sorted(MATCHES)}, 400)
    if kind == "expire-sessions" and not asked.keys() & {"skip", "match"}:
        demo().accounts.expire_all()
        return data({"done": kind})
    demo().faults.arm(kind, asked)
    return data({"armed": kind})


@control.delete("/demo/faults")
def clear() -> AnyResponse:
    """Switch all troubles off."""
    demo().faults.clear()
    return data([])


@control.get("/demo/log")
def log() -> AnyResponse:
    """Return the requests received, oldest first."""
    return data(demo().log.listing())


@control.delete("/demo/log")
def clear_log() -> AnyResponse:
    """Forget the requests received."""
    demo().log.clear()
    return data([])


@control.get("/demo/stored")
def stored() -> AnyResponse:
    """List the files stored for a project and session, in prearchive and archive."""
    rows = demo().state.rows(
        "SELECT f.*, p.project, p.name AS session_name, p.prevent_anon, 'prearchive' AS place "
        "FROM files f JOIN prearchive p ON f.session = p.id UNION ALL "
        "SELECT f.*, e.project, e.label, e.prevent_anon, 'archive' "
        "FROM files f JOIN experiments e ON f.experiment = e.id"
    )
    wanted_project, wanted = request.args.get("project", ""), request.args.get("session", "")
    with_header = request.args.get("header") in ("1", "true")
    return data(
        [
            _facts(row, with_header)
            for row in rows
            if wanted_project in ("", row["project"]) and wanted in ("", row["session_name"])
        ]
    )


def _facts(row: sqlite3.Row, with_header: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "project": row["project"],
        "session": row["session_name"],
        "place": row["place"],
        "scan": row["scan"],
        "name": row["name"],
        "path": row["path"],
        "size": row["size"],
        "sha256": row["sha256"],
        "sop_instance_uid": row["sop_instance"],
        "series_uid": row["series"],
        "prevent_anon": row["prevent_anon"],
    }
    if with_header:
        facts["header"] = _header(row["path"])
    return facts


def _header(path: str) -> dict[str, str]:
    dataset = dcmread(demo().folder / path, stop_before_pixels=True)
    return {
        keyword_for_tag(element.tag) or f"{element.tag:08X}": _text(element.value)
        for element in dataset
    }


def _text(value: object) -> str:
    if isinstance(value, MultiValue):
        return "\\".join(str(part) for part in value)
    if isinstance(value, Sequence):
        return "\n".join(str(item) for item in value)
    return "" if value is None else str(value)
