"""Writes the script of a profile.

The script keeps to what XNAT's engine is known to do: comments stand outside of lists, lists
are passed whole, and ``*/`` reaches an element at every level, the top included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dxclient.dicomedit.profiles.actions import Action, action, basic_action
from dxclient.dicomedit.profiles.dummies import dummy, stands
from dxclient.dicomedit.profiles.marks import mark_lines
from dxclient.dicomedit.profiles.options import Options, codes
from dxclient.dicomedit.profiles.table import (
    PRIVATE,
    Attribute,
    SafePrivate,
    attributes,
    descriptors,
    edition,
    other_dates,
    safe_private,
)

DEFAULT = Options()
SHIFT = "date_shift_days"
_PER_LINE = 5
#: Patient's Name and ID become the label that the person gave the subject.
_LABELLED = ("00100010", "00100020")
#: Dates that old files write as 1997.04.24: study, series, acquisition, content.
_POINTED = ("(0008,0020)", "(0008,0021)", "(0008,0022)", "(0008,0023)")
_POINTED_DATE = "[0-9]{4}[.][0-9]{2}[.][0-9]{2}"
#: Addresses and private information in the file meta information, which the de-identifying
#: application replaces (PS3.15 E.1.1).
_META = ("0016", "0017", "0018", "0026", "0027", "0028", "0100", "0102")


def basic_profile(options: Options = DEFAULT) -> str:
    """The text of a DicomEdit 6.6 script. The same options always give the same text.

    Parameters
    ----------
    options : Options
        What to keep beyond the Basic Profile.

    Notes
    -----
    The script uses the variable ``subject``, and ``date_shift_days`` with shifted dates.
    """
    plan = [
        (one, action(one, options))
        for one in (*attributes(), *other_dates())
        if one.tag not in (PRIVATE, "00020003")  # the latter follows SOP Instance UID by itself
    ]
    chosen = {kind: [one for one, done in plan if done is kind] for kind in Action}
    lines = [
        *_head(options),
        *_private(options),
        *_removal(chosen[Action.REMOVE], chosen[Action.SCREEN]),
        *_screening(chosen[Action.SCREEN]),
        *_replacing(chosen[Action.EMPTY], chosen[Action.DUMMY]),
        *_shifting(chosen[Action.SHIFT]),
        *_hashing(chosen[Action.HASH]),
        *_standing(chosen[Action.REMOVE]),
        *mark_lines(options),
    ]
    return "\n".join(lines) + "\n"


def _head(options: Options) -> Iterator[str]:
    yield 'version "6.6"'
    yield f"// DICOM PS3.15 {edition()}, Annex E: confidentiality profile for headers."
    yield from (f"//   {code.value} {code.meaning}" for code in codes(options))
    yield "// Pixels are not looked at. Clean burned-in text before sending."
    yield 'describe subject "Label of the subject; takes the place of name and ID"'
    if options.modified_dates:
        yield (
            f'describe {SHIFT} "Days to move every date by, such as -37; '
            'the same for all files of a subject"'
        )
        yield "// Without a whole number of days other than 0 every file is left out."
        yield f'{SHIFT} !~ "[+-]?0{{0,3}}[1-9][0-9]{{0,4}}" ? reject[]'


def _private(options: Options) -> Iterator[str]:
    yield from _title("Private elements")
    if not options.safe_private:
        yield "removeAllPrivateTags"
        return
    paths = [f"*/{row.path}" for row in safe_private() if _writable(row)]
    yield "// Only those stay that PS3.15 Table E.3.10-1 lists as safe."
    yield from _call("retainPrivateTags[{", paths, "}]")
    yield "// It also keeps (gggg,bbbb) in a block bb that stays; what of it is not safe goes here."
    yield from _call("removeTags[{", _beside_creators(), "}]")


def _beside_creators() -> Iterator[str]:
    """Elements of kept creators that are not safe, and may have the number of their block.

    ``retainPrivateTags`` keeps (gggg,bbbb) beside the creator (gggg,00bb), as the original does.
    Which block a creator has differs from file to file.
    """
    safe: dict[tuple[str, str], set[int]] = {}
    for row in filter(_writable, safe_private()):
        safe.setdefault((row.group, row.creator), set()).add(int(row.element, 16))
    for (group, creator), kept in safe.items():
        for digits in _low_bytes(kept):
            yield f"*/({group},{{{creator}}}{digits})"


def _low_bytes(kept: set[int]) -> Iterator[str]:
    """Low bytes from 10 on that are not kept, by wildcards where a whole row goes."""
    for first in range(1, 16):
        row = [16 * first + second for second in range(16)]
        if kept.isdisjoint(row):
            yield f"{first:X}X"
        else:
            yield from (f"{low:02X}" for low in row if low not in kept)


def _writable(row: SafePrivate) -> bool:
    """Whether DicomEdit can name the element: it knows few characters in creators."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9 \-_.:]*", row.creator) is not None


def _removal(removed: list[Attribute], screened: list[Attribute]) -> Iterator[str]:
    spared = {stand.tag for stand in stands() if not stand.inside} | {one.tag for one in screened}
    gone = [*removed, *(one for one in screened if basic_action(one) is Action.REMOVE)]
    yield from _title("Removed, at every level")
    yield "// Sequences first, so that less is left to look at."
    for kind in (_is_sequence, _is_other):
        paths = [
            f"{'+' if one.tag in spared else '*'}/{_whole(one)}"
            for one in sorted(gone, key=lambda one: one.tag)
            if kind(one)
        ]
        yield from _call("removeTags[{", dict.fromkeys(paths), "}]")
    yield "// Addresses and private information in the file meta information."
    yield "removeTags[" + ", ".join(f"(0002,{element})" for element in _META) + "]"


def _whole(attribute: Attribute) -> str:
    """An overlay goes as a whole: its rows and origin are not valid without its data."""
    return "(60X@,XXXX)" if attribute.tag.startswith("60X@") else attribute.path


def _is_sequence(attribute: Attribute) -> bool:
    return attribute.vr == "SQ"


def _is_other(attribute: Attribute) -> bool:
    return attribute.vr != "SQ"


def _screening(screened: list[Attribute]) -> Iterator[str]:
    if not screened:
        return
    yield from _title("Descriptions: kept where every word is known to be harmless")
    yield f'known_words := "{_known_words()}"'
    for one in screened:
        done = basic_action(one)
        value = dummy(one.vr) if done is Action.DUMMY else ""
        away = f"- {one.path}" if done is Action.REMOVE else f'{one.path} ?= "{value}"'
        yield f"{one.path} !~ known_words ? {away}  // {one.name}"
        if done is not Action.REMOVE:
            yield f'+/{one.path} ?= "{value}"'


def _known_words() -> str:
    """A regular expression: known words and short numbers between separators, nothing else."""
    words = "|".join(descriptors()[1])
    between = "[ _,;+()/.-]"
    return f"(?i){between}*((({words})|[0-9]{{1,3}})({between}+|$))*"


def _replacing(emptied: list[Attribute], dummies: list[Attribute]) -> Iterator[str]:
    yield from _title("Name and ID of the patient become the label of the subject")
    for one in (*emptied, *dummies):
        if one.tag in _LABELLED:
            yield f"*/{one.path} ?= subject  // {one.name}"
    yield from _title("Emptied, at every level")
    yield from (_assigned(one, "") for one in emptied if one.tag not in _LABELLED)
    yield from _title("Replaced by a value that says nothing, at every level")
    yield from (_assigned(one, dummy(one.vr)) for one in dummies if one.tag not in _LABELLED)


def _assigned(attribute: Attribute, value: str) -> str:
    return f'*/{attribute.path} ?= "{value}"  // {attribute.name}'


def _shifting(shifted: list[Attribute]) -> Iterator[str]:
    if shifted:
        yield from _title("Dates that move, at every level")
        yield "// Dates of the time before DICOM have points (PS3.5 table 6.2-1, DA)."
        for path in _POINTED:
            yield f'{path} ~ "{_POINTED_DATE}" ? {path} := replace[{path}, ".", ""]'
        paths = [f"*/{one.path}" for one in shifted]
        yield from _call("shiftDateTimeListByIncrement[{", paths, f'}}, {SHIFT}, "days"]')


def _hashing(hashed: list[Attribute]) -> Iterator[str]:
    yield from _title("UIDs, hashed alike in all files so that references hold")
    yield from _call("hashUIDList[{", [f"*/{one.path}" for one in hashed], "}]")


def _standing(removed: list[Attribute]) -> Iterator[str]:
    yield from _title("Sequences that an object may need: one item that says nothing")
    tags = {one.tag for one in removed}
    for stand in stands():
        if stand.tag in tags:
            yield f"// {stand.name}"
            yield from stand.lines()


def _title(text: str) -> tuple[str, str]:
    return "", f"// {text}"


def _call(start: str, paths: Iterable[str], end: str) -> Iterator[str]:
    """A call with a list over several lines; the engine allows one line break after a comma."""
    row = list(paths)
    if not row:
        return
    yield start
    for at in range(0, len(row), _PER_LINE):
        comma = "," if at + _PER_LINE < len(row) else ""
        yield "    " + ", ".join(row[at : at + _PER_LINE]) + comma
    yield end
