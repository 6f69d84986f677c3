"""A support file after real uploads: one can send it to anyone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from dxclient.demo import DemoServer
from tests.helpers.demoserver import arm
from tests.helpers.program import Program
from tests.integration.test_durability import big_session

#: Of these the values would tell who it is, or which session it is.
TELLING = re.compile(
    r"Patient|Name|Physician|Institution|Station|Accession|Address|Telephone|UID$|StudyID|"
    r"Description|Comments|Date|Time|ID$|Protocol|Serial|Device"
)
SHORTEST = 5


def values_of(folder: Path) -> Iterator[str]:
    """Every value of the headers that could tell something, and its parts."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        image = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        for element in (*image.file_meta, *image.iterall()):
            if TELLING.search(element.keyword) and element.VR not in ("SQ", "OB", "OW"):
                for part in re.split(r"[\\^=]", str(element.value)):
                    yield part.strip()


#: Values that everybody's files hold: classes and transfer syntaxes of DICOM itself.
def is_telling(value: str) -> bool:
    return len(value) >= SHORTEST and not value.startswith("1.2.840.10008.")


def members(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


@pytest.fixture
def known_user(server: DemoServer, tmp_path: Path) -> Program:
    return Program(tmp_path / "home-of-nurse", server.url)


@pytest.mark.slow
def test_a_support_file_tells_nothing_of_patients_people_or_places(
    tmp_path: Path, server: DemoServer, known_user: Program, samples: Path
) -> None:
    folders = [path for path in samples.iterdir() if path.is_dir()]
    own = tmp_path / "Doe_Jane_scans"
    big_session(own, 6)
    sent = 0
    for number, folder in enumerate([own, *folders][:4]):
        labels = ("--subject", f"SUBJ_{number}X", "--session", f"SESS_{number}X")
        sent += known_user.upload(folder, "SCRIPTS", *labels).status == 0
    assert sent >= 1
    arm(server.url, "too-large")
    lost = known_user.upload(own, "SCRIPTS", "--subject", "SUBJ_9X", "--session", "SESS_9X")
    assert lost.status == 1
    done = known_user.run("support", tmp_path / "support.zip")
    assert done.status == 0, done.err
    assert "You may send it to anyone" in done.out

    inside = members(tmp_path / "support.zip")
    text = "\n".join([*inside, *inside.values()])
    log = inside["logs/dxclient.log"]
    assert "job changed" in log
    [disturbed] = [line for line in log.splitlines() if '"upload disturbed"' in line]
    assert 'error="XnatTooLarge < ' in disturbed
    assert len(json.loads(inside["uploads.json"])) >= sent

    values = {value for folder in (own, *folders) for value in values_of(folder)}
    telling = {value for value in values if is_telling(value)}
    assert len(telling) > 30
    assert [value for value in telling if value in text] == []
    names = {p.name for folder in (own, *folders) for p in folder.rglob("*")} | {own.name}
    assert [name for name in names if len(name) >= SHORTEST and name in text] == []
    for word in (str(tmp_path), str(samples), "nurse", "SUBJ_", "SESS_", server.url, "127.0.0.1"):
        assert word not in text, word
    for word in (tmp_path.name, Path.home().name + "/", "SCRIPTS", "PLAIN"):
        assert word not in text, word


def test_the_log_of_an_upload_has_its_states_and_ends_with_the_program(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    big_session(tmp_path / "disk", 6)
    labels = ("--subject", "S1", "--session", "S1_MR_1")
    receipt = program.upload(tmp_path / "disk", "SCRIPTS", *labels)
    assert receipt.status == 0, receipt.err
    lines = (program.home / "logs" / "dxclient.log").read_text("utf-8").splitlines()
    job = receipt.json["job_id"][:8]
    states = [line for line in lines if f"job={job}" in line]
    assert len(states) >= 4
    assert "state=confirmed" in states[-1]
    assert '"program closed"' in lines[-1]


def test_a_support_file_is_made_while_the_queue_is_in_use(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    from dxclient.app import App

    with App.open(program.home, use_keychain=False) as app:
        assert app.transfers.jobs() == ()
        done = program.run("support", tmp_path / "support.zip", "--json")
    assert done.status == 0, done.err
    assert done.json["file"].endswith("support.zip")
    inside = members(tmp_path / "support.zip")
    assert json.loads(inside["database.json"])["state"] == "sound"


def test_a_damaged_queue_is_named_and_the_rest_is_there(tmp_path: Path, program: Program) -> None:
    program.home.mkdir(parents=True)
    (program.home / "queue.sqlite").write_bytes(b"DOE^JANE " * 1000)
    done = program.run("support", tmp_path / "support.zip")
    assert done.status == 0, done.err
    inside = members(tmp_path / "support.zip")
    assert json.loads(inside["database.json"])["state"] == "DatabaseError"
    assert json.loads(inside["uploads.json"]) == []
    assert "DOE" not in "".join(inside.values())


def test_settings_that_could_be_secret_are_only_said_to_be_set(
    tmp_path: Path, program: Program
) -> None:
    from dxclient.app import App

    with App.open(program.home, use_keychain=False) as app:
        app.set_setting("connection.proxy", "http://me:s3cret@proxy.example.org:3128")
        app.set_setting("ui.last_folder", "/archive/Doe_Jane")
        app.set_setting("transfer.parts_in_flight", 5)
        app.set_setting("ui.theme", "dark")
    program.run("support", tmp_path / "support.zip")
    inside = members(tmp_path / "support.zip")
    found = json.loads(inside["settings.json"])
    assert found["connection.proxy"]["value"] == found["ui.last_folder"]["value"] == "set"
    assert found["transfer.parts_in_flight"]["value"] == 5
    assert found["ui.theme"]["value"] == "dark"
    assert found["ui.geometry"]["value"] == "as it comes"
    text = "".join(inside.values())
    assert "s3cret" not in text
    assert "proxy.example.org" not in text
    assert "Doe_Jane" not in text


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, program: Program) -> None:
    done = program.run("support", tmp_path / "not-there" / "support.zip")
    assert done.status == 1
    assert "could not be written there" in done.err
    assert str(tmp_path) not in done.err
