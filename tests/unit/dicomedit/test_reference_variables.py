"""Section 12 of the reference: which variables must be supplied."""

import pytest

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import ScriptError
from tests.unit.dicomedit.reference import edited, refused, shown, synthetic


def listed(lines):
    """Name, required, hidden."""
    script = parse(f'version "6.6"\n{lines}\n')
    return [(one.name, one.required, one.hidden) for one in script.variables]


USES = [
    "(0010,0010) := v",
    "(0010,0010) ?= v",
    'v = "a" ? (0010,0010) := "b"',
    '"a" = v ? (0010,0010) := "b"',
    '"a" ~ v ? (0010,0010) := "b"',
    'if (v != "a") { (0010,0010) := "b" }',
    'if ("a" = "b") { (0010,0010) := v }',
    'false[] ? (0010,0010) := "a" : (0010,0010) := v',
    "echo v",
    "w := v",
]


@pytest.mark.parametrize("lines", USES)
def test_a_variable_that_is_used_before_it_is_assigned_is_required(lines):
    assert ("v", True, False) in listed(lines)
    refused(lines)
    with pytest.raises(ScriptError, match="v"):
        run([parse(f'version "6.6"\n{lines}')], synthetic(), {"other": "x"})
    edited(lines, variables={"v": "a"})


@pytest.mark.parametrize("word", ["hidden", "const", "immutable"])
def test_a_described_one_is_required(word):
    assert listed(f'describe v {word}\n(0010,0010) := "x"') == [("v", True, word == "hidden")]
    refused(f'describe v {word}\n(0010,0010) := "x"')
    edited(f'describe v {word}\n(0010,0010) := "x"', variables={"v": ""})


def test_a_description_alone_neither_lists_nor_requires():
    assert listed('describe v "text"\nexport v "field"') == []
    edited('describe v "text"\nexport v "field"')


def test_descriptions_are_told():
    script = parse('version "6.6"\ndescribe v "Subject ID"\n(0010,0010) := v\n')
    assert script.variables[0].description == "Subject ID"


def test_a_variable_that_is_assigned_first_ignores_what_is_supplied():
    lines = 'v := "own"\n(0010,0020) := v'
    assert listed(lines) == [("v", False, False)]
    assert edited(lines, variables={"v": "supplied"}).PatientID == "own"


def test_a_required_one_that_is_assigned_later_has_the_supplied_value_until_then():
    lines = '(0010,0020) := v\nv := "late"\n(0010,4000) := v'
    after = edited(lines, variables={"v": "early"})
    assert (after.PatientID, after.PatientComments) == ("early", "late")
    refused(lines)


def test_names_are_looked_up_in_any_case_and_an_empty_text_is_a_value():
    assert edited("(0010,0020) := subject", variables={"SUBJECT": "x"}).PatientID == "x"
    assert edited("(0010,0020) := subject", variables={"subject": ""}).PatientID == ""


def test_branches_count_as_text():
    lines = 'if (false[]) { v := "a" }\n(0010,0020) := v'
    assert listed(lines) == [("v", False, False)]
    refused(lines)
    refused(lines, variables={"v": "ignored"})


def test_names_in_any_order_once_each():
    lines = '(0010,0010) := b\n(0010,0020) := a\na := "x"\nc := b\n(0010,4000) := b'
    assert listed(lines) == [("b", True, False), ("a", True, False), ("c", False, False)]


def test_initial_values_are_empty():
    script = parse('version "6.6"\nv := "own"\n(0010,0020) := v\n(0010,0010) := w\n')
    assert [one.initial for one in script.variables] == ["", ""]


def test_a_variable_inside_arguments_gets_what_is_supplied():
    # The original neither lists nor sets it, and then fails.
    assert shown('uppercase["a"]') == "A"
    assert edited("(0010,0020) := uppercase[v]", variables={"v": "a"}).PatientID == "A"
    assert edited("removeTags[{v}]", variables={"v": "(0010,0010)"}).get("PatientName") is None
    refused("(0010,0020) := uppercase[v]")


def test_a_variable_inside_arguments_of_a_statement_that_never_runs_is_not_needed():
    edited('false[] ? (0010,0020) := uppercase[v] : (0010,0020) := "x"')


def test_a_description_after_a_use_hides_too():
    assert listed("(0010,0020) := v\ndescribe v hidden") == [("v", True, True)]


def test_a_description_after_the_assignment_does_not_hide():
    assert listed('v := "a"\ndescribe v hidden\n(0010,0020) := v') == [("v", False, False)]


def test_values_of_all_kinds_are_kept():
    assert shown("v", before='v := {"a", (0010,0020)}') == "[a, 00100020]"
    assert shown("v", before="v := (0010,0020)") == "0815"
    assert shown("v", before="v := true[]") == "true"
    assert shown("v", before="v := (0010,0030)") is None
    assert shown("v", before='v := "a"\nv := concatenate[v, "b"]') == "ab"
