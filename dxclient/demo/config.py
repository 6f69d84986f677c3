"""The configuration service, and the newer anonymization calls that speak of the same scripts."""

import sqlite3
from importlib import resources

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.context import demo, user
from dxclient.demo.forms import RestError, data, table, text
from dxclient.demo.state import State, now_text

COLUMNS = [
    *("tool", "path", "project", "user", "create_date", "reason"),
    *("contents", "unversioned", "version", "status"),
]
_SWITCH = {"enabled": "enabled", "true": "enabled", "disabled": "disabled", "false": "disabled"}
_ROOTS = ("/data/config", "/data/projects/<project>/config")

config = Blueprint("config", __name__)


def stored_path(path: str) -> str:
    """Return a path as it is stored: project scripts begin with a slash, as the server fixes up."""
    bare = path.strip("/")
    return f"/{bare}" if bare.startswith("projects/") else bare


def write(
    state: State, login: str, project: str, tool: str, path: str, contents: str, status: str
) -> int:
    """Add a version of a configuration; return its number."""
    with state.transaction():
        last = newest(state, project, tool, path)
        version = int(last["version"]) + 1 if last else 1
        state.insert(
            "config",
            project=project,
            tool=tool,
            path=path,
            contents=contents,
            status=status,
            version=version,
            user=login,
            create_date=now_text(),
        )
    return version


def newest(state: State, project: str, tool: str, path: str) -> sqlite3.Row | None:
    """Return the present version of a configuration."""
    return state.row(
        "SELECT * FROM config WHERE project = ? AND tool = ? AND path = ? ORDER BY version DESC",
        project,
        tool,
        path,
    )


def _row(found: sqlite3.Row) -> dict[str, object]:
    return {**dict(found), "unversioned": "false"}


def _check_project(project: str) -> None:
    if not project:
        return
    known = demo().state.row("SELECT id FROM projects WHERE id = ?", project)
    if known is None:
        raise RestError(404, f"The requested project {project} does not exist.")
    if not demo().accounts.role(user(), project):
        raise RestError(403, f"User {user()} can not access project {project}")


def _not_found(project: str, tool: str, path: str) -> AnyResponse:
    if request.args.get("accept-not-found") == "true":
        return Response(status=204)
    place = f" and project {project}" if project else ""
    path_part = f" path [{path}]" if path else ""
    raise RestError(404, f"Config not found for user {user()}{place} on tool [{tool}]{path_part}")


def _listing(rows: list[sqlite3.Row]) -> AnyResponse:
    columns = [c for c in COLUMNS if c != "contents" or request.args.get("meta") != "true"]
    return table([_row(row) for row in rows], columns, total=False)


def _current(project: str, tool: str = "") -> list[sqlite3.Row]:
    return demo().state.rows(
        "SELECT c.* FROM config c WHERE project = ? AND (? = '' OR tool = ?) AND version = "
        "(SELECT MAX(version) FROM config d WHERE d.project = c.project AND d.tool = c.tool "
        "AND d.path = c.path) ORDER BY tool, path",
        *(project, tool, tool),
    )


@config.get(_ROOTS[0])
@config.get(_ROOTS[1])
def tools(project: str = "") -> AnyResponse:
    """List the tools that have a configuration."""
    _check_project(project)
    names = dict.fromkeys(row["tool"] for row in _current(project))
    if not names:
        return _not_found(project, "", "")
    return table([{"tool": name} for name in names], ["tool"], total=False)


@config.get(f"{_ROOTS[0]}/<tool>")
@config.get(f"{_ROOTS[1]}/<tool>")
def tool_rows(tool: str, project: str = "") -> AnyResponse:
    """List a tool's configurations, one row for each path; ``contents`` is ignored here."""
    _check_project(project)
    rows = _current(project, tool)
    return _listing(rows) if rows else _not_found(project, tool, "")


@config.get(f"{_ROOTS[0]}/<tool>/<path:path>")
@config.get(f"{_ROOTS[1]}/<tool>/<path:path>")
def read(tool: str, path: str, project: str = "") -> AnyResponse:
    """Return one configuration: a row, its history, or the bare contents."""
    _check_project(project)
    path = stored_path(path)
    rows = demo().state.rows(
        "SELECT * FROM config WHERE project = ? AND tool = ? AND path = ? ORDER BY version DESC",
        *(project, tool, path),
    )
    if not rows and project and request.args.get("defaultToSiteWide") == "true":
        return read(tool, path, "")
    if request.args.get("action") == "getHistory" and rows:
        return _listing(rows)
    version = request.args.get("version", "")
    chosen = [row for row in rows if not version or str(row["version"]) == version]
    if not chosen:
        return _not_found(project, tool, path)
    return _one(chosen[0])


def _one(row: sqlite3.Row) -> AnyResponse:
    if request.args.get("contents") != "true":
        return _listing([row])
    if row["status"] != "enabled":
        return _not_found(row["project"], row["tool"], row["path"])
    return text(row["contents"])


def _check_writer(project: str) -> None:
    _check_project(project)
    owner = demo().accounts.role(user(), project) == "Owners" if project else False
    if not owner and not demo().accounts.is_admin(user()):
        place = "this project" if project else "this site"
        raise RestError(403, f"User does not have privileges to modify config for {place}")


def _asked() -> tuple[str | None, str | None]:
    body = request.get_data(as_text=True)
    status = request.args.get("status")
    if request.is_json and request.args.get("inbody") != "true":
        parsed = request.get_json(silent=True) or {}
        return parsed.get("contents"), parsed.get("status", status)
    return body or None, status


@config.put(f"{_ROOTS[0]}/<tool>/<path:path>")
@config.put(f"{_ROOTS[1]}/<tool>/<path:path>")
def replace(tool: str, path: str, project: str = "") -> AnyResponse:
    """Write a new version, or only switch it on or off."""
    _check_writer(project)
    contents, status = _asked()
    if contents is None and status is None:
        raise RestError(
            400,
            "You must specify either the status querystring parameter or a configuration "
            "object in the request body.",
        )
    if status is not None and str(status).lower() not in _SWITCH:
        raise RestError(
            400,
            "Only valid values for the status flag are enabled or true and disabled or false: "
            f"{status}",
        )
    last = newest(demo().state, project, tool, stored_path(path))
    if contents is None:
        if last is None:
            return _not_found(project, tool, path)
        contents = str(last["contents"])
    switch = _SWITCH[str(status or "enabled").lower()]
    version = write(demo().state, user(), project, tool, stored_path(path), contents, switch)
    return text("", 201 if version == 1 else 200)


@config.delete(f"{_ROOTS[0]}/<tool>/<path:path>")
@config.delete(f"{_ROOTS[1]}/<tool>/<path:path>")
def disable(tool: str, path: str, project: str = "") -> AnyResponse:
    """Switch a configuration off; nothing is ever deleted."""
    _check_writer(project)
    last = newest(demo().state, project, tool, stored_path(path))
    if last is None:
        return _not_found(project, tool, path)
    state = demo().state
    write(state, user(), project, tool, stored_path(path), last["contents"], "disabled")
    return text("")


def shipped_script(name: str) -> str:
    """Return the text of one of the scripts that come with the server."""
    return (resources.files("dxclient.demo") / "scripts" / f"{name}.das").read_text("utf-8")


@config.get("/xapi/anonymize/default")
def default_script() -> AnyResponse:
    """Return the script that a fresh site would have."""
    return text(shipped_script("site"))


def _script_place(project: str) -> str:
    return f"/projects/{project}" if project else "script"


@config.get("/xapi/anonymize/site")
@config.get("/xapi/anonymize/projects/<project>")
def script(project: str = "") -> AnyResponse:
    """Return a script; 204 where a project has none."""
    _check_project(project)
    found = newest(demo().state, project, "anon", _script_place(project))
    return text(found["contents"]) if found else Response(status=204)


@config.get("/xapi/anonymize/site/enabled")
@config.get("/xapi/anonymize/projects/<project>/enabled")
def script_enabled(project: str = "") -> AnyResponse:
    """Tell whether a script is switched on."""
    _check_project(project)
    found = newest(demo().state, project, "anon", _script_place(project))
    return data(bool(found) and found is not None and found["status"] == "enabled")


@config.put("/xapi/anonymize/site")
@config.put("/xapi/anonymize/projects/<project>")
def set_script(project: str = "") -> AnyResponse:
    """Replace a script."""
    _check_writer(project)
    place = _script_place(project)
    body = request.get_data(as_text=True)
    write(demo().state, user(), project, "anon", place, body, "enabled")
    return text("")


@config.put("/xapi/anonymize/site/enabled")
@config.put("/xapi/anonymize/projects/<project>/enabled")
def switch_script(project: str = "") -> AnyResponse:
    """Switch a script on or off."""
    _check_writer(project)
    place = _script_place(project)
    last = newest(demo().state, project, "anon", place)
    asked = request.args.get("enable", request.get_data(as_text=True)).strip().lower()
    status = "enabled" if asked in ("true", "") else "disabled"
    contents = last["contents"] if last else ""
    write(demo().state, user(), project, "anon", place, contents, status)
    return text("")
