from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import AnonymizationError, ScriptError
from dxclient.domain.protocols import DicomEditFunction
from tests.unit.dicomedit.files import read, sample, synthetic


def changed(text, variables=None, data=None, functions=()):
    """The data set after a script, and the changes as (element, new, line)."""
    outcome = run([parse(text, functions)], data or synthetic(), variables or {}, record=True)
    return read(outcome.data), [(one.element, one.new, one.line) for one in outcome.changes]


def name_after(text, variables=None, functions=()):
    return str(changed(text, variables, functions=functions)[0].PatientName)


def fault(text, variables=None):
    with pytest.raises(ScriptError) as caught:
        changed(text, variables)
    return caught.value


def test_values_are_those_of_the_file_as_it_came():
    after, _ = changed("(0010,0010) := (0010,0020)\n(0010,0020) := (0010,0010)")
    assert (str(after.PatientName), after.PatientID) == ("0815", "Doe^Jane")


def test_conditions_are_judged_on_the_file_as_it_came():
    assert name_after('(0010,0020) := "x"\n(0010,0020) = "0815" : (0010,0010) := "yes"') == "yes"


def test_the_first_statement_for_an_element_wins():
    assert name_after('(0010,0010) := "1"\n(0010,0010) := "2"') == "1"
    assert "PatientName" not in changed('-(0010,0010)\n(0010,0010) := "2"')[0]
    assert name_after('(0010,0010) := "2"\n-(0010,0010)') == "2"


def test_changes_are_recorded_with_their_lines_last_statement_first():
    _, changes = changed('(0010,0010) := "a"\n\n-(0010,0020)')
    assert changes == [("(0010,0020)", None, 3), ("(0010,0010)", "a", 1)]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('(0010,0020) = "0815"', True),
        ('(0010,0020) ~ "08"', False),
        ('(0010,0020) ~ "08.*"', True),
        ('(0010,4000) = "x"', False),
        ("(0010,4000) = (0010,4001)", True),
        ('(0010,4000) = ""', False),
        ('(0010,4000) ~ ".*"', False),
        ('(0010,0020) = "0815" : (0010,0010) = "Doe^Jane"', True),
        ('(0010,0020) = "0815" : (0010,0010) = "Roe"', False),
        ('"{0}-{1}" (0010,0020), name = "0815-n"', True),
        ('uppercase[name] = "N"', True),
        ("5 = 5", True),
    ],
)
def test_conditions(condition, holds):
    after = name_after(f'{condition} : (0010,0010) := "yes"', {"NAME": "n"})
    assert after == ("yes" if holds else "Doe^Jane")


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ('"a"', "a"),
        ("-5", "-5"),
        ("(0010,0020)", "0815"),
        ('"{0}/{1}/{2}" (0010,0020), "b"', "0815/b/{2}"),
        ('"{0}"', "{0}"),
        ("\"it''s {0}\" 5", "it's 5"),
        ('format["{0}", (0010,4000)]', "null"),
        ("substring[(0010,0010),0,3]", "Doe"),
        ('substring[" ",5,9]', ""),
        ("substring[(0010,4000),0,3]", ""),
        ("lowercase[(0010,0010)]", "doe^jane"),
        ("lowercase[(0010,4000)]", ""),
        ('uppercase["a", "b"]', "A"),
        ('replace[(0010,0010),"^","-"]', "Doe-Jane"),
        ('match["abc123","([a-z]+)([0-9]+)",2]', "123"),
        ('match["abc123","[a-z]+",0]', ""),
        ('match["abc","(x)?abc",1]', ""),
        ('match[(0010,4000),"a",0]', ""),
        ('urlEncode["a b&ü~*"]', "a+b%26%C3%BC%7E*"),
        ("urlEncode[(0010,4000)]", ""),
        ('hashUID["1.2.3"]', "2.25.148370922854076938159295778886134140470"),
        ("hashUID[(0010,4000)]", ""),
        ('"a\\"b"', 'a"b'),
        ("(0010,4000)", ""),
    ],
)
def test_values(value, result):
    assert name_after(f"(0010,0010) := {value}") == result


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("substring[(0010,0010),0,99]", "substring"),
        ("substring[(0010,0010),3,1]", "substring"),
        ('match["a","a",1]', "group"),
        ('match["a","(",0]', "regular expression"),
        ('replace[(0010,4000),"a","b"]', "missing"),
        ('"{x}" 5', "pattern"),
    ],
)
def test_what_cannot_be_computed_stops_the_file_with_the_line(value, words):
    error = fault(f"\n(0010,0010) := {value}")
    assert words in str(error)
    assert (error.line, error.column) == (2, 1)


def test_nothing_is_applied_before_all_values_are_known():
    fault('-(0010,0020)\n(0010,0010) := substring["a",0,2]')


def test_a_pattern_that_is_missing_is_a_fault():
    fault("(0010,0010) ~ (0010,4000) : -(0010,0010)")


def test_texts_that_double_again_and_again_end():
    doubling = "\n".join(f'v{n + 1} := "{{0}}{{0}}" v{n}' for n in range(28))
    assert "too long" in str(fault(f'v0 := "abcdefgh"\n{doubling}\n(0010,0010) := v28'))


def test_a_backslash_separates_values():
    after, _ = changed('(0010,1000) := "a\\\\b"')
    assert list(after[0x00101000].value) == ["a", "b"]


def test_a_new_uid_differs_each_time_and_the_file_meta_follow():
    after, _ = changed("(0008,0018) := new UID\n(0020,000D) := new UID")
    assert after.SOPInstanceUID.startswith("2.25.")
    assert after.SOPInstanceUID != after.StudyInstanceUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        ("(0010,XXXX)", {0x00100010, 0x00100020}),
        ("(00XX,001#)", {0x00200011}),
        ("(001@,0010)", {0x00100010}),
        ("(0020,000D)", {0x0020000D}),
        ("(0020,000d)", {0x0020000D}),
        ("(60XX,3000)", set()),
    ],
)
def test_wildcards_may_stand_for_any_digit(pattern, gone):
    before = set(read(synthetic()).keys())
    assert before - set(changed(f"-{pattern}")[0].keys()) == gone


def test_an_assignment_with_wildcards_makes_nothing_new():
    after, changes = changed('(0010,XXXX) := "w"')
    assert {element for element, *_ in changes} == {"(0010,0010)", "(0010,0020)"}
    assert after.PatientID == "w"


def test_an_assignment_to_an_exact_tag_makes_the_element():
    after, _ = changed('(0010,4000) := "new"\n(0028,0010) := 12')
    assert (after.PatientComments, after.Rows) == ("new", 12)


def test_private_tags_are_named_directly_and_their_creators_go_too():
    data = sample("CT_small.dcm")
    after, _ = changed("-(XXX#,XXXX)", data=data)
    assert not any(tag.is_private for tag in after)
    assert 0x00091002 not in changed("-(0009,1002)", data=data)[0]


@pytest.mark.parametrize(("tag", "vr"), [("(0077,1001)", "LO"), ("(0077,0010)", "LO")])
def test_a_private_element_that_no_dictionary_knows_is_written_as_text(tag, vr):
    after, _ = changed(f'{tag} := "x"')
    element = after[int(tag[1:5] + tag[6:10], 16)]
    assert (element.VR, element.value) == (vr, "x")


def test_a_part_of_a_text_is_counted_in_utf16_as_java_counts():
    data = synthetic(SpecificCharacterSet="ISO_IR 192")
    after, _ = changed('(0010,0010) := substring["😀bc",2,3]', data=data)
    assert str(after.PatientName) == "b"


def test_a_private_element_of_a_known_creator_keeps_its_representation():
    after, _ = changed('(0009,1027) := "5"', data=sample("CT_small.dcm"))
    assert (after[0x00091027].VR, after[0x00091027].value) == ("SL", 5)


@pytest.mark.parametrize("text", ['(0010,1002) := "x"', '(0028,0010) := "x"'])
def test_what_the_representation_cannot_hold_stops_the_file(text):
    fault(text)


def test_only_the_top_level_is_reached():
    data = sample("liver_1frame.dcm")
    before, (after, changes) = read(data), changed("-(0008,1150)", data=data)
    assert changes == []
    assert "ReferencedSeriesSequence" in before
    assert after["ReferencedSeriesSequence"] == before["ReferencedSeriesSequence"]


def test_variables_are_found_in_any_case_and_from_any_place():
    text = '(0010,0010) := "{0}-{1}" Own, GIVEN\nown := lowercase[given]'
    assert name_after(text, {"Given": "G"}) == "g-G"


def test_a_supplied_value_does_not_replace_an_initial_one():
    assert name_after('x := "own"\n(0010,0010) := x', {"x": "over"}) == "own"


def test_an_initial_value_is_taken_from_the_file_as_it_came():
    assert name_after('(0010,0020) := "x"\nv := (0010,0020)\n(0010,0010) := v') == "0815"


def test_a_value_that_is_not_supplied_stops_the_file():
    assert "patient" in str(fault("(0010,0010) := uppercase[patient]"))


def test_an_empty_value_that_is_supplied_empties_the_element():
    assert name_after("(0010,0010) := patient", {"PATIENT": ""}) == ""


def test_an_echo_is_computed_and_changes_nothing():
    assert changed('echo "hi"\necho\necho (0010,0010)')[1] == []
    fault('echo substring["a",0,2]')


def test_a_function_of_an_extension_gets_texts_and_missing_values():
    seen = []

    def note(*texts):
        seen.append(texts)
        return " answer "

    extra = [
        DicomEditFunction(name=name, version="1", function=note, min_args=1, max_args=2)
        for name in ("note", "getURL")
    ]
    text = "(0010,0020) := note[(0010,0010), (0010,4000)]\n(0010,0010) := getURL[(0010,0020)]"
    assert name_after(text, functions=extra) == "answer"
    assert seen == [("Doe^Jane", None), ("0815",)]


def test_both_languages_may_follow_each_other():
    six = parse('version "6.6"\n(0010,0010) := "six"', name="site")
    four = parse('(0010,0010) = "six" : (0010,0020) := "four"').renamed("project")
    outcome = run([six, four], synthetic(), {}, record=True)
    assert [(one.script, one.new) for one in outcome.changes] == [
        ("site", "six"),
        ("project", "four"),
    ]


def test_a_fault_names_the_script():
    script = parse('(0010,0010) := substring["a",0,2]', name="project")
    with pytest.raises(ScriptError, match="project"):
        run([script], synthetic(), {})


VALUE_TEXTS = (
    '"a" 5 (0010,0010) (0010,4000) (0028,0010) (0008,1140) "{0}" "{" "(" '
    'uppercase["ß"] format["{1}",n] match[n,n,1] replace[n,"",n] hashUID[n] urlEncode[n] n'
)
TAG_TEXTS = "(0010,0010) (00XX,XXX@) (XXX#,XXXX) (0028,0010) (7FE0,0010)"
VALUES, TAGS = st.sampled_from(VALUE_TEXTS.split()), st.sampled_from(TAG_TEXTS.split())
ACTIONS = st.builds("{} := {}".format, TAGS, VALUES) | st.builds("-{}".format, TAGS)
CONDITIONS = st.builds("{} {} {} : ".format, VALUES, st.sampled_from("=~"), VALUES)
RULES = st.builds("{}{}".format, CONDITIONS | st.just(""), ACTIONS)


@settings(deadline=None)
@given(st.lists(RULES, max_size=6), st.text(max_size=12))
def test_any_script_edits_a_file_or_fails_with_a_sentence(rules, value):
    with suppress(AnonymizationError):
        outcome = run([parse("\n".join(rules))], synthetic(Rows=4), {"n": value})
        read(outcome.data)
