"""Numbers as people say them."""

from __future__ import annotations

from datetime import datetime

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: float) -> str:
    """Bytes in words: ``1.4 GB`` (powers of 1000, as file managers and providers count)."""
    value = float(count)
    for unit in _UNITS:
        if value < 1000 or unit == _UNITS[-1]:
            break
        value /= 1000
    digits = 0 if unit == "bytes" or value >= 100 else 1
    return f"{value:,.{digits}f} {unit}"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its word: ``1 file``, ``12,340 files``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """A time to wait, rounded as people do: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def moment(seconds: float) -> str:
    """A time in the past: today's with the time of day, others with the date."""
    if not seconds:
        return ""
    then = datetime.fromtimestamp(seconds).astimezone()
    today = datetime.now().astimezone().date()
    return f"{then:today, %H:%M}" if then.date() == today else f"{then:%Y-%m-%d %H:%M}"


def stamp(text: str) -> str:
    """A time of a receipt (ISO 8601) as the clock on this wall shows it; other text as it is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text


def bar(done: float, total: float, width: int = 8) -> str:
    """A progress bar as text, with percents."""
    share = min(1.0, done / total) if total else 0.0
    full = int(share * width)
    return "▰" * full + "▱" * (width - full) + f" {int(share * 100):3d} %"
