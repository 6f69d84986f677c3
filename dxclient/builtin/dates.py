"""Date verification: the person types the session's date, and it must be the one on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from dxclient.api import (
    DateVerification,
    Finding,
    ImageSession,
    ProjectSettings,
    Severity,
    hookimpl,
)


@hookimpl
def dxclient_date_verification(session: ImageSession, project: ProjectSettings) -> DateVerification:
    """Ask for the full date where the project demands it and the session has one."""
    if not project.require_date.value or session.date is None:
        return DateVerification(question="", judge=lambda typed: ())
    return DateVerification(
        question="On which day was this session acquired?", judge=_judge(session.date)
    )


@hookimpl
def dxclient_verify_session(session: ImageSession, project: ProjectSettings) -> Iterable[Finding]:
    """Say so where a date is demanded and the files have none."""
    if project.require_date.value and session.date is None:
        yield Finding(
            severity=Severity.NEEDS_YOU,
            code="date.none",
            sentence="The files have no date to compare with.",
            hint="This project asks for the date; make sure that this is the right session.",
        )


def _judge(expected: date) -> Callable[[str], tuple[Finding, ...]]:
    def judge(typed: str) -> tuple[Finding, ...]:
        if not typed.strip():
            return (
                Finding(
                    severity=Severity.STOPS,
                    code="date.missing",
                    sentence="This project asks for the date of the session.",
                    hint="Type the date from your own records, or say that you do not know it.",
                ),
            )
        if parse_date(typed) != expected:
            return (
                Finding(
                    severity=Severity.STOPS,
                    code="date.differs",
                    sentence="The date you typed is not the date in the files.",
                    hint="Check that this is the right session.",
                ),
            )
        return ()

    return judge


def parse_date(typed: str) -> date | None:
    """Read ``YYYY-MM-DD`` or DICOM's ``YYYYMMDD``; None when it is neither."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
