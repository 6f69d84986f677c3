"""Statements that say in the file what was done to it (PS3.15 E.1.1, PS3.3 C.7.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from dxclient.dicomedit.profiles.options import Options, codes
from dxclient.dicomedit.profiles.table import edition

#: Images straight from a scanner: CT, MR, PET and their enhanced forms, NM.
_ACQUIRED = r"1\\.2\\.840\\.10008\\.5\\.1\\.4\\.1\\.1\\.(2|2\\.1|4|4\\.1|20|128|130)"


def mark_lines(options: Options) -> Iterator[str]:
    """The last section of a script."""
    yield from ("", "// What was done")
    yield "- (0012,0064)"
    for number, code in enumerate(codes(options)):
        item = f"(0012,0064)[{number}]"
        yield f'{item}/(0008,0100) := "{code.value}"'
        yield f'{item}/(0008,0102) := "DCM"'
        yield f'{item}/(0008,0104) := "{code.meaning}"'
    yield f'(0012,0063) := "DICOM PS3.15 {edition()} Annex E, headers only"'
    yield f'(0028,0303) := "{_dates(options)}"'
    yield from _identity()


def _dates(options: Options) -> str:
    if options.full_dates:
        return "UNMODIFIED"
    return "MODIFIED" if options.modified_dates else "REMOVED"


def _identity() -> Iterator[str]:
    """Patient Identity Removed speaks of pixels too, which a script on headers cannot judge."""
    yield "// YES speaks of pixels too, so it needs their word: no pixels, no burned-in text,"
    yield "// or an image straight from a scanner that says nothing on burned-in text."
    yield '(0012,0062) := "YES"'
    yield "if (isPresent[(7FE0,0010)]) {"
    yield '    (0012,0062) := "NO"'
    yield '    (0028,0301) = "NO" ? (0012,0062) := "YES"'
    yield '    if ((0028,0301) !~ "YES|NO") {'
    yield f'        if ((0008,0016) ~ "{_ACQUIRED}") {{'
    yield '            (0008,0008) ~ "ORIGINAL\\\\\\\\PRIMARY.*" ? (0012,0062) := "YES"'
    yield "        }"
    yield "    }"
    yield "}"
