"""``dxclient upload FOLDER --watch``: sending what arrives in a folder."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from types import FrameType

from dxclient.app import App
from dxclient.app.watch import Watcher, WatchNews, WatchOptions, WatchState
from dxclient.app.watchfolder import WatchedFolder
from dxclient.app.watchlabels import FIELDS
from dxclient.app.watchledger import Ledger
from dxclient.cli import own_script
from dxclient.cli.output import console, errors, plain
from dxclient.cli.variables import variables
from dxclient.cli.words import word
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState

QUIET = "watch.quiet_seconds"
#: Longest pause between two looks, in seconds.
_LONGEST = 15.0
_SHORTEST = 0.2
_MARKS = {JobState.CONFIRMED: "✓", WatchState.QUEUED: "→", JobState.CANCELLED: "•"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments to those of ``upload``."""
    fields = ", ".join(f"{{{name}}}" for name in FIELDS)
    group = parser.add_argument_group(
        "watching",
        "Sends each session once it is there as a whole. --subject and --session may hold "
        f"{fields}; without them the project's schemes give labels.",
    )
    group.add_argument("--watch", action="store_true", help="send what arrives, until Ctrl+C")
    group.add_argument("--once", action="store_true", help="end when what is there is sent")
    group.add_argument(
        "--again", action="store_true", help="send anew what was cancelled in the list of uploads"
    )
    group.add_argument(
        "--quiet", type=_seconds, metavar="S", help="seconds without a change (setting, else 60)"
    )
    group.add_argument("--every", type=_seconds, metavar="S", help="seconds between two looks")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("write seconds, more than 0 and at most a day")
    return seconds


def wrong_usage(arguments: argparse.Namespace) -> str:
    """What does not go together; empty when all does."""
    if not arguments.watch:
        given = arguments.once or arguments.again or arguments.quiet or arguments.every
        return "--once, --again, --quiet and --every go with --watch" if given else ""
    if len(arguments.folder) != 1:
        return "--watch takes one folder"
    one = {
        "--study": arguments.study,
        "--scan": arguments.scan,
        "--date": arguments.date,
        "--receipt": arguments.receipt,
    }
    given = [name for name, value in one.items() if value]
    return f"{given[0]} is for one session and does not go with --watch" if given else ""


def run(app: App, arguments: argparse.Namespace) -> int:
    """Watch until Ctrl+C, or once.

    Raises
    ------
    DxError
        With ``--once``: something could not be sent.
    """
    folder = app.path(str(arguments.folder[0]))
    if not os.path.isdir(folder):  # noqa: PTH112  (a share may raise for less)
        raise DxError("The folder does not exist; check how it is written.")
    quiet = arguments.quiet or float(app.settings(arguments.project).number(QUIET))
    pause = arguments.every or min(max(quiet / 4, _SHORTEST), _LONGEST)
    connection = app.connection
    server = connection.server.url if connection is not None else ""
    with contextlib.closing(Ledger(app.home / "watch.sqlite", server, arguments.project)) as ledger:
        watched = WatchedFolder(folder, quiet)
        teller = _Teller(as_json=arguments.json)
        prepare = partial(own_script.chosen, app, arguments=arguments)
        watcher = Watcher(app, watched, ledger, _options(arguments), teller, prepare)
        with _until_interrupted() as stop:
            if not arguments.once:
                errors().print(f"Watching; a session is sent {quiet:g} s after its last change.")
                watcher.run(stop, pause)
            else:
                watcher.run_once(stop, pause, quiet + 4 * pause)
        return _end(watcher, stopped=stop.is_set(), once=arguments.once)


def _options(arguments: argparse.Namespace) -> WatchOptions:
    return WatchOptions(
        project=arguments.project,
        subject=arguments.subject or "",
        session=arguments.session or "",
        tracer=arguments.tracer,
        date_unknown=arguments.date_unknown,
        accepts_no_script=arguments.without_anonymization,
        agreed=arguments.yes,
        again=arguments.again,
        answers=variables(arguments.var),
    )


def _end(watcher: Watcher, *, stopped: bool, once: bool) -> int:
    held, moving = watcher.held, watcher.moving()
    if stopped:
        rest = f" {moving} uploads are not over; they go on at the next start." if moving else ""
        errors().print(f"Stopped.{rest}")
        return 0
    if once and watcher.arriving:
        errors().print("Some files still change; they are left to the next time.")
    if held:
        raise DxError(f"{len(held)} could not be sent; each was said with its reason.")
    return 0


@contextlib.contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """An event that Ctrl+C and the end of the machine set, so that work ends where it may."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt  # asked twice: now
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Teller:
    """Prints a line for what became of a session."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __call__(self, news: WatchNews) -> None:
        if self._as_json:
            facts = {**plain(news), "state": word(news.state)}
            sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        console().print(" ".join(_words(news)), markup=False)
        sys.stdout.flush()


def _words(news: WatchNews) -> Sequence[str]:
    who = news.session or (f"Session in {news.folder}" if news.folder else "")
    files = f", {news.files} files" if news.files else ""
    rest = f": {news.sentence}" if news.sentence else ""
    mark = _MARKS.get(news.state, "⚠")
    return (mark, f"{who} {news.state.value}{files}{rest}".strip())
