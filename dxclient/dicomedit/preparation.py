"""Text preparation before parsing: continuation lines and comments, positions kept.

Source of the rules: what the DicomEdit 6.6.0 engine was observed to do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from dxclient.dicomedit.tree import Place
from dxclient.domain.errors import ScriptError

SUPPORTED = ("6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Text ready for the lexer, and where each character came from."""

    text: str
    offsets: tuple[int, ...]
    line_starts: tuple[int, ...]

    def place(self, position: int) -> Place:
        """Line and column in the original text of a position in the prepared text."""
        offset = self.offsets[min(position, len(self.offsets) - 1)]
        line = bisect_right(self.line_starts, offset)
        return Place(line, offset - self.line_starts[line - 1] + 1)


def prepare(text: str) -> Prepared:
    """Join continued lines and cut comments.

    Raises
    ------
    ScriptError
        A quote is not closed. The engine pairs quotes inside comments too.
    """
    starts = (0, *(m.end() for m in re.finditer("\n", text)))
    joined = _join(text)
    kept = _without_comments(text, joined, starts)
    kept.append(len(text))
    return Prepared("".join(text[i] for i in kept[:-1]), tuple(kept), starts)


def _join(text: str) -> list[int]:
    """Offsets that remain when a backslash at the end of a line joins it with the next."""
    dropped: set[int] = set()
    for match in re.finditer(r"\\(\r?\n|\Z)", text):
        dropped.update(range(match.start(), match.end()))
    return [i for i in range(len(text)) if i not in dropped]


def _without_comments(text: str, offsets: list[int], starts: tuple[int, ...]) -> list[int]:
    kept: list[int] = []
    i = 0
    while i < len(offsets):
        here = text[offsets[i]]
        if here == '"':
            end = _closing_quote(text, offsets, i, starts)
            kept += offsets[i : end + 1]
            i = end + 1
        elif _comment_starts(text, offsets, i):
            i = _end_of_comment(text, offsets, i, starts)
        else:
            kept.append(offsets[i])
            i += 1
    return kept


def _comment_starts(text: str, offsets: list[int], i: int) -> bool:
    if text[offsets[i]] != "/" or i + 1 >= len(offsets) or text[offsets[i + 1]] != "/":
        return False
    return i == 0 or text[offsets[i - 1]] != ":"


def _closing_quote(text: str, offsets: list[int], i: int, starts: tuple[int, ...]) -> int:
    for j in range(i + 1, len(offsets)):
        if text[offsets[j]] == '"':
            return j
        if text[offsets[j]] == "\n":
            break
    raise _unpaired(offsets[i], starts)


def _end_of_comment(text: str, offsets: list[int], i: int, starts: tuple[int, ...]) -> int:
    quotes: list[int] = []
    while i < len(offsets) and text[offsets[i]] != "\n":
        if text[offsets[i]] == '"':
            quotes.append(offsets[i])
        i += 1
    if len(quotes) % 2:
        raise _unpaired(quotes[-1], starts)
    return i


def _unpaired(offset: int, starts: tuple[int, ...]) -> ScriptError:
    line = bisect_right(starts, offset)
    return ScriptError(
        f"Line {line}: a double quote has no partner. DicomEdit pairs quotes in comments too.",
        line=line,
        column=offset - starts[line - 1] + 1,
    )


def is_blank(text: str) -> bool:
    """Whether a script holds nothing but blanks and comments."""
    return all(not line.strip() or line.strip().startswith("//") for line in text.splitlines())


def check_version(text: str) -> str:
    """The language of a script, ``"6"`` or ``"4"``.

    The engine looks for the first line that starts with ``version``. Where it finds none it
    takes the script for DicomEdit 4 and silently does nothing with one that merely has a blank
    too many there, so such scripts are refused here.

    Raises
    ------
    ScriptError
        A version that does not exist, or one written so that XNAT overlooks it.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("version"):
            _check_version_line(line.rstrip("\r"), number)
            return "6"
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r'\s*version\b\s*"', line, re.IGNORECASE):
            raise ScriptError(
                f"Line {number}: XNAT overlooks this version statement and would anonymize "
                'nothing. Write version "6.6" in small letters at the start of the line.',
                line=number,
                column=1,
            )
    return "4"


def _check_version_line(line: str, number: int) -> None:
    words = re.split(r"\s", line)
    version = words[1].strip('"') if len(words) > 1 else ""
    if version in SUPPORTED:
        return
    sentence = f"DicomEdit “{version}” is not supported; 6.0 to 6.6 are."
    if not version or version == ":=":
        sentence = 'Write the version as: version "6.6", with one blank.'
    elif re.fullmatch(r"4(\.0){0,2}", version):
        sentence = (
            "XNAT does nothing with a DicomEdit 4 script that has a version line. Leave it out."
        )
    raise ScriptError(f"Line {number}: {sentence}", line=number, column=1)
