"""What a ready-made profile claims holds for what the server stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID

from dxclient.app import App
from dxclient.app.offers import ready_made
from dxclient.app.own_scripts import delete_own, save_own
from dxclient.demo import DemoServer
from dxclient.dicom import scan_folders
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import ScriptSource, Server
from tests.helpers.program import Program, Ran
from tests.helpers.trouble import requests_for, set_script

#: What names or dates a person, a place or a visit in the samples; long enough to be searched for.
IDENTIFYING = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientAge", "PatientAddress"),
    *("OtherPatientIDs", "AccessionNumber", "ReferringPhysicianName", "InstitutionName"),
    *("StationName", "OperatorsName", "DeviceSerialNumber", "StudyDescription"),
    *("SeriesDescription", "ProtocolName"),
)
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
TIMES = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime")
UIDS = (
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"),
    "MediaStorageSOPInstanceUID",
)
LABELS = ("--subject", "SUBJ_A")
SESSIONS = {"MR-1": (), "MR-2": (), "CT": (), "PET-CT": ("--tracer", "FDG"), "US": (), "XA": ()}


@dataclass(frozen=True)
class Sent:
    """One session: what was in the folder, what the server has of it, and the receipt."""

    before: tuple[Dataset, ...]
    stored: tuple[bytes, ...]
    ran: Ran

    @property
    def after(self) -> tuple[Dataset, ...]:
        """What the server has, read."""
        return tuple(dcmread(BytesIO(data)) for data in self.stored)


def headers(folder: Path) -> tuple[Dataset, ...]:
    return tuple(dcmread(path) for path in sorted(folder.rglob("*")) if path.is_file())


def send(server: DemoServer, place: Path, program: Program, folder: Path, *words: str) -> Sent:
    """Upload a folder; what the server holds afterwards and did not before is of this upload."""
    known = set(place.rglob("*.dcm"))
    ran = program.upload(folder, "PLAIN", *LABELS, *words)
    assert ran.status == 0, ran.err
    new = sorted(set(place.rglob("*.dcm")) - known)
    return Sent(headers(folder), tuple(path.read_bytes() for path in new), ran)


@pytest.fixture(scope="module")
def uploads(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Iterator[dict[str, Sent]]:
    """Every sample session, sent with the Basic Profile."""
    place, home = (tmp_path_factory.mktemp(name) for name in ("server", "home"))
    with DemoServer(place) as server:
        program = Program(home, server.url)
        yield {
            name: send(server, place, program, samples / name, "--profile", "basic", *more)
            for name, more in SESSIONS.items()
        }


def without_pixels(data: bytes) -> bytes:
    """The header alone: pixels may hold any bytes by chance."""
    dataset = dcmread(BytesIO(data))
    return data.replace(dataset.PixelData, b"")


def values(dataset: Dataset, *keywords: str) -> set[str]:
    both = (dataset, dataset.file_meta)
    found = (str(one.get(keyword)) for one in both for keyword in keywords if keyword in one)
    return {value for value in found if len(value) > 3}


def day(dataset: Dataset) -> date:
    return date.fromisoformat(dataset.StudyDate)


def private_values(dataset: Dataset) -> set[bytes]:
    raw = (one.value for one in dataset if one.tag.is_private)
    texts = (one if isinstance(one, bytes) else str(one).encode() for one in raw)
    return {text for text in texts if len(text) > 3}


each_session = pytest.mark.parametrize("name", SESSIONS)


@each_session
def test_every_image_is_stored_with_its_pixels(uploads: dict[str, Sent], name: str) -> None:
    sent = uploads[name]
    assert len(sent.stored) == len(sent.before) > 0
    pixels = sorted(hashlib.sha256(one.PixelData).hexdigest() for one in sent.before)
    assert sorted(hashlib.sha256(one.PixelData).hexdigest() for one in sent.after) == pixels


@each_session
def test_no_identifying_value_of_the_session_reached_the_server(
    uploads: dict[str, Sent], name: str
) -> None:
    sent = uploads[name]
    secret = {
        text.encode()
        for one in sent.before
        for text in values(one, *IDENTIFYING, *DATES, *TIMES, *UIDS)
    }
    secret |= {text for one in sent.before for text in private_values(one)}
    # a description may be a word of Image Type, which names nobody and stays
    secret -= {word.encode() for one in sent.before for word in one.ImageType}
    assert len(secret) > 20
    assert b"EXAMPLE" in b" ".join(secret)
    for data in sent.stored:
        header = without_pixels(data)
        assert [text for text in secret if text in header] == []


@each_session
def test_uids_are_new_valid_and_hold_together(uploads: dict[str, Sent], name: str) -> None:
    sent = uploads[name]
    for keyword in UIDS[:3]:
        before, after = (
            {str(one[keyword].value) for one in many} for many in (sent.before, sent.after)
        )
        assert len(after) == len(before)
        assert all(UID(one).is_valid for one in after)
    for one in sent.after:
        assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID


@each_session
def test_the_files_say_what_was_done_as_the_profile_says(
    uploads: dict[str, Sent], name: str
) -> None:
    for one in uploads[name].after:
        assert (str(one.PatientName), one.PatientID) == ("SUBJ_A", "SUBJ_A")
        assert one.get("PatientSex", "") == ""
        assert "PatientAge" not in one
        assert not any(element.tag.is_private for element in one.iterall())
        assert one.DeidentificationMethod.startswith("DICOM PS3.15")
        assert [item.CodeValue for item in one.DeidentificationMethodCodeSequence] == ["113100"]
        assert one.LongitudinalTemporalInformationModified == "REMOVED"


@pytest.mark.parametrize(
    ("name", "said"),
    [("MR-1", "YES"), ("CT", "YES"), ("PET-CT", "YES"), ("US", "NO"), ("XA", "NO")],
)
def test_identity_removed_is_said_only_where_pixels_show_no_text(
    uploads: dict[str, Sent], name: str, said: str
) -> None:
    assert {one.PatientIdentityRemoved for one in uploads[name].after} == {said}


@each_session
def test_the_receipt_names_the_profile_and_its_digest(uploads: dict[str, Sent], name: str) -> None:
    receipt = uploads[name].ran.json
    assert receipt["confirmed"]
    assert receipt["scripts"] == ["user: Basic Profile"]
    assert len(receipt["script_digests"]) == 1
    assert "script.none-accepted" not in {finding["code"] for finding in receipt["findings"]}


# -- once it is queued


def queued(app: App, folder: Path, own: ScriptSource) -> UploadJob:
    """Queue a session of the project that has a script, without sending it."""
    (session,) = scan_folders([folder]).sessions
    draft = UploadDraft(
        settings=app.project_settings(app.project("SCRIPTS")),
        session=session,
        subject="SUBJ_A",
        label="SUBJ_A_XA_1",
        create_subject=True,
        own_script=own,
    )
    return app.submit(draft)


@pytest.fixture
def app(tmp_path: Path, server: DemoServer) -> Iterator[App]:
    with App.open(tmp_path / "home", use_keychain=False) as opened:
        opened.log_in(Server(url=server.url), "nurse", "nurse")
        yield opened


def test_an_own_script_that_was_deleted_since_runs_as_it_was(
    tmp_path: Path, app: App, samples: Path
) -> None:
    own = save_own(app.home, "mine", 'version "6.6"\n(0010,4000) := "once"\n')
    job = queued(app, samples / "XA", own)
    delete_own(app.home, "mine")
    app.transfers.run_until_idle()
    assert app.transfers.job(job.id).state is JobState.CONFIRMED
    comments = {dcmread(p).get("PatientComments") for p in (tmp_path / "server").rglob("*.dcm")}
    assert "once" in comments


def test_a_script_of_the_server_that_changed_stops_it_and_nothing_is_sent(
    tmp_path: Path, server: DemoServer, app: App, samples: Path
) -> None:
    basic = ready_made("basic")
    assert basic is not None
    job = queued(app, samples / "XA", basic)
    set_script(server.url, "SCRIPTS", 'version "6.6"\n-(0010,0030)\n')
    app.transfers.run_until_idle()
    now = app.transfers.job(job.id)
    assert now.state is JobState.NEEDS_YOU
    assert "scripts on the server" in now.sentence
    assert requests_for(server.url, "import") == []


# -- the command line


def test_dates_are_shifted_by_the_days_that_are_given(
    tmp_path: Path, server: DemoServer, program: Program, samples: Path
) -> None:
    words = ("--profile", "modified-dates")
    asked = program.upload(samples / "XA", "PLAIN", *LABELS, *words)
    assert asked.status == 1
    assert "date_shift_days" in asked.err
    place = tmp_path / "server"
    sent = send(server, place, program, samples / "XA", *words, "--var", "date_shift_days=-10")
    (before,), (after,) = sent.before, sent.after
    assert day(before) - day(after) == timedelta(days=10)
    assert after.StudyTime == before.StudyTime
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"


def test_without_any_script_the_profiles_are_named_and_nothing_is_sent(
    tmp_path: Path, program: Program, samples: Path
) -> None:
    ran = program.upload(samples / "XA", "PLAIN", *LABELS)
    assert ran.status == 1
    assert "--profile basic | modified-dates" in ran.err
    assert "--script FILE" in ran.err
    known = set((tmp_path / "server").rglob("*.dcm"))
    assert not any(b"EX-1006" in path.read_bytes() for path in known)


def test_a_script_file_runs_after_the_scripts_of_the_server(
    tmp_path: Path, server: DemoServer, program: Program, samples: Path
) -> None:
    own = tmp_path / "own.das"
    own.write_text('version "6.6"\n(0010,0010) := concatenate[(0010,0010), "_own"]\n')
    ran = program.upload(samples / "XA", "SCRIPTS", *LABELS, "--script", own)
    assert ran.status == 0, ran.err
    assert [one.partition(":")[0] for one in ran.json["scripts"]] == ["XNAT project", "user"]
    names = {str(dcmread(path).PatientName) for path in (tmp_path / "server").rglob("*.dcm")}
    assert "SUBJ_A_own" in names


def test_profile_and_script_exclude_each_other_and_a_profile_has_to_exist(
    tmp_path: Path, program: Program
) -> None:
    ran = program.upload(tmp_path, "PLAIN", "--profile", "basic", "--script", "x.das")
    assert (ran.status, "not allowed with" in ran.err) == (2, True)
    ran = program.upload(tmp_path, "PLAIN", "--profile", "simple")
    assert (ran.status, "modified-dates" in ran.err) == (2, True)


def test_a_remembered_script_that_vanished_is_said_and_nothing_is_sent(
    program: Program, server: DemoServer, samples: Path
) -> None:
    program.home.mkdir()
    text = f'{{"{server.url}": {{"SCRIPTS": "own:mine", "PLAIN": "ready-made:basic"}}}}'
    (program.home / "chosen-scripts.json").write_text(text)
    ran = program.upload(samples / "XA", "SCRIPTS", *LABELS)
    assert ran.status == 1
    assert "“mine”" in ran.err
    assert "--profile none" in ran.err
    remembered = program.upload(samples / "XA", "PLAIN", *LABELS)
    assert remembered.status == 0, remembered.err
    assert remembered.json["scripts"] == ["user: Basic Profile"]
    without = program.upload(samples / "XA", "SCRIPTS", "--subject", "B", "--profile", "none")
    assert without.status == 0, without.err
    assert len(without.json["scripts"]) == 1
