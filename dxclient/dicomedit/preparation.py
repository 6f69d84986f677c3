"""Text preparation before parsing: continuation lines and comments, positions kept.

Source of the rules: what the DicomEdit 6.6.0 engine was observed to do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from dxclient.dicomedit.limits import MOST_PROBLEMS
from dxclient.dicomedit.tree import Place
from dxclient.domain.problems import Problem

SUPPORTED = ("6.0", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6")


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the pieces of a text came from when others were cut out of it."""

    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def origin(self, position: int) -> int:
        """The position before cutting."""
        piece = bisect_right(self.starts, position) - 1
        return self.origins[piece] + position - self.starts[piece]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Text ready for the lexer, and where each character came from.

    Parameters
    ----------
    problems : tuple of Problem
        Quotes without a partner.
    swallowed : tuple of Problem
        Warnings of lines that a comment takes in.
    """

    text: str
    joined: Cuts
    bare: Cuts
    line_starts: tuple[int, ...]
    problems: tuple[Problem, ...] = ()
    swallowed: tuple[Problem, ...] = ()

    def place(self, position: int) -> Place:
        """Line and column in the original text of a position in the prepared text."""
        offset = self.joined.origin(self.bare.origin(position))
        line = bisect_right(self.line_starts, offset)
        return Place(line, offset - self.line_starts[line - 1] + 1)

    def anchors(self) -> Iterator[tuple[int, int, int]]:
        """Positions from which lines and columns can be counted on, with line and column."""
        breaks = [match.end() for match in re.finditer(r"\n(?!\n)", self.text)]
        joins = (self._bare_position(start) for start in self.joined.starts[1:])
        for position in sorted({0, *breaks, *joins, *self.bare.starts}):
            place = self.place(position)
            yield position, place.line, place.column
        yield len(self.text) + 1, 0, 0

    def _bare_position(self, position: int) -> int:
        piece = bisect_right(self.bare.origins, position) - 1
        end = self.bare.starts[piece + 1] if piece + 1 < len(self.bare.starts) else len(self.text)
        return min(self.bare.starts[piece] + position - self.bare.origins[piece], end)


def prepare(text: str) -> Prepared:
    """Join continued lines and cut comments.

    A quote without a partner is a problem, also in a comment: the engine pairs quotes there too.
    """
    starts = (0, *(m.end() for m in re.finditer("\n", text)))
    joined, joins = _cut(text, (m.span() for m in re.finditer(r"\\(?:\r?\n|\Z)", text)))
    comments, lonely = _comments(joined)
    bare, cuts = _cut(joined, comments)
    whole = Prepared(joined, joins, Cuts((0,), (0,)), starts)
    problems = tuple(_unpaired(whole.place(position)) for position in lonely[:MOST_PROBLEMS])
    return Prepared(bare, joins, cuts, starts, problems, tuple(_swallowed(whole, comments)))


def _swallowed(whole: Prepared, comments: list[tuple[int, int]]) -> Iterator[Problem]:
    """Lines that go on with a comment, because it ends in a backslash."""
    joins = whole.joined.starts[1:]
    for begin, end in comments:
        inside = joins[bisect_right(joins, begin) : bisect_right(joins, end)]
        for start, stop in pairwise((*inside, end)):
            line = whole.text[start:stop]
            piece = line.strip()
            if piece and not piece.startswith("//"):
                place = whole.place(start + line.index(piece))
                yield Problem(place.line, place.column, piece, _SWALLOWED)


_SWALLOWED = "This does nothing: the comment above ends in a backslash, which takes this line in."


def _cut(text: str, spans: Iterable[tuple[int, int]]) -> tuple[str, Cuts]:
    pieces: list[str] = []
    starts, origins, length, position = [0], [0], 0, 0
    for begin, end in spans:
        pieces.append(text[position:begin])
        length += begin - position
        starts.append(length)
        origins.append(end)
        position = end
    pieces.append(text[position:])
    return "".join(pieces), Cuts(tuple(starts), tuple(origins))


_QUOTES_AND_COMMENTS = re.compile(r'"[^"\n]*"|(?P<open>"[^"\n]*)|(?P<comment>(?<!:)//[^\n]*)')


def _comments(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Spans of comments, and positions of quotes without a partner."""
    comments: list[tuple[int, int]] = []
    lonely: list[int] = []
    for match in _QUOTES_AND_COMMENTS.finditer(text):
        if match["open"] is not None:
            lonely.append(match.start())
        elif match["comment"] is not None:
            comments.append(match.span())
            if match["comment"].count('"') % 2:
                lonely.append(match.start() + match["comment"].rindex('"'))
    return comments, lonely


def _unpaired(place: Place) -> Problem:
    return Problem(
        place.line,
        place.column,
        '"',
        "A double quote has no partner on its line. DicomEdit pairs quotes in comments too.",
    )


def is_blank(text: str) -> bool:
    """Whether a script holds nothing but blanks and comments."""
    return all(not line.strip() or line.strip().startswith("//") for line in text.splitlines())


_OVERLOOKED = re.compile(r'[ \t]*version\b\s*:?=?\s*"', re.IGNORECASE)


def written_for(text: str) -> str:
    """The language of a script, ``"6"`` or ``"4"``.

    The engine looks for the first line that starts with ``version``. Where it finds none it
    takes the script for DicomEdit 4 and silently does nothing with one that merely has a blank
    too many there; such a script is taken for DicomEdit 6 here, and has a problem.
    """
    return "4" if _version_line(text) is None else "6"


def _version_line(text: str) -> tuple[int, str] | None:
    """Number and text of the line with the version, the one that the engine sees first."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    for number, line in enumerate(lines, 1):
        if line.startswith("version"):
            return number, line
    for number, line in enumerate(lines, 1):
        if _OVERLOOKED.match(line):
            return number, line
    return None


def version_problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with the version of a DicomEdit 6 script, by the first line that has one."""
    found = _version_line(text)
    if found is None:
        return ()
    number, line = found
    words = re.split(r"\s", line)
    version = words[1].strip('"') if len(words) > 1 else ""
    if line.startswith("version") and version in SUPPORTED:
        return ()
    sentence, suggestion = _version_words(line, version)
    return (Problem(number, 1, _first_piece(line), sentence, suggestion),)


def _first_piece(line: str) -> str:
    match = re.match(r'\s*\w+(\s*:?=?\s*("[^"]*"|[0-9.]+))?', line)
    return match[0] if match else line


def _version_words(line: str, version: str) -> tuple[str, str]:
    good = 'version "6.6"'
    if not line.startswith("version"):
        return (
            "XNAT overlooks this version statement and would anonymize nothing. "
            f"Write {good} in small letters at the start of the line.",
            good,
        )
    if not version or version == ":=":
        named = re.search(r'"(6\.[0-6])"', line)
        right = f'version "{named[1]}"' if named else good
        lost = "" if version or not named else "XNAT overlooks this and would anonymize nothing. "
        return f"{lost}Write the version as: {right}, with one blank.", right
    if re.fullmatch(r"4(\.0){0,2}", version):
        words = "XNAT does nothing with a DicomEdit 4 script that has a version line. Leave it out."
        return words, ""
    return f"DicomEdit “{version}” is not supported; 6.0 to 6.6 are.", good
