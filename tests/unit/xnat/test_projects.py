import pytest

from dxclient.domain.errors import (
    LoggedOut,
    NotPermitted,
    XnatAnswer,
    XnatError,
    XnatMissing,
    XnatRejected,
    XnatTrouble,
)
from dxclient.domain.project import Destination, Origin, PetTracer, Place, Project
from tests.unit.xnat.tiny import Reply

P1 = Project(id="P1", name="Project One")
CONFIG = "/data/projects/P1/config"


@pytest.fixture
def project(tiny):
    tiny.text("/data/projects/P1/prearchive_code", "0\n")
    return P1


def script(tiny, path, text, status="enabled"):
    tiny.table(path, {"contents": text, "status": status})


def test_projects_come_by_title_with_descriptions(tiny, xnat):
    def listing(asked):
        if "permissions" in asked.query:
            rows = '{"id":"P2","secondary_id":"beta"},{"id":"P1","secondary_id":"Alpha"}'
        else:
            rows = '{"ID":"P1","name":"Alpha","description":"About it"}'
        return Reply(200, f'{{"ResultSet":{{"Result":[{rows}]}}}}')

    tiny.replies["GET /data/projects"] = listing
    projects = xnat.projects()
    assert [project.title for project in projects] == ["Alpha", "beta"]
    assert projects[0].description == "About it"
    assert tiny.asked("GET", "/data/projects")[0].query["dataType"] == "xnat:subjectData"


def test_projects_do_without_descriptions_that_cannot_be_read(tiny, xnat):
    good = Reply(200, '{"ResultSet":{"Result":[{"ID":"P1","SECONDARY_ID":"One"}]}}')
    tiny.replies["GET /data/projects"] = [good, Reply(500)]
    assert xnat.projects() == (Project(id="P1", name="One"),)


def test_a_project_without_any_config_has_the_defaults(xnat, project):
    settings = xnat.project_settings(project)
    assert settings.scripts == ()
    assert settings.filters == ()
    assert settings.allow_create_subject.value is True
    assert settings.allow_bulk_upload.value is True
    assert settings.require_date.value is False
    assert settings.subject_scheme.value == "manual"
    assert settings.session_scheme.value == "auto"
    assert settings.subject_scheme.origin is Origin.DEFAULT
    assert settings.destination.value is Destination.PREARCHIVE


@pytest.mark.parametrize(
    ("code", "destination"),
    [
        ("0", Destination.PREARCHIVE),
        ("4", Destination.ARCHIVE),
        ("5", Destination.ARCHIVE_OVERWRITE),
    ],
)
def test_the_destination_follows_the_prearchive_code(tiny, xnat, project, code, destination):
    tiny.text("/data/projects/P1/prearchive_code", code)
    assert xnat.project_settings(project).destination.value is destination


def test_an_unknown_prearchive_code_is_not_guessed(tiny, xnat, project):
    tiny.text("/data/projects/P1/prearchive_code", "yes")
    with pytest.raises(XnatAnswer):
        xnat.project_settings(project)


@pytest.mark.parametrize(
    ("site", "own", "value", "origin"),
    [
        ("", "", True, Origin.DEFAULT),
        ("true", "", True, Origin.SITE),
        ("false", "true", False, Origin.SITE),
        ("true", "False\n", False, Origin.PROJECT),
        ("", "TRUE", True, Origin.PROJECT),
    ],
)
def test_creating_subjects_needs_both_levels(tiny, xnat, project, site, own, value, origin):
    tiny.text("/data/config/applet/allow-create-subject", site)
    tiny.text(f"{CONFIG}/applet/allow-create-subject", own)
    found = xnat.project_settings(project).allow_create_subject
    assert (found.value, found.origin) == (value, origin)


@pytest.mark.parametrize(
    ("site", "own", "value", "origin"),
    [
        ("true", "", True, Origin.SITE),
        ("true", "false", False, Origin.PROJECT),
        ("", "day", True, Origin.PROJECT),
        ("false", "", False, Origin.SITE),
    ],
)
def test_the_project_decides_on_dates_before_the_site(
    tiny, xnat, project, site, own, value, origin
):
    tiny.text("/data/config/applet/require-date", site)
    tiny.text(f"{CONFIG}/applet/require-date", own)
    found = xnat.project_settings(project).require_date
    assert (found.value, found.origin) == (value, origin)


def test_bulk_schemes_and_tracers_are_read_from_the_project(tiny, xnat, project):
    tiny.text(f"{CONFIG}/applet/allow-bulk-upload", "false")
    tiny.text(f"{CONFIG}/applet/default-subject-labeling-scheme", "dicom_patient_id\n")
    tiny.text(f"{CONFIG}/applet/default-session-labeling-scheme", "manual")
    tiny.text("/data/config/tracers/tracers", "FDG PIB")
    settings = xnat.project_settings(project)
    assert settings.allow_bulk_upload.value is False
    assert settings.subject_scheme.value == "dicom_patient_id"
    assert settings.session_scheme.value == "manual"
    assert settings.tracers.value == (PetTracer("FDG"), PetTracer("PIB"))
    assert settings.tracers.origin is Origin.SITE
    tiny.text(f"{CONFIG}/tracers/tracers", "OWN\n TRACER")
    tracers = xnat.project_settings(project).tracers
    assert tracers.value == (PetTracer("OWN"), PetTracer("TRACER"))
    assert tracers.origin is Origin.PROJECT


def test_scripts_come_site_first_then_project(tiny, xnat, project):
    script(tiny, "/data/config/anon/script", 'version "6.1"\n(0010,0010) := "x"')
    script(tiny, f"{CONFIG}/anon/projects/P1", "-(0010,0030)\n")
    scripts = xnat.scripts("P1")
    assert [s.origin for s in scripts] == [Origin.SITE, Origin.PROJECT]
    assert scripts[1].text == "-(0010,0030)\n"
    assert xnat.project_settings(project).scripts == scripts


def test_disabled_and_comment_only_scripts_are_left_out(tiny, xnat, project):
    script(tiny, "/data/config/anon/script", "-(0010,0030)", status="disabled")
    script(tiny, f"{CONFIG}/anon/projects/P1", "// nothing\n\n   // yet\n")
    assert xnat.scripts("P1") == ()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(403),
        Reply(400),
        Reply(200, ""),
        Reply(200, "{}"),
        Reply(200, '{"ResultSet":{"Result":[]}}'),
        Reply(200, '{"ResultSet":{"Result":[{"status":"enabled"}]}}'),
        Reply(200, '{"ResultSet":{"Result":[{"contents":"-(0010'),
        Reply(200, "<html>proxy</html>", "text/html"),
        Reply(404, "<html><body><h1>404 Not Found</h1><hr>nginx</body></html>", "text/html"),
        Reply(404, "<!-- gate --><p>No such page</p>", "text/html;charset=utf-8"),
        Reply(302, headers=(("Location", "http://elsewhere.invalid/"),)),
    ],
)
@pytest.mark.parametrize("path", ["/data/config/anon/script", f"{CONFIG}/anon/projects/P1"])
def test_a_script_that_cannot_be_read_never_passes_for_no_script(tiny, xnat, project, path, reply):
    tiny.replies[f"GET {path}"] = reply
    with pytest.raises(XnatError):
        xnat.scripts("P1")
    with pytest.raises(XnatError):
        xnat.project_settings(project)


@pytest.mark.parametrize(
    "path",
    [
        "/data/config/seriesImportFilter/config",
        f"{CONFIG}/seriesImportFilter/config",
        "/data/config/applet/require-date",
        f"{CONFIG}/applet/require-date",
    ],
)
def test_a_page_of_a_proxy_does_not_say_that_there_is_no_filter_or_rule(tiny, xnat, project, path):
    tiny.replies[f"GET {path}"] = Reply(404, "<html><h1>Not Found</h1></html>", "text/html")
    with pytest.raises(XnatAnswer):
        xnat.project_settings(project)


@pytest.mark.parametrize("body", ["", "<html><body>\n<h3>Config not found for user u</h3></body>"])
def test_a_404_of_xnat_itself_means_that_there_is_no_script(tiny, xnat, project, body):
    tiny.replies["GET /data/config/anon/script"] = Reply(404, body, "text/html")
    assert xnat.scripts("P1") == ()


def test_scripts_of_a_project_that_is_gone_are_not_taken_for_none(tiny, xnat):
    with pytest.raises(XnatMissing, match="no longer on the server"):
        xnat.scripts("P1")
    with pytest.raises(XnatMissing, match="no longer on the server"):
        xnat.project_settings(P1)


def test_settings_ask_a_refused_password_only_once(tiny, xnat):
    tiny.fallback = tiny.replies["GET /data/auth"] = Reply(401)
    before = len(tiny.log)
    for _ in range(3):
        with pytest.raises(LoggedOut):
            xnat.project_settings(P1)
    assert [asked.path for asked in tiny.log[before + 1 :]] == ["/data/auth"]


def test_filters_carry_their_origin_and_disabled_ones_are_left_out(tiny, xnat, project):
    text = '{"mode":"whitelist","list":"T1"}'
    script(tiny, "/data/config/seriesImportFilter/config", text)
    script(tiny, f"{CONFIG}/seriesImportFilter/config", text, status="disabled")
    (found,) = xnat.project_settings(project).filters
    assert (found.text, found.origin) == (text, Origin.SITE)


def test_contents_name_subjects_and_labels_in_both_places(tiny, xnat):
    tiny.table("/data/projects/P1/subjects", {"ID": "X_S1", "label": "S1", "group": "g"})
    tiny.table(
        "/data/projects/P1/experiments",
        {"ID": "E1", "label": "S1_MR1", "subject_label": "S1", "URI": "/data/experiments/E1"},
    )
    tiny.table(
        "/data/prearchive/projects/P1",
        {"name": "S2_MR1", "subject": "S2", "url": "/prearchive/projects/P1/2024_1/S2_MR1"},
    )
    contents = xnat.project_contents(P1)
    assert contents.subjects[0].label == "S1"
    first, second = contents.taken
    assert (first.label, first.place, first.subject) == ("S1_MR1", Place.ARCHIVE, "S1")
    assert (second.label, second.place, second.subject) == ("S2_MR1", Place.PREARCHIVE, "S2")
    assert second.url == "/data/prearchive/projects/P1/2024_1/S2_MR1"


def test_contents_do_without_subject_labels_and_a_forbidden_prearchive(tiny, xnat):
    def experiments(asked):
        if "subject_label" in asked.query["columns"]:
            return Reply(400, "<h3>unknown column</h3>")
        return Reply(200, '{"ResultSet":{"Result":[{"label":"E"}]}}')

    tiny.table("/data/projects/P1/subjects")
    tiny.replies["GET /data/projects/P1/experiments"] = experiments
    tiny.replies["GET /data/prearchive/projects/P1"] = Reply(403)
    assert [taken.label for taken in xnat.project_contents(P1).taken] == ["E"]


def test_a_subject_is_created_with_its_group(tiny, xnat):
    tiny.replies["PUT /data/projects/P1/subjects/S1"] = Reply(201, "XNAT_S00007\n")
    subject = xnat.create_subject("P1", "S1", "control")
    assert (subject.id, subject.label, subject.group) == ("XNAT_S00007", "S1", "control")
    sent = tiny.asked("PUT", "/data/projects/P1/subjects/S1")[0]
    assert sent.query == {"group": "control", "XNAT_CSRF": "tok-1"}


def test_creating_a_subject_that_is_not_allowed_keeps_the_servers_words(tiny, xnat):
    words = "Specified user account has insufficient create privileges"
    tiny.replies["PUT /data/projects/P1/subjects/S1"] = Reply(
        403, f"<html><head><title>Status page</title></head><h3>{words}</h3><p>more</p></html>"
    )
    with pytest.raises(NotPermitted) as caught:
        xnat.create_subject("P1", "S1")
    assert caught.value.details == words


@pytest.mark.parametrize(
    ("label", "sent"),
    [
        ("a/b", "a%2Fb"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("ä&=%", "%C3%A4%26%3D%25"),
        ("x;y\\z", "x%3By%5Cz"),
        ("../other", "..%2Fother"),
    ],
)
def test_labels_with_odd_characters_are_encoded(tiny, xnat, label, sent):
    tiny.fallback = Reply(201, "ID")
    xnat.create_subject("P 1", label)
    assert tiny.log[-1].path == f"/data/projects/P%201/subjects/{sent}"


@pytest.mark.parametrize("label", ["", " ", ".", ".."])
def test_labels_that_address_something_else_are_refused(tiny, xnat, label):
    before = len(tiny.log)
    with pytest.raises(XnatRejected):
        xnat.create_subject("P1", label)
    assert len(tiny.log) == before


def test_trouble_with_the_subject_is_not_tried_again_by_itself(tiny, xnat):
    tiny.replies["PUT /data/projects/P1/subjects/S1"] = Reply(500)
    with pytest.raises(XnatTrouble):
        xnat.create_subject("P1", "S1")
    assert len(tiny.asked("PUT", "/data/projects/P1/subjects/S1")) == 1
