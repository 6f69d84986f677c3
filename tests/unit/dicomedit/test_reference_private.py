"""Private elements: section 5, 7 and ``retainPrivateTags`` of section 9."""

import pytest

from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import (
    applied,
    edited,
    holding,
    nested,
    paths,
    read,
    refused,
    shown,
)


def private(dataset):
    return {path for path in paths(dataset) if int(path.split("/")[-1][:4], 16) & 1}


def test_a_private_element_is_read_and_assigned_in_its_block():
    assert shown("(0029,{OTHER CO}01)", nested()) == "OTHER CO one"
    after = edited('(0029,{OTHER CO}01) := "x"', nested())
    assert (after[0x00291001].value, after[0x00291101].value) == ("ACME one", "x")


def test_creators_cannot_be_named_by_a_path():
    for path in ("(0029,0010)", "(0029,{ACME}0010)", "(0029,1001)"):
        refused(f"-{path}", nested())
        refused(f'{path} := "x"', nested())


def test_a_creator_with_blanks_at_its_end_is_found():
    data = holding((0x00290010, "LO", "ACME "), (0x00291001, "LO", "x"))
    assert shown("(0029,{ACME}01)", data) == "x"


def test_the_same_creator_in_two_groups_and_levels():
    after = edited("-*/(0029,{NESTED}XX)", nested())
    assert private(after) == {
        "00290010",
        "00290011",
        "00291001",
        "00291010",
        "00291101",
        "00291110",
        "00400275[0]/00290010",
    }


def test_all_groups_of_a_creator():
    data = sample("JPEG2000.dcm")
    after = edited("-(XXX#,{GEMS_GENIE_1}XX)", data)
    assert [path for path in private(after) if not path[4:].startswith("00")] == []


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("", set()),
        ("(0029,{ACME}01)", {"00290010", "00291001", "00291010"}),
        ("(0029,{ACME}0X)", {"00290010", "00291001", "00291010"}),
        ('"(0029,{OTHER CO}01)"', {"00290011", "00291101"}),
        ("(0029,{NOBODY}01)", set()),
        (
            "{(0029,{ACME}01), (0029,{OTHER CO}01)}",
            {"00290010", "00290011", "00291001", "00291010", "00291101"},
        ),
        ("*/(0029,{NESTED}05)", {"00400275[0]/00290010", "00400275[0]/00291005"}),
        (
            "(0040,0275)[0]/(0029,{NESTED}05)",
            {"00400275[0]/00290010", "00400275[0]/00291005"},
        ),
    ],
)
def test_all_private_elements_but_the_named_ones_and_their_creators_go(arguments, kept):
    after = edited(f"retainPrivateTags[{arguments}]", nested())
    assert private(after) == kept
    assert after.PatientID == "0815"


def test_a_list_from_a_variable():
    after = edited("keep := {(0029,{ACME}01)}\nretainPrivateTags[keep]", nested())
    assert private(after) == {"00290010", "00291001", "00291010"}


@pytest.mark.parametrize(
    "argument", ["(0010,0010)", '"(0010,0010)"', '"junk"', "*", "{(0010,0010)}"]
)
def test_public_paths_cannot_be_retained(argument):
    refused(f"retainPrivateTags[{argument}]", nested())


@pytest.mark.parametrize("vr", ["OB", "UN"])
def test_what_is_retained_keeps_its_bytes(vr):
    value = bytes(range(256))
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, vr, value))
    assert edited("retainPrivateTags[(0029,{ACME}01)]", data)[0x00291001].value == value


def test_a_retained_private_sequence_keeps_its_items():
    lines = '(0077,{ACME}01)[1]/(0010,0010) := "x"\nretainPrivateTags[(0077,{ACME}01)]'
    after = edited(lines, nested())
    assert private(after) == {"00770010", "00771001"}
    assert after[0x00771001].value[1].PatientName == "x"


def test_elements_that_were_retained_can_be_edited():
    lines = 'retainPrivateTags[(0029,{ACME}01)]\n(0029,{ACME}01) := "y"'
    assert edited(lines, nested())[0x00291001].value == "y"


def test_private_elements_without_a_creator_go_too():
    data = holding((0x00291001, "UN", b"orphan"))
    assert 0x00291001 not in edited("retainPrivateTags[]", data)
    assert 0x00291001 not in edited("removeAllPrivateTags", data)
    assert 0x00291001 in edited("-(0029,{ACME}01)", data)


def test_a_renamed_creator_is_found_by_its_new_name():
    lines = 'set["(0029,0010)", "NEW"]\n(0010,4000) := (0029,{NEW}01)\n-(0029,{ACME}01)'
    after = edited(lines, nested())
    assert (after.PatientComments, after[0x00291001].value) == ("ACME one", "ACME one")


def test_real_files():
    for name in ("CT_small.dcm", "examples_overlay.dcm"):
        data = sample(name)
        assert private(edited("retainPrivateTags[]", data)) == set()
        assert applied("retainPrivateTags[(0029,{SIEMENS MEDCOM HEADER}3X)]", data).data
    after = edited("retainPrivateTags[(0009,{GEMS_IDEN_01}02)]", sample("CT_small.dcm"))
    assert private(after) == {"00090010", "00091002"}
    assert after[0x00091002].value == read(sample("CT_small.dcm"))[0x00091002].value


def test_the_element_with_the_number_of_the_block_is_retained_with_its_creator():
    # In the eyes of the original the pattern that protects the creator (0029,0010) names
    # (0029,1010), too.
    after = edited("retainPrivateTags[(0029,{ACME}01)]", nested())
    assert 0x00291010 in after
