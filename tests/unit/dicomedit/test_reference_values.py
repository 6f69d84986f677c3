"""Section 6 of the reference: values as text."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.codec import decode, encode
from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import edited, holding, nested, refused, shown, synthetic


def text(value, data):
    """A value as the script sees it, brackets around it to show blanks."""
    return shown(f'format["<{{0}}>", {value}]', data)


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        ("(0010,0020)", "LO"),
        ("(0020,0010)", "SH"),
        ("(0008,0060)", "CS"),
        ("(0010,0010)", "PN"),
        ("(0008,0020)", "DA"),
        ("(0008,0030)", "TM"),
        ("(0018,0050)", "DS"),
        ("(0020,0013)", "IS"),
        ("(0010,1010)", "AS"),
        ("(0002,0016)", "AE"),
        ("(0008,0018)", "UI"),
    ],
)
def test_short_texts_are_trimmed_at_both_ends_each_value(tag, vr):
    after = shown(f'format["<{{0}}>", {tag}]', before=f'{tag} := "  a  \\\\ b "')
    assert after == "<a\\b>", vr


@pytest.mark.parametrize("tag", ["(0010,4000)", "(0008,0081)", "(0040,A160)"])
def test_long_texts_lose_blanks_at_the_end_only(tag):
    lines = f'{tag} := "  a  \\\\ b  "\n(0010,0020) := format["<{{0}}>", {tag}]'
    assert list(edited(lines).PatientID) == ["<  a", " b>"]


def test_an_empty_element_is_an_empty_text_and_an_absent_one_none():
    data = synthetic(PatientID="")
    assert text("(0010,0020)", data) == "<>"
    assert text("(0010,0030)", data) == "<null>"
    assert shown("(0010,0030)", data) is None


@pytest.mark.parametrize(
    ("vr", "value", "seen"),
    [
        ("US", [65535, 3], "<65535\\3>"),
        ("SS", -7, "<-7>"),
        ("UL", 4294967295, "<4294967295>"),
        ("SL", -5, "<-5>"),
        ("FL", -77.20406, "<-77.20406>"),
        ("FL", [1.0, 1e10], "<1.0\\1.0E10>"),
        ("FL", 3.4028234663852886e38, "<3.4028235E38>"),
        ("FD", 2.0, "<2.0>"),
        ("FD", 862399761.111079, "<8.62399761111079E8>"),
        ("FD", 0.0001, "<1.0E-4>"),
        ("FD", float("nan"), "<NaN>"),
        ("FD", float("-inf"), "<-Infinity>"),
        ("AT", 0x0018106A, "<0018106A>"),
        ("DS", "5.000000", "<5.000000>"),
        ("IS", "007", "<007>"),
        ("OB", b"\x01\xab", "<01\\AB>"),
        ("OW", b"\x01\xab", "<01\\AB>"),
        ("UN", b"text", "<text>"),
        ("LO", "a ^b^", "<a ^b^>"),
        ("PN", "Doe^Jane^^^", "<Doe^Jane>"),
        ("PN", "Doe^Jane=D^J^ ", "<Doe^Jane=D^J>"),
    ],
)
def test_values_as_text(vr, value, seen):
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, vr, value))
    assert text("(0029,{ACME}01)", data) == seen


def test_a_sequence_has_no_text():
    refused("(0010,4000) := (0040,0275)", nested())
    refused('(0040,0275) = "" ? (0010,4000) := "x"', nested())


def test_a_value_is_read_in_the_order_of_bytes_of_the_file():
    assert shown("(0028,0010)", sample("MR_small_bigendian.dcm")) == "64"
    assert shown("(0028,0010)", sample("MR_small_implicit.dcm")) == "64"


def test_reading_creates_nothing():
    after = edited("(0010,4000) := (0040,0275)[0]/(0040,0007)")
    assert "RequestAttributesSequence" not in after
    assert 0x00290010 not in edited("(0010,4000) := (0029,{ACME}01)")


def test_truth_and_lists_as_text():
    assert shown("true[]") == "true"
    assert shown("false[]") == "false"
    assert shown('{"a", 1, {"b"}}') == "[a, 1, [b]]"
    assert shown("{}") == "[]"


texts = st.text(
    st.characters(codec="ascii", exclude_characters="\\", exclude_categories=["Cc"]), max_size=20
)


@given(st.sampled_from(["LO", "SH", "CS", "UI", "DA", "TM", "AS", "AE", "DS", "IS"]), texts)
def test_short_texts_come_back_trimmed(vr, text):
    assert decode(vr, encode(vr, text, True, ()), True, ()) == text.strip(" ")


@given(st.sampled_from(["LT", "ST", "UT"]), texts)
def test_long_texts_come_back_without_blanks_at_the_end(vr, text):
    assert decode(vr, encode(vr, text, True, ()), True, ()) == text.rstrip(" ")


@given(
    st.sampled_from([("US", "H"), ("SS", "h"), ("UL", "L"), ("SL", "l"), ("UV", "Q"), ("SV", "q")]),
    st.lists(st.integers(), min_size=1, max_size=4),
    st.booleans(),
)
def test_whole_numbers_come_back(kind, numbers, little):
    vr, code = kind
    size = struct.calcsize("<" + code)
    signed = code.islower()
    low = -(1 << 8 * size - 1) if signed else 0
    kept = [n % (1 << 8 * size) + low for n in numbers]
    shown_text = "\\".join(map(str, kept))
    assert decode(vr, encode(vr, shown_text, little, ()), little, ()) == shown_text


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=3), st.booleans())
def test_doubles_come_back(numbers, little):
    data = struct.pack(f"{'<' if little else '>'}{len(numbers)}d", *numbers)
    assert encode("FD", decode("FD", data, little, ()), little, ()) == data


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=3), st.booleans())
def test_floats_come_back(numbers, little):
    data = struct.pack(f"{'<' if little else '>'}{len(numbers)}f", *numbers)
    assert encode("FL", decode("FL", data, little, ()), little, ()) == data


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=3), st.booleans())
def test_tags_come_back(tags, little):
    seen = "\\".join(f"{tag:08X}" for tag in tags)
    assert decode("AT", encode("AT", seen, little, ()), little, ()) == seen


@given(
    st.text(st.characters(codec="iso8859-5", exclude_characters="\\^=", exclude_categories=["Cc"]))
)
def test_text_in_the_character_set_of_the_file_comes_back(text):
    data = encode("LO", text, True, ("iso8859_5",))
    assert decode("LO", data, True, ("iso8859_5",)) == text.strip(" ")
