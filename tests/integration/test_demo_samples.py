"""The sample sessions are plausible, complete, and made once."""

import time
from collections import defaultdict

import pytest
from pydicom import dcmread
from pydicom.uid import UID

from dxclient.demo import make_samples


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("samples")
    make_samples(place)
    return place


@pytest.fixture(scope="module")
def headers(folder):
    return [dcmread(path) for path in sorted(folder.rglob("IM*"))]


def test_there_are_sessions_of_all_kinds(headers):
    studies = defaultdict(set)
    for header in headers:
        studies[header.StudyInstanceUID].add(header.Modality)
    kinds = sorted("+".join(sorted(modalities)) for modalities in studies.values())
    assert kinds == ["CT", "CT+PT", "MR", "MR", "US", "XA"]


def test_every_image_has_a_known_class_and_pixels_that_fit(headers):
    for header in headers:
        assert UID(header.SOPClassUID).name.endswith("Storage")
        assert header.pixel_array.std() > 1


def test_names_are_invented_and_there_is_something_to_remove(headers):
    for header in headers:
        assert str(header.PatientName).startswith("EXAMPLE^")
        assert header.PatientAddress
        assert any(element.tag.is_private for element in header)


def test_identifiers_are_unique(headers):
    assert len({header.SOPInstanceUID for header in headers}) == len(headers)


def test_the_ultrasound_has_text_and_a_cine(headers):
    images = [header for header in headers if header.Modality == "US"]
    assert all(image.BurnedInAnnotation == "YES" for image in images)
    assert all((image.pixel_array[..., :60, :120] > 200).any() for image in images)
    assert [image.NumberOfFrames for image in images if "NumberOfFrames" in image] == [12]


def test_a_second_call_writes_nothing_and_is_quick(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    began = time.perf_counter()
    make_samples(folder)
    assert time.perf_counter() - began < 0.5
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_samples_are_the_same_everywhere(folder, tmp_path):
    make_samples(tmp_path)
    ours = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("IM*")}
    assert {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("IM*")} == ours
