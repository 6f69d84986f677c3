"""What a fresh server holds: people, projects, settings, a few subjects, an archived session."""

import json
from dataclasses import dataclass

from dxclient.demo.archive import archive_session, build_session, new_subject
from dxclient.demo.config import newest, shipped_script, write
from dxclient.demo.context import Demo
from dxclient.demo.importing import store_all
from dxclient.demo.state import now_text
from dxclient.demo.store import Intake


@dataclass(frozen=True, slots=True)
class _Project:
    id: str
    title: str
    description: str
    code: int = 0


PROJECTS = (
    _Project("PLAIN", "A plain project", "No script and no special settings."),
    _Project("NOBULK", "One session at a time", "Uploading several sessions at once is off."),
    _Project("DATES", "Dates are checked", "The date of the session must be confirmed."),
    _Project("SCRIPTS", "De-identified by a script", "A project script replaces the identity."),
    _Project("VARIABLES", "Script with questions", "The script asks for visit and site."),
    _Project("FILTERED", "Localizers stay at home", "A series filter excludes localizers."),
    _Project("TRACERS", "Amyloid PET study", "Only three PET tracers are used."),
    _Project("NOSUBJECT", "Closed enrolment", "Subjects exist already, none may be added."),
    _Project("ARCHIVE", "Straight to the archive", "Sessions are archived at once.", 4),
    _Project("OVERWRITE", "Archive and replace", "Files that come again replace old ones.", 5),
)
PEOPLE = (
    ("admin", "Ada", "Admin", 1, ""),
    ("nurse", "Nora", "Nurse", 0, "Members"),
    ("viewer", "Vic", "Viewer", 0, "Collaborators"),
)
SUBJECTS = {
    "PLAIN": ("P001", "P002"),
    "NOSUBJECT": ("N001", "N002", "N003"),
    "DATES": ("D001",),
    "ARCHIVE": ("A001",),
}
#: Configurations of projects: project, tool, path, contents.
SETTINGS = (
    ("NOBULK", "applet", "allow-bulk-upload", "false"),
    ("DATES", "applet", "require-date", "true"),
    ("NOSUBJECT", "applet", "allow-create-subject", "false"),
    ("TRACERS", "tracers", "tracers", "FDG PIB AV45"),
)
SITE_TRACERS = "FDG PIB AV45 AV1451 FLUORINE-18"
FILTER = {
    "mode": "blacklist",
    "list": "# scouts and localizers\nLOCALIZER\nscout\n[ImageType]\n\\bLOCALIZER\\b",
    "enabled": "true",
    "projectId": "FILTERED",
}


def seed(demo: Demo, *, site_script: bool) -> None:
    """Fill an empty server; switch the site's script on or off."""
    if demo.state.row("SELECT 1 FROM users") is None:
        _people_and_projects(demo)
        _settings(demo)
        _archived_session(demo)
    _site_script(demo, site_script)


def _people_and_projects(demo: Demo) -> None:
    state = demo.state
    with state.transaction():
        for login, first, last, admin, role in PEOPLE:
            mail = f"{login}@example.org"
            names = {"firstname": first, "lastname": last, "email": mail}
            state.insert("users", login=login, password=login, admin=admin, **names)
            for project in PROJECTS if role else ():
                state.insert("members", project=project.id, login=login, role=role)
        for project in PROJECTS:
            facts = {"id": project.id, "title": project.title, "code": project.code}
            text = project.description
            state.insert("projects", description=text, insert_date=now_text(), **facts)
        for owner, labels in SUBJECTS.items():
            for label in labels:
                new_subject(demo, owner, label, "admin")


def _settings(demo: Demo) -> None:
    for project, tool, path, contents in SETTINGS:
        write(demo.state, "admin", project, tool, path, contents, "enabled")
    write(demo.state, "admin", "", "tracers", "tracers", SITE_TRACERS, "enabled")
    for project, name in (("SCRIPTS", "project"), ("VARIABLES", "variables")):
        place, script = f"/projects/{project}", shipped_script(name)
        write(demo.state, "admin", project, "anon", place, script, "enabled")
    contents = json.dumps(FILTER)
    write(demo.state, "admin", "FILTERED", "seriesImportFilter", "config", contents, "enabled")


def _site_script(demo: Demo, wanted: bool) -> None:
    last = newest(demo.state, "", "anon", "script")
    present = last is not None and last["status"] == "enabled"
    if present == wanted:
        return
    status = "enabled" if wanted else "disabled"
    write(demo.state, "admin", "", "anon", "script", shipped_script("site"), status)


def _archived_session(demo: Demo) -> None:
    from dxclient.demo.samples import small_session

    intake = Intake("admin", "PLAIN", "P001", "P001_MR1", rename=True, prevent_anon=True)
    for session in store_all(demo, intake, small_session()):
        build_session(demo, session, {})
        archive_session(demo, session, "admin", {}, overwrite=False)
