"""getURL: refused unless somebody offers to read, and what becomes of an answer."""

import pickle

import pytest

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import ScriptError
from dxclient.domain.protocols import DicomEditFunction
from tests.unit.dicomedit.files import read, synthetic

ANSWERS = {
    "https://example.org/a": "one\ntwo\r\nthree\r",
    "https://example.org/0815": "S0815",
    "https://example.org/empty": "",
}
LINE = 'version "6.6"\n(0010,0010) := getURL[%s]\n'


def offered(function=ANSWERS.get):
    return DicomEditFunction(name="getURL", version="1", function=function, min_args=1, max_args=1)


def result(argument, function=ANSWERS.get):
    script = parse(LINE % argument, [offered(function)])
    return read(run([script], synthetic(), {}).data).PatientName


def test_without_an_offer_the_script_is_refused_and_told_which_setting_allows_it():
    with pytest.raises(ScriptError, match=r"scripts\.allow_network") as caught:
        parse(LINE % '"https://example.org/a"')
    assert (caught.value.line, caught.value.column) == (2, 16)


def test_lines_of_an_answer_are_joined_without_anything_between():
    assert result('"https://example.org/a"') == "onetwothree"


def test_an_address_may_be_made_of_values():
    assert result('concatenate["https://example.org/", (0010,0020)]') == "S0815"


@pytest.mark.parametrize(
    "argument", ['"https://example.org/empty"', '"https://example.org/none"', "(0010,4000)"]
)
def test_no_answer_stops_the_file(argument):
    with pytest.raises(ScriptError, match="line 2"):
        result(argument)


def test_an_address_is_needed():
    with pytest.raises(ScriptError):
        parse(LINE % "", [offered()])


def read_nothing(url):
    return None


def test_a_script_that_reads_travels_to_another_process():
    script = parse(LINE % '"https://example.org/a"', [offered(read_nothing)])
    assert pickle.loads(pickle.dumps(script)) == script
