"""Labels by a pattern, such as ``{patient_id}_{modality}_{number}``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from string import Formatter

from dxclient.domain.dicom import ImageSession
from dxclient.domain.errors import DxError
from dxclient.domain.labels import clean_label
from dxclient.domain.project import ProjectContents

_VALUES: Mapping[str, Callable[[ImageSession], str]] = {
    "patient_id": lambda session: session.patient_id,
    "patient_name": lambda session: session.patient_name,
    "date": lambda session: session.date.strftime("%Y%m%d") if session.date else "",
    "time": lambda session: session.time.replace(":", ""),
    "study_id": lambda session: session.study_id,
    "accession": lambda session: session.accession_number,
    "description": lambda session: session.description,
    "modality": lambda session: _modality(session),
}
#: What a pattern may name between braces.
FIELDS = (*_VALUES, "subject", "number")
_MOST = 10_000


def _modality(session: ImageSession) -> str:
    """The modality of most files."""
    files = Counter[str]()
    for scan in session.scans:
        files[scan.modality] += len(scan.files)
    return max(files, key=lambda one: files[one], default="")


def check_pattern(pattern: str) -> None:
    """Raise DxError when a pattern cannot be understood."""
    try:
        found = [piece for piece in Formatter().parse(pattern) if piece[1] is not None]
        names = [f"{name}{':' if how or turned else ''}" for _, name, how, turned in found]
    except ValueError:
        names = [""]
    if wrong := [name for name in names if name not in FIELDS]:
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        raise DxError(f"A label cannot have “{{{wrong[0]}}}” in it; there are: {known}.")


def label_by(
    pattern: str, session: ImageSession, contents: ProjectContents, *, subject: str = ""
) -> str:
    """Fill a pattern.

    Returns
    -------
    str
        A legal label; empty when the session lacks a value that the pattern names.
    """
    check_pattern(pattern)
    names = {name for _, name, *_ in Formatter().parse(pattern) if name}
    values = {name: clean_label(read(session)) for name, read in _VALUES.items()}
    values["subject"] = subject
    if any(not values[name] for name in names if name != "number"):
        return ""
    if "number" not in names:
        return clean_label(pattern.format(**values))
    taken = {one.label.casefold() for one in contents.taken}
    labels = (clean_label(pattern.format(**values, number=number)) for number in range(1, _MOST))
    # Where labels are cut off before the number, none is ever free.
    return next((label for label in labels if label.casefold() not in taken), "")
