"""Projects and subjects."""

import sqlite3

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.accounts import WRITERS
from dxclient.demo.archive import find_subject, new_subject
from dxclient.demo.context import demo, user
from dxclient.demo.forms import RestError, chosen_columns, item, table, text

projects = Blueprint("projects", __name__)
_VERBS = {
    "read": ("Owners", "Members", "Collaborators"),
    "edit": WRITERS,
    "create": WRITERS,
    "active": WRITERS,
    "delete": ("Owners",),
}
_DISPLAY = [
    *("id", "name", "description", "secondary_id", "pi", "project_invs", "project_access"),
    *("insert_date", "insert_user", "proj_prearchive_code"),
]


def visible_project(project: str) -> sqlite3.Row:
    """Return a project that the person may see.

    Raises
    ------
    RestError
        404: unknown or invisible, which XNAT does not tell apart.
    """
    row = demo().state.row("SELECT * FROM projects WHERE id = ?", project)
    if row is None or not demo().accounts.role(user(), project):
        raise RestError(404, f"Unable to find project {project}")
    return row


def _mine(roles: tuple[str, ...]) -> list[sqlite3.Row]:
    rows = demo().state.rows("SELECT * FROM projects ORDER BY title COLLATE NOCASE")
    return [row for row in rows if demo().accounts.role(user(), row["id"]) in roles]


def _facts(row: sqlite3.Row) -> dict[str, object]:
    return {
        "ID": row["id"],
        "secondary_ID": row["title"],
        "name": row["title"],
        "description": row["description"],
        "keywords": "",
        "alias": "",
        "xsiType": "xnat:projectData",
        "pi_firstname": "",
        "pi_lastname": "",
        "URI": f"/data/projects/{row['id']}",
        "insert_date": row["insert_date"],
        "insert_user": "admin",
    }


@projects.get("/data/projects")
def listing() -> AnyResponse:
    """List projects in the form that the parameters choose."""
    verb = request.args.get("permissions", "").lower()
    if verb:
        return _by_permission(verb)
    if any(request.args.get(name) for name in ("accessible", "owner", "member", "collaborator")):
        return _display()
    verb = request.args.get("restrict", "read").lower()
    rows = [_facts(row) for row in _mine(_VERBS.get(verb, _VERBS["read"]))]
    default = ("ID", "secondary_ID", "name", "description", "pi_firstname", "pi_lastname", "URI")
    columns = [name for name in chosen_columns(default) if name in _facts_names()]
    return table(rows, columns)


def _facts_names() -> set[str]:
    return {
        *("ID", "secondary_ID", "name", "description", "keywords", "alias", "xsiType", "URI"),
        *("pi_firstname", "pi_lastname", "insert_date", "insert_user"),
    }


def _by_permission(verb: str) -> AnyResponse:
    if verb not in _VERBS:
        raise RestError(500, f"Unknown permission {verb}")
    rows = [{"id": row["id"], "secondary_id": row["title"]} for row in _mine(_VERBS[verb])]
    return table(rows, ["id", "secondary_id"], total=False)


def _display() -> AnyResponse:
    role = "user_role_2"
    rows = [
        {
            **dict.fromkeys(_DISPLAY, ""),
            "id": row["id"],
            "name": row["title"],
            "secondary_id": row["title"],
            "description": row["description"],
            "project_access": "private",
            "insert_date": row["insert_date"],
            "insert_user": "admin",
            "proj_prearchive_code": row["code"],
            role: demo().accounts.role(user(), row["id"]),
        }
        for row in _mine(_VERBS["read"])
    ]
    return table(rows, [*_DISPLAY, role], title="Projects")


@projects.get("/data/projects/<project>")
def one(project: str) -> AnyResponse:
    """Return a project."""
    row = visible_project(project)
    names = ("ID", "secondary_ID", "name", "description", "keywords")
    facts = _facts(row)
    return item("xnat:projectData", {**{n: facts[n] for n in names}, "active": 1})


@projects.get("/data/projects/<project>/prearchive_code")
def code(project: str) -> AnyResponse:
    """Tell where sessions go: 0 prearchive, 4 archive, 5 archive and overwrite."""
    return text(visible_project(project)["code"])


@projects.put("/data/projects/<project>/prearchive_code/<int:number>")
def set_code(project: str, number: int) -> AnyResponse:
    """Change where sessions go."""
    visible_project(project)
    if demo().accounts.role(user(), project) != "Owners":
        raise RestError(403)
    if number not in (0, 4, 5):
        raise RestError(400, f"Unknown prearchive code {number}")
    demo().state.run("UPDATE projects SET code = ? WHERE id = ?", number, project)
    return text("")


@projects.get("/data/projects/<project>/accessibility")
def accessibility(project: str) -> AnyResponse:
    """Tell who may see the project."""
    visible_project(project)
    return text("private")


@projects.get("/data/projects/<project>/<name>_code")
def other_code(project: str, name: str) -> AnyResponse:
    """Tell the quarantine code."""
    visible_project(project)
    if name != "quarantine":
        raise RestError(404)
    return text(0)


@projects.get("/data/projects/<project>/users")
def members(project: str) -> AnyResponse:
    """List the members."""
    visible_project(project)
    rows = demo().state.rows(
        "SELECT m.login, firstname, lastname, email, role AS displayname, "
        "m.project || '_' || LOWER(RTRIM(role, 's')) AS GROUP_ID "
        "FROM members m JOIN users u ON m.login = u.login WHERE project = ? ORDER BY m.login",
        project,
    )
    columns = ["login", "firstname", "lastname", "email", "displayname", "GROUP_ID"]
    return table([dict(row) for row in rows], columns)


def _subject_facts(row: sqlite3.Row) -> dict[str, object]:
    return {
        "ID": row["id"],
        "label": row["label"],
        "project": row["project"],
        "group": row["grp"],
        "gender": "",
        "insert_date": row["insert_date"],
        "insert_user": row["insert_user"],
        "xsiType": "xnat:subjectData",
        "URI": f"/data/subjects/{row['id']}",
    }


@projects.get("/data/subjects")
@projects.get("/data/projects/<project>/subjects")
def subjects(project: str = "") -> AnyResponse:
    """List the subjects of a project, or all that the person may see."""
    rows = demo().state.rows("SELECT * FROM subjects ORDER BY label")
    if project:
        visible_project(project)
    shown = [
        _subject_facts(row)
        for row in rows
        if (row["project"] == project if project else demo().accounts.role(user(), row["project"]))
    ]
    default = ("ID", "project", "label", "insert_date", "insert_user", "URI")
    known = ("ID", "label", "project", "group", "gender", "insert_date", "insert_user", "xsiType")
    columns = [name for name in chosen_columns(default) if name in (*known, "URI")]
    return table(shown, columns, title="Subjects")


def get_subject(project: str, name: str) -> sqlite3.Row:
    """Return a subject of a project by label or accession number.

    Raises
    ------
    RestError
        404: it is unknown, or its project invisible.
    """
    visible_project(project)
    row = demo().state.row(
        "SELECT * FROM subjects WHERE project = ? AND ? IN (label, id)", project, name
    )
    if row is None:
        raise RestError(404, f"Unable to find the specified subject {name}.")
    return row


@projects.get("/data/projects/<project>/subjects/<name>")
def subject(project: str, name: str) -> AnyResponse:
    """Return a subject."""
    return _subject_item(get_subject(project, name))


@projects.get("/data/subjects/<number>")
def subject_by_number(number: str) -> AnyResponse:
    """Return a subject by its accession number."""
    row = demo().state.row("SELECT * FROM subjects WHERE id = ?", number)
    if row is None:
        raise RestError(404, f"Unable to find the specified subject {number}.")
    visible_project(row["project"])
    return _subject_item(row)


def _subject_item(row: sqlite3.Row) -> AnyResponse:
    facts = _subject_facts(row)
    names = ("ID", "label", "project", "group", "insert_date", "insert_user")
    return item("xnat:subjectData", {name: facts[name] for name in names})


def _check_may_create(project: str) -> None:
    visible_project(project)
    if not demo().accounts.can_write(user(), project):
        raise RestError(
            403,
            "Specified user account has insufficient create privileges for subjects in this "
            "project.",
        )


@projects.put("/data/projects/<project>/subjects/<name>")
def put_subject(project: str, name: str) -> AnyResponse:
    """Make a subject (201), or find it (200); ``label`` renames it."""
    _check_may_create(project)
    row = demo().state.row(
        "SELECT * FROM subjects WHERE project = ? AND ? IN (label, id)", project, name
    )
    if row is None:
        _check_label(name)
        number = new_subject(demo(), project, name, user(), request.args.get("group", ""))
        return text(number, 201)
    label = request.args.get("label", "")
    if label and label != row["label"]:
        _rename(row, label)
    return text(row["id"])


def _check_label(label: str) -> None:
    if not label.replace("_", "").replace("-", "").isascii() or not all(
        c.isalnum() or c in "_-" for c in label
    ):
        raise RestError(417, "Invalid character in subject label.")


def _rename(row: sqlite3.Row, label: str) -> None:
    _check_label(label)
    if find_subject(demo(), row["project"], label):
        raise RestError(409, "Specified label is already in use.")
    demo().state.run("UPDATE subjects SET label = ? WHERE id = ?", label, row["id"])


@projects.post("/data/projects/<project>/subjects")
def post_subject(project: str) -> AnyResponse:
    """Make a subject that must not exist yet."""
    _check_may_create(project)
    label = request.values.get("label", "")
    if not label:
        raise RestError(400, "No label was given.")
    if demo().state.row("SELECT 1 FROM subjects WHERE project = ? AND label = ?", project, label):
        raise RestError(409, "Subject already exists.")
    _check_label(label)
    number = new_subject(demo(), project, label, user(), request.values.get("group", ""))
    answer = text(number, 201)
    answer.headers["Location"] = f"/data/subjects/{number}"
    return answer
