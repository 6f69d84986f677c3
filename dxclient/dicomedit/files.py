"""From the bytes of a DICOM file to a data set and back. Never touches a disk."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.tag import Tag
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian

from dxclient.dicomedit.dataset import raw_value
from dxclient.dicomedit.structure import DEFLATED, Broken, check_whole
from dxclient.domain.errors import AnonymizationError

#: What pydicom, or a function of an extension, raises on files that are not as they should be.
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
    RuntimeError,  # RecursionError is one
    struct.error,
    TypeError,
    ValueError,
    zlib.error,
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
    _tidy(dataset)
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
    try:
        check_whole(data)
    except Broken:
        raise AnonymizationError(
            f"A file ends too early or is damaged, so it was not anonymized. {_NOT_SENT}"
        ) from None
    if not dataset._dict:
        raise AnonymizationError(f"A file holds no data, so it was not anonymized. {_NOT_SENT}")


def _complete_meta(dataset: Dataset) -> None:
    if not getattr(dataset, "file_meta", None):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.FileMetaInformationVersion = b"\0\1"
        dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    if "TransferSyntaxUID" not in dataset.file_meta:
        # As the original: a file that names no transfer syntax is written in the common one.
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _tidy(dataset: Dataset) -> None:
    """Some files are not encoded as their transfer syntax says; pydicom reads them all the same."""
    for tag in [tag for tag in dataset._dict if tag < 0x00020000]:
        del dataset._dict[tag]  # command elements have no place in a file (PS3.10 section 7.1)
    for element in dataset._dict.values():
        if isinstance(element, RawDataElement):
            found = (element.is_implicit_VR, element.is_little_endian)
            dataset.set_original_encoding(*found, dataset._character_set)
            return


def save(dataset: Dataset) -> bytes:
    """Write a whole file in the transfer syntax that it was read in.

    Raises
    ------
    AnonymizationError
        The data set cannot be written.
    """
    _follow(dataset, 0x00020002, 0x00080016)
    _follow(dataset, 0x00020003, 0x00080018)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _written(dataset)
    except TROUBLE:
        raise AnonymizationError(
            f"A file could not be written after anonymization. {_NOT_SENT}"
        ) from None


def _written(dataset: Dataset) -> bytes:
    """Preamble, file meta group and data set (PS3.10 section 7.1).

    Not by ``dcmwrite``, which refuses transfer syntaxes that pydicom does not know. The preamble
    may hold anything, so it is not kept.
    """
    implicit, little = dataset.original_encoding
    # Texts are encoded already; pydicom must not decode them by the old character set.
    dataset.set_original_encoding(implicit, little, dataset._character_set)
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    buffer = DicomBytesIO()
    buffer.write(b"\0" * 128 + b"DICM")
    dataset.file_meta.FileMetaInformationGroupLength = 0
    write_file_meta_info(buffer, dataset.file_meta, enforce_standard=False)
    body = buffer if syntax != DEFLATED else DicomBytesIO()
    body.is_implicit_VR, body.is_little_endian = _encoding(syntax, dataset)
    write_dataset(body, dataset)
    if body is not buffer:
        buffer.write(_deflated(body.getvalue()))
    return buffer.getvalue()


def _encoding(syntax: str, dataset: Dataset) -> tuple[bool, bool]:
    if syntax == "1.2.840.10008.1.2":
        return True, True
    if syntax == "1.2.840.10008.1.2.2":
        return False, False
    if syntax.startswith("1.2.840.10008.1.2."):
        return False, True
    implicit, little = dataset.original_encoding
    return bool(implicit), bool(little)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush()
    return packed + b"\0" * (len(packed) % 2)


def _follow(dataset: Dataset, meta_tag: int, tag: int) -> None:
    """The file meta group names the same class and instance as the data set."""
    value = raw_value(dataset, tag)
    dataset.file_meta._dict[Tag(meta_tag)] = RawDataElement(
        Tag(meta_tag), "UI", len(value), value, 0, False, True
    )
