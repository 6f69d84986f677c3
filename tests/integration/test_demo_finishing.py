"""How the embedded server finishes sessions when told to make trouble: as XNAT and proxies do."""

from __future__ import annotations

import sqlite3
import time

import pytest
import requests

from dxclient.demo import DemoServer
from tests.helpers.demoserver import arm, commit, dicom, logged_in, rows, send, stored

ARCHIVED = "/data/projects/ARCHIVE/subjects/S1/experiments/E1"


@pytest.fixture
def url(server: DemoServer) -> str:
    return server.url


def archived(url: str, **query: str) -> requests.Session:
    nurse = logged_in(url)
    files = [dicom(1), dicom(2), dicom(1, series=2)]
    place = send(nurse, url, files, "ARCHIVE").text
    assert commit(nurse, url, place, **query).status_code == 301
    return nurse


@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_is_lost_although_all_was_done(url: str, reset: bool) -> None:
    nurse = logged_in(url)
    arm(url, "lost-answer", match="/services/import", reset=reset)
    with pytest.raises(requests.ConnectionError):
        send(nurse, url, [dicom(1)])
    assert len(stored(url, "PLAIN", "E1")) == 1
    assert nurse.get(f"{url}/data/auth", timeout=30).status_code == 200


def test_a_proxy_gives_up_while_the_archiving_goes_on(url: str) -> None:
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text.strip()
    arm(url, "slow-archive", seconds=0.5, timeout=0.1)
    assert commit(nurse, url, place).status_code == 504
    assert rows(nurse, url, place)[0]["status"] == "ARCHIVING"
    locked = commit(nurse, url, place)
    assert (locked.status_code, "session document locked" in locked.text) == (409, True)
    for _ in range(100):
        if not rows(nurse, url, place):
            break
        time.sleep(0.02)
    assert nurse.get(f"{url}{ARCHIVED}?format=json", timeout=30).status_code == 200


def test_a_server_that_ends_while_it_archives_has_the_session_still(
    url: str, server: DemoServer
) -> None:
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text.strip()
    arm(url, "slow-archive", seconds=30)
    commit(nurse, url, place, **{"http-session-listener": "k1"})
    server.stop()
    server.start()
    nurse = logged_in(server.url)
    assert rows(nurse, server.url, place)[0]["status"] == "READY"
    known = nurse.get(f"{server.url}/xapi/event_tracking/k1", timeout=30)
    assert known.status_code == 404


def test_an_older_server_knows_no_listener(url: str) -> None:
    arm(url, "no-listener", count=-1)
    nurse = archived(url, **{"http-session-listener": "k1"})
    assert nurse.get(f"{url}/xapi/event_tracking/k1", timeout=30).status_code == 404


def test_the_archive_has_checksums_and_the_prearchive_has_none(url: str) -> None:
    nurse = archived(url)
    files = rows(nurse, url, f"{ARCHIVED}/scans/1/resources/DICOM/files")
    assert all(len(file["digest"]) == 32 for file in files)
    place = send(nurse, url, [dicom(1, study=2)], label="E2").text.strip()
    waiting = rows(nurse, url, f"{place}/scans/1/resources/DICOM/files")
    assert [file["digest"] for file in waiting] == [""]


def test_a_catalog_names_the_instance_in_each_file(url: str) -> None:
    nurse = archived(url)
    catalog = nurse.get(f"{url}{ARCHIVED}/scans/1/resources/DICOM?format=xml", timeout=30)
    assert catalog.headers["Content-Type"].startswith("text/xml")
    there = [one for one in stored(url, "ARCHIVE", "E1") if one["scan"] == "1"]
    for one in there:
        assert f'UID="{one["sop_instance_uid"]}"' in catalog.text
    assert catalog.text.count("digest=") == len(there) == 2
    assert nurse.get(f"{url}{ARCHIVED}/scans/9/resources/DICOM", timeout=30).status_code == 404


def test_a_site_may_keep_no_checksums(url: str) -> None:
    nurse = archived(url)
    arm(url, "no-digests", count=-1)
    files = rows(nurse, url, f"{ARCHIVED}/scans/1/resources/DICOM/files")
    assert [file["digest"] for file in files] == ["", ""]
    catalog = nurse.get(f"{url}{ARCHIVED}/scans/1/resources/DICOM", timeout=30)
    assert "digest=" not in catalog.text


def test_files_may_be_kept_changed_or_not_at_all(url: str) -> None:
    nurse = logged_in(url)
    arm(url, "spoil-files")
    send(nurse, url, [dicom(1), dicom(2)])
    sizes = {one["size"] for one in stored(url, "PLAIN", "E1")}
    assert sizes == {len(dicom(1))}
    arm(url, "keeps-nothing")
    answer = send(nurse, url, [dicom(1, study=2)], label="E2")
    assert (answer.status_code, answer.text) == (200, "")
    assert stored(url, "PLAIN", "E2") == []


def test_files_may_go_to_another_project_that_is_named(url: str) -> None:
    arm(url, "unassigned", project="DATES")
    answer = send(logged_in(url), url, [dicom(1)])
    assert answer.text.startswith("/data/prearchive/projects/DATES/")


def test_a_conflict_says_what_it_is_told_to(url: str) -> None:
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text.strip()
    arm(url, "conflict", message="Session processing may already be in progress: X.")
    assert "already be in progress" in commit(nurse, url, place).text
    last = nurse.get(f"{url}{place}/logs/last", timeout=30)
    assert last.text == "Session processing may already be in progress: X."


def test_a_folder_of_an_earlier_version_is_opened(server: DemoServer) -> None:
    nurse = logged_in(server.url)
    send(nurse, server.url, [dicom(1)])
    server.stop()
    with sqlite3.connect(server.folder / "state.sqlite") as state:
        state.execute("ALTER TABLE files DROP COLUMN md5")
    server.start()
    assert len(stored(server.url, "PLAIN", "E1")) == 1
