"""Java's ``MessageFormat``, as far as DicomEdit uses it: all arguments are texts.

Source of the rules: the documentation of ``java.text.MessageFormat`` (Java 17), and what the
engine was observed to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.limits import joined

_NUMBER = re.compile(r"\+?[0-9]{1,9}")
_TYPES = frozenset({"number", "date", "time", "choice"})


@dataclass(slots=True)
class _Parts:
    """An argument of the pattern while it is read: its number, type and style."""

    found: list[str] = field(default_factory=lambda: [""])
    depth: int = 0
    quoted: bool = False

    def add(self, here: str) -> bool:
        """Take one character; return whether the argument is complete."""
        if self.quoted or here == "'":
            self.quoted = not self.quoted if here == "'" else self.quoted
        elif here == "}" and not self.depth:
            return True
        elif here == "," and len(self.found) < 3:
            self.found.append("")
            return False
        else:
            self.depth += {"{": 1, "}": -1}.get(here, 0)
        # Blanks before the type mean nothing; elsewhere they count.
        if here != " " or len(self.found) != 2 or self.found[1]:
            self.found[-1] += here
        return False


def message(pattern: str, values: Sequence[str | None]) -> str:
    """Put values into a pattern: ``{n}``, quotes by apostrophe; None shows as ``null``.

    Raises
    ------
    Fault
        Java refuses the pattern, or wants something other than texts.
    """
    return joined(
        piece if isinstance(piece, str) else _filled(*piece, values) for piece in _pieces(pattern)
    )


#: A text, or the number of an argument and whether the pattern asks for a type.
_Piece = str | tuple[int, bool]


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    """What a pattern is made of, in order. Raises Fault."""
    out: list[_Piece] = []
    i, quoted, argument = 0, False, None
    while i < len(pattern):
        here = pattern[i]
        if argument is not None:
            if argument.add(here):
                out.append(_argument(argument.found))
                argument = None
        elif here == "'" and pattern[i + 1 : i + 2] == "'":
            out.append("'")
            i += 1
        elif here == "'":
            quoted = not quoted
        elif here == "{" and not quoted:
            argument = _Parts()
        else:
            out.append(here)
        i += 1
    # Java overlooks an argument without an end where a brace inside it is open, too.
    if argument is not None and not argument.depth:
        raise Fault("the pattern of format holds a brace without its partner")
    return tuple(_joined(out))


def _joined(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """The same with neighbouring texts as one."""
    for texts, group in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if texts:
            yield "".join(piece for piece in group if isinstance(piece, str))
        else:
            yield from group


def _argument(parts: Sequence[str]) -> tuple[int, bool]:
    kind = parts[1].strip().lower() if len(parts) > 1 else ""
    if not _NUMBER.fullmatch(parts[0]) or (kind and kind not in _TYPES):
        raise Fault("the pattern of format holds something other than {0}, {1} …")
    return int(parts[0]), bool(kind)


def _filled(number: int, typed: bool, values: Sequence[str | None]) -> str:
    if number >= len(values):
        return f"{{{number}}}"
    value = values[number]
    if value is None:
        return "null"
    if typed:
        raise Fault("format has texts only, so its pattern cannot ask for numbers or dates")
    return value
