r"""Java regular expressions, written anew in the dialect of the ``regex`` package.

Source of the rules: the documentation of ``java.util.regex.Pattern`` (Java 17). Without flags,
classes such as ``\d`` and letters under ``(?i)`` mean ASCII there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.javaclasses import SETS, UNICODE_SETS, property_set, variants, written

_BREAKS = r"\n\r\u0085\u2028\u2029"
_ANCHORS = {
    "A": r"\A",
    "z": r"\Z",
    # A search begins at the start of the text, and DicomEdit looks for the first place only.
    "G": r"\A",
    "Z": r"(?:(?=\r\n\Z|[\r\u0085\u2028\u2029]?\Z)|(?<!\r)(?=\n\Z))",
    "b": r"\b",
    "B": r"\B",
    "R": r"(?:\r\n|[\n\x0b\x0c\r\u0085\u2028\u2029])",
    "X": r"\X",
}
_LINE_START = r"(?:\A|(?<=[\n\u0085\u2028\u2029])(?!\Z)|(?<=\r)(?!\n|\Z))"
_LINE_END = r"(?:(?=[\r\u0085\u2028\u2029]|\Z)|(?<!\r)(?=\n))"
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_CODE = re.compile(
    r"x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,8})\}|u([0-9A-Fa-f]{4})|0([0-3][0-7]{2}|[0-7]{1,2})"
)
_FLAGS = re.compile(r"\(\?([idmsuxU]*)(?:-([idmsuxU]*))?([:)])")
_NAME = re.compile(r"\(\?<([A-Za-z][A-Za-z0-9]*)>")
_OPENINGS = re.compile(r"\(\?(?::|=|!|>|<=|<!)")
_REPEAT = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[?+]?")
_QUOTED = re.compile(r"(\\[^Q])|\\Q(.*?)(?:\\E|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Flags:
    """The inline flags of Java, by their letters."""

    i: bool = False
    d: bool = False
    m: bool = False
    s: bool = False
    u: bool = False
    x: bool = False
    U: bool = False


def translated(pattern: str) -> str:
    """A Java pattern in the dialect of ``regex.V1``. Raises Fault where Java refuses it."""
    translator = _Translator(_QUOTED.sub(_unquoted, pattern))
    return translator.whole()


def _unquoted(match: re.Match[str]) -> str:
    if match[1] is not None:
        return match[1]
    return re.sub(r"([^0-9A-Za-z\x80-\U0010ffff])", r"\\\1", match[2])


def _bad() -> Fault:
    return Fault("a regular expression cannot be understood")


class _Translator:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._groups = 0
        self._names: set[str] = set()

    def whole(self) -> str:
        """Translate everything."""
        out = self._alternatives(_Flags())
        if self._at < len(self._text):
            raise _bad()  # a closing parenthesis without an opening one
        return out

    # -- reading ----------------------------------------------------------------------
    def _peek(self, ahead: int = 0) -> str:
        return self._text[self._at + ahead : self._at + ahead + 1]

    def _next(self) -> str:
        here = self._peek()
        if not here:
            raise _bad()
        self._at += 1
        return here

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _skip(self, flags: _Flags) -> None:
        """Blanks and comments, under ``(?x)``."""
        while flags.x and self._peek() and (self._peek() in " \t\n\x0b\f\r#"):
            if self._next() == "#":
                while self._peek() and self._peek() not in "\n\r":
                    self._at += 1

    # -- sequences ----------------------------------------------------------------------
    def _alternatives(self, flags: _Flags) -> str:
        out: list[str] = []
        while True:
            self._skip(flags)
            if self._peek() in ("", ")"):
                return "".join(out)
            changed = self._flag_change(flags)
            if changed is not None:
                flags = changed
            elif self._peek() == "|":
                out.append(self._next())
            else:
                out.append(self._repeated(self._atom(flags), flags))

    def _flag_change(self, flags: _Flags) -> _Flags | None:
        """A group such as ``(?i)``, which holds up to the end of the group around it."""
        match = _FLAGS.match(self._text, self._at)
        if match is None or match[3] == ":":
            return None
        self._at = match.end()
        return _changed(flags, match)

    def _repeated(self, atom: str, flags: _Flags) -> str:
        self._skip(flags)
        repeat = self._take(_REPEAT)
        if repeat is None:
            return atom
        simple = len(atom) == 1 or atom[0] in "[("
        return (atom if simple else f"(?:{atom})") + repeat.group()

    def _atom(self, flags: _Flags) -> str:
        here = self._peek()
        if here == "(":
            return self._group(flags)
        self._at += 1
        if here in "*+?{":
            raise _bad()
        if here == "[":
            return self._folded(self._class(flags), flags)
        if here == "\\":
            return self._escape(flags)
        if here == ".":
            return _dot(flags)
        if here == "^":
            return _line_start(flags)
        if here == "$":
            return _line_end(flags)
        return _literal(here, flags)

    def _group(self, flags: _Flags) -> str:
        scoped = _FLAGS.match(self._text, self._at)
        name = _NAME.match(self._text, self._at)
        if scoped is not None and scoped[3] == ":":
            self._at, opening, flags = scoped.end(), "(?:", _changed(flags, scoped)
        elif name is not None:
            self._at, opening = name.end(), f"(?P<{self._named(name[1])}>"
        elif (plain := self._take(_OPENINGS)) is not None:
            opening = plain.group()
        elif self._peek(1) == "?":
            raise _bad()
        else:
            self._at += 1
            self._groups += 1
            opening = "("
        inner = self._alternatives(flags)
        if self._next() != ")":
            raise _bad()
        return f"{opening}{inner})"

    def _named(self, name: str) -> str:
        if name in self._names:
            raise _bad()
        self._names.add(name)
        self._groups += 1
        return name

    # -- escapes --------------------------------------------------------------------------
    def _escape(self, flags: _Flags) -> str:
        here = self._peek()
        if here in _ANCHORS and here:
            self._at += 1
            return _line_end(replace(flags, m=False)) if here == "Z" else _ANCHORS[here]
        if here in "123456789" and here:
            return self._back_reference(flags)
        if here == "k":
            return self._named_reference(flags)
        chosen = self._set(flags)
        return f"[{chosen}]" if chosen is not None else _literal(self._character(), flags)

    def _back_reference(self, flags: _Flags) -> str:
        number = int(self._next())
        while self._peek() in "0123456789" and self._peek():
            longer = number * 10 + int(self._peek())
            if longer > self._groups:
                break
            number = longer
            self._at += 1
        if number > self._groups:
            return "(?!)"  # Java lets a reference to no group match nothing
        return _scoped(rf"\g<{number}>", flags)

    def _named_reference(self, flags: _Flags) -> str:
        match = re.compile(r"k<([A-Za-z][A-Za-z0-9]*)>").match(self._text, self._at)
        if match is None or match[1] not in self._names:
            raise _bad()
        self._at = match.end()
        return _scoped(f"(?P={match[1]})", flags)

    def _set(self, flags: _Flags) -> str | None:
        r"""The inside of a set for ``\d``, ``\W``, ``\p{…}``; None where no such escape stands."""
        here = self._peek()
        if here and here in "pP":
            self._at += 1
            inside = property_set(self._property(), folded=flags.i, unicode=flags.U)
        elif here and here.lower() in SETS:
            self._at += 1
            wide = flags.U and here.lower() in UNICODE_SETS
            inside = (UNICODE_SETS if wide else SETS)[here.lower()]
        else:
            return None
        return f"[^{inside}]" if here.isupper() else inside

    def _property(self) -> str:
        if self._peek() != "{":
            return self._next()
        end = self._text.find("}", self._at)
        if end < 0:
            raise _bad()
        name, self._at = self._text[self._at + 1 : end], end + 1
        return name

    def _character(self) -> str:
        """One character after a backslash."""
        code = self._take(_CODE)
        if code is not None:
            number = int(code[4], 8) if code[4] else int(code[1] or code[2] or code[3], 16)
            if number > 0x10FFFF:
                raise _bad()
            return chr(number)
        here = self._next()
        if here == "c":
            return chr(ord(self._next()) ^ 64)
        if here in _CONTROLS:
            return _CONTROLS[here]
        if here.isascii() and here.isalnum():
            raise _bad()
        return here

    # -- character classes ------------------------------------------------------------------
    def _class(self, flags: _Flags) -> str:
        """A class after its opening bracket, with unions and intersections."""
        negation = ""
        if self._peek() == "^":
            negation = self._next()
        operands: list[list[str]] = [[]]
        while True:
            self._skip(flags)
            if self._peek() == "]" and any(operands):
                self._at += 1
                return _class_text(negation, operands)
            if self._text.startswith("&&", self._at):
                self._at += 2
                operands.append([])
            else:
                operands[-1].append(self._class_item(flags))

    def _class_item(self, flags: _Flags) -> str:
        here = self._next()
        if here == "[":
            return self._class(flags)
        if here == "\\":
            chosen = self._set(flags)
            if chosen is not None:
                return chosen
            here = self._character()
        self._skip(flags)
        if self._peek() != "-" or self._peek(1) in ("]", "[", ""):
            return _in_class(here, here, flags)
        self._at += 1
        self._skip(flags)
        last = self._next()
        if last == "\\":
            last = self._character()
        if last < here:
            raise _bad()
        return _in_class(here, last, flags)

    def _folded(self, text: str, flags: _Flags) -> str:
        return f"(?i:{text})" if flags.i and (flags.u or flags.U) else text


def _class_text(negation: str, operands: list[list[str]]) -> str:
    filled = ["".join(operand) for operand in operands if operand]
    if len(filled) == 1:
        return f"[{negation}{filled[0]}]"
    return f"[{negation}{'&&'.join(f'[{one}]' for one in filled)}]"


def _in_class(first: str, last: str, flags: _Flags) -> str:
    """A character or range, in both cases where the case is ignored."""
    out = written(first) if first == last else f"{written(first)}-{written(last)}"
    if flags.i:
        for low, high, shift in (("a", "z", -32), ("A", "Z", 32)):
            start, end = max(first, low), min(last, high)
            if start <= end:
                out += f"{chr(ord(start) + shift)}-{chr(ord(end) + shift)}"
    return out


def _changed(flags: _Flags, match: re.Match[str]) -> _Flags:
    on = dict.fromkeys(match[1] or "", True)
    off = dict.fromkeys(match[2] or "", False)
    return replace(flags, **on, **{letter: False for letter in off if letter not in on})


def _scoped(text: str, flags: _Flags) -> str:
    return f"(?i:{text})" if flags.i else text


def _literal(character: str, flags: _Flags) -> str:
    if not flags.i:
        return written(character)
    both = variants(character, unicode=flags.u or flags.U)
    return written(character) if len(both) == 1 else f"[{''.join(map(written, both))}]"


def _dot(flags: _Flags) -> str:
    if flags.s:
        return r"[\s\S]"
    return r"[^\n]" if flags.d else f"[^{_BREAKS}]"


def _line_start(flags: _Flags) -> str:
    if not flags.m:
        return r"\A"
    return r"(?:\A|(?<=\n)(?!\Z))" if flags.d else _LINE_START


def _line_end(flags: _Flags) -> str:
    if flags.d:
        return r"(?=\n|\Z)" if flags.m else r"(?=\n?\Z)"
    return _LINE_END if flags.m else _ANCHORS["Z"]
