"""``dxclient transfers``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dxclient.app import App
from dxclient.cli.login import ask_password
from dxclient.cli.output import console, show_json, size_text, table, tell_of_damage
from dxclient.cli.receipt import save_receipt
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import Server

_OVER = frozenset({JobState.CONFIRMED, JobState.CANCELLED, JobState.PAUSED})
_RESTING = _OVER | {JobState.FAILED, JobState.NEEDS_YOU}
ACTIONS = ("list", "run", "pause", "resume", "retry", "cancel", "receipt")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list")
    parser.add_argument("job", nargs="?", help="id of the upload, or its first characters")
    parser.add_argument(
        "--discard", action="store_true", help="cancel: remove what is on the server"
    )
    parser.add_argument("--output", type=Path, help="receipt: file to write (.json or .html)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Do the action."""
    with App.open() as app:
        tell_of_damage(app)
        if arguments.action == "list":
            return _list(app, as_json=arguments.json)
        if arguments.action == "run":
            _wake(app)
            return _work(app, as_json=arguments.json)
        job = _job(app, arguments.job)
        if arguments.action == "receipt":
            return _receipt(app, job, arguments)
        _act(app, job, arguments)
        if arguments.action in ("resume", "retry"):
            return _work(app, as_json=arguments.json)
        return _list(app, as_json=arguments.json)


def _wake(app: App) -> None:
    """Let jobs that wait for a password go on where it is known, or typed now."""
    waiting = (job.target for job in app.transfers.jobs() if job.state is JobState.NEEDS_LOGIN)
    for url, user in sorted({(target.server, target.user) for target in waiting}):
        same = (s for s in app.saved_servers() if (s.url, s.user) == (url, user))
        server = next(same, Server(url=url, user=user))
        if app.password_for(server, user) is not None:
            app.transfers.credentials_available(url, user)
        elif sys.stdin.isatty():
            app.log_in(server, user, ask_password(user))


def _work(app: App, *, as_json: bool) -> int:
    """Work until the queue rests, and list it.

    Raises
    ------
    DxError
        Something that was to go on did not get to its end.
    """
    moving = {job.id for job in app.transfers.jobs() if job.state not in _RESTING}
    app.transfers.run_until_idle()
    _list(app, as_json=as_json)
    stuck = [j for j in app.transfers.jobs() if j.id in moving and j.state not in _OVER]
    if len(stuck) > 1:
        raise DxError(f"{len(stuck)} uploads did not get to their end; the list says why.")
    if stuck:
        raise DxError(stuck[0].sentence, details=stuck[0].details)
    return 0


def _list(app: App, *, as_json: bool) -> int:
    jobs = app.transfers.jobs()
    if as_json:
        show_json(jobs)
        return 0
    if not jobs:
        console().print("There are no uploads.")
        return 0
    titles = ("Id", "Project", "Session", "State", "Files", "Size", "")
    rows = [
        (
            job.id[:8],
            job.target.project,
            job.target.session,
            job.state.value,
            f"{job.files_sent}/{job.files_total}",
            size_text(job.bytes_total),
            job.sentence,
        )
        for job in jobs
    ]
    console().print(table(titles, rows, right={"Files", "Size"}))
    return 0


def _job(app: App, wanted: str | None) -> UploadJob:
    if not wanted:
        raise DxError("Say which upload; “dxclient transfers” lists them.")
    found = [job for job in app.transfers.jobs() if job.id.startswith(wanted)]
    if len(found) != 1:
        raise DxError(f"{len(found)} uploads have an id that starts with “{wanted}”.")
    return found[0]


def _act(app: App, job: UploadJob, arguments: argparse.Namespace) -> None:
    if arguments.action == "pause":
        app.transfers.pause(job.id)
    elif arguments.action == "cancel":
        app.transfers.cancel(job.id, discard=arguments.discard)
    elif arguments.action == "retry":
        app.transfers.retry(job.id)
    else:
        app.transfers.resume(job.id)


def _receipt(app: App, job: UploadJob, arguments: argparse.Namespace) -> int:
    if arguments.output:
        save_receipt(app, job.id, arguments.output)
        return 0
    sys.stdout.write(app.write_receipt(job.id, "json").decode() + "\n")
    return 0
