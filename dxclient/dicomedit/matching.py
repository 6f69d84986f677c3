"""Matching of elements: a pattern of digits and wildcards is a mask over the tag."""

from __future__ import annotations

from collections.abc import Callable

from dxclient.dicomedit.tree import Element, Part, Wild


def matches(element: Element, tag: int, creator_of: Callable[[int], str | None]) -> bool:
    """Whether a tag is what *element* names; private ones in a block of its creator."""
    if tag & element.mask != element.bits:
        return False
    return not element.creator or (tag & 0xFFFF >= 0x1000 and creator_of(tag) == element.creator)


def may_be_nothing(parts: tuple[Part, ...]) -> bool:
    """Whether the rest of a path matches no further level."""
    return all(isinstance(part, Wild) and part.kind == "*" for part in parts)
