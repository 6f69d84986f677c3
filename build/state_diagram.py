#!/usr/bin/env python3
"""Write docs/dev/transfer-states.md from the tables of the transfer queue.

python build/state_diagram.py           write it
python build/state_diagram.py --check   exit 1 when it is not current
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path

from dxclient.domain.jobs import JobState, PartState
from dxclient.transfer.invariants import rules_everywhere, rules_in
from dxclient.transfer.states import (
    ACTIVE,
    FINAL,
    JOB_TRANSITIONS,
    MEANINGS,
    PART_MEANINGS,
    PART_TRANSITIONS,
    JobEvent,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "dev" / "transfer-states.md"
#: A row of a table: what happens, from where, to where.
Row = tuple[Enum, tuple[Enum, ...], Enum]
INTRODUCTION = """# States of an upload

Written from `dxclient/transfer/states.py` and `dxclient/transfer/invariants.py` by
`build/state_diagram.py`; a test compares. What is not in these tables cannot happen: the queue
refuses the event and changes nothing.

Every session ends as *confirmed* or *cancelled*, or rests in a state that has a name, a sentence
and a way on.
"""


def page() -> str:
    """The whole page."""
    unfinished = [state for state in JobState if state not in FINAL]
    rows = _grouped(JOB_TRANSITIONS)
    everywhere = [row for row in rows if len(row[1]) == len(unfinished)]
    return "\n".join(
        [
            INTRODUCTION,
            "## A job\n",
            "```mermaid",
            *_job_diagram([row for row in rows if row not in everywhere]),
            "```\n",
            *(
                f"From every state that is not an end: `{event.name}` → *{target.value}*.\n"
                for event, _, target in everywhere
            ),
            *_table(rows, MEANINGS),
            "",
            "## A part\n",
            "```mermaid",
            "stateDiagram-v2",
            "    [*] --> PENDING",
            *(
                f"    {source.name} --> {target.name}: {event.name}"
                for event, sources, target in _grouped(PART_TRANSITIONS)
                for source in sources
                if source is not target
            ),
            "```\n",
            *_table(_grouped(PART_TRANSITIONS), PART_MEANINGS),
            "",
            "## What holds\n",
            "In every state:\n",
            *(f"- {sentence}" for sentence in rules_everywhere()),
            "",
            *_what_holds(),
            _END,
        ]
    )


_END = """Once a part is *accepted*, only `START_OVER` and `MISSING` make it pending again: a person
asked for that, or the server said that something of it is not there.
"""


def _grouped(table: Mapping[tuple[Enum, Enum], Enum]) -> list[Row]:
    """One row for each event and target, in the order of the table."""
    rows: dict[tuple[Enum, Enum], list[Enum]] = {}
    for (source, event), target in table.items():
        rows.setdefault((event, target), []).append(source)
    return [
        (event, tuple(sorted(sources, key=_place)), target)
        for (event, target), sources in rows.items()
    ]


def _place(state: Enum) -> int:
    return list(type(state)).index(state)


def _job_diagram(rows: Iterable[Row]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield "    [*] --> QUEUED"
    yield "    state AT_WORK {"
    inner = []
    for event, sources, target in rows:
        left = set(sources)
        if left >= ACTIVE:
            left -= ACTIVE
            inner.append(f"    AT_WORK --> {target.name}: {event.name}")
        for source in sorted(left, key=_place):
            if source in ACTIVE and target in ACTIVE:
                yield f"        {source.name} --> {target.name}: {event.name}"
            else:
                inner.append(f"    {source.name} --> {target.name}: {event.name}")
    yield "    }"
    yield from inner
    for state in sorted(FINAL, key=_place):
        yield f"    {state.name} --> [*]"


def _table(rows: Iterable[Row], meanings: Mapping[Enum, str]) -> Iterator[str]:
    yield "| event | when | from | to |"
    yield "|---|---|---|---|"
    for event, sources, target in rows:
        names = ", ".join(source.value for source in sources)
        yield f"| `{event.name}` | {meanings[event]} | {names} | **{target.value}** |"


def _what_holds() -> Iterator[str]:
    for state in JobState:
        yield f"### {state.value}\n"
        yield f"`{state.name}`. {MEANINGS[state]}\n"
        yield from (f"- {sentence}" for sentence in rules_in(state))
        ways = [event for (source, event) in JOB_TRANSITIONS if source is state]
        told = ", ".join(f"`{event.name}`" for event in JobEvent if event in ways)
        yield f"- May happen: {told or 'nothing, it is an end'}."
        yield ""


def main() -> int:
    """Write the page, or check it."""
    assert set(MEANINGS) == {*JobState, *JobEvent}
    assert len(PartState) == len({state for state, _ in PART_TRANSITIONS})
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text("utf-8") == text else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
