"""Texts in XNAT's config service: scripts, filters and upload settings.

Only "not found" (404 or 204) and "disabled" mean that there is none. Any other trouble is
raised: a script that was not read must never pass for a script that does not exist. So is a
404 page that a proxy wrote: it says nothing about what XNAT holds.
"""

from __future__ import annotations

from dxclient.domain.errors import XnatMissing
from dxclient.domain.project import Origin, ScriptSource, SeriesFilter
from dxclient.xnat.decode import Answer, path, strange_answer, table
from dxclient.xnat.transport import Transport

_QUIET = ("accept-not-found", "true")
_NONE = (204, 404)


def config_path(project: str, *names: str) -> str:
    """Path of a config object; an empty project means the site's."""
    return path("projects", project, "config", *names) if project else path("config", *names)


def plain_text(transport: Transport, project: str, tool: str, name: str) -> str:
    """Contents of a config object, stripped; empty when there is none or it is disabled."""
    place = config_path(project, tool, name)
    answer = _asked(transport, place, ("contents", "true"), _QUIET)
    return answer.text if answer.status == 200 else ""


def site_script(transport: Transport) -> ScriptSource | None:
    """Read the site's anonymization script, if one is enabled and says anything."""
    answer = _asked(transport, config_path("", "anon", "script"), ("format", "json"))
    return _script(answer, "Site script", Origin.SITE)


def project_script(transport: Transport, project: str) -> ScriptSource | None:
    """Read the project's anonymization script, if one is enabled and says anything.

    Raises
    ------
    XnatMissing
        The project itself is gone: XNAT answers 404 for that too.
    """
    place = config_path(project, "anon", "projects", project)
    answer = _asked(transport, place, ("format", "json"))
    if answer.status == 404:
        prearchive_code(transport, project)
    return _script(answer, "Project script", Origin.PROJECT)


def prearchive_code(transport: Transport, project: str) -> str:
    """Where the project's data goes, as XNAT's number.

    Raises
    ------
    XnatMissing
        There is no such project, or it is hidden from this user.
    """
    try:
        return transport.get(path("projects", project, "prearchive_code")).text
    except XnatMissing as error:
        raise XnatMissing(
            "The project is no longer on the server, or no longer shown to you. "
            "Nothing was sent; choose another project or ask its owner.",
            status=error.status,
            details=error.details,
        ) from None


def series_filter(transport: Transport, project: str) -> SeriesFilter | None:
    """Read the series import filter of the site (empty project) or of a project."""
    place = config_path(project, "seriesImportFilter", "config")
    answer = _asked(transport, place, ("format", "json"), _QUIET)
    text = _enabled_contents(answer)
    origin = Origin.PROJECT if project else Origin.SITE
    return SeriesFilter(text=text, origin=origin) if text.strip() else None


def _asked(transport: Transport, place: str, *query: tuple[str, str]) -> Answer:
    """An answer that XNAT itself gave: what is there, or that nothing is."""
    answer = transport.get(place, query, good=_NONE)
    if answer.status == 404 and answer.is_foreign_page:
        raise strange_answer(answer)
    return answer


def _script(answer: Answer, name: str, origin: Origin) -> ScriptSource | None:
    text = _enabled_contents(answer)
    return ScriptSource(name=name, text=text, origin=origin) if _says_anything(text) else None


def _enabled_contents(answer: Answer) -> str:
    """Contents of the newest row, empty when disabled. A row without contents is no answer."""
    if answer.status in _NONE:
        return ""
    rows = table(answer)
    if not rows or "contents" not in rows[0]:
        raise strange_answer(answer)
    return "" if rows[0].get("status", "").lower() == "disabled" else rows[0]["contents"]


def _says_anything(script: str) -> bool:
    lines = (line.strip() for line in script.splitlines())
    return any(line and not line.startswith("//") for line in lines)
