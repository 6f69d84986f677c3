"""What alterPixels hides, what it marks, and what it refuses."""

import io

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.pixels import Rectangle, blacken
from dxclient.domain.errors import ScriptError
from tests.helpers.dicombytes import read_part10
from tests.unit.dicomedit.files import edited, read, sample, synthetic

SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT, IMPLICIT, BIG = (f"1.2.840.10008.1.2{end}" for end in (".1", "", ".2"))
BOX = Rectangle(2, 1, 9, 7)
MARKS = ["(0012,0063)", "(0012,0064)", "(0028,0301)"]


def image(
    pixels=None,
    *,
    rows=8,
    columns=10,
    samples=1,
    bits=8,
    frames=1,
    planar=0,
    syntax=EXPLICIT,
    colours="",
    **more,
):
    """A secondary capture with pixels that are all different from black."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID, dataset.SOPInstanceUID = SECONDARY, "1.2.3"
    dataset.PatientName = "Doe^Jane"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, samples
    dataset.PhotometricInterpretation = colours or ("MONOCHROME2" if samples == 1 else "RGB")
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit, dataset.PixelRepresentation = bits - 1, 0
    if samples > 1:
        dataset.PlanarConfiguration = planar
    if frames > 1:
        dataset.NumberOfFrames = frames
    if pixels is None:
        pixels = bytes([7]) * (rows * columns * samples * frames * bits // 8)
    dataset.add_new(0x7FE00010, "OB" if bits == 8 else "OW", pixels + b"\0" * (len(pixels) % 2))
    for keyword, value in more.items():
        setattr(dataset, keyword, value)
    return written(dataset)


def written(dataset):
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def blackened(data, *areas):
    return read(blacken(data, areas or (BOX,)))


def stored(dataset):
    """Samples as frames × rows × columns × samples, whatever the planar configuration."""
    frames, samples = int(dataset.get("NumberOfFrames", 1)), dataset.SamplesPerPixel
    kind = np.dtype(f"<u{dataset.BitsAllocated // 8}")
    shape = (frames, dataset.Rows, dataset.Columns, samples)
    if samples > 1 and dataset.PlanarConfiguration == 1:
        shape = (frames, samples, dataset.Rows, dataset.Columns)
    values = np.frombuffer(dataset.PixelData, kind)[: np.prod(shape)].reshape(shape)
    return values.transpose(0, 2, 3, 1) if shape[1] == samples != dataset.Rows else values


@given(
    edges=st.tuples(*[st.integers(-5, 15)] * 4),
    kind=st.sampled_from([(1, 8, 0), (1, 16, 0), (3, 8, 0), (3, 8, 1), (3, 16, 1)]),
    frames=st.integers(1, 3),
)
def test_the_area_is_black_in_every_frame_and_sample_and_all_else_stays(edges, kind, frames):
    samples, bits, planar = kind
    data = image(samples=samples, bits=bits, planar=planar, frames=frames)
    area = Rectangle(*edges)
    wide, high = abs(area.right - area.left), abs(area.bottom - area.top)
    expected = stored(read(data)).copy()
    left, top = max(area.left, 0), max(area.top, 0)
    expected[:, top : max(area.top + high, 0), left : max(area.left + wide, 0)] = 0
    assert np.array_equal(stored(blackened(data, area)), expected)


@pytest.mark.parametrize("area", [(20, 20, 30, 30), (3, 3, 3, 8), (-9, -9, -1, -1)])
def test_an_area_beside_the_image_or_without_size_leaves_no_marks(area):
    result = blackened(image(syntax=BIG, bits=16), Rectangle(*area))
    assert result.file_meta.TransferSyntaxUID == EXPLICIT
    assert "BurnedInAnnotation" not in result
    assert "DeidentificationMethod" not in result
    assert set(result.PixelData) == {7}


def test_each_area_is_marked_beside_what_stood_there():
    before = Dataset()
    before.CodeValue = "113100"
    data = image(
        DeidentificationMethod=["mine"],
        DeidentificationMethodCodeSequence=Sequence([before]),
        BurnedInAnnotation="YES",
    )
    result = blackened(data, BOX, Rectangle(0, 0, 1, 1))
    assert result.BurnedInAnnotation == "NO"
    assert list(result.DeidentificationMethod) == ["mine", *["Burned in text blacked out"] * 2]
    codes = result.DeidentificationMethodCodeSequence
    assert [code.CodeValue for code in codes] == ["113100", "113101", "113101"]
    assert (codes[2].CodingSchemeDesignator, codes[2].CodeMeaning) == (
        "DCM",
        "Clean Pixel Data Option",
    )


def test_every_other_element_of_an_explicit_file_stays_the_bytes_it_was():
    before = {one.path: one.whole for one in read_part10(sample("examples_overlay.dcm")).elements}
    result = read_part10(blacken(sample("examples_overlay.dcm"), (BOX,)))
    after = {one.path: one.whole for one in result.elements}
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    kept = {path for path in changed if not path.startswith((*MARKS, "(7FE0,0010)"))}
    assert {path for path in kept if not path.endswith(",0000)")} == set()


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "ExplVR_BigEnd.dcm",
        "image_dfl.dcm",
        "SC_rgb_rle_16bit_2frame.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "MR_small_jp2klossless.dcm",
        "J2K_pixelrep_mismatch.dcm",
        "examples_palette.dcm",
    ],
)
def test_pixels_outside_the_area_are_what_pydicom_decodes(name):
    before = pydicom.dcmread(io.BytesIO(sample(name)))
    result = blackened(sample(name))
    assert result.file_meta.TransferSyntaxUID == EXPLICIT
    assert not result["PixelData"].is_undefined_length
    frames = (-1, result.Rows, result.Columns, result.SamplesPerPixel)
    expected = before.pixel_array.reshape(frames).copy()
    expected[:, 1:7, 2:9] = 0
    assert np.array_equal(result.pixel_array.reshape(frames), expected)


def test_a_value_of_a_big_endian_file_is_turned_and_keeps_its_meaning():
    result = blackened(sample("MR_small_bigendian.dcm"))
    before = pydicom.dcmread(io.BytesIO(sample("MR_small_bigendian.dcm")))
    for element in before:
        if element.tag not in (0x7FE00010, 0xFFFCFFFC) and element.tag.element:
            assert result[element.tag].value == element.value


def test_lengths_of_groups_and_padding_go():
    result = blackened(sample("CT_small.dcm"))
    assert not [element for element in result if element.tag.element == 0]
    assert (0xFFFC, 0xFFFC) not in result


# -- colours --------------------------------------------------------------------------------


def test_black_in_luminance_and_colour_differences_has_no_colour():
    result = stored(blackened(image(samples=3, colours="YBR_FULL"), Rectangle(0, 0, 1, 1)))
    assert list(result[0, 0, 0]) == [0, 128, 128]
    assert list(result[0, 0, 1]) == [7, 7, 7]


def test_pixels_that_share_a_colour_get_their_own():
    pairs = bytes([10, 20, 30, 40]) * 40
    result = blackened(image(pairs, samples=3, colours="YBR_FULL_422"), Rectangle(1, 0, 2, 1))
    assert result.PhotometricInterpretation == "YBR_FULL"
    row = stored(result)[0, 0].tolist()
    assert row[:4] == [[10, 30, 40], [0, 128, 128], [10, 30, 40], [20, 30, 40]]


def test_decoded_jpeg_is_rgb_and_says_that_it_was_lossy():
    result = blackened(sample("examples_ybr_color.dcm"))
    assert result.PhotometricInterpretation == "RGB"
    assert result.LossyImageCompressionMethod == "ISO_10918_1"
    assert (result.LossyImageCompression, result.LossyImageCompressionRatio) == ("01", 19)
    without = blackened(sample("SC_jpeg_no_color_transform.dcm"), Rectangle(999, 0, 1000, 1))
    assert without.LossyImageCompressionRatio > 1
    assert "BurnedInAnnotation" not in without


def test_a_single_image_of_odd_length_in_words_loses_its_last_byte_as_in_the_original():
    assert (
        blackened(sample("SC_rgb_small_odd.dcm"), Rectangle(0, 0, 2, 1)).PixelData[-2:] == b"\0\0"
    )
    kept = blackened(image(rows=3, columns=3, samples=3), Rectangle(0, 0, 2, 1))
    assert kept.PixelData[-2:] == b"\7\0"


def test_what_follows_the_last_frame_is_cut_off():
    result = blackened(image(bytes([7]) * 160))
    assert len(result.PixelData) == 80


# -- copies of what is hidden -----------------------------------------------------------------


def icon(pixels, **more):
    small = Dataset()
    small.Rows, small.Columns, small.SamplesPerPixel = 4, 5, 1
    small.PhotometricInterpretation, small.PixelRepresentation = "MONOCHROME2", 0
    small.BitsAllocated, small.BitsStored, small.HighBit = 8, 8, 7
    small.add_new(0x7FE00010, "OB", pixels)
    for keyword, value in more.items():
        setattr(small, keyword, value)
    return Sequence([small])


def test_an_icon_does_not_show_what_was_hidden():
    data = image(IconImageSequence=icon(bytes(range(1, 21))))
    result = blackened(data, Rectangle(2, 2, 5, 4)).IconImageSequence[0].PixelData
    shown = np.frombuffer(result, "u1").reshape(4, 5)
    assert shown[1, 1:3].tolist() == [0, 0]
    assert shown[0].tolist() == [1, 2, 3, 4, 5]
    assert shown[1, 3:].tolist() == [9, 10]


def test_an_icon_that_shows_nothing_there_stays():
    data = image(IconImageSequence=icon(bytes([9]) * 20))
    assert blackened(data).IconImageSequence[0].PixelData == bytes([9]) * 20


def test_an_icon_that_cannot_be_understood_loses_its_pixels():
    data = image(IconImageSequence=icon(bytes(range(20)), BitsAllocated=1))
    assert "PixelData" not in blackened(data).IconImageSequence[0]


def test_an_icon_stays_where_nothing_was_hidden():
    data = image(IconImageSequence=icon(bytes(range(20))))
    result = blackened(data, Rectangle(50, 50, 60, 60))
    assert result.IconImageSequence[0].PixelData == bytes(range(20))


# -- refused ----------------------------------------------------------------------------------


def test_a_file_without_pixels_comes_back_as_it_is():
    data = synthetic()
    assert blacken(data, (BOX,)) is data


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JPEG-lossy.dcm", "cannot be decoded"),
        ("MR_small_jpeg_ls_lossless.dcm", "compression"),
        ("SC_rgb_jpeg_gdcm.dcm", "compression"),
        ("liver_1frame.dcm", "8 or 16 bits"),
        ("rtdose.dcm", "another kind"),
        ("SC_rgb_rle_32bit.dcm", "8 or 16 bits"),
    ],
)
def test_what_cannot_be_blackened_is_refused(name, words):
    with pytest.raises(Fault, match=words):
        blacken(sample(name), (BOX,))


@pytest.mark.parametrize(
    "data",
    [
        image(bytes(30)),
        image(SOPClassUID="1.2.3.4"),
        image(SamplesPerPixel=2),
        image(Rows=None),
        image(FloatPixelData=b"\0" * 320),
        image(samples=3, colours="YBR_FULL_422", pixels=bytes(100)),
        image(samples=3, colours="YBR_FULL_422", columns=9),
    ],
    ids=["short", "class", "samples", "rows", "floats", "short pairs", "odd pairs"],
)
def test_pixels_that_are_not_as_they_should_be_are_refused(data):
    with pytest.raises(Fault):
        blacken(data, (BOX,))


def test_compressed_frames_that_are_missing_are_refused():
    dataset = pydicom.dcmread(io.BytesIO(sample("SC_rgb_rle_2frame.dcm")))
    dataset.NumberOfFrames = 3
    with pytest.raises(Fault, match="cannot be decoded"):
        blacken(written(dataset), (BOX,))


def test_compressed_pixels_that_are_none_are_refused():
    dataset = read(image())
    dataset.PixelData = encapsulate([b"no image at all "])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
    with pytest.raises(Fault, match="cannot be decoded"):
        blacken(written(dataset), (BOX,))


# -- the function -------------------------------------------------------------------------------


def statement(edges="l=2, t=1, r=9, b=7", shape="rectangle", fill="solid", colour="v=100"):
    return f'alterPixels["{shape}", "{edges}", "{fill}", "{colour}"]'


@pytest.mark.parametrize(
    "line",
    [
        statement(),
        statement("left = 2,top=1 , right=9,bottom=7", "Rectangle", " SOLID ", "value=0"),
        statement("b=7, r=9, t=+1, l:2, x=4", colour=""),
        statement(colour="r=1, g=2, b=3"),
        statement(colour="r=999"),
        f'(0008,0016) = "{SECONDARY}" ? {statement()}',
        f'if ((0008,0016) = "{SECONDARY}") {{ {statement()} }}',
        'e := "l=2, t=1, r=9, b=7"\nalterPixels["rectangle", e, "solid", "v=1"]',
    ],
)
def test_a_script_blackens(line):
    expected = stored(blackened(image()))
    assert np.array_equal(stored(edited(line, image())), expected)


@pytest.mark.parametrize(
    "line",
    [
        statement(shape="circle"),
        statement(fill="blur"),
        statement(colour="v=300"),
        statement(colour="v=-1"),
        statement(colour="v=red"),
        statement(colour="r=1, g=2, b=256"),
        statement("l=2, t=1, r=9"),
        statement("L=2, t=1, r=9, b=7"),
        statement("l=2.5, t=1, r=9, b=7"),
        statement("l=, t=1, r=9, b=7"),
        statement("l=99999999999, t=1, r=9, b=7"),
        'alterPixels["rectangle", "l=2, t=1, r=9, b=7", "solid"]',
        f"(0010,0010) := {statement()}",
    ],
)
def test_a_script_that_says_it_wrongly_fails(line):
    for data in (image(), synthetic()):
        with pytest.raises(ScriptError):
            edited(line, data)


def test_statements_before_and_after_work_on_the_same_file():
    result = edited(
        f'(0012,0063) := "mine"\n{statement()}\n(0010,0010) := "X"\n-(0012,0064)', image()
    )
    assert list(result.DeidentificationMethod) == ["mine", "Burned in text blacked out"]
    assert result.PatientName == "X"
    assert "DeidentificationMethodCodeSequence" not in result


def test_what_was_blackened_is_recorded():
    script = parse(f'version "6.6"\n{statement()}\n', name="site")
    changes = run([script], image(BurnedInAnnotation="YES"), {}, record=True).changes
    assert {one.element: (one.old, one.new) for one in changes} == {
        "(0012,0063)": (None, "Burned in text blacked out"),
        "(0012,0064)": (None, "(sequence of 1)"),
        "(0028,0301)": ("YES", "NO"),
        "(7FE0,0010)": ("(binary)", "(binary)"),
    }
    assert {(one.script, one.line) for one in changes} == {("site", 2)}
    assert script.effective
