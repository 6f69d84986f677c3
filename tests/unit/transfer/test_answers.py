"""What a person answers, what is sent again by that, and what is held after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.domain.errors import TransferError, XnatConflict
from dxclient.domain.jobs import Choice, JobState, Receipt, ScanReceipt
from dxclient.transfer import Store
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.states import JobEvent
from tests.unit.transfer.fakes import Bench, FakeXnat, make_request, pack
from tests.unit.transfer.test_service import send, wait_for

Make = Callable[..., Bench]
ALL = tuple(Choice)


def asking(bench: Make, tmp_path: Path, choices: tuple[Choice, ...] = ALL) -> tuple[Bench, str]:
    """A job whose first part the server did not take, and that asks."""
    error = XnatConflict("Which?", messages=("the server's own words",), choices=choices)
    one = bench(FakeXnat(faults={"send": [error]}))
    return one, send(one, tmp_path).id


def test_a_job_shows_what_may_be_answered_and_forgets_it_when_it_goes_on(
    bench: Make, tmp_path: Path
) -> None:
    one, job_id = asking(bench, tmp_path, (Choice.APPEND, Choice.NEW_LABEL))
    job = one.service.job(job_id)
    assert job.state is JobState.NEEDS_YOU
    assert job.choices == (Choice.APPEND, Choice.NEW_LABEL)
    one.service.answer(job_id, Choice.APPEND)
    now = one.service.job(job_id)
    assert (now.state, now.choices, now.sentence) == (JobState.QUEUED, (), "")
    assert now.target.overwrite == "append"
    assert one.store.facts(job_id)["answer"] == "APPEND"


def test_what_was_not_asked_cannot_be_answered(bench: Make, tmp_path: Path) -> None:
    one, job_id = asking(bench, tmp_path, (Choice.APPEND,))
    with pytest.raises(TransferError, match="does not ask that"):
        one.service.answer(job_id, Choice.LEAVE)
    one.service.answer(job_id, Choice.APPEND)
    with pytest.raises(TransferError, match="does not ask that"):
        one.service.answer(job_id, Choice.APPEND)
    with pytest.raises(TransferError, match="no such upload"):
        one.service.answer("nobody", Choice.APPEND)


def test_a_new_label_must_be_there_and_free(bench: Make, tmp_path: Path) -> None:
    one, job_id = asking(bench, tmp_path)
    one.service.submit(make_request(tmp_path, session="E2"))
    for label, words in (
        (" ", "label is needed"),
        ("e2", "in the list already"),
        ("A B/ü^C", "Allowed are"),
    ):
        with pytest.raises(TransferError, match=words):
            one.service.answer(job_id, Choice.NEW_LABEL, label)
    assert one.service.job(job_id).state is JobState.NEEDS_YOU
    one.service.answer(job_id, Choice.NEW_LABEL, "E3")
    one.service.run_until_idle()
    job = one.service.job(job_id)
    assert (job.state, job.target.session) == (JobState.CONFIRMED, "E3")
    assert ("E3", "READY") in one.xnat.rows()


def test_everything_can_be_sent_again(bench: Make, tmp_path: Path) -> None:
    one, job_id = asking(bench, tmp_path)
    one.service.answer(job_id, Choice.START_OVER)
    one.service.run_until_idle()
    assert one.service.job(job_id).state is JobState.CONFIRMED


def test_one_scan_is_sent_again_before_the_commit(bench: Make, tmp_path: Path) -> None:
    one = bench(FakeXnat(faults={"commit": [XnatConflict("Which?")]}))
    job = send(one, tmp_path, {"1": 2, "2": 2})
    assert job.state is JobState.NEEDS_YOU
    one.service.retry_scan(job.id, "9.2")
    assert one.service.job(job.id).parts_done == 1
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert [(scan, times) for scan, _, times in one.xnat.stored()] == [
        ("1", 1), ("1", 1), ("2", 2), ("2", 2)
    ]  # fmt: skip
    assert one.store.facts(job.id)["resent"] == 1


def test_a_scan_that_is_at_work_or_over_or_not_sent_is_not_sent_again(
    bench: Make, tmp_path: Path
) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    with pytest.raises(TransferError, match="nothing to send again"):
        one.service.retry_scan(job.id, "9.1")
    one.store.claim_job("me", 0, 60)
    with pytest.raises(TransferError, match="Pause it first"):
        one.service.retry_scan(job.id, "9.1")
    one.service.cancel(job.id)
    with pytest.raises(TransferError, match="over"):
        one.service.retry_scan(job.id, "9.1")


def short(store: Store, job_id: str, *, archived: bool) -> None:
    """A job of which the server lacks a file of scan 2."""
    while (part := store.claim_part(job_id, "me", 0, 9)) is not None:
        store.accept(job_id, pack(part), "/data/x")
    store.claim_job("me", 0, 9)
    store.advance(job_id, JobEvent.COMMIT, commit_begun=1)
    scans = (
        ScanReceipt(scan_id="1", sent=2, found=2),
        ScanReceipt(scan_id="2", sent=2, found=1),
    )
    target = store.job(job_id).target
    store.keep_receipt(
        Receipt(
            job_id=job_id, server=target.server, user="", project="", subject="", session="",
            url="", archived=archived, confirmed=False, scans=scans,
        )
    )  # fmt: skip
    missing = Choice.SEND_MISSING.name
    store.advance(job_id, JobEvent.QUESTION, choices=missing, sentence="One is missing.")


@pytest.mark.parametrize("archived", [False, True])
def test_only_what_is_missing_is_sent_again(bench: Make, tmp_path: Path, archived: bool) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path, {"1": 2, "2": 2}))
    short(one.store, job.id, archived=archived)
    with pytest.raises(TransferError, match="nothing to send again"):
        one.service.retry_scan(job.id, "9.1")
    one.service.answer(job.id, Choice.SEND_MISSING)
    now = one.service.job(job.id)
    assert (now.state, now.parts_done) == (JobState.QUEUED, 1)
    assert one.store.claim_part(job.id, "me", 0, 9).number == 2
    # What is in the archive takes more only where it may be added to.
    assert (now.target.overwrite, now.prearchive_url) == (
        ("append", "") if archived else ("none", "/data/x")
    )
    assert not one.store.facts(job.id)["commit_begun"]
    assert broken_rules(one.store, job.id, at_rest=False) == ()


def test_all_that_failed_is_tried_again_at_once(bench: Make, tmp_path: Path) -> None:
    from dxclient.domain.errors import NotPermitted

    one = bench(FakeXnat(faults={"send": [NotPermitted("No.")] * 3}))
    for number in range(3):
        one.service.submit(make_request(tmp_path, {"1": 1}, session=f"E{number}"))
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.FAILED}
    one.service.retry_all()
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}


BREAKS = {
    "DELETE FROM sent": "written down once",
    "DELETE FROM file": "paths of every part",
    "UPDATE part SET sha256 = '' WHERE state = 'accepted'": "SHA-256",
    "UPDATE job SET parts_done = 2": "sums of the job",
    "UPDATE job SET commit_begun = 1": "No commit was begun",
    "UPDATE job SET prearchive_url = ''": "place in the prearchive",
    "UPDATE part SET sent_files = 1 WHERE state = 'pending'": "holds nothing on the server",
    "UPDATE job SET choices = 'APPEND'": "no question",
    "UPDATE job SET owner = 'x', lease_until = 9e9": "claim on the job",
}


@pytest.mark.parametrize("statement", BREAKS)
def test_an_entry_that_contradicts_itself_after_a_crash_needs_a_person(
    bench: Make, tmp_path: Path, statement: str
) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    one.store.claim_job("gone", 0, 60)
    part = one.store.claim_part(job.id, "gone", 0, 60)
    one.store.accept(job.id, pack(part), "/data/x")
    one.store.advance(job.id, JobEvent.RECOVER)
    assert broken_rules(one.store, job.id) == ()
    one.store.connection().execute(statement)
    (said,) = [one for one in broken_rules(one.store, job.id) if BREAKS[statement] in one]
    # Another job was at work when the process vanished: so all are looked at.
    one.service.submit(make_request(tmp_path, {"1": 1}, session="E2"))
    one.store.connection().execute("UPDATE job SET state = 'sending' WHERE label = 'e2'")
    one.service.start()
    wait_for(lambda: one.service.job(job.id).state is JobState.NEEDS_YOU)
    now = one.service.job(job.id)
    assert "does not fit together" in now.sentence
    assert said in now.details
    assert now.choices == (Choice.START_OVER,)


def test_without_a_crash_nothing_is_searched(bench: Make, tmp_path: Path) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    one.service.pause(job.id)
    one.store.connection().execute("DELETE FROM file")
    one.service.start()
    assert one.service.job(job.id).state is JobState.PAUSED


def test_a_confirmed_job_without_agreeing_counts_is_noticed(bench: Make, tmp_path: Path) -> None:
    one = bench()
    job = send(one, tmp_path)
    assert broken_rules(one.store, job.id) == ()
    receipt = one.store.receipt(job.id)
    scan = replace(receipt.scans[0], found=0)
    one.store.keep_receipt(replace(receipt, scans=(scan, *receipt.scans[1:])))
    (said,) = broken_rules(one.store, job.id)
    assert "as many files as were sent" in said
    one.store.connection().execute("DELETE FROM receipt")
    assert "There is a receipt." in broken_rules(one.store, job.id)


def test_uids_on_disk_are_gone_from_the_files_of_the_database_at_the_end(
    bench: Make, tmp_path: Path
) -> None:
    one = bench()
    request = make_request(tmp_path)
    secret = "1.2.840.99999.424242"
    files = tuple(
        replace(f, series_uid=secret + f.series_uid, sop_instance_uid=secret + f.sop_instance_uid)
        for f in request.files
    )
    scans = tuple(replace(scan, series_uid=secret + scan.series_uid) for scan in request.scans)
    job = one.service.submit(replace(request, study_uid=secret, files=files, scans=scans))
    everything = lambda: b"".join(  # noqa: E731
        path.read_bytes() for path in one.store.path.parent.glob("uploads.db*")
    )
    assert secret.encode() in everything()
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert secret.encode() not in everything()
    assert [one.files_sent for one in one.service.scan_progress(job.id)] == [3, 4]
    assert [scan.number for scan in one.service.job(job.id).scans] == ["1", "2"]


def test_what_a_crash_left_of_a_cancelled_job_is_forgotten_at_the_next_start(
    bench: Make, tmp_path: Path
) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    part = one.store.claim_part(job.id, "me", 0, 9)
    one.service.cancel(job.id)
    one.store.accept(job.id, pack(part), "/data/x")
    assert broken_rules(one.store, job.id) != ()
    one.service.start()
    assert broken_rules(one.store, job.id) == ()


def test_a_login_wakes_what_waits_for_a_certificate_but_answers_no_question(
    bench: Make, tmp_path: Path
) -> None:
    from dxclient.domain.errors import CertificateUntrusted

    trusted: list[bool] = []
    question = XnatConflict("Which?", choices=(Choice.APPEND,))
    xnat = FakeXnat(faults={"send": [question]})

    def importer_for(target: object) -> FakeXnat:
        if not trusted:
            raise CertificateUntrusted("Whose is this certificate?")
        return xnat

    one = bench(importer_for=importer_for)
    jobs = [one.service.submit(make_request(tmp_path, session=f"E{n}")) for n in range(3)]
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.NEEDS_YOU}
    trusted.append(True)
    one.service.credentials_available(jobs[0].target.server, "nurse")
    one.service.run_until_idle()
    (asks,) = [job for job in one.service.jobs() if job.state is not JobState.CONFIRMED]
    one.service.credentials_available(jobs[0].target.server, "nurse")
    assert one.service.job(asks.id).choices == (Choice.APPEND,)
