"""The kit for plugin authors does what it says."""

import io
import urllib.request
import zipfile

import pydicom
import pytest

from dxclient.api import PetTracer, hookimpl
from dxclient.builtin import BUILTIN
from dxclient.domain.errors import PluginLoadError
from dxclient.plugin import hook_specs
from dxclient.testing.examples import example


def test_the_host_is_empty(dx_host):
    assert dx_host.versions() == ()
    assert dx_host.failures == ()


def test_the_built_in_plugins_are_all_there_and_no_others(dx_builtin):
    assert tuple(one.name for one in dx_builtin.versions()) == BUILTIN


def test_a_plugin_is_registered_and_asked(dx_plugin, dx_ask):
    class Tracers:
        @hookimpl
        def dxclient_pet_tracers(self, settings):
            return [PetTracer(settings.text("acme.tracer"))]

    plugin = dx_plugin(Tracers(), "acme")
    assert isinstance(plugin, Tracers)
    from dxclient.testing.examples import settings

    answers = dx_ask("dxclient_pet_tracers", settings=settings({"acme.tracer": "FDG"}))
    assert answers == [("acme", (PetTracer("FDG"),))]


def test_a_plugin_with_an_unknown_hook_is_refused(dx_plugin):
    class Typo:
        @hookimpl
        def dxclient_pet_tracer(self):
            return []

    with pytest.raises(PluginLoadError, match="dxclient_pet_tracers"):
        dx_plugin(Typo())


def test_an_unknown_hook_or_argument_cannot_be_asked(dx_ask):
    with pytest.raises(ValueError, match="dxclient_nothing"):
        dx_ask("dxclient_nothing")
    with pytest.raises(ValueError, match="project, settings"):
        dx_ask("dxclient_pet_tracers", projekt=1)


@pytest.mark.parametrize("spec", hook_specs(), ids=lambda one: one.name)
def test_there_is_an_example_of_every_argument(spec):
    assert all(example(name) is not None for name in spec.arguments)


@pytest.mark.parametrize("spec", hook_specs(), ids=lambda one: one.name)
def test_the_built_in_plugins_answer_every_hook_with_the_examples(spec, dx_builtin, dx_ask):
    answer = dx_ask(spec.name)
    if hasattr(answer, "shutdown"):
        answer.shutdown()
    assert dx_builtin.failures == ()


def test_settings_have_our_defaults_and_the_given_values(dx_settings):
    view = dx_settings({"transfer.part_size": 16, "acme.prefix": "AC"})
    assert view.number("transfer.part_size") == 16
    assert view.text("acme.prefix") == "AC"
    assert view.text("ui.theme") == "system"


def test_a_session_lies_on_disk_as_it_is_described(dx_session):
    session = dx_session("CT", scans=2, files=3, PatientID="SYN-7", StudyDate="20210304")
    assert session.modalities == ("CT",)
    assert (len(session.scans), session.file_count) == (2, 6)
    assert session.date.isoformat() == "2021-03-04"
    for scan in session.scans:
        for file in scan.files:
            image = pydicom.dcmread(file.path)
            assert image.StudyInstanceUID == session.study_uid
            assert image.SeriesInstanceUID == scan.series_uid
            assert image.SOPInstanceUID == file.sop_instance_uid
            assert image.PatientID == session.patient_id == "SYN-7"
            assert image.pixel_array.shape == (scan.rows, scan.columns)
            assert file.size == file.path.stat().st_size


def test_the_session_is_what_a_scan_of_its_folder_finds(dx_session, tmp_path):
    from dxclient.dicom import scan_folders

    session = dx_session("MR", scans=2)
    [found] = scan_folders([tmp_path / "session"], workers=1).sessions
    assert found.findings == ()
    assert found.study_uid == session.study_uid
    assert (found.date, found.time, found.patient_id) == (
        session.date,
        session.time,
        session.patient_id,
    )
    assert {s.series_uid: len(s.files) for s in found.scans} == {
        s.series_uid: len(s.files) for s in session.scans
    }


def test_a_dataset_can_be_written_and_read(dx_dataset):
    image = dx_dataset(Modality="PT", PatientName="Other^Synthetic")
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    found = pydicom.dcmread(io.BytesIO(buffer.getvalue()))
    assert (found.Modality, found.PatientName) == ("PT", "Other^Synthetic")
    assert found.SOPClassUID.name == "Positron Emission Tomography Image Storage"


def zipped(image, name="000001.dcm"):
    buffer, body = io.BytesIO(), io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, buffer.getvalue())
    return body.getvalue()


def anonymous(dx_dataset, **tags):
    empty = dict.fromkeys(
        ("PatientID", "PatientBirthDate", "AccessionNumber", "ReferringPhysicianName"), ""
    )
    return dx_dataset(**{**empty, "PatientName": "S1", **tags})


def test_an_anonymized_zip_passes(dx_dataset, assert_no_phi):
    assert_no_phi(zipped(anonymous(dx_dataset)), [dx_dataset()])


@pytest.mark.parametrize(
    ("tags", "keyword"),
    [
        ({"PatientName": "Synthetic^Subject"}, "PatientName"),
        ({"StudyDescription": "of Subject"}, "PatientName"),
        ({"ImageComments": "SYN-0001"}, "PatientID"),
        ({"PatientBirthDate": "19700102"}, "PatientBirthDate"),
    ],
)
def test_a_value_that_was_left_is_found_and_not_repeated(dx_dataset, assert_no_phi, tags, keyword):
    with pytest.raises(AssertionError, match=keyword) as caught:
        assert_no_phi(zipped(anonymous(dx_dataset, **tags)), [dx_dataset()])
    assert "Synthetic" not in str(caught.value)


def test_a_value_in_a_sequence_of_the_original_is_looked_for(dx_dataset, assert_no_phi):
    original = dx_dataset()
    item = pydicom.Dataset()
    item.PatientID = "ELSEWHERE-9"
    original.OtherPatientIDsSequence = [item]
    with pytest.raises(AssertionError, match="PatientID"):
        assert_no_phi(zipped(anonymous(dx_dataset, StudyID="ELSEWHERE-9")), [original])


def test_names_of_members_count_too(dx_dataset, assert_no_phi):
    with pytest.raises(AssertionError, match="PatientID"):
        assert_no_phi(zipped(anonymous(dx_dataset), "SYN-0001.dcm"), [dx_dataset()])


def test_the_server_answers(dx_server):
    with urllib.request.urlopen(f"{dx_server.url}/xapi/siteConfig/buildInfo", timeout=10) as answer:
        assert answer.status == 200
    assert dx_server.url.startswith("http://")
