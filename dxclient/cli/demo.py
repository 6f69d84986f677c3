"""``dxclient demo``: try everything on this machine alone."""

from __future__ import annotations

import argparse
import contextlib
import time
from pathlib import Path

from dxclient.app import App
from dxclient.app.program import home_folder
from dxclient.app.trial import Trial, fresh_label, open_trial, trial
from dxclient.cli import upload
from dxclient.cli.output import errors, findings_lines
from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError

#: The project that shows most: scripts of the site and of its own.
PROJECT = "SCRIPTS"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--headless", action="store_true", help="upload a session, show the receipt")
    how.add_argument("--serve", action="store_true", help="only run the server, until Ctrl+C")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--folder", type=Path, help="where server and samples live")
    parser.add_argument("--receipt", type=Path, help="headless: write the receipt to this file")
    parser.add_argument("--json", action="store_true", help="headless: print the receipt as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve, upload, or open the window."""
    folder = arguments.folder or home_folder() / "demo"
    with trial(folder, arguments.port) as running:
        errors().print(
            f"XNAT-compatible server: {running.url} (users nurse, admin, viewer; "
            f"passwords as the names)\nSample sessions: {running.samples}",
            markup=False,
        )
        if arguments.serve:
            _until_interrupted()
            return 0
        with open_trial(folder, running) as app:
            return (
                _headless(app, running, arguments) if arguments.headless else _window(app, running)
            )


def _until_interrupted() -> None:
    """Wait for Ctrl+C, in pieces: on Windows an endless wait cannot be interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)


def _headless(app: App, running: Trial, arguments: argparse.Namespace) -> int:
    """Upload the first MR session."""
    report = app.scan([running.samples], lambda now: None, lambda: False)
    session = next((s for s in report.sessions if "MR" in s.modalities), None)
    if session is None:
        raise DxError("The sample sessions are not there.")
    draft = _draft(app, session)
    plan = app.plan(draft)
    if plan.stops:
        raise DxError(" ".join(findings_lines(plan.stops)))
    return upload.send(app, draft, arguments)


def _draft(app: App, session: ImageSession) -> UploadDraft:
    settings = app.project_settings(app.project(PROJECT))
    contents = app.project_contents(settings.project)
    draft = UploadDraft(
        settings=settings, session=session, subject=fresh_label(), create_subject=True
    )
    return app.with_label(draft, app.propose_session(draft, contents))


def _window(app: App, running: Trial) -> int:
    from dxclient.ui.main import DemoInfo
    from dxclient.ui.main import run as open_window

    info = DemoInfo(url=running.url, samples=running.samples)
    return open_window(app, demo=info)
