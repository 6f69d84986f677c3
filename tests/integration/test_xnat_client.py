"""The client against the embedded server, over real HTTP."""

import io
import json
import time
import urllib.request
import zipfile
from dataclasses import replace

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dxclient.demo import DemoServer
from dxclient.domain.errors import (
    BadCredentials,
    LoggedOut,
    Misrouted,
    NotPermitted,
    XnatMissing,
    XnatTooLarge,
    XnatTrouble,
)
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Destination, Origin, Place, Project, Server
from dxclient.domain.protocols import ScanCount, ServerState
from dxclient.xnat import Timeouts, connect

QUICK = Timeouts(attempts=2, pause=0.05)
MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with DemoServer(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def nurse(demo):
    with connect(Server(url=demo.url), "nurse", "nurse", timeouts=QUICK) as xnat:
        yield xnat


def control(demo, **fault):
    request = urllib.request.Request(
        f"{demo.url}/demo/faults",
        json.dumps(fault).encode(),
        {"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def dicom_file(study, series, number, instance):
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = MR
    image.SOPInstanceUID = generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = study, series
    image.SeriesNumber, image.InstanceNumber = number, instance
    image.Modality, image.SeriesDescription = "MR", "T1 synthetic"
    image.StudyDate, image.PatientID, image.PatientName = "20200102", "SYN1", "Synthetic^One"
    target = io.BytesIO()
    pydicom.dcmwrite(target, image, enforce_file_format=True)
    return target.getvalue()


def part(study, *scans):
    """A zip with so many files for each (scan number, files)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, files in scans:
            series = generate_uid()
            for instance in range(1, files + 1):
                name = f"{len(archive.namelist()):06d}.dcm"
                archive.writestr(name, dicom_file(study, series, number, instance))
    return packed.getvalue()


def target_for(demo, project, session, **more):
    return UploadTarget(
        server=demo.url, user="nurse", project=project, subject="SUBJ1", session=session, **more
    )


def finish(xnat, target, url):
    """Commit, and follow what the server does until it is at rest."""
    session = xnat.commit(target, url)
    while session.state is ServerState.WORKING:
        time.sleep(0.02)
        if session.listener:
            session = xnat.follow(target, url, session.listener)
        else:
            session = xnat.locate(target, url)
    return session


def send(xnat, target, body):
    return xnat.send(target, body, on_bytes=lambda done: None, stopped=lambda: False)


def test_a_session_waits_in_the_prearchive_and_is_counted(demo, nurse):
    target = target_for(demo, "PLAIN", "WAITING_1", create_subject=True)
    study = generate_uid()
    nurse.ensure_subject(target)
    nurse.ensure_subject(target)
    url = send(nurse, target, part(study, (1, 3), (2, 1)))
    assert send(nurse, target, part(study, (3, 2))) == url
    assert nurse.locate(target, url).state is ServerState.RECEIVING
    done = finish(nurse, target, url)
    assert done.state is ServerState.READY
    assert set(nurse.counts(done.url)) == {ScanCount("1", 3), ScanCount("2", 1), ScanCount("3", 2)}
    assert nurse.locate(target, "").url == url
    contents = nurse.project_contents(Project(id="PLAIN"))
    assert "SUBJ1" in {subject.label for subject in contents.subjects}
    assert ("WAITING_1", Place.PREARCHIVE) in {(t.label, t.place) for t in contents.taken}
    nurse.validate_archive(url)
    nurse.discard(url)
    nurse.discard(url)
    assert nurse.locate(target, url).state is ServerState.NOTHING


def test_a_session_goes_to_the_archive_and_is_counted_there(demo, nurse):
    project = Project(id="ARCHIVE")
    assert nurse.project_settings(project).destination.value is not Destination.PREARCHIVE
    target = target_for(demo, "ARCHIVE", "STRAIGHT_1")
    url = send(nurse, target, part(generate_uid(), (1, 2)))
    done = finish(nurse, target, url)
    assert done.state is ServerState.ARCHIVED
    assert [(scan.scan_id, scan.files) for scan in nurse.counts(done.url)] == [("1", 2)]
    assert nurse.locate(target, url) == done
    taken = nurse.project_contents(project).taken
    assert ("STRAIGHT_1", Place.ARCHIVE) in {(label.label, label.place) for label in taken}


def test_a_second_session_with_the_same_label_is_a_conflict(demo, nurse):
    target = target_for(demo, "ARCHIVE", "TWICE_1")
    finish(nurse, target, send(nurse, target, part(generate_uid(), (1, 1))))
    url = send(nurse, target, part(generate_uid(), (1, 1)))
    done = finish(nurse, target, url)
    assert done.state is ServerState.CONFLICT
    assert done.message
    assert nurse.locate(target, url).state is ServerState.CONFLICT


def test_a_commit_whose_answer_is_lost_is_found_again(demo, nurse):
    target = target_for(demo, "ARCHIVE", "LOST_1")
    url = send(nurse, target, part(generate_uid(), (1, 2)))
    control(demo, kind="timeout-after-success", match="action=commit")
    with pytest.raises(XnatTrouble):
        nurse.commit(target, url)
    found = nurse.locate(target, url)
    while found.state is ServerState.WORKING:
        time.sleep(0.02)
        found = nurse.locate(target, url)
    assert found.state is ServerState.ARCHIVED
    assert [(scan.scan_id, scan.files) for scan in nurse.counts(found.url)] == [("1", 2)]


def test_an_expired_session_becomes_a_new_login_without_a_word(demo, nurse):
    control(demo, kind="expire-sessions")
    assert nurse.projects()


def test_data_that_the_server_puts_elsewhere_stops_the_upload(demo, nurse):
    with pytest.raises(Misrouted):
        send(nurse, target_for(demo, "NO_SUCH", "X_1"), part(generate_uid(), (1, 1)))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("bad-part", XnatTrouble),
        ("disk-full", XnatTrouble),
        ("too-large", XnatTooLarge),
        ("bad-gateway", XnatTrouble),
    ],
)
def test_troubles_while_sending_have_their_errors(demo, nurse, kind, error):
    control(demo, kind=kind, match="/services/import")
    target = target_for(demo, "PLAIN", "TROUBLE_1")
    body = part(generate_uid(), (1, 2))
    with pytest.raises(error):
        send(nurse, target, body)
    assert send(nurse, target, body)


def test_a_login_page_while_sending_is_answered_by_a_silent_login(demo, nurse):
    control(demo, kind="html", match="/services/import")
    target, body = target_for(demo, "PLAIN", "TROUBLE_2"), part(generate_uid(), (1, 2))
    assert send(nurse, target, body)
    control(demo, kind="html", match="/services/import", count=2)
    with pytest.raises(LoggedOut):
        send(nurse, target, body)
    assert send(nurse, target, body)


def test_settings_are_read_with_their_origins(nurse):
    scripts = nurse.scripts("SCRIPTS")
    assert Origin.PROJECT in {script.origin for script in scripts}
    assert nurse.project_settings(Project(id="NOSUBJECT")).allow_create_subject.value is False
    assert nurse.project_settings(Project(id="NOBULK")).allow_bulk_upload.value is False
    assert nurse.project_settings(Project(id="DATES")).require_date.value is True
    assert nurse.project_settings(Project(id="FILTERED")).filters
    assert nurse.project_settings(Project(id="TRACERS")).tracers.value
    with pytest.raises(XnatMissing):
        nurse.project_settings(Project(id="NO_SUCH"))


def test_a_reader_may_upload_nowhere_and_create_nothing(demo):
    with connect(Server(url=demo.url), "viewer", "viewer", timeouts=QUICK) as viewer:
        assert "PLAIN" not in {project.id for project in viewer.projects()}
        with pytest.raises((NotPermitted, XnatMissing)):
            viewer.create_subject("PLAIN", "NEVER")
        target = replace(target_for(demo, "PLAIN", "NEVER_1"), user="viewer")
        with pytest.raises((Misrouted, NotPermitted)):
            send(viewer, target, part(generate_uid(), (1, 1)))


def test_a_wrong_password_is_refused_and_odd_ones_are_sent_right(demo):
    for password in ("wrong", "wröng:€"):
        with pytest.raises(BadCredentials):
            connect(Server(url=demo.url), "nurse", password, timeouts=QUICK)
