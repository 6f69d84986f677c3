"""Committing and following: what is asked, and how each answer is taken."""

import json
from dataclasses import replace

import pytest

from dxclient.domain.errors import Misrouted, XnatAnswer, XnatBusy, XnatMissing
from dxclient.domain.findings import Severity
from dxclient.domain.protocols import ScanCount, ServerSession, ServerState
from tests.unit.xnat.tiny import Reply

URL = "/data/prearchive/projects/P1/20240102_101112123/S1_MR1"
ROW = {"project": "P1", "name": "S1_MR1", "subject": "S1", "url": URL.removeprefix("/data")}
IN_ARCHIVE = "/data/archive/projects/P1/subjects/S1/experiments/S1_MR1"
ELSEWHERE = "/data/prearchive/projects/Unassigned/20240102_101112123/S1_MR1"
ARCHIVE = "/data/services/archive"


@pytest.fixture
def begun(tiny, xnat, target):
    """A commit that goes on by itself; gives what to follow."""
    tiny.replies[f"POST {URL}"] = Reply(200, "Archival initiated")
    session = xnat.commit(target, URL)
    assert session.state is ServerState.WORKING
    return session.listener


def event(tiny, listener, succeeded, message=""):
    tiny.json(
        f"/xapi/event_tracking/{listener}",
        {"key": listener, "payload": "{}", "succeeded": succeeded, "finalMessage": message},
    )


def test_visit_subtype_and_replacing_go_with_the_commit(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(200, URL)
    xnat.commit(replace(target, visit="V1", subtype="rest"), URL, overwrite_files=True)
    query = tiny.asked("POST", URL)[0].query
    assert (query["VISIT"], query["PROTOCOL"], query["overwrite_files"]) == ("V1", "rest", "true")


def test_a_listener_tells_that_the_work_goes_on(tiny, xnat, target, begun):
    event(tiny, begun, None)
    found = xnat.follow(target, URL, begun)
    assert found == ServerSession(state=ServerState.WORKING, url=URL, listener=begun)


@pytest.mark.parametrize("message", [IN_ARCHIVE, IN_ARCHIVE.removeprefix("/data")])
def test_a_listener_tells_where_the_session_is(tiny, xnat, target, begun, message):
    event(tiny, begun, True, message)
    assert xnat.follow(target, URL, begun).state is ServerState.ARCHIVED


def test_a_listener_that_names_no_place_sends_us_to_the_row(tiny, xnat, target, begun):
    event(tiny, begun, True, "Done.")
    tiny.table(URL, {**ROW, "status": "READY"})
    assert xnat.follow(target, URL, begun) == ServerSession(state=ServerState.READY, url=URL)


def test_a_listener_tells_of_a_conflict_with_all_that_the_server_says(tiny, xnat, target, begun):
    event(tiny, begun, False, "Session already exists with matching files.")
    tiny.table(URL, {**ROW, "status": "CONFLICT"})
    tiny.table(f"{URL}/logs/last", {"id": "1", "date": "d", "entry": "Look at scan 4."})
    problem = {"code": "16", "type": "CONFLICT", "message": "Scan 4 already exists."}
    tiny.table("/data/services/validate-archive", problem, method="POST")
    found = xnat.follow(target, URL, begun)
    assert found.state is ServerState.CONFLICT
    assert found.message == "Session already exists with matching files.\nLook at scan 4."
    assert [(one.code, one.severity) for one in found.problems] == [
        ("archive.16", Severity.NEEDS_YOU)
    ]


def test_a_listener_that_is_not_known_yet_is_asked_again(tiny, xnat, target, begun):
    tiny.table(URL, {**ROW, "status": "QUEUED_ARCHIVING"})
    found = xnat.follow(target, URL, begun)
    assert (found.state, found.listener) == (ServerState.WORKING, begun)
    event(tiny, begun, True, IN_ARCHIVE)
    assert xnat.follow(target, URL, found.listener).state is ServerState.ARCHIVED


def test_a_server_without_listeners_is_remembered(tiny, xnat, target, begun):
    tiny.table(URL, {**ROW, "status": "READY"})
    assert xnat.follow(target, URL, begun) == ServerSession(state=ServerState.READY, url=URL)
    xnat.commit(target, URL)
    assert "http-session-listener" not in tiny.asked("POST", URL)[1].query


@pytest.mark.parametrize("reply", [Reply(200, "{"), Reply(200, "<html>Welcome</html>")])
def test_half_an_answer_about_a_listener_decides_nothing(tiny, xnat, target, begun, reply):
    tiny.replies[f"GET /xapi/event_tracking/{begun}"] = reply
    with pytest.raises(XnatAnswer):
        xnat.follow(target, URL, begun)


# -- archiving as a person answered


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, f"{IN_ARCHIVE}\r\n"),
        Reply(303, "", headers=(("Location", f"https://elsewhere.example.org{IN_ARCHIVE}"),)),
    ],
)
def test_archiving_names_label_and_merging(tiny, xnat, target, reply):
    tiny.replies[f"POST {ARCHIVE}"] = reply
    asked = replace(target, overwrite="append")
    found = xnat.archive(asked, URL)
    assert found == ServerSession(state=ServerState.ARCHIVED, url=IN_ARCHIVE)
    assert tiny.asked("POST", ARCHIVE)[0].query == {
        "src": URL.removeprefix("/data"),
        "project": "P1",
        "subject": "S1",
        "session": "S1_MR1",
        "overwrite": "append",
        "XNAT_CSRF": "tok-1",
    }


def test_archiving_under_a_new_label_does_not_merge(tiny, xnat, target):
    tiny.replies[f"POST {ARCHIVE}"] = Reply(200, IN_ARCHIVE)
    xnat.archive(target, URL, overwrite_files=True)
    query = tiny.asked("POST", ARCHIVE)[0].query
    assert "overwrite" not in query
    assert query["overwrite_files"] == "true"


@pytest.mark.parametrize("status", [400, 409, 500])
def test_archiving_that_is_refused_is_a_conflict(tiny, xnat, target, status):
    tiny.replies[f"POST {ARCHIVE}"] = Reply(status, "<h3>FAILED: Session already exists</h3>")
    tiny.table(URL, {**ROW, "status": "CONFLICT"})
    found = xnat.archive(target, URL)
    assert found.state is ServerState.CONFLICT
    assert found.message == "FAILED: Session already exists"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, "<h3>Operation already in progress on this prearchive entry.</h3>"),
        Reply(423, "<h3>Duplicate archive attempt.</h3>"),
    ],
)
def test_archiving_that_runs_already_is_waited_for(tiny, xnat, target, reply):
    tiny.replies[f"POST {ARCHIVE}"] = reply
    with pytest.raises(XnatBusy):
        xnat.archive(target, URL)


def test_archiving_what_is_nowhere_says_so(tiny, xnat, target):
    with pytest.raises(XnatMissing):
        xnat.archive(target, URL)


# -- another project than asked, wherever the server says it


def misplaced(call):
    with pytest.raises(Misrouted) as caught:
        call()
    assert caught.value.url == ELSEWHERE
    assert "S1_MR1" not in str(caught.value) + caught.value.details
    assert ELSEWHERE.rsplit("/", 1)[0] in caught.value.details


def test_any_url_in_the_answer_to_a_part_is_looked_at(tiny, xnat, target):
    tiny.replies["POST /data/services/import"] = Reply(200, f"{ELSEWHERE}\r\n{URL}\r\n")
    misplaced(lambda: xnat.send(target, b"zip", on_bytes=lambda done: None, stopped=lambda: False))


def test_the_answer_to_a_commit_is_looked_at(tiny, xnat, target):
    tiny.replies[f"POST {URL}"] = Reply(200, ELSEWHERE)
    misplaced(lambda: xnat.commit(target, URL))


def test_what_a_listener_says_is_looked_at(tiny, xnat, target, begun):
    event(tiny, begun, True, ELSEWHERE)
    misplaced(lambda: xnat.follow(target, URL, begun))


def test_a_row_that_moved_is_looked_at(tiny, xnat, target):
    moved = ELSEWHERE.removeprefix("/data")
    tiny.table(URL, {**ROW, "project": "Unassigned", "status": "READY", "url": moved})
    misplaced(lambda: xnat.locate(target, URL))


# -- what a session holds


def listed(tiny, *digests, scan="4"):
    rows = [{"Name": f"{n}.dcm", "digest": digest} for n, digest in enumerate(digests)]
    tiny.table(f"{IN_ARCHIVE}/scans", {"ID": scan})
    tiny.table(f"{IN_ARCHIVE}/scans/{scan}/resources/DICOM/files", *rows)


def test_checksums_are_read_where_every_file_has_one(tiny, xnat):
    one, two = "A" * 32, "b" * 32
    listed(tiny, one, two)
    assert xnat.counts(IN_ARCHIVE) == (ScanCount("4", 2, ("a" * 32, two)),)


@pytest.mark.parametrize("digests", [("a" * 32, ""), ("", ""), ("a" * 40, "a" * 32)])
def test_checksums_that_are_not_whole_count_as_none(tiny, xnat, digests):
    listed(tiny, *digests)
    assert xnat.counts(IN_ARCHIVE) == (ScanCount("4", 2),)


CATALOG = """<?xml version="1.0"?>
<cat:DCMCatalog xmlns:cat="http://nrg.wustl.edu/catalog" UID="1.2.9">
<cat:entries>
<cat:entry ID="x" URI="1.dcm" UID="1.2.3" instanceNumber="1" xsi:type="cat:dcmEntry"/>
<cat:entry URI="2.dcm"
   UID="1.2.4"/>
<cat:entry URI="notes.txt" ID="9.9"/>
</cat:entries></cat:DCMCatalog>"""


def test_instances_are_read_from_the_catalog_of_a_scan(tiny, xnat):
    tiny.replies[f"GET {IN_ARCHIVE}/scans/4/resources/DICOM"] = Reply(200, CATALOG, "text/xml")
    assert xnat.instances(IN_ARCHIVE, "4") == {"1.2.3", "1.2.4"}


@pytest.mark.parametrize("reply", [Reply(404), Reply(500), Reply(200, json.dumps({}))])
def test_a_catalog_that_cannot_be_read_names_nothing(tiny, xnat, reply):
    tiny.replies[f"GET {IN_ARCHIVE}/scans/4/resources/DICOM"] = reply
    assert xnat.instances(IN_ARCHIVE, "4") == frozenset()
