"""From the bytes of a DICOM file to a data set and back. Never touches a disk."""

from __future__ import annotations

import struct
import warnings
from io import BytesIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian

from dxclient.dicomedit.dataset import raw_value
from dxclient.domain.errors import AnonymizationError

UNDEFINED = 0xFFFFFFFF
#: What pydicom raises on files that are not as they should be.
TROUBLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    InvalidDicomError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    struct.error,
    TypeError,
    ValueError,
)
_NOT_SENT = "Nothing of it was sent and the file is unchanged."


def load(data: bytes) -> Dataset:
    """Read a whole file.

    Raises
    ------
    AnonymizationError
        The bytes are no DICOM file, or end too early.
    """
    if not _recognisable(data):
        raise AnonymizationError(f"A file is not DICOM, so it was not anonymized. {_NOT_SENT}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(BytesIO(data), force=True)
    except TROUBLE:
        raise AnonymizationError(
            f"A file is damaged, so it was not anonymized. {_NOT_SENT}"
        ) from None
    _check_complete(dataset, data)
    _complete_meta(dataset)
    return dataset


def _recognisable(data: bytes) -> bool:
    if data[128:132] == b"DICM":
        return True
    return len(data) > 8 and data[:4] in (
        b"\x02\0\0\0",
        b"\x02\0\x01\0",
        b"\x02\0\x02\0",
        b"\x02\0\x10\0",
        b"\x08\0\0\0",
        b"\x08\0\x01\0",
        b"\x08\0\x05\0",
        b"\x08\0\x08\0",
        b"\x08\0\x12\0",
        b"\x08\0\x16\0",
        b"\0\x08\0\0",
        b"\0\x08\0\x05",
        b"\0\x08\0\x08",
        b"\0\x08\0\x12",
        b"\0\x08\0\x16",
    )


def _check_complete(dataset: Dataset, data: bytes) -> None:
    """Refuse a file that ends too early.

    pydicom keeps what it could read of such a file: a short last value, or no pixel data at all.
    """
    elements = list(dataset._dict.values())
    short = any(
        isinstance(e, RawDataElement) and e.length != UNDEFINED and len(e.value or b"") < e.length
        for e in elements
    )
    if short or not elements or not _reaches_end(dataset, data):
        raise AnonymizationError(f"A file ends too early, so it was not anonymized. {_NOT_SENT}")


def _reaches_end(dataset: Dataset, data: bytes) -> bool:
    """Whether the last element that was read ends where the file ends."""
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if dataset.file_meta else ""
    last = dataset._dict[max(dataset._dict)]
    if syntax == "1.2.840.10008.1.2.1.99" or not isinstance(last, RawDataElement):
        return True
    end = (last.value_tell or 0) + len(last.value or b"")
    return len(data) - end < 8 if last.length != UNDEFINED else len(data) - end < 16


def _complete_meta(dataset: Dataset) -> None:
    if getattr(dataset, "file_meta", None) is None:
        dataset.file_meta = FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta:
        # As the original: a file that names no transfer syntax is written in the common one.
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.preamble = b"\0" * 128  # a preamble may hold anything, so it is not kept


def save(dataset: Dataset) -> bytes:
    """Write a whole file in the transfer syntax that it was read in.

    Raises
    ------
    AnonymizationError
        The data set cannot be written.
    """
    _follow(dataset, 0x00020002, 0x00080016)
    _follow(dataset, 0x00020003, 0x00080018)
    buffer = BytesIO()
    try:
        # Texts are encoded already; pydicom must not decode them by the old character set.
        implicit, little = dataset.original_encoding
        dataset.set_original_encoding(implicit, little, dataset._character_set)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    except TROUBLE:
        raise AnonymizationError(
            f"A file could not be written after anonymization. {_NOT_SENT}"
        ) from None
    return buffer.getvalue()


def _follow(dataset: Dataset, meta_tag: int, tag: int) -> None:
    """The file meta group names the same class and instance as the data set."""
    value = raw_value(dataset, tag)
    dataset.file_meta._dict[Tag(meta_tag)] = RawDataElement(
        Tag(meta_tag), "UI", len(value), value, 0, False, True
    )
