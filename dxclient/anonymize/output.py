"""The last look at an anonymized file: it parses, and has what a server needs to place it."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from dxclient.dicom.tight import NoDicom, Odd, read_raw
from dxclient.domain.errors import AnonymizationError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Native transfer syntaxes; all others hold compressed data already.
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
#: UIDs and whole numbers; other values are left to the parser that knows their rules.
_DIGITS = re.compile(rb"[0-9.]*")
_NUMBERS = (0x0020000D, 0x0020000E, 0x00080018, 0x00200011)
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

    By readers of its own: what edited the file does not judge it.

    Raises
    ------
    AnonymizationError
        It does not parse, or lacks its Study or SOP Instance UID.
    """
    found = _quickly(data) or _thoroughly(data)
    if not found.study_uid or not found.sop_instance_uid:
        raise AnonymizationError(
            "The anonymization scripts leave a file without its Study or SOP Instance UID. "
            "Nothing of it was sent; ask the owner of the scripts."
        )
    return found


def _quickly(data: bytes) -> Sent | None:
    """What an ordinary file says; None where a full parser has to look."""
    try:
        raw = read_raw(BytesIO(data), len(data))
    except (Odd, NoDicom):
        return None
    texts = [raw.values.get(tag, b"").strip(b" \0") for tag in _NUMBERS]
    if raw.too_short or not all(map(_DIGITS.fullmatch, texts)):
        return None
    study, series, instance, number = (text.decode("ascii") for text in texts)
    return Sent(
        scan_id=number or series.replace(".", "_"),
        study_uid=study,
        sop_instance_uid=instance,
        compressed=raw.syntax not in NATIVE,
    )


def _thoroughly(data: bytes) -> Sent:
    dataset = _read(data)
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
