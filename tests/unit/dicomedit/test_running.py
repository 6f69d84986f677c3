import io
import shutil
import struct
import subprocess

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from dxclient.dicomedit import Change, parse, run
from dxclient.domain.errors import AnonymizationError, ScriptError
from dxclient.domain.protocols import DicomEditFunction
from tests.unit.dicomedit.files import edited, read, sample, synthetic

PROFILE = """version "6.6"
(0010,0010) := subject
(0010,0020) := concatenate[project, "_", subject]
-(0010,0030)
*/(0008,0080) ?= ""
(0020,000D) := hashUID[(0020,000D)]
hashUIDList[(0020,000E), (0008,0018), */(0008,1155)]
removeAllPrivateTags
"""
WHO = {"project": "P1", "subject": "S1"}
SAMPLES = ["CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm"]
SAMPLES += ["image_dfl.dcm", "rtplan.dcm", "test-SR.dcm", "examples_overlay.dcm"]


@pytest.mark.parametrize("name", SAMPLES)
def test_pixels_and_transfer_syntax_stay_and_meta_follows(name):
    data = sample(name)
    before, after = read_any(data), read(run([parse(PROFILE)], data, WHO).data)
    assert after.PatientName == "S1"
    assert after.PatientID == "P1_S1"
    assert after.get("PixelData") == before.get("PixelData")
    assert after.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert not any(element.tag.is_private for element in after.iterall())


def read_any(data):
    return pydicom.dcmread(io.BytesIO(data), force=True)


@pytest.mark.skipif(not shutil.which("dcmdump"), reason="dcmtk's dcmdump is not installed")
@pytest.mark.parametrize("name", SAMPLES)
def test_dcmtk_reads_what_was_written(name, tmp_path):
    path = tmp_path / "out.dcm"
    path.write_bytes(run([parse(PROFILE)], sample(name), WHO).data)
    done = subprocess.run(
        ["dcmdump", "-q", str(path)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_script_does_not_touch_keeps_its_bytes(name):
    data = sample(name)
    out = run([parse('version "6.6"\n(0010,0010) := "X"\n')], data, {}).data
    before, after = read_any(data), read(out)
    for tag in before.keys() - {0x00100010}:
        if before.get_item(tag).tag.element != 0:
            assert raw(before, tag) == raw(after, tag)


def raw(dataset, tag):
    element = dataset.get_item(tag)
    return element.value if element.VR != "SQ" else str(dataset[tag].value)


def test_without_scripts_the_bytes_come_back_as_they_are():
    assert run([], b"anything", {}).data == b"anything"
    assert run([parse("// nothing")], b"anything", {}).data == b"anything"


def test_scripts_run_one_after_the_other_with_variables_of_their_own():
    one = parse('version "6.6"\nown := "a"\n(0010,0010) := own\n')
    two = parse('version "6.6"\n(0010,0020) := (0010,0010)\n(0010,4000) := own\n')
    with pytest.raises(ScriptError, match="own"):
        run([one, two], synthetic(), {})
    after = read(run([one, two], synthetic(), {"OWN": "b"}).data)
    assert (after.PatientID, after.PatientComments) == ("a", "b")


def test_reject_gives_no_data_and_no_values():
    script = parse('version "6.6"\n(0010,0020) = "0815" ? reject[]\n', name="site")
    outcome = run([script], synthetic(), {})
    assert (outcome.data, outcome.rejected) == (None, True)
    assert outcome.messages == ("Rejected by the script “site”.",)


def test_a_missing_variable_is_named_before_anything_is_sent():
    with pytest.raises(ScriptError, match="subject"):
        run([parse(PROFILE)], synthetic(), {"project": "P"})


def test_a_fault_names_script_and_line_and_no_value_of_the_file():
    script = parse('version "6.6"\n\n(0028,0010) := (0010,0010)\n', name="project")
    with pytest.raises(ScriptError) as caught:
        run([script], synthetic(Rows=3), {})
    assert caught.value.line == 3
    assert "project" in str(caught.value)
    assert "Doe" not in str(caught.value) + caught.value.details


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_short_is_refused(name):
    data = sample(name)
    for length in (len(data) - 12, len(data) * 2 // 3 + 1, 133, 20):
        with pytest.raises(AnonymizationError):
            run([parse('version "6.6"\n-(0010,0010)\n')], data[:length], {})


@pytest.mark.parametrize("data", [b"", b"no DICOM at all", b"\0" * 200, b"\0" * 128 + b"DICM"])
def test_what_is_not_dicom_is_refused(data):
    with pytest.raises(AnonymizationError):
        run([parse('version "6.6"\n-(0010,0010)\n')], data, {})


def test_the_preamble_does_not_leave():
    data = b"Doe Jane" + synthetic()[8:]
    assert run([parse('version "6.6"\n-(0010,0010)\n')], data, {}).data[:128] == b"\0" * 128


def test_a_recorded_run_tells_element_values_script_and_line():
    script = parse('version "6.6"\n(0010,0010) := "X"\n-(0010,0020)\n-(0010,0030)\n', name="site")
    changes = run([script], synthetic(), {}, record=True).changes
    assert changes == (
        Change(element="(0010,0010)", old="Doe^Jane", new="X", script="site", line=2),
        Change(element="(0010,0020)", old="0815", new=None, script="site", line=3),
    )


def test_text_that_the_character_set_cannot_hold_is_refused():
    data = synthetic(SpecificCharacterSet="ISO_IR 144")
    with pytest.raises(ScriptError, match="character set"):
        edited('(0010,0010) := "Jörg"', data)


def test_a_character_set_set_later_applies_to_text_set_before():
    data = synthetic(SpecificCharacterSet="ISO_IR 100")
    after = edited('(0010,0010) := "Jörg"\n(0008,0005) := "ISO_IR 192"', data)
    assert after.PatientName == "Jörg"


def test_text_that_stays_follows_a_new_character_set():
    data = synthetic(SpecificCharacterSet="ISO_IR 100", PatientComments="für später")
    after = edited('(0008,0005) := "ISO_IR 192"', data)
    assert after.PatientComments == "für später"


def test_items_and_private_blocks_are_made_as_needed():
    after = edited('(0040,0275)[1]/(0077,{ACME}05) := "made"')
    items = after.RequestAttributesSequence
    assert len(items) == 2
    assert items[1].private_block(0x77, "ACME")[5].value == b"made"


def test_an_inner_value_is_found_at_any_depth():
    data = sample("rtplan.dcm")
    after = edited("-*/(300A,00B8)", data)
    assert not any(element.tag == 0x300A00B8 for element in after.iterall())


def exclaimed(text):
    return f"{text}!"


def test_a_function_of_an_extension_gets_values_and_its_text_is_used():
    extra = DicomEditFunction(name="loud", version="1", function=exclaimed, min_args=1, max_args=1)
    script = parse('version "6.6"\n(0010,0020) := loud[(0010,0020)]', [extra])
    assert read(run([script], synthetic(), {}).data).PatientID == "0815!"


def hidden_name(tag):
    """A file in which a name stands inside a sequence that was written as unknown bytes."""
    inner = struct.pack("<HHL", 0x0010, 0x0010, 8) + b"Roe^Rick"
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
    dataset = read(synthetic())
    dataset.add_new(0x00090010, "LO", "ACME")
    dataset._dict[Tag(tag)] = RawDataElement(Tag(tag), "UN", len(item), item, 0, False, True)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("tag", [0x00400275, 0x00091001])
@pytest.mark.parametrize(
    "lines", ['*/(0010,0010) ?= "X"', "-*/(0010,0010)", 'blankValues["Roe^Rick"]']
)
def test_a_name_inside_a_sequence_of_unknown_bytes_is_found(tag, lines):
    out = run([parse(f'version "6.6"\n{lines}\n')], hidden_name(tag), {}).data
    assert b"Roe" not in out
    # It stays unknown bytes, and these are still one whole item.
    raw = read(out)._dict[Tag(tag)].value
    assert raw[:4] == b"\xfe\xff\0\xe0"
    assert int.from_bytes(raw[4:8], "little") == len(raw) - 8


def test_a_sequence_of_unknown_bytes_that_nothing_edits_stays_as_it_is():
    out = edited("-*/(0010,0020)", hidden_name(0x00091001))
    assert b"Roe^Rick" in out.get_item(0x00091001).value


def test_removed_private_sequences_do_not_come_back():
    out = edited("removeAllPrivateTags\n-*/(0010,0010)", hidden_name(0x00091001))
    assert 0x00091001 not in out


def failing(text):
    raise RuntimeError(text)


def test_the_words_of_a_failing_extension_do_not_leave():
    extra = DicomEditFunction(name="fail", version="1", function=failing, min_args=1, max_args=1)
    script = parse('version "6.6"\n(0010,0020) := fail[(0010,0010)]', [extra])
    with pytest.raises(AnonymizationError) as caught:
        run([script], synthetic(), {})
    assert "Doe" not in str(caught.value) + caught.value.details


def test_the_file_meta_group_of_a_dicomdir_keeps_its_class():
    out = edited('(0004,1130) := "ANON"', sample("dicomdirtests/DICOMDIR"))
    assert out.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.1.3.10"


def test_the_file_meta_group_follows_a_class_that_is_deleted():
    out = edited("-(0008,0016)", sample("CT_small.dcm"))
    assert out.file_meta.MediaStorageSOPClassUID == ""
