"""What must hold of a job in each state, as data and as checks on its rows.

Each rule has a sentence for the documentation and a statement that counts what contradicts it,
for one job. The tests ask after each step, the queue at its start when a former process vanished
in the middle of its work; a contradiction is shown to a person, never repaired in silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dxclient.domain.jobs import JobState, Receipt
from dxclient.transfer.states import ACTIVE, ASKING, FINAL
from dxclient.transfer.store import Store

_ALL = frozenset(JobState)
_DONE = "part.state IN ('accepted', 'nothing to send')"
_PARTS = "SELECT count(*) FROM part WHERE part.job = job.id"
_TOTAL = "SELECT coalesce(sum(files), 0) FROM part WHERE part.job = job.id"
_SENT = "SELECT count(*) FROM sent WHERE sent.job = part.job AND sent.part = part.number"
_FILES = "SELECT count(*) FROM file WHERE file.job = part.job AND file.part = part.number"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold.

    Parameters
    ----------
    states : frozenset of JobState
        Where it must.
    sentence : str
    broken : str
        An expression over the row ``job``; anything but 0 means that the rule is broken.
    at_rest : bool
        Whether it holds only while no run works on the job.
    """

    states: frozenset[JobState]
    sentence: str
    broken: str
    at_rest: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        _ALL,
        "The sums of the job are those of its parts.",
        f"parts_total <> ({_PARTS}) OR parts_done <> ({_PARTS} AND {_DONE}) "
        f"OR files_total <> ({_TOTAL})",
    ),
    Rule(
        _ALL,
        "An accepted part has the SHA-256 of what was sent, if anything of it was kept.",
        f"({_PARTS} AND sent_files > 0 AND length(sha256) <> 64)",
    ),
    Rule(
        _ALL,
        "A part that is not accepted holds nothing on the server.",
        f"({_PARTS} AND part.state <> 'accepted' AND sent_files > 0)",
    ),
    Rule(
        _ALL - FINAL,
        "Each instance that an accepted part sent is written down once, and no other is.",
        f"({_PARTS} AND sent_files <> ({_SENT}))",
    ),
    Rule(
        _ALL - FINAL,
        "The paths of every part are known, so that it can be sent again.",
        f"({_PARTS} AND files <> ({_FILES}))",
    ),
    Rule(
        _ALL - FINAL,
        "Where something was kept, the place in the prearchive is known, unless the session was "
        "archived and something is sent again.",
        "prearchive_url = '' AND resent = 0 "
        "AND EXISTS (SELECT 1 FROM part WHERE part.job = job.id AND sent_files > 0)",
    ),
    Rule(
        frozenset({JobState.COMMITTING, JobState.CONFIRMING}),
        "Every part is accepted or found empty, and it is written down that the commit was begun.",
        f"NOT commit_begun OR ({_PARTS} AND NOT {_DONE})",
    ),
    Rule(
        _ALL - FINAL,
        "No commit was begun while a part was missing.",
        f"commit_begun AND ({_PARTS} AND NOT {_DONE})",
    ),
    Rule(
        ASKING,
        "There is a sentence that says why.",
        "sentence = ''",
    ),
    Rule(
        _ALL - ASKING,
        "There is no question.",
        "choices <> ''",
    ),
    Rule(
        _ALL - ACTIVE,
        "Nobody holds a claim on the job.",
        "owner <> ''",
    ),
    Rule(
        _ALL - ACTIVE,
        "No part is on its way.",
        f"({_PARTS} AND part.state = 'sending')",
        at_rest=True,
    ),
    Rule(
        frozenset({JobState.CONFIRMED}),
        "Every part is accepted or found empty.",
        f"({_PARTS} AND NOT {_DONE})",
    ),
    Rule(
        frozenset({JobState.CONFIRMED}),
        "There is a receipt.",
        "NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.job = job.id)",
    ),
    Rule(
        FINAL,
        "No path, no UID of an instance and no UID of a study on disk is known any more.",
        "study_uid <> '' OR EXISTS (SELECT 1 FROM file WHERE file.job = job.id) "
        "OR EXISTS (SELECT 1 FROM sent WHERE sent.job = job.id)",
        at_rest=True,
    ),
)
#: Asked of the receipt, which is one text in the database.
RECEIPT_RULE = (
    "The receipt says confirmed, and scan by scan the server lists as many files as were sent."
)


def broken_rules(store: Store, job_id: str, *, at_rest: bool = True) -> tuple[str, ...]:
    """Sentences of the rules that a job contradicts; empty when all is well.

    Parameters
    ----------
    at_rest : bool
        Whether no run works on the job now.

    Raises
    ------
    KeyError
        When there is no such job.
    """
    state = store.job(job_id).state
    due = [rule for rule in RULES if state in rule.states and (at_rest or not rule.at_rest)]
    asked = ", ".join(f"({rule.broken})" for rule in due)
    query = f"SELECT {asked} FROM job WHERE id = ?"  # noqa: S608 - the rules above
    answers = store.connection().execute(query, (job_id,)).fetchone()
    broken = [rule.sentence for rule, answer in zip(due, answers, strict=True) if answer]
    if state is JobState.CONFIRMED and not _counts_agree(store.receipt(job_id)):
        broken.append(RECEIPT_RULE)
    return tuple(broken)


def _counts_agree(receipt: Receipt | None) -> bool:
    return (
        receipt is not None
        and receipt.confirmed
        and bool(receipt.scans)
        and all(scan.sent == scan.found for scan in receipt.scans)
    )


def rules_in(state: JobState) -> Iterable[str]:
    """What holds in a state, beside what holds in all."""
    for rule in RULES:
        if state in rule.states and rule.states != _ALL:
            yield rule.sentence
    if state is JobState.CONFIRMED:
        yield RECEIPT_RULE


def rules_everywhere() -> tuple[str, ...]:
    """What holds in every state."""
    return tuple(rule.sentence for rule in RULES if rule.states == _ALL)
