"""The profiles that are offered ready-made."""

from __future__ import annotations

from dataclasses import dataclass

from dxclient.dicomedit.profiles.options import Options
from dxclient.dicomedit.profiles.writing import basic_profile


@dataclass(frozen=True, slots=True)
class Profile:
    """A ready-made script.

    Parameters
    ----------
    sentence : str
        What a person should know before choosing it, limits included.
    """

    name: str
    title: str
    sentence: str
    options: Options

    def text(self) -> str:
        """The script."""
        return basic_profile(self.options)


def profile(name: str) -> Profile | None:
    """A ready-made profile by its name; None where there is none."""
    return next((one for one in profiles() if one.name == name), None)


def profiles() -> tuple[Profile, ...]:
    """All ready-made profiles, the strictest first."""
    return (
        Profile(
            "basic",
            "Basic Profile",
            "Removes or replaces all that DICOM lists as identifying, dates and UIDs included; "
            "it does not look at pixels.",
            Options(),
        ),
        Profile(
            "modified-dates",
            "Basic Profile, dates shifted",
            "As the Basic Profile, but dates move by a number of days that you give, the same "
            "for all files of a subject; times of day stay.",
            Options(modified_dates=True),
        ),
        Profile(
            "full-dates",
            "Basic Profile, dates kept",
            "As the Basic Profile, but all dates and times except the date of birth stay.",
            Options(full_dates=True),
        ),
        Profile(
            "retain-uids",
            "Basic Profile, UIDs kept",
            "As the Basic Profile, but UIDs stay; whoever has the originals can match them.",
            Options(retain_uids=True),
        ),
        Profile(
            "research",
            "Research",
            "Keeps age, sex, size, weight, the device and descriptions made of known harmless "
            "words, and moves dates by a number of days that you give; other text is removed, "
            "not cleaned.",
            Options(
                retain_patient_characteristics=True,
                modified_dates=True,
                retain_device=True,
                clean_descriptors=True,
            ),
        ),
    )
