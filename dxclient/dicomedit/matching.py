"""Matching of wildcard digits."""

from __future__ import annotations

import re
from functools import lru_cache

from dxclient.dicomedit.tree import Element, Part, Wild

_DIGITS = {"X": "[0-9A-F]", "@": "[02468ACE]", "#": "[13579BDF]"}


@lru_cache(maxsize=4096)
def digits(pattern: str) -> re.Pattern[str]:
    """A pattern of hex digits and wildcards as a regular expression."""
    return re.compile("".join(_DIGITS.get(digit, digit) for digit in pattern))


@lru_cache(maxsize=4096)
def fixed_tag(element: Element) -> int | None:
    """The tag of a public element without wildcards."""
    text = element.group + element.element
    if element.private or any(digit in text for digit in "X@#"):
        return None
    return int(text, 16)


def matches(element: Element, tag: int, creator: str | None) -> bool:
    """Whether *tag*, in a block of *creator* where private, is what *element* names."""
    text = f"{tag:08X}"
    if not element.private:
        return digits(element.group + element.element).fullmatch(text) is not None
    if creator != element.creator or tag & 0xFFFF < 0x1000:
        return False
    return digits(element.group + element.element).fullmatch(text[:4] + text[6:]) is not None


def may_be_nothing(parts: tuple[Part, ...]) -> bool:
    """Whether the rest of a path matches no further level."""
    return all(isinstance(part, Wild) and part.kind == "*" for part in parts)
