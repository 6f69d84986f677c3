"""Section 8 of the reference: conditions, and the dialect of their regular expressions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.javatext import regex
from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import edited, holding, refused, shown, synthetic

ABSENT = "(0010,0030)"
EMPTY = "(0010,2160)"


def holds(condition, data=None, before=""):
    lines = f'{before}\n{condition} ? (0010,4000) := "yes" : (0010,4000) := "no"'
    after = edited(lines, data or synthetic(EthnicGroup=""))
    return after.PatientComments == "yes"


def test_equality_compares_texts():
    assert holds('(0010,0020) = "0815"')
    assert holds("(0010,0020) = (0010,0020)")
    assert not holds('(0010,0020) = "815"')
    assert not holds('(0010,0010) = "doe^jane"')
    assert holds('(0010,0020) != "x"')
    assert not holds('(0010,0020) != "0815"')
    assert holds('5.0 = "5.0"')
    assert not holds("5.0 = 5")
    assert holds('{"a", "b"} = "[a, b]"')
    assert holds('true[] = "true"')


def test_a_pattern_must_match_the_whole_text():
    assert holds('(0010,0010) ~ "Doe.*"')
    assert not holds('(0010,0010) ~ "Doe"')
    assert holds('(0010,0010) !~ "Doe"')
    assert not holds('(0010,0010) !~ ".*"')


def test_what_is_absent_is_neither_equal_nor_matches():
    for right in ('""', '".*"', ABSENT, '"x"'):
        assert not holds(f"{ABSENT} = {right}")
        assert holds(f"{ABSENT} != {right}")
    assert not holds(f'{ABSENT} ~ ".*"')
    assert holds(f'{ABSENT} !~ ".*"')
    assert not holds(f'"" = {ABSENT}')
    assert holds(f'"" != {ABSENT}')


def test_what_is_empty_is_an_empty_text():
    assert holds(f'{EMPTY} = ""')
    assert holds(f'{EMPTY} ~ ".*"')
    assert not holds(f'{EMPTY} ~ ".+"')


@pytest.mark.parametrize("pattern", ["[", "(", "*", "a{", "(?<n>a", "a**", "\\\\", "(?z)"])
def test_a_bad_pattern_is_an_error(pattern):
    refused(f'(0010,0020) ~ "{pattern}" ? (0010,4000) := "x"')


def test_a_missing_pattern_is_an_error():
    refused(f'(0010,0020) ~ {ABSENT} ? (0010,4000) := "x"')


def test_several_values_hold_a_backslash_between_them():
    data = sample("CT_small.dcm")
    assert holds(r'(0008,0008) ~ "ORIGINAL\\\\PRIMARY\\\\AXIAL"', data)
    assert holds(r'(0008,0008) = "ORIGINAL\\PRIMARY\\AXIAL"', data)


def test_a_function_alone_is_true_where_its_text_is():
    assert holds("true[]")
    assert not holds("false[]")
    assert holds('uppercase["true"]')
    assert holds('concatenate["tR", "uE"]')
    assert not holds('concatenate["true", " "]')
    assert not holds('concatenate["yes"]')
    assert not holds("collectValues[]")
    refused('lookup["a", "b"] ? (0010,4000) := "x"')
    refused(f'hashUID[{ABSENT}] ? (0010,4000) := "x"')


def test_a_path_that_is_not_singular_is_an_error_in_a_condition():
    refused('(0010,00XX) = "a" ? (0010,4000) := "x"')
    refused('*/(0010,0020) ~ ".*" ? (0010,4000) := "x"')


def test_conditions_of_an_if_are_the_same():
    lines = 'if ((0010,0020) ~ "08\\\\d+") { (0010,4000) := "yes" } else { (0010,4000) := "no" }'
    assert edited(lines).PatientComments == "yes"


# -- the dialect: pattern, text, whether the whole text matches ------------------------------
DIALECT = [
    ("a*+a", "aaa", False),
    ("a++b", "aab", True),
    ("(?>a+)ab", "aaab", False),
    (r"\\p{L}+", "Jörg", True),
    (r"\\p{Lu}\\p{Ll}+", "Ärger", True),
    (r"\\P{L}+", "12", True),
    (r"\\pL\\PL", "ö1", True),
    (r"\\p{IsAlphabetic}+", "Jörg", True),
    (r"\\p{IsLatin}+", "Jörg", True),
    (r"\\p{InGreek}", "λ", True),
    (r"\\p{script=Greek}", "λ", True),
    (r"\\p{Upper}\\p{Lower}+", "Doe", True),
    (r"\\p{Alpha}+", "Jörg", False),
    (r"\\p{Punct}+", "!-~^", True),
    (r"\\p{javaLetter}+", "Jörg", True),
    (r"(?<y>\\d{4})-\\k<y>", "1997-1997", True),
    (r"(a)(b)\\2\\1", "abba", True),
    (r"(a)\\11", "aa1", True),
    ("(?i)doe", "DoE", True),
    ("(?i)ö", "Ö", False),
    ("(?iu)ö", "Ö", True),
    ("(?i:D)oe", "doe", True),
    ("(?i:D)oe", "dOE", False),
    ("a(?i)b(?-i)c", "aBc", True),
    ("a(?i)b(?-i)c", "aBC", False),
    ("(?i)[a-c]+", "ABC", True),
    ("(?x) a b # c", "ab", True),
    (r"\\w+", "Jörg", False),
    (r"(?U)\\w+", "Jörg", True),
    (r"\\d+", "٣", False),
    (r"\\bJörg\\b.*", "Jörg M", True),
    (r"\\x{44}\\x6f\\u0065", "Doe", True),
    ("[a-z&&[^aeiou]]+", "xyz", True),
    ("[a-z&&[^aeiou]]+", "xaz", False),
    ("[a-z&&def]+", "fed", True),
    ("[a-c[x-z]]+", "abxz", True),
    (r"[\\w&&[^\\d]]+", "ab_", True),
    ("[^a-c]", "d", True),
    ("[]a]+", "]a", True),
    (r"[a\\]]+", "]a", True),
    (r"\\Qa.b\\E+", "a.bb", True),
    (r"\\Q(a", "(a", True),
    (r"a\\z", "a", True),
    (r"\\Aa\\Z", "a", True),
    (r"\\Ga", "a", True),
    (r"\\h+", "\xa0 ", True),
    ("a{2,3}?", "aaa", True),
    ("a|b|", "", True),
    ("}]", "}]", True),
    ("(?=a)a(?<=a)(?!b)(?<!b)", "a", True),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), DIALECT)
def test_patterns_are_those_of_java(pattern, text, matches):
    data = holding((0x00080005, "CS", "ISO_IR 192"))
    before = f'v := "{text}"'
    assert holds(f'v ~ "{pattern}"', data, before) == matches
    assert holds(f'v !~ "{pattern}"', data, before) != matches
    assert shown(f'ismatch["{text}", "{pattern}"]', data) == str(matches).lower()


BAD = [")", "a{,3}", "{1}", r"\\y", r"\\E", "(?<1>x)", "(?<n>a)(?<n>b)", r"\\k<n>", "[a", "[]"]
BAD += ["[z-a]", r"\\p{Foo}", r"\\p{l}", "(?P<n>a)", "(?#c)", r"\\x4", r"\\08", r"[a-\\d]", "a+++"]


@pytest.mark.parametrize("pattern", BAD)
def test_what_java_refuses_is_an_error(pattern):
    refused(f'"a" ~ "{pattern}" ? (0010,4000) := "x"')
    refused(f'(0010,4000) := ismatch["a", "{pattern}"]')


LINES = [
    (r"a$", "a\n", True),
    (r"a\Z", "a\r\n", True),
    (r"a\z", "a\n", False),
    (r"(?m)^b$", "a\nb\nc", True),
    (r"^b", "a\nb", False),
    (r"a\R.", "a\r\nb", True),
    (r"a.b", "a\nb", False),
    (r"(?s)a.b", "a\nb", True),
    (r"(?d)a.b", "a\rb", True),
]


@pytest.mark.parametrize(("pattern", "text", "found"), LINES)
def test_ends_of_lines_are_those_of_java(pattern, text, found):
    data = holding((0x00290010, "LO", "ACME"), (0x00291001, "UN", text.encode()))
    escaped = pattern.replace("\\", "\\\\")
    got = shown(f'match[(0029,{{ACME}}01), "{escaped}", 0]', data)
    assert (got is not None) == found


# -- what Java and Python write the same way means the same ------------------------------------
atoms = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\s", r"\D", r"\.", "(?:ab)", r"\x41"]
)
pieces = st.builds("{}{}".format, atoms, st.sampled_from(["", "", "*", "+", "?", "{1,2}", "*?"]))
sequences = st.lists(st.one_of(pieces, st.sampled_from(["^", "$", r"\b"])), max_size=4).map("".join)
patterns = st.recursive(
    sequences,
    lambda inner: st.one_of(
        st.builds("({}){}".format, inner, st.sampled_from(["", "*", "?"])),
        st.builds("{}|{}".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=4,
)


@given(patterns, st.text("abc1A .-\t", max_size=6))
def test_patterns_in_common_find_the_same(pattern, text):
    theirs, ours = re.compile(pattern, re.ASCII), regex(pattern)
    for one, other in (
        (theirs.fullmatch(text), ours.fullmatch(text)),
        (theirs.search(text), ours.search(text)),
    ):
        assert (one and (one.span(), one.groups())) == (other and (other.span(), other.groups()))
