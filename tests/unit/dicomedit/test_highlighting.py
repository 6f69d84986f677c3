import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit import highlight


def pieces(text):
    lines = text.split("\n")
    return [
        (lines[span.line - 1][span.column - 1 : span.column - 1 + span.length], span.kind)
        for span in highlight(text)
    ]


def six(line):
    return pieces(f'version "6.6"\n{line}')[2:]


def test_every_kind_of_piece_is_named():
    assert six('describe who "x" // remark') == [
        ("describe", "keyword"),
        ("who", "variable"),
        ('"x"', "string"),
        ("// remark", "comment"),
    ]
    assert six("(0008,1140)[0]/(0008,1155) := hashUID[ (0009,{ACME}01) ]") == [
        ("(0008,1140)", "tag"),
        ("0", "number"),
        ("(0008,1155)", "tag"),
        (":=", "operator"),
        ("hashUID", "function"),
        ("(0009,{ACME}01)", "tag"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "(0009,1002)",
        "( 0010,0020)",
        "(0010,{ACME}01)",
        "(60XX,3000)",
        '"open',
        '"bad \\d"',
        "“typographic”",
        "'apostrophes'",
        ";",
        "x",
        "==",
        "é",
    ],
)
def test_what_the_language_does_not_know_is_an_error(wrong):
    assert six(wrong) == [(wrong, "error")]


def test_what_goes_on_after_a_backslash_keeps_its_kind_on_the_next_line():
    assert six('a := "one\\\ntwo" // three\\\nfour')[2:] == [
        ('"one\\', "string"),
        ('two"', "string"),
        ("// three\\", "comment"),
        ("four", "comment"),
    ]


def test_two_slashes_after_a_colon_are_no_comment():
    assert [kind for _, kind in six("true[] ? a := b ://c")].count("comment") == 0


def test_without_a_version_the_text_is_dicomedit_4():
    assert pieces(
        '(0008,0018) := new UID // n\n(0010,0010) := "it\\"s"\n(60XX,3000) : -(XXX#,XXXX)'
    ) == [
        ("(0008,0018)", "tag"),
        (":=", "operator"),
        ("new", "keyword"),
        ("UID", "variable"),
        ("// n", "comment"),
        ("(0010,0010)", "tag"),
        (":=", "operator"),
        ('"it\\"s"', "string"),
        ("(60XX,3000)", "tag"),
        (":", "operator"),
        ("-", "operator"),
        ("(XXX#,XXXX)", "tag"),
    ]


PIECES = st.sampled_from(
    ['version "6.6"\n', "\n", "\r\n", "\\", '"', "'", "//", "(0010,", "0010)", "a[", "“"]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=30).map("".join))
def test_spans_lie_in_their_lines_in_order_and_do_not_overlap(text):
    lines = text.split("\n")
    end = (1, 1)
    for span in highlight(text):
        assert (span.line, span.column) >= end
        assert span.length > 0
        assert span.column - 1 + span.length <= len(lines[span.line - 1])
        end = (span.line, span.column + span.length)


LINES = """(0010,0010) := concatenate["a", subject, (0010,0020)] // remark
(0008,0060) = "US" ? reject[] : -(0010,0040)
if ( (0008,0060) != "CT" ) { (0008,1140)[0]/(0008,1155) ?= hashUID[(0008,1155)] }
"""


def test_two_thousand_lines_are_quick_enough_for_every_key_press():
    text = 'version "6.6"\n' + LINES * 667
    best = min(seconds(text) for _ in range(5))
    # About 20 ms on one slow core; the bound leaves room for a busy machine.
    assert best < 0.1


def seconds(text):
    start = time.perf_counter()
    assert highlight(text)
    return time.perf_counter() - start


@pytest.mark.parametrize("junk", ['"', "(", "(0010,", "a", "'", "“", "//\\\n", '"\\\n', "(0009,{a"])
def test_a_megabyte_of_nonsense_ends(junk):
    text = 'version "6.6"\n' + junk * (200_000 // len(junk))
    assert seconds(text) < 5
