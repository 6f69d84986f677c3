"""What the page on scripts says of every example is what happens."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import keyword_for_tag

from dxclient.app.scripting import check_text, compare
from dxclient.cli.main import main
from dxclient.dicomedit import parse, run
from dxclient.dicomedit.functions import known_functions
from dxclient.dicomedit.functions_url import GET_URL
from dxclient.domain.project import Origin, ScriptSource
from tests.helpers.program import ROOT

PAGE = ROOT / "docs" / "user" / "scripts.md"
TEXT = PAGE.read_text("utf-8")
ABSENT, EMPTY, BINARY = "*absent*", "*empty*", "*binary*"

CHANGES = re.compile(r"(In|Some of what changes in) `(\S+)`(?:, with (.*))?:")
NOTHING = re.compile(r"Nothing changes in `(\S+)`\.")
LEFT_OUT = re.compile(r"`(\S+)` is left out\.")
FAILS = re.compile(r"`(\S+)` fails: \*(.*)\*")
REFUSED = re.compile(r"Refused, line (\d+): \*(.*)\*")
ROW = re.compile(r"\| (\S+) \| (.*) \| (.*) \|")


@dataclass
class Example:
    """Scripts, and one line of the page that says what they do, with its table."""

    line: int
    scripts: tuple[str, ...]
    said: str
    rows: dict[str, tuple[str, str]] = field(default_factory=dict)


def examples() -> Iterator[Example]:
    scripts: list[str] = []
    block: list[str] | None = None
    now: Example | None = None
    for number, line in enumerate(TEXT.split("\n"), 1):
        if line == "```dicomedit":
            if now is not None:
                scripts, now = [], None
            block = []
        elif block is not None and line == "```":
            scripts.append("\n".join(block) + "\n")
            block = None
        elif block is not None:
            block.append(line)
        elif any(form.fullmatch(line) for form in (CHANGES, NOTHING, LEFT_OUT, FAILS, REFUSED)):
            now = Example(number, tuple(scripts), line)
            yield now
        elif now is not None and (row := ROW.fullmatch(line)) and row[1].startswith("("):
            now.rows[row[1]] = (row[2], row[3])


ALL = list(examples())
each_example = pytest.mark.parametrize("example", ALL, ids=lambda one: f"line {one.line}")


def image(name: str) -> Path:
    return Path(get_testdata_file(name))


def sources(example: Example) -> list[ScriptSource]:
    return [
        ScriptSource(name=f"script {number}", text=text, origin=Origin.USER)
        for number, text in enumerate(example.scripts, 1)
    ]


def values(words: str | None) -> dict[str, str]:
    return dict(pair.split("=") for pair in re.findall(r"`(\S+=\S+)`", words or ""))


def shown(dataset: Dataset, path: str) -> str:
    """What pydicom reads, in the form of the tables."""
    level, parts = dataset, re.findall(r"\((\w{4}),(\w{4})\)(?:\[(\d+)\])?", path)
    for number, (group, element, item) in enumerate(parts):
        tag = int(group + element, 16)
        if tag not in level:
            return ABSENT
        if number < len(parts) - 1:
            if int(item) >= len(level[tag].value):
                return ABSENT
            level = level[tag].value[int(item)]
    found = level[tag]
    if found.VR == "SQ":
        return f"*sequence of {len(found.value)}*"
    if isinstance(found.value, bytes):
        return BINARY
    many = found.value if found.VM > 1 else [found.value]
    text = "\\".join("" if one is None else str(one) for one in many)
    return f"`{text}`" if text else EMPTY


def edited(example: Example, name: str, given: dict[str, str]) -> tuple[bytes, bytes]:
    before = image(name).read_bytes()
    outcome = run([parse(text) for text in example.scripts], before, given)
    assert outcome.data is not None
    return before, outcome.data


def net(example: Example, name: str, given: dict[str, str]) -> set[str]:
    """Elements that are in the end not as they were, as the program itself records them."""
    found = compare(sources(example), image(name), given)
    assert (found.sentence, found.missing) == ("", ())
    first: dict[str, str | None] = {}
    last: dict[str, str | None] = {}
    for change in found.changes:
        first.setdefault(change.element, change.old)
        last[change.element] = change.new
    opaque = ("(sequence)", "(binary)")
    return {one for one in first if first[one] != last[one] or first[one] in opaque}


@each_example
def test_an_example_does_what_the_page_says(example: Example) -> None:
    if said := CHANGES.fullmatch(example.said):
        changes(example, said[2], values(said[3]), all_of_them=said[1] == "In")
    elif said := NOTHING.fullmatch(example.said):
        assert net(example, said[1], {}) == set()
        assert run([parse(t) for t in example.scripts], image(said[1]).read_bytes(), {}).data
    elif said := LEFT_OUT.fullmatch(example.said):
        assert compare(sources(example), image(said[1]), {}).rejected
    elif said := FAILS.fullmatch(example.said):
        found = compare(sources(example), image(said[1]), {})
        assert not found.rejected
        assert said[2] in found.sentence
    elif said := REFUSED.fullmatch(example.said):
        (problem,) = check_text(example.scripts[0]).problems
        assert problem.line == int(said[1])
        assert said[2] in f"{problem.sentence} {problem.suggestion}"


def changes(example: Example, name: str, given: dict[str, str], *, all_of_them: bool) -> None:
    assert example.rows
    before, after = (dcmread(BytesIO(data), force=True) for data in edited(example, name, given))
    for path, (old, new) in example.rows.items():
        assert (shown(before, path), shown(after, path)) == (old, new), path
        assert old != BINARY or before.PixelData != after.PixelData
    changed = net(example, name, given)
    if all_of_them:
        assert changed == set(example.rows)
    else:
        assert changed >= set(example.rows)


def test_every_script_of_the_page_is_an_example() -> None:
    blocks = re.findall(r"^```dicomedit\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    used = {text for example in ALL for text in example.scripts}
    assert [block for block in blocks if block not in used] == []
    assert len(blocks) >= 30
    assert "@@" not in TEXT


def test_an_example_that_is_wrong_would_be_found() -> None:
    first = ALL[0]
    rows = {path: (old, "`something else`") for path, (old, _) in first.rows.items()}
    with pytest.raises(AssertionError):
        test_an_example_does_what_the_page_says(
            Example(first.line, first.scripts, first.said, rows)
        )


def test_the_commands_of_the_page_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DXCLIENT_HOME", str(tmp_path / "home"))
    version = 'version "6.6"\n'
    Path("site.das").write_text(f"{version}(0010,0010) := subject\n")
    Path("project.das").write_text(f"{version}(0010,0020) := site_code\n")
    shutil.copy(image("CT_small.dcm"), "image.dcm")
    Path("images").mkdir()
    shutil.copy(image("MR_small.dcm"), "images")
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    assert {line.split()[2] for line in lines} == {
        *("check", "variables", "explain", "diff", "run", "profile")
    }
    for line in lines:
        if line == "dxclient script diff --script project.das image.dcm":
            line += " --var site_code=07"
        words, _, kept = line.partition(" > ")
        capsys.readouterr()
        status = main(shlex.split(words)[1:])
        said = capsys.readouterr()
        assert status == 0, (line, said.err)
        assert said.out, line
        if kept:
            Path(kept).write_text(said.out, "utf-8")


def test_the_table_lists_every_function_once() -> None:
    table = TEXT.partition("## All functions")[2]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted({*known_functions(), GET_URL})
    assert listed == sorted(listed, key=str.lower)


def test_links_of_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    places = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", TEXT):
        file, _, place = target.partition("#")
        assert not file or (PAGE.parent / file).exists(), target
        assert not place or place in places, target


def test_elements_that_the_page_names_are_called_so() -> None:
    assert keyword_for_tag(0x00100010) == "PatientName"
    for tag, name in re.findall(r"\| `\((\w{4},\w{4})\)` \| ([A-Z]\S+ \S+) \|", TEXT):
        from pydicom.datadict import dictionary_description

        assert dictionary_description(int(tag.replace(",", ""), 16)) == name


#: What the table of traps claims of dxclient: (piece of its row, script, file, what happens).
TRAPS = [
    ("or `Version`", ' version "6.6"\n-(0010,0010)', "", "refused"),
    ("or `Version`", 'version  "6.6"\n-(0010,0010)', "", "refused"),
    ("or `Version`", 'Version "6.6"\n-(0010,0010)', "", "refused"),
    ('`version "4"`', 'version "4"\n-(0010,0010)', "", "refused"),
    ("such as a `;`", "-(0010,0010);\n-(0010,0020)", "", "refused"),
    (
        "in the brackets of another one",
        'version "6.6"\n(0010,0010) := uppercase[acme["x"]]',
        "",
        "refused",
    ),
    (
        "a path without quotes",
        'version "6.6"\nmapReferencedUIDs["1.2", (0008,0018)]',
        "",
        "refused",
    ),
    ("the character set", 'version "6.6"\n(0010,0010) := "Ω"', "CT_small.dcm", "kept"),
    (
        "rejected or failed",
        'version "6.6"\nreject[]\n(0010,0010) := "x"',
        "CT_small.dcm",
        "left out",
    ),
    (
        "leaves the creator",
        'version "6.6"\n(0011,{GEMS_PATI_01}XX) ?= "1"',
        "CT_small.dcm",
        ["(0011,1010)"],
    ),
    (
        "makes the sequence",
        'version "6.6"\na := (0040,0275)[0]/(0040,0007)\n(0010,0010) := "x"',
        "CT_small.dcm",
        ["(0010,0010)"],
    ),
]


@pytest.mark.parametrize(("piece", "text", "name", "expected"), TRAPS)
def test_what_the_page_says_of_traps_is_so(
    piece: str, text: str, name: str, expected: str | list[str]
) -> None:
    assert piece in TEXT.partition("## Traps")[2].partition("\n## ")[0]
    if expected == "refused":
        assert check_text(text).problems
        return
    script = ScriptSource(name="trap", text=text, origin=Origin.USER)
    found = compare([script, script], image(name), {})
    if expected == "left out":
        assert found.rejected
    elif expected == "kept":
        assert found.sentence
        assert not found.rejected
    else:
        assert sorted({change.element for change in found.changes}) == expected
