"""What the scripts do to every row of the table, at every level."""

import io
from dataclasses import fields

import pydicom
import pytest
from pydicom.config import RAISE
from pydicom.valuerep import validate_value

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.profiles import Options, basic_profile, profiles
from dxclient.dicomedit.profiles.dummies import dummy
from dxclient.dicomedit.profiles.table import attributes
from tests.unit.dicomedit.profiles.whole import (
    PLACES,
    expected,
    levels,
    plain,
    rows,
    tags,
    vr_of,
    whole,
)

VALUES = {"subject": "S1", "date_shift_days": "-37"}
SINGLE = [Options(**{field.name: True}) for field in fields(Options)]
ALL = list(dict.fromkeys([*(one.options for one in profiles()), *SINGLE]))


def named(options):
    return "+".join(options.chosen()) or "basic"


@pytest.fixture(scope="module")
def source():
    return whole()


@pytest.fixture(scope="module", params=ALL, ids=named)
def treated(request, source):
    outcome = run([parse(basic_profile(request.param))], source, VALUES)
    return request.param, outcome.data


def kept(row, options):
    """Whether the standard lets the original value stay, from the codes alone."""
    codes = {row.codes.get(option) for option in options.chosen()}
    whole_days = options.modified_dates and row.codes.get("modified_dates") and row.vr == "TM"
    return "K" in codes or row.basic == "X/Z/U*" or bool(whole_days)


def found(level, row):
    return [(tag, level[tag]) for tag in tags(row) if tag in level]


def test_the_synthetic_file_holds_every_row_three_times(source):
    held = levels(source)
    assert len(rows()) == len(attributes()) - 4  # private, two of commands, one of file meta
    for place in PLACES:
        assert all(len(found(held[place], row)) == len(tags(row)) for row in rows())


def test_no_original_value_survives_that_the_profile_does_not_keep(treated):
    options, data = treated
    after = levels(data)
    survivors = [
        (place, row.name)
        for place in PLACES
        for row in rows()
        if not kept(row, options) and row.tag != "00080016"
        for tag, element in found(after[place], row)
        if plain(element) == expected(tag, vr_of(row))
    ]
    assert survivors == []


def test_texts_of_elements_that_are_not_kept_are_nowhere_in_the_file(treated):
    options, data = treated
    texts = [
        f"ORIG {tag:08X}".encode() for row in rows() if not kept(row, options) for tag in tags(row)
    ]
    assert [text for text in texts if text in data] == []
    assert b"ORIG private" not in data
    assert b"ORIG AE" not in data


def test_kept_elements_are_untouched(treated):
    options, data = treated
    after = levels(data)
    for place in PLACES:
        for row in rows():
            if kept(row, options):
                here = {tag: plain(element) for tag, element in found(after[place], row)}
                assert here == {tag: expected(tag, vr_of(row)) for tag in tags(row)}, row.name


def test_elements_that_may_be_of_type_1_or_2_stay_present(treated):
    _, data = treated
    after = levels(data)
    for place in PLACES:
        for row in rows():
            if row.basic != "X" and row.vr not in ("SQ", ""):
                assert found(after[place], row), row.name


def test_elements_that_may_be_of_type_1_have_a_value(treated):
    _, data = treated
    after = levels(data)
    for place in PLACES:
        for row in rows():
            if row.basic.endswith("D") and row.vr != "SQ":
                assert all(plain(one) for _, one in found(after[place], row)), row.name


def test_dummies_are_valid_for_their_vr():
    for vr in sorted({row.vr for row in attributes()} - {"SQ", "UI", "OB", "OW", "UN", ""}):
        value = int(dummy(vr)) if vr == "US" else dummy(vr)
        validate_value(vr, value, RAISE)


def test_shifted_dates_move_by_the_given_days_at_every_level(source):
    outcome = run([parse(basic_profile(Options(modified_dates=True)))], source, VALUES)
    for level in levels(outcome.data).values():
        assert level[0x00080020].value == "20111106"
        assert level[0x0008002A].value == "20111106111213"
        assert level[0x00080030].value == "111213.5"


def test_commands_and_the_instance_of_the_file_meta_are_treated(source):
    text = basic_profile()
    assert "(0000,1000)" in text
    assert "(0000,1001)" in text
    data = run([parse(text)], source, VALUES).data
    after = pydicom.dcmread(io.BytesIO(data))
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
