"""The page of states is what the queue does."""

from __future__ import annotations

import runpy
from pathlib import Path

from dxclient.domain.jobs import JobState
from dxclient.transfer.states import JOB_TRANSITIONS, MEANINGS, PART_MEANINGS, JobEvent, PartEvent

ROOT = Path(__file__).parents[2]


def test_the_page_of_states_is_current() -> None:
    made = runpy.run_path(str(ROOT / "build" / "state_diagram.py"))
    now = (ROOT / "docs" / "dev" / "transfer-states.md").read_text("utf-8")
    assert now == made["page"](), "run build/state_diagram.py"


def test_every_state_and_every_event_is_explained() -> None:
    assert set(MEANINGS) == {*JobState, *JobEvent}
    assert set(PART_MEANINGS) == set(PartEvent)
    assert {event for _, event in JOB_TRANSITIONS} == set(JobEvent)
