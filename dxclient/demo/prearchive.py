"""The prearchive: its listings, its commit and its other actions."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.archive import (
    MATCHING,
    Problem,
    archive_session,
    build_session,
    problems,
    row_uri,
    scan_type,
)
from dxclient.demo.archive import goal_of as archive_goal
from dxclient.demo.context import Demo, demo, target, user
from dxclient.demo.faults import Fault
from dxclient.demo.forms import RestError, asked_format, table, text, uris
from dxclient.demo.gate import proxy_page
from dxclient.demo.importing import is_true, parameters
from dxclient.demo.store import (
    LOCKED,
    Move,
    claim,
    forget,
    log,
    relocate,
    session_folder,
    set_status,
    uri,
)

COLUMNS = [
    *("project", "timestamp", "lastmod", "uploaded", "scan_date", "scan_time", "subject"),
    *("folderName", "name", "tag", "status", "url", "autoarchive", "prevent_anon"),
    *("prevent_auto_commit", "SOURCE", "VISIT", "PROTOCOL", "TIMEZONE"),
]
FILE_COLUMNS = [
    *("Name", "Size", "URI", "collection", "file_tags", "file_format", "file_content"),
    *("cat_ID", "digest"),
]
_SESSION = "/data/prearchive/projects/<project>/<timestamp>/<folder>"

prearchive = Blueprint("prearchive", __name__)


def row_facts(row: sqlite3.Row) -> dict[str, object]:
    """Return the columns of a listing."""
    return {
        **dict(row),
        "folderName": row["folder"],
        "url": uri(row),
        "SOURCE": row["source"],
        "VISIT": row["visit"],
        "PROTOCOL": row["protocol"],
        "TIMEZONE": row["timezone"],
    }


def _may_see(project: str) -> bool:
    accounts = demo().accounts
    if project == "Unassigned":
        return accounts.is_admin(user())
    return bool(accounts.role(user(), project))


@prearchive.get("/data/prearchive")
@prearchive.get("/data/prearchive/projects")
@prearchive.get("/data/prearchive/projects/<project>")
def listing(project: str = "") -> AnyResponse:
    """List sessions of all projects, or of those named with commas between."""
    wanted = [name for name in project.split(",") if name]
    for name in wanted:
        if not _may_see(name):
            message = "The current user does not have access to the requested project: "
            raise RestError(403, message + name)
    rows = demo().state.rows("SELECT * FROM prearchive ORDER BY id")
    tag = request.args.get("tag", "")
    shown = [
        row_facts(row)
        for row in rows
        if (not tag or row["tag"] == tag)
        and (row["project"] in wanted if wanted else _may_see(row["project"]))
    ]
    return table(shown, COLUMNS, total=False)


def find_row(project: str, timestamp: str, folder: str) -> sqlite3.Row | None:
    """Return a session by its place, when the person may see it.

    Raises
    ------
    RestError
        403: the person may not.
    """
    if not _may_see(project):
        message = "The current user does not have access to the requested project: "
        raise RestError(403, message + project)
    return demo().state.row(
        "SELECT * FROM prearchive WHERE project = ? AND timestamp = ? AND folder = ?",
        *(project, timestamp, folder),
    )


def _need_row(project: str, timestamp: str, folder: str, *, write: bool = False) -> sqlite3.Row:
    row = find_row(project, timestamp, folder)
    if row is None:
        raise RestError(404, "Unknown prearchive session.")
    if write and not may_change(project):
        raise RestError(403, "Invalid permissions for this prearchive session.")
    return row


def may_change(project: str) -> bool:
    """Return whether the person asking may change a project's prearchive."""
    accounts = demo().accounts
    return accounts.can_write(user(), project) or accounts.is_admin(user())


@prearchive.get(_SESSION)
def session(project: str, timestamp: str, folder: str) -> AnyResponse:
    """Return the one row, or none when it is gone; XML unless another form is asked for."""
    row = find_row(project, timestamp, folder)
    if asked_format("xml") == "xml":
        return _document(row)
    return table([row_facts(row)] if row else [], COLUMNS, total=False)


def _document(row: sqlite3.Row | None) -> AnyResponse:
    if row is None or not row["xsi_type"]:
        raise RestError(
            404,
            "The named session exists, but its XNAT session document is not available. "
            "The session is likely invalid or incomplete.",
        )
    name = row["xsi_type"].partition(":")[2]
    return text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xnat:{name} UID="{row["tag"]}" '
        f'label="{row["name"]}" xmlns:xnat="http://nrg.wustl.edu/xnat"/>',
        kind="text/xml",
    )


@prearchive.get(f"{_SESSION}/scans")
def scans(project: str, timestamp: str, folder: str) -> AnyResponse:
    """List the scans."""
    row = _need_row(project, timestamp, folder)
    return table(
        [
            {
                "ID": scan["scan"],
                "xsiType": scan_type(scan["modality"]),
                "series_description": scan["description"],
            }
            for scan in demo().state.rows(
                "SELECT scan, modality, description FROM files WHERE session = ? "
                "GROUP BY scan ORDER BY CAST(scan AS INTEGER), scan",
                row["id"],
            )
        ],
        ["ID", "xsiType", "series_description"],
    )


@prearchive.get(f"{_SESSION}/scans/<scan>/resources/DICOM/files")
def files(project: str, timestamp: str, folder: str, scan: str) -> AnyResponse:
    """List the files of a scan, or of all with ``ALL``."""
    row = _need_row(project, timestamp, folder)
    found = demo().state.rows(
        "SELECT * FROM files WHERE session = ? AND ? IN (scan, 'ALL') ORDER BY scan, name",
        *(row["id"], scan),
    )
    if not found:
        raise RestError(404, "Unable to identify the requested scan.")
    return table(file_rows(found, f"/data{uri(row)}"), FILE_COLUMNS)


@prearchive.get(f"{_SESSION}/scans/<scan>/resources")
def resources(project: str, timestamp: str, folder: str, scan: str) -> AnyResponse:
    """List the resources of a scan: the one with the DICOM files."""
    row = _need_row(project, timestamp, folder)
    found = demo().state.rows("SELECT * FROM files WHERE session = ? AND scan = ?", row["id"], scan)
    return resource_table(found)


def resource_table(found: list[sqlite3.Row]) -> AnyResponse:
    """Return the listing of a scan's resources.

    Raises
    ------
    RestError
        404: there are no files, so no scan.
    """
    if not found:
        raise RestError(404, "Unable to identify the requested scan.")
    facts = {
        "xnat_abstractresource_id": found[0]["id"],
        "label": "DICOM",
        "cat_id": found[0]["scan"],
        "category": "scans",
        "format": "DICOM",
        "content": "RAW",
        "file_count": len(found),
        "file_size": sum(row["size"] for row in found),
    }
    return table([facts], list(facts))


def file_rows(
    found: list[sqlite3.Row], base: str, *, digests: bool = False
) -> list[dict[str, object]]:
    """Return the rows of a file listing; checksums (MD5) are made when a session is archived."""
    return [
        {
            "Name": row["name"],
            "Size": row["size"],
            "URI": f"{base}/scans/{row['scan']}/resources/DICOM/files/{row['name']}",
            "collection": "DICOM",
            "file_tags": "",
            "file_format": "DICOM",
            "file_content": "",
            "cat_ID": 1,
            "digest": row["md5"] if digests else "",
        }
        for row in found
    ]


@prearchive.get(f"{_SESSION}/logs")
@prearchive.get(f"{_SESSION}/logs/<which>")
def logs(project: str, timestamp: str, folder: str, which: str = "") -> AnyResponse:
    """List what happened to a session; ``last`` gives the last line as text."""
    row = _need_row(project, timestamp, folder)
    found = demo().state.rows("SELECT * FROM logs WHERE session = ? ORDER BY id", row["id"])
    if which == "last":
        return text(found[-1]["entry"] if found else "")
    facts = [{"id": entry["id"], "date": entry["date"], "entry": entry["entry"]} for entry in found]
    return table(facts, ["id", "date", "entry"])


@prearchive.delete(_SESSION)
def delete(project: str, timestamp: str, folder: str) -> AnyResponse:
    """Remove a session."""
    row = _need_row(project, timestamp, folder, write=True)
    claim(demo(), row, "DELETING")
    forget(demo(), row)
    return text("")


@prearchive.post(_SESSION)
def act(project: str, timestamp: str, folder: str) -> AnyResponse:
    """Commit, build, move or reset a session."""
    body = request.get_json(silent=True, force=True) if request.content_length else None
    asked = {**(body if isinstance(body, dict) else {}), **parameters()}
    row = _need_row(project, timestamp, folder, write=True)
    action = asked.get("action", "")
    if action == "commit":
        return _commit(row, asked)
    if action == "build":
        build_session(demo(), row["id"], asked)
        return uris([row_uri(demo(), row["id"])])
    if action == "move":
        move_session(demo(), row, asked.get("newProject", ""))
        return _moved(row_uri(demo(), row["id"]))
    if action in ("reset-status", "set-status"):
        set_status(demo(), row["id"], asked.get("status", "READY").upper())
        return text("")
    if not action:
        message = "No action parameter was specified for the request by user "
        raise RestError(400, message + user())
    raise RestError(400, f"Unsupported action on prearchive session: {action}")


def _moved(place: str) -> AnyResponse:
    """Return 301 without a Location header, which here means that all went well."""
    return Response(place, 301, content_type="text/uri-list;charset=UTF-8")


def _commit(row: sqlite3.Row, asked: Mapping[str, str]) -> AnyResponse:
    _commit_troubles(row)
    server, login = demo(), user()
    key = asked.get("http-session-listener", "")
    slow = server.faults.take("slow-archive", target())
    seconds = slow.number("seconds", 1) if slow else 0.0
    if key and not server.faults.take("no-listener", target()):
        _commit_aside(server, row, asked, login, key, seconds)
        return text("Archival initiated")

    def work() -> AnyResponse:
        try:
            archived, place = finish(server, row, asked, login, seconds)
        except RestError as error:
            if error.status == 409 and error.message != LOCKED:
                raise RestError(500, f"FAILED: {error.message}") from None
            raise
        return _moved(place) if archived else uris([place])

    return behind_proxy(work, slow)


def behind_proxy(work: Callable[[], AnyResponse], slow: Fault | None) -> AnyResponse:
    """Answer as a proxy does that waits only so long: 504, while the work goes on."""
    if slow is None or "timeout" not in slow.options:
        return work()
    pool = ThreadPoolExecutor(1, thread_name_prefix="behind-proxy")
    future = pool.submit(work)
    pool.shutdown(wait=False)
    try:
        return future.result(slow.number("timeout", 0))
    except TimeoutError:
        return proxy_page("504 Gateway Time-out")


def _commit_troubles(row: sqlite3.Row) -> None:
    faults = demo().faults
    if faults.take("locked", target()):
        raise RestError(409, LOCKED)
    conflict = faults.take("conflict", target())
    if conflict:
        message = conflict.word("message", MATCHING)
        set_status(demo(), row["id"], "CONFLICT")
        log(demo(), row["id"], message)
        raise RestError(500, f"FAILED: {message}")


def finish(
    server: Demo,
    row: sqlite3.Row,
    asked: Mapping[str, str],
    login: str,
    seconds: float = 0.0,
) -> tuple[bool, str]:
    """Build a session, and archive it (in *seconds*) where its project or the call says so.

    Returns
    -------
    tuple
        Whether it was archived, and its URI.
    """
    build_session(server, row["id"], asked)
    automatic = row["autoarchive"] in ("AutoArchive", "AutoArchiveOverwrite")
    if not automatic and not is_true(asked.get("AA")):
        return False, row_uri(server, row["id"])
    overwrite = row["autoarchive"] == "AutoArchiveOverwrite"
    overwrite = overwrite or is_true(asked.get("overwrite_files"))
    place = archive_session(server, row["id"], login, asked, overwrite=overwrite, seconds=seconds)
    return True, place


def _commit_aside(
    server: Demo,
    row: sqlite3.Row,
    asked: Mapping[str, str],
    login: str,
    key: str,
    seconds: float,
) -> None:
    def work() -> None:
        try:
            server.listeners.end(key, True, finish(server, row, asked, login, seconds)[1])
        except RestError as error:
            server.listeners.end(key, False, error.message)

    server.listeners.begin(key)
    threading.Thread(target=work, name="commit", daemon=True).start()


def move_session(server: Demo, row: sqlite3.Row, project: str) -> None:
    """Move a session to another project's prearchive.

    Raises
    ------
    RestError
        403: the person may not write there.
    """
    if not server.accounts.can_write(user(), project):
        raise RestError(403, "Invalid permissions for new project.")
    claim(server, row, "MOVING")
    old = session_folder(server, row).relative_to(server.folder).as_posix()
    new = f"prearchive/{project}/{row['timestamp']}/{row['folder']}"
    found = server.state.rows("SELECT * FROM files WHERE session = ?", row["id"])
    relocate(
        server,
        [Move(f["id"], f["path"], new + f["path"][len(old) :], f["scan"]) for f in found],
    )
    server.state.run("UPDATE prearchive SET project = ? WHERE id = ?", project, row["id"])
    set_status(server, row["id"], "READY")


def validate(row: sqlite3.Row, asked: Mapping[str, str]) -> list[Problem]:
    """Return what archiving a session would meet."""
    return problems(demo(), row, archive_goal(row, asked))
