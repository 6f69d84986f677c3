"""The index over the bytes of a file, and the way back."""

import gc
import io
import struct
from pathlib import Path

import pydicom
import pydicom.data
import pydicom.uid
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.files import load
from dxclient.dicomedit.level import Level
from dxclient.dicomedit.structure import Broken, Odd
from dxclient.dicomedit.target import Target
from dxclient.domain.errors import AnonymizationError
from tests.unit.dicomedit.files import edited, sample, synthetic

#: Packed again, which need not give the same bytes, or written in another transfer syntax.
ODD = {"image_dfl.dcm", "ExplVR_BigEndNoMeta.dcm", "meta_missing_tsyntax.dcm", "rtstruct.dcm"}
WHOLE = sorted(
    path.name
    for path in Path(pydicom.data.__file__).parent.joinpath("test_files").glob("*.dcm")
    if path.name not in ODD
)


def body(data):
    """The bytes behind the file meta group."""
    return data[load(data).root.start :]


def rewrite_everything(target):
    """Let every level be written element by element."""
    for level in target.levels():
        level.changed = True


@given(st.binary(max_size=400))
def test_any_bytes_are_whole_or_refused(data):
    for content in (data, b"\0" * 128 + b"DICM" + data):
        try:
            target = Target(content)
            rewrite_everything(target)
            assert target.data()
        except (AnonymizationError, Broken, Odd):
            continue


@given(st.integers(1, 7))
def test_a_file_that_lost_its_last_bytes_is_refused(lost):
    with pytest.raises(AnonymizationError):
        load(sample("CT_small.dcm")[:-lost])


def test_zeros_after_the_last_element_are_padding():
    assert load(synthetic() + b"\0\0").root.entries


def test_a_length_that_looks_like_a_value_representation_is_a_length():
    length = int.from_bytes(b"DA\0\0", "little")
    first = struct.pack("<HHL", 8, 0x16, 2) + b"1\0"
    element = struct.pack("<HHL", 0x7FE0, 0x10, length) + b"\x07" * length
    assert load(first + element).root.entries
    with pytest.raises(AnonymizationError):
        load(first + element[:-2])


def in_unknown_bytes(value):
    """Items that a target finds in an element of unknown value representation."""
    first = struct.pack("<HH2sH", 8, 0x16, b"UI", 2) + b"1\0"
    target = Target(first + struct.pack("<HH2sHL", 0x40, 0x275, b"UN", 0, len(value)) + value)
    return target.items(target.root, 0x00400275)


def test_items_in_unknown_bytes_are_recognised_only_when_whole():
    inner = struct.pack("<HHL", 0x10, 0x10, 2) + b"AB"
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
    assert len(in_unknown_bytes(item + item)) == 2
    assert in_unknown_bytes(item[:-2]) == []
    with pytest.raises(Broken):
        in_unknown_bytes(item + item[:-2])
    assert in_unknown_bytes(b"plain bytes of a vendor.") == []
    assert in_unknown_bytes(b"") == []


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_written_element_by_element_has_the_bytes_that_it_had(name):
    data = sample(name)
    try:
        target = Target(data)
        rewrite_everything(target)
    except (AnonymizationError, Broken):
        pytest.skip(f"{name} is no file that can be anonymized")
    assert body(target.data()) == body(data)[: target.root.end - target.root.start]


def test_of_an_element_that_stands_twice_only_the_last_is_written():
    uid = struct.pack("<HH2sH", 8, 0x16, b"UI", 2) + b"1\0"
    names = [struct.pack("<HH2sH", 0x10, 0x10, b"PN", 4) + name for name in (b"Once", b"Then")]
    out = Target(uid + b"".join(names)).data()
    assert b"Then" in out
    assert b"Once" not in out


@pytest.mark.parametrize("name", ["ExplVR_BigEndNoMeta.dcm", "rtstruct.dcm"])
def test_a_file_that_names_no_transfer_syntax_is_written_in_explicit_little_endian(name):
    before = pydicom.dcmread(io.BytesIO(sample(name)), force=True)
    after = pydicom.dcmread(io.BytesIO(Target(sample(name)).data()))
    assert after.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert values(after) == values(before)


def values(dataset):
    """Every value that is no bytes, by keyword or tag; numbers tell of a wrong byte order."""
    return {
        (element.tag, str(element.value))
        for element in dataset
        if not isinstance(element.value, bytes)
    }


SYNTAXES = [
    pydicom.uid.ImplicitVRLittleEndian,
    pydicom.uid.ExplicitVRLittleEndian,
    pydicom.uid.ExplicitVRBigEndian,
    pydicom.uid.DeflatedExplicitVRLittleEndian,
]


@pytest.mark.parametrize("name", ["CT_small.dcm", "ExplVR_BigEnd.dcm", "rtplan.dcm"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_script_may_name_another_native_transfer_syntax(name, syntax):
    before = pydicom.dcmread(io.BytesIO(sample(name)), force=True)
    after = edited(f'(0002,0010) := "{syntax}"', sample(name))
    assert after.file_meta.TransferSyntaxUID == syntax
    assert values(after) == values(before)
    if "PixelData" in before:
        assert (after.pixel_array == before.pixel_array).all()


def test_a_script_cannot_name_a_compressed_transfer_syntax():
    with pytest.raises(AnonymizationError, match="compressed"):
        edited(f'(0002,0010) := "{pydicom.uid.JPEG2000}"', sample("CT_small.dcm"))


def test_compressed_pixel_data_cannot_be_labelled_native():
    with pytest.raises(AnonymizationError, match="compressed"):
        edited(f'(0002,0010) := "{pydicom.uid.ExplicitVRLittleEndian}"', sample("JPEG2000.dcm"))


def test_nothing_of_a_file_outlives_a_run_until_the_garbage_collector_comes():
    script = parse('version "6.6"\n*/(0010,0010) ?= "x"\n(0040,0275)[0]/(0040,0007) := "y"\n')
    data = sample("rtplan.dcm")
    gc.collect()
    gc.disable()
    try:
        before = levels_in_memory()
        run([script], data, {})
        assert levels_in_memory() == before
    finally:
        gc.enable()


def levels_in_memory():
    return sum(isinstance(one, Level) for one in gc.get_objects())


def test_a_file_with_unknown_private_sequences_in_each_other_is_refused_as_xnat_does():
    with pytest.raises(AnonymizationError, match="XNAT refuses"):
        Target(sample("nested_priv_SQ.dcm"))
