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
        **_from(ACTIVE.union(_RUNNABLE), JobEvent.QUESTION, JobState.NEEDS_YOU),
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


#: What each state and event is, for the page that is written from here.
MEANINGS: Mapping[JobState | JobEvent, str] = MappingProxyType(
    {
        JobState.QUEUED: "Waits for its turn.",
        JobState.SENDING: "Parts are anonymized, packed and sent: the first alone, then several.",
        JobState.COMMITTING: "The server was asked to finish the session, and is followed.",
        JobState.CONFIRMING: "What the server lists is compared with what was sent.",
        JobState.CONFIRMED: "The server holds everything; the receipt says so.",
        JobState.WAITING: "Something went wrong that time heals; the next try has its moment.",
        JobState.OFFLINE: "The server cannot be reached; goes on by itself when it can. Attempts "
        "are not counted meanwhile.",
        JobState.PAUSED: "A person stopped it.",
        JobState.NEEDS_LOGIN: "Nobody is logged in there; all jobs of that login wait together.",
        JobState.NEEDS_YOU: "Only a person can decide; `choices` says what they may answer.",
        JobState.FAILED: "Cannot be done as it is; a person may change that and try again.",
        JobState.CANCELLED: "A person ended it; what was sent may be removed from the prearchive.",
        JobEvent.START: "Its turn has come.",
        JobEvent.COMMIT: "All parts are through.",
        JobEvent.COMMITTED: "The session is at rest on the server.",
        JobEvent.CONFIRM: "All that was sent is there.",
        JobEvent.TROUBLE: "An error that time heals.",
        JobEvent.NETWORK_LOST: "No answer, and none before in this run.",
        JobEvent.LOGIN_LOST: "The server wants a password, or another one.",
        JobEvent.QUESTION: "A conflict on the server, or a plan that changed; or a certificate "
        "that is not trusted, and then all jobs of that login stop.",
        JobEvent.FAIL: "An error that nothing heals, or that came too often.",
        JobEvent.RECOVER: "The program ended, or the run did.",
        JobEvent.DOUBT: "After a crash its entry contradicts itself.",
        JobEvent.PAUSE: "A person asked.",
        JobEvent.RESUME: "A person asked.",
        JobEvent.RETRY: "A person asked, or answered.",
        JobEvent.LOGIN: "Somebody logged in there.",
        JobEvent.CANCEL: "A person asked.",
    }
)
PART_MEANINGS: Mapping[PartEvent, str] = MappingProxyType(
    {
        PartEvent.CLAIM: "It is its turn.",
        PartEvent.ACCEPT: "The server took it.",
        PartEvent.NOTHING: "A filter or a script left nothing of it.",
        PartEvent.RELEASE: "It was not accepted: an error, a pause, the end of the program.",
        PartEvent.START_OVER: "Everything is sent once more.",
        PartEvent.MISSING: "The server lacks something of it, or a person asked for its scan.",
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
