"""The services that work on prearchive sessions by their ``src`` URI."""

import re
import sqlite3
from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.archive import archive_session, build_session, find_session, goal_of
from dxclient.demo.context import Demo, demo, target, user
from dxclient.demo.forms import RestError, table, uris
from dxclient.demo.importing import is_true, parameters
from dxclient.demo.prearchive import (
    COLUMNS,
    behind_proxy,
    find_row,
    may_change,
    move_session,
    row_facts,
    validate,
)
from dxclient.demo.store import claim, forget

services = Blueprint("services", __name__)


def _sources() -> list[sqlite3.Row]:
    values = request.values.getlist("src")
    if not values:
        raise RestError(400, "Invalid src URI (none was given)")
    return [_source(value) for value in values]


def _source(value: str) -> sqlite3.Row:
    found = re.fullmatch(r"(?:/data)?/prearchive/projects/([^/]+)/([^/]+)/([^/]+)/?", value.strip())
    if not found:
        raise RestError(400, f"Invalid src URI ({value})")
    row = find_row(found[1], found[2], found[3])
    if row is None:
        raise RestError(404, "Unknown prearchive session.")
    if not may_change(row["project"]):
        raise RestError(403, "Invalid permissions for this prearchive session.")
    return row


@services.post("/data/services/archive")
def archive() -> AnyResponse:
    """Archive sessions; the URI of each, or 303 when asked for or in auto-archiving projects."""
    asked = parameters()
    rows = _sources()
    server, login, host = demo(), user(), request.host_url.rstrip("/")
    slow = server.faults.take("slow-archive", target())
    seconds = slow.number("seconds", 1) if slow else 0.0

    def work() -> AnyResponse:
        places = [_archive_one(server, login, row, asked, seconds) for row in rows]
        automatic = rows[0]["autoarchive"].startswith("AutoArchive")
        if len(places) == 1 and (automatic or is_true(asked.get("redirect"))):
            answer = Response(places[0], 303, content_type="text/uri-list;charset=UTF-8")
            answer.headers["Location"] = host + places[0]
            return answer
        return uris(places)

    return behind_proxy(work, slow)


def _archive_one(
    server: Demo, login: str, row: sqlite3.Row, asked: dict[str, str], seconds: float
) -> str:
    if row["status"] in ("ARCHIVING", "BUILDING", "MOVING", "DELETING"):
        raise RestError(403, "Operation already in progress on this prearchive entry.")
    build_session(server, row["id"], asked)
    row = server.state.rows("SELECT * FROM prearchive WHERE id = ?", row["id"])[0]
    merge = asked.get("overwrite", "")
    if merge not in ("append", "delete") and find_session(server, goal_of(row, asked)):
        raise RestError(409, "Session already exists, retry with overwrite enabled")
    overwrite = is_true(asked.get("overwrite_files")) or row["autoarchive"].endswith("Overwrite")
    return archive_session(
        server,
        row["id"],
        login,
        asked,
        overwrite=overwrite,
        override=merge == "delete",
        seconds=seconds,
    )


@services.post("/data/services/validate-archive")
def validate_archive() -> AnyResponse:
    """Tell what archiving would meet; an empty list is good."""
    asked = parameters()
    found = [problem for row in _sources() for problem in validate(row, asked)]
    rows = [{"code": p.code, "type": p.type, "message": p.message} for p in found]
    return table(rows, ["code", "type", "message"], total=False)


def _on_all(work: Callable[[sqlite3.Row], None]) -> AnyResponse:
    rows = _sources()
    for row in rows:
        work(row)
    found = [demo().state.row("SELECT * FROM prearchive WHERE id = ?", r["id"]) for r in rows]
    return table([row_facts(row) for row in found if row], COLUMNS, total=False)


@services.post("/data/services/prearchive/move")
def move() -> AnyResponse:
    """Move sessions to another project."""
    return _on_all(lambda row: move_session(demo(), row, request.values.get("newProject", "")))


@services.post("/data/services/prearchive/rebuild")
def rebuild() -> AnyResponse:
    """Build sessions anew."""
    return _on_all(lambda row: build_session(demo(), row["id"], {}))


@services.post("/data/services/prearchive/delete")
def delete() -> AnyResponse:
    """Remove sessions."""

    def work(row: sqlite3.Row) -> None:
        claim(demo(), row, "DELETING")
        forget(demo(), row)

    return _on_all(work)
