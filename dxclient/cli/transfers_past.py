"""``dxclient transfers receipt``, ``history`` and ``forget``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dxclient.app import App
from dxclient.app.history import HistoryQuery, PastUpload, export
from dxclient.app.orders import Action, Order
from dxclient.app.queue import Queue, done
from dxclient.cli.output import console, show_json, size_text, table
from dxclient.cli.receipt import write_file
from dxclient.cli.transfers_show import moment
from dxclient.cli.words import add_filters, chosen, over, state, word
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob

_OVER = (JobState.CONFIRMED, JobState.FAILED, JobState.CANCELLED)


def add_receipt(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("job", nargs="*", help="session label, or the first characters of the id")
    parser.add_argument("--all", action="store_true", help="every upload that has a receipt")
    add_filters(parser)
    parser.add_argument("--format", help="json, csv, html or pdf; else as the file is called")
    parser.add_argument("--batch", action="store_true", help="all in one file")
    parser.add_argument("-o", "--output", type=Path, help="file to write, or folder for several")
    parser.add_argument("--json", action="store_true", help="print JSON, as it does anyway")


def receipt(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Print or write receipts."""
    jobs = chosen(queue.jobs(), arguments, lambda job: queue.receipt(job.id) is not None)
    if not jobs:
        raise DxError("No upload has a receipt yet.")
    suffix = _suffix(app, arguments)
    if arguments.batch or len(jobs) == 1:
        ids = [job.id for job in jobs]
        data = queue.written(ids, suffix, batch=arguments.batch)
        _put(data, arguments.output)
        return 0
    if arguments.output is None:
        raise DxError("Say where with -o FOLDER, or put all into one file with --batch.")
    _each_its_file(queue, jobs, suffix, arguments.output)
    return 0


def _suffix(app: App, arguments: argparse.Namespace) -> str:
    if arguments.format:
        return str(arguments.format).casefold().lstrip(".")
    output: Path | None = arguments.output
    if output is None or not output.suffix:
        return "json"
    return app.receipt_format_for(output.name) or output.suffix.lstrip(".")


def _put(data: bytes, output: Path | None) -> None:
    if output is not None:
        write_file(output, data)
        return
    # As it is: a PDF is no text.
    sys.stdout.flush()
    out = getattr(sys.stdout, "buffer", None)
    if out is None:
        sys.stdout.write(data.decode())
    else:
        out.write(data.rstrip(b"\n") + b"\n")
        out.flush()


def _each_its_file(queue: Queue, jobs: Sequence[UploadJob], suffix: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DxError(
            "The folder for the receipts cannot be made.", details=type(error).__name__
        ) from None
    for job in jobs:
        name = f"{job.target.session}-{job.id[:8]}.{suffix}"
        write_file(folder / name, queue.written([job.id], suffix))


def add_history(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--search", default="", metavar="WORDS", help="in labels, project, server")
    parser.add_argument("--from", dest="since", type=_day, metavar="DAY", help="YYYY-MM-DD")
    parser.add_argument("--to", dest="until", type=_day, metavar="DAY", help="YYYY-MM-DD, with it")
    parser.add_argument("--state", action="append", type=_past_state, help="repeatable")
    parser.add_argument("--problems", action="store_true", help="only where something went wrong")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write it as .csv or .json")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no day; write YYYY-MM-DD") from None


def _past_state(text: str) -> JobState:
    found = state(text)
    if found not in _OVER:
        known = ", ".join(map(word, _OVER))
        raise argparse.ArgumentTypeError(f"uploads in the history are {known}")
    return found


def history(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Search uploads that are over."""
    until = arguments.until + timedelta(days=1) if arguments.until else None
    query = HistoryQuery(
        text=arguments.search,
        states=tuple(arguments.state or _OVER),
        since=arguments.since.timestamp() if arguments.since else 0.0,
        until=until.timestamp() if until else 0.0,
        problems=arguments.problems,
    )
    found = queue.history(query)
    if arguments.export:
        suffix = arguments.export.suffix.lstrip(".").casefold()
        write_file(arguments.export, export(found, suffix), "history")
    if arguments.json:
        sys.stdout.write(export(found, "json").decode())
    elif not arguments.export:
        _show_past(found)
    return 0


def _show_past(found: Sequence[PastUpload]) -> None:
    if not found:
        console().print("There are no such uploads.")
        return
    titles = ("Ended", "Id", "Project", "Subject", "Session", "State", "Files", "Size", "")
    rows = [
        (
            moment(one.ended),
            one.id[:8],
            one.project,
            one.subject,
            one.session,
            one.state.value,
            one.files,
            size_text(one.size),
            one.sentence or (f"⚠ {one.left_out} left out" if one.problem else ""),
        )
        for one in found
    ]
    console().print(table(titles, rows, right={"Files", "Size"}))


def add_forget(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("job", nargs="*", help="session label, or the first characters of the id")
    parser.add_argument("--older-than", type=_days, metavar="DAYS", help="what ended before that")
    parser.add_argument("--all", action="store_true", help="every upload that is over")
    add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("write a number of days, 1 or more")
    return int(text)


def forget(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Forget uploads that are confirmed or cancelled, with their receipts."""
    if arguments.older_than:
        (outcome,) = queue.order([Order(action=Action.FORGET, days=arguments.older_than)])
        count = done(outcome).count
    else:
        jobs = chosen(queue.jobs(), arguments, over)
        outcomes = queue.order([Order(action=Action.REMOVE, job=job.id) for job in jobs])
        count = sum(1 for one in outcomes if one.done)
        for one in outcomes:
            if not one.done and not arguments.all:
                done(one)
    if arguments.json:
        show_json({"forgotten": count})
    else:
        console().print(f"{count} forgotten, with their receipts.")
    return 0
