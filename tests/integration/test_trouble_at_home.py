"""What goes wrong on this machine and in what a person asks: said, and nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from dxclient.app import App
from dxclient.demo import DemoServer
from dxclient.dicom import scan_folders
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import Server
from tests.helpers.demoserver import stored
from tests.helpers.program import Program, Ran
from tests.helpers.trouble import Inside, confirmed, failed, hasty, requests_for, set_script
from tests.integration.test_durability import big_session

LABELS = ("--subject", "S1", "--session", "S1_MR_1")
FILES = 12


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    big_session(tmp_path / "disk", FILES)
    return tmp_path / "disk"


@pytest.fixture
def inside(
    tmp_path: Path,
    server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Program:
    return hasty(Inside(tmp_path / "home", server.url, monkeypatch, capsys))


@pytest.fixture
def app(tmp_path: Path, server: DemoServer) -> Iterator[App]:
    home = hasty(Program(tmp_path / "home")).home
    with App.open(home, use_keychain=False) as opened:
        opened.log_in(Server(url=server.url), "nurse", "nurse")
        yield opened


def upload(program: Program, disk: Path, project: str = "SCRIPTS", *more: object) -> Ran:
    return program.upload(disk, project, *LABELS, *more)


def nothing_arrived(url: str) -> None:
    """Check that no import was even tried."""
    assert requests_for(url, "import") == []


def queued(app: App, disk: Path, project: str = "SCRIPTS") -> UploadJob:
    """Queue a session without sending it."""
    (session,) = scan_folders([disk]).sessions
    draft = UploadDraft(
        settings=app.project_settings(app.project(project)),
        session=session,
        subject="S1",
        label="S1_MR_1",
        create_subject=True,
    )
    return app.submit(draft)


def sent(app: App, job: UploadJob) -> UploadJob:
    """Let the queue work until it rests."""
    app.transfers.run_until_idle()
    return app.transfers.job(job.id)


def silent(job: UploadJob, disk: Path) -> None:
    """Check that a job's words hold no path and no patient."""
    for secret in (str(disk), "SECRET", "HOSP-991", "00003"):
        assert secret not in job.sentence + job.details


# -- files and folders


def test_a_folder_that_does_not_exist_is_said(inside: Program, tmp_path: Path) -> None:
    missing = tmp_path / "no-such-folder"
    failed(upload(inside, missing), "does not exist", folder=missing)
    failed(inside.run("scan", missing, "--json"), "does not exist", folder=missing)
    failed(inside.run("scan", tmp_path, missing, "--json"), "Number 2 of the folders")


def test_a_folder_without_sessions_says_what_was_left_out(inside: Program, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "letter.txt").write_text("EXAMPLE^SECRET wrote this. " * 40)
    ran = upload(inside, folder)
    failed(ran, "No such image session was found", folder=folder)
    assert "Left out: 1 × not DICOM" in ran.err
    nothing_arrived(inside.server)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="who runs this may open every folder"
)
def test_a_folder_that_cannot_be_opened_is_counted(inside: Program, disk: Path) -> None:
    disk.chmod(0)
    try:
        ran = upload(inside, disk)
    finally:
        disk.chmod(0o700)
    failed(ran, "No such image session was found", folder=disk)
    assert "folder cannot be opened" in ran.err


def test_files_that_are_no_images_are_left_out_and_named(inside: Program, disk: Path) -> None:
    whole = (disk / "00000").read_bytes()
    (disk / "short").write_bytes(whole[:700])
    (disk / "empty").write_bytes(b"")
    index = Dataset()
    index.file_meta = FileMetaDataset()
    index.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    index.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.6"
    index.FileSetID = "DISK"
    index.save_as(disk / "DICOMDIR", enforce_file_format=True)
    ran = inside.run("scan", disk, "--left-out", "--json")
    assert ran.status == 0
    reasons = {Path(left["path"]).name: left["reason"] for left in ran.json["left_out"]}
    assert reasons == {
        "short": "ends too early",
        "empty": "empty file",
        "DICOMDIR": "DICOMDIR (an index, not an image)",
    }
    people = inside.run("scan", disk, "--left-out")
    for name in reasons:
        assert str(disk / name) in people.out


def test_files_changed_after_queueing_are_not_sent(app: App, disk: Path) -> None:
    job = queued(app, disk)
    changed = disk / "00003"
    changed.write_bytes(changed.read_bytes() + b"\0\0")
    ended = sent(app, job)
    assert ended.state is JobState.FAILED
    assert "1 were changed" in ended.sentence
    silent(ended, disk)
    there = stored(job.target.server, "SCRIPTS", "S1_MR_1")
    assert len(there) == ended.files_sent < FILES
    assert requests_for(job.target.server, "commit") == []


def test_files_deleted_after_queueing_stop_the_upload_until_they_are_back(
    app: App, disk: Path
) -> None:
    job = queued(app, disk)
    away = disk.with_name("away")
    disk.rename(away)
    ended = sent(app, job)
    assert ended.state is JobState.FAILED
    assert "are gone" in ended.sentence
    silent(ended, disk)
    nothing_arrived(job.target.server)
    away.rename(disk)
    app.transfers.retry(job.id)
    assert sent(app, job).state is JobState.CONFIRMED
    assert len(stored(job.target.server, "SCRIPTS", "S1_MR_1")) == FILES


# -- what changes on the server between queueing and sending


def test_a_script_that_changed_on_the_server_stops_a_job_that_waited(app: App, disk: Path) -> None:
    job = queued(app, disk)
    app.transfers.pause(job.id)
    set_script(job.target.server, "SCRIPTS", 'version "6.1"\n(0010,0010) := "other"\n')
    app.transfers.resume(job.id)
    ended = sent(app, job)
    assert ended.state is JobState.NEEDS_YOU
    assert "not those that were agreed to" in ended.sentence
    nothing_arrived(job.target.server)


def test_a_script_that_vanished_on_the_server_stops_a_job_too(app: App, disk: Path) -> None:
    job = queued(app, disk)
    requests.delete(
        f"{job.target.server}/data/projects/SCRIPTS/config/anon/projects/SCRIPTS",
        auth=("admin", "admin"),
        timeout=30,
    ).raise_for_status()
    assert sent(app, job).state is JobState.NEEDS_YOU
    nothing_arrived(job.target.server)


def test_a_project_that_vanished_ends_the_job_with_a_sentence(
    app: App, server: DemoServer, disk: Path
) -> None:
    job = queued(app, disk)
    change(server, "DELETE FROM members WHERE project = 'SCRIPTS'")
    change(server, "DELETE FROM projects WHERE id = 'SCRIPTS'")
    ended = sent(app, job)
    assert ended.state is JobState.FAILED
    assert "no longer on the server" in ended.sentence
    nothing_arrived(server.url)


def test_rights_that_were_taken_away_end_the_job_with_a_sentence(
    app: App, server: DemoServer, disk: Path
) -> None:
    job = queued(app, disk)
    change(server, "UPDATE members SET role = 'Collaborators' WHERE project = 'SCRIPTS'")
    ended = sent(app, job)
    assert ended.state is JobState.FAILED
    assert "rights" in ended.sentence
    assert stored(server.url, "SCRIPTS") == []


def change(server: DemoServer, sql: str) -> None:
    """Change the server's state behind its back."""
    assert server._demo is not None
    server._demo.state.run(sql)


# -- what a person asks


@pytest.fixture
def pet(tmp_path: Path) -> Path:
    from dxclient.testing.synthetic import session

    session(tmp_path / "pet", "PT", 1, 2, {"PatientName": "EXAMPLE^SECRET"})
    return tmp_path / "pet"


def test_a_pet_session_needs_its_tracer(inside: Program, pet: Path) -> None:
    ran = inside.upload(pet, "TRACERS", *LABELS, "--without-anonymization")
    failed(ran, "Nothing was sent", folder=pet)
    assert "A PET session needs the name of its tracer." in ran.err
    nothing_arrived(inside.server)


def test_a_date_that_differs_or_is_missing_stops_the_upload(inside: Program, disk: Path) -> None:
    for words, sentence in (
        ((), "asks for the date of the session"),
        (("--date", "2024-01-03"), "not the date in the files"),
        (("--date", "yesterday"), "not the date in the files"),
    ):
        ran = upload(inside, disk, "DATES", "--without-anonymization", *words)
        failed(ran, "Nothing was sent", folder=disk)
        assert sentence in ran.err
        assert "2024-01-02" not in ran.err
        assert "20240102" not in ran.err
    nothing_arrived(inside.server)


def test_a_new_subject_is_refused_where_the_project_takes_none(inside: Program, disk: Path) -> None:
    ran = upload(inside, disk, "NOSUBJECT", "--without-anonymization")
    failed(ran, "Nothing was sent", folder=disk)
    assert "does not allow new subjects" in ran.err
    nothing_arrived(inside.server)


def test_an_unknown_scan_and_an_unknown_study_are_named(inside: Program, disk: Path) -> None:
    failed(upload(inside, disk, "SCRIPTS", "--scan", "99"), "has no scan 99.", folder=disk)
    ran = upload(inside, disk, "SCRIPTS", "--study", "1.2.3.99")
    failed(ran, "No such image session was found", folder=disk)
    nothing_arrived(inside.server)


def test_missing_variables_are_named_and_taken_when_supplied(inside: Program, disk: Path) -> None:
    ran = upload(inside, disk, "VARIABLES", "--var", "visit_code=V1")
    failed(ran, "Nothing was sent", folder=disk)
    assert "“site_id”" in ran.err
    assert "“visit_code”" not in ran.err
    failed(upload(inside, disk, "VARIABLES", "--var", "visit_code"), "NAME=VALUE")
    nothing_arrived(inside.server)
    outside = Program(inside.home, inside.server)
    ran = upload(outside, disk, "VARIABLES", "--var", "visit_code=V1", "--var", "site_id=7")
    confirmed(ran, inside.server, FILES)
    headers = stored(inside.server, "VARIABLES", "S1_MR_1", header=True)
    comments = {one["header"]["PatientComments"] for one in headers}
    assert comments == {"Project: VARIABLES; Subject: S1; Session: S1_MR_1; Visit: V1; Site: 7"}


def test_labels_that_are_taken_or_impossible_stop_the_upload(inside: Program, disk: Path) -> None:
    ran = inside.upload(disk, "SCRIPTS", "--subject", "S1", "--session", "a/../b")
    failed(ran, folder=disk)
    nothing_arrived(inside.server)


def test_without_yes_and_without_a_terminal_nothing_is_sent(inside: Program, disk: Path) -> None:
    words = ("upload", disk, "--server", inside.server, "--project", "SCRIPTS", *LABELS)
    with open(os.devnull) as nobody:
        inside.patch.setattr("sys.stdin", nobody)  # type: ignore[attr-defined]
        failed(inside.run(*words, "--json"), "Add --yes", folder=disk)
    nothing_arrived(inside.server)


def test_an_upload_that_is_not_there_is_said(inside: Program) -> None:
    failed(inside.run("transfers", "receipt", "abc", "--json"), "0 uploads have an id")
    failed(inside.run("transfers", "cancel", "--json"), "Say which upload")


def test_settings_that_cannot_be_read_are_said_and_the_rest_works(inside: Program) -> None:
    (inside.home / "settings.json").write_text("{ not json")
    ran = inside.run("transfers", "--json")
    assert (ran.status, ran.json) == (0, [])
    assert "settings.json cannot be read" in ran.err


def test_a_data_folder_that_cannot_be_made_is_said(inside: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = inside.run("transfers", "--json", DXCLIENT_HOME=str(tmp_path / "file" / "home"))
    failed(ran, "folder for its own data", folder=tmp_path)


def test_a_queue_that_cannot_be_opened_is_said(inside: Program) -> None:
    (inside.home / "queue.lock").mkdir()
    failed(inside.run("transfers", "--json"), "list of uploads cannot be opened")


def test_a_machine_policy_that_cannot_be_read_stops_uploads(
    inside: Program, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("locked = [")
    monkeypatch.setattr("dxclient.settings.places.policy_file", lambda: policy)
    ran = upload(inside, disk)
    failed(ran, "Nothing was sent", folder=disk)
    assert "policy.toml cannot be read" in ran.err
    nothing_arrived(inside.server)


def test_a_receipt_that_cannot_be_written_does_not_hide_the_upload(
    inside: Program, disk: Path, tmp_path: Path
) -> None:
    outside = Program(inside.home, inside.server)
    ran = upload(outside, disk, "SCRIPTS", "--receipt", tmp_path / "nowhere" / "receipt.json")
    failed(ran, "receipt", folder=disk)
    assert ran.json["confirmed"]
    other = outside.run("transfers", "receipt", ran.json["job_id"], "--output", tmp_path / "r.doc")
    assert other.status == 1
    assert "Receipts can be written as" in other.err
