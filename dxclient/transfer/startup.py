"""Taking up what a former process left."""

from __future__ import annotations

from dxclient.domain.choices import Choice
from dxclient.domain.jobs import JobState
from dxclient.transfer import codec
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.run import Tools
from dxclient.transfer.states import FINAL, JobEvent

_DOUBTFUL = (
    "The program ended in the middle of this upload, and what is written down of it does not fit "
    "together. Nothing more was sent and your files are untouched. Send everything again, or "
    "cancel this upload and prepare it again."
)


def take_up(tools: Tools) -> None:
    """Queue again what was in work; hold for a person what contradicts itself.

    Entries are checked only when a process vanished in the middle of its work.
    """
    store = tools.store
    vanished = store.recover(tools.owner)
    for job_id in store.not_forgotten():
        store.forget(job_id)
    if vanished:
        for job_id in store.ids(*(state for state in JobState if state not in FINAL)):
            _doubt(tools, job_id)


def _doubt(tools: Tools, job_id: str) -> None:
    broken = broken_rules(tools.store, job_id)
    if broken:
        before = tools.store.advance(
            job_id,
            JobEvent.DOUBT,
            sentence=_DOUBTFUL,
            details="\n".join(broken),
            choices=codec.choice_names([Choice.START_OVER]),
        )
        tools.news.changed(job_id, before)
