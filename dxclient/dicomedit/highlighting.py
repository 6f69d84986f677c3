"""Which piece of a script is what, for an editor. Works on any text, right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


# A tuple and no dataclass: an editor makes ten thousands of them at every key press.
class Span(NamedTuple):
    """A piece of one line.

    Parameters
    ----------
    line, column : int
        Where it starts, from 1.
    length : int
        In characters; a span never goes beyond its line.
    kind : str
        keyword, comment, string, number, tag, variable, function, operator or error.
    """

    line: int
    column: int
    length: int
    kind: str


_KEYWORDS_6 = (
    "if elseif else describe hidden const immutable export echo removeAllPrivateTags version"
)
_KEYWORDS_4 = "describe hidden export echo new version"
_STRING_6 = r'"(?:[^"\\\r\n]|\\\r?\n|\\[nrtbf()\\]|\\[0-7]{3})*"'
_STRING_4 = r'"(?:[^"\\\r\n]|\\\r?\n|\\[btnfr"\'\\])*"'
_TAG_6 = (
    r"\((?:[0-9A-Fa-fXx@#]{3}[02468ACEace@][ \t]*,[ \t]*[0-9A-Fa-fXx@#]{4}"
    r"|[0-9A-Fa-fXx@#]{3}[13579BDFbdf#][ \t]*,[ \t]*"
    r"\{[A-Za-z][A-Za-z0-9 \-_.:]*\}[0-9A-Fa-fXx@#]{2})\)"
)
_TAG_4 = r"\([0-9A-FX@#a-f]{4},[0-9A-FX@#a-f]{4}\)"
_WRONG_TAG = r"\([ \t]*[0-9A-Fa-fXx@#]{2,6}[ \t]*,[^()\r\n]{0,60}\)"


def _scanner(keywords: str, string: str, tag: str, operators: str, lonely: str) -> re.Pattern[str]:
    words = "|".join(keywords.split())
    kinds = (
        ("newline", r"\n"),
        # The language takes no comment directly after a colon, as in http://host.
        ("comment", r"(?<!:)//(?:\\\r?\n|[^\r\n])*"),
        ("string", string),
        ("tag", tag),
        ("lonely", lonely),
        ("keyword", rf"(?:{words})(?![A-Za-z0-9_])"),
        ("function", r"[A-Za-z_][A-Za-z0-9_]*(?=[ \t]*\[)"),
        ("variable", r"[A-Za-z_][A-Za-z0-9_]*"),
        ("number", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![0-9])"),
        ("operator", operators),
        ("wrong", rf'{_WRONG_TAG}|"[^\r\n"]*"?|\'[^\r\n\']*\'?|[“”„][^\r\n“”„]*[“”]?'),
        # Blanks, commas and brackets match nothing, so that the search leaps over them.
        ("stray", r"[^\s/,()\[\]{}*.%]"),
    )
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in kinds))


_SIX = _scanner(
    _KEYWORDS_6,
    _STRING_6,
    _TAG_6,
    r":=|\?=|!=|!~|=(?!=)|[~?:+-]|\\(?=\r?\n|\Z)",
    # A lone x is the hexadecimal wildcard and no name.
    r"[xX](?![A-Za-z0-9_])|==",
)
_FOUR = _scanner(_KEYWORDS_4, _STRING_4, _TAG_4, r":=|[=~:-]|\\(?=\r?\n)", r"(?!)")
_VERSION = re.compile(r"^[ \t]*version\b(?!\s+\"?4)", re.MULTILINE | re.IGNORECASE)


def highlight(text: str) -> tuple[Span, ...]:
    """Say what each piece of a script is; blanks, commas and brackets are left out.

    Without a version statement the text is taken for DicomEdit 4.

    Examples
    --------
    >>> [span.kind for span in highlight('version "6.6"')]
    ['keyword', 'string']
    """
    return tuple(_spans(text, _SIX if _VERSION.search(text) else _FOUR))


def _spans(text: str, scanner: re.Pattern[str]) -> list[Span]:
    # One loop with few calls: it runs at every key press.
    found: list[Span] = []
    add, new = found.append, tuple.__new__
    line, start = 1, 0
    for match in scanner.finditer(text):
        kind = match.lastgroup or ""
        begin, end = match.span()
        if kind == "newline":
            line, start = line + 1, end
        elif kind in _LONG and "\n" in match.group():
            found += _pieces(match, line, begin - start + 1)
            line += match.group().count("\n")
            start = text.rfind("\n", 0, end) + 1
        else:
            add(new(Span, (line, begin - start + 1, end - begin, _ERRORS.get(kind, kind))))
    return found


def _pieces(match: re.Match[str], line: int, column: int) -> Iterator[Span]:
    """A comment or text that goes on over several lines."""
    kind = match.lastgroup or ""
    for number, piece in enumerate(match.group().split("\n")):
        shown = len(piece.rstrip("\r"))
        if shown:
            yield Span(line + number, 1 if number else column, shown, kind)


_LONG = frozenset({"comment", "string"})
_ERRORS = dict.fromkeys(("lonely", "wrong", "stray"), "error")
