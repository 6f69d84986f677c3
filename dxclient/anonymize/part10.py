"""Files as DICOM Part 10 demands them: with preamble and file meta, which servers insist on."""

from __future__ import annotations

from io import BytesIO

_MARK = b"DICM"
_PREAMBLE = bytes(128) + _MARK
_META_GROUP = b"\x02\x00"


def part10(data: bytes) -> bytes:
    """Put preamble and file meta (PS3.10, 7.1) before a bare data set; others stay as they are.

    The data set itself is moved, never rewritten.
    """
    if data[128:132] == _MARK:
        return data
    if data[:2] == _META_GROUP:
        return _PREAMBLE + data
    return _PREAMBLE + _meta(data) + data


def _meta(data: bytes) -> bytes:
    """File meta for a bare data set, from its UIDs and the way it is encoded."""
    from pydicom import dcmread
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import (
        UID,
        ExplicitVRBigEndian,
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
    )

    dataset = dcmread(BytesIO(data), force=True, specific_tags=["SOPClassUID", "SOPInstanceUID"])
    implicit, little = dataset.original_encoding
    explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(str(dataset.get("SOPClassUID", "")))
    meta.MediaStorageSOPInstanceUID = UID(str(dataset.get("SOPInstanceUID", "")))
    meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    written = DicomBytesIO()
    write_file_meta_info(written, meta, enforce_standard=True)
    return written.getvalue()
