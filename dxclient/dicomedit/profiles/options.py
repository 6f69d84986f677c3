"""The options of a confidentiality profile that a header script can carry out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Options:
    """What to keep beyond the Basic Profile (PS3.15 section E.3).

    The options Clean Pixel Data, Clean Recognizable Visual Features, Clean Structured Content
    and Clean Graphics are missing on purpose: a script on headers cannot carry them out.

    Parameters
    ----------
    retain_uids : bool
        UIDs stay; otherwise they are hashed.
    retain_device : bool
        Serial numbers, station names and the like stay.
    retain_institution : bool
        Name and address of the institution stay.
    retain_patient_characteristics : bool
        Age, sex, size, weight and the like stay.
    full_dates : bool
        Dates and times stay as they are.
    modified_dates : bool
        Dates move by the variable ``date_shift_days``; times of day stay.
    safe_private : bool
        The private elements that the standard lists as safe stay.
    clean_descriptors : bool
        A few descriptions stay where all their words are known to be harmless.

    Raises
    ------
    ValueError
        Dates cannot stay and move at once.
    """

    retain_uids: bool = False
    retain_device: bool = False
    retain_institution: bool = False
    retain_patient_characteristics: bool = False
    full_dates: bool = False
    modified_dates: bool = False
    safe_private: bool = False
    clean_descriptors: bool = False

    def __post_init__(self) -> None:
        if self.full_dates and self.modified_dates:
            raise ValueError("Dates can either stay as they are or be shifted, not both.")

    def chosen(self) -> Iterator[str]:
        """Names of the options that are on, in a fixed order."""
        return (field.name for field in fields(self) if getattr(self, field.name))


@dataclass(frozen=True, slots=True)
class Code:
    """A de-identification method as DICOM codes it (PS3.16 CID 7050).

    Parameters
    ----------
    option : str
        Field of `Options`; empty for the Basic Profile itself.
    """

    option: str
    value: str
    meaning: str


def codes(options: Options) -> tuple[Code, ...]:
    """Codes of the profile and of its chosen options, in the order of the codes."""
    chosen = {"", *options.chosen()}
    return tuple(code for code in _known() if code.option in chosen)


def _known() -> tuple[Code, ...]:
    dates = "Retain Longitudinal Temporal Information"
    return (
        Code("", "113100", "Basic Application Confidentiality Profile"),
        Code("clean_descriptors", "113105", "Clean Descriptors Option"),
        Code("full_dates", "113106", f"{dates} Full Dates Option"),
        Code("modified_dates", "113107", f"{dates} Modified Dates Option"),
        Code("retain_patient_characteristics", "113108", "Retain Patient Characteristics Option"),
        Code("retain_device", "113109", "Retain Device Identity Option"),
        Code("retain_uids", "113110", "Retain UIDs Option"),
        Code("safe_private", "113111", "Retain Safe Private Option"),
        Code("retain_institution", "113112", "Retain Institution Identity Option"),
    )
