"""What the site says of itself, of its schemas and of its users."""

import time
from importlib import resources

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.context import demo, target, user
from dxclient.demo.forms import RestError, data, table, text

VERSION = "1.8.10"
_BUILD = {
    "version": VERSION,
    "buildNumber": "1",
    "buildDate": "2024-01-02 10:11:12",
    "timestamp": "1704190272000",
    "sha": "0000000",
    "shaFull": "0" * 40,
    "commit": "v1.8.10-0-g0000000",
    "branch": "demo",
    "tag": "1.8.10",
    "isDirty": "false",
    "hostName": "localhost",
    "displayHostName": "never",
    "nodeId": "not set",
}
_ADMIN_ONLY = {
    "sessionTimeout": "15 minutes",
    "aliasTokenTimeout": "2 days",
    "enableCsrfToken": True,
    "requireLogin": True,
    "concurrentMaxSessions": 1000,
}

site = Blueprint("site", __name__)


def _config_on(tool: str, path: str) -> bool:
    row = demo().state.row(
        "SELECT status FROM config WHERE project = '' AND tool = ? AND path = ? "
        "ORDER BY version DESC",
        tool,
        path,
    )
    return bool(row) and str(row["status"]) == "enabled"  # type: ignore[index]


def _preferences() -> dict[str, object]:
    return {
        "siteId": "XNAT",
        "siteUrl": request.host_url.rstrip("/"),
        "siteHome": "/app/template/Index.vm",
        "siteLogoPath": "/images/logo.png",
        "enableSitewideAnonymizationScript": _config_on("anon", "script"),
        "enableSitewideSeriesImportFilter": _config_on("seriesImportFilter", "config"),
        "sitewidePetMr": "petmr",
        "projectAllowAutoArchive": True,
        "defaultProjectAutoArchiveSetting": 4,
        "sessionXmlRebuilderInterval": 5,
        "dicomFileNameTemplate": "${StudyInstanceUID}-${SeriesNumber}-${InstanceNumber}"
        "-${HashSOPClassUIDWithSOPInstanceUID}",
        "zipExtensions": ["zip", "jar", "rar", "ear", "gar", "xar"],
        "scanTypeMapping": True,
        "uiHideDesktopClientDownload": False,
    }


@site.get("/data/version")
def version() -> AnyResponse:
    """Fail as XNAT since 1.7 does; clients probe this first."""
    raise RestError(404, "The server has not found anything matching the request URI")


@site.get("/xapi/siteConfig/buildInfo")
def build_info() -> AnyResponse:
    """Tell the version."""
    return data(_BUILD)


@site.get("/xapi/siteConfig/buildInfo/<name>")
def build_value(name: str) -> AnyResponse:
    """Tell one fact of the build."""
    return text(_BUILD.get(name, "Unknown"))


@site.get("/xapi/siteConfig/uptime")
def uptime() -> AnyResponse:
    """Tell how long the process runs."""
    minutes, seconds = divmod(int(time.time() - demo().started), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
    return data({name: str(value) for name, value in parts.items()})


@site.get("/xapi/siteConfig")
def site_config() -> AnyResponse:
    """Tell the preferences that the person may read."""
    return data(_readable())


def _readable() -> dict[str, object]:
    extra = _ADMIN_ONLY if demo().accounts.is_admin(user()) else {}
    return {**_preferences(), **extra}


@site.get("/xapi/siteConfig/<name>")
def site_value(name: str) -> AnyResponse:
    """Tell one preference."""
    known = _readable()
    if name in known:
        value = known[name]
        return text(value) if isinstance(value, str) else data(value)
    raise RestError(403 if name in _ADMIN_ONLY else 404)


@site.get("/xapi/schemas")
def schemas() -> AnyResponse:
    """List the schemas."""
    return data(["xdat", "xnat"])


@site.get("/xapi/schemas/<name>")
@site.get("/xapi/schemas/<name>/<name2>")
def schema(name: str, name2: str = "") -> AnyResponse:
    """Return a schema; a small part of XNAT's own."""
    del name2
    if name not in ("xdat", "xnat"):
        raise RestError(404)
    found = resources.files("dxclient.demo") / "schemas" / f"{name}.xsd"
    return text(found.read_text("utf-8"), kind="application/xml")


@site.get("/data/search/elements")
@site.get("/data/search/elements/<name>")
def search_elements(name: str = "") -> AnyResponse:
    """List the searchable types; this server has none."""
    del name
    return table([], ["ELEMENT_NAME", "SINGULAR", "PLURAL", "SECURED", "COUNT"])


@site.get("/xapi/access/projects")
def access_projects() -> AnyResponse:
    """List the person's projects with the role in each."""
    found = []
    for row in demo().state.rows("SELECT * FROM projects ORDER BY title"):
        role = demo().accounts.role(user(), row["id"])
        if role:
            found.append(
                {
                    "ID": row["id"],
                    "secondary_ID": row["title"],
                    "name": row["title"],
                    "role": role,
                    "group_id": f"{row['id']}_{role[:-1].lower()}",
                    "URI": f"/data/projects/{row['id']}",
                    "description": row["description"],
                }
            )
    return data(found)


@site.delete("/xapi/access/cache/flush")
def flush() -> AnyResponse:
    """Refresh the person's permissions; nothing is cached here."""
    return text("")


@site.get("/xapi/users/authProviders")
def providers() -> AnyResponse:
    """List the ways to log in."""
    return data([{"name": "Database", "id": "localdb", "type": "db", "visible": True}])


@site.get("/xapi/users/profile")
@site.get("/xapi/users/current")
@site.get("/xapi/users/<login>")
def person(login: str = "") -> AnyResponse:
    """Tell what is known of a person."""
    login = login or user()
    _only_self(login)
    found = demo().accounts.record(login)
    if found is None:
        raise RestError(404)
    return data(
        {
            "id": 1 if found["admin"] else 2,
            "username": login,
            "firstName": found["firstname"],
            "lastName": found["lastname"],
            "email": found["email"],
            "admin": bool(found["admin"]),
            "enabled": True,
            "verified": True,
            "secured": True,
            "lastModified": 1704190272000,
        }
    )


def _only_self(login: str) -> None:
    if login != user() and not demo().accounts.is_admin(user()):
        raise RestError(403)


@site.get("/xapi/users/<login>/roles")
def roles(login: str) -> AnyResponse:
    """List the site roles of a person."""
    _only_self(login)
    return data(["Administrator"] if demo().accounts.is_admin(login) else [])


@site.get("/xapi/users/<login>/groups")
def groups(login: str) -> AnyResponse:
    """List the project groups of a person."""
    _only_self(login)
    rows = demo().state.rows("SELECT * FROM members WHERE login = ? ORDER BY project", login)
    return data([f"{row['project']}_{row['role'][:-1].lower()}" for row in rows])


@site.get("/data/users")
def users() -> AnyResponse:
    """List the users."""
    rows = demo().state.rows("SELECT rowid AS xdat_user_id, * FROM users ORDER BY login")
    return table(rows, ["xdat_user_id", "login", "firstname", "lastname", "email"])  # type: ignore[arg-type]


@site.get("/xapi/event_tracking/<key>")
@site.get("/data/status/<key>")
def event_tracking(key: str) -> AnyResponse:
    """Tell how a long operation goes; 404 until it starts."""
    found = demo().listeners.get(key)
    if found is None or demo().faults.take("no-listener", target()):
        raise RestError(404)
    return data(found)
