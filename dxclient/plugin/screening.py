"""Whether a plugin may be imported at all; decided from its metadata alone."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable

from dxclient.plugin.sources import GROUP, Candidate, normal

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(;.*)?$")
_CLAUSE = re.compile(r"^\s*(===|==|~=|!=|<=|>=|<|>)\s*v?([0-9.]+)")
#: What is built in is not named on receipts as an extension, so nobody else may look like it.
RESERVED = "dxclient-builtin"
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "~=": operator.ge,
}


def refusal(candidate: Candidate, taken: Iterable[str], version: str) -> str:
    """The sentence why *candidate* is not imported; empty when it may be."""
    if candidate.group not in {"", GROUP}:
        return "It is made for another version of the plugin API; this dxclient cannot run it."
    if not candidate.builtin and normal(candidate.name).startswith(RESERVED):
        return "Its name says that it is built in, and it is not."
    if normal(candidate.name) in {normal(name) for name in taken}:
        return "An extension of this name is there already; remove one of them."
    for line in candidate.requires:
        wish = _unmet(line, version)
        if wish:
            return f"It needs dxclient {wish}; this is {version}."
    return ""


def _unmet(line: str, version: str) -> str:
    """What a ``Requires-Dist`` line wishes of dxclient and does not get.

    Extras are wishes of developers, not of users. What cannot be read is left to pip.
    """
    match = _REQUIREMENT.match(line)
    if not match or normal(match[1]) != "dxclient" or "extra" in (match[3] or ""):
        return ""
    for clause in match[2].split(","):
        parts = _CLAUSE.match(clause)
        if parts and not _meets(parts[1], parts[2], version):
            return clause.strip()
    return ""


def _meets(sign: str, wished: str, version: str) -> bool:
    wish, ours = _numbers(wished), _numbers(version)
    if sign == "~=" and ours[: _count(wished) - 1] != wish[: _count(wished) - 1]:
        return False
    return _COMPARE[sign](ours, wish)


def _count(text: str) -> int:
    return len(re.findall(r"\d+", text))


def _numbers(text: str) -> tuple[int, ...]:
    """The release as four numbers, so that 1.2 equals 1.2.0. Suffixes are not counted."""
    release = re.match(r"[0-9.]*", text)
    found = [int(n) for n in re.findall(r"\d+", release[0] if release else "")][:4]
    return (*found, *[0] * (4 - len(found)))
