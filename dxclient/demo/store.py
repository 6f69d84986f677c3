"""Rows and files of the prearchive: where an instance goes, and how it gets there."""

import hashlib
import os
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom.dataset import Dataset

from dxclient.demo.context import Demo
from dxclient.demo.forms import RestError
from dxclient.demo.state import now_text

#: What a project's prearchive code writes into a row.
AUTOARCHIVE = {0: "Manual", 4: "AutoArchive", 5: "AutoArchiveOverwrite"}
#: States that a new file may interrupt (PrearcDatabase.eitherGetOrCreateSession).
JOINABLE = {
    "RECEIVING": "RECEIVING",
    "RECEIVING_INTERRUPT": "RECEIVING_INTERRUPT",
    "BUILDING": "RECEIVING_INTERRUPT",
    "READY": "RECEIVING",
    "ERROR": "RECEIVING",
    "CONFLICT": "RECEIVING",
}
#: More than this is cut off a label, so that folders can be made of it.
LONGEST_LABEL = 120
LOCKED = "session document locked"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Intake:
    """What the sender said about the files of one request."""

    user: str
    project: str = ""
    subject: str = ""
    session: str = ""
    rename: bool = False
    prevent_anon: bool = False
    prevent_auto_commit: bool = False
    source: str = ""
    visit: str = ""
    protocol: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM object as received."""

    entry: str
    content: bytes
    dataset: Dataset

    def text(self, keyword: str) -> str:
        """Return an element as text; empty where absent."""
        value = self.dataset.get(keyword)
        return "" if value is None else str(value)


def clean(label: str) -> str:
    """Return a label with everything illegal replaced, as XNAT's cleanValue does.

    What comes out is also safe as the name of a folder.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", label.strip())[:LONGEST_LABEL]


def uri(row: sqlite3.Row) -> str:
    """Return where a prearchive session is, without ``/data``."""
    return f"/prearchive/projects/{row['project']}/{row['timestamp']}/{row['folder']}"


def session_folder(demo: Demo, row: sqlite3.Row) -> Path:
    """Return the folder of a prearchive session."""
    place = (row["project"], row["timestamp"], row["folder"])
    return demo.folder.joinpath("prearchive", *(str(part) for part in place))


def log(demo: Demo, session: int, entry: str) -> None:
    """Write a line into a session's log."""
    demo.state.insert("logs", session=session, date=now_text(), entry=entry)


def destination(demo: Demo, intake: Intake, instance: Instance) -> str:
    """Return the project an instance goes to: as asked, as its header says, or ``Unassigned``."""
    header = re.search(r"Project:\s*([A-Za-z0-9_-]+)", instance.text("PatientComments"))
    candidates = [intake.project, header[1] if header else "", instance.text("StudyDescription")]
    for project in candidates:
        if project and demo.accounts.can_write(intake.user, project):
            return project
    return "Unassigned"


def session_names(intake: Intake, instance: Instance) -> tuple[str, str]:
    """Return subject and session name: as asked, from the comment, or from the patient."""
    comment = instance.text("PatientComments")
    subject = re.search(r"Subject:\s*([^;]+)", comment)
    session = re.search(r"Session:\s*([^;]+)", comment)
    return (
        intake.subject or (subject[1] if subject else instance.text("PatientName")),
        clean(intake.session or (session[1] if session else instance.text("PatientID")))
        or "unknown",
    )


def join_row(demo: Demo, intake: Intake, project: str, instance: Instance) -> int:
    """Find or make the row of (project, study, session name); return its id.

    The session counts as being received until `end_receiving` is called for it.
    """
    subject, name = session_names(intake, instance)
    tag = instance.text("StudyInstanceUID")
    with demo.state.transaction():
        for row in demo.state.rows(
            "SELECT * FROM prearchive WHERE project = ? AND tag = ? AND name = ? ORDER BY id DESC",
            *(project, tag, name),
        ):
            if row["status"] in JOINABLE:
                set_status(demo, row["id"], JOINABLE[row["status"]])
                demo.active[int(row["id"])] += 1
                return int(row["id"])
        made = _new_row(demo, intake, project, subject, name, instance)
        demo.active[made] += 1
        return made


def end_receiving(demo: Demo, sessions: Iterable[int]) -> None:
    """Note that a request no longer adds files to these sessions."""
    with demo.state.transaction():
        for session in sessions:
            demo.active[session] -= 1


def _new_row(
    demo: Demo, intake: Intake, project: str, subject: str, name: str, instance: Instance
) -> int:
    stamp = datetime.now().strftime("%Y%m%d_%H%M%S%f")[:-3]
    known = demo.state.row("SELECT code FROM projects WHERE id = ?", project)
    return demo.state.insert(
        "prearchive",
        project=project,
        timestamp=stamp,
        folder=_free_folder(demo, project, stamp, name),
        name=name,
        tag=instance.text("StudyInstanceUID"),
        subject=subject,
        status="RECEIVING",
        lastmod=now_text(),
        uploaded=now_text(),
        scan_date=_date(instance.text("StudyDate")),
        scan_time=_time(instance.text("StudyTime")),
        autoarchive=AUTOARCHIVE[known["code"]] if known else "",
        prevent_anon="true" if intake.prevent_anon else "false",
        prevent_auto_commit="true" if intake.prevent_auto_commit else "false",
        source=intake.source,
        visit=intake.visit,
        protocol=intake.protocol,
        timezone=intake.timezone,
    )


def _free_folder(demo: Demo, project: str, stamp: str, name: str) -> str:
    taken = {
        row["folder"]
        for row in demo.state.rows(
            "SELECT folder FROM prearchive WHERE project = ? AND timestamp = ?", project, stamp
        )
    }
    number, folder = 0, name
    while folder in taken:
        number += 1
        folder = f"{name}_{number}"
    return folder


def _date(value: str) -> str:
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if re.fullmatch(r"\d{8}", value) else ""


def _time(value: str) -> str:
    found = re.match(r"(\d\d)(\d\d)(\d\d)(\.\d{1,3})?", value)
    return f"{found[1]}:{found[2]}:{found[3]}{found[4] or ''}" if found else ""


def set_status(demo: Demo, session: int, status: str) -> None:
    """Set the state of a prearchive session."""
    sql = "UPDATE prearchive SET status = ?, lastmod = ? WHERE id = ?"
    demo.state.run(sql, status, now_text(), session)


def claim(demo: Demo, row: sqlite3.Row, status: str) -> None:
    """Take a session for an operation.

    Raises
    ------
    RestError
        409: another operation has it, or files are just being received for it.
    """
    marks = ",".join("?" * len(JOINABLE))
    sql = f"UPDATE prearchive SET status = ?, lastmod = ? WHERE id = ? AND status IN ({marks})"  # noqa: S608
    with demo.state.transaction():
        if demo.active[row["id"]] > 0 or not demo.state.run(
            sql, status, now_text(), row["id"], *JOINABLE
        ):
            raise RestError(409, LOCKED)


def scan_id(instance: Instance) -> str:
    """Return the scan an instance belongs to: its series number, else its series UID."""
    number = instance.text("SeriesNumber").strip()
    return clean(number) or clean(instance.text("SeriesInstanceUID")) or "unknown"


def dicom_name(instance: Instance) -> str:
    """Return the name that the server's own file namer gives."""
    sop = instance.text("SOPClassUID") + instance.text("SOPInstanceUID")
    number, digits = zlib.crc32(sop.encode()), ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    parts = (
        instance.text("StudyInstanceUID"),
        instance.text("SeriesNumber"),
        instance.text("InstanceNumber"),
        digits,
    )
    return "-".join(re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in parts if part) + ".dcm"


def _file_name(demo: Demo, intake: Intake, session: int, scan: str, instance: Instance) -> str:
    kept = re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._ -]{0,200}", instance.entry)
    if intake.rename or not kept:
        return dicom_name(instance)
    other = demo.state.row(
        "SELECT id FROM files WHERE session = ? AND scan = ? AND name = ? AND sop_instance <> ?",
        *(session, scan, instance.entry, instance.text("SOPInstanceUID")),
    )
    return dicom_name(instance) if other else instance.entry


def keep_file(demo: Demo, intake: Intake, session: int, instance: Instance) -> None:
    """Write an instance into its session, over an earlier copy of itself.

    Raises
    ------
    RestError
        400: the same file is being received by another request at this moment.
    """
    row = demo.state.row("SELECT * FROM prearchive WHERE id = ?", session)
    assert row is not None
    scan = _scan_of(demo, session, instance)
    name = _file_name(demo, intake, session, scan, instance)
    path = session_folder(demo, row) / "scans" / scan / "DICOM" / name
    relative = path.relative_to(demo.folder).as_posix()
    if relative in demo.receiving:
        raise RestError(400, "Concurrent file sends of the same data is not supported.")
    demo.receiving.add(relative)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(instance.content)
        _remember_file(demo, session, scan, name, relative, instance)
    finally:
        demo.receiving.discard(relative)


def _scan_of(demo: Demo, session: int, instance: Instance) -> str:
    """Return the scan of a series that the session was already built with, else by its number."""
    known = demo.state.row(
        "SELECT scan FROM files WHERE session = ? AND series = ?",
        *(session, instance.text("SeriesInstanceUID")),
    )
    return str(known["scan"]) if known else scan_id(instance)


def _remember_file(
    demo: Demo, session: int, scan: str, name: str, relative: str, instance: Instance
) -> None:
    with demo.state.transaction():
        demo.state.run("DELETE FROM files WHERE path = ?", relative)
        demo.state.insert(
            "files",
            session=session,
            scan=scan,
            name=name,
            path=relative,
            size=len(instance.content),
            sha256=hashlib.sha256(instance.content).hexdigest(),
            md5=hashlib.md5(instance.content, usedforsecurity=False).hexdigest(),
            sop_instance=instance.text("SOPInstanceUID"),
            series=instance.text("SeriesInstanceUID"),
            number=instance.text("SeriesNumber"),
            modality=instance.text("Modality"),
            description=instance.text("SeriesDescription"),
        )


@dataclass(frozen=True, slots=True)
class Move:
    """One file that goes elsewhere."""

    file: int
    old: str
    new: str
    scan: str


def relocate(demo: Demo, moves: Iterable[Move], experiment: str = "") -> None:
    """Move files: copy all, change the records at once, then remove the old copies.

    In this order a killed process leaves either the old state or the new one.
    """
    wanted = [move for move in moves if move.old != move.new or experiment]
    for move in wanted:
        target = demo.folder / move.new
        target.parent.mkdir(parents=True, exist_ok=True)
        if move.old != move.new:
            _duplicate(demo.folder / move.old, target)
    with demo.state.transaction():
        for move in wanted:
            demo.state.run("DELETE FROM files WHERE path = ? AND id <> ?", move.new, move.file)
            sql = "UPDATE files SET path = ?, scan = ?, name = ? WHERE id = ?"
            demo.state.run(sql, move.new, move.scan, Path(move.new).name, move.file)
            if experiment:
                sql = "UPDATE files SET session = NULL, experiment = ? WHERE id = ?"
                demo.state.run(sql, experiment, move.file)
    for move in wanted:
        if move.old != move.new:
            (demo.folder / move.old).unlink(missing_ok=True)


def _duplicate(source: Path, target: Path) -> None:
    """Give a file a second name where the file system can, else copy it."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def forget(demo: Demo, row: sqlite3.Row) -> None:
    """Remove a prearchive session with its files."""
    with demo.state.transaction():
        demo.state.run("DELETE FROM files WHERE session = ?", row["id"])
        demo.state.run("DELETE FROM logs WHERE session = ?", row["id"])
        demo.state.run("DELETE FROM prearchive WHERE id = ?", row["id"])
    shutil.rmtree(session_folder(demo, row), ignore_errors=True)
