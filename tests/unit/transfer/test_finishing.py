"""What a person may choose for a session that is stuck, and what files say that arrived."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.choices import Choice
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import InstanceReceipt, JobState, UploadJob, UploadTarget
from dxclient.domain.protocols import ScanCount, ServerSession, ServerState
from dxclient.transfer.confirming import compare_files
from dxclient.transfer.finishing import choices
from tests.unit.transfer.fakes import PLAN

TARGET = UploadTarget(
    server="https://xnat.example.org", user="nurse", project="P", subject="S1", session="E1"
)
JOB = UploadJob(id="1", target=TARGET, study_uid="9", plan=PLAN, state=JobState.COMMITTING)
ADD, LABEL, LEAVE, OVER = Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE, Choice.START_OVER


def problem(code: int, severity: Severity = Severity.NEEDS_YOU) -> Finding:
    return Finding(severity=severity, code=f"archive.{code}", sentence="…")


STOPS = Severity.STOPS
#: What the server says stands against archiving, and what may be chosen then.
TABLE = {
    "nothing": ((), (ADD, LABEL, LEAVE)),
    "the label is taken": ((problem(1),), (ADD, LABEL, LEAVE)),
    "the scan is there": ((problem(1), problem(16)), (ADD, LABEL, LEAVE)),
    "the scan would be renamed": ((problem(1), problem(17)), (ADD, LABEL, LEAVE)),
    "another subject has the label": ((problem(1), problem(4, STOPS)), (LABEL, LEAVE)),
    "another study has the label": ((problem(1), problem(5)), (LABEL, LEAVE)),
    "another modality has the label": ((problem(1), problem(19, STOPS)), (LABEL, LEAVE)),
    "the project is not known": ((problem(6, STOPS),), (LEAVE,)),
    "the subject would be new": ((problem(12, Severity.NOTE),), (ADD, LABEL, LEAVE)),
    "the session is not valid": ((problem(13, STOPS),), (LEAVE,)),
    "merging fails": ((problem(15, STOPS),), (ADD, LABEL, LEAVE)),
}


@pytest.mark.parametrize("name", TABLE)
def test_only_what_can_help_is_offered_when(name: str) -> None:
    problems, offered = TABLE[name]
    session = ServerSession(state=ServerState.CONFLICT, problems=problems)
    assert choices(JOB, session) == offered


@pytest.mark.parametrize(
    "words",
    [
        "FAILED: Invalid modification of session UID via archive process.",
        "Invalid modification of session subject via archive process.: E1 Already Exists for "
        "another Subject",
    ],
)
def test_the_words_count_where_the_server_gives_no_codes(words: str) -> None:
    session = ServerSession(state=ServerState.CONFLICT, message=words)
    assert choices(JOB, session) == (LABEL, LEAVE)


def test_adding_is_offered_once() -> None:
    added = replace(JOB, target=replace(TARGET, overwrite="append"))
    assert choices(added, ServerSession(state=ServerState.CONFLICT)) == (LABEL, LEAVE)


def test_a_session_that_could_not_be_built_may_be_left_or_sent_anew() -> None:
    assert choices(JOB, ServerSession(state=ServerState.ERROR)) == (LEAVE, OVER)


# -- setting files against what the server lists


def sent(scan: str, *numbers: int) -> list[InstanceReceipt]:
    return [
        InstanceReceipt(
            scan_id=scan, sop_instance_uid=f"1.{scan}.{number}", size=9, md5=md5(scan, number)
        )
        for number in numbers
    ]


def md5(scan: str, number: int) -> str:
    return f"{int(scan):016x}{number:016x}"


def listed(scan: str, *numbers: int, of: str = "") -> ScanCount:
    return ScanCount(scan, len(numbers), tuple(md5(of or scan, number) for number in numbers))


def test_equal_checksums_are_counted() -> None:
    found = compare_files(sent("1", 1, 2) + sent("2", 3), [listed("1", 2, 1), listed("2", 3)])
    assert found.equal
    assert [scan.matched for scan in found.scans] == [2, 1]


def test_what_is_missing_is_named() -> None:
    found = compare_files(sent("1", 1, 2, 3), [listed("1", 1, 3)])
    assert not found.equal
    assert found.missing == {"1.1.2"}
    assert (found.scans[0].found, found.scans[0].matched) == (2, 2)


def test_what_is_different_is_named() -> None:
    found = compare_files(sent("1", 1, 2, 3), [listed("1", 1, 7, 3)])
    assert not found.equal
    assert (found.missing, found.different) == (frozenset(), {"1.1.2"})
    assert replace(found, settled=True).equal


def test_checksums_of_a_renamed_scan_are_found_under_its_new_name() -> None:
    found = compare_files(sent("5", 1, 2), [listed("5", 7, 8), listed("5-MR1", 1, 2, of="5")])
    assert found.scans[0].matched == 2
    assert found.missing == found.different == frozenset()


def test_more_files_than_were_sent_are_no_surprise_where_they_were_added() -> None:
    there = [listed("1", 1, 2, 8, 9)]
    assert not compare_files(sent("1", 1, 2), there).equal
    assert compare_files(sent("1", 1, 2), there, appended=True).equal
    hidden = compare_files(sent("1", 1, 2), [listed("1", 1, 8, 9)], appended=True)
    assert hidden.missing == {"1.1.2"}
    assert (hidden.scans[0].sent, hidden.scans[0].found) == (2, 1)


def test_a_server_whose_checksums_are_all_others_writes_files_anew() -> None:
    found = compare_files(sent("1", 1, 2) + sent("2", 1), [listed("1", 8, 9), listed("2", 7)])
    assert found.rewritten
    assert found.equal
    assert not compare_files(sent("1", 1, 2), [listed("1", 9)]).equal


def test_without_checksums_numbers_alone_decide() -> None:
    plain = [replace(one, md5="") for one in sent("1", 1, 2)]
    assert compare_files(plain, [listed("1", 1, 2)]).equal
    assert compare_files(sent("1", 1, 2), [ScanCount("1", 2)]).equal
    assert not compare_files(sent("1", 1, 2), [ScanCount("1", 1)]).equal


def test_a_scan_that_is_not_there_at_all_is_missing_as_a_whole() -> None:
    plain = [replace(one, md5="") for one in sent("2", 1, 2)]
    found = compare_files(sent("1", 1) + plain, [listed("1", 1)])
    assert found.missing == {"1.2.1", "1.2.2"}
    assert not found.rewritten


def test_nothing_sent_is_never_equal() -> None:
    assert not compare_files([], [listed("1", 1)]).equal


NUMBERS = st.sets(st.integers(1, 12))


@given(ours=NUMBERS.filter(bool), lost=NUMBERS, foreign=st.sets(st.integers(20, 30)))
def test_confirmed_means_that_all_of_ours_is_there_whatever_else_is(
    ours: set[int], lost: set[int], foreign: set[int]
) -> None:
    there = listed("1", *(ours - lost), *foreign)
    for appended in (False, True):
        found = compare_files(sent("1", *ours), [there], appended=appended)
        gone = {f"1.1.{number}" for number in ours & lost}
        if found.rewritten:  # nothing of ours is left, and only files of others are there
            assert ours <= lost
            assert foreign
            continue
        assert found.missing | found.different == gone
        assert found.equal == (not gone and (appended or not foreign))
        assert found.scans[0].matched == len(ours - lost)
