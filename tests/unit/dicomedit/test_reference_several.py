"""Section 0 of the reference: several scripts, and what a failure leaves."""

import pytest

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import AnonymizationError
from tests.unit.dicomedit.reference import read, synthetic

VERSION = 'version "6.6"\n'


def several(*texts, variables=None, data=None):
    scripts = [parse(VERSION + text if text else "") for text in texts]
    return run(scripts, data or synthetic(), variables or {})


def test_each_script_gets_what_the_one_before_wrote():
    after = read(several('(0010,0010) := "a"\n', "(0010,0020) := (0010,0010)\n").data)
    assert (after.PatientName, after.PatientID) == ("a", "a")


def test_the_order_of_the_list_counts():
    one, other = '(0010,0020) := "1"\n', '(0010,0020) := concatenate[(0010,0020), "2"]\n'
    assert read(several(one, other).data).PatientID == "12"
    assert read(several(other, one).data).PatientID == "1"


def test_a_hash_is_hashed_again():
    line = "(0008,0018) := hashUID[(0008,0018)]\n"
    once = read(several(line).data).SOPInstanceUID
    twice = read(several(line, line).data).SOPInstanceUID
    assert once != twice
    assert read(several(line, data=several(line).data).data).SOPInstanceUID == twice


def test_all_get_the_same_variables_but_share_none_of_their_own():
    after = read(
        several("(0010,0010) := v\n", 'v := "own"\n(0010,0020) := v\n', variables={"V": "x"}).data
    )
    assert (after.PatientName, after.PatientID) == ("x", "own")
    with pytest.raises(AnonymizationError):
        several('v := "own"\n', "(0010,0020) := v\n")


def test_an_empty_script_changes_nothing():
    assert read(several("", "").data) == read(synthetic())
    assert read(several("", '(0010,0020) := "x"\n', "").data).PatientID == "x"


@pytest.mark.parametrize(
    "texts",
    [
        ("reject[]\n", '(0010,0020) := "x"\n'),
        ('(0010,0020) := "x"\n', "reject[]\n"),
        ("reject[]\n", "reject[]\n"),
    ],
)
def test_any_rejection_rejects(texts):
    outcome = several(*texts)
    assert (outcome.rejected, outcome.data) == (True, None)
    assert "eject" in outcome.messages[0]


@pytest.mark.parametrize(
    "texts",
    [
        ('(0028,0010) := "x"\n', '(0010,0020) := "x"\n'),
        ('(0010,0020) := "x"\n', '(0028,0010) := "x"\n'),
        ('(0028,0010) := "x"\n', "reject[]\n"),
    ],
)
def test_any_error_fails_and_the_first_one_stops(texts):
    with pytest.raises(AnonymizationError):
        several(*texts)


def test_a_rejection_before_an_error_rejects():
    assert several("reject[]\n", '(0028,0010) := "x"\n').rejected


def test_edits_before_a_rejection_are_discarded():
    data = synthetic()
    assert several('(0010,0020) := "x"\nreject[]\n', data=data).data is None
    assert read(data).PatientID == "0815"


def test_a_missing_variable_of_any_script_fails():
    with pytest.raises(AnonymizationError, match="session"):
        several('(0010,0020) := "x"\n', "(0010,0010) := session\n")


def test_creators_reserved_by_one_script_are_known_to_the_next():
    after = several('(0029,{ACME}01) := "a"\n', '(0029,{ACME}02) := "b"\n', "-(0029,{ACME}01)\n")
    assert [int(element.tag) for element in read(after.data).group_dataset(0x29)] == [
        0x00290010,
        0x00291002,
    ]
