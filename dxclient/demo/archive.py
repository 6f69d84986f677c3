"""Building sessions out of received files, and moving them into the archive."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from dxclient.demo.context import Demo
from dxclient.demo.forms import RestError
from dxclient.demo.state import now_text
from dxclient.demo.store import (
    Move,
    claim,
    clean,
    forget,
    log,
    relocate,
    session_folder,
    set_status,
    uri,
)

#: Modalities in the order in which they decide the type of a session, with the type's stem.
PRECEDENCE = {
    "PT": "pet",
    "MR": "mr",
    "CT": "ct",
    "US": "us",
    "XA": "xa",
    "NM": "nm",
    "MG": "mg",
    "DX": "dx",
    "CR": "cr",
    "RF": "rf",
}
MATCHING = "Session already exists with matching files."
OTHER_SUBJECT = (
    "Invalid modification of session subject via archive process.: "
    "{} Already Exists for another Subject"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about archiving a session, as validate-archive lists it."""

    code: int
    type: str
    message: str


def session_type(modalities: set[str]) -> str:
    """Return the XNAT type of a session with these modalities; PET comes first."""
    if {"PT", "MR"} <= modalities:
        return "xnat:petmrSessionData"
    for modality, stem in PRECEDENCE.items():
        if modality in modalities:
            return f"xnat:{stem}SessionData"
    return "xnat:otherDicomSessionData"


def scan_type(modality: str) -> str:
    """Return the XNAT type of a scan."""
    stem = PRECEDENCE.get(modality)
    return f"xnat:{stem}ScanData" if stem else "xnat:otherDicomScanData"


def get_row(demo: Demo, session: int) -> sqlite3.Row:
    """Return a prearchive row.

    Raises
    ------
    RestError
        404: it is gone.
    """
    row = demo.state.row("SELECT * FROM prearchive WHERE id = ?", session)
    if row is None:
        raise RestError(404, "Unknown prearchive session.")
    return row


def files_of(demo: Demo, session: int) -> list[sqlite3.Row]:
    """Return the files of a prearchive session in the order they came."""
    return demo.state.rows("SELECT * FROM files WHERE session = ? ORDER BY id", session)


def build_session(demo: Demo, session: int, asked: Mapping[str, str]) -> None:
    """Make the session document: sort files into scans and find the session's type.

    Parameters
    ----------
    demo
        The server.
    session
        The prearchive row.
    asked
        Parameters of the call; names with ``/`` become fields of the session.
    """
    row = get_row(demo, session)
    claim(demo, row, "BUILDING")
    files = files_of(demo, session)
    if not files:
        set_status(demo, session, "ERROR")
        raise RestError(400, "The session holds no files.")
    folder = session_folder(demo, row).relative_to(demo.folder).as_posix()
    relocate(demo, _scan_moves(files, f"{folder}/scans", {}))
    fields = {**json.loads(row["fields"]), **{k: v for k, v in asked.items() if "/" in k}}
    kind = session_type({file["modality"] for file in files})
    sql = "UPDATE prearchive SET xsi_type = ?, fields = ?, visit = ?, protocol = ? WHERE id = ?"
    visit, protocol = asked.get("VISIT") or row["visit"], asked.get("PROTOCOL") or row["protocol"]
    named = {f"{kind}/visit_id": visit, f"{kind}/protocol": protocol}
    fields |= {name: value for name, value in named.items() if value}
    demo.state.run(sql, kind, json.dumps(fields), visit, protocol, session)
    set_status(demo, session, "READY")
    log(demo, session, f"Built session of {len(files)} files.")


def _scan_moves(
    files: list[sqlite3.Row], folder: str, taken: Mapping[str, str], resource: str = "DICOM"
) -> list[Move]:
    """Give each series a scan of its own.

    A second series with a number that is taken gets the form ``4-MR1``, as XNAT names it.
    """
    owner = dict(taken)
    names = {series: scan for scan, series in owner.items()}
    moves = []
    for file in files:
        if file["series"] not in names:
            scan, number = file["scan"], 0
            while scan in owner:
                number += 1
                scan = f"{file['scan']}-{clean(file['modality']) or 'OT'}{number}"
            owner[scan], names[file["series"]] = file["series"], scan
        scan = names[file["series"]]
        new = f"{folder}/{scan}/{resource}/{file['name']}"
        moves.append(Move(file["id"], file["path"], new, scan))
    return moves


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a session is to be archived."""

    project: str
    subject: str
    label: str


def goal_of(row: sqlite3.Row, asked: Mapping[str, str]) -> Goal:
    """Return project, subject and label: as asked by the call, else as the row says."""
    typed = asked.get(f"{row['xsi_type']}/label", "")
    label = asked.get("session") or typed or asked.get("EXPT_LABEL") or asked.get("label")
    subject = asked.get("subject") or asked.get("SUBJECT_ID") or row["subject"]
    project = asked.get("project") or row["project"]
    return Goal(project, clean(subject), clean(label or row["name"]))


def find_subject(demo: Demo, project: str, name: str) -> sqlite3.Row | None:
    """Return a subject by label, whatever its case (XNAT-2865), else by accession number."""
    return demo.state.row(
        "SELECT * FROM subjects WHERE project = ? AND label = ? COLLATE NOCASE", project, name
    ) or demo.state.row("SELECT * FROM subjects WHERE project = ? AND id = ?", project, name)


def find_session(demo: Demo, goal: Goal) -> sqlite3.Row | None:
    """Return the archived session that has the label."""
    sql = "SELECT * FROM experiments WHERE project = ? AND label = ?"
    return demo.state.row(sql, goal.project, goal.label)


def problems(demo: Demo, row: sqlite3.Row, goal: Goal) -> list[Problem]:
    """Return what validate-archive would say, sorted by code."""
    found: list[Problem] = []
    if not demo.state.row("SELECT id FROM projects WHERE id = ?", goal.project):
        found.append(Problem(6, "FAIL", "Unable to identify destination project."))
    subject = find_subject(demo, goal.project, goal.subject)
    if not goal.subject:
        found.append(Problem(11, "FAIL", "Unable to identify subject."))
    elif subject is None:
        found.append(Problem(12, "WARN", f"A new subject will be created: {goal.subject}"))
    existing = find_session(demo, goal)
    if existing:
        found.append(Problem(1, "CONFLICT", "Session already exists, retry with overwrite enabled"))
        found += _against(demo, row, existing, subject)
    return sorted(found, key=lambda problem: problem.code)


def _against(
    demo: Demo, row: sqlite3.Row, existing: sqlite3.Row, subject: sqlite3.Row | None
) -> list[Problem]:
    found = []
    if subject is None or subject["id"] != existing["subject"]:
        found.append(Problem(4, "FAIL", OTHER_SUBJECT.format(existing["label"])))
    if existing["uid"] != row["tag"]:
        message = "Invalid modification of session UID via archive process."
        found.append(Problem(5, "CONFLICT", message))
    if row["xsi_type"] and existing["xsi_type"] != row["xsi_type"]:
        message = "Invalid modification of session modality via archive process."
        found.append(Problem(19, "FAIL", message))
    old = _series(demo.state.rows("SELECT * FROM files WHERE experiment = ?", existing["id"]))
    new = _series(files_of(demo, row["id"]))
    return found + _scan_problems(old, new)


def _series(files: list[sqlite3.Row]) -> dict[str, str]:
    return {file["scan"]: file["series"] for file in files}


def _scan_problems(old: Mapping[str, str], new: Mapping[str, str]) -> list[Problem]:
    found = []
    places = {series: scan for scan, series in old.items()}
    for scan, series in new.items():
        if old.get(scan) == series:
            found.append(Problem(16, "CONFLICT", f"Scan {scan} already exists."))
        elif series in places:
            found.append(Problem(18, "CONFLICT", f"Scan {scan} exists as {places[series]}."))
        elif scan in old:
            found.append(Problem(17, "CONFLICT", f"Scan {scan} exists and will be renamed."))
    return found


def archive_session(
    demo: Demo,
    session: int,
    login: str,
    asked: Mapping[str, str],
    *,
    overwrite: bool,
    override: bool = False,
    seconds: float = 0.0,
) -> str:
    """Move a built session into the archive; return its URI.

    Parameters
    ----------
    demo, session, login
        The server, the prearchive row, who asks.
    asked
        Parameters of the call, which may name another subject or label.
    overwrite
        Matching files are replaced instead of being a conflict.
    override
        Another study UID or modality is no conflict.
    seconds
        How long it takes, at least.

    Raises
    ------
    RestError
        409 with XNAT's words; the session is in the state CONFLICT then.
    """
    row = get_row(demo, session)
    claim(demo, row, "ARCHIVING")
    if demo.ended.wait(seconds) and seconds:
        raise RestError(503, "The server is stopping.")
    try:
        with demo.archiving:
            return _archive(demo, row, login, asked, overwrite=overwrite, override=override)
    except RestError as error:
        set_status(demo, session, "CONFLICT")
        log(demo, session, error.message)
        raise


def _archive(
    demo: Demo,
    row: sqlite3.Row,
    login: str,
    asked: Mapping[str, str],
    *,
    overwrite: bool,
    override: bool,
) -> str:
    goal = goal_of(row, asked)
    if not demo.accounts.can_write(login, goal.project):
        raise RestError(403, "Invalid permissions for new project.")
    _check(demo, row, goal, overwrite=overwrite, override=override)
    subject = find_subject(demo, goal.project, goal.subject)
    subject_id = subject["id"] if subject else new_subject(demo, goal.project, goal.subject, login)
    label = subject["label"] if subject else goal.subject
    existing = find_session(demo, goal)
    experiment = existing["id"] if existing else _new_session(demo, row, goal, subject_id, login)
    _move_files(demo, row, goal, experiment)
    forget(demo, row)
    return f"/data/archive/projects/{goal.project}/subjects/{label}/experiments/{goal.label}"


def _check(demo: Demo, row: sqlite3.Row, goal: Goal, *, overwrite: bool, override: bool) -> None:
    for problem in problems(demo, row, goal):
        serious = problem.code in (4, 6, 11) or (problem.code in (5, 19) and not override)
        if serious:
            raise RestError(409, problem.message)
    existing = find_session(demo, goal)
    if existing and not overwrite and _matching(demo, row["id"], existing["id"]):
        raise RestError(409, MATCHING)


def _matching(demo: Demo, session: int, experiment: str) -> bool:
    """Return whether any file is there already: same series, and same name or same instance."""
    return bool(
        demo.state.row(
            "SELECT 1 FROM files a JOIN files b ON a.series = b.series "
            "AND (a.name = b.name OR a.sop_instance = b.sop_instance) "
            "WHERE a.session = ? AND b.experiment = ?",
            *(session, experiment),
        )
    )


def new_subject(demo: Demo, project: str, label: str, login: str, group: str = "") -> str:
    """Make a subject; return its accession number."""
    with demo.state.transaction():
        number = demo.state.accession("subjects", "S")
        demo.state.insert(
            "subjects",
            id=number,
            project=project,
            label=label,
            grp=group,
            insert_date=now_text(),
            insert_user=login,
        )
    return number


def _new_session(demo: Demo, row: sqlite3.Row, goal: Goal, subject: str, login: str) -> str:
    modalities = {file["modality"] for file in files_of(demo, row["id"])}
    first = next((m for m in PRECEDENCE if m in modalities), "OT")
    with demo.state.transaction():
        number = demo.state.accession("experiments", "E")
        demo.state.insert(
            "experiments",
            id=number,
            project=goal.project,
            subject=subject,
            label=goal.label,
            uid=row["tag"],
            xsi_type=row["xsi_type"],
            modality=first,
            date=row["scan_date"],
            prevent_anon=row["prevent_anon"],
            fields=row["fields"],
            insert_date=now_text(),
            insert_user=login,
        )
    return number


def _move_files(demo: Demo, row: sqlite3.Row, goal: Goal, experiment: str) -> None:
    archived = demo.state.rows("SELECT * FROM files WHERE experiment = ?", experiment)
    folder = f"archive/{goal.project}/arc001/{goal.label}/SCANS"
    moves = _scan_moves(files_of(demo, row["id"]), folder, _series(archived))
    _drop_replaced(demo, row["id"], archived)
    relocate(demo, moves, experiment)


def _drop_replaced(demo: Demo, session: int, archived: list[sqlite3.Row]) -> None:
    """Remove archived copies of instances that arrive again under other names."""
    coming = {file["sop_instance"]: file["name"] for file in files_of(demo, session)}
    for file in archived:
        if coming.get(file["sop_instance"], file["name"]) != file["name"]:
            demo.state.run("DELETE FROM files WHERE id = ?", file["id"])
            (demo.folder / file["path"]).unlink(missing_ok=True)


def row_uri(demo: Demo, session: int) -> str:
    """Return the URI of a prearchive session with ``/data``."""
    return f"/data{uri(get_row(demo, session))}"
