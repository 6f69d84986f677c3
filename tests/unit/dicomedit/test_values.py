from contextlib import suppress

import pytest
import regex as patterns
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.dates import shift
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.functions_tags import hashed_uid
from dxclient.dicomedit.javamessage import message
from dxclient.dicomedit.javatext import number_text, regex


@pytest.mark.parametrize(
    ("text", "amount", "unit", "moved"),
    [
        ("20200228", "1", "years", "20210227"),
        ("20200228", "43199", "seconds", "20200228"),
        ("20200228", "43200", "Seconds", "20200229"),
        ("2020", "200", "days", "2021"),
        ("202002", "20", "days", "202003"),
        ("20200228101500.25+0100", "-1", "days", "20200227101500.25+0100"),
    ],
)
def test_dates_move_and_keep_their_precision(text, amount, unit, moved):
    assert shift(text, amount, unit) == moved


@pytest.mark.parametrize("text", ["", None, "1997.04.24", "19971301", "20230230", "today"])
def test_what_is_no_date_is_a_fault(text):
    with pytest.raises(Fault):
        shift(text, "1", "days")


@given(st.dates(), st.integers(-4000, 4000))
def test_moving_a_day_there_and_back_gives_the_day(day, days):
    text = f"{day.year:04d}{day.month:02d}{day.day:02d}"
    try:
        moved = shift(text, str(days), "days")
    except Fault:
        return
    assert shift(moved, str(-days), "days") == text


def test_hashed_uids_are_those_of_the_original():
    assert hashed_uid("1.2.3") == "2.25.148370922854076938159295778886134140470"


@pytest.mark.parametrize(
    ("value", "single", "text"),
    [
        (-77.20406, True, "-77.20406"),
        (2.0, False, "2.0"),
        (862399761.111079, False, "8.62399761111079E8"),
        (0.001, False, "0.001"),
        (0.00012, False, "1.2E-4"),
        (1e7, False, "1.0E7"),
        (123.0, False, "123.0"),
    ],
)
def test_numbers_are_written_as_java_writes_them(value, single, text):
    assert number_text(value, single=single) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_from_its_text(value):
    assert float(number_text(value, single=False)) == value


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("{0}-{1}", "a-b"), ("it''s {0}", "it's a"), ("'{0}' {0}", "{0} a"), ("{2}", "{2}")],
)
def test_messages_are_formatted_as_java_does(pattern, text):
    assert message(pattern, ["a", "b"]) == text


@pytest.mark.parametrize("pattern", ["{x}", "{0,number}", "{"])
def test_other_patterns_are_a_fault(pattern):
    with pytest.raises(Fault):
        message(pattern, ["a"])


@given(st.text(max_size=20))
def test_any_regular_expression_is_understood_or_a_fault(pattern):
    with suppress(Fault):
        assert regex(pattern).compiled.flags & patterns.V1


@pytest.mark.parametrize("pattern", ["(a|aa)+$", "(x+x+)+y|(a|a)*$"])
def test_a_match_that_would_take_years_is_a_fault_after_a_second(pattern):
    with pytest.raises(Fault, match="too long"):
        regex(pattern).fullmatch("a" * 5000 + "b")


@pytest.mark.parametrize(
    "pattern", ["(19|20)[0-9]{6}", r"\p{L}+", "(?i).*(secondary|derived).*", "CT|MR|PT"]
)
def test_everyday_patterns_need_no_clock(pattern):
    assert regex(pattern).tame


@pytest.mark.parametrize(
    "pattern",
    ["(?:a|a)" * 35, "a?" * 35, "a{0,9}" * 9, "(a?)*", "(?x)(a|a) *", r"(a)\1", "a*a*a*", "a{999}"],
)
def test_patterns_that_may_take_long_are_watched(pattern):
    assert not regex(pattern).tame


def test_repeats_of_repeats_that_would_take_gigabytes_are_a_fault():
    with pytest.raises(Fault, match="too often"):
        regex("(((a{1000}){1000}){1000})")
    assert regex(r"\d{4}-\d{2}(ab{3}){2,5}").search("1997-04" + "abbb" * 2)
