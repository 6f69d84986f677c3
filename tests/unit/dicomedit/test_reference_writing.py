"""Section 11 of the reference: writing."""

import io

import pydicom
import pytest

from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import applied, edited, forced, read, refused, synthetic

NAMES = ["CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm"]
NAMES += ["JPEG2000.dcm", "SC_rgb_rle.dcm", "rtplan.dcm", "test-SR.dcm", "liver_1frame.dcm"]


@pytest.mark.parametrize("name", NAMES)
def test_the_transfer_syntax_and_the_pixels_stay(name):
    before, after = read(sample(name)), edited('(0010,0010) := "x"', sample(name))
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.get("PixelData") == before.get("PixelData")
    assert after.PatientName == "x"


@pytest.mark.parametrize("name", NAMES)
def test_other_elements_keep_their_values(name):
    before, after = read(sample(name)), edited('(0010,0010) := "x"', sample(name))
    for element in before:
        if element.tag != 0x00100010 and element.tag.element:
            assert after[element.tag] == element


@pytest.mark.parametrize("name", NAMES)
def test_the_rest_of_the_file_meta_group_stays(name):
    before, after = read(sample(name)).file_meta, edited("-(0010,0010)", sample(name)).file_meta
    for element in before:
        if element.tag.element not in (0, 2, 3):
            assert after[element.tag].value == element.value


def test_class_and_instance_in_the_file_meta_group_follow():
    after = edited('(0008,0016) := "1.2.840.10008.5.1.4.1.1.4"\n(0008,0018) := "1.9"')
    assert after.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.4"
    assert after.file_meta.MediaStorageSOPInstanceUID == "1.9"
    after = edited("-(0008,0018)")
    assert not after.file_meta.get("MediaStorageSOPInstanceUID")


def test_a_missing_transfer_syntax_becomes_explicit_little_endian():
    after = edited('(0010,0010) := "x"', sample("ExplVR_LitEndNoMeta.dcm"))
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert after.PatientName == "x"


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm", "no_meta.dcm"])
def test_damaged_and_unrecognisable_files_are_refused(name):
    refused('(0010,0010) := "x"', sample(name))


def test_what_is_written_can_be_edited_again():
    data = applied('(0040,0275)[0]/(0040,0007) := "a"', synthetic()).data
    for _ in range(3):
        data = applied('(0040,0275)[0]/(0040,0007) := concatenate["b", "a"]', data).data
    assert forced(data).RequestAttributesSequence[0].ScheduledProcedureStepDescription == "ba"


@pytest.mark.parametrize("name", NAMES)
def test_editing_twice_gives_the_same_bytes(name):
    lines = '(0010,0010) := "x"\nremoveAllPrivateTags\n-(0010,0030)'
    once = applied(lines, sample(name)).data
    assert applied(lines, once).data == once


def _native():
    dataset = read(sample("CT_small.dcm"))
    del dataset[0xFFFCFFFC]
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_another_uncompressed_transfer_syntax_can_be_set():
    after = edited('(0002,0010) := "1.2.840.10008.1.2"', _native())
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert after.PatientID == read(_native()).PatientID


NATIVE = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]
NATIVE += ["1.2.840.10008.1.2.1.99"]
UNCOMPRESSED = ["CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm"]
UNCOMPRESSED += ["rtplan.dcm", "test-SR.dcm", "liver_1frame.dcm", "examples_palette.dcm"]


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("name", UNCOMPRESSED)
def test_values_and_pixels_mean_the_same_in_another_uncompressed_transfer_syntax(name, syntax):
    before = read(sample(name))
    after = edited(f'(0002,0010) := "{syntax}"', sample(name))
    assert after.file_meta.TransferSyntaxUID == syntax
    for element in before:
        if element.VR not in ("OW", "UN") and element.tag.element and element.tag.group != 0xFFFC:
            assert after[element.tag].value == element.value
    if "PixelData" in before:
        assert (after.pixel_array == before.pixel_array).all()


def test_without_a_transfer_syntax_explicit_little_endian_is_written():
    after = edited("-(0002,0010)", sample("MR_small_implicit.dcm"))
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert after.PixelData == read(sample("MR_small_implicit.dcm")).PixelData


def test_a_transfer_syntax_that_would_leave_the_pixels_unreadable_is_refused():
    # The original writes such files: their pixels are lost to every reader.
    refused('(0002,0010) := "1.2.840.10008.1.2.4.90"', _native())
    refused('(0002,0010) := "1.2.840.10008.1.2.1"', sample("JPEG2000.dcm"))
    refused("-(0002,0010)", sample("JPEG2000.dcm"))


def test_text_that_cannot_be_mapped_is_refused_where_the_original_writes_question_marks():
    refused('(0010,0010) := "Jörg"', synthetic(SpecificCharacterSet="ISO_IR 144"))


def test_the_standard_is_not_imposed_on_what_was_odd_before():
    data = sample("CT_small.dcm")
    before = pydicom.dcmread(io.BytesIO(data))
    after = edited('(0010,0020) := "x"', data)
    assert before.get_item(0x00080016).value == after.get_item(0x00080016).value
