"""Shifting DICOM dates and date-times as DicomEdit does.

Missing parts stand for the middle of the period; the result has the precision of the input.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta
from functools import lru_cache

from dxclient.dicomedit.faults import Fault

_PATTERN = re.compile(
    r"(?P<digits>\d{4}(?:\d{2}){0,5})(?P<rest>(?:\.\d{1,6})?(?:[+-]\d{4})?)", re.ASCII
)
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")
_SECONDS = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


@lru_cache(maxsize=4096)
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
    if not _WHOLE.fullmatch(amount or ""):
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
    year, month = int(digits[:4]), int(digits[4:6] or 0)
    if len(digits) < 6:
        return datetime(year, 7, 1)
    if len(digits) < 8:
        length = monthrange(year, month)[1]
        return datetime(year, month, length // 2 + 1, 12 if length % 2 else 0)
    day = int(digits[6:8])
    if len(digits) < 10:
        return datetime(year, month, day, 12)
    # What is missing stands for the middle of the hour, or of the minute.
    minute = int(digits[10:12] or 30)
    second = int(digits[12:14] or (30 if len(digits) > 10 else 0))
    return datetime(year, month, day, int(digits[8:10]), minute, second)


def _printed(moment: datetime, length: int) -> str:
    # Not by strftime, which does not pad years before 1000 on every system.
    day = f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"
    if length <= len(day):
        return day[:length]
    return f"{day}{moment.hour:02d}{moment.minute:02d}{moment.second:02d}"[:length]
