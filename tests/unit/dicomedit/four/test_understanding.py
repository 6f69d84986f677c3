import pickle
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.dicomedit import Script, parse
from dxclient.dicomedit.four.advice import warnings
from dxclient.domain.errors import ScriptError
from dxclient.domain.protocols import DicomEditFunction

PIECE_TEXTS = (
    '(0010,0010) (60XX,3000) (XXX#,XXXX) (0010,00x0) := : = ~ - , [ ] "text" "{0}" "a\\"b" '
    "uppercase format substring match hashUID getURL new UID describe hidden export echo "
    'name Name 5 -7 0 // \\ " é ; ? ! { } if version'
)
PIECES = st.sampled_from([*PIECE_TEXTS.split(), "\n", " ", "\\\n", "\r\n"])


#: The parser is built at its first use, which takes a moment on a busy machine.
patient = settings(deadline=None)


@patient
@given(st.text(max_size=80))
def test_any_text_is_a_script_or_a_script_error(text):
    with suppress(ScriptError):
        assert isinstance(parse(text), Script)


@patient
@given(st.lists(PIECES, max_size=30))
def test_pieces_of_the_language_in_any_order_are_a_script_or_a_script_error(pieces):
    with suppress(ScriptError):
        script = parse(" ".join(pieces))
        assert isinstance(script.explain(), tuple)
        assert pickle.loads(pickle.dumps(script)) == script


def problems_of(text):
    with pytest.raises(ScriptError) as caught:
        parse(text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "line", "column", "piece"),
    [
        ('(0010,0010) := "a"\nrubbish here\n', 2, 9, "here"),
        ('(0010,0010) := "a";', 1, 19, ";"),
        ('(0010,0010) != "a" : -(0010,0010)', 1, 13, "!"),
        ('(0010,0010) ?= "a"', 1, 13, "?"),
        ('(0010,00x0) := "a"', 1, 1, "(0010,00x0)"),
        ('( 0010,0010) := "a"', 1, 1, "( 0010,0010)"),
        ('(0009,{ACME}01) := "a"', 1, 1, "(0009,{ACME}01)"),
        ("(0010,0010) := \\\n  5.0", 2, 4, "."),
        ('(0010,0010) := "a" (0010,0020) (0010,0030)', 1, 32, "(0010,0030)"),
        ("-(0010,0010) -(0010,0020)", 1, 14, "-"),
        ("(0010,0010) := ", 1, 15, ""),
        ('(0010,0010) := "\\d"', 1, 17, "\\d"),
        ('(0010,0010) := "\\u0041"', 1, 17, "\\u"),
        ('(0010,0010) := "open\n-(0010,0020)', 1, 16, '"'),
        ('(0010,0010) := "open\\n', 1, 16, '"'),
        ("-(0010,0010) \\", 1, 14, "\\"),
        ("(0010,XXXX) := new UID", 1, 16, "new"),
        ("(0010,0010) := new Year", 1, 20, "Year"),
        ("(0010,0010) := concatenate[name]", 1, 16, "concatenate"),
        ("(0010,0010) := substring[(0010,0010),0]", 1, 16, "substring"),
        ("(0010,0010) := substring[(0010,0010),0,n]", 1, 40, ""),
        ('(0010,0010) := match["a","a",name]', 1, 30, ""),
        ("(0020,0013) := 99999999999", 1, 16, "99999999999"),
        ('(0010,0010) := getURL["http://host"]', 1, 16, "getURL"),
        ("if (name = name) { -(0010,0010) }", 1, 4, "("),
        ("removeAllPrivateTags", 1, 1, "removeAllPrivateTags"),
    ],
)
def test_what_the_original_would_drop_silently_is_refused_with_its_place(text, line, column, piece):
    first = problems_of(text)[0]
    assert (first.line, first.column, first.piece) == (line, column, piece)


def test_a_forgotten_quote_hides_no_statements():
    # The original would read one long text here, and delete nothing.
    text = '(0010,0010) := "a\n-(0010,0020)\n(0010,0030) := "b'
    assert [one.line for one in problems_of(text)] == [1, 3]


def test_every_line_that_is_wrong_is_told_at_once():
    found = problems_of('-(0010,0010) x\n(0010,0010) := "a"\n?\nnosuch\n(0010,0020) := nosuch[x]')
    assert [(one.line, one.column) for one in found] == [(1, 14), (3, 1), (4, 7), (5, 16)]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("(0010,0010) := hashuid[(0010,0020)]", "Did you mean hashUID?"),
        ("(0010, 00x0) := name", "Did you mean (0010,00X0)?"),
        ("(0010,0010) := isPresent[(0010,0020)]", 'version "6.6"'),
        ("removeAllPrivateTags", 'version "6.6"'),
        ('(0010,0010) != "a" : -(0010,0010)', 'version "6.6"'),
        ("(0010,0010) := “a”", "straight"),
        ('\ufeffversion "6.6"', "byte order mark"),
        ("-(0010,0010);", "ends with its line"),
        ("-(0010,0010) -(0010,0020)", "one statement"),
    ],
)
def test_a_suggestion_says_what_may_be_meant(text, suggestion):
    assert suggestion in problems_of(text)[0].suggestion


@pytest.mark.parametrize(
    "first",
    [
        'version  "6.1"',
        ' version "6.1"',
        'Version "6.1"',
        'version "4"',
        'version "4.0"',
        'version "4.0.0"',
        'version4 := "a"',
    ],
)
def test_a_version_line_that_makes_the_original_do_nothing_is_refused(first):
    problems_of(f'{first}\n(0010,0010) := "a"\n')


def test_a_script_without_a_version_line_is_of_the_language_four():
    assert parse("-(0010,0010)").language == "4"
    assert parse('version "6.6"\n-(0010,0010)').language == "6"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('(0010,0010) := "a"\n(0010,0010) := "b"\n-(0010,0010)', [2, 3]),
        ('-(0010,XXXX)\n(0010,0010) := "anonymous"', [2]),
        ('(0010,XXXX) := ""\n(0010,0010) := "a"\n-(0010,0020)', [2]),
        ('(0010,0010) := "a"\n-(0010,XXXX)\n(0008,0060) = "CT" : (0010,0010) := "b"', [3]),
        ('(0008,0060) = "CT" : (0010,0010) := "a"\n(0010,0010) := "b"\n-(0010,0020)', []),
    ],
)
def test_statements_that_an_earlier_one_makes_void_are_warned_of(text, lines):
    assert [one.line for one in warnings(parse(text).statements)] == lines


def listed(text):
    return [(one.name, one.initial, one.required) for one in parse(text).variables]


def test_variables_are_listed_by_the_alphabet_as_first_spelled():
    text = (
        '(0010,0010) := Zeta\n(0010,0020) := uppercase[alpha]\n"b" = Beta : -(0010,0030)\nzeta := 5'
    )
    assert listed(text) == [("alpha", "", True), ("Beta", "", True), ("Zeta", "5", False)]


def test_the_initial_value_of_a_constant_is_listed_and_of_others_a_description():
    text = 'a := "x\\ty"\nb := (0010,0020)\nc := lowercase[a]\nd := "{0}" a'
    initial = {name: shown for name, shown, _ in listed(text)}
    assert initial["a"] == "x\ty"
    assert "(0010,0020)" in initial["b"]
    assert initial["c"]
    assert initial["d"]


def test_variables_that_are_only_described_or_exported_are_listed_and_required():
    assert listed('describe a "A"\nexport b "field"') == [("a", "", True), ("b", "", True)]


def test_descriptions_hiding_and_exports_are_listed():
    text = 'describe one "The first"\ndescribe two hidden\nexport One "field"'
    described, hidden = parse(text).variables
    assert (described.description, described.hidden, described.export) == (
        "The first",
        False,
        "field",
    )
    assert (hidden.description, hidden.hidden, hidden.export) == ("", True, "")


@pytest.mark.parametrize("second", ["same", "SAME"])
def test_a_variable_that_gets_a_value_twice_is_refused(second):
    assert problems_of(f'same := "1"\n{second} := "2"')[0].line == 2


@pytest.mark.parametrize(
    "text",
    [
        "a := a",
        'a := "{0}" b\nb := uppercase[A]\n(0010,0010) := "x"',
        "(0010,0010) := " + "uppercase[" * 5000 + '"a"' + "]" * 5000,
        'v0 := "a"\n' + "\n".join(f'v{n + 1} := "{{0}}{{0}}" v{n}' for n in range(200)),
    ],
)
def test_values_nested_beyond_reason_are_refused(text):
    problems_of(text)


def test_functions_of_extensions_are_known_and_counted():
    def site_code(text):
        return text

    extra = DicomEditFunction(name="site", version="1", function=site_code, min_args=1, max_args=1)
    assert parse("(0010,0010) := site[hashUID[name]]", [extra]).functions == ("hashUID", "site")
    with pytest.raises(ScriptError):
        parse("(0010,0010) := site[name, name]", [extra])


@pytest.mark.parametrize(
    ("text", "effective"),
    [
        ("-(0010,0010)", True),
        ('"a" = name : (0010,0010) := ""', True),
        ('a := "b"\ndescribe a "A"\nexport a "b"\necho a\necho', False),
    ],
)
def test_a_script_knows_whether_it_changes_anything(text, effective):
    assert parse(text).effective is effective


def test_a_script_explains_itself_in_sentences():
    text = (
        'who := "x"\n(0008,0060) = "CT" : (0010,0010) ~ "A.*" : -(0010,0010)\n'
        '(60XX,3000) := ""\n(0008,0018) := new UID\n(0010,0020) := "{0}" who\necho who'
    )
    assert parse(text).explain() == (
        "The variable who is “x”.",
        "If Modality (0008,0060) is “CT” and Patient's Name (0010,0010) matches “A.*”: "
        "Deletes Patient's Name (0010,0010).",
        "(60XX,3000) is emptied, where it exists.",
        "SOP Instance UID (0008,0018) becomes a new UID.",
        "Patient ID (0010,0020) becomes “{0}” filled with (the value of who).",
    )


def test_remarks_may_hold_anything():
    script = parse('// a stray " quote; and (more\n-(0010,0010) // remark " \\\n//')
    assert len(script.statements) == 1
