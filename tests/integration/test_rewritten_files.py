"""Every DICOM file that is at hand, anonymized by a script of 40 rules and looked at from outside.

The files are compared byte by byte by a small reader of the tests
(``tests/helpers/dicombytes.py``), read by pydicom, and judged by dcmtk's ``dcmdump`` and by
``dciodvfy``.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from dxclient.dicomedit import Change, Outcome, Script, parse, run
from dxclient.domain.errors import AnonymizationError, ScriptError
from tests.helpers import judges
from tests.helpers.dicombytes import NotWhole, Part10, Raw, by_path, read_part10
from tests.helpers.profile40 import PROFILE40, PROFILE40_PRIVATE_KEPT, VALUES
from tests.helpers.shared import DATA, needs_data

BUNDLED = Path(pydicom.__file__).parent / "data"
#: Files of the collections that are DICOM and must be refused, and why.
REFUSED = {
    "emri_small_jpeg_2k_lossless_too_short.dcm": "its pixel data ends without a delimiter",
    "MR_truncated.dcm": "it ends within its pixel data",
    "rtplan_truncated.dcm": "it ends within a sequence",
}
#: Whole files that the original refuses, and so does this.
REFUSED_BY_XNAT = {
    "nested_priv_SQ.dcm": "a private sequence of unknown kind is within another one",
    "meta_missing_tsyntax.dcm": "the same file without a transfer syntax",
}
#: May be refused, or mended: where readers do not agree whether the file is whole.
DOUBTFUL = {
    "DICOMDIR-nooffset": "it is cut within the last item of a sequence whose own length is right",
    "Tag-0040-A170-VR-CS.dcm": "a text where the standard has a sequence, in implicit encoding",
}
#: How many files have to be written at least, so that nothing is left out unseen.
FLOOR_BUNDLED, FLOOR_SHARED = 180, 1270
CHUNK = 50
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
REWRITTEN_META = ("(0002,0000)", "(0002,0002)", "(0002,0003)", "(0002,0010)")
PIXELS = ("(7FE0,0008)", "(7FE0,0009)", "(7FE0,0010)")
#: Names, numbers and UIDs that the profile replaces: nothing of them may be left.
IDENTIFYING = (
    *("(0010,0010)", "(0010,0020)", "(0010,1000)", "(0010,1001)", "(0010,1040)", "(0008,0050)"),
    *("(0008,0018)", "(0020,000D)", "(0020,000E)", "(0020,0052)", "(0008,0090)", "(0008,1070)"),
)
#: UIDs of the standard itself, such as those of well-known palettes, lead to nobody.
STANDARD = b"1.2.840.10008."


def chunks(folder: Path) -> dict[str, list[Path]]:
    """Files below a folder, some at a time, by a name for the test."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {
        f"{folder.name}-{number // CHUNK + 1:02}": files[number : number + CHUNK]
        for number in range(0, len(files), CHUNK)
    }


BUNDLED_CHUNKS = chunks(BUNDLED)
SHARED_CHUNKS = chunks(DATA) if DATA.is_dir() else {"shared": []}


@dataclass
class Pass:
    """What became of some files, and what is wrong with it."""

    written: list[tuple[Path, bytes]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


needs_programs = pytest.mark.skipif(
    not (judges.DCMDUMP and judges.DCIODVFY),
    reason="dcmdump or dciodvfy is not installed: only pydicom reads the written files",
)


@cache
def scripts() -> tuple[Script, Script]:
    return parse(PROFILE40, name="site"), parse(PROFILE40_PRIVATE_KEPT, name="kept")


def taken_apart(data: bytes) -> tuple[Part10 | None, str]:
    """A file's elements, or why it has to be refused, by what it is."""
    try:
        return read_part10(data), ""
    except NotWhole as error:
        return None, f"cut: {error}" if data[128:132] == b"DICM" else "not DICOM"


def look(path: Path, found: Pass, *, refused: bool | None = None) -> None:
    """Run both scripts on one file and look at what comes out.

    Parameters
    ----------
    refused : bool or None
        Whether it has to be; None where `REFUSED` says it.
    """
    data = path.read_bytes()
    before, reason = taken_apart(data)
    if refused is None:
        refused = reason == "not DICOM" or path.name in REFUSED
    if path.name not in DOUBTFUL:
        assert bool(reason) == refused, (path.name, reason)
    reason = reason or REFUSED_BY_XNAT.get(path.name, "")
    for script in scripts():
        try:
            outcome = run([script], data, VALUES, record=True)
        except (ScriptError, AnonymizationError) as error:
            expected = reason or path.name in DOUBTFUL
            if not expected or not str(error).endswith(".") or path.name in str(error):
                found.problems.append(f"{path.name}: refused: {error}")
            continue
        if reason and path.name not in DOUBTFUL:
            found.problems.append(f"{path.name}: written, although {reason}")
            continue
        assert outcome.data is not None
        if before is not None:
            faults = [*judged(before, data, outcome, private_kept=script.name == "kept")]
            found.problems += [f"{path.name} ({script.name}): {fault}" for fault in faults]
        if script.name == "site":
            found.written.append((path, outcome.data))


def judged(before: Part10, data: bytes, outcome: Outcome, *, private_kept: bool) -> Iterator[str]:
    """What is wrong with a written file."""
    assert outcome.data is not None
    try:
        after = read_part10(outcome.data)
    except NotWhole as error:
        yield f"not whole: {error}"
        return
    yield from differences(before, after, {change.element for change in outcome.changes})
    yield from unwritten(after, outcome.changes)
    yield from meta_faults(before, after, outcome.data)
    yield from unreadable(data, outcome.data)
    if pixels(before) != pixels(after):
        yield "the pixel data is not what it was"
    if not private_kept:
        yield from traces(before, after)


def differences(before: Part10, after: Part10, edited: set[str]) -> Iterator[str]:
    """Elements that no statement touched and that are not the bytes they were."""
    around = {above for path in edited for above in levels_above(path)}
    old, new = by_path(before.elements), by_path(after.elements)
    same_encoding = (before.explicit, before.big) == (after.explicit, after.big)
    for path in dict.fromkeys((*old, *new)):
        if path in edited or path in around or path.endswith(",0000)"):
            continue
        if any(above in edited for above in levels_above(path)):
            continue
        was, now = (slices(part.get(path, ()), same_encoding) for part in (old, new))
        if was != now and not (named(path) and only_padding(old.get(path, ()), new.get(path, ()))):
            yield f"{path} {difference(old.get(path, ()), new.get(path, ()))}"


def levels_above(path: str) -> Iterator[str]:
    """Paths of the sequences that an element is in."""
    for found in re.finditer(r"\[\d+\]/", path):
        yield path[: found.start()]


@cache
def _names() -> re.Pattern[str]:
    """Tags that the profile names."""
    digits = {"X": "[0-9A-F]", "@": "[02468ACE]", "#": "[13579BDF]"}
    found = re.findall(r"\(([0-9A-FX@#]{4},[0-9A-FX@#]{4})\)", PROFILE40)
    one_of = "|".join("".join(digits.get(sign, sign) for sign in tag) for tag in found)
    return re.compile(rf".*\((?:{one_of})\)")


@cache
def named(path: str) -> bool:
    return _names().fullmatch(path) is not None


def only_padding(old: Sequence[Raw], new: Sequence[Raw]) -> bool:
    """Whether a value has the same text, which is no change that would be told.

    The text of a name is without empty components at its end.
    """
    return [raw.value.strip(b" \0^") for raw in old] == [raw.value.strip(b" \0^") for raw in new]


def slices(found: Sequence[Raw], same_encoding: bool) -> list[bytes]:
    if same_encoding:
        return [raw.whole for raw in found]
    return [raw.value for raw in found if not raw.has_items and raw.vr != b"SQ"]


def difference(old: Sequence[Raw], new: Sequence[Raw]) -> str:
    if not old or not new:
        return "is new" if new else "is gone"
    heads = [(raw.whole[: len(raw.whole) - len(raw.value)][:12], len(raw.value)) for raw in old]
    now = [(raw.whole[: len(raw.whole) - len(raw.value)][:12], len(raw.value)) for raw in new]
    return f"was {heads}, is {now}"


def unwritten(after: Part10, changes: Sequence[Change]) -> Iterator[str]:
    """Changes that are told and are not in the file."""
    now = by_path(after.elements)
    for path, change in {change.element: change for change in changes}.items():
        found = now.get(path, ())
        if change.new is None and found:
            yield f"{path} was to be removed and is there"
        if not found or change.new is None or not change.new.isascii():
            continue
        if found[0].vr not in (b"US", b"OB", b"OW", b"SQ") and not change.new.startswith("("):
            value = found[0].value.rstrip(b" \0")
            if value != change.new.encode().rstrip():
                yield f"{path} does not hold what the change says"


def meta_faults(before: Part10, after: Part10, data: bytes) -> Iterator[str]:
    """What is wrong with preamble and file meta group (PS3.10 section 7.1)."""
    if data[128:132] != b"DICM":
        yield "there is no preamble"
    meta, top = by_path(after.meta), by_path(after.elements)
    if after.syntax != (before.syntax or EXPLICIT_LITTLE):
        yield f"the transfer syntax is {after.syntax}, was {before.syntax}"
    kept = {raw.path: raw.whole for raw in before.meta if raw.path not in REWRITTEN_META}
    yield from (f"{p} is not what it was" for p, w in kept.items() if [w] != wholes(meta, p))
    length = sum(len(raw.whole) for raw in after.meta[1:])
    if after.meta[0].path != "(0002,0000)":
        yield "the file meta group does not start with its length"
    elif int.from_bytes(after.meta[0].value, "little") != length:
        yield "the length of the file meta group is wrong"
    for inside, outside in (("(0002,0002)", "(0008,0016)"), ("(0002,0003)", "(0008,0018)")):
        if outside in top and [r.value for r in meta.get(inside, ())] != [top[outside][0].value]:
            yield f"{inside} is not {outside}"


def wholes(found: dict[str, list[Raw]], path: str) -> list[bytes]:
    return [raw.whole for raw in found.get(path, ())]


def unreadable(before: bytes, after: bytes) -> Iterator[str]:
    """Whether pydicom reads all of it, at least as well as it read the input."""
    trouble = pydicom_trouble(after)
    if trouble and trouble != pydicom_trouble(before):
        yield f"pydicom: {trouble}"


def pydicom_trouble(data: bytes) -> str:
    try:
        dataset = pydicom.dcmread(BytesIO(data), force=True)
        for element in dataset.iterall():
            _ = element.value
    except Exception as error:  # noqa: BLE001 - whatever it says is the answer
        return type(error).__name__
    return ""


def pixels(part: Part10) -> list[str]:
    """Hashes of the pixel data, fragments and delimiters included."""
    found = (raw for raw in part.elements if raw.path in PIXELS)
    return [hashlib.sha256(raw.value).hexdigest() for raw in found]


def traces(before: Part10, after: Part10) -> Iterator[str]:
    """Identifying values of the input that are still somewhere."""
    for raw in before.elements:
        value = raw.value.strip(b" \0")
        known = raw.path in IDENTIFYING and len(value) >= 6 and not value.startswith(STANDARD)
        if known and holds_word(after.plain, value):
            yield f"the value of {raw.path} is still there"


def holds_word(data: bytes, word: bytes) -> bool:
    """Whether a value is somewhere, and not as a part of a longer one."""
    part_of_word = re.compile(rb"[\w.]")
    at = data.find(word)
    while at >= 0:
        around = data[at - 1 : at], data[at + len(word) : at + len(word) + 1]
        if not any(part_of_word.match(sign) for sign in around):
            return True
        at = data.find(word, at + 1)
    return False


def check(paths: Sequence[Path], folder: Path) -> None:
    found = Pass()
    for path in paths:
        look(path, found)
    if judges.DCMDUMP:
        found.problems += judges.dcmdump_news(found.written, folder)
    if judges.DCIODVFY:
        found.problems += judges.dciodvfy_news(found.written, folder)
    assert found.problems == [], "\n".join(found.problems)


@pytest.mark.parametrize("name", BUNDLED_CHUNKS)
def test_rewritten_files_of_pydicom_are_what_they_were_but_for_the_edits(
    name: str, tmp_path: Path
) -> None:
    check(BUNDLED_CHUNKS[name], tmp_path)


@needs_data
@pytest.mark.parametrize("name", SHARED_CHUNKS)
def test_rewritten_files_of_the_collection_are_what_they_were_but_for_the_edits(
    name: str, tmp_path: Path
) -> None:
    check(SHARED_CHUNKS[name], tmp_path)


def whole_files(found: dict[str, list[Path]]) -> int:
    """DICOM files that are not named above; the tests above hold that each of them is written."""
    paths = (path for files in found.values() for path in files)
    named = REFUSED | REFUSED_BY_XNAT | DOUBTFUL
    return sum(has_prefix(path) for path in paths if path.name not in named)


def has_prefix(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def test_nearly_all_files_of_pydicom_have_to_be_written() -> None:
    assert whole_files(BUNDLED_CHUNKS) >= FLOOR_BUNDLED


@needs_data
def test_nearly_all_files_of_the_collection_have_to_be_written() -> None:
    assert whole_files(SHARED_CHUNKS) >= FLOOR_SHARED


def test_the_profile_has_forty_rules_beside_its_version() -> None:
    kinds = Counter(type(one).__name__ for one in scripts()[0].statements)
    assert kinds.pop("Version") == 1
    assert kinds.total() == 40


@needs_data
def test_broken_files_and_decoys_are_refused_and_odd_ones_are_written(tmp_path: Path) -> None:
    maker = [sys.executable, str(DATA / "make_synthetic.py"), str(tmp_path), "--hostile"]
    subprocess.run(maker, check=True, capture_output=True, timeout=120)
    folder = tmp_path / "hostile"
    kinds = json.loads((folder / "expect.json").read_text())
    del kinds["loop"], kinds["truncated_header.dcm"]  # the second is cut between two elements
    found = Pass()
    for name, kind in kinds.items():
        look(folder / name, found, refused=kind.startswith(("not dicom", "broken")))
    assert found.problems == [], "\n".join(found.problems)
    assert len(found.written) >= 18


@needs_programs
def test_the_programs_notice_what_is_wrong(tmp_path: Path) -> None:
    path = Path(get_testdata_file("CT_small.dcm"))
    data = path.read_bytes()
    assert judges.dcmdump_news([(path, data)], tmp_path) == []
    assert judges.dciodvfy_news([(path, data)], tmp_path) == []
    assert judges.dcmdump_news([(path, data[:-5000])], tmp_path)
    emptied = data.replace(b"\x08\x00\x60\x00CS\x02\x00CT", b"\x08\x00\x60\x00CS\x00\x00")
    assert any("Modality" in line for line in judges.dciodvfy_news([(path, emptied)], tmp_path))


def test_the_comparison_notices_one_byte_and_one_element() -> None:
    data = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    before = read_part10(data)
    assert [*differences(before, before, set())] == []
    (model,) = (raw for raw in before.elements if raw.path == "(0008,1090)")
    head = model.whole[: -len(model.value)]
    other = read_part10(data.replace(model.whole, head + model.value.lower()))
    assert len([*differences(before, other, set())]) == 1
    assert [*differences(before, other, {"(0008,1090)"})] == []
    at = data.index(b"\xe0\x7f\x10\x00OW") + 100
    dotted = read_part10(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert pixels(before) != pixels(dotted)
