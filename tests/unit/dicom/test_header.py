"""Reading one header: every syntax, every damage, every character set."""

import io
import logging
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.multival import MultiValue
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dxclient.dicom import read_header
from dxclient.dicom.header import Failure, Header, examine
from dxclient.dicom.text import Texts, clock, day
from dxclient.dicom.tight import NoDicom, Odd, Raw, read_raw
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import NotDicom, UnreadableFile
from tests.helpers.shared import DATA, needs_data
from tests.unit.dicom.make import SYNTAXES, data, dataset, write

KEYWORDS = {
    "sop_class_uid": "SOPClassUID",
    "sop_instance_uid": "SOPInstanceUID",
    "study_uid": "StudyInstanceUID",
    "series_uid": "SeriesInstanceUID",
    "study_date": "StudyDate",
    "study_description": "StudyDescription",
    "study_id": "StudyID",
    "accession_number": "AccessionNumber",
    "patient_name": "PatientName",
    "patient_id": "PatientID",
    "modality": "Modality",
    "series_number": "SeriesNumber",
    "series_description": "SeriesDescription",
    "instance_number": "InstanceNumber",
    "rows": "Rows",
    "columns": "Columns",
    "frames": "NumberOfFrames",
}


def look(content: bytes, folder: Path, name: str = "file") -> Header | Failure:
    return examine(str(write(folder, name, content)), Texts())


def reason(content: bytes, folder: Path, name: str = "file") -> Reason:
    found = look(content, folder, name)
    assert isinstance(found, Failure)
    return found.reason


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_each_transfer_syntax_gives_the_same_facts(syntax, tmp_path):
    header = read_header(write(tmp_path, "one", data(syntax)))
    assert header.transfer_syntax_uid == syntax
    assert (header.study_uid, header.series_uid) == ("2.25.1", "2.25.10")
    assert (header.sop_instance_uid, header.instance_number) == ("2.25.100", 7)
    assert (header.patient_name, header.patient_id) == ("TEST^SYNTHETIC", "T1")
    assert (header.study_date, header.study_time) == ("20200131", "10:11:12")
    assert (header.rows, header.columns, header.frames) == (16, 16, 1)


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_no_reading_falls_back_on_pydicom_for_sound_files(syntax):
    content = data(syntax)
    assert isinstance(read_raw(io.BytesIO(content), len(content)), Raw)


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian],
    ids=["explicit", "implicit", "big endian"],
)
def test_a_bare_data_set_without_preamble_and_meta_is_read(syntax, tmp_path):
    header = look(data(syntax, meta=False), tmp_path)
    assert isinstance(header, Header)
    assert (header.transfer_syntax_uid, header.study_uid, header.rows) == (syntax, "2.25.1", 16)


def test_a_file_without_preamble_but_with_meta_is_read(tmp_path):
    header = look(data()[132:], tmp_path)
    assert isinstance(header, Header)
    assert header.transfer_syntax_uid == ExplicitVRLittleEndian


def test_a_file_whose_syntax_contradicts_its_bytes_is_read_as_what_it_is(tmp_path):
    content = data(ExplicitVRLittleEndian).replace(
        b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x14\x001.2.840.10008.1.2\0\0\0"
    )
    header = look(content, tmp_path)
    assert isinstance(header, Header)
    assert (header.study_uid, header.patient_id) == ("2.25.1", "T1")


def test_values_inside_sequences_are_not_mistaken_for_those_of_the_file(tmp_path):
    for name, syntax in SYNTAXES.items():
        header = look(data(syntax), tmp_path, name)
        assert isinstance(header, Header)
        assert header.study_uid != "2.25.666"
        assert header.patient_id != "WRONG"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("StudyInstanceUID", Reason.NO_STUDY_UID),
        ("SeriesInstanceUID", Reason.NO_SERIES_UID),
        ("SOPInstanceUID", Reason.NO_SOP_UID),
        ("SOPClassUID", Reason.NO_SOP_UID),
    ],
)
def test_a_missing_or_empty_uid_is_named(missing, expected, tmp_path):
    whole = data()
    gone = pydicom.dcmread(io.BytesIO(whole))
    gone[missing].value = ""
    out = io.BytesIO()
    gone.save_as(out)
    assert reason(out.getvalue(), tmp_path) is expected
    del gone[missing]
    out = io.BytesIO()
    gone.save_as(out)
    assert reason(out.getvalue(), tmp_path) is expected


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_a_file_cut_within_an_element_is_never_accepted(syntax, tmp_path):
    content = data(syntax)
    whole = len(content) - 1  # deflated data may end with one byte of padding
    cuts = {cut: look(content[:cut], tmp_path) for cut in range(132, whole, 5)}
    accepted = [cut for cut, found in cuts.items() if isinstance(found, Header)]
    # Where only the pixel data are missing as a whole, nothing tells of it.
    assert len(accepted) <= 1
    found = {failure.reason for failure in cuts.values() if isinstance(failure, Failure)}
    assert found <= {Reason.TRUNCATED, Reason.NO_STUDY_UID, Reason.NO_SERIES_UID}


def test_pixel_data_that_reach_beyond_the_end_are_truncated(tmp_path):
    for name, syntax in SYNTAXES.items():
        assert reason(data(syntax)[:-30], tmp_path, name) is Reason.TRUNCATED


def test_pixel_data_far_behind_the_first_block_are_checked_too(tmp_path):
    ds = dataset()
    ds.private_block(0x0029, "SYNTHETIC", create=True).add_new(1, "OB", bytes(100_000))
    block = {tag: ds[tag] for tag in ((0x0029, 0x0010), (0x0029, 0x1001))}
    whole = pydicom.dcmread(io.BytesIO(data()))
    for element in block.values():
        whole.add(element)
    out = io.BytesIO()
    whole.save_as(out)
    assert isinstance(look(out.getvalue(), tmp_path), Header)
    assert reason(out.getvalue()[:-2], tmp_path) is Reason.TRUNCATED
    assert reason(out.getvalue()[:50_000], tmp_path) is Reason.TRUNCATED


def test_decoys_are_not_dicom(tmp_path):
    decoys = [b"\0" * 20_000, b"PK\3\4" + bytes(100), b"hello DICM", b"\x08\0", b"\x08\0\x10\0ab"]
    decoys += [b"x" * 100 + b"DICM" + b"y" * 300, bytes(range(256)) * 20, b"\x02\0\0\0UL"]
    assert {reason(decoy, tmp_path) for decoy in decoys} == {Reason.NOT_DICOM}


def test_an_empty_file_and_a_lone_preamble_are_told_apart(tmp_path):
    assert reason(b"", tmp_path) is Reason.EMPTY
    assert reason(bytes(128) + b"DICM", tmp_path) is Reason.TRUNCATED


def test_a_dicomdir_is_known_by_its_class_or_by_its_name(tmp_path):
    by_class = data(SOPClassUID="1.2.840.10008.1.3.10")
    assert reason(by_class, tmp_path) is Reason.DICOMDIR
    assert reason(b"something else", tmp_path, "dicomdir") is Reason.DICOMDIR
    assert isinstance(look(data(), tmp_path, "DICOMDIR"), Header)


def test_a_file_that_is_not_there_is_unreadable_and_its_path_is_not_told(tmp_path):
    found = examine(str(tmp_path / "JANE"), Texts())
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNREADABLE
    assert "JANE" not in found.detail


def test_read_header_raises_errors_for_people(tmp_path):
    with pytest.raises(NotDicom, match="not DICOM"):
        read_header(write(tmp_path, "decoy", b"text"))
    with pytest.raises(UnreadableFile, match="ends too early"):
        read_header(write(tmp_path, "short", data()[:-30]))


def test_odd_numbers_dates_and_times_do_not_fail():
    assert [str(day(text)) for text in ("20200131", "2020.01.31")] == ["2020-01-31"] * 2
    assert [day(text) for text in ("20201345", "2020/13/45", "", "2020")] == [None] * 4
    assert [clock(text) for text in ("101112.5", "10:11:12", "1011", "10")] == [
        "10:11:12",
        "10:11:12",
        "10:11:00",
        "10:00:00",
    ]
    assert [clock(text) for text in ("", "noon", "256060")] == ["", "", ""]


@pytest.mark.parametrize(
    ("charset", "raw", "shown"),
    [
        (b"", b"TEST^PLAIN ", "TEST^PLAIN"),
        (b"ISO_IR 100", "Äneas^Rüdiger".encode("latin-1"), "Äneas^Rüdiger"),
        (b"ISO_IR 144", b"\xbb\xee\xda\x63\x65\xdc\xd1\x79\x70\xd3", "Люкceмбypг"),
        (b"ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東"),
        (b"GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang^XiaoDong=王^小东"),
        (
            b"\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            "Yamada^Tarou=山田^太郎",
        ),
        (b"\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", None),
        (b"", "Äneas^Rüdiger".encode(), "Äneas^Rüdiger"),  # UTF-8 that nobody declared
        (b"", "Äneas^Rüdiger".encode("latin-1"), "Äneas^Rüdiger"),
        (b"ISO_IR 192", "Äneas^Rüdiger".encode("latin-1"), "Äneas^Rüdiger"),  # declared wrongly
        (b"ISO_IR 999", "Äneas".encode("latin-1"), "Äneas"),
        (b"rot13", "Äneas".encode("latin-1"), "Äneas"),
        (b"ISO IR 100", "Äneas".encode("latin-1"), "Äneas"),
    ],
)
def test_names_are_shown_well_in_every_character_set(charset, raw, shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = Texts().text(raw, charset, name=True)
    assert text == shown if shown else text.startswith("Hong^Gildong=洪^吉洞")
    assert "\ufffd" not in text


def test_control_characters_and_direction_marks_never_reach_the_screen():
    raw = "A\rB\x07C\u202eD\0".encode()
    assert Texts().text(raw, b"ISO_IR 192") == "A B C D"


@given(st.binary(max_size=40), st.sampled_from([b"", b"GB18030", b"\\ISO 2022 IR 87", b"x"]))
@settings(max_examples=150, deadline=None)
def test_no_bytes_fail_to_become_text(raw, charset):
    assert Texts().text(raw, charset, name=True).isprintable()


@given(st.sampled_from(sorted(SYNTAXES)), st.data())
@settings(max_examples=200, deadline=None)
def test_any_damage_gives_a_header_or_a_reason(tmp_path_factory, syntax, choose):
    content = bytearray(data(SYNTAXES[syntax]))
    for _ in range(choose.draw(st.integers(1, 6))):
        place = choose.draw(st.integers(0, len(content) - 1))
        content[place] = choose.draw(st.integers(0, 255))
    cut = choose.draw(st.integers(0, len(content)))
    found = look(bytes(content[:cut]), tmp_path_factory.getbasetemp())
    assert isinstance(found, Header | Failure)


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=200, deadline=None)
def test_random_bytes_give_a_header_or_a_reason(tmp_path_factory, content, marked):
    content = bytes(128) + b"DICM" + content if marked else b"\x08\0" + content
    assert isinstance(look(content, tmp_path_factory.getbasetemp()), Header | Failure)


@needs_data
def test_every_value_agrees_with_pydicom_over_real_files():
    compared = 0
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(DATA.rglob("*")) + sorted(Path(pydicom.__file__).parent.rglob("*")):
            if path.is_file() and isinstance(header := examine(str(path), Texts()), Header):
                compared += 1
                assert _differences(header, pydicom.dcmread(path, force=True)) == {}, path.name
    logging.disable(logging.NOTSET)
    assert compared > 1000


def _differences(header: Header, ds: pydicom.Dataset) -> dict[str, tuple[object, str]]:
    found = {name: (getattr(header, name), _text(ds, word)) for name, word in KEYWORDS.items()}
    return {name: pair for name, pair in found.items() if not _same(*pair)}


def _text(ds: pydicom.Dataset, word: str) -> str:
    try:
        value = ds.get(word)
    except (ValueError, TypeError, NotImplementedError):
        return "?"
    if isinstance(value, MultiValue):
        value = "\\".join(map(str, value))
    return "" if value is None else str(value).strip("\0 ")


def _same(mine: object, theirs: str) -> bool:
    if theirs == "?":
        return True
    if isinstance(mine, int):
        digits = theirs.lstrip("0") or "0"
        return str(mine) == digits or (mine in (0, 1) and not theirs.isdigit())
    return str(mine or "") == theirs


@needs_data
def test_hardly_any_real_file_needs_the_slow_reader():
    odd = 0
    for path in filter(Path.is_file, DATA.rglob("*")):
        with path.open("rb") as file:
            try:
                read_raw(file, path.stat().st_size)
            except Odd:
                odd += 1
            except NoDicom:
                continue
    assert odd <= 3
