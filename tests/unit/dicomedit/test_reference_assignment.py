"""Section 7 of the reference: assignment."""

import struct

import pytest

from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import edited, holding, nested, read, refused, shown, synthetic


@pytest.mark.parametrize(
    "value", ["(0010,0030)", 'match["a", "b", 0]', 'lookup["a", "b"]', "hashUID[(0010,0030)]"]
)
def test_a_missing_value_assigns_nothing(value):
    assert edited(f"(0010,0020) := {value}").PatientID == "0815"
    assert "PatientComments" not in edited(f"(0010,4000) := {value}")


def test_an_empty_text_empties_or_makes_an_empty_element():
    after = edited('(0010,0020) := ""\n(0010,4000) := ""')
    assert (after.PatientID, after.PatientComments) == ("", "")


def test_sequences_and_items_are_made_along_the_way():
    after = edited('(0012,0064)[2]/(0008,0100) := "c"\n(0012,0064)[0]/(0008,0104) := "m"')
    items = after.DeidentificationMethodCodeSequence
    assert [len(item) for item in items] == [1, 0, 1]
    assert (items[2].CodeValue, items[0].CodeMeaning) == ("c", "m")


def test_items_beyond_the_end_are_added_to_what_is_there():
    after = edited('(0040,0275)[3]/(0040,0007) := "new"', nested())
    steps = [
        item.get("ScheduledProcedureStepDescription") for item in after.RequestAttributesSequence
    ]
    assert steps == ["first", "second", None, "new"]


def test_the_first_free_private_block_is_reserved():
    after = edited('(0029,{ACME}01) := "a"\n(0029,{OTHER}01) := "b"\n(0029,{ACME}02) := "c"')
    assert [(int(e.tag), e.VR) for e in after.group_dataset(0x29)] == [
        (0x00290010, "LO"),
        (0x00290011, "LO"),
        (0x00291001, "UN"),
        (0x00291002, "UN"),
        (0x00291101, "UN"),
    ]
    after = edited('(0040,0275)[1]/(0029,{NESTED}05) := "x"', nested())
    assert after.RequestAttributesSequence[1][0x00290010].value == "NESTED"


def test_the_value_representation_is_that_of_the_element_the_dictionary_or_unknown():
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, "DS", "1"))
    after = edited('(0029,{ACME}01) := "2.5"\n(0008,0020) := "20200101"\n(0012,9999) := "x"', data)
    assert (after[0x00291001].VR, after["StudyDate"].VR, after[0x00129999].VR) == ("DS", "DA", "UN")


def test_what_may_be_us_or_ss_is_us_where_the_element_is_new():
    after = edited('(0028,0106) := "40000"', sample("CT_small.dcm"))
    assert after.PixelRepresentation == 1
    assert after["SmallestImagePixelValue"].VR == "US"
    assert after.SmallestImagePixelValue == 40000


def test_known_private_dictionaries_give_the_value_representation():
    after = edited('(0019,{SIEMENS MR HEADER}0C) := "1000"')
    assert after[0x0019100C].VR == "IS"


@pytest.mark.parametrize("vr", ["UN", "OB", "OW"])
def test_binary_elements_get_the_bytes_of_the_text_padded(vr):
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, vr, b"\1\2"))
    after = edited('(0029,{ACME}01) := "añb"', data)
    assert after[0x00291001].value == "añb".encode()
    assert edited('(0029,{ACME}01) := "abc"', data)[0x00291001].value == b"abc\0"


@pytest.mark.parametrize(
    ("text", "stored"),
    [("64", 64), ("70000", 4464), ("-1", 65535), ("+5", 5), ("2147483647", 65535)],
)
def test_unsigned_short_numbers_wrap_around(text, stored):
    assert edited(f'(0028,0010) := "{text}"').Rows == stored


def test_signed_numbers_wrap_around_and_long_ones_too():
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, "SS", 1), (0x00291002, "UL", 1))
    after = edited('(0029,{ACME}01) := "40000"\n(0029,{ACME}02) := "4294967297"', data)
    assert (after[0x00291001].value, after[0x00291002].value) == (-25536, 1)


@pytest.mark.parametrize("text", [" 64", "64 ", "1.5", "a", "1e3", "0x10", "2147483648", "1\\\\"])
def test_short_numbers_need_a_whole_number(text):
    refused(f'(0028,0010) := "{text}"')


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1e3", 1000.0),
        (" 2.5 ", 2.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("2d", 2.0),
        ("Infinity", float("inf")),
    ],
)
def test_floating_numbers_are_read_as_java_reads_them(text, stored):
    assert edited(f'(0018,9305) := "{text}"').RevolutionTime == stored


@pytest.mark.parametrize("text", ["a", "1,5", "inf", "nan", "1_0", "1\\\\", "0x1"])
def test_other_texts_are_no_floating_number(text):
    refused(f'(0018,9305) := "{text}"')


def test_a_number_too_large_for_a_short_float_is_infinite():
    after = edited('(0018,9461) := "1e39"')  # FL
    assert after[0x00189461].value == float("inf")


@pytest.mark.parametrize("text", ["0018106", "001810633", "(0018,1063)", "0018,1063"])
def test_tags_need_eight_digits(text):
    refused(f'(0028,0009) := "{text}"')
    assert edited('(0028,0009) := "0018106a"').FrameIncrementPointer == 0x0018106A


def test_several_values_are_parted_by_a_backslash():
    after = edited('(0028,1101) := "1\\\\2\\\\3"\n(0018,9305) := "1\\\\2.5"')
    assert list(after.RedPaletteColorLookupTableDescriptor) == [1, 2, 3]
    assert list(after.RevolutionTime) == [1.0, 2.5]


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("(0008,0020)", "notadate"),
        ("(0008,0060)", "lower case!"),
        ("(0010,0020)", "y" * 90),
        ("(0020,0013)", "12.5"),
        ("(0018,0050)", "wide"),
        ("(0010,1010)", "12"),
        ("(0020,000D)", "no UID"),
    ],
)
def test_other_value_representations_take_any_text(tag, text):
    assert shown(tag, before=f'{tag} := "{text}"') == text


def test_sequences_and_indexed_parts_cannot_be_assigned():
    refused('(0040,0275) := "x"', nested())
    refused('(0008,1115) := "x"')
    refused('(0010,0010)[0] := "x"')


def test_an_element_that_is_no_sequence_cannot_be_used_as_one():
    refused('(0010,0010)[0]/(0010,0020) := "x"')
    refused('(0010,4000)[0]/(0010,0020) := "x"')


def test_a_private_element_that_is_no_sequence_is_replaced_by_one():
    after = edited('(0029,{ACME}01)[0]/(0010,0020) := "x"', nested())
    assert after[0x00291001].value[0].PatientID == "x"
    after = edited('(0077,{ACME}01)[1]/(0010,0020) := "x"')
    assert [len(item) for item in after[0x00771001].value] == [0, 1]


@pytest.mark.parametrize("group", ["8001", "9ABF", "FFFF"])
def test_odd_groups_from_8001_on_cannot_be_assigned(group):
    refused(f'({group},{{ACME}}01) := "x"')


def test_even_groups_from_8000_on_can():
    assert edited('(FFFC,FFFC) := "x"')[0xFFFCFFFC].value == b"x\0"


def test_text_is_written_in_the_character_set_of_the_file():
    after = edited('(0010,0010) := "Jörg"', synthetic(SpecificCharacterSet="ISO_IR 100"))
    assert after.get_item("PatientName").value == "Jörg".encode("latin-1")
    after = edited('(0010,0010) := "Люк"', synthetic(SpecificCharacterSet="ISO_IR 144"))
    assert after.PatientName == "Люк"


def test_without_a_character_set_the_bytes_are_utf8():
    after = edited('(0010,0010) := "Jörg"')
    assert after.get_item("PatientName").value.rstrip() == "Jörg".encode()


def test_where_no_character_set_counts_the_bytes_are_utf8_too():
    after = edited('(0008,0060) := "ö"', synthetic(SpecificCharacterSet="ISO_IR 100"))
    assert after.get_item("Modality").value == "ö".encode()


def test_the_character_set_that_counts_is_the_one_at_the_end():
    after = edited('(0010,0010) := "Köln"\n(0008,0005) := "ISO_IR 192"')
    assert after.PatientName == "Köln"


def test_elements_of_the_file_meta_group_can_be_assigned():
    after = edited('(0002,0016) := "MY_AE"')
    assert after.file_meta.SourceApplicationEntityTitle == "MY_AE"
    assert shown("(0002,0010)") == "1.2.840.10008.1.2.1"


# -- ?= -------------------------------------------------------------------------------------
def test_existing_elements_are_assigned_and_nothing_is_made():
    after = edited('(0010,0020) ?= "x"\n(0010,4000) ?= "x"\n(0040,0275)[0]/(0040,0007) ?= "x"')
    assert after.PatientID == "x"
    assert "PatientComments" not in after
    assert "RequestAttributesSequence" not in after


def test_a_missing_value_empties_existing_elements():
    assert edited("(0010,0020) ?= (0010,0030)").PatientID == ""
    assert edited('*/(0010,0020) ?= lookup["a", "b"]', nested()).PatientID == ""


def test_sequences_are_never_assigned():
    assert edited('(0040,0275) ?= "x"', nested()) == read(nested())
    after = edited('(0040,XXXX) ?= "x"', nested())
    assert len(after.RequestAttributesSequence) == 2


def test_creators_are_protected():
    after = edited('(0029,{ACME}XX) ?= "x"', nested())
    assert [after[tag].value for tag in (0x00290010, 0x00291001, 0x00291010)] == ["ACME", "x", "x"]


def test_variables_are_set_at_once():
    lines = 'v := (0010,0020)\n(0010,0020) := "new"\n(0010,4000) := v'
    assert edited(lines).PatientComments == "0815"


def test_values_in_the_other_order_of_bytes():
    after = edited('(0028,0010) := "258"', sample("MR_small_bigendian.dcm"))
    assert after.get_item("Rows").value == struct.pack(">H", 258)


def test_a_path_in_a_list_is_not_read():
    assert shown('{(0010,0020), "a"}') == "[00100020, a]"
