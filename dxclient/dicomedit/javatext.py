"""How Java writes numbers, formats messages and matches regular expressions."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import regex as patterns
from regex import Match, Pattern

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.javamessage import message as message
from dxclient.dicomedit.javaregex import translated


def number_text(value: float, *, single: bool) -> str:
    """Text of a float (*single*) or double as Java's ``toString`` writes it."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0:
        return "-0.0" if str(value).startswith("-") else "0.0"
    sign, digits, exponent = _shortest(value, single)
    if -3 <= exponent < 7:
        return sign + _plain(digits, exponent)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest(value: float, single: bool) -> tuple[str, str, int]:
    """Sign, digits and exponent of the shortest number that reads back as *value*."""
    wanted = _as_single(value) if single else value
    for precision in range(17):
        text = f"{value:.{precision}e}"
        if (_as_single(float(text)) if single else float(text)) == wanted:
            break
    mantissa, exponent = text.lstrip("-").split("e")
    digits = mantissa.replace(".", "").rstrip("0") or "0"
    return ("-" if value < 0 else "", digits, int(exponent))


def _as_single(value: float) -> float | None:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return None


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    return f"{whole}.{digits[exponent + 1 :] or '0'}"


def substring(text: str, begin: int, end: int) -> str:
    """Characters from *begin* up to, not including, *end*, counted as Java counts (UTF-16).

    Half a character becomes a question mark, as Java writes it. Raises Fault beyond the text.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    if not 0 <= begin <= end <= len(units) // 2:
        raise Fault("substring reaches beyond the text")
    part = units[2 * begin : 2 * end].decode("utf-16-le", "surrogatepass")
    return re.sub("[\ud800-\udfff]", "?", part)


#: Seconds that one match may take; a careless pattern could take years.
MATCH_SECONDS = 1.0
#: How often counted repeats may be nested in effect; more takes gigabytes.
_MOST_REPEATS = 100_000


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled regular expression whose matches end in time. Raises Fault where they do not."""

    compiled: Pattern[str]
    tame: bool = False

    def fullmatch(self, text: str) -> Match[str] | None:
        """Match the whole text."""
        return self._in_time(self.compiled.fullmatch, text)

    def search(self, text: str) -> Match[str] | None:
        """Find the first place that matches."""
        return self._in_time(self.compiled.search, text)

    def _in_time(self, method: Callable[..., Match[str] | None], text: str) -> Match[str] | None:
        if self.tame and len(text) <= _SHORT_TEXT:
            return method(text)
        try:
            return method(text, timeout=MATCH_SECONDS)
        except (TimeoutError, MemoryError, RecursionError):
            raise Fault("a regular expression takes too long; write it more simply") from None


@lru_cache(maxsize=1024)
def regex(pattern: str) -> Regex:
    """A Java regular expression, compiled. Raises Fault where it cannot be understood."""
    if _repeats(pattern) > _MOST_REPEATS:
        raise Fault("a regular expression repeats too often; write it more simply")
    text = translated(pattern)
    try:
        compiled = patterns.compile(text, patterns.V1 | patterns.UNICODE)
        return Regex(compiled, _is_tame(pattern))
    except (patterns.error, RecursionError, OverflowError, ValueError, IndexError):
        raise Fault("a regular expression cannot be understood") from None


#: Texts up to this length are matched without a clock, by patterns that are tame.
_SHORT_TEXT = 200
#: Ways to match times length of the pattern: what a match may take without a clock.
_MOST_STEPS = 1 << 22
_NEVER_TAME = re.compile(r"\)\s*[*+{]|\\[1-9kQRX]|\(\?[a-zA-Z-]*x")
_CHOICE = re.compile(r"\\[pPx]\{[^}]*\}|\\.|\(\?|\{(\d+)(,?)(\d*)\}|[*+?|{]", re.DOTALL)


def _is_tame(pattern: str) -> bool:
    """Whether trying all ways to match a short text is quick: watching the clock costs more.

    Without repeated groups each alternative and each optional piece at most doubles the ways to
    match, and each other repeat has as many as the text has characters, and one. So the product
    bounds them. What stands in a class is counted too: that can only make it larger.
    """
    if _NEVER_TAME.search(pattern):
        return False
    ways = 1
    for match in _CHOICE.finditer(pattern):
        ways *= _choices(match)
        if ways * len(pattern) > _MOST_STEPS:
            return False
    return True


def _choices(match: re.Match[str]) -> int:
    """In how many ways one piece of a pattern can go on; very many where that is not known."""
    piece = match.group()
    if piece in "|?":
        return 2
    if piece in "*+":
        return _SHORT_TEXT + 1
    if not match[1]:
        return _MOST_STEPS if piece == "{" else 1
    least, most = int(match[1][:9]), int(match[3][:9] or _SHORT_TEXT)
    if not match[2]:
        return 1 if least <= _SHORT_TEXT else _MOST_STEPS
    return max(most - least, 0) + 1 if most <= _SHORT_TEXT else _MOST_STEPS


_REPEAT = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|\{(\d+)(?:,(\d*))?\}|[()]|.", re.DOTALL)


def _repeats(pattern: str) -> int:
    """Product of counted repeats along the deepest nesting of groups."""
    heaviest, last, outer = 1, 1, []
    for match in _REPEAT.finditer(pattern):
        piece = match.group()
        if piece == "(":
            outer.append(heaviest)
            heaviest = last = 1
        elif piece == ")" and outer:
            last = heaviest
            heaviest = max(outer.pop(), last)
        elif match[1]:
            last *= max(int(match[1][:9]), int(match[2][:9]) if match[2] else 1, 1)
            heaviest = max(heaviest, last)
        else:
            last = last if piece in "*+?" else 1
    return heaviest
