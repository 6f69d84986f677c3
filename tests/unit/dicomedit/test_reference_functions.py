"""Section 9 of the reference: functions other than those of dates and private elements."""

import hashlib
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.functions_tags import hashed_uid
from dxclient.dicomedit.javamessage import message
from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import (
    applied,
    differences,
    edited,
    holding,
    nested,
    read,
    refused,
    rejected,
    shown,
    synthetic,
)

UTF8 = (0x00080005, "CS", "ISO_IR 192")
ABSENT = "(0010,0030)"
NAMES = (
    "concatenate format uppercase lowercase substring replace match ismatch hashUID hashUIDList "
    "newUID mapUID mapReferencedUIDs lookup getURL shiftDateByIncrement shiftDateTimeByIncrement "
    "shiftDateTimeListByIncrement shiftDateTimeSequenceByIncrement removeTags delete set "
    "isPresent valueAt true false and or equals collectValues blankValues retainPrivateTags "
    "normalizeString scalePatientAgeAndDobFromStudyDate reject alterPixels"
)


def value_of(expression, **elements):
    return shown(expression, synthetic(**elements))


# -- names, counts, results -------------------------------------------------------------------
@pytest.mark.parametrize(
    "call", ["nosuch[]", "urlEncode[]", "not[]", "hash[]", "blackout[]", "HASHUID[]", "Format[]"]
)
def test_an_unknown_name_is_refused_even_where_it_would_never_run(call):
    refused(f"(0010,4000) := {call}")
    refused(f'false[] ? {call} : (0010,4000) := "x"')


def test_an_unknown_name_inside_a_call_is_an_error_when_it_runs():
    refused('(0010,4000) := uppercase[nosuch["a"]]')


def test_a_path_stays_a_path_where_the_value_is_not_asked_for():
    assert shown('replace["a(0010,0020)", "a", (0010,0020)]') == "00100020(0010,0020)"
    assert edited('set["(0010,0020)", (0010,0010)]').PatientID == "00100010"
    refused('(0010,4000) := substring["hello", 0, (0020,0011)]')


@pytest.mark.parametrize(
    "call",
    [
        "hashUIDList[(0008,0018)]",
        'delete["(0010,0020)"]',
        'set["(0010,0020)", "x"]',
        "retainPrivateTags[]",
        'shiftDateTimeSequenceByIncrement[1, "(0008,0020)"]',
        'mapReferencedUIDs["1.2", "(0008,0018)"]',
    ],
)
def test_what_returns_nothing_cannot_be_assigned(call):
    refused(f"(0010,4000) := {call}")
    applied(call)


@pytest.mark.parametrize(
    "call",
    [
        "removeTags[]",
        "blankValues[]",
        'reject["no"]',
        "scalePatientAgeAndDobFromStudyDate[]",
        'shiftDateTimeListByIncrement[{}, 1, "days"]',
    ],
)
def test_others_return_a_text(call):
    assert shown(call) == "VOID"


# -- texts ------------------------------------------------------------------------------------
def test_concatenate():
    assert shown('concatenate["a", (0010,0020), 5, 1.5, true[]]') == "a081551.5true"
    assert shown("concatenate[]") == ""
    assert shown('concatenate[{"a", "b"}]') == "[a, b]"
    refused(f'(0010,4000) := concatenate["a", {ABSENT}]')
    refused('(0010,4000) := concatenate["a", lookup["a", "b"]]')


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('"{0}-{1}", "a", "b"', "a-b"),
        ('"{1}{0}{1}", "a", "b"', "bab"),
        ('"it\'s {0}", "a"', "its {0}"),
        ('"it\'\'s {0}", "a"', "it's a"),
        ('"\'{0}\' {0}", "a"', "{0} a"),
        ("\"'{''}'\"", "{'}"),
        ('"{2}", "a"', "{2}"),
        ('"{00}{+0}", "a"', "aa"),
        ('"{0,}{0, }", "a"', "aa"),
        ('"{2,number}", "a"', "{2}"),
        (f'"{{0}}", {ABSENT}', "null"),
        (f'"{{0,number}}", {ABSENT}', "null"),
        ('"{0}{1}{2}", {"a", {"b"}}, "c"', "abc"),
        ('"a}b"', "a}b"),
        ('"a{0{"', "a"),
        ("(0010,0010)", "00100010"),
        ('"{0}", (0010,0020)', "0815"),
        ('"{0}", "{1}", "b"', "{1}"),
    ],
)
def test_format(arguments, text):
    assert shown(f"format[{arguments}]") == text


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        '"{x}", "a"',
        '"{0", "a"',
        '"{", "a"',
        '"{}", "a"',
        '"{-1}", "a"',
        '"{ 0}", "a"',
        '"{0 }", "a"',
        '"{0,number}", "5"',
        '"{0,number,#.#}", "5"',
        '"{0,date}", "20200101"',
        '"{0,choice,0#a|1#b}", "0"',
        '"{0,words}", "a"',
        'lookup["a", "b"], "a"',
    ],
)
def test_patterns_that_format_refuses(arguments):
    refused(f"(0010,4000) := format[{arguments}]")


@given(st.text(max_size=30))
def test_any_text_can_be_quoted_in_a_pattern(text):
    assert message("a" + text.replace("'", "''").replace("{", "'{'"), []) == "a" + text


def test_case():
    data = holding(UTF8)
    assert shown('uppercase["straße ŉ ﬁ"]', data) == "STRASSE ʼN FI"
    assert shown('lowercase["ÄΣ ΑΣ"]', data) == "äς ας"
    assert shown('uppercase["a", "b"]') == "A"
    assert shown("uppercase[(0010,0010)]") == "DOE^JANE"
    for call in (f"uppercase[{ABSENT}]", "uppercase[]", 'lowercase["A", "B"]', "lowercase[]"):
        refused(f"(0010,4000) := {call}")


def test_substring():
    assert shown('substring["hello", 1, 3]') == "el"
    assert shown('substring["hello", "1", "+3"]') == "el"
    assert shown('substring["hello", 5, 5]') == ""
    assert shown("substring[(0010,0020), 0, 2]") == "08"
    assert shown('substring["hello", n, 3]', before="n := 1") == "el"
    assert shown('substring["😀b", 2, 3]', holding(UTF8)) == "b"
    assert shown('substring["a😀", 1, 3]', holding(UTF8)) == "😀"
    assert shown('substring["a😀", 0, 2]', holding(UTF8)) == "a?"


@pytest.mark.parametrize(
    "arguments",
    [
        '"hello", 3, 1',
        '"hello", -1, 2',
        '"hello", 0, 6',
        '"hello", "a", 3',
        '"hello", 0.5, 3',
        '"hello", 1',
        '"hello", " 1", 3',
        '"hello", 0, 4294967299',
        f"{ABSENT}, 0, 1",
        '"hello", lookup["a", "b"], 3',
    ],
)
def test_substring_refuses(arguments):
    refused(f"(0010,4000) := substring[{arguments}]")


def test_replace():
    assert shown('replace["a.b.c", ".", "-"]') == "a-b-c"
    assert shown('replace["abc", "", "-"]') == "-a-b-c-"
    assert shown('replace["abc", "z", "y"]') == "abc"
    assert shown('replace["aaa", "aa", "b"]') == "ba"
    assert shown('replace["a$1b", "$1", "\\\\0"]') == "a\\0b"
    for arguments in (f'{ABSENT}, "a", "b"', '"a", "b"', '"a", lookup["a", "b"], "c"'):
        refused(f"(0010,4000) := replace[{arguments}]")


def test_match():
    assert shown('match["abc123", "([a-z]+)([0-9]+)", 2]') == "123"
    assert shown('match["abc123def456", "[0-9]+", "0"]') == "123"
    assert shown('match["abc", "[0-9]+", 0]') is None
    assert shown('match["ab", "(a)|(c)", 2]') is None
    assert shown('match["abc", "z", 9]') is None
    assert shown('match[(0010,0010), "(.*)\\\\^(.*)", 2]') == "Jane"
    for arguments in (
        '"a", "a", 1',
        '"a", "a", -1',
        '"a", "[", 0',
        f'{ABSENT}, "a", 0',
        '"a", "a"',
    ):
        refused(f"(0010,4000) := match[{arguments}]")
    refused('(0010,4000) := match["a", "b", "x"]')


def test_ismatch():
    assert shown('ismatch["abc", "a.c"]') == "true"
    assert shown('ismatch["abc", "a"]') == "false"
    for arguments in (f'{ABSENT}, "a"', '"a", "("', '"a"', ""):
        refused(f"(0010,4000) := ismatch[{arguments}]")


def test_normalize_string():
    data = holding(UTF8)
    assert shown('normalizeString["Jörg Müller"]', data) == "J_rg M_ller"
    assert shown('normalizeString["né", ""]', data) == "n"
    assert shown('normalizeString["né", "<$0>"]', data) == "n<é>"
    assert shown('normalizeString["né", "\\\\$\\\\\\\\"]', data) == "n$\\"
    assert shown('normalizeString["né", "$01"]', data) == "né1"
    assert shown('normalizeString["n😀", "?"]', data) == "n?"
    assert shown('normalizeString["plain", "$9"]', data) == "plain"
    assert shown(f"normalizeString[{ABSENT}]") is None
    for arguments in ('"é", "$1"', '"é", "$"', '"é", "\\\\"', '"é", "${a}"', "", '"a", "b", "c"'):
        refused(f"(0010,4000) := normalizeString[{arguments}]", data)


def test_lookup_finds_nothing():
    assert shown('lookup["pid", (0010,0020)]') is None
    for arguments in ('"a"', "", '"a", "b", "c"'):
        refused(f"(0010,4000) := lookup[{arguments}]")


# -- UIDs -------------------------------------------------------------------------------------
def by_definition(text):
    """Section 9: a version 5 UUID of SHA-1 without a namespace, as a decimal number."""
    digest = hashlib.sha1(text.encode()).digest()[:16]
    return f"2.25.{uuid.UUID(bytes=digest, version=5).int}"


@given(st.text(st.characters(codec="utf-8")))
def test_hashed_uids_follow_the_definition(text):
    assert hashed_uid(text) == by_definition(text)
    assert len(hashed_uid(text)) <= 64


def test_hash_uid():
    known = "2.25.148370922854076938159295778886134140470"
    assert shown('hashUID["1.2.3"]') == known
    assert shown("hashUID[(0008,0018)]") == known
    assert shown('hashUID["1.2.3", "ignored"]') == known
    assert shown('hashUID[""]') == by_definition("")
    assert shown(f"hashUID[{ABSENT}]") is None
    assert shown("hashUID[(0008,0008)]", sample("CT_small.dcm")) == by_definition(
        "ORIGINAL\\PRIMARY\\AXIAL"
    )
    refused("(0010,4000) := hashUID[]")


def test_hash_uid_list_takes_paths_lists_and_path_texts_and_any_value():
    after = edited(
        'hashUIDList[(0010,0020), {(0020,000D)}, "(0020,000E)", */(0040,0007)]', nested()
    )
    assert after.PatientID == by_definition("0815")
    assert after.StudyInstanceUID == by_definition("1.2")
    assert after.SeriesInstanceUID == by_definition("1.2.9")
    assert after.RequestAttributesSequence[1].ScheduledProcedureStepDescription == by_definition(
        "second"
    )


def test_hash_uid_list_hashes_each_value_and_skips_sequences_creators_and_empty_elements():
    data = nested(ReferencedFrameOfReferenceUID=["1.2", "1.3"], PatientComments="")
    after = edited("hashUIDList[(3006,0024), (0010,4000), (0040,0275), (0029,{ACME}XX)]", data)
    assert list(after.ReferencedFrameOfReferenceUID) == [by_definition("1.2"), by_definition("1.3")]
    assert after.PatientComments == ""
    assert len(after.RequestAttributesSequence) == 2
    assert after[0x00290010].value == "ACME"
    assert after[0x00291001].value == by_definition("ACME one")


def test_hash_uid_list_takes_a_long_text_as_one_value():
    after = edited('(0010,4000) := "a\\\\b"\nhashUIDList[(0010,4000)]')
    assert after.PatientComments == by_definition("a\\b")


def test_hash_uid_list_refuses_texts_that_are_no_paths():
    refused('hashUIDList["1.2.3"]')
    assert edited("hashUIDList[]") == read(synthetic())


def test_new_uid_is_random():
    one, other = shown("newUID[]"), shown('newUID["ignored", "too"]')
    assert one != other
    for uid in (one, other):
        assert re.fullmatch(r"2\.25\.[0-9]+", uid)
        assert uuid.UUID(int=int(uid[5:])).version == 4


def test_map_uid_is_the_same_for_the_same_value():
    one, again, other = (shown(f'mapUID["{value}", "1.2.3"]') for value in ("9.9", "9.9", "9.8"))
    assert one == again != other
    assert re.fullmatch(r"1\.2\.3\.[1-9][0-9]*", one)
    assert shown('mapUID["9.9", "1.4"]').removeprefix("1.4") == one.removeprefix("1.2.3")
    assert shown('mapUID[(0008,0018), "1.2"]') == shown('mapUID["00080018", "1.2"]')
    assert len(shown(f'mapUID["a", "{"1." * 12}"]')) <= 64


def test_map_uid_refuses():
    for arguments in ('"a"', "", '"a", "1.2", "b"', f'"a", "{"1" * 25}"'):
        refused(f"(0010,4000) := mapUID[{arguments}]")


def test_map_referenced_uids():
    data = nested(StudyInstanceUID="1.2.3")
    after = edited('mapReferencedUIDs["1.9", "(0020,000D)", "(0008,0018)", "*/(0010,0020)"]', data)
    assert after.StudyInstanceUID == after.SOPInstanceUID
    assert after.StudyInstanceUID.startswith("1.9.")
    assert after.PatientID == after.RequestAttributesSequence[1].PatientID
    refused('mapReferencedUIDs["1.9"]')
    refused('mapReferencedUIDs["1.9", (0008,0018)]')
    refused('mapReferencedUIDs["1.9", "bad"]')


# -- elements ---------------------------------------------------------------------------------
def test_remove_tags():
    gone, _ = differences(
        nested(),
        edited('removeTags[(0010,0010), {(0010,0020)}, "*/(0040,0007)"]', nested()),
    )
    assert gone == {"00100010", "00100020", "00400275[0]/00400007", "00400275[1]/00400007"}
    refused('removeTags["junk"]')
    after = edited("removeTags[(0040,0275)[1], (0029,{ACME}XX)]", nested())
    assert len(after.RequestAttributesSequence[1]) == 0
    assert 0x00290010 in after


def test_delete():
    assert "PatientID" not in edited('delete["(0010,0020)"]')
    assert "PatientName" in edited('delete["(0010,0020)", "(0010,0010)"]')
    assert "RequestAttributesSequence" not in edited('delete["(0040,0275)"]', nested())
    assert 0x00290010 not in edited('delete["(0029,0010)"]', nested())
    assert 0x00291110 not in edited('delete[" ( 0029 , 1110 ) "]', nested())
    after = edited('delete["(0040,0275)[1]/(0040,0007)"]', nested())
    assert len(after.RequestAttributesSequence[1]) == 1
    assert edited('delete["(0010,0030)"]') == read(synthetic())
    assert edited('delete["(0040,0275)[9]/(0040,0007)"]', nested()) == read(nested())


@pytest.mark.parametrize(
    "argument",
    [
        '"(0040,0275)/(0040,0007)"',
        '"(0040,0275)[1]"',
        '"(0040,0275)[%]/(0040,0007)"',
        '"(0040,0275)[01]/(0040,0007)"',
        '"(0010,00XX)"',
        '"*/(0010,0020)"',
        '"(0029,{ACME}01)"',
        '"(8000,0010)"',
        '"(FFFC,FFFC)"',
        '"bad"',
        '""',
        "(0010,0020)",
        "",
        "{}",
    ],
)
def test_delete_and_set_refuse(argument):
    refused(f"delete[{argument}]", nested())
    refused(f'set[{argument}, "x"]' if argument else "set[]", nested())


def test_set():
    assert edited('set["(0010,0020)", "x"]').PatientID == "x"
    assert edited('set["(0010,4000)", 5]').PatientComments == "5"
    after = edited('set["(0040,0275)[2]/(0040,0007)", "x"]', nested())
    assert after.RequestAttributesSequence[2].ScheduledProcedureStepDescription == "x"
    assert edited('set["(0029,0010)", "RENAMED"]', nested())[0x00290010].value == "RENAMED"
    after = edited('set["(0077,1001)", "x"]')
    assert after[0x00771001].value == b"x\0"
    assert 0x00770010 not in after
    assert list(edited('set["(0008,0008)", "A\\\\B"]').ImageType) == ["A", "B"]
    assert edited('set["(0010,0020)", lookup["a", "b"]]').PatientID == "0815"
    refused('set["(0010,0020)"]')
    refused('set["(0028,0010)", "a"]')
    refused('set["(0040,0275)", "x"]', nested())


def test_is_present():
    data = nested(PatientComments="")
    for present in ("(0010,0020)", "(0040,0275)", "(0040,0275)[1]/(0010,0020)", "(0010,4000)"):
        assert value_present(present, data)
    for absent in ("(0010,0030)", "(0040,0275)[1]/(0040,0008)", "(0040,0275)[7]/(0040,0007)"):
        assert not value_present(absent, data)
    assert value_present("(0029,{ACME}10)", data)
    assert not value_present("(0029,{NOBODY}10)", data)
    assert value_present("", data)
    assert value_present("{(0010,0010), {(0010,0020)}}", data)
    assert not value_present("(0010,0010), (0010,0030)", data)
    for wrong in ('"(0010,0010)"', "(0040,0275)[0]", "(0010,00XX)", "*/(0010,0010)"):
        refused(f'isPresent[{wrong}] ? (0010,0020) := "x"', data)


def value_present(arguments, data):
    return edited(f"(0010,0020) := isPresent[{arguments}]", data).PatientID == "true"


def test_asking_creates_nothing():
    after = edited("(0010,0020) := isPresent[(0040,0275)[0]/(0040,0007), (0029,{ACME}01)]")
    assert after.PatientID == "false"
    assert "RequestAttributesSequence" not in after
    assert 0x00290010 not in after


def test_value_at():
    assert shown("valueAt[(0010,0020)]") == "0815"
    assert shown('valueAt["(0010,0020)"]') == "0815"
    assert shown("valueAt[v]", before='v := "(0010,0020)"') == "0815"
    assert shown('valueAt["(0040,0275)[1]/(0040,0007)"]', nested()) == "second"
    assert shown(f"valueAt[{ABSENT}]") is None
    for wrong in ("(0010,XXXX)", "", '"junk"', "*/(0010,0020)", "(0010,0010), (0010,0020)", "{}"):
        refused(f"(0010,4000) := valueAt[{wrong}]")


def test_collect_values():
    assert shown("collectValues[*/(0010,0020)]", nested()) == "[0815, OTHER, 0815]"
    assert shown('collectValues["text", 5, {(0010,0020), {"a"}}]') == "[text, 5, 0815, a]"
    assert shown('collectValues["(0010,0020)"]') == "[(0010,0020)]"
    assert shown("collectValues[(0010,0030)]") == "[]"
    assert shown("collectValues[(0040,0275)]", nested()) == "[]"


def test_blank_values():
    after = edited("blankValues[(0010,0020)]", nested())
    assert (after.PatientID, after.RequestAttributesSequence[1].PatientID) == ("", "")
    assert after.OtherPatientIDsSequence[0].PatientID == "OTHER"
    after = edited('blankValues["Doe^Jane", {"1.2", (0010,0020)}]')
    assert (after.PatientName, after.StudyInstanceUID, after.PatientID) == ("", "", "")
    assert edited('blankValues["512"]', synthetic(Rows=512, Columns=512)).Rows is None
    assert edited('blankValues["Doe", "doe^jane", ""]') == read(synthetic())
    after = edited("v := collectValues[*/(0010,0020)]\nblankValues[v]", nested())
    assert after.OtherPatientIDsSequence[0].PatientID == ""


# -- truth ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('true["ignored"]', "true"),
        ("false[1, 2]", "false"),
        ("and[]", "true"),
        ("or[]", "false"),
        ('and["TRUE", true[], {"True", {true[]}}]', "true"),
        ('and["true", "word"]', "false"),
        ("and[(0010,0020)]", "false"),
        ('or["no", {false[], "tRuE"}]', "true"),
        ('or["no", "1", "yes"]', "false"),
        ('equals["a", "a", {"a"}]', "true"),
        ('equals["a", "a", "b"]', "false"),
        ('equals["a", "A"]', "false"),
        ('equals["a"]', "false"),
        ("equals[]", "false"),
        ('equals["5", 5]', "true"),
        ('equals[(0010,0020), "0815"]', "false"),
        ("equals[(0010,0020), (0010,0020)]", "true"),
        ("equals[(0010,0020), (0010,0010)]", "false"),
        ('equals[valueAt[(0010,0020)], "0815"]', "true"),
        ('equals[hashUID["1.2.3"], "2.25.148370922854076938159295778886134140470"]', "false"),
    ],
)
def test_logic(call, text):
    assert shown(call) == text


def test_a_hashed_uid_is_a_text_everywhere_else():
    known = "2.25.148370922854076938159295778886134140470"
    assert shown(f'ismatch[hashUID["1.2.3"], "{known}"]') == "true"
    lines = f'hashUID["1.2.3"] = "{known}" ? (0010,0020) := "same"'
    assert edited(lines).PatientID == "same"


def test_reject():
    assert rejected("reject[]")
    assert rejected('reject["TRUE"]')
    assert rejected("reject[isPresent[(0010,0020)]]")
    assert rejected('(0010,0020) := "x"\nif (true[]) { true[] ? reject[] }\n-(0010,0010)')
    assert rejected('v := reject["true"]')
    for other in ('"no"', "false[]", '"1"', '""'):
        assert not rejected(f"reject[{other}]")
    refused('(0010,4000) := uppercase[reject["true"]]')


def test_the_language_has_36_functions():
    assert len(NAMES.split()) == 36
    for name in NAMES.split():
        with pytest.raises(Exception, match=name) as caught:
            applied(f"{name}x[]")
        assert "no function" in str(caught.value)
