"""``dxclient script``, run in this process on files of pydicom."""

from __future__ import annotations

import io
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dxclient.cli.main import main
from tests.helpers.program import Program

CT, MR = Path(get_testdata_file("CT_small.dcm")), Path(get_testdata_file("MR_small.dcm"))
GOOD = """version "6.1"
describe site_code "Code of the site"
(0010,0010) := subject
(0010,0020) := concatenate[site_code, "-", subject]
if (site_code = "7") {
  - (0010,0030)
}
"""
VALUES = ("--var", "site_code=7", "--var", "SUBJECT=S1")


@dataclass
class Said:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Scripts:
    """A folder with scripts, and the command."""

    def __init__(self, folder: Path, taken: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._taken = taken

    def write(self, text: str | bytes, name: str = "site.das") -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def images(self, *sources: Path) -> Path:
        folder = self.folder / "images"
        folder.mkdir()
        for source in sources:
            shutil.copy(source, folder)
        return folder

    def __call__(self, *words: object) -> Said:
        self._taken.readouterr()
        try:
            status = main(["script", *map(str, words)])
        except SystemExit as left:
            status = int(left.code or 0)
        taken = self._taken.readouterr()
        return Said(status, taken.out, taken.err)


@pytest.fixture
def scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Scripts:
    monkeypatch.setenv("DXCLIENT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return Scripts(tmp_path, capsys)


def test_a_task_has_to_be_named(scripts: Scripts) -> None:
    assert scripts().status == 2
    assert scripts("frobnicate").status == 2


@pytest.mark.parametrize("task", ["check", "variables", "explain", "run", "diff", "profile"])
def test_every_task_explains_itself(scripts: Scripts, task: str) -> None:
    said = scripts(task, "--help")
    assert said.status == 0
    assert f"dxclient script {task}" in said.out
    assert "--json" in said.out


# -- check


def test_a_good_script_has_no_problems(scripts: Scripts) -> None:
    said = scripts("check", scripts.write(GOOD))
    assert said.status == 0
    assert "no problems (DicomEdit 6)" in said.out
    assert said.err == ""


def test_a_problem_is_shown_with_its_place_and_a_caret(scripts: Scripts) -> None:
    path = scripts.write('version "6.1"\n\t(0010,0010) := hashUIDD["x"]\n')
    said = scripts("check", path)
    assert said.status == 1
    first, line, caret, *_ = said.out.splitlines()
    assert first.startswith(f"{path}:2:17: ")
    assert "hashUIDD" in first
    assert line.strip() == '(0010,0010) := hashUIDD["x"]'
    assert caret.index("^") == line.index("hashUIDD")
    assert caret.strip() in ("^", "^" * len("hashUIDD"))
    assert "hashUID?" in said.out
    assert said.err == "dxclient: The script has problems and cannot be used.\n"


def test_all_scripts_are_checked_even_when_the_first_is_bad(scripts: Scripts) -> None:
    bad, good = scripts.write("-(0010,0010", "bad.das"), scripts.write(GOOD)
    said = scripts("check", bad, good)
    assert said.status == 1
    assert f"{good}: no problems" in said.out
    assert "1 of 2 scripts" in said.err


def test_problems_as_json_say_line_column_and_sentence(scripts: Scripts) -> None:
    path = scripts.write('version "6.1"\n(0010,0010) := hashUIDD["x"]\n')
    said = scripts("check", "--json", path)
    assert said.status == 1
    (found,) = said.json
    (problem,) = found["problems"]
    assert (found["file"], problem["line"], problem["column"]) == (str(path), 2, 16)
    assert "hashUIDD" in problem["sentence"]


def test_a_warning_is_shown_and_is_no_problem(scripts: Scripts) -> None:
    path = scripts.write('version "6.6"\n(0010,0010) := "x";\n')
    said = scripts("check", path)
    assert said.status == 0
    first, _, caret, verdict = said.out.splitlines()
    assert first.startswith(f"{path}:2:19: warning: ")
    assert caret == 22 * " " + "^"
    assert verdict == f"{path}: no problems, 1 warning (DicomEdit 6)."
    (found,) = scripts("check", "--json", path).json
    assert [(one["line"], one["column"]) for one in found["warnings"]] == [(2, 19)]


def test_a_script_that_changes_nothing_is_called_so(scripts: Scripts) -> None:
    said = scripts("check", scripts.write('version "6.1"\na := "1"\n'))
    assert said.status == 0
    assert "changes nothing" in said.out


def test_a_script_is_read_from_standard_input(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    said = scripts("check", "-")
    assert said.status == 0
    assert said.out.startswith("-: no problems")


def test_a_byte_order_mark_does_not_make_a_script_of_another_language(scripts: Scripts) -> None:
    said = scripts("check", "--json", scripts.write(b"\xef\xbb\xbf" + GOOD.encode()))
    assert said.status == 0
    assert said.json[0]["language"] == "6"


@pytest.mark.parametrize("data", [b"\xff\xfe(\x000\x00", b"\xe4\xf6\xfc", b"a\0b"])
@pytest.mark.parametrize("task", ["check", "variables", "explain"])
def test_what_is_no_text_gets_a_sentence_that_does_not_name_the_file(
    scripts: Scripts, task: str, data: bytes
) -> None:
    said = scripts(task, scripts.write(data, "DOE_JANE"))
    assert said.status == 1
    assert "no text" in said.err
    assert "DOE" not in said.err + said.out


def test_a_missing_script_is_told_by_its_number(scripts: Scripts) -> None:
    said = scripts("check", scripts.write(GOOD), scripts.folder / "missing.das")
    assert said.status == 1
    assert "Number 2 of the script files cannot be read" in said.err


def test_control_characters_of_a_script_do_nothing_on_the_terminal(scripts: Scripts) -> None:
    said = scripts("check", scripts.write('version "6.1"\n(0010,0010) := f["\x1b[2J"]\n'))
    assert said.status == 1
    assert "\x1b" not in said.out
    assert "␛" in said.out


# -- variables


def test_variables_of_several_scripts_are_one_list(scripts: Scripts) -> None:
    other = 'version "6.1"\n(0012,0031) := Site_Code\nown := "1"\n(0010,4000) := own\n'
    said = scripts("variables", "--json", scripts.write(GOOD), scripts.write(other, "p.das"))
    assert said.status == 0
    found = {row["name"]: row for row in said.json}
    assert set(found) == {"site_code", "subject", "own"}
    assert found["site_code"]["scripts"] == ["site.das", "p.das"]
    assert found["site_code"]["description"] == "Code of the site"
    assert (found["subject"]["supplied"], found["site_code"]["supplied"]) == (True, False)
    assert (found["own"]["required"], found["site_code"]["required"]) == (False, True)


def test_the_table_says_where_values_come_from(scripts: Scripts) -> None:
    said = scripts("variables", scripts.write(GOOD))
    rows = {line.split("  ")[0].strip(): line for line in said.out.splitlines()}
    assert "the program" in rows["subject"]
    assert " you " in rows["site_code"]


def test_hidden_variables_are_marked(scripts: Scripts) -> None:
    text = 'version "6.1"\ndescribe key hidden\n(0010,0010) := key\n'
    said = scripts("variables", "--json", scripts.write(text))
    assert said.json[0]["hidden"] is True


def test_scripts_without_variables_say_so(scripts: Scripts) -> None:
    said = scripts("variables", scripts.write('version "6.1"\n-(0010,0010)\n'))
    assert said.out == "The scripts have no variables.\n"


# -- explain


def test_the_explanation_has_a_line_number_for_each_sentence(scripts: Scripts) -> None:
    said = scripts("explain", scripts.write(GOOD))
    assert said.status == 0
    first, *rest = said.out.splitlines()
    assert first == "site.das, DicomEdit 6:"
    assert [line.split()[1] for line in rest] == ["3", "4", "5", "6"]
    assert "Patient's Name" in rest[0]


def test_a_bad_script_is_not_explained_but_the_others_are(scripts: Scripts) -> None:
    bad, good = scripts.write("-(0010,0010", "bad.das"), scripts.write(GOOD)
    said = scripts("explain", bad, good)
    assert said.status == 1
    assert "Patient's Name" in said.out
    assert f"{bad}:1:" in said.err


def test_explanations_as_json_hold_lines(scripts: Scripts) -> None:
    (found,) = scripts("explain", "--json", scripts.write(GOOD)).json
    assert found["effective"] is True
    assert [row["line"] for row in found["sentences"]] == [3, 4, 5, 6]


# -- run


def test_run_writes_what_anonymize_writes(
    scripts: Scripts, capsys: pytest.CaptureFixture[str]
) -> None:
    script, images = scripts.write(GOOD), scripts.images(CT, MR)
    one, two = scripts.folder / "one", scripts.folder / "two"
    said = scripts("run", "--script", script, *VALUES, images, one)
    assert (said.status, said.out) == (0, "2 anonymized, 0 rejected by a script, 0 failed\n")
    assert main(["anonymize", "--script", str(script), *VALUES, str(images), str(two)]) == 0
    for name in (CT.name, MR.name):
        assert (one / name).read_bytes() == (two / name).read_bytes()
        assert dcmread(one / name).PatientName == "S1"


def test_rejected_and_failed_files_are_named_and_not_written(scripts: Scripts) -> None:
    script = scripts.write('version "6.1"\n(0008,0060) = "MR" ? reject[]\n(0010,0010) := "x"\n')
    images = scripts.images(CT, MR)
    (images / "notes.txt").write_text("no image")
    out = scripts.folder / "out"
    said = scripts("run", "--json", "--script", script, images, out)
    assert said.status == 1
    assert (said.json["anonymized"], said.json["rejected"]) == (1, 1)
    assert said.json["rejected_files"] == [str(images / MR.name)]
    assert [row["path"] for row in said.json["failed"]] == [str(images / "notes.txt")]
    assert [path.name for path in out.iterdir()] == [CT.name]


def test_nothing_is_written_when_anything_would_be_overwritten(scripts: Scripts) -> None:
    images, out = scripts.images(CT, MR), scripts.folder / "out"
    out.mkdir()
    (out / MR.name).write_bytes(b"mine")
    said = scripts("run", "--script", scripts.write(GOOD), *VALUES, images, out)
    assert said.status == 1
    assert "nothing is overwritten" in said.err
    assert [path.read_bytes() for path in out.iterdir()] == [b"mine"]


def test_a_missing_input_is_told_before_anything_is_made(scripts: Scripts) -> None:
    out = scripts.folder / "out"
    said = scripts("run", "--script", scripts.write(GOOD), *VALUES, scripts.folder / "x", out)
    assert said.status == 1
    assert "does not exist" in said.err
    assert not out.exists()


def test_a_variable_is_written_as_name_and_value(scripts: Scripts) -> None:
    said = scripts("run", "--script", scripts.write(GOOD), "--var", "site_code", CT, "out")
    assert said.status == 1
    assert "NAME=VALUE" in said.err


# -- diff


def test_before_and_after_are_shown_with_the_line_that_did_it(scripts: Scripts) -> None:
    said = scripts("diff", "--script", scripts.write(GOOD), *VALUES, CT)
    assert said.status == 0
    row = next(line for line in said.out.splitlines() if line.startswith("(0010,0010)"))
    assert [part.strip() for part in row.split("  ") if part.strip()] == [
        "(0010,0010)",
        "Patient's Name",
        "CompressedSamples^CT1",
        "S1",
        "site.das:3",
    ]
    assert "Nothing was written" in said.out


def test_the_same_change_in_many_files_is_one_row(scripts: Scripts) -> None:
    said = scripts(
        "diff", "--json", "--script", scripts.write(GOOD), *VALUES, scripts.images(CT, MR)
    )
    assert said.status == 0
    assert said.json["files"] == 2
    names = {row["element"]: row for row in said.json["changes"]}
    name = names["(0010,0010)"]
    assert (name["files"], name["new"], name["old"], name["old_values"]) == (2, "S1", None, 2)


def test_all_lists_each_file(scripts: Scripts) -> None:
    images = scripts.images(CT, MR)
    said = scripts("diff", "--all", "--json", "--script", scripts.write(GOOD), *VALUES, images)
    files = [row["file"] for row in said.json["changes"] if row["element"] == "(0010,0010)"]
    assert files == [str(images / CT.name), str(images / MR.name)]
    assert {row["old"] for row in said.json["changes"]} > {"CompressedSamples^CT1"}
    shown = scripts("diff", "--all", "--script", scripts.write(GOOD), *VALUES, images).out
    assert str(images / MR.name) in shown


def test_an_element_that_several_lines_change_is_one_row(scripts: Scripts) -> None:
    first = scripts.write('version "6.1"\n(0010,0010) := "a"\n(0010,0020) := "b"\n')
    text = 'version "6.1"\n(0010,0010) := "c"\n(0010,0010) := "d"\n(0010,0020) := "1CT1"\n'
    second = scripts.write(text, "project.das")
    words = ("diff", "--script", first, "--script", second, CT)
    (row,) = scripts(*words, "--json").json["changes"]
    assert (row["element"], row["old"], row["new"]) == ("(0010,0010)", "CompressedSamples^CT1", "d")
    assert [(one["script"], one["line"]) for one in row["places"]] == [
        ("site.das", 2),
        ("project.das", 2),
        ("project.das", 3),
    ]
    assert "site.das:2; project.das:2, 3" in scripts(*words).out


def test_rejected_files_are_named_and_nothing_is_written(scripts: Scripts) -> None:
    script = scripts.write('version "6.1"\n(0008,0060) = "MR" ? reject[]\n(0010,0010) := "x"\n')
    images = scripts.images(CT, MR)
    before = {path: path.read_bytes() for path in scripts.folder.rglob("*") if path.is_file()}
    said = scripts("diff", "--script", script, images)
    assert said.status == 0
    assert f"{images / MR.name}: Rejected by the script “site.das”." in said.out
    assert "2 files: 0 unchanged, 1 rejected by a script, 0 failed" in said.out
    assert before == {p: p.read_bytes() for p in scripts.folder.rglob("*") if p.is_file()}


def test_a_file_that_fails_makes_the_comparison_fail(scripts: Scripts) -> None:
    images = scripts.images(CT)
    (images / "notes.txt").write_text("no image")
    said = scripts("diff", "--script", scripts.write(GOOD), *VALUES, images)
    assert said.status == 1
    assert f"{images / 'notes.txt'}: " in said.out


def test_an_empty_and_an_absent_element_look_different(scripts: Scripts) -> None:
    script = scripts.write('version "6.1"\n(0010,0020) := ""\n-(0010,0010)\n')
    out = scripts("diff", "--script", script, CT).out
    rows = {line[:11]: line for line in out.splitlines()}
    assert "(empty)" in rows["(0010,0020)"]
    assert "(absent)" in rows["(0010,0010)"]


def test_values_never_reach_standard_error(scripts: Scripts) -> None:
    script = scripts.write('version "6.1"\n(0010,0010) := substring[(0010,0010), "0", "99"]\n')
    said = scripts("diff", "--script", script, CT)
    assert said.status == 1
    assert "Compressed" not in said.err + said.out
    assert "line 2" in said.out


def test_odd_values_do_not_make_libraries_talk(scripts: Scripts) -> None:
    odd = CT.read_bytes().replace(b"1CT1", b"\xffCT\xfe").replace(b"20040119", b"DOE^JANE")
    image = scripts.folder / "odd.dcm"
    image.write_bytes(odd)
    text = 'version "6.1"\n(0010,0010) := (0010,0020)\n(0008,0020) := (0008,0020)\n'
    script = scripts.write(text + '(0020,4000) := concatenate[(0008,0020), "\u00e4"]\n')
    program = Program(scripts.folder / "home")
    for words in (("diff", image), ("run", image, scripts.folder / "out.dcm")):
        ran = program.run("script", words[0], "--script", script, *words[1:])
        assert ran.err == ""
