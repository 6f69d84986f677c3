"""Where jobs and parts may go, as data.

``QUEUED → SENDING → COMMITTING → CONFIRMING → CONFIRMED`` is the way; everything else is a
detour that leads back to ``QUEUED`` or ends. ``CONFIRMED`` and ``CANCELLED`` are never left.
The tables are the only place that says so; ``docs/dev/transfer-states.md`` is written from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType

from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import JobState, PartState


class JobEvent(Enum):
    """What may happen to a job; the value completes "cannot be …"."""

    START = "started"
    COMMIT = "finished on the server"
    COMMITTED = "checked"
    CONFIRM = "confirmed"
    TROUBLE = "put off"
    NETWORK_LOST = "held until the server can be reached"
    LOGIN_LOST = "held until you log in"
    QUESTION = "held for you"
    FAIL = "marked as failed"
    RECOVER = "taken up again"
    DOUBT = "held because its entry is doubtful"
    PAUSE = "paused"
    RESUME = "resumed"
    RETRY = "tried again"
    LOGIN = "woken by a login"
    CANCEL = "cancelled"


class PartEvent(Enum):
    """What may happen to a part."""

    CLAIM = "claimed"
    ACCEPT = "accepted"
    NOTHING = "found empty"
    RELEASE = "released"
    START_OVER = "sent once more"
    MISSING = "sent again because it is missing on the server"


class IllegalTransition(TransferError):
    """An event that does not fit the state."""


ACTIVE = frozenset({JobState.SENDING, JobState.COMMITTING, JobState.CONFIRMING})
FINAL = frozenset({JobState.CONFIRMED, JobState.CANCELLED})
#: States in which a job goes on without a person.
MOVING = ACTIVE | {JobState.QUEUED, JobState.WAITING, JobState.OFFLINE}
#: States in which a job may have a question with choices.
ASKING = frozenset({JobState.NEEDS_YOU, JobState.FAILED})
_RUNNABLE = (JobState.QUEUED, JobState.WAITING, JobState.OFFLINE)


def _from(
    states: Iterable[JobState], event: JobEvent, target: JobState
) -> dict[tuple[JobState, JobEvent], JobState]:
    return {(state, event): target for state in states}


JOB_TRANSITIONS: Mapping[tuple[JobState, JobEvent], JobState] = MappingProxyType(
    {
        **_from(_RUNNABLE, JobEvent.START, JobState.SENDING),
        **_from([JobState.SENDING], JobEvent.COMMIT, JobState.COMMITTING),
        **_from([JobState.COMMITTING], JobEvent.COMMITTED, JobState.CONFIRMING),
        **_from([JobState.CONFIRMING], JobEvent.CONFIRM, JobState.CONFIRMED),
        **_from(ACTIVE, JobEvent.TROUBLE, JobState.WAITING),
        **_from(ACTIVE, JobEvent.NETWORK_LOST, JobState.OFFLINE),
        **_from(ACTIVE.union(_RUNNABLE), JobEvent.LOGIN_LOST, JobState.NEEDS_LOGIN),
        **_from(ACTIVE, JobEvent.QUESTION, JobState.NEEDS_YOU),
        **_from(ACTIVE, JobEvent.FAIL, JobState.FAILED),
        **_from(ACTIVE, JobEvent.RECOVER, JobState.QUEUED),
        **_from([*MOVING, JobState.NEEDS_LOGIN], JobEvent.PAUSE, JobState.PAUSED),
        **_from([JobState.PAUSED], JobEvent.RESUME, JobState.QUEUED),
        **_from(
            [*ASKING, JobState.NEEDS_LOGIN, JobState.WAITING, JobState.OFFLINE],
            JobEvent.RETRY,
            JobState.QUEUED,
        ),
        **_from([JobState.NEEDS_LOGIN], JobEvent.LOGIN, JobState.QUEUED),
        **_from([s for s in JobState if s not in FINAL], JobEvent.DOUBT, JobState.NEEDS_YOU),
        **_from([s for s in JobState if s not in FINAL], JobEvent.CANCEL, JobState.CANCELLED),
    }
)

PART_TRANSITIONS: Mapping[tuple[PartState, PartEvent], PartState] = MappingProxyType(
    {
        (PartState.PENDING, PartEvent.CLAIM): PartState.SENDING,
        (PartState.SENDING, PartEvent.ACCEPT): PartState.ACCEPTED,
        (PartState.SENDING, PartEvent.NOTHING): PartState.EMPTY,
        (PartState.SENDING, PartEvent.RELEASE): PartState.PENDING,
        (PartState.ACCEPTED, PartEvent.MISSING): PartState.PENDING,
        **{(state, PartEvent.START_OVER): PartState.PENDING for state in PartState},
    }
)


def next_job_state(state: JobState, event: JobEvent) -> JobState:
    """Say where *event* leads from *state*.

    Raises
    ------
    IllegalTransition
        When the table does not know the pair.
    """
    try:
        return JOB_TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(
            f"An upload that is “{state.value}” cannot be {event.value}. Nothing was changed."
        ) from None


def next_part_state(state: PartState, event: PartEvent) -> PartState:
    """Say where *event* leads a part. Raises IllegalTransition for an unknown pair."""
    try:
        return PART_TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(
            f"A part that is “{state.value}” cannot be {event.value}. Nothing was changed."
        ) from None
