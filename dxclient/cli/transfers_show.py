"""``dxclient transfers list`` and ``show``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console

from dxclient.app import App
from dxclient.app.queue import Queue
from dxclient.cli.output import console, plain, show_json, size_text, table
from dxclient.cli.words import add_filters, filtered, named, next_words, word
from dxclient.domain.jobs import UploadJob

_ORDERS: Mapping[str, Callable[[UploadJob], Any]] = {
    "created": lambda job: job.created,
    "progress": lambda job: share(job),
    "project": lambda job: (job.target.project.casefold(), job.target.session.casefold()),
    "server": lambda job: (job.target.server, job.target.session.casefold()),
    "session": lambda job: job.target.session.casefold(),
    "size": lambda job: job.bytes_total,
    "state": lambda job: job.state.value,
}
#: Widest bar of the list, in characters.
_BAR = 8


def add_list(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_filters(parser)
    parser.add_argument("--sort", choices=sorted(_ORDERS), help="else as they go")
    parser.add_argument("--reverse", action="store_true", help="the other way round")
    parser.add_argument("--json", action="store_true", help="print JSON")


def list_(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """List uploads."""
    jobs = filtered(queue.jobs(), arguments)
    if arguments.sort:
        jobs.sort(key=_ORDERS[arguments.sort])
    if arguments.reverse:
        jobs.reverse()
    show_jobs(jobs, as_json=arguments.json)
    return 0


def show_jobs(jobs: Sequence[UploadJob], *, as_json: bool) -> None:
    """Print uploads as a table, or as JSON."""
    if as_json:
        show_json([as_plain(job) for job in jobs])
    elif not jobs:
        console().print("There are no uploads.")
    else:
        titles = ("Id", "Project", "Session", "State", "Progress", "Files", "Size", "You can")
        right = {"Files", "Size"}
        console().print(table(titles, [_row(job) for job in jobs], right=right))
        for job in jobs:
            if job.sentence:
                console().print(f"{job.id[:8]}: {job.sentence}", markup=False)


def as_plain(job: UploadJob) -> dict[str, Any]:
    """An upload for JSON: its facts without the plan, with the words that one can type."""
    facts = {name: value for name, value in plain(job).items() if name != "plan"}
    return {
        **facts,
        "plan_digest": job.plan.digest,
        "state_word": word(job.state),
        "choices": [word(choice) for choice in job.choices],
        "can": list(next_words(job)),
    }


def _row(job: UploadJob) -> tuple[object, ...]:
    return (
        job.id[:8],
        job.target.project,
        job.target.session,
        job.state.value,
        f"{bar(share(job))} {share(job):4.0%}",
        f"{job.files_sent}/{job.files_total}",
        size_text(job.bytes_total),
        ", ".join(next_words(job)),
    )


def share(job: UploadJob) -> float:
    """How much is through, 0 to 1."""
    return min(1.0, job.bytes_sent / job.bytes_total) if job.bytes_total else 0.0


def bar(part: float) -> str:
    """A share as a bar that is readable without colour."""
    full = round(part * _BAR)
    return "█" * full + "░" * (_BAR - full)


def add_show(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("job", help="session label, or the first characters of the id")
    parser.add_argument("--json", action="store_true", help="print JSON")


def show(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Show one upload."""
    job = named(queue.jobs(), arguments.job)
    if arguments.json:
        show_json(as_plain(job))
        return 0
    out = console()
    for title, text in _facts(job):
        if text:
            out.print(f"{title:<12} {text}", markup=False)
    _scans(out, job)
    return 0


def _facts(job: UploadJob) -> Sequence[tuple[str, str]]:
    target = job.target
    return (
        ("Id", job.id),
        ("State", f"{job.state.value} ({word(job.state)})"),
        ("", job.sentence),
        ("Details", job.details),
        ("You can", ", ".join(next_words(job))),
        ("Server", f"{target.server} as {target.user}"),
        ("Project", target.project),
        ("Subject", target.subject),
        ("Session", target.session),
        ("Goes to", target.destination.value),
        ("Tracer", target.tracer),
        ("Files", f"{job.files_sent} of {job.files_total}"),
        ("Size", f"{size_text(job.bytes_sent)} of {size_text(job.bytes_total)}"),
        ("Parts", f"{job.parts_done} of {job.parts_total}"),
        ("Attempts", str(job.attempts or "")),
        ("Next try", moment(job.next_try)),
        ("Queued", moment(job.created)),
        ("Ended", moment(job.finished)),
        ("On server", job.server_url or job.prearchive_url),
        ("Scripts", ", ".join(script.name for script in job.plan.scripts)),
        ("Plan", job.plan.digest),
    )


def moment(seconds: float) -> str:
    """A time as people here read it; empty for none."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _scans(out: Console, job: UploadJob) -> None:
    rows = [(s.number, s.modality, s.files, size_text(s.size)) for s in job.scans]
    out.print(table(("Scan", "Modality", "Files", "Size"), rows, right={"Files", "Size"}))
