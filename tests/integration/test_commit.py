"""Committing, confirming and answering, against the embedded server in trouble of every kind."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dxclient.demo import DemoServer
from dxclient.domain.choices import Choice
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import Destination
from tests.helpers.demoserver import (
    ROOT,
    arm,
    commit,
    dicom,
    logged_in,
    received,
    rows,
    send,
    stored,
)
from tests.helpers.uploads import Uploads, uploads

FILES = 8
_numbers = itertools.count(10)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with DemoServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def queue(tmp_path: Path, demo: DemoServer) -> Iterator[Uploads]:
    requests.delete(f"{demo.url}/demo/faults", timeout=30)
    requests.delete(f"{demo.url}/demo/log", timeout=30)
    with uploads(tmp_path, demo.url) as made:
        yield made


@pytest.fixture
def study() -> int:
    """A study number that no other test uses; the label is made of it."""
    return next(_numbers)


def label_of(study: int) -> str:
    return f"E{study}"


def upload(queue: Uploads, project: str, study: int, **more: object) -> UploadJob:
    return queue.upload(project, label_of(study), study=study, **more)


def commits(url: str) -> list[dict[str, object]]:
    """Commit and archive requests that the server received."""
    return [
        one
        for one in received(url)
        if one["method"] == "POST"
        and (one["query"].get("action") == "commit" or one["path"].endswith("/services/archive"))
    ]


def imports(url: str) -> int:
    return len([one for one in received(url) if str(one["path"]).endswith("/services/import")])


def whole(queue: Uploads, job: UploadJob, files: int = FILES) -> None:
    """Check that a job is confirmed, and that each instance is on the server once."""
    assert job.state is JobState.CONFIRMED, (job.state, job.sentence, job.details)
    receipt = queue.receipt(job)
    assert receipt.confirmed
    there = stored(queue.url, job.target.project, receipt.url.rsplit("/", 1)[1])
    assert len(there) == len({one["sop_instance_uid"] for one in there}) == files
    assert all(one.md5 and not one.missing for one in receipt.instances)


def equal_by_checksum(queue: Uploads, job: UploadJob) -> int:
    return sum(scan.matched for scan in queue.receipt(job).scans)


# -- trouble that ends by itself

ALL = r"action=commit"
PASSING = {
    "nothing at all": ([], 1),
    "a proxy gives up although it was done": ([("timeout-after-success", {"match": ALL})], 1),
    "the answer is lost": ([("lost-answer", {"match": ALL})], 1),
    "the connection is reset": ([("lost-answer", {"match": ALL, "reset": True})], 1),
    "another operation holds the session": ([("locked", {"count": 2})], 3),
    "the proxy does not reach the server": ([("bad-gateway", {"match": ALL})], 2),
    "archiving takes a while": ([("slow-archive", {"seconds": 0.4})], 1),
    "an older server archives while we wait": (
        [("no-listener", {"count": -1}), ("slow-archive", {"seconds": 0.4})],
        1,
    ),
    "a proxy gives up while an older server archives": (
        [("no-listener", {"count": -1}), ("slow-archive", {"seconds": 0.6, "timeout": 0.1})],
        1,
    ),
    "the listener answers 404 for good": (
        [("no-listener", {"count": -1, "match": "event_tracking"})],
        1,
    ),
    "questions fail": (
        [("bad-gateway", {"match": "event_tracking", "count": 3}), ("slow-archive", {})],
        1,
    ),
    "the login ends": ([("expire-sessions", {"match": ALL})], 1),
}


@pytest.mark.parametrize("project", ["PLAIN", "ARCHIVE"])
@pytest.mark.parametrize("name", PASSING)
def test_a_commit_is_carried_through_when(
    queue: Uploads, study: int, project: str, name: str
) -> None:
    faults, asked = PASSING[name]
    for kind, options in faults:
        arm(queue.url, kind, **options)
    job = upload(queue, project, study)
    whole(queue, job)
    assert len(commits(queue.url)) == asked
    assert queue.receipt(job).archived == (project == "ARCHIVE")
    assert equal_by_checksum(queue, job) == (FILES if project == "ARCHIVE" else 0)
    assert queue.receipt(job).resent == 0


def test_an_older_server_is_found_out_once_and_remembered(queue: Uploads, study: int) -> None:
    arm(queue.url, "no-listener", count=-1, match="event_tracking")
    for number in (study, next(_numbers)):
        whole(queue, upload(queue, "ARCHIVE", number))
    named = ["http-session-listener" in one["query"] for one in commits(queue.url)]  # type: ignore[operator]
    assert named == [True, False]


def test_a_commit_that_was_begun_by_a_process_that_vanished_is_not_asked_for_again(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "slow-archive", seconds=0.8)
    job_id = queue.submit("ARCHIVE", label_of(study), study=study)
    while not commits(queue.url):
        time.sleep(0.01)
    queue.service.stop()
    queue.service.start()
    whole(queue, queue.rest(job_id))
    assert len(commits(queue.url)) == 1


def test_a_server_that_was_killed_while_it_archived_is_asked_once_more(
    tmp_path: Path, study: int
) -> None:
    with DemoServer(tmp_path / "server") as running:
        port = int(running.url.rpartition(":")[2])
        with uploads(tmp_path, running.url) as queue:
            arm(queue.url, "slow-archive", seconds=30)
            job_id = queue.submit("ARCHIVE", label_of(study), study=study)
            while not commits(queue.url):
                time.sleep(0.01)
            running.stop()
            with DemoServer(tmp_path / "server", port):
                done = queue.rest(job_id)
                whole(queue, done)
                assert queue.receipt(done).archived
                assert len(commits(queue.url)) == 1


def test_tracer_and_visit_are_in_the_record_of_the_session(queue: Uploads, study: int) -> None:
    path = "xnat:mrSessionData/tracer/name"
    more = {"tracer": "FDG", "tracer_path": path, "visit": "V1", "subtype": "rest"}
    job = upload(queue, "ARCHIVE", study, **more)
    whole(queue, job)
    nurse = logged_in(queue.url)
    url = f"{queue.url}{queue.receipt(job).url}?format=json"
    fields = nurse.get(url, timeout=30).json()["items"][0]["data_fields"]
    assert fields["tracer/name"] == "FDG"
    assert (fields["visit_id"], fields["protocol"]) == ("V1", "rest")


# -- conflicts and answers


def other_study(queue: Uploads, study: int, *, subject: str = "S1") -> None:
    """Archive another study under the label."""
    nurse = logged_in(queue.url)
    files = [dicom(1, study=study + 5000)]
    place = send(nurse, queue.url, files, "ARCHIVE", label_of(study), SUBJECT_ID=subject).text
    assert commit(nurse, queue.url, place).status_code == 301


def same_study(queue: Uploads, study: int, *, series: int, instances: int = 1) -> None:
    """Archive files of the same study under the label."""
    nurse = logged_in(queue.url)
    files = [dicom(n, study=study, series=series) for n in range(1, instances + 1)]
    place = send(nurse, queue.url, files, "ARCHIVE", label_of(study)).text
    assert commit(nurse, queue.url, place).status_code == 301


CONFLICTS = {
    "the fault": ({}, (Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE)),
    "matching files": ({"series": 1}, (Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE)),
    "another study": ({"subject": "S1"}, (Choice.NEW_LABEL, Choice.LEAVE)),
    "another subject": ({"subject": "S2"}, (Choice.NEW_LABEL, Choice.LEAVE)),
}


def stuck(queue: Uploads, study: int, name: str = "the fault") -> UploadJob:
    how, _ = CONFLICTS[name]
    if not how:
        arm(queue.url, "conflict")
    elif "series" in how:
        same_study(queue, study, **how)  # type: ignore[arg-type]
    else:
        other_study(queue, study, **how)  # type: ignore[arg-type]
    job = upload(queue, "ARCHIVE", study)
    assert job.state is JobState.NEEDS_YOU, (job.state, job.sentence, job.details)
    return job


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_told_in_the_servers_words_with_choices(
    queue: Uploads, study: int, name: str
) -> None:
    job = stuck(queue, study, name)
    assert job.choices == CONFLICTS[name][1]
    words = {
        "the fault": "Session already exists with matching files.",
        "matching files": "Session already exists with matching files.",
        "another study": "Invalid modification of session UID",
        "another subject": "Already Exists for another Subject",
    }
    assert words[name] in job.details
    assert "could not finish the session" in job.sentence
    assert len(stored(queue.url, "ARCHIVE", label_of(study))) >= FILES


@pytest.mark.parametrize("name", CONFLICTS)
def test_another_label_solves_any_conflict_and_holds_for_the_confirmation(
    queue: Uploads, study: int, name: str
) -> None:
    job = stuck(queue, study, name)
    queue.service.answer(job.id, Choice.NEW_LABEL, f"N{study}")
    done = queue.rest(job.id)
    whole(queue, done)
    receipt = queue.receipt(done)
    assert receipt.archived
    assert receipt.session == f"N{study}"
    assert receipt.url.endswith(f"/experiments/N{study}")
    assert receipt.resent == 0
    assert equal_by_checksum(queue, done) == FILES


def test_a_new_label_that_is_taken_as_well_is_asked_again(queue: Uploads, study: int) -> None:
    taken = next(_numbers)
    other_study(queue, taken)
    job = stuck(queue, study)
    queue.service.answer(job.id, Choice.NEW_LABEL, label_of(taken))
    job = queue.rest(job.id)
    assert job.state is JobState.NEEDS_YOU
    assert Choice.NEW_LABEL in job.choices
    queue.service.answer(job.id, Choice.NEW_LABEL, f"N{study}")
    whole(queue, queue.rest(job.id))


def test_adding_to_the_session_that_is_there_keeps_what_is_there(
    queue: Uploads, study: int
) -> None:
    same_study(queue, study, series=9)
    arm(queue.url, "conflict")
    job = upload(queue, "ARCHIVE", study)
    assert Choice.APPEND in job.choices
    queue.service.answer(job.id, Choice.APPEND)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    assert len(stored(queue.url, "ARCHIVE", label_of(study))) == FILES + 1


def test_adding_that_the_server_refuses_again_is_not_offered_twice(
    queue: Uploads, study: int
) -> None:
    job = stuck(queue, study, "matching files")
    queue.service.answer(job.id, Choice.APPEND)
    job = queue.rest(job.id)
    assert job.state is JobState.NEEDS_YOU
    assert job.choices == (Choice.NEW_LABEL, Choice.LEAVE)
    with pytest.raises(TransferError):
        queue.service.answer(job.id, Choice.APPEND)


def test_an_answer_whose_answer_is_lost_is_carried_through(queue: Uploads, study: int) -> None:
    job = stuck(queue, study, "another study")
    arm(queue.url, "lost-answer", match="/services/archive")
    queue.service.answer(job.id, Choice.NEW_LABEL, f"N{study}")
    whole(queue, queue.rest(job.id))


@pytest.mark.parametrize("choice", [Choice.APPEND, Choice.NEW_LABEL])
def test_an_answer_that_did_not_come_through_is_carried_out_later(
    queue: Uploads, study: int, choice: Choice
) -> None:
    job = stuck(queue, study)
    arm(queue.url, "bad-gateway", match="/services/archive", count=2)
    queue.service.answer(job.id, choice, f"N{study}")
    whole(queue, queue.rest(job.id))


def test_a_session_that_is_left_in_the_prearchive_is_done_there_and_the_receipt_says_so(
    queue: Uploads, study: int
) -> None:
    job = stuck(queue, study, "another study")
    queue.service.answer(job.id, Choice.LEAVE)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    receipt = queue.receipt(done)
    assert not receipt.archived
    assert "/data/prearchive/projects/ARCHIVE/" in receipt.url
    assert "transfer.left-in-prearchive" in {one.code for one in receipt.findings}


def test_a_conflict_that_was_solved_on_the_web_page_is_confirmed_by_trying_again(
    queue: Uploads, study: int
) -> None:
    job = stuck(queue, study)
    nurse = logged_in(queue.url)
    source = {"src": job.prearchive_url.removeprefix("/data"), "overwrite": "append"}
    solved = nurse.post(
        f"{queue.url}/data/services/archive", params=source, timeout=30, allow_redirects=False
    )
    assert solved.status_code == 303
    queue.service.retry(job.id)
    whole(queue, queue.rest(job.id))


def test_replacing_where_the_project_allows_takes_the_place_of_what_is_there(
    queue: Uploads, study: int
) -> None:
    first = upload(queue, "OVERWRITE", study)
    whole(queue, first)
    again = upload(queue, "OVERWRITE", study, overwrite="delete")
    whole(queue, again)


# -- what does not arrive


@pytest.mark.parametrize("project", ["PLAIN", "ARCHIVE"])
def test_what_the_server_dropped_is_named_and_only_its_part_is_sent_again(
    queue: Uploads, study: int, project: str
) -> None:
    arm(queue.url, "drop-files", drop=1, skip=1)
    job = upload(queue, project, study)
    assert job.state is JobState.FAILED
    assert f"{FILES} files were sent, but the server lists {FILES - 1}" in job.sentence
    assert Choice.SEND_MISSING in job.choices
    assert (Choice.START_OVER in job.choices) == (project == "PLAIN")
    missing = [one for one in queue.receipt(job).instances if one.missing]
    assert "sent," in job.details
    if project == "ARCHIVE":
        assert f"missing {missing[0].sop_instance_uid}" in job.details
    before = imports(queue.url)
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    whole(queue, done)
    resent = queue.receipt(done).resent
    assert imports(queue.url) - before == resent
    assert resent < 4
    if project == "ARCHIVE":
        assert resent == 1


def test_what_is_sent_again_joins_a_session_that_was_archived_by_hand(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "conflict")
    arm(queue.url, "drop-files", skip=1)
    job = upload(queue, "PLAIN", study)
    queue.service.answer(job.id, Choice.APPEND)
    job = queue.rest(job.id)
    assert job.choices == (Choice.SEND_MISSING,)
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    whole(queue, done)
    assert queue.receipt(done).archived
    assert {one["place"] for one in stored(queue.url, "PLAIN", label_of(study))} == {"archive"}


def test_what_is_sent_again_is_never_put_under_another_label(queue: Uploads, study: int) -> None:
    arm(queue.url, "drop-files", skip=1)
    job = upload(queue, "ARCHIVE", study)
    arm(queue.url, "conflict")
    queue.service.answer(job.id, Choice.SEND_MISSING)
    job = queue.rest(job.id)
    assert (job.state, job.choices) == (JobState.NEEDS_YOU, (Choice.APPEND,))
    queue.service.answer(job.id, Choice.APPEND)
    whole(queue, queue.rest(job.id))


def test_one_scan_may_be_sent_again_by_itself(queue: Uploads, study: int) -> None:
    arm(queue.url, "drop-files", count=4)
    job = upload(queue, "ARCHIVE", study)
    assert len([one for one in queue.receipt(job).instances if one.missing]) == 4
    for number in (1, 2):
        queue.service.retry_scan(job.id, f"{ROOT}.{study}.{number}")
        job = queue.rest(job.id)
    whole(queue, job)
    assert queue.receipt(job).resent == 4


def test_instances_are_known_by_the_catalog_where_there_are_no_checksums(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "no-digests", count=-1)
    arm(queue.url, "drop-files", drop=1, skip=1)
    job = upload(queue, "ARCHIVE", study)
    assert job.state is JobState.FAILED
    assert len([one for one in queue.receipt(job).instances if one.missing]) == 1
    assert {scan.matched for scan in queue.receipt(job).scans} == {0}
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    whole(queue, done)
    assert queue.receipt(done).resent == 1


def test_a_file_that_was_changed_on_the_way_is_noticed_and_sent_again(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "spoil-files", skip=1)
    job = upload(queue, "ARCHIVE", study)
    assert job.state is JobState.FAILED
    assert "1 of them have another content there" in job.sentence
    assert job.choices == (Choice.SEND_MISSING,)
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    whole(queue, done)
    assert equal_by_checksum(queue, done) == FILES


def test_a_server_that_writes_all_files_anew_confirms_by_numbers_and_says_so(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "spoil-files", spoil=99, count=-1)
    job = upload(queue, "ARCHIVE", study)
    assert job.state is JobState.CONFIRMED, (job.sentence, job.details)
    receipt = queue.receipt(job)
    assert {scan.matched for scan in receipt.scans} == {0}
    assert "transfer.checksums-differ" in {one.code for one in receipt.findings}


def test_a_file_that_differs_in_the_same_way_when_sent_twice_is_no_loss(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "spoil-files", skip=1)
    job = upload(queue, "ARCHIVE", study)
    arm(queue.url, "spoil-files")
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    assert "transfer.checksums-differ" in {one.code for one in queue.receipt(done).findings}


def test_files_that_others_put_there_are_asked_about_and_may_be_accepted(
    queue: Uploads, study: int
) -> None:
    same_study(queue, study, series=1, instances=1)
    job = upload(queue, "ARCHIVE", study, scans={1: 3}, first=2)
    assert job.state is JobState.FAILED
    assert "were not sent from here" in job.sentence
    assert job.choices == (Choice.APPEND,)
    queue.service.answer(job.id, Choice.APPEND)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    assert [(scan.sent, scan.found, scan.matched) for scan in queue.receipt(done).scans] == [
        (3, 3, 3)
    ]


def test_files_of_others_do_not_hide_that_ours_are_missing(queue: Uploads, study: int) -> None:
    same_study(queue, study, series=1, instances=5)
    arm(queue.url, "drop-files", drop=1)
    job = upload(queue, "ARCHIVE", study, scans={1: 3}, first=6, overwrite="append")
    assert job.state is JobState.FAILED
    assert "3 files were sent, but the server lists 2" in job.sentence
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    assert len(stored(queue.url, "ARCHIVE", label_of(study))) == 8


@pytest.mark.parametrize("kind", ["no-digests", "spoil-files"])
def test_files_of_others_hide_nothing_where_only_the_catalog_knows_ours(
    queue: Uploads, study: int, kind: str
) -> None:
    same_study(queue, study, series=1, instances=5)
    arm(queue.url, kind, count=-1, spoil=99)
    arm(queue.url, "drop-files", drop=1)
    job = upload(queue, "ARCHIVE", study, scans={1: 3}, first=6, overwrite="append")
    assert job.state is JobState.FAILED
    assert [one.missing for one in queue.receipt(job).instances].count(True) == 1
    queue.service.answer(job.id, Choice.SEND_MISSING)
    done = queue.rest(job.id)
    assert done.state is JobState.CONFIRMED, (done.sentence, done.details)
    assert queue.receipt(done).resent == 1


def test_a_part_of_which_a_server_kept_nothing_is_sent_again(queue: Uploads, study: int) -> None:
    arm(queue.url, "keeps-nothing", skip=1)
    job = upload(queue, "ARCHIVE", study)
    whole(queue, job)
    assert queue.receipt(job).left_out == ()


def test_what_a_filter_of_the_server_leaves_out_is_counted_as_left_out(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "keeps-nothing", skip=1)
    job = upload(queue, "FILTERED", study, destination=Destination.PREARCHIVE)
    assert job.state is JobState.CONFIRMED, (job.sentence, job.details)
    (left,) = queue.receipt(job).left_out
    assert (left.reason, left.files) == (Reason.FILTERED, 2)


def test_a_server_that_keeps_nothing_at_all_is_named_after_some_tries(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "keeps-nothing", count=-1)
    job = upload(queue, "PLAIN", study)
    assert job.state is JobState.FAILED
    assert "kept none of them" in job.sentence
    assert imports(queue.url) == 7
    assert commits(queue.url) == []


def test_a_session_that_was_deleted_on_the_server_can_be_sent_once_more(
    queue: Uploads, study: int
) -> None:
    arm(queue.url, "conflict")
    job = upload(queue, "ARCHIVE", study)
    logged_in(queue.url).delete(queue.url + job.prearchive_url, timeout=30)
    queue.service.retry(job.id)
    job = queue.rest(job.id)
    assert "does not have the session any more" in job.sentence
    assert job.choices == (Choice.START_OVER,)
    queue.service.answer(job.id, Choice.START_OVER)
    whole(queue, queue.rest(job.id))


# -- data that goes astray


@pytest.mark.parametrize("project", ["", "DATES"])
def test_a_session_in_another_project_stops_the_upload_at_once_and_is_named(
    queue: Uploads, study: int, project: str
) -> None:
    arm(queue.url, "unassigned", count=-1, **({"project": project} if project else {}))
    job = upload(queue, "PLAIN", study)
    assert job.state is JobState.FAILED
    assert job.choices == ()
    assert "another project than asked" in job.sentence
    astray = project or "Unassigned"
    assert f"Project on the server: {astray}" in job.details
    assert f"/data/prearchive/projects/{astray}/2" in job.details
    assert label_of(study) not in job.sentence + job.details
    assert job.server_url.endswith(f"/{label_of(study)}")
    assert job.prearchive_url == ""
    requests.delete(f"{queue.url}/demo/faults", timeout=30)
    queue.service.retry(job.id)
    again = queue.rest(job.id)
    assert again.state is JobState.FAILED
    assert "nothing more is sent" in again.sentence
    assert again.server_url == job.server_url
    assert imports(queue.url) == 1
    assert commits(queue.url) == []


def test_the_place_in_the_receipt_is_the_one_that_the_server_lists(
    queue: Uploads, study: int
) -> None:
    done = upload(queue, "PLAIN", study)
    whole(queue, done)
    nurse = logged_in(queue.url)
    (row,) = [
        one
        for one in rows(nurse, queue.url, "/data/prearchive/projects/PLAIN")
        if one["name"] == label_of(study)
    ]
    assert queue.receipt(done).url == f"/data{row['url']}"
