"""Every problem of a script: where, which piece, in which words, and what to write instead."""

import pickle
import re
import time

import pytest

from dxclient.dicomedit import parse
from dxclient.domain.errors import ScriptError
from dxclient.domain.problems import Problem

FIRST = 'version "6.6"\n'


def problems(text):
    try:
        parse(text)
    except ScriptError as error:
        return error.problems
    return ()


def only(line):
    """The one problem of a line between two good ones."""
    found = problems(f"{FIRST}{line}\n-(0010,4000)\n")
    assert len(found) == 1, found
    assert found[0].line == 2
    return found[0]


def seen(line):
    problem = only(line)
    return problem.piece, problem.suggestion


def warned(*lines):
    return [(one.line, one.piece) for one in parse(FIRST + "\n".join(lines) + "\n").warnings]


SUGGESTED = [
    ("(0010,0010) := hashuid[(0010,0010)]", "hashuid", "hashUID"),
    ('(0010,0010) := concat["a"]', "concat", "concatenate"),
    ('(0010,0010) = "x"', "=", ":="),
    ('(0010,0010) : = "x"', ": =", ":="),
    ('(0010,0010) =: "x"', "=:", ":="),
    ('(0010,0010) == "x" ? reject[]', "==", "="),
    ('(0010,0010) ! = "x" ? reject[]', "! =", "!="),
    ('(0010,0010) <> "x" ? reject[]', "<>", "!="),
    ("(0010,0010) := 'Doe Jane'", "'Doe Jane'", '"Doe Jane"'),
    ("(0010,0010) := “Doe”", "“Doe”", '"Doe"'),
    ('(0010,0010) := "a\\d"', '"a\\d"', '"a\\\\d"'),
    ("-(0010,0010) –", "–", "-"),
    ('(0009,1002) := "x"', "(0009,1002)", "(0009,{CREATOR}02)"),
    ("-(60XX,3000)", "(60XX,3000)", "(60X@,3000)"),
    ("-(0009,{ACME}1001)", "(0009,{ACME}1001)", "(0009,{ACME}01)"),
    ("-( 0010,0020)", "( 0010,0020)", "(0010,0020)"),
    ("-(00100020)", "(00100020)", "(0010,0020)"),
    ("(0010,0010) := hashUID(0010,0020)", "hashUID(0010,0020)", "hashUID[(0010,0020)]"),
    ('(0010,0010) = "x" ? reject', "reject", "reject[]"),
    ('(0010,0010) = "x" reject[]', "reject", "? reject"),
    ('(0010,0010) := concatenate["a" "b"]', '"b"', ', "b"'),
    ("delete (0010,0010)", "delete (0010,0010)", "-(0010,0010)"),
    ('-"(0010,0010)"', '"(0010,0010)"', "(0010,0010)"),
    ("removeallprivatetags", "removeallprivatetags", "removeAllPrivateTags"),
    ('If ((0010,0010) = "x") { reject[] }', "If", "if"),
    ('x := "1"', "x", "x1"),
    ('hidden := "1"', "hidden", "hidden_"),
    ("(0010,0010) := 007", "007", '"007"'),
    ('(0008,1140)[00]/(0010,0010) := "x"', "00", "0"),
    ('set[(0010,0010), "x"]', "(0010,0010)", '"(0010,0010)"'),
]


@pytest.mark.parametrize(("line", "piece", "suggestion"), SUGGESTED)
def test_where_it_is_known_what_was_meant_it_is_suggested(line, piece, suggestion):
    assert seen(line) == (piece, suggestion)


@pytest.mark.parametrize(("line", "piece", "suggestion"), SUGGESTED)
def test_with_the_suggestion_in_the_place_of_the_piece_the_script_is_better(
    line, piece, suggestion
):
    problem = only(line)
    start = problem.column - 1
    assert line[start : start + len(piece)] == piece
    mended = line[:start] + suggestion + line[start + len(piece) :]
    assert problem not in problems(f"{FIRST}{mended}\n-(0010,4000)\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('(0010,0010) := "open', "no partner"),
        ('// a remark with one "', "no partner"),
        ("(0010,0010) := uppercase[(0010,0010)", "not closed on its line"),
        ("(0010,0010) := substring[(0010,0010), 1]", "at least 3 arguments, here are 2"),
        ('(0010,0010) := lowercase["a", "b"]', "takes 1 argument, here are 2"),
        ('(0010,0010) := delete["(0010,0010)"]', "no result that could be assigned"),
        ('(0010,0010) := concatenate[reject[], "a"]', "inside another function"),
        ('version "6.9"', "6.0 to 6.6"),
        ("version 6.6", "in double quotes"),
        ('(0010,00XX) := "x"', "may name several elements"),
        ('(0008,1140)/(0010,0010) := "x"', r"write \[0\]"),
        ("(0010,0010) := */(0010,0020)", "no single value"),
        ("(0009,0010) := (0010,0010)", "creator cannot be named"),
        ("-(0009,{ACME/1}01)", "starts with a letter"),
        ("-(0010,{ACME}01)", "odd group"),
        ("-(0010,001)", "four hexadecimal digits"),
        ('(0008,1140)[-1]/(0010,0010) := "x"', "counted from 0"),
        ('(0008,1140)[5555555550]/(0010,0010) := "x"', "so many items"),
        ('(0008,1140)[*]/(0010,0010) := "x"', "number of an item"),
        ('(0008,1140)[0]/ := "x"', "does not end with /"),
        ('(0010,0010) = "x" ? removeAllPrivateTags', "cannot stand after ?"),
        ('(0010,0010) = "x" ? reject[] : (0010,0010) = "y" ? reject[]', "one action"),
        ('if (0010,0010) = "x" { reject[] }', "round brackets"),
        ('if ((0010,0010) = "x") reject[]', "in braces"),
        ('if ((0010,0010) = "x" && (0010,0020) = "y") { reject[] }', "no &&"),
        ("else { reject[] }", "no if before it"),
        ("-(0010,0010) }", "closes nothing"),
        ("removeAllPrivateTags[]", "without brackets"),
        ("(0010,0010)", "nothing to do"),
        ("subject", "does nothing"),
        ("my-name := 1", "no hyphen"),
        ("describe who", "describe who hidden"),
        ('(0010,0010) := "a" "b"', "do not join"),
        ('(0010,0010) := "say ""hi"""', "double quote cannot stand inside"),
        ("(0010,0010) :=", "ends too early"),
        ('"a" := "b"', "a tag or the name of a variable"),
        ("(0010,0010) := é", "does not know"),
        ('(0010,0010) := getURL["http://x"]', "network"),
        ('(0010,0010) ~ "(" ? reject[]', "regular expression"),
        ('removeTags["junk"]', "takes a tag"),
        ("(0008,0020) := shiftDateByIncrement[(0008,0020), 5, weeks1] (", "closed|expected"),
        ('(0008,0020) := shiftDateByIncrement[(0008,0020), 5, "weeks"]', "one of years, days"),
        ('shiftDateTimeListByIncrement[(0008,0020), 5, "days"]', "list in braces"),
        ("shiftDateTimeSequenceByIncrement[5, (0008,0020)]", "bare tag"),
        ("retainPrivateTags[(0010,0010)]", "is public"),
    ],
)
def test_a_mistake_is_said_in_plain_words(line, words):
    problem = only(line)
    assert re.search(words, problem.sentence), problem.sentence
    assert problem.sentence.endswith((".", "?", "…"))
    assert not re.search("[A-Z]_[A-Z]", problem.sentence)


def test_all_problems_of_a_text_are_reported_in_its_order():
    text = (
        FIRST + "(0010,0010) := hashuid[(0010,0010)]\n"
        '(0010,0020) = "x"\n'
        "// all is well\n"
        "-(0010,4000)\n"
        "if ((0008,0060) = “CT”) {\n"
        "  -(0009,1001)\n"
        '} else if ((0008,0060) = "MR") {\n'
        "  (0010,0010) := \n"
        "  nosuch[]\n"
        "}\n"
        '(0010,0030) := "open\n'
        "substring[1]\n"
    )
    assert [problem.line for problem in problems(text)] == [2, 3, 6, 7, 8, 9, 10, 12, 13]


def test_the_error_speaks_of_the_first_problem():
    with pytest.raises(ScriptError) as caught:
        parse(FIRST + "nosuch[]\n(0009,1001) := 1\n")
    error = caught.value
    first = error.problems[0]
    assert isinstance(first, Problem)
    assert (error.line, error.column) == (first.line, first.column) == (2, 1)
    assert error.sentence == f"Line 2, column 1: {first.sentence}"
    assert len(error.problems) == 2
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.parametrize(
    "lines",
    [
        'if (0008,0060) = "CT" {\n-(0010,0010)\n} else {\n-(0010,0020)\n}',
        'if ((0008,0060) == "CT" {\n-(0010,0010)\n}\nelseif (true[]) {\n-(0010,0020)\n}',
        't := {\n"a",\n"b" = "c",\n"d"\n}',
        't := { "a",\n(0010,0010) := "x"',
        't := { "a"\nif (true[]) { reject[] }',
        "if (true[]) {\nif (false[] {\n-(0010,0010)\n}\n}",
        '(0010,0010) := concatenate["a, "b"]',
        '(0010,0010) := "say \\"hi\\" to him"',
        "if (true[]) {\n(0010,0010) :=\n}",
        "if (true[]) { -(0010,0010)",
    ],
)
def test_one_slip_is_one_problem_and_what_follows_is_read_well(lines):
    found = problems(f"{FIRST}{lines}\n")
    assert len({problem.line for problem in found}) == 1, found
    assert len(found) <= 2


def test_a_mistake_in_a_continued_line_has_the_place_in_the_text_as_written():
    found = problems(FIRST + '(0010,0010) := \\\n  concatenate["a", \\\n   nosuch["b"]]\n')
    assert [(one.line, one.column, one.piece) for one in found] == [(4, 4, "nosuch")]


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ('version  "6.1"', "overlooks"),
        (' version "6.1"', "overlooks"),
        ('Version "6.1"', "overlooks"),
        ('version := "6.1"', 'version "6.1", with one blank'),
        ('version "6.7"', "not supported"),
        ('version "4.0"', "Leave it out"),
    ],
)
def test_a_wrong_version_is_one_problem_and_the_rest_is_read(first, words):
    found = problems(f"{first}\n(0010,0010) := nosuch[]\n")
    assert [one.line for one in found] == [1, 2]
    assert words in found[0].sentence


def test_more_than_a_hundred_problems_are_not_reported():
    assert len(problems(FIRST + "nosuch[]\n" * 500)) == 100
    assert len(problems(FIRST + "-(0009,1001)\n" * 500)) <= 100


JUNK = ["(", "{", "[", '"', "'", ";", "a", "0", "-", "}", "\n", "“", "a[", "t:={", "if(", "{}"]
JUNK += ["(0010,", "x ", '"a" ', "\\\n", "//", "~", "a b ", "} else ", "if true[] {\n", "é", "\x00"]


@pytest.mark.parametrize("junk", JUNK)
def test_a_megabyte_of_nonsense_is_refused_soon(junk):
    text = FIRST + junk * (1_000_000 // len(junk))
    start = time.perf_counter()
    problems(text)
    # Under half a second on one slow core; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("opening", ["a[", "{", "if (true[]) {\n", "t := {", "((", "[[", "a[{"])
@pytest.mark.parametrize("depth", [60, 65, 500, 20_000])
def test_nesting_of_any_depth_is_read_or_refused(opening, depth):
    found = problems(FIRST + opening * depth)
    assert found


def test_a_script_of_sixty_levels_is_understood():
    inner = "if (true[]) {\n" * 60 + "-(0010,0010)\n" + "}\n" * 60
    script = parse(FIRST + inner)
    assert len(script.explain()) == 61
    assert pickle.loads(pickle.dumps(script)) == script


@pytest.mark.parametrize(
    ("lines", "piece"),
    [
        (["(0010,0010) := 'a'"], "'a'"),
        (['(0010,0010) := "a";'], ";"),
        (["(0010,0010) := uppercase[subject]"], "subject"),
        (['describe who "x"'], "describe"),
        (['t := "a"'], "t"),
        (["(0010,0010) := t", 't := "x"'], "t"),
        (['(0009,{ACME}XX) ?= "x"'], "(0009,{ACME}XX)"),
        (['(0008,0060) = "CT|MR" ? reject[]'], '"CT|MR"'),
        (['equals[(0010,0010), "x"] ? reject[]'], "(0010,0010)"),
        (['(0010,0010) := replace["a", (0010,0020), "b"]'], "(0010,0020)"),
        (['(0010,0010) := lookup["a", "b"]'], "lookup"),
        (["-(0008,0018)"], "(0008,0018)"),
        (['(0008,0018) := "1.2.3"'], "(0008,0018)"),
        (['(0040,0275) := ""'], "(0040,0275)"),
        (["-(0010,0010)[0]/(0010,0020)"], "(0010,0010)[0]/(0010,0020)"),
        (['"a" = "b" ? reject[]'], '"a"'),
        (['if ((0008,0060) = "CT") { (0010,00XX) := "x" }'], "(0010,00XX)"),
    ],
)
def test_what_runs_and_is_probably_not_meant_is_a_warning(lines, piece):
    assert warned(*lines) == [(2, piece)]


def test_what_stands_after_an_unconditional_reject_is_a_warning():
    assert warned("reject[]", "-(0010,0010)", "-(0010,0020)") == [(3, "")]


@pytest.mark.parametrize("end", ["\\", " \\", "\\\r"])
def test_a_statement_that_a_comment_above_takes_in_is_a_warning(end):
    assert warned(f"// hidden{end}", "-(0010,0010)", "-(0010,0020)") == [(3, "-(0010,0010)")]
    assert warned(f"-(0010,0010) // a{end}", f"// b{end}", " -(0010,0020)") == [(4, "-(0010,0020)")]


KEPT = '(0009,{ACME}02), "*/(0009,{ACME}03)"'


@pytest.mark.parametrize("call", [KEPT, f"{{{KEPT}}}", "(0011,{A}1X), (0009,{A}10)[0]/(0009,{B}1)"])
def test_an_element_that_is_kept_beside_a_private_creator_is_a_warning(call):
    text = FIRST + f"retainPrivateTags[{call.replace('B}1', 'B}11')}]\n"
    (warning,) = parse(text).warnings
    assert (warning.line, warning.piece) == (2, "retainPrivateTags")
    assert "keeps (0009,1010), too" in warning.sentence


@pytest.mark.parametrize(
    "lines",
    [
        [f"retainPrivateTags[{KEPT}, (0009,{{ACME}}1X)]"],
        [f"retainPrivateTags[{KEPT}]", "- */(0009,{ACME}10)"],
        [f"retainPrivateTags[{KEPT}]", 'removeTags[{"*/(0009,{ACME}#X)"}]'],
        ["retainPrivateTags[]"],
    ],
)
def test_an_element_beside_a_private_creator_that_is_named_or_removed_is_no_warning(lines):
    assert warned(*lines) == []


def test_names_that_differ_in_letters_only_are_a_warning():
    assert (3, "Subject") in warned('subject := "a"', "(0010,0010) := Subject")


@pytest.mark.parametrize(
    "lines",
    [
        ["(0010,0010) := subject", "(0010,0020) := uppercase[subject]"],
        ["known := subject", "(0010,0020) := uppercase[subject]"],
        ['describe who "x"', "(0010,0010) := who"],
        ["(0010,0010) := \"it's\" // don't"],
        ["(0008,0018) := hashUID[(0008,0018)]", '*/(0008,0020) ?= ""'],
        ['(0008,0060) = "US" ? reject[]', "-(0010,0010)"],
        ['equals[valueAt[(0010,0010)], "x"] ? reject[]'],
        ["// a \\", "// b \\", "", "-(0010,0010)"],
        ['(0010,0010) := concatenate["a", \\', '"b"] // c'],
    ],
)
def test_what_is_right_is_no_warning(lines):
    assert warned(*lines) == []


def test_an_empty_line_in_a_list_is_named_by_its_own_line():
    with pytest.raises(ScriptError) as caught:
        parse('version "6.6"\nnames := {"a"\n\n}\n')
    assert (caught.value.line, caught.value.column) == (3, 1)
