"""Words that one can type for states and answers, and which uploads a person means."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

from dxclient.domain.choices import Choice
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob

_OVER = (JobState.CONFIRMED, JobState.CANCELLED)
#: What a person may do with an upload, by its state; answers and receipts come besides.
_NEXT: Mapping[JobState, tuple[str, ...]] = {
    JobState.PAUSED: ("resume", "cancel"),
    JobState.NEEDS_LOGIN: ("run", "cancel"),
    JobState.NEEDS_YOU: ("retry", "cancel"),
    JobState.FAILED: ("retry", "cancel"),
    JobState.WAITING: ("retry", "pause", "cancel"),
    JobState.OFFLINE: ("retry", "pause", "cancel"),
    JobState.CONFIRMED: ("receipt", "forget"),
    JobState.CANCELLED: ("forget",),
}


def word(value: Enum) -> str:
    """A state or an answer as one types it, such as ``needs-you``."""
    return value.name.lower().replace("_", "-")


def state(text: str) -> JobState:
    """A state as it was typed, or as the list shows it; for argparse."""
    known: Mapping[str, JobState] = {
        **{word(one): one for one in JobState},
        **{one.value: one for one in JobState},
    }
    if text.casefold() not in known:
        states = ", ".join(map(word, JobState))
        raise argparse.ArgumentTypeError(f"“{text}” is no state; there are: {states}")
    return known[text.casefold()]


def choice(text: str) -> Choice | None:
    """An answer as it was typed; None for other words."""
    return next((one for one in Choice if word(one) == text.casefold()), None)


def next_words(job: UploadJob) -> tuple[str, ...]:
    """What a person can do with an upload now, as words of ``dxclient transfers``."""
    answers = tuple(f"answer {word(one)}" for one in job.choices)
    return (*answers, *_NEXT.get(job.state, ("pause", "cancel")))


def over(job: UploadJob) -> bool:
    """Whether nothing becomes of an upload any more."""
    return job.state in _OVER


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which uploads."""
    parser.add_argument("--state", action="append", type=state, help="in this state; repeatable")
    parser.add_argument("--project", metavar="P", help="to this project")
    parser.add_argument("--server", metavar="URL", help="to this server, or a part of its address")
    parser.add_argument("--search", metavar="WORDS", default="", help="with these words")


def filtered(jobs: Iterable[UploadJob], arguments: argparse.Namespace) -> list[UploadJob]:
    """The uploads that fit the options of `add_filters`."""
    words = arguments.search.casefold().split()
    return [
        job
        for job in jobs
        if (not arguments.state or job.state in arguments.state)
        and arguments.project in (None, job.target.project)
        and (arguments.server or "").casefold().rstrip("/") in job.target.server.casefold()
        and all(one in _texts(job) for one in words)
    ]


def _texts(job: UploadJob) -> str:
    target = job.target
    texts = (target.session, target.subject, target.project, target.server, target.user)
    return "\n".join(texts).casefold()


def named(jobs: Sequence[UploadJob], wanted: str) -> UploadJob:
    """The upload with this id, this session label, or an id that begins so.

    Of several with one label that one is meant which is not over.

    Raises
    ------
    DxError
        There is none, or more than one.
    """
    label = wanted.casefold()
    tests: tuple[Callable[[UploadJob], bool], ...] = (
        lambda job: job.id == wanted,
        lambda job: job.target.session.casefold() == label and not over(job),
        lambda job: job.target.session.casefold() == label,
        lambda job: bool(wanted) and job.id.startswith(wanted),
    )
    for test in tests:
        found = [job for job in jobs if test(job)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(job.id[:8] for job in found[:5])
            raise DxError(
                f"{len(found)} uploads are called “{wanted}” or have an id that starts so; "
                f"say which by more of its id: {ids}."
            )
    raise DxError(
        f"0 uploads have an id that starts with “{wanted}”, or that session label. "
        "“dxclient transfers” lists them."
    )


def chosen(
    jobs: Sequence[UploadJob], arguments: argparse.Namespace, fits: Callable[[UploadJob], bool]
) -> list[UploadJob]:
    """The uploads that were named, or with ``--all`` those that fit.

    Raises
    ------
    DxError
        None was named, or one of them is not there.
    """
    if arguments.all:
        return [job for job in filtered(jobs, arguments) if fits(job)]
    if not arguments.job:
        raise DxError("Say which upload, or --all; “dxclient transfers” lists them.")
    found = [named(jobs, wanted) for wanted in arguments.job]
    return list({job.id: job for job in found}.values())
