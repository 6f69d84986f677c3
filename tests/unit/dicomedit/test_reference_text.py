"""Sections 1 to 4 of the reference: preparation, tokens and statements."""

import pytest

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import ScriptError
from tests.unit.dicomedit.reference import edited, read, refused, shown, synthetic


def script(text, variables=None):
    return read(run([parse(text)], synthetic(), variables or {}).data)


@pytest.mark.parametrize("version", ["6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6"])
def test_every_version_runs_every_function(version):
    after = script(f'version "{version}"\n(0010,0010) := normalizeString["ö", "o"]\n')
    assert after.PatientName == "o"


@pytest.mark.parametrize("version", ["6", "6.1.0", "6.7", "6.6.1", "5.0", "7.0", "4.2", "60", ""])
def test_other_versions_are_refused(version):
    with pytest.raises(ScriptError):
        parse(f'version "{version}"\n(0010,0010) := "x"\n')


@pytest.mark.parametrize("line", ['version := "6.1"', "version", "version 6.1"])
def test_other_forms_of_the_version_are_refused(line):
    with pytest.raises(ScriptError):
        parse(f'{line}\n(0010,0010) := "x"\n')


@pytest.mark.parametrize("line", ['version  "6.1"', ' version "6.1"', 'Version "6.1"'])
def test_a_version_that_the_original_overlooks_is_refused(line):
    with pytest.raises(ScriptError):
        run([parse(f'{line}\n(0010,0010) := "x"\n')], synthetic(), {})


def test_the_version_may_follow_other_statements_and_a_tab():
    assert script('(0010,0010) := "x"\n// y\nversion\t"6.1"\n').PatientName == "x"


def test_a_further_unsupported_version_is_an_error():
    with pytest.raises(ScriptError):
        script('version "6.1"\n(0010,0010) := "a"\nversion "6.8"\n')


def test_a_line_that_ends_in_a_backslash_goes_on_without_a_blank():
    assert edited('(0010,0010) := "a\\\nb"').PatientName == "ab"
    assert edited('(0010,0010) := "a" \\').PatientName == "a"
    assert edited('(0010,0010) \\\r\n := "crlf"').PatientName == "crlf"


def test_comments_end_at_the_line_and_not_inside_texts_or_after_a_colon():
    assert edited('(0010,0010) := "a//b" // c').PatientName == "a//b"
    assert edited('(0010,0010) := "http://x" // "even" quotes').PatientName == "http://x"
    assert edited('// it\'s fine\n(0010,0010) := "a"').PatientName == "a"


@pytest.mark.parametrize("lines", ['(0010,0010) := "a" // one " quote', '(0010,0010) := "a'])
def test_a_quote_without_a_partner_is_refused(lines):
    refused(lines)


def test_lines_may_end_in_both_ways_and_text_is_unicode():
    assert edited('(0010,0010) := "a"\r\n(0010,0020) := "b"\r\n').PatientID == "b"
    assert edited('(0008,0005) := "ISO_IR 192"\r\n(0010,0010) := "Jörg"').PatientName == "Jörg"


@pytest.mark.parametrize("path", ["(0010 , 0020)", "(0010\t,0020)", "(0010,\t0020)"])
def test_blanks_are_allowed_around_the_comma_of_a_tag(path):
    assert edited(f'{path} := "x"').PatientID == "x"


@pytest.mark.parametrize("path", ["( 0010,0020)", "(0010,0020 )", "(00 10,0020)", "(0010,002)"])
def test_blanks_elsewhere_in_a_tag_are_refused(path):
    refused(f'{path} := "x"')


def test_blanks_are_fine_in_item_numbers_and_around_slashes():
    after = edited('(0040,0275)[ 0 ] / (0040,0007) := "x"')
    assert after.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "x"


@pytest.mark.parametrize("number", ["00", "01", "-1", "a", "1.0", ""])
def test_item_numbers_are_plain(number):
    refused(f'(0040,0275)[{number}]/(0040,0007) := "x"')


def test_arguments_cannot_span_lines_but_lists_can():
    refused("removeTags[(0010,0010),\n(0010,0020)]")
    after = edited("tags := {\n(0010,0010)\n,\n(0010,0020)\n}\nremoveTags[tags]")
    assert "PatientID" not in after
    refused("tags := {(0010,0010),\n\n(0010,0020)}")
    assert "PatientID" not in edited("removeTags[(0010,0010), \\\n(0010,0020)]")


@pytest.mark.parametrize("name", ["_v", "v_2b", "V", "xx", "X1", "Else", "If"])
def test_names_of_variables(name):
    assert edited(f'{name} := "u"\n(0010,0020) := {name}').PatientID == "u"


@pytest.mark.parametrize(
    "name", ["x", "X", "if", "else", "elseif", "describe", "hidden", "const", "immutable"]
)
def test_what_cannot_be_the_name_of_a_variable(name):
    refused(f'{name} := "u"')


@pytest.mark.parametrize("name", ["export", "echo", "removeAllPrivateTags", "2v", "a-b", "é"])
def test_what_cannot_be_the_name_of_a_variable_either(name):
    refused(f'{name} := "u"')


def test_names_are_told_apart_by_case():
    assert edited('v := "a"\nV := "b"\n(0010,0020) := v').PatientID == "a"


@pytest.mark.parametrize("number", ["0", "5", "-7", "5.0", "-0.25", "0.50", "123456789012"])
def test_numbers_are_texts(number):
    assert edited(f"(0010,0020) := {number}").PatientID == number


@pytest.mark.parametrize("number", ["007", "+5", ".5", "5.", "1e3", "0x10", "--5"])
def test_what_is_no_number(number):
    refused(f"(0010,0020) := {number}")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"a\nb", ["a", "nb"]),
        (r"a\tb", ["a", "tb"]),
        (r"a\101b", ["a", "101b"]),
        (r"a\(b\)", ["a", "(b", ")"]),
        (r"A\\B", ["A", "B"]),
        ("it's {fine}", "it's {fine}"),
        ("", ""),
    ],
)
def test_a_backslash_stays_and_separates_values(text, value):
    got = edited(f'(0010,0020) := "{text}"').PatientID
    assert (got if isinstance(got, str) else list(got)) == value


@pytest.mark.parametrize("text", [r"\d", r"\u0041", r"\"", r"\x", r"\8", r"a\1", "\\"])
def test_other_escapes_are_refused(text):
    refused(f'(0010,0020) := "{text}"')


def test_two_quotes_are_two_texts():
    refused('(0010,0020) := "a""b"')


def test_texts_cannot_span_lines():
    refused('(0010,0020) := "a\nb"')


def test_apostrophes_are_dropped_so_that_a_name_between_them_is_a_variable():
    assert edited("(0010,0020) := 'a'", variables={"a": "value"}).PatientID == "value"


@pytest.mark.parametrize("stray", [";", "'", "$", "&", "|", ">", "^"])
def test_characters_that_start_no_token_are_dropped(stray):
    after = edited(f'(0010,0010) := "a"{stray} (0010,0020) := "b"')
    assert (after.PatientName, after.PatientID) == ("a", "b")


@pytest.mark.parametrize("creator", ["A", "A-b_c.d:e 9", "SIEMENS MEDCOM HEADER", "a1"])
def test_names_of_private_creators(creator):
    after = edited(f'(0029,{{{creator}}}01) := "x"')
    assert after.private_block(0x29, creator)[1].value == b"x\0"


@pytest.mark.parametrize("creator", ["", "1A", " A", "A/B", "A(B)", "A+B", "_A", "Ä"])
def test_other_names_of_private_creators_are_refused(creator):
    refused(f'(0029,{{{creator}}}01) := "x"')


def test_statements_need_no_separator():
    after = edited('(0010,0010) := "a" -(0010,0020) (0010,4000) := "b"')
    assert (after.PatientName, "PatientID" in after, after.PatientComments) == ("a", False, "b")


def test_statements_run_from_top_to_bottom_on_the_live_data():
    after = edited('(0010,0010) := "a"\n(0010,0020) := (0010,0010)\n(0010,0010) := "b"')
    assert (after.PatientName, after.PatientID) == ("b", "a")


def test_a_syntax_error_anywhere_refuses_the_whole_script():
    refused('(0010,0010) := "a"\nthis is nothing\n')


@pytest.mark.parametrize(
    "line",
    [
        "true[] ? removeAllPrivateTags",
        'true[] ? describe v "text"',
        'true[] ? if (true[]) { (0010,0010) := "a" }',
        'true[] ? (0010,0010) := "a" : true[] ? (0010,0010) := "b"',
        '(0008,0060) ? (0010,0010) := "a"',
        '"a" ? (0010,0010) := "a"',
        '(0010,0010) == "a" ? (0010,0010) := "a"',
        'if (true[]) (0010,0010) := "a"',
        'if true[] { (0010,0010) := "a" }',
        "if (true[]) { } else if (true[]) { }",
        "else { }",
        "if (true[]) {",
        "if () { }",
        "removeAllPrivateTags[]",
        "removeallprivatetags",
        '-"(0010,0010)"',
        "-v",
        "echo",
        "true",
        'describe v "d" hidden',
        "export v",
        "(0010,0010)",
        "(0010,0010) :=",
        "{(0010,0010)}",
        'v := {"a" "b"}',
    ],
)
def test_what_the_grammar_does_not_allow(line):
    refused(line)


def test_conditionals_take_every_action():
    for action in ('(0010,0020) := "x"', '(0010,0020) ?= "x"', 'set["(0010,0020)", "x"]'):
        assert edited(f"true[] ? {action}").PatientID == "x"
    assert "PatientID" not in edited("true[] ? -(0010,0020)")
    assert edited('v := "a"\ntrue[] ? v := "x" : v := "y"\n(0010,0020) := v').PatientID == "x"
    assert edited('true[] ? echo "x" : -(0010,0020)').PatientID == "0815"
    assert edited('false[] ? -(0010,0010) : (0010,0020) := "x"').PatientID == "x"


def test_newlines_may_stand_between_the_parts_of_an_if():
    lines = 'if (false[])\n\n{\n}\n\nelseif (true[])\n{ (0010,0020) := "x" }\nelse { }'
    assert edited(lines).PatientID == "x"


def test_blocks_nest_hold_statements_of_all_kinds_and_share_variables():
    lines = (
        'if ("a" = "a") {\n  if (false[]) { }\n  else {\n    v := "deep" describe v "d"\n'
        '    removeAllPrivateTags\n    true[] ? (0010,0010) := "n"\n  }\n}\n(0010,0020) := v'
    )
    after = edited(lines)
    assert (after.PatientName, after.PatientID) == ("n", "deep")


def test_only_the_first_branch_that_holds_runs():
    lines = 'if (true[]) { v := "1" } elseif (true[]) { v := "2" } else { v := "3" }\n'
    assert shown("v", before=lines) == "1"


def test_echo_describe_and_export_have_no_effect_on_the_data():
    after = edited('describe v "text"\nexport v "xnat:id"\necho "note"\necho (0010,0010)')
    assert after == read(synthetic())


def test_describe_never_gives_a_value():
    refused('describe v "text"\n(0010,0020) := v')


def test_lists_may_be_empty_nested_and_hold_every_kind_of_value():
    assert shown("v", before="v := {}") == "[]"
    assert shown("v", before='v := {{"a", 1}, (0010,0010), uppercase["b"]}') == (
        "[[a, 1], 00100010, B]"
    )
