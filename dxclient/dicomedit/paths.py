"""Tag paths written as texts, as some functions take them."""

from __future__ import annotations

import re

from dxclient.dicomedit.tree import Element, Part, Place, TagPath, Wild

_PART = re.compile(
    r"\s*(?:(?P<wild>[*+.])|\((?P<group>[0-9A-Fa-fXx@#]{4})\s*,\s*"
    r"(?:(?P<element>[0-9A-Fa-fXx@#]{4})"
    r"|\{(?P<creator>[A-Za-z][A-Za-z0-9 \-_.:]*)\}(?P<low>[0-9A-Fa-fXx@#]{2}))\)"
    r"(?:\s*\[\s*(?P<item>0|[1-9][0-9]{0,4}|%)\s*\])?)\s*(?P<end>/|\Z)"
)
_DIRECT = re.compile(
    r"\s*\(\s*(?P<group>[0-9A-Fa-f]{4})\s*,\s*(?P<element>[0-9A-Fa-f]{4})\s*\)"
    r"(?:\s*\[\s*(?P<item>0|[1-9][0-9]{0,4})\s*\])?\s*(?P<end>/|\Z)"
)


def path_of(text: str) -> TagPath | None:
    """A tag path written as a text, None where it is none."""
    parts = _parts(_PART, text)
    if parts is None or not all(_lawful(part) for part in parts):
        return None
    return TagPath(parts, Place(0, 0))


def direct_path_of(text: str) -> TagPath | None:
    """A path for ``set`` and ``delete``: no wildcards, odd groups allowed, items numbered."""
    parts = _parts(_DIRECT, text)
    if parts is None or not all(isinstance(p, Element) and p.item is not None for p in parts[:-1]):
        return None
    last = parts[-1]
    if not isinstance(last, Element) or last.item is not None:
        return None
    return TagPath(parts, Place(0, 0))


def _parts(pattern: re.Pattern[str], text: str) -> tuple[Part, ...] | None:
    parts: list[Part] = []
    position, more = 0, True
    while more:
        match = pattern.match(text, position)
        if match is None:
            return None
        parts.append(_part(match.groupdict()))
        position, more = match.end(), match["end"] == "/"
    return tuple(parts)


def _part(found: dict[str, str | None]) -> Part:
    if found.get("wild"):
        return Wild(found["wild"] or "")
    item = found["item"]
    element = found["element"] or found.get("low") or ""
    number = int(item) if item and item != "%" else item
    creator = found.get("creator") or ""
    return Element((found["group"] or "").upper(), element.upper(), creator, number)


def _lawful(part: Part) -> bool:
    """Private elements are written with their creator, public ones without."""
    if isinstance(part, Wild):
        return True
    return (part.group[-1] in "02468ACE@") == (not part.creator) and part.group[-1] != "X"


def shown(path: TagPath) -> str:
    """The path in the notation of scripts."""
    return "/".join(_shown(part) for part in path.parts)


def _shown(part: Part) -> str:
    if isinstance(part, Wild):
        return part.kind
    inner = f"{{{part.creator}}}{part.element}" if part.private else part.element
    item = "" if part.item is None else f"[{part.item}]"
    return f"({part.group},{inner}){item}"


def bare(path: TagPath) -> str:
    """The path as the engine shows it where it is used as a text: ``00100020``."""
    return "/".join(_bare(part) for part in path.parts)


def _bare(part: Part) -> str:
    if isinstance(part, Wild):
        return part.kind
    inner = f'"{part.creator}"{part.element}' if part.private else part.element
    item = "" if part.item is None else f"[{part.item}]"
    return part.group + inner + item
