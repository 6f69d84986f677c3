"""Checking scripts, trying them on a file, and keeping one's own."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from dxclient.app.scripting import (
    check_text,
    compare,
    delete_own,
    own_scripts,
    save_own,
    variables_of_all,
)
from dxclient.domain.errors import ScriptError, SettingsError
from dxclient.domain.project import Origin, ScriptSource
from dxclient.domain.protocols import DicomEditFunction

CT = Path(get_testdata_file("CT_small.dcm"))


def source(lines: str, name: str = "mine") -> ScriptSource:
    return ScriptSource(name=name, text=f'version "6.1"\n{lines}\n', origin=Origin.USER)


# -- checking


def test_a_good_script_is_known_without_running_it() -> None:
    checked = check_text('version "6.1"\n(0010,0010) := hashUID[subject]')
    assert checked.problems == ()
    assert [variable.name for variable in checked.variables] == ["subject"]
    assert (checked.functions, checked.language, checked.effective) == (("hashUID",), "6", True)
    assert len(checked.sentences) == 1
    assert checked.lines == (2,)


def test_sentences_of_blocks_have_the_lines_of_their_statements() -> None:
    text = (
        'version "6.1"\nif (a = "1") {\n- (0010,0010)\n}\nelseif (a = "2") {\n- (0010,0020)\n'
        "} else {\nremoveAllPrivateTags\n}\n(0010,4000) := a"
    )
    checked = check_text(text)
    assert checked.lines == (2, 3, 5, 6, 7, 8, 10)
    assert len(checked.sentences) == len(checked.lines)


def test_a_bad_script_has_problems_with_places_and_is_no_error() -> None:
    checked = check_text('version "6.1"\n(0010,0010) := hashUIDD["x"]')
    assert [(problem.line, problem.column) for problem in checked.problems] == [(2, 16)]
    assert checked.sentences == ()


def test_functions_of_extensions_are_known_when_they_are_given() -> None:
    text = 'version "6.1"\n(0010,0010) := acme["x"]'
    acme = DicomEditFunction(name="acme", version="1", function=str, min_args=1, max_args=1)
    assert check_text(text).problems
    assert check_text(text, (acme,)).problems == ()


@given(st.text(alphabet=st.sampled_from('(0,1) :=-"[]{}?~ahversion6.\n\t'), max_size=80))
def test_no_text_makes_checking_fail(text: str) -> None:
    checked = check_text(text)
    assert checked.problems or len(checked.sentences) == len(checked.lines)


# -- comparing


def test_changes_have_old_and_new_values_and_their_line() -> None:
    found = compare([source("(0010,0010) := subject")], CT, {"SUBJECT": "S1"})
    assert (found.sentence, found.rejected, found.missing) == ("", False, ())
    (change,) = found.changes
    assert (change.element, change.old, change.new) == (
        "(0010,0010)",
        "CompressedSamples^CT1",
        "S1",
    )
    assert (change.script, change.line) == ("mine", 2)


def test_missing_variables_are_named() -> None:
    found = compare([source("(0010,0010) := subject\n(0010,0020) := code")], CT, {"code": ""})
    assert found.missing == ("subject",)
    assert "subject" in found.sentence
    assert found.changes == ()


def test_a_rejected_file_is_called_so() -> None:
    found = compare([source("reject[]", "keep-out")], CT, {})
    assert found.rejected
    assert "keep-out" in found.sentence


def test_what_goes_wrong_is_a_sentence_without_values_and_paths(tmp_path: Path) -> None:
    text = tmp_path / "DOE_JANE.dcm"
    for path in (text, tmp_path):
        found = compare([source("-(0010,0010)")], path, {})
        assert found.sentence
        assert "DOE" not in found.sentence
    text.write_text("no image")
    assert compare([source("-(0010,0010)")], text, {}).sentence
    bad = compare([source('(0010,0010) := substring[(0010,0010), "0", "99"]')], CT, {})
    assert "line 2" in bad.sentence
    assert "Compressed" not in bad.sentence


def test_a_script_that_is_not_understood_is_named() -> None:
    assert "mine" in compare([source("-(0010,00")], CT, {}).sentence


def test_values_do_not_show_in_the_text_of_a_comparison() -> None:
    assert "Compressed" not in repr(compare([source("-(0010,0010)")], CT, {}))


# -- variables


def test_the_first_description_wins_and_any_use_makes_a_variable_required() -> None:
    first = source('describe a "one"\na := "1"\n(0010,0010) := a', "first")
    second = source('describe A "two"\n(0010,0020) := A', "second")
    (asked,) = variables_of_all([first, second])
    assert (asked.name, asked.description, asked.required) == ("a", "one", True)
    assert asked.scripts == ("first", "second")


def test_variables_of_a_bad_script_are_an_error() -> None:
    with pytest.raises(ScriptError, match="mine"):
        variables_of_all([source("-(0010,00")])


# -- one's own scripts


def test_a_script_is_kept_listed_replaced_and_removed(tmp_path: Path) -> None:
    assert own_scripts(tmp_path) == ()
    save_own(tmp_path, "b side.das", "two")
    save_own(tmp_path, "a", "one")
    kept = save_own(tmp_path, "a", 'version "6.1" // ä\r\n')
    assert kept == own_scripts(tmp_path)[0]
    assert [script.name for script in own_scripts(tmp_path)] == ["a", "b side"]
    delete_own(tmp_path, "a")
    delete_own(tmp_path, "a")
    assert [script.name for script in own_scripts(tmp_path)] == ["b side"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_script_is_for_its_owner_only(tmp_path: Path) -> None:
    save_own(tmp_path, "a", "one")
    path = tmp_path / "scripts" / "a.das"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name", ["", " ", "..", "../a", "a/b", "a\\b", ".a", "con", "NUL", "com1.x", "a" * 81, "a\nb"]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="name"):
        save_own(tmp_path, name, "text")
    with pytest.raises(SettingsError, match="name"):
        delete_own(tmp_path, name)
    assert list(tmp_path.rglob("*")) == []


def test_half_a_character_is_refused_and_the_old_script_stays(tmp_path: Path) -> None:
    save_own(tmp_path, "a", "one")
    with pytest.raises(SettingsError, match="half a character"):
        save_own(tmp_path, "a", "\ud800")
    assert own_scripts(tmp_path)[0].text == "one"


def test_a_file_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    save_own(tmp_path, "a", "one")
    (tmp_path / "scripts" / "b.das").write_bytes(b"\xff\xfe\0")
    assert [script.name for script in own_scripts(tmp_path)] == ["a"]
