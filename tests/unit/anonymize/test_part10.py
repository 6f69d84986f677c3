"""Bare data sets become files that servers take."""

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dxclient.anonymize.part10 import part10


def bare(syntax):
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = "1.2.3"
    dataset.PatientName = "EXAMPLE^BARE"
    written = BytesIO()
    implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
    dataset.save_as(written, implicit_vr=implicit, little_endian=little)
    return written.getvalue()


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_a_bare_data_set_gets_preamble_and_meta_and_is_not_rewritten(syntax):
    data = bare(syntax)
    made = part10(data)
    assert made.endswith(data)
    read = dcmread(BytesIO(made))
    assert read.file_meta.TransferSyntaxUID == syntax
    assert read.file_meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert read.PatientName == "EXAMPLE^BARE"


def test_a_whole_file_stays_as_it_is():
    data = part10(bare(ExplicitVRLittleEndian))
    assert part10(data) is data


def test_meta_without_a_preamble_gets_the_preamble_only():
    whole = part10(bare(ExplicitVRLittleEndian))
    assert part10(whole[132:]) == whole
