"""The embedded server has XNAT's forms and quirks."""

import csv
import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dxclient.demo import DemoServer
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
    zipped,
)

IMPORT = "/data/services/import?import-handler=DICOM-zip&PROJECT_ID=PLAIN&EXPT_LABEL=E1"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with DemoServer(tmp_path_factory.mktemp("server")) as server:
        yield server.url


@pytest.fixture
def url(tmp_path):
    with DemoServer(tmp_path / "server") as server:
        yield server.url


# --- who is asking ------------------------------------------------------------


def test_a_good_password_opens_a_session_and_tells_when_it_ends(shared):
    answer = requests.get(f"{shared}/data/auth", auth=("nurse", "nurse"))
    assert answer.text == "User 'nurse' is logged in"
    assert re.fullmatch(r"[0-9A-F]{32}", answer.cookies["JSESSIONID"])
    assert re.search(r'SESSION_EXPIRATION_TIME="\d{13},900000"', answer.headers["Set-Cookie"])


def test_each_password_without_cookie_is_a_new_session(shared):
    ids = {requests.get(f"{shared}/data/JSESSION", auth=("nurse", "nurse")).text for _ in range(3)}
    assert len(ids) == 3


def test_a_wrong_password_gets_401_and_a_page(shared):
    answer = requests.get(f"{shared}/data/auth", auth=("nurse", "wrong"))
    assert answer.status_code == 401
    assert "Your login attempt failed" in answer.text


def test_strangers_are_told_the_realm_and_browsers_the_login_page(shared):
    bare = requests.get(f"{shared}/data/projects")
    assert bare.status_code == 401
    assert bare.headers["WWW-Authenticate"] == 'Basic realm="XNAT Protected Area"'
    agent = {"User-Agent": "Mozilla/5.0"}
    browser = requests.get(f"{shared}/data/projects", headers=agent, allow_redirects=False)
    assert browser.status_code == 302
    assert browser.headers["Location"].endswith("/app/template/Login.vm")
    agent = {"User-Agent": "Mozilla/5.0 XNATDesktopClient"}
    assert requests.get(f"{shared}/data/projects", headers=agent).status_code == 401


def test_the_csrf_token_is_shown_in_three_places(shared):
    nurse = logged_in(shared)
    token = re.search(r"var csrfToken = ['\"](.+?)['\"];", nurse.get(f"{shared}/").text)[1]
    assert nurse.get(f"{shared}/data/auth?CSRF=true").text.endswith(f"; XNAT_CSRF={token}")
    assert nurse.get(f"{shared}/data/JSESSION?CSRF=true").text.endswith(f"; XNAT_CSRF={token}")


def test_the_login_service_and_logging_out(shared):
    form = {"username": "nurse", "password": "nurse"}
    answer = requests.put(f"{shared}/data/services/auth", data=form)
    cookie = {"JSESSIONID": answer.text}
    assert requests.get(f"{shared}/data/auth", cookies=cookie).status_code == 200
    requests.delete(f"{shared}/data/JSESSION", cookies=cookie)
    assert requests.get(f"{shared}/data/auth", cookies=cookie).status_code == 401
    form = {"username": "nurse", "password": "x"}
    refused = requests.put(f"{shared}/data/services/auth", data=form)
    assert refused.status_code == 401
    assert "<h3>Authentication failed.</h3>" in refused.text


def test_an_alias_token_logs_in_until_it_is_invalidated(shared):
    nurse = logged_in(shared)
    token = nurse.get(f"{shared}/data/services/tokens/issue").json()
    pair = (token["alias"], token["secret"])
    assert "'nurse'" in requests.get(f"{shared}/data/auth", auth=pair).text
    check = f"{shared}/data/services/tokens/validate/{pair[0]}/{pair[1]}"
    assert nurse.get(check).json() == {"valid": "nurse"}
    nurse.get(f"{shared}/data/services/tokens/invalidate/{pair[0]}")
    assert requests.get(f"{shared}/data/auth", auth=pair).status_code == 401
    assert not any(token["secret"] in str(entry) for entry in received(shared))


# --- forms ------------------------------------------------------------


def test_projects_that_one_may_upload_to_have_two_lower_case_keys_and_no_total(shared):
    query = {"permissions": "edit", "dataType": "xnat:subjectData"}
    found = logged_in(shared).get(f"{shared}/data/projects", params=query).json()["ResultSet"]
    assert set(found) == {"Result"}
    assert {"id": "PLAIN", "secondary_id": "A plain project"} in found["Result"]
    assert len(found["Result"]) == 10
    assert rows(logged_in(shared, "viewer"), shared, "/data/projects", permissions="edit") == []
    assert len(rows(logged_in(shared, "viewer"), shared, "/data/projects")) == 10


def test_listings_come_as_json_and_csv_with_text_cells(shared):
    nurse = logged_in(shared)
    answer = nurse.get(f"{shared}/data/projects/PLAIN/subjects").json()["ResultSet"]
    assert answer["totalRecords"] == "2"
    assert all(isinstance(value, str) for row in answer["Result"] for value in row.values())
    page = nurse.get(f"{shared}/data/projects?format=csv&columns=ID").text
    assert {row["ID"] for row in csv.DictReader(io.StringIO(page))} >= {"PLAIN", "ARCHIVE"}
    assert '"PLAIN"' in page


def test_other_names_of_the_same_places(shared):
    nurse = logged_in(shared)
    plain = nurse.get(f"{shared}/data/projects?format=json").text
    assert nurse.get(f"{shared}/REST/projects?format=json").text == plain
    assert nurse.get(f"{shared}/data/archive/projects?format=json").text == plain


def test_an_error_is_a_page_with_its_message_in_h3(shared):
    answer = logged_in(shared).get(f"{shared}/data/projects/NOWHERE?format=json")
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")
    assert "<h3>Unable to find project NOWHERE</h3>" in answer.text
    assert answer.reason == "Unable to find project NOWHERE"


def test_a_project_item_and_its_prearchive_code(shared):
    nurse = logged_in(shared)
    item = nurse.get(f"{shared}/data/projects/ARCHIVE?format=json").json()["items"][0]
    assert item["meta"]["xsi:type"] == "xnat:projectData"
    assert item["data_fields"]["name"] == "Straight to the archive"
    codes = {
        p: nurse.get(f"{shared}/data/projects/{p}/prearchive_code").text
        for p in ("PLAIN", "ARCHIVE", "OVERWRITE")
    }
    assert codes == {"PLAIN": "0", "ARCHIVE": "4", "OVERWRITE": "5"}


def test_the_version_is_told_by_build_info_only(shared):
    nurse = logged_in(shared)
    assert nurse.get(f"{shared}/data/version").status_code == 404
    assert requests.get(f"{shared}/xapi/siteConfig/buildInfo").json()["version"] == "1.8.10"
    assert nurse.get(f"{shared}/xapi/siteConfig/sessionTimeout").status_code == 403


def test_making_a_subject_twice_gives_201_then_200(url):
    nurse = logged_in(url)
    place = f"{url}/data/projects/PLAIN/subjects/NEW1"
    first, second = nurse.put(place), nurse.put(place)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.text == second.text
    assert re.fullmatch(r"XNAT_S\d{5}", first.text)
    assert logged_in(url, "viewer").put(f"{place}2").status_code == 403


# --- configuration ------------------------------------------------------------


def test_a_missing_configuration_is_404_or_204_when_accepted(shared):
    nurse = logged_in(shared)
    place = f"{shared}/data/projects/PLAIN/config/applet/require-date"
    assert nurse.get(place).status_code == 404
    accepted = nurse.get(f"{place}?contents=true&accept-not-found=true")
    assert (accepted.status_code, accepted.content) == (204, b"")


def test_configuration_is_versioned_and_switched_off(url):
    admin = logged_in(url, "admin")
    place = f"{url}/data/projects/PLAIN/config/applet/require-date"
    assert admin.put(place, data="true").status_code == 201
    assert admin.put(place, data="false").status_code == 200
    assert admin.get(f"{place}?contents=true").text == "false"
    assert admin.get(f"{place}?contents=true&version=1").text == "true"
    history = rows(admin, url, place.removeprefix(url), action="getHistory")
    assert [row["version"] for row in history] == ["2", "1"]
    assert admin.put(f"{place}?status=disabled").status_code == 200
    assert admin.get(f"{place}?contents=true").status_code == 404
    assert admin.get(f"{place}?contents=true&accept-not-found=true").status_code == 204
    assert rows(admin, url, place.removeprefix(url))[0]["status"] == "disabled"
    assert admin.put(f"{place}?status=maybe").status_code == 400
    assert logged_in(url).put(place, data="true").status_code == 403


def test_scripts_are_at_both_places(tmp_path):
    with DemoServer(tmp_path, site_script=True) as server:
        nurse = logged_in(server.url)
        site = rows(nurse, server.url, "/data/config/anon/script")[0]
        assert site["status"] == "enabled"
        assert site["contents"].startswith('version "6.1"')
        path = "/data/projects/SCRIPTS/config/anon/projects/SCRIPTS"
        script = rows(nurse, server.url, path)[0]
        assert script["path"] == "/projects/SCRIPTS"
        newer = nurse.get(f"{server.url}/xapi/anonymize/projects/SCRIPTS")
        assert newer.text == script["contents"]
        assert nurse.get(f"{server.url}/xapi/anonymize/site/enabled").json() is True
        assert nurse.get(f"{server.url}/xapi/anonymize/projects/PLAIN").status_code == 204


def test_without_a_site_script_there_is_none(shared):
    answer = logged_in(shared).get(f"{shared}/data/config/anon/script?format=json")
    assert answer.status_code == 404


# --- import ------------------------------------------------------------


def test_series_of_one_study_share_a_row_and_sending_again_changes_nothing(url):
    nurse = logged_in(url)
    first = send(nurse, url, [dicom(1, series=1), dicom(2, series=1)])
    second = send(nurse, url, [dicom(1, series=2)])
    again = send(nurse, url, [dicom(1, series=1), dicom(2, series=1)])
    assert first.text == second.text == again.text
    assert re.fullmatch(r"/data/prearchive/projects/PLAIN/\d{8}_\d{9}/E1\r\n", first.text)
    assert first.headers["Content-Type"].startswith("text/uri-list")
    assert sorted(f["scan"] for f in stored(url, "PLAIN", "E1")) == ["1", "1", "2"]
    row = rows(nurse, url, "/data/prearchive/projects/PLAIN")[0]
    assert row["status"] == "RECEIVING"
    assert row["prevent_anon"] == "true"
    assert row["scan_date"] == "2024-01-02"
    assert row["scan_time"] == "10:11:12.5"
    assert row["url"] == first.text.strip().removeprefix("/data")


def test_the_first_request_of_a_row_decides_about_anonymization(url):
    nurse = logged_in(url)
    send(nurse, url, [dicom(1)], prevent_anon=None)
    send(nurse, url, [dicom(2)])
    assert rows(nurse, url, "/data/prearchive/projects/PLAIN")[0]["prevent_anon"] == "false"


def test_another_study_or_label_gets_another_row(url):
    nurse = logged_in(url)
    places = {
        send(nurse, url, [dicom(1)]).text,
        send(nurse, url, [dicom(1, study=2)]).text,
        send(nurse, url, [dicom(1)], label="E2").text,
    }
    assert len(places) == 3


def test_files_are_named_by_the_server_or_kept(url):
    nurse = logged_in(url)
    send(nurse, url, {"../../evil/one.dcm": dicom(1)}, label="KEPT", rename=None)
    send(nurse, url, {"one.dcm": dicom(1)}, label="NAMED")
    assert stored(url, "PLAIN", "KEPT")[0]["name"] == "one.dcm"
    named = stored(url, "PLAIN", "NAMED")[0]["name"]
    assert re.fullmatch(re.escape(f"{ROOT}.1-1-1-") + r"[0-9a-z]+\.dcm", named)


def test_what_the_filter_excludes_is_dropped_without_a_word(url):
    nurse = logged_in(url)
    scout = dicom(1, series=7, SeriesDescription="Scout view")
    nothing = send(nurse, url, [scout], "FILTERED")
    assert (nothing.status_code, nothing.content) == (200, b"")
    mixed = send(nurse, url, [scout, dicom(1)], "FILTERED")
    assert mixed.text.startswith("/data/prearchive/projects/FILTERED/")
    by_header = dicom(2, series=8, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    send(nurse, url, [by_header], "FILTERED")
    assert [f["scan"] for f in stored(url, "FILTERED", "E1")] == ["1"]


def test_a_project_that_may_not_be_written_gets_nothing_and_nobody_is_told(url):
    for user, project in (("viewer", "PLAIN"), ("nurse", "NOWHERE")):
        answer = send(logged_in(url, user), url, [dicom(1)], project)
        assert answer.status_code == 200
        assert answer.text.startswith("/data/prearchive/projects/Unassigned/")


def test_the_first_bad_entry_ends_it_and_those_before_stay(url):
    nurse = logged_in(url)
    files = {"a.dcm": dicom(1), "b.txt": b"no image", "c.dcm": dicom(2)}
    answer = send(nurse, url, files)
    assert answer.status_code == 400
    assert "<h3>unable to read DICOM object b.txt</h3>" in answer.text
    assert len(stored(url, "PLAIN", "E1")) == 1
    lenient = send(nurse, url, files, **{"Ignore-Unparsable": "true"})
    assert lenient.status_code == 200
    assert len(stored(url, "PLAIN", "E1")) == 2


def test_truncated_and_nameless_objects_are_refused(url):
    nurse = logged_in(url)
    whole = dicom(1)
    assert send(nurse, url, [whole[:-40]]).status_code == 400
    nameless = send(nurse, url, [dicom(1, SOPClassUID=None)])
    assert "contains no SOP Class UID" in nameless.text
    assert stored(url) == [f for f in stored(url) if f["session"] == "P001_MR1"]


def test_nested_archives_are_opened(url):
    inner = zipped([dicom(1), dicom(2)])
    answer = send(logged_in(url), url, {"deep/inner.zip": inner, "x.dcm": dicom(3)})
    assert answer.status_code == 200
    assert len(stored(url, "PLAIN", "E1")) == 3


def test_the_ways_to_send_a_body(url):
    nurse = logged_in(url)
    body = zipped([dicom(1)])
    chunks = [body[:100], body[100:]]
    assert send(nurse, url, [], body=iter(chunks)).status_code == 200
    tar = "application/x-tar"
    refused = send(nurse, url, [], body=iter(chunks), kind=tar)
    assert refused.status_code == 400
    assert "In-body File posts must include the file directly" in refused.text
    unknown = send(nurse, url, [], body=body, kind="application/x-zip-compressed")
    assert "Unable to identify upload format." in unknown.text
    one = nurse.post(f"{url}{IMPORT}", files={"file": ("a.zip", body)})
    assert one.status_code == 200
    two = nurse.post(f"{url}{IMPORT}", files=[("a", ("a.zip", body)), ("b", ("b.zip", body))])
    assert "limited to one uploaded resource" in two.text
    single = (
        f"{url}/data/services/import?import-handler=gradual-DICOM&PROJECT_ID=PLAIN&EXPT_LABEL=G"
    )
    answer = nurse.post(single, data=dicom(1), headers={"Content-Type": "application/dicom"})
    assert answer.text.strip().endswith("/G")
    handler = nurse.post(f"{url}/data/services/import?import-handler=no-such", data=body)
    assert handler.status_code == 404
    assert "Unknown importer implementation specified: no-such" in handler.text


def test_names_inside_objects_never_leave_the_folder(tmp_path):
    hostile = [
        dicom(1, series=1, SeriesNumber=None, SeriesInstanceUID="/../../../evil"),
        dicom(2, series=2),
        dicom(3, series=3, SeriesNumber=2, Modality="/../../evil"),
    ]
    with DemoServer(tmp_path / "a" / "b" / "server") as server:
        nurse = logged_in(server.url)
        place = send(nurse, server.url, hostile, label="../../evil").text
        assert commit(nurse, server.url, place).status_code == 200
        assert len(stored(server.url, "PLAIN", "______evil")) == 3
        outside = [p for p in tmp_path.rglob("*") if p.is_file() and server.folder not in p.parents]
        assert outside == []


def test_archives_that_grow_too_far_are_refused(url):
    deep = zipped([dicom(1)])
    for _ in range(5):
        deep = zipped({"inner.zip": deep})
    answer = send(logged_in(url), url, [], body=deep)
    assert answer.status_code == 400
    assert "nested too deeply" in answer.text
    assert send(logged_in(url), url, [], body=b"PK no archive").status_code == 400


def test_many_requests_at_once_lose_nothing(url):
    nurse = logged_in(url)
    send(nurse, url, [dicom(1, series=1)])

    def part(number):
        files = [dicom(n, series=number) for n in range(1, 16)]
        return send(logged_in(url), url, files).text

    with ThreadPoolExecutor(8) as pool:
        places = set(pool.map(part, range(2, 18)))
    assert len(places) == 1
    assert len(stored(url, "PLAIN", "E1")) == 1 + 16 * 15
    assert commit(nurse, url, places.pop()).status_code == 200


# --- commit and archive ------------------------------------------------------------


def test_commit_in_a_plain_project_leaves_the_session_ready(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)]).text
    answer = commit(nurse, url, place)
    assert (answer.status_code, answer.text) == (200, place)
    row = rows(nurse, url, place.strip())[0]
    assert row["status"] == "READY"
    scans = rows(nurse, url, f"{place.strip()}/scans")
    assert scans == [{"ID": "1", "xsiType": "xnat:mrScanData", "series_description": "series 1"}]
    files = rows(nurse, url, f"{place.strip()}/scans/1/resources/DICOM/files")
    assert files[0]["Size"] == str(len(dicom(1)))


def test_commit_in_an_archiving_project_gives_301_without_a_location(url):
    nurse = logged_in(url)
    nurse.put(f"{url}/data/projects/ARCHIVE/subjects/s1")
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text
    answer = commit(nurse, url, place)
    assert answer.status_code == 301
    assert "Location" not in answer.headers
    assert answer.text == "/data/archive/projects/ARCHIVE/subjects/s1/experiments/E1"
    assert rows(nurse, url, place.strip()) == []
    item = nurse.get(f"{url}{answer.text}?format=json").json()["items"][0]
    assert item["meta"]["xsi:type"] == "xnat:mrSessionData"
    assert len(rows(nurse, url, f"{answer.text}/scans/ALL/files")) == 1
    assert len(rows(nurse, url, f"{answer.text}/scans/1/resources/DICOM/files")) == 1


def test_two_series_with_one_number_become_two_scans_and_none_has_no_number(url):
    nurse = logged_in(url)
    files = [
        dicom(1, series=4),
        dicom(1, series=5, SeriesNumber=4),
        dicom(1, series=6, SeriesNumber=None),
    ]
    place = send(nurse, url, files).text
    commit(nurse, url, place)
    scans = [row["ID"] for row in rows(nurse, url, f"{place.strip()}/scans")]
    assert sorted(scans) == sorted(["4", "4-MR1", f"{ROOT}.1.6".replace(".", "_")])


def test_pet_decides_the_type_of_a_session_and_the_tracer_is_kept(url):
    nurse = logged_in(url)
    files = [dicom(1, series=1, Modality="CT"), dicom(1, series=2, Modality="PT")]
    place = send(nurse, url, files, "ARCHIVE").text.strip()
    body = {"xnat:petSessionData/tracer/name": "FDG"}
    answer = nurse.post(f"{url}{place}?action=commit", json=body)
    item = nurse.get(f"{url}{answer.text}?format=json").json()["items"][0]
    assert item["meta"]["xsi:type"] == "xnat:petSessionData"
    assert item["data_fields"]["tracer/name"] == "FDG"


def test_archiving_again_conflicts_merges_or_overwrites_by_project(url):
    nurse = logged_in(url)
    commit(nurse, url, send(nurse, url, [dicom(1)], "ARCHIVE").text)
    same = send(nurse, url, [dicom(1)], "ARCHIVE").text.strip()
    answer = commit(nurse, url, same)
    assert answer.status_code == 500
    assert "FAILED: Session already exists with matching files." in answer.text
    assert rows(nurse, url, same)[0]["status"] == "CONFLICT"
    last = nurse.get(f"{url}{same}/logs/last").text
    assert last == "Session already exists with matching files."
    nurse.delete(f"{url}{same}")
    assert (
        commit(nurse, url, send(nurse, url, [dicom(1, series=2)], "ARCHIVE").text).status_code
        == 301
    )
    assert {f["scan"] for f in stored(url, "ARCHIVE", "E1")} == {"1", "2"}
    for _ in range(2):
        place = send(nurse, url, [dicom(1)], "OVERWRITE").text
        assert commit(nurse, url, place).status_code == 301
    assert len(stored(url, "OVERWRITE", "E1")) == 1


def test_a_label_of_another_subject_conflicts(url):
    nurse = logged_in(url)
    commit(nurse, url, send(nurse, url, [dicom(1)], "ARCHIVE").text)
    other = send(nurse, url, [dicom(1, series=3)], "ARCHIVE", SUBJECT_ID="S2").text
    assert "Already Exists for another Subject" in commit(nurse, url, other).text


def test_illegal_characters_in_labels_become_underscores(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE", "A B^C", SUBJECT_ID="S 1").text
    assert commit(nurse, url, place).text.endswith("/subjects/S_1/experiments/A_B_C")


def test_a_listener_reports_how_a_commit_ended(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text
    key = "11111111-2222-3333-4444-555555555555"
    assert nurse.get(f"{url}/xapi/event_tracking/{key}").status_code == 404
    answer = commit(nurse, url, place, **{"http-session-listener": key})
    assert (answer.status_code, answer.text) == (200, "Archival initiated")
    for _ in range(200):
        state = nurse.get(f"{url}/xapi/event_tracking/{key}").json()
        if state["succeeded"] is not None:
            break
    assert state["succeeded"] is True
    assert state["finalMessage"].endswith("/experiments/E1")


def test_the_other_actions_on_a_prearchive_session(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)]).text.strip()
    assert nurse.post(f"{url}{place}?action=build").text.strip() == place
    assert "No action parameter was specified" in nurse.post(f"{url}{place}").text
    moved = nurse.post(f"{url}{place}?action=move&newProject=DATES")
    assert moved.status_code == 301
    assert moved.text == place.replace("PLAIN", "DATES")
    assert stored(url, "DATES", "E1")[0]["path"].startswith("prearchive/DATES/")
    viewer = logged_in(url, "viewer")
    assert viewer.delete(f"{url}{moved.text}").status_code == 403
    assert nurse.delete(f"{url}{moved.text}").status_code == 200
    assert nurse.delete(f"{url}{moved.text}").status_code == 404
    assert stored(url, "DATES", "E1") == []


def test_the_services_archive_validate_and_manage(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)]).text.strip()
    src = {"src": place.removeprefix("/data")}
    warned = nurse.post(f"{url}/data/services/validate-archive", params=src).json()
    assert [row["code"] for row in warned["ResultSet"]["Result"]] == ["12"]
    done = nurse.post(f"{url}/data/services/archive", params=src)
    assert done.text == "/data/archive/projects/PLAIN/subjects/S1/experiments/E1\r\n"
    gone = nurse.post(f"{url}/data/services/archive", params=src)
    assert (gone.status_code, "Unknown prearchive session." in gone.text) == (404, True)
    place = send(nurse, url, [dicom(1)]).text.strip()
    src = {"src": place}
    found = nurse.post(f"{url}/data/services/validate-archive", params=src).json()
    assert [row["code"] for row in found["ResultSet"]["Result"]] == ["1", "16"]
    refused = nurse.post(f"{url}/data/services/archive", params=src)
    assert refused.status_code == 409
    assert "Session already exists, retry with overwrite enabled" in refused.text
    again = {**src, "overwrite": "delete", "overwrite_files": "true"}
    assert nurse.post(f"{url}/data/services/archive", params=again).status_code == 200
    place = send(nurse, url, [dicom(1)], label="E2").text.strip()
    for service in ("rebuild", "move", "delete"):
        query = {"src": place, "newProject": "DATES"}
        answer = nurse.post(f"{url}/data/services/prearchive/{service}", params=query)
        assert answer.status_code == 200, answer.text
        place = place.replace("PLAIN", "DATES") if service == "move" else place
    assert stored(url, "DATES") == []


def test_the_session_importer_builds_at_once_and_refuses_what_is_there(url):
    nurse = logged_in(url)
    session_importer = {"import-handler": "SI"}
    place = send(nurse, url, [dicom(1)], label="SI1", **session_importer).text.strip()
    assert rows(nurse, url, place)[0]["status"] == "READY"
    dest = "/archive/projects/PLAIN/subjects/S1/experiments/SI2"
    asked = {**session_importer, "dest": dest}
    first = send(nurse, url, [dicom(1, study=3)], label="SI2", **asked)
    assert first.text.strip() == f"/data{dest}"
    again = send(nurse, url, [dicom(2, study=3)], label="SI2", **asked)
    assert again.status_code == 409
    merged = send(nurse, url, [dicom(3, study=3)], label="SI2", overwrite="append", **asked)
    assert merged.text.strip() == f"/data{dest}"
    assert len(rows(nurse, url, f"/data{dest}/scans/ALL/files")) == 3


def test_archiving_in_an_archiving_project_redirects(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text.strip()
    service = f"{url}/data/services/archive"
    answer = nurse.post(service, params={"src": place}, allow_redirects=False)
    assert answer.status_code == 303
    archived = "/data/archive/projects/ARCHIVE/subjects/S1/experiments/E1"
    assert answer.headers["Location"] == url + archived
    assert nurse.get(answer.headers["Location"] + "?format=json").status_code == 200


def test_an_account_is_locked_after_twenty_wrong_passwords(url):
    for _ in range(20):
        requests.get(f"{url}/data/auth", auth=("viewer", "wrong"))
    assert requests.get(f"{url}/data/auth", auth=("viewer", "viewer")).status_code == 401
    assert requests.get(f"{url}/data/auth", auth=("nurse", "nurse")).status_code == 200


# --- what stays ------------------------------------------------------------


def test_everything_survives_a_killed_process(tmp_path):
    command = [sys.executable, "-m", "dxclient.demo", "--folder", str(tmp_path / "s")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        nurse = logged_in(url)
        place = send(nurse, url, [dicom(1), dicom(2)]).text
        nurse.put(f"{url}/data/projects/PLAIN/subjects/KEPT")
        process.kill()
    with DemoServer(tmp_path / "s") as server:
        nurse = logged_in(server.url)
        labels = {row["label"] for row in rows(nurse, server.url, "/data/projects/PLAIN/subjects")}
        assert "KEPT" in labels
        assert len(stored(server.url, "PLAIN", "E1")) == 2
        assert send(nurse, server.url, [dicom(3)]).text == place
        folder = server.folder / place.strip().removeprefix("/data/").replace("/projects/", "/")
        assert len(list((folder / "scans" / "1" / "DICOM").iterdir())) == 3


def test_what_is_received_is_told_without_secrets(url):
    nurse = logged_in(url)
    send(nurse, url, [dicom(1)], XNAT_CSRF="0000-token")
    last = received(url)[-1]
    assert (last["method"], last["path"], last["status"]) == ("POST", "/data/services/import", 200)
    assert last["bytes"] > 0
    assert last["query"]["PROJECT_ID"] == "PLAIN"
    assert "XNAT_CSRF" not in last["query"]


def test_stored_headers_are_told(url):
    send(logged_in(url), url, [dicom(1)])
    fact = stored(url, "PLAIN", "E1", header=True)[0]
    assert fact["header"]["PatientName"] == "EXAMPLE^TEST"
    assert fact["header"]["ImageType"] == "ORIGINAL\\PRIMARY"
    assert fact["sop_instance_uid"] == f"{ROOT}.1.1.1"
    assert fact["size"] == len(dicom(1))


# --- troubles ------------------------------------------------------------


def test_expired_sessions_are_401_by_cookie_and_new_by_password(url):
    nurse = logged_in(url)
    cookie = {"JSESSIONID": nurse.cookies["JSESSIONID"]}
    arm(url, "expire-sessions")
    assert requests.get(f"{url}/data/auth", cookies=cookie).status_code == 401
    assert nurse.get(f"{url}/data/auth").status_code == 200
    assert nurse.cookies["JSESSIONID"] != cookie["JSESSIONID"]


def test_an_import_breaks_off_after_some_bytes(url):
    nurse = logged_in(url)
    arm(url, "error-after-bytes", bytes=1000)
    body = zipped([dicom(1)]) + b"\0" * 3_000_000
    try:
        status = send(nurse, url, [], body=body).status_code
    except requests.ConnectionError:
        status = 500  # the server closed the connection before all was sent
    assert status == 500
    assert stored(url, "PLAIN", "E1") == []
    assert any(entry.get("broken") for entry in received(url))
    assert send(nurse, url, [dicom(1)]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("refuse-chunked", 400, "In-body File posts must include the file directly"),
        ("bad-part", 400, "unable to read DICOM object"),
        ("bad-gateway", 502, "502 Bad Gateway"),
        ("too-large", 413, "413 Request Entity Too Large"),
        ("html", 200, "<title>XNAT Login</title>"),
    ],
)
def test_a_trouble_hits_once(url, kind, status, words):
    nurse = logged_in(url)
    arm(url, kind)
    body = iter([zipped([dicom(1)])])
    answer = send(nurse, url, [], body=body)
    assert (answer.status_code, words in answer.text) == (status, True)
    assert stored(url, "PLAIN", "E1") == []
    assert send(nurse, url, [dicom(1)]).status_code == 200


def test_a_full_disk_keeps_what_came_before(url):
    arm(url, "disk-full")
    answer = send(logged_in(url), url, [dicom(n) for n in range(1, 5)])
    assert answer.status_code == 400
    assert len(stored(url, "PLAIN", "E1")) == 2


def test_a_timeout_after_success_hides_what_was_done(url):
    nurse = logged_in(url)
    place = send(nurse, url, [dicom(1)], "ARCHIVE").text
    arm(url, "timeout-after-success")
    assert commit(nurse, url, place).status_code == 504
    archived = "/data/projects/ARCHIVE/subjects/S1/experiments/E1?format=json"
    assert nurse.get(url + archived).status_code == 200


def test_files_are_lost_sessions_locked_and_conflicts_made_on_request(url):
    nurse = logged_in(url)
    arm(url, "drop-files", drop=2)
    place = send(nurse, url, [dicom(n) for n in range(1, 6)]).text
    assert len(stored(url, "PLAIN", "E1")) == 3
    arm(url, "locked")
    locked = commit(nurse, url, place)
    assert (locked.status_code, "session document locked" in locked.text) == (409, True)
    arm(url, "conflict")
    assert commit(nurse, url, place).status_code == 500
    assert rows(nurse, url, place.strip())[0]["status"] == "CONFLICT"
    arm(url, "unassigned")
    assert "/Unassigned/" in send(nurse, url, [dicom(9)]).text


def test_a_trouble_can_wait_its_turn_and_be_called_off(url):
    nurse = logged_in(url)
    arm(url, "bad-gateway", match="projects", skip=1, count=2)
    states = [nurse.get(f"{url}/data/projects").status_code for _ in range(4)]
    assert states == [200, 502, 502, 200]
    arm(url, "refuse-login", count=-1)
    assert requests.get(f"{url}/data/auth", auth=("nurse", "nurse")).status_code == 401
    requests.delete(f"{url}/demo/faults")
    assert requests.get(f"{url}/data/auth", auth=("nurse", "nurse")).status_code == 200
    unknown = requests.post(f"{url}/demo/faults", json={"kind": "nonsense"})
    assert unknown.status_code == 400


def test_a_slow_answer_takes_its_time(url):
    nurse = logged_in(url)
    arm(url, "slow", seconds=0.4)
    assert nurse.get(f"{url}/data/auth").elapsed.total_seconds() >= 0.4
    assert nurse.get(f"{url}/data/auth").elapsed.total_seconds() < 0.4
