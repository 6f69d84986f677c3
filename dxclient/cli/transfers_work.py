"""``dxclient transfers run``: working off the queue in the foreground."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Collection, Sequence

from dxclient.app import App
from dxclient.app.queue import Queue
from dxclient.cli.login import ask_password
from dxclient.cli.output import errors, progress
from dxclient.cli.transfers_show import show_jobs
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import Server

#: States in which an upload got where it was to get.
GOOD = frozenset({JobState.CONFIRMED, JobState.CANCELLED, JobState.PAUSED})
#: States in which an upload does not go on by itself.
RESTS = GOOD | {JobState.NEEDS_LOGIN, JobState.NEEDS_YOU, JobState.FAILED}
_PAUSE = 0.1
#: Seconds between two looks for the bar.
_LOOK = 0.3


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--for-ever", action="store_true", help="wait for further uploads, until Ctrl+C"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Work until the queue rests, or for ever, and list it.

    Raises
    ------
    DxError
        Something that was to go on did not get to its end.
    """
    wake(app)
    held = {JobState.FAILED, JobState.NEEDS_YOU}
    moving = {job.id for job in app.transfers.jobs() if job.state not in GOOD | held}
    if arguments.for_ever:
        _for_ever(app)
    else:
        with Shown(app, moving):
            app.transfers.run_until_idle()
    jobs = app.transfers.jobs()
    show_jobs(jobs, as_json=arguments.json)
    if not arguments.for_ever:
        complain([job for job in jobs if job.id in moving and job.state not in GOOD])
    return 0


def complain(stuck: Sequence[UploadJob]) -> None:
    """Raise DxError for uploads that did not get to their end."""
    if len(stuck) > 1:
        raise DxError(f"{len(stuck)} uploads did not get to their end; the list says why.")
    if stuck:
        sentence = stuck[0].sentence or f"The upload is {stuck[0].state.value}."
        raise DxError(sentence, details=stuck[0].details)


def wake(app: App) -> None:
    """Let uploads that wait for a password go on where it is known, or typed now."""
    waiting = (job.target for job in app.transfers.jobs() if job.state is JobState.NEEDS_LOGIN)
    for url, user in sorted({(target.server, target.user) for target in waiting}):
        same = (s for s in app.saved_servers() if (s.url, s.user) == (url, user))
        server = next(same, Server(url=url, user=user))
        if app.password_for(server, user) is not None:
            app.transfers.credentials_available(url, user)
        elif sys.stdin.isatty():
            app.log_in(server, user, ask_password(user))


def until_rest(app: App, wanted: Collection[str]) -> list[UploadJob]:
    """Send until these uploads rest; gives those that did not get where they were to get.

    Only these: another one may wait for its server for days.
    """
    with Shown(app, wanted):
        app.start_transfers()
        while any(job.state not in RESTS for job in _of(app, wanted)):
            time.sleep(_PAUSE)
    return [job for job in _of(app, wanted) if job.state not in GOOD]


def _of(app: App, wanted: Collection[str]) -> list[UploadJob]:
    return [job for job in app.transfers.jobs() if job.id in wanted]


def _for_ever(app: App) -> None:
    app.start_transfers()
    errors().print("Working on uploads as they come; Ctrl+C ends it.")
    with Shown(app), contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
    errors().print("Stopped. What was accepted by the server will not be sent again.")


class Shown:
    """A bar for what is sent, and a line for each upload that comes to rest, on standard error.

    Parameters
    ----------
    wanted : collection of str, optional
        Ids of the uploads; without, all of them.
    """

    def __init__(self, app: App, wanted: Collection[str] | None = None) -> None:
        self._app = app
        self._wanted = wanted
        self._bar = progress(errors())
        self._states: dict[str, JobState] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> Shown:
        self._states = {job.id: job.state for job in self._jobs()}
        self._bar.start()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._look()
        self._bar.stop()

    def _jobs(self) -> list[UploadJob]:
        jobs = self._app.transfers.jobs()
        return [job for job in jobs if self._wanted is None or job.id in self._wanted]

    def _run(self) -> None:
        task = self._bar.add_task("", total=None)
        while not self._stop.wait(_LOOK):
            jobs = [job for job in self._look() if job.state not in RESTS]
            self._bar.update(
                task,
                description=f"{len(jobs)} uploads: {jobs[0].target.session}" if jobs else "",
                completed=sum(job.bytes_sent for job in jobs),
                total=sum(job.bytes_total for job in jobs) or None,
            )
        self._app.transfers.store.release()

    def _look(self) -> list[UploadJob]:
        jobs = self._jobs()
        for job in jobs:
            if self._states.get(job.id) is not job.state and job.state in RESTS:
                line = f"{job.target.session}: {job.state.value}. {job.sentence}".strip()
                self._bar.console.print(line, markup=False)
            self._states[job.id] = job.state
        return jobs
