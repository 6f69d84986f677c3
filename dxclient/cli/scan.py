"""``dxclient scan FOLDER``."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from dxclient.app import App
from dxclient.cli.output import console, errors, findings_lines, progress, show_json, table
from dxclient.domain.dicom import FolderReport, ImageSession, ScanProgress
from dxclient.domain.errors import DxError


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", nargs="+", type=Path, help="folder or file")
    parser.add_argument("--scans", action="store_true", help="list the scans of each session")
    parser.add_argument("--left-out", action="store_true", help="list each file that is left out")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Scan and print."""
    with App.open() as app:
        report = read(app, arguments.folder)
    if arguments.json:
        show_json(report)
    else:
        show(console(), report, scans=arguments.scans, each=arguments.left_out)
    return 0


def read(app: App, folders: Sequence[Path]) -> FolderReport:
    """Scan with a progress bar.

    Raises
    ------
    DxError
        A folder does not exist, which is rather a slip of the pen than an empty folder.
    """
    for number, folder in enumerate(folders, 1):
        if not os.path.lexists(folder):
            which = "The folder" if len(folders) == 1 else f"Number {number} of the folders"
            raise DxError(f"{which} does not exist; check how it is written.")
    out = errors()
    with progress(out) as bar:
        task = bar.add_task("Reading headers", total=None)

        def told(now: ScanProgress) -> None:
            bar.update(task, completed=now.files, total=now.total or None)

        return app.scan(folders, told, lambda: False)


def show(out: Console, report: FolderReport, *, scans: bool, each: bool) -> None:
    """Print sessions, their findings, and what was left out."""
    if not report.sessions:
        out.print("No DICOM image sessions were found.")
    else:
        out.print(sessions_table(report.sessions))
    for session in report.sessions:
        for line in findings_lines(session.findings):
            out.print(f"  {session.study_uid}: {line}", markup=False)
        if scans:
            out.print(scans_table(session))
    for reason, count in Counter(left.reason for left in report.left_out).most_common():
        out.print(f"Left out: {count} × {reason.value}", markup=False)
    if each:
        for left in report.left_out:
            out.print(f"  {left.reason.value}: {left.path} {left.detail}", markup=False)


def sessions_table(sessions: Sequence[ImageSession]) -> object:
    """One row a session."""
    titles = ("Patient", "ID", "Date", "Description", "Modality", "Scans", "Files", "Study UID")
    rows = [
        (
            s.patient_name,
            s.patient_id,
            s.date or "",
            s.description,
            " ".join(s.modalities),
            len(s.scans),
            s.file_count,
            s.study_uid,
        )
        for s in sessions
    ]
    return table(titles, rows, right={"Scans", "Files"})


def scans_table(session: ImageSession) -> object:
    """One row a scan."""
    titles = ("  Scan", "Modality", "Description", "Files")
    rows = [(f"  {s.number}", s.modality, s.description, len(s.files)) for s in session.scans]
    return table(titles, rows, right={"Files"})
