"""The tables of the standard."""

import re

from dxclient.dicomedit.profiles.options import Options, codes
from dxclient.dicomedit.profiles.table import (
    attributes,
    descriptors,
    edition,
    other_dates,
    safe_private,
)


def test_the_table_is_that_of_2026c_and_whole():
    assert edition() == "2026c"
    assert len(attributes()) == 656
    assert len({row.tag for row in attributes()}) == 656


def test_every_row_has_actions_of_the_standard_only():
    basic = {"X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"}
    assert {row.basic for row in attributes()} == basic
    assert {code for row in attributes() for code in row.codes.values()} == {"K", "C"}


def test_well_known_rows_are_as_the_standard_has_them():
    rows = {row.tag: row for row in attributes()}
    assert (rows["00100010"].basic, dict(rows["00100010"].codes)) == ("Z", {})
    assert rows["0020000D"].codes == {"retain_uids": "K"}
    assert rows["00080020"].codes == {"full_dates": "K", "modified_dates": "C"}
    assert rows["00181000"].codes == {"retain_device": "K"}
    assert rows["0040A730"].codes == {"clean_structured_content": "C"}
    assert rows["private"].codes == {"safe_private": "C"}


def test_dates_that_the_table_leaves_out_are_dates():
    known = {row.tag for row in attributes()}
    assert {row.vr for row in other_dates()} == {"DA", "DT", "TM"}
    assert not known & {row.tag for row in other_dates()}


def test_safe_private_elements_hold_no_dates_and_no_uids():
    assert len(safe_private()) == 87
    assert not {row.vr for row in safe_private()} & {"DA", "DT", "TM", "UI", "PN"}


def test_descriptions_that_may_stay_are_ones_the_standard_lets_be_cleaned():
    tags, words = descriptors()
    rows = {row.tag: row for row in attributes()}
    assert all(rows[tag].codes["clean_descriptors"] == "C" for tag in tags)
    assert len(tags) == 7
    assert all(re.fullmatch("[a-z0-9]+", word) for word in words)


def test_each_option_has_a_code_of_its_own():
    fields = Options.__dataclass_fields__
    found = [code for name in fields for code in codes(Options(**{name: True}))[1:]]
    assert [code.option for code in found] == list(fields)
    assert len({code.value for code in found}) == len(fields)
    assert all(len(code.meaning) <= 64 for code in found)
