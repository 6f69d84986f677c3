from dataclasses import replace

import pytest

from dxclient.domain.errors import (
    Cancelled,
    LoggedOut,
    Misrouted,
    NotPermitted,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatMissing,
    XnatRejected,
    XnatTooLarge,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.findings import Severity
from dxclient.domain.project import Server
from dxclient.domain.protocols import ScanCount, ServerSession, ServerState
from dxclient.xnat import Timeouts, connect
from dxclient.xnat.tls import CHUNK
from tests.unit.xnat.tiny import Reply

IMPORT = "/data/services/import"
URL = "/data/prearchive/projects/P1/20240102_101112123/S1_MR1"
ROW = {"project": "P1", "name": "S1_MR1", "subject": "S1", "url": URL.removeprefix("/data")}
ARCHIVED = "/data/projects/P1/subjects/S1/experiments/S1_MR1"
IN_ARCHIVE = ARCHIVED.replace("/data/", "/data/archive/")


def send(xnat, target, body=b"zip", on_bytes=lambda done: None, stopped=lambda: False):
    return xnat.send(target, body, on_bytes=on_bytes, stopped=stopped)


@pytest.fixture
def accepted(tiny):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, f"{URL}\r\n", "text/uri-list")


def test_a_part_is_sent_as_xnat_wants_it(tiny, xnat, target, accepted):
    full = replace(target, visit="V1", subtype="sub", overwrite="append")
    assert send(xnat, full, b"PK-bytes") == URL
    sent = tiny.asked("POST", IMPORT)[0]
    assert sent.query == {
        "import-handler": "DICOM-zip",
        "PROJECT_ID": "P1",
        "SUBJECT_ID": "S1",
        "EXPT_LABEL": "S1_MR1",
        "VISIT": "V1",
        "SUBTYPE": "sub",
        "overwrite": "append",
        "rename": "true",
        "prevent_anon": "true",
        "prevent_auto_commit": "true",
        "SOURCE": "uploader",
        "XNAT_CSRF": "tok-1",
    }
    assert sent.headers["Content-Type"] == "application/zip"
    assert sent.headers["Content-Length"] == "8"
    assert "Transfer-Encoding" not in sent.headers
    assert sent.body == b"PK-bytes"


def test_visit_and_subtype_are_left_out_when_there_are_none(tiny, xnat, target, accepted):
    send(xnat, target)
    assert not {"VISIT", "SUBTYPE"} & set(tiny.asked("POST", IMPORT)[0].query)


def test_progress_is_told_chunk_by_chunk_up_to_the_end(xnat, target, accepted):
    body = bytes(2 * CHUNK + 100)
    told = []
    send(xnat, target, body, on_bytes=told.append)
    assert told == [CHUNK, 2 * CHUNK, len(body)]


def test_sending_stops_within_a_chunk(tiny, xnat, target, accepted):
    told = []
    with pytest.raises(Cancelled):
        send(xnat, target, bytes(20 * CHUNK), told.append, lambda: len(told) >= 2)
    assert told == [CHUNK, 2 * CHUNK]
    assert not [asked for asked in tiny.asked("POST", IMPORT) if len(asked.body) == 20 * CHUNK]
    assert send(xnat, target) == URL


def test_an_empty_answer_means_that_the_server_kept_nothing(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, "\r\n")
    assert send(xnat, target) == ""


def test_the_last_url_counts_and_the_site_address_is_cut_off(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, f"/data/other\r\n{tiny.url}{URL}\r\n\r\n")
    assert send(xnat, target) == URL


@pytest.mark.parametrize("project", ["Unassigned", "P1x", "P"])
def test_data_in_another_project_stops_the_upload(tiny, xnat, target, project):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, URL.replace("P1", project, 1))
    with pytest.raises(Misrouted) as caught:
        send(xnat, target)
    assert project in caught.value.details
    assert "S1" not in str(caught.value) + caught.value.details


def test_an_answer_that_is_no_prearchive_url_is_strange(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, "Thank you")
    with pytest.raises(XnatAnswer):
        send(xnat, target)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, "<h3>unable to read DICOM object 1.dcm</h3>"), XnatTrouble),
        (Reply(400, "Concurrent file sends of the same data is not supported."), XnatBusy),
        (Reply(400, "<h3>Unable to identify upload format.</h3>"), XnatRejected),
        (Reply(401), LoggedOut),
        (Reply(403), NotPermitted),
        (Reply(409, "<h3>Duplicate</h3>"), XnatConflict),
        (Reply(409, "<h3>session document locked</h3>"), XnatBusy),
        (Reply(413), XnatTooLarge),
        (Reply(423), XnatBusy),
        (Reply(429), XnatBusy),
        (Reply(500), XnatTrouble),
        (Reply(502), XnatTrouble),
        (Reply(504), XnatTrouble),
        (Reply(507), XnatTrouble),
        (Reply(417), XnatRejected),
        (Reply(200, "<html><title>Login</title></html>", "text/html"), LoggedOut),
    ],
)
def test_refusals_become_the_errors_that_fit_and_only_a_lost_login_is_sent_again(
    tiny, xnat, target, reply, error
):
    tiny.replies[f"POST {IMPORT}"] = reply
    with pytest.raises(error) as caught:
        send(xnat, target)
    assert len(tiny.asked("POST", IMPORT)) == 1 + (error is LoggedOut)
    assert caught.value.status == reply.status
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_part_is_never_sent_on_to_another_address(tiny, xnat, target, status):
    tiny.replies[f"POST {IMPORT}"] = Reply(status, headers=(("Location", "/data/elsewhere"),))
    with pytest.raises(XnatAnswer):
        send(xnat, target)
    assert len([asked for asked in tiny.log if asked.method == "POST"]) == 1
    assert not [asked for asked in tiny.log if asked.path == "/data/elsewhere"]


def test_an_answer_lost_on_the_way_is_retryable(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, "half", promised=900)
    with pytest.raises(XnatUnreachable) as caught:
        send(xnat, target)
    assert caught.value.retryable


def test_a_commit_that_waits_in_the_prearchive_is_ready(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(200, f"{URL}\r\n")
    assert xnat.commit(target, URL) == ServerSession(state=ServerState.READY, url=URL)
    sent = tiny.asked("POST", URL)[0]
    listener = sent.query.pop("http-session-listener")
    assert len(listener) == 36
    assert sent.query == {"action": "commit", "SOURCE": "uploader", "XNAT_CSRF": "tok-1"}
    assert sent.body == b"{}"


def test_a_commit_carries_the_tracer(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(200, URL)
    xnat.commit(replace(target, tracer="FDG", tracer_path="xnat:petSessionData/tracer/name"), URL)
    sent = tiny.asked("POST", URL)[0]
    assert sent.body == b'{"xnat:petSessionData/tracer/name": "FDG"}'
    assert sent.headers["Content-Type"] == "application/json"


def test_a_redirect_without_address_after_a_commit_means_archived(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(301, IN_ARCHIVE)
    assert xnat.commit(target, URL) == ServerSession(state=ServerState.ARCHIVED, url=IN_ARCHIVE)


def test_a_commit_answered_with_nothing_is_looked_up(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(200, "")
    tiny.table(URL, {**ROW, "status": "READY"})
    assert xnat.commit(target, URL).state is ServerState.READY


@pytest.mark.parametrize(
    "reply",
    [Reply(500, "<h3>FAILED: Session already exists</h3>"), Reply(409, "<h3>Duplicate</h3>")],
)
def test_a_commit_that_the_archive_refuses_is_a_conflict_in_the_servers_words(
    tiny, xnat, target, reply
):
    tiny.replies[f"POST {URL}"] = reply
    tiny.table(URL, {**ROW, "status": "CONFLICT"})
    found = xnat.commit(target, URL)
    assert found.state is ServerState.CONFLICT
    assert found.url == URL
    assert found.message in {"FAILED: Session already exists", "Duplicate"}


def test_a_commit_that_failed_only_for_its_timeout_goes_on(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(500, "<h3>FAILED: did not complete in time</h3>")
    tiny.table(URL, {**ROW, "status": "QUEUED_ARCHIVING"})
    assert xnat.commit(target, URL).state is ServerState.WORKING


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_commit_lost_at_a_proxy_is_not_sent_again(tiny, xnat, target, status):
    tiny.replies[f"POST {URL}"] = Reply(status)
    with pytest.raises(XnatTrouble):
        xnat.commit(target, URL)
    assert len(tiny.asked("POST", URL)) == 1


def test_a_commit_of_what_was_archived_before_is_found_in_the_archive(tiny, xnat, target):
    with pytest.raises(XnatMissing):
        xnat.commit(target, URL)
    tiny.json(ARCHIVED, {"items": [{}]})
    assert xnat.commit(target, URL) == ServerSession(state=ServerState.ARCHIVED, url=IN_ARCHIVE)


def test_a_locked_session_is_busy(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(409, "<h3>session document locked</h3>")
    with pytest.raises(XnatBusy):
        xnat.commit(target, URL)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("RECEIVING", ServerState.RECEIVING),
        ("_RECEIVING_INTERRUPT", ServerState.RECEIVING),
        ("BUILDING", ServerState.WORKING),
        ("QUEUED_BUILDING", ServerState.WORKING),
        ("_ARCHIVING", ServerState.WORKING),
        ("SEPARATING", ServerState.WORKING),
        ("READY", ServerState.READY),
    ],
)
def test_prearchive_states_are_understood(tiny, xnat, target, status, state):
    tiny.table(URL, {**ROW, "status": status})
    assert xnat.locate(target, URL) == ServerSession(state=state, url=URL)


@pytest.mark.parametrize("status", ["CONFLICT", "ERROR"])
def test_a_troubled_session_carries_its_last_log_entry(tiny, xnat, target, status):
    tiny.table(URL, {**ROW, "status": status})
    tiny.table(f"{URL}/logs/last", {"id": "1", "date": "d", "entry": "Already Exists"})
    found = xnat.locate(target, URL)
    assert (found.state.name, found.message) == (status, "Already Exists")


def test_a_troubled_session_without_a_log_is_still_told(tiny, xnat, target):
    tiny.table(URL, {**ROW, "status": "ERROR"})
    assert xnat.locate(target, URL).state is ServerState.ERROR


@pytest.mark.parametrize("gone", [Reply(404), Reply(200, '{"ResultSet":{"Result":[]}}')])
def test_a_session_gone_from_the_prearchive_is_looked_for_in_the_archive(tiny, xnat, target, gone):
    tiny.replies[f"GET {URL}"] = gone
    assert xnat.locate(target, URL).state is ServerState.NOTHING
    tiny.json(ARCHIVED, {"items": [{}]})
    assert xnat.locate(target, URL) == ServerSession(state=ServerState.ARCHIVED, url=IN_ARCHIVE)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"UID": "1.2.3"}, ServerState.ARCHIVED),
        ({"UID": "1.2.4"}, ServerState.NOTHING),
        ({}, ServerState.NOTHING),
    ],
)
def test_an_archived_session_is_ours_when_its_study_is(tiny, xnat, target, fields, state):
    tiny.replies[f"GET {URL}"] = Reply(404)
    tiny.json(ARCHIVED, {"items": [{"data_fields": fields}]})
    assert xnat.locate(target, URL, study_uid="1.2.3").state is state


def test_half_an_answer_about_the_archive_decides_nothing(tiny, xnat, target):
    tiny.replies[f"GET {URL}"] = Reply(404)
    tiny.json(ARCHIVED, {"items": []})
    with pytest.raises(XnatAnswer):
        xnat.locate(target, URL, study_uid="1.2.3")


def test_a_session_without_known_url_is_found_by_its_labels(tiny, xnat, target):
    newer = ROW["url"].replace("20240102", "20250102")
    tiny.table(
        "/data/prearchive/projects/P1",
        {**ROW, "timestamp": "20240102_101112123", "status": "ERROR"},
        {**ROW, "timestamp": "20250102_101112123", "status": "RECEIVING", "url": newer},
        {**ROW, "timestamp": "20260102_101112123", "subject": "OTHER", "status": "READY"},
    )
    found = xnat.locate(target, "")
    assert found == ServerSession(state=ServerState.RECEIVING, url=f"/data{newer}")
    assert xnat.locate(replace(target, session="NEW"), "").state is ServerState.NOTHING


@pytest.mark.parametrize("url", [URL, IN_ARCHIVE])
def test_files_are_counted_per_scan(tiny, xnat, url):
    tiny.table(f"{url}/scans", {"ID": "2"}, {"ID": "1/a"}, {"ID": "99"}, {"ID": "5"})
    tiny.table(f"{url}/scans/2/resources/DICOM/files", {"Name": "a"}, {"Name": "b"})
    tiny.table(f"{url}/scans/1%2Fa/resources/DICOM/files", {"Name": "a"})
    tiny.table(f"{url}/scans/99/resources/secondary/files", {"Name": "s"})
    assert set(xnat.counts(url)) == {
        ScanCount("2", 2),
        ScanCount("1/a", 1),
        ScanCount("99", 1),
        ScanCount("5", 0),
    }


def test_counting_that_fails_is_no_count_of_zero(tiny, xnat):
    tiny.table(f"{URL}/scans", {"ID": "2"})
    tiny.replies[f"GET {URL}/scans/2/resources/DICOM/files"] = Reply(500)
    with pytest.raises(XnatTrouble):
        xnat.counts(URL)


def test_a_session_is_removed_from_the_prearchive_and_gone_is_fine(tiny, xnat):
    tiny.replies[f"DELETE {URL}"] = [Reply(200), Reply(404)]
    xnat.discard(URL)
    xnat.discard(URL)
    assert len(tiny.asked("DELETE", URL)) == 2


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/data/projects/P1",
        "/data/prearchive/projects/P1",
        "/data/prearchive/projects/P1/20240102_101112123",
        IN_ARCHIVE,
    ],
)
def test_nothing_but_a_prearchive_session_is_ever_removed(tiny, xnat, url):
    with pytest.raises(XnatRejected):
        xnat.discard(url)
    assert not [asked for asked in tiny.log if asked.method == "DELETE"]


def test_what_stands_against_archiving_is_told(tiny, xnat):
    rows = [
        {"code": "1", "type": "CONFLICT", "message": "pre-exists"},
        {"code": "12", "type": "WARN", "message": "new subject"},
        {"code": "19", "type": "FAIL", "message": "modality"},
    ]
    tiny.table("/data/services/validate-archive", *rows, method="POST")
    findings = xnat.validate_archive(URL)
    assert [finding.severity for finding in findings] == [
        Severity.NEEDS_YOU,
        Severity.NOTE,
        Severity.STOPS,
    ]
    assert findings[0].code == "archive.1"
    assert tiny.log[-1].query["src"] == URL.removeprefix("/data")


def test_the_subject_is_created_only_where_the_target_asks(tiny, xnat, target):
    tiny.replies["PUT /data/projects/P1/subjects/S1"] = Reply(200, "XNAT_S1")
    xnat.ensure_subject(target)
    assert not [asked for asked in tiny.log if asked.method == "PUT"]
    xnat.ensure_subject(replace(target, create_subject=True, subject_group="g"))
    assert tiny.asked("PUT", "/data/projects/P1/subjects/S1")[0].query["group"] == "g"


def test_long_calls_keep_the_login_alive(tiny, target):
    import time

    def slowly(asked):
        time.sleep(0.3)
        return Reply(200, URL)

    tiny.replies[f"POST {URL}"] = slowly
    timeouts = Timeouts(heartbeat=0.05, attempts=1)
    with connect(Server(url=tiny.url), "nurse", "pw", timeouts=timeouts) as xnat:
        xnat.commit(target, URL)
    assert len(tiny.asked("GET", "/xapi/siteConfig/buildInfo")) >= 3


def test_rights_are_read_anew_on_request(tiny, xnat):
    tiny.replies["DELETE /xapi/access/cache/flush"] = Reply(200)
    xnat.flush_access()
    assert tiny.asked("DELETE", "/xapi/access/cache/flush")


def test_several_threads_send_at_once(tiny, xnat, target, accepted):
    from concurrent.futures import ThreadPoolExecutor

    bodies = [bytes([number]) * (CHUNK + number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(lambda body: send(xnat, target, body), bodies))
    assert urls == {URL}
    assert sorted(asked.body for asked in tiny.asked("POST", IMPORT)) == sorted(bodies)
    assert {asked.headers["Cookie"] for asked in tiny.log[1:]} == {"JSESSIONID=ABC123"}
