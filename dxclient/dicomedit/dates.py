"""Shifting DICOM dates and date-times as DicomEdit does.

Missing parts stand for the middle of the period; the result has the precision of the input.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from dxclient.dicomedit.faults import Fault

_PATTERN = re.compile(
    r"(?P<digits>\d{4}(?:\d{2}){0,5})(?P<rest>(?:\.\d{1,6})?(?:[+-]\d{4})?)", re.ASCII
)
_FORMATS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_SECONDS = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def shift(text: str | None, amount: str | None, unit: str) -> str:
    """Move a date or date-time by whole units.

    Parameters
    ----------
    amount : str
        A whole number, negative for earlier.
    unit : str
        years (of 365 days), days, hours, minutes or seconds, in any case.

    Raises
    ------
    Fault
        The text is no date, the amount no whole number, or the unit unknown.
    """
    match = _PATTERN.fullmatch(text or "")
    if match is None:
        raise Fault("a value is not a DICOM date or date-time")
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", amount or ""):
        raise Fault("the increment is not a whole number")
    seconds = _SECONDS.get(unit.lower())
    if seconds is None:
        raise Fault("the unit is not one of years, days, hours, minutes, seconds")
    try:
        moved = _middle(match["digits"]) + timedelta(seconds=int(amount or 0) * seconds)
    except (ValueError, OverflowError):
        raise Fault("a value is not a possible date") from None
    return _printed(moved, len(match["digits"])) + match["rest"]


def middle(text: str) -> datetime:
    """The moment in the middle of the period that a date or date-time names. Raises Fault."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise Fault("a value is not a DICOM date or date-time")
    try:
        return _middle(match["digits"])
    except ValueError:
        raise Fault("a value is not a possible date") from None


def _middle(digits: str) -> datetime:
    year, month, day, hour, minute, second = (
        int(digits[a:b]) if len(digits) >= b else None
        for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
    )
    assert year is not None
    if month is None:
        return datetime(year, 7, 1)
    if day is None:
        length = monthrange(year, month)[1]
        return datetime(year, month, length // 2 + 1, 12 if length % 2 else 0)
    if hour is None:
        return datetime(year, month, day, 12)
    if minute is None:
        return datetime(year, month, day, hour, 30)
    return datetime(year, month, day, hour, minute, 30 if second is None else second)


def _printed(moment: datetime, length: int) -> str:
    # strftime("%Y") does not pad years before 1000 on every system.
    return f"{moment.year:04d}" + moment.strftime(_FORMATS[length][2:])
