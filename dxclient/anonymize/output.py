"""The last look at an anonymized file: it parses, and has what a server needs to place it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from dxclient.domain.errors import AnonymizationError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Native transfer syntaxes; all others hold compressed data already.
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
_TAGS = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SeriesNumber"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of a file as it leaves."""

    scan_id: str
    study_uid: str
    sop_instance_uid: str
    compressed: bool


def header_of(data: bytes) -> Sent:
    """Read an anonymized file back.

    Raises
    ------
    AnonymizationError
        It does not parse, or lacks its Study or SOP Instance UID.
    """
    dataset = _read(data)
    if not _text(dataset, "StudyInstanceUID") or not _text(dataset, "SOPInstanceUID"):
        raise AnonymizationError(
            "The anonymization scripts leave a file without its Study or SOP Instance UID. "
            "Nothing of it was sent; ask the owner of the scripts."
        )
    number = _text(dataset, "SeriesNumber")
    meta = dataset.file_meta if hasattr(dataset, "file_meta") else None
    syntax = str(meta.get("TransferSyntaxUID", "")) if meta else ""
    return Sent(
        scan_id=number or _text(dataset, "SeriesInstanceUID").replace(".", "_"),
        study_uid=_text(dataset, "StudyInstanceUID"),
        sop_instance_uid=_text(dataset, "SOPInstanceUID"),
        compressed=bool(syntax) and syntax not in NATIVE,
    )


def source_series_number(data: bytes) -> str:
    """Series number as it is on disk, to count files that a script rejects."""
    return _text(_read(data), "SeriesNumber")


def _read(data: bytes) -> Dataset:
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dcmread(BytesIO(data), force=True, stop_before_pixels=True, specific_tags=_TAGS)
    except (InvalidDicomError, ValueError, LookupError, AttributeError, OSError, EOFError):
        raise AnonymizationError(
            "A file cannot be read back after anonymization. Nothing of it was sent."
        ) from None


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except (ValueError, TypeError, OverflowError):
        return ""
    original = getattr(value, "original_string", None)
    return str(original if original is not None else "" if value is None else value).strip(" \0")
