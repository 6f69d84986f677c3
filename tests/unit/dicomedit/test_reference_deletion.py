"""Section 7 of the reference: deletion."""

import pytest

from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import differences, edited, nested, read, synthetic


def gone(lines, data=None):
    data = data or nested()
    lost, new = differences(data, edited(lines, data))
    assert new == set()
    return lost


def test_every_match_goes_and_what_is_absent_is_no_trouble():
    assert gone("-(0010,0020)") == {"00100020"}
    assert gone("-*/(0010,0020)") == {
        "00100020",
        "00101002[0]/00100020",
        "00400275[1]/00100020",
    }
    assert gone("-(0010,0030)\n-(0040,0275)[7]/(0040,0007)\n-(0012,0064)/(0008,0100)") == set()


def test_a_sequence_goes_as_a_whole():
    assert "RequestAttributesSequence" not in edited("-(0040,0275)", nested())


def test_the_item_stays_when_its_elements_go():
    after = edited("-(0040,0275)[0]", nested())
    assert [len(item) for item in after.RequestAttributesSequence] == [1, 2]
    # Only the creator of the item's private block is left.
    assert 0x00290010 in after.RequestAttributesSequence[0]
    after = edited("-(0040,0275)[1]", nested())
    assert [len(item) for item in after.RequestAttributesSequence] == [5, 0]


def test_a_star_below_a_sequence_removes_the_whole_sequence():
    assert "RequestAttributesSequence" not in edited("-(0040,0275)/*", nested())


def test_a_star_below_an_item_empties_the_item():
    after = edited("-(0040,0275)[1]/*", nested())
    assert [len(item) for item in after.RequestAttributesSequence] == [5, 0]


def test_private_creators_stay_even_where_their_block_is_empty():
    assert gone("-(0029,{ACME}XX)") == {"00291001", "00291010"}
    assert edited("-(0029,{ACME}XX)", nested())[0x00290010].value == "ACME"
    assert edited("-*", nested())[0x00290011].value == "OTHER CO"


def test_pixels_can_be_removed():
    assert "PixelData" not in edited("-(7FE0,0010)", sample("CT_small.dcm"))
    assert "PixelData" not in edited("-(7FE0,0010)", sample("JPEG2000.dcm"))


def test_elements_of_the_file_meta_group_can_be_removed():
    before = read(sample("CT_small.dcm"))
    assert "SourceApplicationEntityTitle" in before.file_meta
    after = edited("-(0002,0016)", sample("CT_small.dcm"))
    assert "SourceApplicationEntityTitle" not in after.file_meta


def test_a_star_does_not_reach_the_file_meta_group():
    assert len(edited("-*", sample("CT_small.dcm")).file_meta) >= 5


def test_all_private_elements_go_at_every_level_and_empty_items_stay():
    lines = '(0040,0275)[2]/(0029,{NESTED}05) := "x"\nremoveAllPrivateTags'
    after = edited(lines, nested())
    assert not any(element.tag.is_private for element in after.iterall())
    assert len(after.RequestAttributesSequence) == 3
    assert len(after.RequestAttributesSequence[2]) == 0


@pytest.mark.parametrize("name", ["CT_small.dcm", "examples_overlay.dcm", "JPEG2000.dcm"])
def test_nothing_private_is_left_in_real_files(name):
    after = edited("removeAllPrivateTags", sample(name))
    assert not any(element.tag.is_private for element in after.iterall())


def test_what_is_deleted_is_absent_for_the_statements_after_it():
    after = edited('-(0010,0020)\n(0010,4000) := (0010,0020)\n(0010,0020) = "" ? -(0010,0010)')
    assert "PatientComments" not in after
    assert after.PatientName == "Doe^Jane"
    assert edited('-(0010,0020)\n(0010,0020) := "x"', synthetic()).PatientID == "x"
