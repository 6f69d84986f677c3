"""Questions as data: rendered by the window, the command line and tests alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from dxclient.domain.findings import Finding


class FieldKind(Enum):
    """What kind of answer a field takes. Unknown kinds are shown as text."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105
    CHOICE = "choice"
    CHECK = "check"
    DATE = "date"
    INTEGER = "integer"
    FILE = "file"
    FOLDER = "folder"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. Answers are texts; a check answers ``"true"`` or ``"false"``."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    default: str = ""
    options: tuple[str, ...] = ()
    required: bool = False
    help: str = ""


def _nothing(answers: Mapping[str, str]) -> tuple[Finding, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Questions, and a judgement on the answers."""

    fields: tuple[Field, ...]
    check: Callable[[Mapping[str, str]], tuple[Finding, ...]] = _nothing
