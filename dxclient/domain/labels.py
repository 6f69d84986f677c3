"""Labels of subjects and image sessions, as XNAT keeps them.

XNAT allows ``[A-Za-z0-9_-]`` in labels and silently turns everything else into ``_`` when it
archives (OmUtils.cleanValue), so we clean up front and the names agree on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NewType

SubjectLabel = NewType("SubjectLabel", str)
SessionLabel = NewType("SessionLabel", str)

#: Longer labels pass XNAT's column, but meet the limits of file paths first.
MAX_LABEL = 64

_LEGAL = re.compile(r"[A-Za-z0-9_-]+")
_ILLEGAL_RUN = re.compile(r"[^A-Za-z0-9_-]+")


def clean_label(text: str) -> str:
    """Turn any text into a legal XNAT label: accents off, other characters become ``_``."""
    plain = unicodedata.normalize("NFKD", text.strip())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _ILLEGAL_RUN.sub("_", plain).strip("_")[:MAX_LABEL]


def label_problem(text: str) -> str:
    """Say what is wrong with a label, or return an empty text when it is legal."""
    if not text:
        return "A label is needed."
    if len(text) > MAX_LABEL:
        return f"Labels have at most {MAX_LABEL} characters; this one has {len(text)}."
    if not _LEGAL.fullmatch(text):
        return "Allowed are letters A to Z, digits, dash (-) and underscore (_)."
    return ""


def same_label(one: str, other: str) -> bool:
    """Compare labels as file systems do: upper and lower case are the same."""
    return one.casefold() == other.casefold()
