"""Projects: which there are, what they demand, and what is in them."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from dxclient.domain.errors import NotPermitted, XnatError, XnatRejected, XnatTrouble
from dxclient.domain.project import (
    Destination,
    Origin,
    PetTracer,
    Place,
    Project,
    ProjectContents,
    ProjectSettings,
    ScriptSource,
    Sourced,
    Subject,
    TakenLabel,
)
from dxclient.xnat import config
from dxclient.xnat.decode import Row, local_path, path, strange_answer, table
from dxclient.xnat.transport import Transport

_JSON = ("format", "json")
_PARALLEL = 6
_DESTINATIONS = {
    "0": Destination.PREARCHIVE,
    "1": Destination.ARCHIVE,  # only the old web uploader's word for it
    "4": Destination.ARCHIVE,
    "5": Destination.ARCHIVE_OVERWRITE,
}


def read_projects(transport: Transport) -> tuple[Project, ...]:
    """Projects whose subjects this user may edit, by title, with descriptions where readable."""
    wanted = (("permissions", "edit"), ("dataType", "xnat:subjectData"), _JSON)
    rows = table(transport.get(path("projects"), wanted))
    if any(not row.get("id") for row in rows):
        raise strange_answer()
    about = _descriptions(transport)
    found = (
        Project(
            id=row["id"],
            name=row.get("secondary_id") or row.get("name", ""),
            description=about.get(row["id"], ""),
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda project: project.title.casefold()))


def _descriptions(transport: Transport) -> dict[str, str]:
    """Descriptions by project id; they are only a help, so trouble means none."""
    with contextlib.suppress(XnatError):
        rows = table(transport.get(path("projects"), (_JSON,), attempts=1))
        return {row.get("id", ""): row.get("description", "") for row in rows}
    return {}


def read_scripts(transport: Transport, project: str) -> tuple[ScriptSource, ...]:
    """Active scripts, the site's first, then the project's: the order in which they are run."""
    found = (config.site_script(transport), config.project_script(transport, project))
    return tuple(script for script in found if script is not None)


@dataclass(frozen=True, slots=True)
class _Texts:
    """One upload setting as it stands at the site and in the project."""

    site: str
    project: str


def read_settings(transport: Transport, project: Project) -> ProjectSettings:
    """Read everything that the project demands, in parallel after a first call alone.

    The first call tells whether login and project still stand; many refused at once would
    count as so many wrong passwords.

    Raises
    ------
    XnatMissing
        The project is gone.
    XnatError
        Anything could not be read; nothing is guessed.
    """
    destination = _destination(config.prearchive_code(transport, project.id))
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="xnat-settings") as pool:

        def both(tool: str, name: str) -> tuple[Future[str], Future[str]]:
            site = pool.submit(config.plain_text, transport, "", tool, name)
            return site, pool.submit(config.plain_text, transport, project.id, tool, name)

        def own(name: str) -> Future[str]:
            return pool.submit(config.plain_text, transport, project.id, "applet", name)

        scripts = pool.submit(read_scripts, transport, project.id)
        filters = [
            pool.submit(config.series_filter, transport, place) for place in ("", project.id)
        ]
        create = both("applet", "allow-create-subject")
        dates = both("applet", "require-date")
        tracers = both("tracers", "tracers")
        bulk = own("allow-bulk-upload")
        subject = own("default-subject-labeling-scheme")
        session = own("default-session-labeling-scheme")
        return ProjectSettings(
            project=project,
            scripts=scripts.result(),
            filters=tuple(found for f in filters if (found := f.result()) is not None),
            destination=destination,
            allow_create_subject=_create_subject(_texts(create)),
            allow_bulk_upload=_bulk_upload(bulk.result()),
            require_date=_require_date(_texts(dates)),
            subject_scheme=_scheme(subject.result(), "manual"),
            session_scheme=_scheme(session.result(), "auto"),
            tracers=_tracers(_texts(tracers)),
        )


def _texts(futures: tuple[Future[str], Future[str]]) -> _Texts:
    return _Texts(futures[0].result(), futures[1].result())


def _destination(code: str) -> Sourced[Destination]:
    if code not in _DESTINATIONS:
        raise strange_answer()
    return Sourced(_DESTINATIONS[code], Origin.PROJECT)


def _create_subject(texts: _Texts) -> Sourced[bool]:
    """Site and project must both allow it; the origin tells who forbids."""
    if texts.site and texts.site.lower() != "true":
        return Sourced(False, Origin.SITE)
    if texts.project:
        return Sourced(texts.project.lower() == "true", Origin.PROJECT)
    return Sourced(True, Origin.SITE if texts.site else Origin.DEFAULT)


def _bulk_upload(text: str) -> Sourced[bool]:
    if not text:
        return Sourced(True)
    return Sourced(text.lower() != "false", Origin.PROJECT)


def _require_date(texts: _Texts) -> Sourced[bool]:
    if texts.project:
        return Sourced(texts.project.lower() != "false", Origin.PROJECT)
    if texts.site:
        return Sourced(texts.site.lower() != "false", Origin.SITE)
    return Sourced(False)


def _scheme(text: str, default: str) -> Sourced[str]:
    return Sourced(text, Origin.PROJECT) if text else Sourced(default)


def _tracers(texts: _Texts) -> Sourced[tuple[PetTracer, ...]]:
    """Take the project's list if there is one, else the site's (XNAT PetTracerListUtils)."""
    origin = Origin.PROJECT if texts.project else Origin.SITE if texts.site else Origin.DEFAULT
    names = (texts.project or texts.site).split()
    return Sourced(tuple(PetTracer(name) for name in names), origin)


def read_contents(transport: Transport, project: Project) -> ProjectContents:
    """Subjects, and the session labels in use in archive and prearchive."""
    with ThreadPoolExecutor(3, thread_name_prefix="xnat-contents") as pool:
        subjects = pool.submit(_subjects, transport, project.id)
        archived = pool.submit(_archived, transport, project.id)
        waiting = pool.submit(_waiting, transport, project.id)
        return ProjectContents(
            subjects=subjects.result(), taken=archived.result() + waiting.result()
        )


def _subjects(transport: Transport, project: str) -> tuple[Subject, ...]:
    place = path("projects", project, "subjects")
    rows = table(transport.get(place, (("columns", "ID,label,group"), _JSON)))
    return tuple(
        Subject(id=row.get("id", ""), label=row.get("label", ""), group=row.get("group", ""))
        for row in rows
    )


def _archived(transport: Transport, project: str) -> tuple[TakenLabel, ...]:
    place = path("projects", project, "experiments")
    try:
        rows = table(transport.get(place, (("columns", "ID,label,subject_label"), _JSON)))
    except (XnatRejected, XnatTrouble):  # a server that does not know the subject's column
        rows = table(transport.get(place, (("columns", "ID,label"), _JSON)))
    return tuple(
        TakenLabel(
            label=row.get("label", ""),
            place=Place.ARCHIVE,
            subject=row.get("subject_label", ""),
            url=row.get("uri", ""),
        )
        for row in rows
    )


def _waiting(transport: Transport, project: str) -> tuple[TakenLabel, ...]:
    """Labels in the prearchive; a user who may not look there has none to collide with."""
    try:
        rows = table(transport.get(path("prearchive", "projects", project), (_JSON,)))
    except NotPermitted:
        return ()
    return tuple(_waiting_label(row, transport.base) for row in rows)


def _waiting_label(row: Row, base: str) -> TakenLabel:
    return TakenLabel(
        label=row.get("name") or row.get("foldername", ""),
        place=Place.PREARCHIVE,
        subject=row.get("subject", ""),
        url=local_path(row.get("url", ""), base),
    )


def create_subject(transport: Transport, project: str, label: str, group: str) -> Subject:
    """Create a subject; one that is already there is returned as it is (XNAT answers 200).

    Raises
    ------
    NotPermitted
        This user may not create subjects there.
    """
    params = [("group", group)] if group else []
    if transport.csrf:
        params.append(("XNAT_CSRF", transport.csrf))
    answer = transport.ask("PUT", path("projects", project, "subjects", label), params)
    return Subject(id=answer.text, label=label, group=group)
