"""Section 0 of the reference: several scripts, and what a failure leaves."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.functions import known_functions
from dxclient.domain.errors import AnonymizationError, ScriptError
from tests.unit.dicomedit.reference import nested, paths, read, synthetic

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


# -- whatever a script says, a file comes out, or it is left out, or an error is told -----------
TAGS = ["(0010,0010)", "(0008,0020)", "(0028,0010)", "(0040,0275)", "(0040,0275)[0]", "*"]
TAGS += ["(0010,00XX)", "(0040,0275)[0]/(0040,0007)", "*/(0010,0020)", "(0029,{ACME}01)"]
CONSTANTS = ['""', '"a"', '"1"', '"-1"', '"days"', '"(0010,0020)"', '"[a"', '"{0} {1}"', '"$1"']
CONSTANTS += ["5", "1.5", '"20200101"', '"1.2"', '"(0029,1001)"', '"ö"', '"a\\\\b"', '"true"']
tags, constants = st.sampled_from(TAGS), st.sampled_from(CONSTANTS)
FUNCTIONS = [one for one in known_functions().values() if one.name not in ("getURL", "alterPixels")]


def calls(inner):
    def call(function):
        counts = st.integers(function.minimum, function.maximum or function.minimum + 3)
        return counts.flatmap(
            lambda count: st.lists(inner, min_size=count, max_size=count).map(
                lambda arguments: f"{function.name}[{', '.join(arguments)}]"
            )
        )

    return st.sampled_from(FUNCTIONS).flatmap(call)


values = st.recursive(
    st.one_of(tags, constants),
    lambda inner: st.one_of(
        calls(inner), st.lists(inner, max_size=2).map(lambda items: "{" + ", ".join(items) + "}")
    ),
    max_leaves=4,
)
statements = st.one_of(
    st.builds("{} {} {}".format, tags, st.sampled_from([":=", "?="]), values),
    st.builds("-{}".format, tags),
    calls(values),
    st.builds(
        "{} {} {} ? {} ?= {}".format,
        values,
        st.sampled_from(["=", "!=", "~", "!~"]),
        values,
        tags,
        values,
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(statements, min_size=1, max_size=3))
def test_any_script_ends_in_a_readable_file_a_rejection_or_an_error_in_words(lines):
    data = nested(StudyDate="20200101", PatientBirthDate="19000101", Rows=5)
    with suppress(ScriptError):
        outcome = several("\n".join(lines) + "\n", data=data)
        assert outcome.rejected or len(list(paths(read(outcome.data)))) < 60
