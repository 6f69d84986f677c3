"""Offers ageDecade to anonymization scripts."""

from __future__ import annotations

import re

from dxclient.api import DicomEditFunction, hookimpl


def age_decade(age: str | None) -> str | None:
    """``047Y`` becomes ``040Y``. One in months or days becomes empty, none stays none."""
    if age is None:
        return None
    found = re.fullmatch(r"(\d\d)\dY", age)
    return f"{found[1]}0Y" if found else ""


@hookimpl
def dxclient_dicomedit_functions() -> list[DicomEditFunction]:
    """Offer the function."""
    return [
        DicomEditFunction(
            name="ageDecade", version="1", function=age_decade, min_args=1, max_args=1
        )
    ]
