"""Names that hide where a search might not look: odd sequences, and files that say things twice."""

import struct

import pytest

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.functions_tags import hashed_uid
from dxclient.domain.errors import AnonymizationError
from tests.unit.dicomedit.files import read

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
SEQUENCE_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
LONG = ("OB", "SQ", "UN")


def even(value):
    data = value if isinstance(value, bytes) else value.encode()
    return data + b"\0" * (len(data) % 2)


def explicit(tag, vr, value, *, undefined=False):
    data = even(value)
    words = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in LONG:
        return words + struct.pack("<HL", 0, 0xFFFFFFFF if undefined else len(data)) + data
    return words + struct.pack("<H", len(data)) + data


def implicit(tag, value, *, undefined=False):
    data = even(value)
    length = 0xFFFFFFFF if undefined else len(data)
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, length) + data


def item(content):
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


def file_of(body, syntax=EXPLICIT, instance="1.2.3.4"):
    meta = explicit(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2")
    meta += explicit(0x00020003, "UI", instance) + explicit(0x00020010, "UI", syntax)
    length = explicit(0x00020000, "UL", struct.pack("<L", len(meta)))
    return bytes(128) + b"DICM" + length + meta + body


def edited(lines, data):
    return run([parse(f'version "6.6"\n{lines}\n')], data, {}).data


UIDS = explicit(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2") + explicit(
    0x00080018, "UI", "1.2.3.4"
)
IMPLICIT_UIDS = implicit(0x00080016, "1.2.840.10008.5.1.4.1.1.2") + implicit(0x00080018, "1.2.3.4")
SECRET = implicit(0x00100010, "SECRET^A")


@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("tag", [0x00291010, 0x0040A160])
def test_items_are_searched_where_the_dictionary_says_that_there_are_none(tag, undefined):
    # (0029,1010) of this creator is OB in the dictionary, (0040,A160) is UT.
    value = item(SECRET) + (SEQUENCE_END if undefined else b"")
    element = implicit(tag, value, undefined=undefined)
    body = IMPLICIT_UIDS + implicit(0x00290010, "SIEMENS CSA HEADER") + element
    out = edited("- */(0010,0010)", file_of(body, IMPLICIT))
    assert b"SECRET" not in out
    assert read(out).SOPInstanceUID == "1.2.3.4"


def test_private_elements_in_such_items_go_with_the_others():
    inner = implicit(0x00290010, "ACME") + implicit(0x00291001, "SECRET")
    body = IMPLICIT_UIDS + implicit(0x0040A160, item(inner) + SEQUENCE_END, undefined=True)
    assert b"SECRET" not in edited("removeAllPrivateTags", file_of(body, IMPLICIT))


@pytest.mark.parametrize("padding", [2, 8, 12])
def test_zeros_after_hidden_items_do_not_hide_them(padding):
    value = item(SECRET) + b"\0" * padding
    body = UIDS + explicit(0x00290010, "LO", "ACME") + explicit(0x00291010, "UN", value)
    assert b"SECRET" not in edited("-*/(0010,0010)", file_of(body))


def test_hidden_items_that_end_in_nonsense_stop_the_file():
    value = item(SECRET) + b"nonsense"
    body = UIDS + explicit(0x00290010, "LO", "ACME") + explicit(0x00291010, "UN", value)
    with pytest.raises(AnonymizationError):
        edited("-*/(0010,0010)", file_of(body))


def test_bytes_that_only_begin_as_items_do_are_left_alone():
    value = item(b"") + item(b"\xff\xd8\xff\xe0 a picture in fragments")
    body = UIDS + explicit(0x00290010, "LO", "ACME") + explicit(0x00291010, "UN", value)
    assert value in edited('-*/(0010,0010)\n(0010,0020) := "x"', file_of(body))


def test_what_stands_behind_the_end_of_a_sequence_stops_the_file():
    value = item(explicit(0x00081155, "UI", "1.2.3")) + SEQUENCE_END
    value += item(explicit(0x00100010, "PN", "SECRET^A"))
    with pytest.raises(AnonymizationError):
        edited("-*/(0010,0010)", file_of(UIDS + explicit(0x00081140, "SQ", value)))


def references(uid):
    inner = explicit(0x00080022, "DA", "20200101") + explicit(0x00081155, "UI", uid)
    return explicit(0x00081140, "SQ", item(inner))


def test_a_sequence_that_stands_twice_is_edited_once_and_written_once():
    data = file_of(UIDS + references("1.1.1") + references("1.2.2"))
    out = read(edited('hashUIDList["*/(0008,1155)"]', data))
    (reference,) = out.ReferencedImageSequence
    assert reference.ReferencedSOPInstanceUID == hashed_uid("1.2.2")
    shift = 'shiftDateTimeListByIncrement[{"*/(0008,0022)"},"10","days"]'
    (reference,) = read(edited(shift, data)).ReferencedImageSequence
    assert reference.AcquisitionDate == "20200111"


def test_the_file_meta_group_follows_an_instance_uid_that_a_script_adds():
    data = file_of(explicit(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"), instance="9.9.9.9")
    out = read(edited('(0008,0018) := "1.2.3"', data))
    assert out.file_meta.MediaStorageSOPInstanceUID == "1.2.3"


@pytest.mark.parametrize("function", ["Sequence", "List"])
def test_every_value_of_a_date_is_shifted(function):
    body = UIDS + explicit(0x00181078, "DT", "20200101\\20200102")
    call = {
        "Sequence": 'shiftDateTimeSequenceByIncrement["864000","(0018,1078)"]',
        "List": 'shiftDateTimeListByIncrement[{"(0018,1078)"},"10","days"]',
    }[function]
    element = read(edited(call, file_of(body)))[0x00181078]
    assert [str(value) for value in element.value] == ["20200111", "20200112"]


@pytest.mark.parametrize("path", ["(FFFE,E000)", "(FFFE,E00D)", "(FFFE,E0DD)", "(0000,0002)"])
def test_what_is_no_element_of_a_data_set_cannot_be_written(path):
    with pytest.raises(AnonymizationError):
        edited(f'{path} := "x"', file_of(UIDS))


def test_command_elements_go_wherever_they_stand():
    stray = explicit(0x00001000, "UI", "9.8.7.6")
    assert b"9.8.7.6" not in edited('(0010,0020) := "x"', file_of(UIDS + stray))


CASES = [
    ("\\ISO 2022 IR 87", "山田".encode("iso2022_jp"), "山田"),
    ("\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8", "김"),
    ("ISO_IR 100", "Ü".encode("latin-1"), "Ü"),
]


@pytest.mark.parametrize(("terms", "value", "name"), CASES)
def test_texts_that_stay_are_written_in_a_new_character_set(terms, value, name):
    body = explicit(0x00080005, "CS", terms) + UIDS + explicit(0x00100010, "PN", value)
    out = read(edited('(0008,0005) := "ISO_IR 192"', file_of(body)))
    assert str(out.PatientName) == name


def test_texts_in_an_item_follow_the_character_set_of_the_item():
    inner = explicit(0x00080005, "CS", "ISO_IR 100")
    inner += explicit(0x00100010, "PN", "Ü".encode("latin-1"))
    data = file_of(UIDS + explicit(0x00081140, "SQ", item(inner)))
    (reference,) = read(
        edited('(0008,1140)[0]/(0008,0005) := "ISO_IR 192"', data)
    ).ReferencedImageSequence
    assert str(reference.PatientName) == "Ü"


def test_new_text_in_an_unknown_character_set_is_refused():
    body = explicit(0x00080005, "CS", "ISO_IR 999") + UIDS
    with pytest.raises(AnonymizationError, match="character set"):
        edited('(0010,0010) := "Ü"', file_of(body))
