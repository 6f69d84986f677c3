"""Looks for what should have been removed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

import pydicom
from pydicom import Dataset

#: Attributes that name a person (DICOM PS3.15 table E.1-1, those of the patient module and kin).
IDENTIFYING = (
    "PatientName",
    "PatientID",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientBirthDate",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
    "InstitutionName",
    "InstitutionAddress",
)
#: Shorter values are found by accident in any binary file.
SHORTEST = 4


def assert_no_phi(
    body: bytes, originals: Iterable[Dataset | bytes], *, allowed: Iterable[str] = ()
) -> None:
    """Fail when a member of the zip, or its name, holds an identifying value of the originals.

    Parameters
    ----------
    body : bytes
        The zip as it is sent.
    originals : iterable of Dataset or bytes
        What was on disk.
    allowed : iterable of str
        Values that are meant to be there, such as a label that equals the patient's id.
    """
    fine = set(allowed)
    values = {pair for one in originals for pair in _values(one) if pair[1] not in fine}
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for place, name in enumerate(archive.namelist(), start=1):
            content = _searchable(archive.read(name)) + name.encode()
            for keyword, value in sorted(values):
                if value.encode() in content:
                    # Not an assert: pytest would show the value, and logs are kept.
                    raise AssertionError(f"member {place} holds the {keyword}")


def _values(original: Dataset | bytes) -> Iterator[tuple[str, str]]:
    image = pydicom.dcmread(io.BytesIO(original)) if isinstance(original, bytes) else original
    for element in image.iterall():
        if element.keyword in IDENTIFYING:
            values = element.value if isinstance(element.value, list) else [element.value]
            for value in values:
                yield from ((element.keyword, text) for text in _spellings(str(value)))


def _spellings(text: str) -> Iterator[str]:
    """The value as it is, and the parts of a name."""
    for part in {text, *text.replace("=", "^").split("^")}:
        if len(part.strip()) >= SHORTEST:
            yield part.strip()


def _searchable(content: bytes) -> bytes:
    """A DICOM file without its pixels, which hold any sequence of bytes by accident."""
    image = pydicom.dcmread(io.BytesIO(content), force=True)
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in image:
            pixels = image[keyword].value
            content = content.replace(pixels, b"") if isinstance(pixels, bytes) else content
    return content
