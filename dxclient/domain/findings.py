"""What a check says about a session, a scan or a draft."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a finding needs a person."""

    NOTE = "note"
    NEEDS_YOU = "needs you"
    STOPS = "stops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a person should know before sending.

    Parameters
    ----------
    code : str
        Stable id such as ``"session.several-patients"``.
    sentence : str
        What was found. May be shown beside the session; never logged with values of headers.
    hint : str
        What to do.
    subject : str
        Id of what it speaks of: a study UID, a series UID, a form field.
    source : str
        The plugin that says so; filled in by the host.
    """

    severity: Severity
    code: str
    sentence: str
    hint: str = ""
    subject: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a scan is accepted, and if not, why."""

    accepted: bool
    reason: str = ""
