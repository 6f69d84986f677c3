import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.domain.dicom import Reason
from dxclient.domain.errors import (
    BadCredentials,
    Misrouted,
    NotPermitted,
    TransferError,
    XnatRejected,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.events import JobChanged, LoginNeeded, ScanProgressed
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import JobState, PartReceipt, ScanReceipt
from dxclient.domain.plan import PluginVersion
from dxclient.domain.project import Destination
from tests.unit.transfer.fakes import PLAN, QUICK, SCRIPT, FakeXnat, make_request, pack

AWAY = XnatUnreachable("The server does not answer. Nothing was lost.")


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def send(bench, tmp_path, scans=None, **more):
    job = bench.service.submit(make_request(tmp_path, scans, **more))
    bench.service.run_until_idle()
    return bench.service.job(job.id)


def test_a_session_is_sent_committed_and_confirmed(bench, tmp_path):
    one = bench()
    job = send(one, tmp_path)
    assert (job.state, job.sentence) == (JobState.CONFIRMED, "")
    assert (job.files_sent, job.bytes_sent, job.parts_done) == (7, 700, 4)
    assert one.xnat.rows() == [("E1", "READY")]
    assert all(times == 1 for *_, times in one.xnat.stored())
    receipt = one.service.receipt(job.id)
    assert one.receipts == [receipt]
    assert receipt.confirmed
    assert not receipt.archived
    assert receipt.scans == (
        ScanReceipt(scan_id="1", sent=3, found=3),
        ScanReceipt(scan_id="2", sent=4, found=4),
    )
    assert [part.files for part in receipt.parts] == [2, 2, 2, 1]
    assert receipt.scripts == ("XNAT project: project script",)


def test_a_project_that_archives_by_itself_ends_in_the_archive(bench, tmp_path):
    one = bench(FakeXnat(archives=True, working_polls=3))
    job = send(one, tmp_path, destination=Destination.ARCHIVE)
    assert job.state is JobState.CONFIRMED
    assert job.server_url == "/data/archive/projects/P/subjects/S1/experiments/E1"
    assert one.service.receipt(job.id).archived


def test_a_session_that_stays_in_the_prearchive_though_it_should_not_is_taken_as_it_is(
    bench, tmp_path
):
    one = bench()
    job = send(one, tmp_path, destination=Destination.ARCHIVE)
    assert job.state is JobState.CONFIRMED
    assert not one.service.receipt(job.id).archived
    assert one.xnat.calls.count("locate") == QUICK.settle_tries


def test_the_server_is_asked_for_the_study_that_was_sent(bench, tmp_path):
    one = bench(FakeXnat(archives=True, working_polls=2))
    send(one, tmp_path, destination=Destination.ARCHIVE)
    assert set(one.xnat.asked_for) == {"8"}


def test_the_states_come_in_order(bench, tmp_path):
    one = bench()
    send(one, tmp_path)
    assert [after for _, after in one.changes] == [
        JobState.QUEUED, JobState.SENDING, JobState.COMMITTING, JobState.CONFIRMING,
        JobState.CONFIRMED,
    ]  # fmt: skip
    assert [before for before, _ in one.changes[1:]] == [after for _, after in one.changes[:-1]]


def test_progress_never_jumps_back_and_ends_at_the_whole(bench, tmp_path):
    one = bench(FakeXnat(chunk=3, faults={"send": [None, AWAY, None, AWAY]}))
    job = send(one, tmp_path)
    told = [e.job.bytes_sent for e in one.events if isinstance(e, JobChanged)]
    assert told == sorted(told)
    assert told[-1] == job.bytes_total
    assert len(set(told)) > 2 * job.parts_total, "nothing was told in the middle of parts"
    scans = [e for e in one.events if isinstance(e, ScanProgressed) and e.series_uid == "9.2"]
    assert [e.files_sent for e in scans] == sorted(e.files_sent for e in scans)
    assert scans[-1].files_sent == 4


def test_progress_is_told_in_measure(bench, tmp_path):
    one = bench(FakeXnat(chunk=1), options=replace(QUICK, progress_seconds=0.1))
    begun = time.monotonic()
    send(one, tmp_path, {"1": 30})
    ticks = (time.monotonic() - begun) / 0.1
    states = len(one.changes)
    assert sum(isinstance(event, JobChanged) for event in one.events) <= ticks + states + 2


def test_an_executor_that_ends_with_the_program_fails_no_job(bench, tmp_path):
    asked = threading.Event()

    def gone():
        asked.set()
        time.sleep(0.1)
        raise RuntimeError("cannot schedule new futures after shutdown")

    one = bench(executor=gone)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    asked.wait(5)
    one.service.stop()
    assert one.service.job(job.id).state is JobState.QUEUED


def test_the_first_part_goes_alone_and_then_no_more_than_three(bench, tmp_path):
    one = bench(FakeXnat(chunk=2, chunk_seconds=0.002), options=replace(QUICK, parts_in_flight=3))
    one.service.submit(make_request(tmp_path, {"1": 20}))
    one.service.run_until_idle()
    assert 2 <= one.xnat.most_at_once <= 3


def test_memory_is_bounded_over_all_jobs(bench, tmp_path):
    held = []

    def look(packed, job):
        held.append(one.service._tools.bodies.held)
        return ()

    one = bench(
        FakeXnat(chunk=2, chunk_seconds=0.001),
        options=replace(QUICK, jobs_at_once=3, parts_in_flight=2),
        verify_part=look,
    )
    for number in range(3):
        one.service.submit(make_request(tmp_path, {"1": 8}, session=f"E{number}"))
    one.service.run_until_idle()
    assert max(held) == 2
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}
    assert one.service._tools.bodies.held == 0


def test_a_failed_send_is_repeated_without_anonymizing_again(bench, tmp_path):
    packed = []

    def counting(request):
        packed.append(request.number)
        return pack(request)

    one = bench(FakeXnat(faults={"send": [AWAY, AWAY, None, AWAY]}), pack=counting)
    job = send(one, tmp_path)
    assert job.state is JobState.CONFIRMED
    assert (JobState.SENDING, JobState.WAITING) in one.changes
    assert sorted(packed) == [1, 2, 3, 4]


def test_a_400_is_tried_again_a_few_times_and_then_fails(bench, tmp_path):
    error = XnatRejected("The server refused a part. Your files are untouched.", status=400)
    one = bench(FakeXnat(faults={"send": [error] * 9}))
    job = send(one, tmp_path)
    assert (job.state, job.sentence) == (JobState.FAILED, error.sentence)
    assert one.xnat.calls.count("send") == 4


def test_trouble_of_the_server_ends_after_a_while_but_no_network_does_not(bench, tmp_path):
    trouble = XnatTrouble("The server has trouble.", status=500)
    one = bench(FakeXnat(faults={"scripts": [AWAY] * 20, "send": [trouble] * 30}))
    job = send(one, tmp_path)
    assert job.state is JobState.FAILED
    assert one.xnat.calls.count("scripts") > 20


def test_a_refusal_fails_at_once_and_retry_goes_on_where_it_was(bench, tmp_path):
    error = NotPermitted("You may not upload here.", status=403, details="403")
    one = bench(FakeXnat(faults={"send": [None, error]}), options=replace(QUICK, parts_in_flight=1))
    job = send(one, tmp_path)
    assert (job.state, job.sentence, job.details) == (JobState.FAILED, error.sentence, "403")
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_misrouted_data_stops_the_job_at_once(bench, tmp_path):
    one = bench(FakeXnat(faults={"send": [Misrouted("The server put data elsewhere.")]}))
    job = send(one, tmp_path)
    assert job.state is JobState.FAILED
    assert one.xnat.calls.count("send") == 1


def test_without_a_password_the_job_waits_and_the_login_wakes_it(bench, tmp_path):
    known = []

    def importer_for(target):
        if not known:
            raise BadCredentials("The password is wrong.")
        return one.xnat

    one = bench(importer_for=importer_for)
    first = send(one, tmp_path)
    assert first.state is JobState.NEEDS_LOGIN
    assert LoginNeeded("https://xnat.example.org", "nurse") in one.events
    known.append(True)
    one.service.credentials_available("https://xnat.example.org", "somebody-else")
    assert one.service.job(first.id).state is JobState.NEEDS_LOGIN
    one.service.credentials_available("https://xnat.example.org", "nurse")
    one.service.run_until_idle()
    assert one.service.job(first.id).state is JobState.CONFIRMED


def test_a_wrong_password_is_tried_once_for_all_jobs_of_that_login(bench, tmp_path):
    tried = []

    def importer_for(target):
        tried.append(target.session)
        raise BadCredentials("The password is wrong.")

    one = bench(importer_for=importer_for, options=replace(QUICK, jobs_at_once=1))
    for number in range(5):
        one.service.submit(make_request(tmp_path, session=f"E{number}"))
    one.service.run_until_idle()
    assert tried == ["E0"]
    assert {job.state for job in one.service.jobs()} == {JobState.NEEDS_LOGIN}


def test_a_changed_script_on_the_server_stops_the_job_before_anything_is_sent(bench, tmp_path):
    one = bench(FakeXnat(scripts_now=(replace(SCRIPT, text="- (0010,0020)"),)))
    job = send(one, tmp_path)
    assert job.state is JobState.NEEDS_YOU
    assert "scripts on the server" in job.sentence
    assert "send" not in one.xnat.calls


def test_scripts_of_plugins_are_not_compared_with_the_server(bench, tmp_path):
    from dxclient.domain.plan import AnonymizationPlan
    from dxclient.domain.project import Origin

    own = replace(SCRIPT, name="extension", origin=Origin.PLUGIN)
    job = send(bench(), tmp_path, plan=AnonymizationPlan(scripts=(own, SCRIPT)))
    assert job.state is JobState.CONFIRMED


def test_a_changed_source_file_fails_with_counts_and_no_path(bench, tmp_path):
    one = bench()
    request = make_request(tmp_path, {"1": 2})
    Path(request.files[0].path).write_text("something else")
    Path(request.files[1].path).unlink()
    job = one.service.submit(request)
    one.service.run_until_idle()
    job = one.service.job(job.id)
    assert job.state is JobState.FAILED
    assert "1 are gone and 1 were changed" in job.sentence
    assert "Doe" not in job.sentence + job.details
    assert "send" not in one.xnat.calls
    assert one.service._tools.bodies.held == 0


def test_a_guard_that_stops_fails_the_job_and_nothing_is_sent(bench, tmp_path):
    finding = Finding(
        severity=Severity.STOPS, code="x.name", sentence="A name is left.", source="x"
    )
    one = bench(verify_part=lambda packed, job: (finding,))
    job = send(one, tmp_path)
    assert job.state is JobState.FAILED
    assert "A name is left." in job.sentence
    assert "send" not in one.xnat.calls


def test_an_unknown_exception_fails_the_job_by_its_type_only(bench, tmp_path, caplog):
    def broken(packed, job):
        raise RuntimeError("/home/doe^jane/secret.dcm")

    one = bench(verify_part=broken)
    job = send(one, tmp_path)
    assert (job.state, job.details) == (JobState.FAILED, "RuntimeError")
    assert "doe" not in job.sentence + caplog.text
    assert "send" not in one.xnat.calls


def test_callbacks_that_raise_disturb_nothing(bench, tmp_path):
    def broken(*args):
        raise RuntimeError

    one = bench(on_event=broken, on_changed=broken, on_receipt=broken)
    assert send(one, tmp_path).state is JobState.CONFIRMED


def test_a_part_that_the_server_kept_nothing_of_is_counted_as_left_out(bench, tmp_path):
    one = bench(FakeXnat(keeps_nothing_of="1"))
    job = send(one, tmp_path, {"1": 2, "2": 2})
    receipt = one.service.receipt(job.id)
    assert job.state is JobState.CONFIRMED
    assert receipt.scans == (ScanReceipt(scan_id="2", sent=2, found=2),)
    assert [(c.series_number, c.reason, c.files) for c in receipt.left_out] == [
        ("1", Reason.FILTERED, 2)
    ]
    assert receipt.findings[0].code == "transfer.server-kept-nothing"


def test_files_that_a_script_rejects_are_named_in_the_receipt(bench, tmp_path):
    one = bench()
    job = send(one, tmp_path, {"1": 2, "REJECT": 3})
    receipt = one.service.receipt(job.id)
    assert receipt.confirmed
    assert [(c.reason, c.files) for c in receipt.left_out] == [(Reason.REJECTED, 3)]


@pytest.mark.parametrize("scans", [{"REJECT": 3}, {"7": 3}])
def test_when_nothing_remains_the_job_fails_and_is_not_committed(bench, tmp_path, scans):
    one = bench(FakeXnat(keeps_nothing_of="7"))
    job = send(one, tmp_path, scans)
    assert job.state is JobState.FAILED
    assert "Nothing remained to send" in job.sentence
    assert "commit" not in one.xnat.calls


def test_a_commit_whose_answer_was_lost_is_not_repeated(bench, tmp_path):
    one = bench(FakeXnat(archives=True, faults={"after_commit": [AWAY]}))
    job = send(one, tmp_path, destination=Destination.ARCHIVE)
    assert job.state is JobState.CONFIRMED
    assert len(one.xnat.commits()) == 1
    assert "locate" in one.xnat.calls


def test_a_commit_that_never_reached_the_server_is_repeated_after_asking(bench, tmp_path):
    one = bench(FakeXnat(faults={"commit": [AWAY]}))
    job = send(one, tmp_path)
    assert job.state is JobState.CONFIRMED
    calls = [call for call in one.xnat.calls if call in ("commit", "locate")]
    assert calls == ["commit", "locate", "locate", "commit"]
    assert len(one.xnat.commits()) == 1


def test_a_conflict_on_the_server_needs_a_person_and_can_be_checked_again(bench, tmp_path):
    one = bench(FakeXnat(conflict="Session already exists with matching files."))
    job = send(one, tmp_path)
    assert job.state is JobState.NEEDS_YOU
    assert job.details == "Session already exists with matching files."
    one.xnat._db.execute("UPDATE row SET state = 'ARCHIVED'")
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(one.xnat.commits()) == 1


def test_a_session_that_vanished_fails_and_retry_sends_it_again(bench, tmp_path):
    one = bench(FakeXnat(faults={"after_commit": [AWAY]}))
    locate = one.xnat.locate
    one.xnat.locate = lambda target, url, **more: one.xnat.discard(url) or locate(target, url)
    job = send(one, tmp_path)
    assert job.state is JobState.FAILED
    assert "does not have the session any more" in job.sentence
    one.xnat.locate = locate
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(one.xnat.stored()) == 7


def test_missing_files_on_the_server_are_not_confirmed(bench, tmp_path):
    one = bench(FakeXnat(loses_one=True))
    job = send(one, tmp_path)
    assert job.state is JobState.FAILED
    assert "7 files were sent, but the server lists 5" in job.sentence
    assert one.xnat.calls.count("counts") == QUICK.count_tries
    assert not one.service.receipt(job.id).confirmed
    assert one.receipts == []
    one.xnat.loses_one = False
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.receipt(job.id).confirmed
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_pause_stops_within_a_second_and_resume_goes_on(bench, tmp_path):
    one = bench(FakeXnat(chunk=1, chunk_seconds=0.05))
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.service.job(job.id).bytes_sent > 0)
    one.service.pause(job.id)
    wait_for(lambda: not one.service._runs, seconds=1.0)
    assert one.service.job(job.id).state is JobState.PAUSED
    sent = one.xnat.calls.count("send")
    time.sleep(0.2)
    assert one.xnat.calls.count("send") == sent
    one.xnat.chunk, one.xnat.chunk_seconds = 50, 0.0
    one.service.resume(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_pause_and_resume_of_everything(bench, tmp_path):
    one = bench()
    for number in range(3):
        one.service.submit(make_request(tmp_path, session=f"E{number}"))
    one.service.pause_all()
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.PAUSED}
    assert one.xnat.calls == []
    one.service.resume_all()
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}


def test_cancel_removes_the_incomplete_session_from_the_prearchive(bench, tmp_path):
    one = bench(FakeXnat(faults={"send": [None, None, NotPermitted("No.")]}))
    job = send(one, tmp_path)
    assert one.xnat.rows() == [("E1", "RECEIVING")]
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert one.xnat.rows() == []
    assert one.service.job(job.id).state is JobState.CANCELLED


def test_cancel_in_the_middle_of_a_part_discards_after_the_sending_ended(bench, tmp_path):
    one = bench(FakeXnat(chunk=4, chunk_seconds=0.01))
    job = one.service.submit(make_request(tmp_path, {"1": 12}))
    one.service.start()
    wait_for(lambda: one.service.job(job.id).parts_done > 0)
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert one.xnat.rows() == []
    assert one.service._tools.bodies.held == 0


def test_discarding_is_tried_again_when_the_server_is_away(bench, tmp_path):
    one = bench(FakeXnat(faults={"send": [None, NotPermitted("No.")], "discard": [AWAY]}))
    job = send(one, tmp_path)
    one.service.start()
    one.service.cancel(job.id, discard=True)
    wait_for(lambda: one.xnat.rows() == [])


def test_a_killed_packing_process_is_replaced_a_few_times(bench, tmp_path):
    class Dying:
        def submit(self, function, request):
            future = Future()
            future.set_exception(BrokenProcessPool("killed"))
            return future

    deaths = [Dying(), Dying()]
    one = bench(executor=lambda: deaths.pop() if deaths else one.pool)
    assert send(one, tmp_path).state is JobState.CONFIRMED
    two_jobs = one.service.submit(make_request(tmp_path, session="E2"))
    deaths += [Dying() for _ in range(9)]
    one.service.run_until_idle()
    job = one.service.job(two_jobs.id)
    assert job.state is JobState.FAILED
    assert "anonymizes files ended unexpectedly" in job.sentence
    assert one.service._tools.bodies.held == 0


def test_stop_hands_work_back_and_a_new_service_ends_it(bench, tmp_path):
    one = bench(FakeXnat(chunk=1, chunk_seconds=0.02))
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.service.job(job.id).bytes_sent > 0)
    assert one.service.stop(2.0)
    assert one.service.job(job.id).state is JobState.QUEUED
    two = bench(one.xnat)
    one.xnat.chunk_seconds = 0.0
    two.service.run_until_idle()
    assert two.service.job(job.id).state is JobState.CONFIRMED
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_a_part_that_an_earlier_run_could_not_give_back_is_sent_all_the_same(bench, tmp_path):
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    assert one.store.claim_part(job.id, one.service._tools.owner, time.time(), 1e9).number == 1
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(one.xnat.stored()) == 7


def test_a_session_with_a_part_missing_is_never_committed(bench, tmp_path):
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    one.xnat.ensure_subject = lambda target: one.store.claim_part(
        job.id, "stranger", time.time(), 1e9
    )
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.FAILED
    assert "parts were sent" in one.service.job(job.id).sentence
    assert "commit" not in one.xnat.calls


def test_only_jobs_that_are_not_over_hold_their_labels(bench, tmp_path):
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    (taken,) = one.service.queued_labels("https://xnat.example.org", "P")
    assert (taken.label, taken.subject) == ("E1", "S1")
    assert one.service.queued_labels("https://xnat.example.org", "Q") == ()
    one.service.cancel(job.id)
    assert one.service.queued_labels("https://xnat.example.org", "P") == ()


def test_what_cannot_be_is_refused_with_a_sentence(bench, tmp_path):
    one = bench()
    job = send(one, tmp_path)
    for action in (one.service.pause, one.service.resume, one.service.retry, one.service.cancel):
        with pytest.raises(TransferError, match="cannot be"):
            action(job.id)
    with pytest.raises(TransferError, match="no such upload"):
        one.service.pause("nothing")
    with pytest.raises(TransferError, match="no files"):
        one.service.submit(replace(make_request(tmp_path, session="E9"), files=()))
    one.service.remove(job.id)
    assert one.service.jobs() == ()


def test_nothing_but_the_database_is_written(bench, tmp_path):
    one = bench(FakeXnat(faults={"send": [AWAY]}))
    send(one, tmp_path)
    written = {path.name for path in (tmp_path / "queue").iterdir()}
    assert written <= {"uploads.db", "uploads.db-wal", "uploads.db-shm"}
    assert {path.name for path in tmp_path.iterdir()} == {"queue", "source-E1"}


def test_paths_are_gone_from_the_files_of_the_database_once_confirmed(bench, tmp_path):
    one = bench()
    job = one.service.submit(make_request(tmp_path))

    def on_disk():
        return b"".join(path.read_bytes() for path in (tmp_path / "queue").iterdir())

    assert b"Doe_Jane" in on_disk()
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert b"Doe_Jane" not in on_disk()


def test_parts_in_the_receipt_carry_the_hash_of_what_was_sent(bench, tmp_path):
    bodies = {}

    def look(packed, job):
        bodies[packed.number] = packed
        return ()

    one = bench(verify_part=look)
    job = send(one, tmp_path)
    assert one.service.receipt(job.id).parts == tuple(
        PartReceipt(number=n, sha256=p.sha256, size=len(p.body), files=len(p.sent))
        for n, p in sorted(bodies.items())
    )


def test_two_thousand_jobs_can_be_listed(bench, tmp_path):
    one = bench()
    request = make_request(tmp_path, {"1": 1})
    with one.store.writing():
        for number in range(2000):
            target = replace(request.target, session=f"E{number}")
            one.store.add(replace(request, target=target), [request.files], 0.0)
    jobs = one.service.jobs()
    assert len(jobs) == 2000
    assert len({id(job.plan) for job in jobs}) == 1


def test_no_thread_is_left_after_stop(bench, tmp_path):
    one = bench()
    send(one, tmp_path)
    ours = {"transfers", "job", "part"}
    wait_for(lambda: not ours & {thread.name for thread in threading.enumerate()}, seconds=1.0)


def test_a_cancelled_session_that_cannot_be_removed_is_said_and_not_tried_forever(bench, tmp_path):
    no = NotPermitted("You may not delete here.")
    one = bench(FakeXnat(faults={"send": [None, no], "discard": [no]}))
    job = send(one, tmp_path)
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert "could not be removed from the prearchive" in one.service.job(job.id).sentence
    assert one.xnat.calls.count("discard") == 1


def test_a_job_paused_while_committing_is_not_committed_twice(bench, tmp_path):
    one = bench(FakeXnat(commit_seconds=0.2))
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(one.xnat.commits)
    one.service.pause(job.id)
    wait_for(lambda: not one.service._runs)
    assert one.service.job(job.id).state is JobState.PAUSED
    one.service.resume(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(one.xnat.commits()) == 1


def test_parts_that_land_in_two_places_need_a_person_and_are_then_sent_again(bench, tmp_path):
    one = bench(options=replace(QUICK, parts_in_flight=1))
    real, sent = one.xnat.send, []

    def elsewhere(target, body, **more):
        sent.append(body)
        url = real(target, body, **more)
        return url + "_1" if len(sent) == 2 else url

    one.xnat.send = elsewhere
    job = send(one, tmp_path)
    assert job.state is JobState.NEEDS_YOU
    assert "another place of the prearchive" in job.sentence
    one.xnat.discard(job.prearchive_url)
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(one.xnat.stored()) == 7


def merging(request):
    """Pack as a script does that gives every instance the same UID."""
    packed = pack(request)
    return replace(packed, sent=tuple(replace(s, sop_instance_uid="1.2") for s in packed.sent))


def test_instances_that_merge_across_parts_fail_the_job_before_the_second_is_sent(bench, tmp_path):
    one = bench(pack=merging, options=replace(QUICK, part_size=100))
    job = send(one, tmp_path, {"1": 3})
    assert job.state is JobState.FAILED
    assert "same SOP Instance UID" in job.sentence
    assert one.xnat.calls.count("send") == 1
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.FAILED
    assert one.xnat.calls.count("send") == 1
    assert one.xnat.commits() == []


def test_a_label_of_an_upload_that_is_not_over_is_refused(bench, tmp_path):
    one = bench()
    request = make_request(tmp_path, session="E1")
    first = one.service.submit(request)
    for label in ("E1", "e1"):
        with pytest.raises(TransferError, match="this session label"):
            one.service.submit(replace(request, target=replace(request.target, session=label)))
    elsewhere = replace(request, target=replace(request.target, project="Q"))
    assert one.service.submit(elsewhere).state is JobState.QUEUED
    assert len(one.service.jobs()) == 2
    one.service.cancel(first.id)
    assert one.service.submit(request).state is JobState.QUEUED


def test_of_many_that_submit_one_label_at_once_one_succeeds(bench, tmp_path):
    one = bench()
    request = make_request(tmp_path)
    gate, refused = threading.Barrier(8), []

    def submit():
        gate.wait()
        try:
            one.service.submit(request)
        except TransferError as error:
            refused.append(error)
        finally:
            one.store.release()

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(one.service.jobs()), len(refused)) == (1, 7)


GUARD = PluginVersion("face-check", "1.0")
PROMISED = replace(PLAN, plugins=(PluginVersion("dxclient", "0.0.1"), GUARD))


@pytest.mark.parametrize(
    ("loaded", "word"),
    [((), "missing"), ((PluginVersion("face-check", "1.1"),), "another version")],
)
def test_an_extension_that_took_part_is_not_left_out_in_silence(bench, tmp_path, loaded, word):
    now = list(loaded)
    one = bench(current_plugins=lambda: tuple(now))
    job = send(one, tmp_path, plan=PROMISED)
    assert job.state is JobState.NEEDS_YOU
    assert "“face-check”" in job.sentence
    assert word in job.sentence
    assert "send" not in one.xnat.calls
    now[:] = [PluginVersion("new-one", "3"), GUARD]
    one.service.retry(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
