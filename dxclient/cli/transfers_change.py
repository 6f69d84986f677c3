"""``dxclient transfers pause|resume|cancel|retry|answer|first|move``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace

from dxclient.app import App
from dxclient.app.orders import Action, Order, Outcome
from dxclient.app.queue import Queue
from dxclient.cli.output import errors
from dxclient.cli.transfers_show import show_jobs
from dxclient.cli.transfers_work import complain, until_rest
from dxclient.cli.words import add_filters, choice, chosen, named, over, word
from dxclient.domain.choices import Choice
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob

_PAUSABLE = frozenset(JobState) - {
    JobState.CONFIRMED,
    JobState.CANCELLED,
    JobState.PAUSED,
    JobState.NEEDS_YOU,
    JobState.FAILED,
}
_RETRIABLE = frozenset({JobState.FAILED, JobState.NEEDS_YOU, JobState.WAITING, JobState.OFFLINE})


def _add_jobs(parser: argparse.ArgumentParser, every: str) -> None:
    parser.add_argument(
        "job", nargs="*", help="session label, or the first characters of the id; several at once"
    )
    parser.add_argument("--all", action="store_true", help=every)
    add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_later(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--later", action="store_true", help="do not send now; “transfers run” will"
    )


def add_pause(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    _add_jobs(parser, "every upload that goes on by itself")


def pause(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Pause uploads."""
    return _each(queue, arguments, Action.PAUSE, lambda job: job.state in _PAUSABLE)


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    _add_jobs(parser, "every paused upload")
    _add_later(parser)


def resume(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Let paused uploads go on."""
    fits = _in(JobState.PAUSED)
    return _each(queue, arguments, Action.RESUME, fits, go_on=app)


def add_cancel(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    _add_jobs(parser, "every upload that is not over")
    parser.add_argument(
        "--discard", action="store_true", help="also remove from the server what was sent"
    )


def cancel(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """End uploads for good."""
    order = Order(action=Action.CANCEL, discard=arguments.discard)
    return _each(queue, arguments, order, lambda job: not over(job))


def add_retry(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    _add_jobs(parser, "every upload that failed, waits, or needs you")
    parser.add_argument(
        "--scan", metavar="NUMBER", help="send one scan again, by its number or Series UID"
    )
    _add_later(parser)


def retry(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Try uploads again, or one scan of one upload."""
    if not arguments.scan:
        fits = _in(*_RETRIABLE)
        return _each(queue, arguments, Action.RETRY, fits, go_on=app)
    jobs = chosen(queue.jobs(), arguments, _in(*_RETRIABLE))
    orders = [
        Order(action=Action.RETRY_SCAN, job=job.id, scan=scan)
        for job in jobs
        for scan in _series(job, arguments.scan)
    ]
    return _give(queue, arguments, orders, go_on=app)


def _series(job: UploadJob, wanted: str) -> list[str]:
    found = [s.series_uid for s in job.scans if wanted in (s.number, s.series_uid)]
    if not found:
        raise DxError(f"The upload {job.target.session} has no scan {wanted}.")
    return found


def add_answer(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    words = "|".join("new-label LABEL" if c is Choice.NEW_LABEL else word(c) for c in Choice)
    parser.add_argument(
        "words", nargs="+", metavar="JOB", help=f"uploads, and last the answer: {words}"
    )
    parser.add_argument("--all", action="store_true", help="every upload that offers this answer")
    add_filters(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_later(parser)


def answer(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Answer uploads that need a person."""
    arguments.job, said, label = _understood(arguments.words)
    jobs = chosen(queue.jobs(), arguments, lambda job: said in job.choices)
    if label and len(jobs) > 1:
        raise DxError("Only one upload can get this label; name one.")
    for job in jobs:
        if said not in job.choices:
            offered = ", ".join(map(word, job.choices)) or "none"
            raise DxError(
                f"The upload {job.target.session} is {job.state.value} and does not ask for that "
                f"(answers: {offered}). Nothing was changed."
            )
    orders = [
        Order(action=Action.ANSWER, job=job.id, choice=said, label=label or "") for job in jobs
    ]
    return _give(queue, arguments, orders, go_on=app)


def _understood(words: Sequence[str]) -> tuple[list[str], Choice, str]:
    """Uploads, the answer, and the label that goes with it."""
    if len(words) > 1 and choice(words[-2]) is Choice.NEW_LABEL:
        return list(words[:-2]), Choice.NEW_LABEL, words[-1]
    said = choice(words[-1])
    if said is None or said is Choice.NEW_LABEL:
        known = ", ".join(f"{word(c)} ({c.value})" for c in Choice)
        raise DxError(f"Say the answer last; a label after new-label. There are: {known}.")
    return list(words[:-1]), said, ""


def add_first(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("job", nargs="+", help="uploads, in the order in which they shall go")
    parser.add_argument("--json", action="store_true", help="print JSON")


def first(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Let uploads go before all others."""
    jobs = [named(queue.jobs(), wanted) for wanted in arguments.job]
    orders = [Order(action=Action.FIRST, job=job.id) for job in reversed(jobs)]
    return _give(queue, arguments, orders)


def add_move(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("job", help="session label, or the first characters of the id")
    parser.add_argument("where", choices=("up", "down"), help="up goes earlier")
    parser.add_argument("--by", type=int, default=1, metavar="N", help="so many places")
    parser.add_argument("--json", action="store_true", help="print JSON")


def move(app: App, queue: Queue, arguments: argparse.Namespace) -> int:
    """Let an upload change places with its neighbour."""
    job = named(queue.jobs(), arguments.job)
    action = Action.UP if arguments.where == "up" else Action.DOWN
    return _give(queue, arguments, [Order(action=action, job=job.id)] * max(1, arguments.by))


def _in(*states: JobState) -> Callable[[UploadJob], bool]:
    return lambda job: job.state in states


def _each(
    queue: Queue,
    arguments: argparse.Namespace,
    what: Action | Order,
    fits: Callable[[UploadJob], bool],
    *,
    go_on: App | None = None,
) -> int:
    jobs = chosen(queue.jobs(), arguments, fits)
    order = what if isinstance(what, Order) else Order(action=what)
    return _give(queue, arguments, [replace(order, job=job.id) for job in jobs], go_on=go_on)


def _give(
    queue: Queue,
    arguments: argparse.Namespace,
    orders: Sequence[Order],
    *,
    go_on: App | None = None,
) -> int:
    """Have orders carried out, send what goes on by them, and show what they were about.

    Raises
    ------
    DxError
        Some of them could not be carried out.
    """
    outcomes = queue.order(orders)
    done = {order.job for order, one in zip(orders, outcomes, strict=True) if one.done}
    stuck: list[UploadJob] = []
    if go_on is not None and done and not arguments.later and queue.ours:
        stuck = until_rest(go_on, done)
    touched = {order.job for order in orders}
    jobs = [job for job in queue.jobs() if job.id in touched]
    show_jobs(jobs, as_json=arguments.json)
    _complain(jobs, orders, outcomes)
    complain(stuck)
    return 0


def _complain(
    jobs: Sequence[UploadJob], orders: Sequence[Order], outcomes: Sequence[Outcome]
) -> None:
    failed = [(order, one) for order, one in zip(orders, outcomes, strict=True) if not one.done]
    if len(failed) == 1:
        raise DxError(failed[0][1].sentence, details=failed[0][1].details)
    if failed:
        labels = {job.id: job.target.session for job in jobs}
        for order, one in failed:
            errors().print(f"{labels.get(order.job, order.job)}: {one.sentence}", markup=False)
        raise DxError(f"{len(failed)} of {len(orders)} could not be done; see above.")
