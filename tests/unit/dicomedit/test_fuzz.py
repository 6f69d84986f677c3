"""Whatever a text or a file holds: a result, or an error of ours; never a crash, never a hang."""

import io
import time
import tracemalloc
from contextlib import nullcontext, suppress

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from dxclient.dicomedit import Script, highlight, parse, run
from dxclient.domain.errors import AnonymizationError, ScriptError
from tests.unit.dicomedit.files import sample, synthetic
from tests.unit.dicomedit.scripts import FOUR, SIX, mutated

VARIABLES = {"subject": "S1", "project": "P", "t": "20200101", "u": "(0010,0010)", "a1": ""}
#: A deadline would measure the machine: other work runs beside the tests.
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def understood(text):
    """The script of a text, or None; everything that can be asked of it is asked."""
    lines = text.split("\n")
    for span in highlight(text):
        assert span.length <= len(lines[span.line - 1])
    try:
        script = parse(text)
    except ScriptError as error:
        check_problems(text, error)
        return None
    assert isinstance(script, Script)
    assert all(script.explain())
    assert script.variables is not None
    assert script.effective in (True, False)
    check_places(text, script.warnings)
    return script


def check_problems(text, error):
    assert error.problems
    first = error.problems[0]
    assert (error.line, error.column) == (first.line, first.column)
    assert all(problem.sentence for problem in error.problems)
    check_places(text, error.problems)


def check_places(text, problems):
    lines = text.split("\n")
    places = [(problem.line, problem.column) for problem in problems]
    assert places == sorted(places)
    for line, column in places:
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


@FUZZ
@given(st.text())
def test_any_text_is_understood_or_refused(text):
    understood(text)
    understood(f'version "6.6"\n{text}')


@FUZZ
@given(SIX)
def test_any_script_of_dicomedit_6_is_understood_or_refused(text):
    understood(text)


@FUZZ
@given(FOUR)
def test_any_script_of_dicomedit_4_is_understood_or_refused(text):
    understood(text)


@FUZZ
@given(mutated(SIX))
def test_any_damaged_script_of_dicomedit_6_is_understood_or_refused(text):
    understood(text)


@FUZZ
@given(mutated(FOUR))
def test_any_damaged_script_of_dicomedit_4_is_understood_or_refused(text):
    understood(text)


def carried_out(text, data):
    script = understood(text)
    if script is None:
        return
    with suppress(AnonymizationError):
        outcome = run([script], data, VARIABLES, record=True)
        assert outcome.rejected or outcome.data is not None


ELEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "PatientName": st.sampled_from(["Doe^Jane", "", "Ä^Ö", "a\\b"]),
        "StudyDate": st.sampled_from(["20200228", "", "19000101", "notadate"]),
        "AcquisitionDateTime": st.sampled_from(["20200228120000.5", "2020", ""]),
        "PatientBirthDate": st.sampled_from(["19000101", "20000101"]),
        "PatientAge": st.sampled_from(["099Y", "12", "010M"]),
        "Rows": st.integers(0, 65535),
        "SpecificCharacterSet": st.sampled_from(["ISO_IR 100", "ISO_IR 192", "nonsense"]),
        "InstitutionName": st.text(st.characters(max_codepoint=126, min_codepoint=32), max_size=20),
    },
)


@st.composite
def small_files(draw):
    """A small data set with a sequence and a private block."""
    elements = draw(ELEMENTS)
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3"
    if draw(st.booleans()):
        elements["ReferencedImageSequence"] = [inner] * draw(st.integers(0, 2))
    elements["AdditionalPatientHistory"] = "none"
    data = synthetic(**elements)
    if not draw(st.booleans()):
        return data
    dataset = pydicom.dcmread(io.BytesIO(data))
    block = dataset.private_block(0x0009, "ACME", create=True)
    block.add_new(0x01, draw(st.sampled_from(["LO", "ST", "UT"])), "x")
    block.add_new(0x02, draw(st.sampled_from(["OB", "UN"])), b"yy")
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@FUZZ
@given(SIX | FOUR, small_files())
def test_any_script_on_any_small_file_ends_in_a_result_or_an_error(text, data):
    carried_out(text, data)


FILES = [
    "CT_small.dcm",
    "MR_small.dcm",
    "rtplan.dcm",
    "JPEG2000.dcm",
    "image_dfl.dcm",
    "MR_small_bigendian.dcm",
    "reportsi.dcm",
    "nested_priv_SQ.dcm",
    "UN_sequence.dcm",
]


@st.composite
def damaged_files(draw):
    data = bytearray(sample(draw(st.sampled_from(FILES))))
    # Most of what can go wrong stands in the header.
    reach = min(len(data), draw(st.sampled_from([400, 4000, 100_000])))
    for _ in range(draw(st.integers(0, 6))):
        position = draw(st.integers(0, reach - 1))
        data[position] = draw(st.integers(0, 255) | st.sampled_from([0, 0xFF, 0xFE, 0x20]))
    if draw(st.integers(0, 3)) == 0:
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data)


WHOLE = """version "6.6"
*/(0008,0018) ?= "1.2.3"
-(50X@,XXXX)
hashUIDList["*/(0020,000D)", "*/(0008,1155)"]
(0012,0064)[0]/(0008,0100) := "c"
(0010,0010) := concatenate["A", (0010,0020)]
(0009,{ACME}01) := "x"
removeAllPrivateTags
"""


@FUZZ
@given(st.just(WHOLE) | SIX, damaged_files())
def test_any_damaged_file_ends_in_a_result_or_an_error(text, data):
    carried_out(text, data)


BOMBS = [
    "(?:a|a)" * 35 + "b",
    "(a|aa)" * 35 + "b",
    "a?" * 40 + "[bc]",
    "[a-z]{0,9}" * 20 + "[bc]",
    "(?:a?)?" * 20 + "[bc]",
    "(?x)(a|a) *" + "(a|a)" * 9 + "[bc]",
    "(a*)*[bc]",
    ".*.*.*.*.*[bc]",
]


@pytest.mark.parametrize("pattern", BOMBS)
@pytest.mark.parametrize("version", ['version "6.6"\n', ""])
def test_a_pattern_with_endless_ways_to_match_ends_in_time(pattern, version):
    mark = "?" if version else ":"
    text = f'{version}(0010,0020) ~ "{pattern}" {mark} (0010,4000) := "x"'
    started = time.monotonic()
    with suppress(ScriptError):
        run([parse(text)], synthetic(PatientID="a" * 40), {})
    assert time.monotonic() - started < 10


GROWING = [
    "t := concatenate[t, t]",
    "t := {t, t}",
    "t := {{}, t, t, {}}",
    "t := {t}",
    't := format["{0}{0}{0}", t]',
    't := replace[t, "", t]',
    't := concatenate["x", t, "x", t]',
    't := normalizeString[concatenate["é", t], concatenate[t, t]]',
]


@pytest.mark.parametrize("line", GROWING)
def test_a_script_that_doubles_a_value_again_and_again_ends_in_an_error(line):
    text = "\n".join(['version "6.6"', 't := "xxxxxxxx"', *[line] * 70, "(0010,4000) := t"])
    with pytest.raises(ScriptError, match="too long"):
        run([parse(text)], synthetic(), {})


TEN = "t := concatenate[t, t, t, t, t, t, t, t, t, t]\n"


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("(0010,4000) := u", "too long"),
        ("v := concatenate[u]", "too long"),
        ("v := uppercase[u]", "too long"),
        ("(0010,0020) ~ u ? (0010,0010) := t", "too long"),
        ('v := format["{0}{1}", u, u]', "too long"),
        ("(0010,4000) := {u, {u}}", "too long"),
        ('blankValues["x", u]\n(0010,4000) := t', ""),
        ("v := equals[u, u]", ""),
        ("(0010,4000) := t\n" * 99, "too much"),
    ],
)
def test_a_list_of_one_long_text_many_times_fills_no_memory(use, words):
    repeated = ", ".join("t" * 50)
    text = f'version "6.6"\nt := "0123456789"\n{TEN * 6}u := {{{repeated}}}\n{use}'
    script, data = parse(text), synthetic()
    tracemalloc.start()
    try:
        with pytest.raises(ScriptError, match=words) if words else nullcontext() as caught:
            run([script], data, {})
        assert not words or caught.value.line >= 10
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_an_item_beyond_all_sequences_is_refused_before_it_is_made():
    with pytest.raises(ScriptError, match="so many items"):
        parse('version "6.6"\n(0012,0064)[5555555550]/(0008,0100) := "c"')
