"""The tables of the standard, read from the package's data."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of PS3.15 Table E.1-1.

    Parameters
    ----------
    tag : str
        Eight hex digits, with ``@`` and ``X`` for the digits of repeating groups, or "private".
    basic : str
        Action of the Basic Profile, such as ``X/Z``.
    codes : mapping
        ``K`` (keep) or ``C`` (clean) by option; options without a code for this row are left out.
    """

    tag: str
    name: str
    vr: str
    basic: str
    codes: Mapping[str, str]

    @property
    def path(self) -> str:
        """The element in the notation of scripts."""
        return f"({self.tag[:4]},{self.tag[4:]})"


@dataclass(frozen=True, slots=True)
class SafePrivate:
    """One row of PS3.15 Table E.3.10-1."""

    group: str
    creator: str
    element: str
    vr: str
    name: str

    @property
    def path(self) -> str:
        """The element in the notation of scripts."""
        return f"({self.group},{{{self.creator}}}{self.element})"


@lru_cache(maxsize=1)
def attributes() -> tuple[Attribute, ...]:
    """Table E.1-1, by tag; private attributes last."""
    return tuple(_attribute(row) for row in _rows("attributes.csv"))


@lru_cache(maxsize=1)
def other_dates() -> tuple[Attribute, ...]:
    """Dates and times of the data dictionary that Table E.1-1 does not list.

    The options on dates speak of all dates, so these follow what is done with the others.
    """
    codes = {"full_dates": "K", "modified_dates": "C"}
    return tuple(
        Attribute(row["tag"], row["name"], row["vr"], "X", codes)
        for row in _rows("other_dates.csv")
    )


@lru_cache(maxsize=1)
def safe_private() -> tuple[SafePrivate, ...]:
    """Table E.3.10-1."""
    return tuple(SafePrivate(**row) for row in _rows("safe_private.csv"))


@lru_cache(maxsize=1)
def descriptors() -> tuple[frozenset[str], tuple[str, ...]]:
    """Tags of descriptions worth keeping, and the words that may stay in them."""
    rows = list(_rows("descriptors.csv"))
    tags = frozenset(row["value"] for row in rows if row["kind"] == "element")
    return tags, tuple(sorted(row["value"] for row in rows if row["kind"] == "word"))


@lru_cache(maxsize=1)
def edition() -> str:
    """Edition of the standard that the table was taken from, such as 2026c."""
    return _lines("attributes.csv")[0].split(",")[0].split()[-1]


def _attribute(row: dict[str, str]) -> Attribute:
    fixed = {key: row.pop(key) for key in ("tag", "name", "vr", "basic")}
    row["safe_private"] = row.pop("retain_safe_private")
    return Attribute(**fixed, codes={key: code for key, code in row.items() if code})


def _rows(name: str) -> csv.DictReader[str]:
    """Rows of a table. Its first line says where it is from."""
    return csv.DictReader(_lines(name)[1:])


def _lines(name: str) -> list[str]:
    return resources.files(__package__).joinpath(name).read_text("utf-8").splitlines()
