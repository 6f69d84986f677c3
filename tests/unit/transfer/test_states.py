from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.jobs import JobState, PartState
from dxclient.transfer.states import (
    ACTIVE,
    FINAL,
    JOB_TRANSITIONS,
    MOVING,
    IllegalTransition,
    JobEvent,
    PartEvent,
    next_job_state,
    next_part_state,
)

EVENTS = st.lists(st.sampled_from(JobEvent), max_size=60)


def walk(events):
    """States that a job passes when illegal events are refused."""
    states = [JobState.QUEUED]
    for event in events:
        try:
            states.append(next_job_state(states[-1], event))
        except IllegalTransition:
            states.append(states[-1])
    return states


@given(EVENTS)
def test_final_states_are_never_left(events):
    for before, after in pairwise(walk(events)):
        if before in FINAL:
            assert after is before


@given(EVENTS)
def test_a_job_is_confirmed_only_after_sending_committing_and_confirming(events):
    states = walk(events)
    if JobState.CONFIRMED in states:
        changes = [after for before, after in pairwise(states) if before is not after]
        end = changes.index(JobState.CONFIRMED)
        assert changes[end - 3 : end] == [
            JobState.SENDING,
            JobState.COMMITTING,
            JobState.CONFIRMING,
        ]


@given(EVENTS)
def test_work_begins_only_from_a_state_without_a_person(events):
    for before, after in pairwise(walk(events)):
        if after is JobState.SENDING and before is not after:
            assert before in (JobState.QUEUED, JobState.WAITING, JobState.OFFLINE)


@pytest.mark.parametrize("state", [state for state in JobState if state not in FINAL])
def test_every_job_that_is_not_over_can_be_cancelled(state):
    assert next_job_state(state, JobEvent.CANCEL) is JobState.CANCELLED


@pytest.mark.parametrize("state", [state for state in JobState if state not in FINAL])
def test_every_job_that_is_not_over_can_still_be_confirmed(state):
    reached, new = set(), {state}
    while new:
        reached |= new
        new = {
            after for (before, _), after in JOB_TRANSITIONS.items() if before in reached
        } - reached
    assert JobState.CONFIRMED in reached


@pytest.mark.parametrize("state", sorted(MOVING | {JobState.NEEDS_LOGIN}, key=lambda s: s.value))
def test_whatever_moves_can_be_paused(state):
    assert next_job_state(state, JobEvent.PAUSE) is JobState.PAUSED


@pytest.mark.parametrize("state", sorted(ACTIVE, key=lambda s: s.value))
def test_work_of_a_vanished_process_goes_back_into_the_queue(state):
    assert next_job_state(state, JobEvent.RECOVER) is JobState.QUEUED


def test_an_unknown_pair_raises_with_a_sentence():
    with pytest.raises(IllegalTransition, match="“confirmed” cannot be paused"):
        next_job_state(JobState.CONFIRMED, JobEvent.PAUSE)


@given(st.lists(st.sampled_from(PartEvent), max_size=30))
def test_an_accepted_part_is_claimed_again_only_after_starting_over(events):
    state, accepted = PartState.PENDING, False
    for event in events:
        try:
            state = next_part_state(state, event)
        except IllegalTransition:
            continue
        assert not (accepted and event is PartEvent.CLAIM)
        accepted = state is PartState.ACCEPTED
