"""Section 9 of the reference: functions on dates and ages."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.dates import shift
from dxclient.dicomedit.faults import Fault
from tests.unit.dicomedit.reference import (
    applied,
    edited,
    holding,
    nested,
    read,
    refused,
    shown,
    synthetic,
)

SHIFTS = [
    ("20200228", "1", "years", "20210227"),
    ("20200228", "2", "days", "20200301"),
    ("20210228", "1", "days", "20210301"),
    ("20000228", "1", "days", "20000229"),
    ("19000228", "1", "days", "19000301"),
    ("20200228", "43199", "seconds", "20200228"),
    ("20200228", "43200", "seconds", "20200229"),
    ("20200228", "-43200", "seconds", "20200228"),
    ("20200228", "-43201", "seconds", "20200227"),
    ("2020", "200", "days", "2021"),
    ("2020", "183", "days", "2020"),
    ("2020", "184", "days", "2021"),
    ("202002", "15", "days", "202003"),
    ("202002", "14", "days", "202002"),
    ("202101", "16", "days", "202102"),
    ("202101", "15", "days", "202101"),
    ("2020022810", "29", "minutes", "2020022810"),
    ("2020022810", "30", "minutes", "2020022811"),
    ("202002281011", "29", "seconds", "202002281011"),
    ("202002281011", "30", "seconds", "202002281012"),
    ("20191231235959", "1", "seconds", "20200101000000"),
    ("20200101000000", "-1", "seconds", "20191231235959"),
    ("20200228101112.5", "1", "days", "20200229101112.5"),
    ("20200228101112.123456-0500", "1", "hours", "20200228111112.123456-0500"),
    ("20200228+0100", "1", "days", "20200229+0100"),
    ("2020.5", "1", "years", "2021.5"),
    ("20200228", "+5", "days", "20200304"),
    ("20200228", "-0", "days", "20200228"),
    ("00010101", "1", "days", "00010102"),
]


@pytest.mark.parametrize(("text", "amount", "unit", "moved"), SHIFTS)
def test_dates_move_by_exact_seconds_and_keep_their_precision(text, amount, unit, moved):
    for function in ("shiftDateByIncrement", "shiftDateTimeByIncrement"):
        assert shown(f'{function}["{text}", "{amount}", "{unit}"]') == moved


def test_units_in_any_case_and_those_that_are_assumed():
    for unit in ("Years", "DAYS", "hOURS", "minutes", "Seconds"):
        assert shown(f'shiftDateTimeByIncrement["20200228101112", 0, "{unit}"]') == "20200228101112"
    assert shown('shiftDateByIncrement["20200228", 1]') == "20200229"
    assert shown('shiftDateTimeByIncrement["20200228101112", 1]') == "20200228101113"


@pytest.mark.parametrize("unit", ["weeks", "months", "day", "", " days", "s"])
def test_other_units_are_an_error(unit):
    refused(f'(0010,4000) := shiftDateByIncrement["20200228", 1, "{unit}"]')


@pytest.mark.parametrize("amount", ["1.5", "a", "", " 1", "1 ", "++1", "1e3"])
def test_the_increment_is_a_whole_number(amount):
    refused(f'(0010,4000) := shiftDateByIncrement["20200228", "{amount}"]')


BAD = ["", "1997.04.24", "19971301", "19970230", "20210229", "202002300", "today", "20200228 "]
BAD += ["2020022825", "202002281060", "20200228101160", "20200228.", "20200228.1234567"]
BAD += ["20200228+01", "20200228Z", "20200228-20200301", "20200228\\\\20200301", "٢٠٢٠"]


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date_is_an_error(text):
    for function in ("shiftDateByIncrement", "shiftDateTimeByIncrement"):
        refused(f'(0010,4000) := {function}["{text}", 1]')


@pytest.mark.parametrize(
    "arguments",
    ['"20200228"', "", '"20200228", 1, "days", "x"', "(0010,0030), 1", "(0038,0020), 1"],
)
def test_missing_values_and_wrong_counts_are_errors(arguments):
    for function in ("shiftDateByIncrement", "shiftDateTimeByIncrement"):
        refused(f"(0010,4000) := {function}[{arguments}]")


def test_a_path_must_name_a_date():
    data = synthetic(StudyDate="20200228", StudyTime="101112", AcquisitionDateTime="20200228101112")
    assert shown("shiftDateByIncrement[(0008,0020), 1]", data) == "20200229"
    assert shown("shiftDateTimeByIncrement[(0008,0020), 86400]", data) == "20200229"
    assert shown("shiftDateTimeByIncrement[(0008,002A), 1]", data) == "20200228101113"
    for wrong in ("(0008,002A)", "(0008,0030)", "(0010,0020)", "(0008,002X)", "*/(0008,0020)"):
        refused(f"(0010,4000) := shiftDateByIncrement[{wrong}, 1]", data)
    for wrong in ("(0008,0030)", "(0010,0020)", "(0008,00X0)"):
        refused(f"(0010,4000) := shiftDateTimeByIncrement[{wrong}, 1]", data)
    # A path as the increment is its bare digits, as everywhere.
    assert shown("shiftDateByIncrement[(0008,0020), (0000,0001)]", data) == "20200229"


def dated(**elements):
    """Dates at the top and in an item."""
    lines = "".join(
        f'(0040,0275)[{n}]/(0040,A030) := "{value}"\n' for n, value in enumerate(["20200228", ""])
    )
    source = synthetic(StudyDate="20200228", SeriesDate="", PatientName="Doe", **elements)
    return applied(lines, source).data


def test_a_list_of_paths_is_shifted_in_place_at_any_depth():
    lines = 'shiftDateTimeListByIncrement[{(0008,002X), "*/(0040,A030)"}, 2, "days"]'
    after = edited(lines, dated())
    items = after.RequestAttributesSequence
    assert (after.StudyDate, after.SeriesDate) == ("20200301", "")
    assert [item[0x0040A030].value for item in items] == ["20200301", ""]
    after = edited(f"v := {{(0008,0020)}}\n{lines.replace('{(0008,002X), ', '{v, ')}", dated())
    assert after.StudyDate == "20200301"


@pytest.mark.parametrize(
    "arguments",
    [
        '(0008,0020), 5, "days"',
        '"(0008,0020)", 5, "days"',
        "{(0008,0020)}, 5",
        "{(0008,0020)}",
        '{(0010,0010)}, 5, "days"',
        '{(0008,0020)}, 5, "weeks"',
        '{(0008,0020)}, "x", "days"',
        '{"junk"}, 5, "days"',
    ],
)
def test_a_list_function_refuses(arguments):
    refused(f"shiftDateTimeListByIncrement[{arguments}]", dated())


def test_a_list_function_finds_nothing_without_trouble():
    assert edited('shiftDateTimeListByIncrement[{}, 5, "days"]', dated()) == read(dated())
    lines = 'shiftDateTimeListByIncrement[{(0010,0030), (0038,0020)}, 5, "days"]'
    assert edited(lines, dated()) == read(dated())


def test_the_sequence_function_takes_seconds_and_path_texts():
    after = edited(
        'shiftDateTimeSequenceByIncrement[86400, "(0008,0020)", "+/(0040,A030)"]', dated()
    )
    assert after.StudyDate == "20200229"
    assert after.RequestAttributesSequence[0][0x0040A030].value == "20200229"
    after = edited('shiftDateTimeSequenceByIncrement["-86400", "(0008,002X)"]', dated())
    assert (after.StudyDate, after.SeriesDate) == ("20200227", "")


def test_the_sequence_function_skips_what_does_not_look_like_a_date():
    after = edited('shiftDateTimeSequenceByIncrement[86400, "(0010,0010)"]', dated())
    assert after.PatientName == "Doe"


@pytest.mark.parametrize(
    "arguments",
    [
        '"days", "(0008,0020)"',
        "86400",
        "",
        "86400, (0008,0020)",
        '86400, "bad"',
        '1.5, "(0008,0020)"',
    ],
)
def test_the_sequence_function_refuses(arguments):
    refused(f"shiftDateTimeSequenceByIncrement[{arguments}]", dated())


def test_a_time_that_looks_like_an_impossible_date_is_an_error():
    data = synthetic(StudyTime="123000")
    edited('shiftDateTimeSequenceByIncrement[1, "(0008,0030)"]', synthetic(StudyTime="12:30"))
    refused('shiftDateTimeSequenceByIncrement[1, "(0008,0030)"]', synthetic(StudyTime="121399"))
    refused('shiftDateTimeSequenceByIncrement[1, "(0008,0030)"]', synthetic(StudyTime="12309900"))
    assert data


# -- ages -------------------------------------------------------------------------------------
def aged(lines="", **elements):
    data = nested(StudyDate="20200101", **elements)
    return edited(f"{lines}\nscalePatientAgeAndDobFromStudyDate[]", data)


def test_a_birth_date_within_89_years_stays():
    assert aged(PatientBirthDate="19310103").PatientBirthDate == "19310103"
    day = (datetime(2020, 1, 1) - timedelta(days=32506)).strftime("%Y%m%d")
    assert aged(PatientBirthDate=day).PatientBirthDate == day


def test_an_older_birth_date_moves_later_by_the_excess():
    day = datetime(2020, 1, 1) - timedelta(days=32507)
    after = aged(PatientBirthDate=day.strftime("%Y%m%d"))
    assert after.PatientBirthDate == (day + timedelta(days=1)).strftime("%Y%m%d")


def test_nested_birth_dates_move_by_the_same_number_of_days():
    day = (datetime(2020, 1, 1) - timedelta(days=32516)).strftime("%Y%m%d")
    lines = '(0040,0275)[0]/(0010,0030) := "19500101"'
    after = aged(lines, PatientBirthDate=day)
    assert after.RequestAttributesSequence[0].PatientBirthDate == "19500111"


@pytest.mark.parametrize(
    ("age", "capped"),
    [("090Y", "089Y"), ("120Y", "089Y"), ("089Y", "089Y"), ("999M", "999M"), ("", "")],
)
def test_ages_over_89_years_are_capped(age, capped):
    assert aged(PatientAge=age).PatientAge == capped


@pytest.mark.parametrize("age", ["90", "90Y", "0090Y", "090y", "old"])
def test_an_age_that_is_not_written_as_dicom_demands_is_an_error(age):
    refused("scalePatientAgeAndDobFromStudyDate[]", nested(StudyDate="20200101", PatientAge=age))


def test_without_a_study_date_nothing_happens_not_even_to_the_age():
    data = nested(PatientBirthDate="19000101", PatientAge="101Y")
    assert edited("scalePatientAgeAndDobFromStudyDate[]", data) == read(data)


@pytest.mark.parametrize("name", ["StudyDate", "PatientBirthDate"])
def test_dates_that_are_none_are_an_error(name):
    data = holding(
        *(
            (tag, "DA", "notadate" if keyword == name else "20200101")
            for tag, keyword in ((0x00080020, "StudyDate"), (0x00100030, "PatientBirthDate"))
        )
    )
    refused("scalePatientAgeAndDobFromStudyDate[]", data)


# -- properties -------------------------------------------------------------------------------
moments = st.datetimes(datetime(1000, 1, 1), datetime(2900, 12, 31))
LENGTHS = {4: 365 * 86400, 6: 27 * 86400, 8: 86400, 10: 3600, 12: 60, 14: 1}


@given(moments, st.integers(-(10**6), 10**6), st.sampled_from([8, 14]))
def test_whole_days_there_and_back_give_the_same(moment, days, length):
    text = moment.strftime("%Y%m%d%H%M%S")[:length]
    assert shift(shift(text, str(days % 10000), "days"), str(-(days % 10000)), "days") == text


@given(moments, st.integers(-(10**7), 10**7))
def test_seconds_there_and_back_give_the_same(moment, seconds):
    text = moment.strftime("%Y%m%d%H%M%S")
    assert shift(shift(text, str(seconds), "seconds"), str(-seconds), "seconds") == text


@given(moments, st.integers(-(10**7), 10**7), st.sampled_from(sorted(LENGTHS)))
def test_there_and_back_misses_by_one_unit_of_the_precision_at_most(moment, seconds, length):
    text = moment.strftime("%Y%m%d%H%M%S")[:length]
    back = shift(shift(text, str(seconds), "seconds"), str(-seconds), "seconds")
    formats = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M"}
    one, other = (datetime.strptime(t, formats.get(length, "%Y%m%d%H%M%S")) for t in (text, back))
    assert abs((one - other).total_seconds()) <= LENGTHS[length] + 5 * 86400 * (length < 8)


@given(moments, st.integers(0, 10**6), st.sampled_from([4, 6, 8, 10, 12, 14]))
def test_later_is_never_earlier(moment, seconds, length):
    text = moment.strftime("%Y%m%d%H%M%S")[:length]
    assert shift(text, str(seconds), "seconds") >= text
    assert len(shift(text, str(seconds), "seconds")) == length


@given(st.text(max_size=20), st.text(max_size=5), st.text(max_size=8))
def test_any_texts_give_a_date_or_a_fault(text, amount, unit):
    with suppress(Fault):
        assert len(shift(text, amount, unit)) == len(text)
