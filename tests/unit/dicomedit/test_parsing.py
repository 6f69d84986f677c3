import pickle
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.dicomedit import Script, parse
from dxclient.domain.errors import ScriptError
from dxclient.domain.protocols import DicomEditFunction

PIECES = st.sampled_from(
    [
        'version_"6.6"',
        "(0010,0010)",
        "(0009,{ACME}01)",
        ":=",
        "?=",
        "-",
        '"text"',
        "name",
        "concatenate[",
        "]",
        ",",
        "{",
        "}",
        "if",
        "(",
        ")",
        "else",
        "=",
        "~",
        "?",
        ":",
        "*",
        "/",
        "[0]",
        "//",
        "\\",
        '"',
        "5",
        "5.0",
        "hashUID[",
        "removeAllPrivateTags",
        "describe",
        "hidden",
        "é",
    ]
) | st.sampled_from(["\n", " "])


@settings(deadline=None)  # the first text loads the grammar
@given(st.text(max_size=80))
def test_any_text_is_a_script_or_a_script_error(text):
    with suppress(ScriptError):
        assert isinstance(parse(text), Script)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_pieces_of_the_language_in_any_order_are_a_script_or_a_script_error(pieces):
    with suppress(ScriptError):
        assert isinstance(parse('version "6.6"\n' + "".join(pieces)), Script)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('version "6.6"\n(0010,0010) := := "x"\n', 2, 16),
        ('version "6.6"\n// remark\n  nosuch[(0010,0010)]\n', 3, 3),
        ('version "6.6"\n(0010,0010) := \\\n  "a" "b" =\n', 3, 12),
        ('version "6.6"\n(0010,0010) := "open\n', 2, 16),
        ('version "6.6"\n-(0009,1002)\n', 2, 2),
        ('version "6.6"\n(0010,0010) := "bad \\d"\n', 2, 16),
    ],
)
def test_errors_name_line_and_column_of_the_text_as_written(text, line, column):
    with pytest.raises(ScriptError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_misspelt_function_is_answered_with_the_right_name():
    with pytest.raises(ScriptError, match="Did you mean hashUID"):
        parse('version "6.6"\n(0008,0018) := hashuid[(0008,0018)]')


def test_reading_from_the_network_is_refused_before_anything_runs():
    with pytest.raises(ScriptError, match=r"scripts\.allow_network allows it") as caught:
        parse('version "6.6"\n(0008,0060) = "XX" ? (0010,0010) := getURL["https://example.org"]')
    assert (caught.value.line, caught.value.column) == (2, 37)


OVERLOOKED = """version  "6.1"
 version "6.1"
Version "6.1"
version "4.0"
version "6.7"
version
version := "6.1"
version 6.1
version "6.1.0\""""


@pytest.mark.parametrize("first", OVERLOOKED.split("\n"))
def test_a_version_that_xnat_would_overlook_or_refuse_is_refused(first):
    with pytest.raises(ScriptError):
        parse(f'{first}\n(0010,0010) := "x"\n')


@pytest.mark.parametrize("text", ["", "\n \n", "// only a remark\n"])
def test_a_script_of_blanks_and_remarks_does_nothing(text):
    assert parse(text).statements == ()


def test_required_variables_are_those_used_before_they_are_assigned():
    script = parse(
        'version "6.6"\ndescribe subject "Who"\n(0010,0010) := subject\nown := "a"\n'
        "(0010,0020) := own\n(0008,1030) := uppercase[inside]\ndescribe secret hidden\n"
    )
    required = {v.name: (v.description, v.hidden) for v in script.variables if v.required}
    assert required == {"subject": ("Who", False), "inside": ("", False), "secret": ("", True)}
    assert "own" in {v.name for v in script.variables if not v.required}


def test_a_script_travels_to_another_process():
    script = parse('version "6.6"\nif ((0008,0060) = "CT") { -(0010,0010) }')
    assert pickle.loads(pickle.dumps(script)) == script


def site_code(text):
    return f"SITE-{text}"


def test_functions_of_extensions_are_known():
    extra = DicomEditFunction(name="site", version="1", function=site_code, min_args=1, max_args=1)
    text = 'version "6.6"\n(0010,0010) := site[(0010,0020)]'
    with pytest.raises(ScriptError, match="no function site"):
        parse(text)
    assert parse(text, [extra]).functions == ("site",)


def test_an_extension_cannot_redefine_the_language():
    extra = DicomEditFunction(
        name="hashUID", version="1", function=site_code, min_args=1, max_args=1
    )
    script = parse('version "6.6"\n(0010,0010) := hashUID["x", "y"]', [extra])
    assert script.functions == ("hashUID",)


def test_a_script_explains_itself_in_sentences():
    script = parse(
        'version "6.6"\n(0010,0010) := subject\n-(0008,0080)\nremoveAllPrivateTags\n'
        '(0008,0060) = "US" ? reject[]\n(0010,4000) := ""\n'
    )
    assert script.explain() == (
        "Patient's Name (0010,0010) becomes the value of subject.",
        "Deletes Institution Name (0008,0080).",
        "Removes all private elements.",
        "If Modality (0008,0060) is “US”: Leaves the file out.",
        "Patient Comments (0010,4000) is emptied.",
    )


@pytest.mark.parametrize(
    "lines",
    [
        "(0010,0010) := " + "concatenate[" * 3000 + '"a"' + "]" * 3000,
        "if (true[]) { " * 3000 + "}" * 3000,
        "t := " + "{" * 3000 + "}" * 3000,
    ],
)
def test_a_script_nested_beyond_reason_is_refused(lines):
    with pytest.raises(ScriptError, match="nested too deeply"):
        parse(f'version "6.6"\n{lines}\n')
