"""An independent client, xnatpy, works with the embedded server."""

import pytest

from dxclient.demo import DemoServer
from tests.helpers.demoserver import dicom, zipped

xnat = pytest.importorskip("xnat", reason="xnatpy is not installed")


@pytest.fixture
def client(tmp_path):
    with (
        DemoServer(tmp_path / "server") as server,
        xnat.connect(server.url, "nurse", "nurse") as connected,
    ):
        yield connected


def test_xnatpy_lists_projects_subjects_and_sessions(client):
    plain = client.projects["PLAIN"]
    assert plain.name == "A plain project"
    assert len(client.projects) == 10
    assert {subject.label for subject in plain.subjects.values()} == {"P001", "P002"}
    session = plain.experiments["P001_MR1"]
    assert [scan.id for scan in session.scans.values()] == ["2"]


def test_xnatpy_imports_lists_the_prearchive_and_archives(client):
    made = client.services.import_(
        data=zipped([dicom(1), dicom(2)]),
        project="PLAIN",
        subject="X1",
        experiment="X1_MR",
        import_handler="DICOM-zip",
        destination="/prearchive/projects/PLAIN",
        overwrite="append",
        content_type="application/zip",
    )
    assert made.label == "X1_MR"
    waiting = client.prearchive.sessions()
    assert [(s.project, s.label, s.subject, s.status) for s in waiting] == [
        ("PLAIN", "X1_MR", "X1", "READY")
    ]
    assert [scan.id for scan in waiting[0].scans.values()] == ["1"]
    archived = waiting[0].archive(subject="X1", experiment="X1_MR")
    assert archived.label == "X1_MR"
    assert client.prearchive.sessions() == []
    assert "X1" in {s.label for s in client.projects["PLAIN"].subjects.values()}


def test_xnatpy_imports_straight_into_the_archive(client):
    made = client.services.import_(
        data=zipped([dicom(1)]),
        project="PLAIN",
        subject="X2",
        experiment="X2_MR",
        destination="/archive/projects/PLAIN/subjects/X2/experiments/X2_MR",
        content_type="application/zip",
    )
    assert made.label == "X2_MR"
    assert made.scans["1"].series_description == "series 1"
