"""Synthetic DICOM: small, valid, and obviously nobody's."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    generate_uid,
)

from dxclient.domain.dicom import DicomFile, ImageSession, Scan

SOP_CLASSES: Mapping[str, UID] = {
    "CT": CTImageStorage,
    "MR": MRImageStorage,
    "PT": PositronEmissionTomographyImageStorage,
    "US": UltrasoundImageStorage,
}
#: Pixels of a side.
SIDE = 8


def dataset(**tags: Any) -> Dataset:
    """One image with file meta; keywords are DICOM keywords, given values replace ours."""
    found = Dataset()
    modality = str(tags.get("Modality", "MR"))
    for keyword, value in {**_identity(), **_image(), **tags}.items():
        setattr(found, keyword, value)
    found.Modality = modality
    if "SOPClassUID" not in tags:
        found.SOPClassUID = SOP_CLASSES.get(modality, SecondaryCaptureImageStorage)
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    return found


def session(
    folder: Path, modality: str, scans: int, files: int, tags: Mapping[str, Any]
) -> ImageSession:
    """Write a session below *folder* and describe it as a scan of that folder would."""
    study = str(tags.get("StudyInstanceUID") or generate_uid())
    found = tuple(
        _scan(folder, number, files, {**tags, "StudyInstanceUID": study, "Modality": modality})
        for number in range(1, scans + 1)
    )
    first = dataset(**{**tags, "StudyInstanceUID": study, "Modality": modality})
    return ImageSession(
        study_uid=study,
        date=_date(str(first.StudyDate)),
        time=_time(str(first.StudyTime)),
        description=str(first.StudyDescription),
        study_id=str(first.StudyID),
        accession_number=str(first.AccessionNumber),
        patient_name=str(first.PatientName),
        patient_id=str(first.PatientID),
        scans=found,
    )


def _scan(folder: Path, number: int, files: int, tags: Mapping[str, Any]) -> Scan:
    series = str(generate_uid())
    given = {
        "SeriesInstanceUID": series,
        "SeriesNumber": number,
        "SeriesDescription": f"Series {number}",
        **tags,
    }
    written = tuple(
        _write(folder / f"scan{number}", dataset(**{"InstanceNumber": one, **given}))
        for one in range(1, files + 1)
    )
    return Scan(
        series_uid=str(given["SeriesInstanceUID"]),
        number=str(given["SeriesNumber"]),
        description=str(given["SeriesDescription"]),
        modality=str(given["Modality"]),
        rows=SIDE,
        columns=SIDE,
        files=written,
    )


def _write(folder: Path, image: Dataset) -> DicomFile:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{image.InstanceNumber:04}.dcm"
    image.save_as(path, enforce_file_format=True)
    stat = path.stat()
    return DicomFile(
        path=path,
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
        sop_class_uid=str(image.SOPClassUID),
        sop_instance_uid=str(image.SOPInstanceUID),
        transfer_syntax_uid=str(image.file_meta.TransferSyntaxUID),
        instance_number=int(image.InstanceNumber),
    )


def _identity() -> dict[str, Any]:
    return {
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "PatientName": "Synthetic^Subject",
        "PatientID": "SYN-0001",
        "PatientBirthDate": "19700102",
        "PatientSex": "O",
        "AccessionNumber": "SYN-ACC-1",
        "StudyID": "SYN-STUDY",
        "StudyDate": "20200102",
        "StudyTime": "101112",
        "StudyDescription": "Study of nobody",
        "ReferringPhysicianName": "Synthetic^Physician",
        "SeriesNumber": 1,
        "SeriesDescription": "Series 1",
        "InstanceNumber": 1,
    }


def _image() -> dict[str, Any]:
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": SIDE,
        "Columns": SIDE,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": bytes(range(SIDE * SIDE)) * 2,
    }


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _time(text: str) -> str:
    return f"{text[:2]}:{text[2:4]}:{text[4:6]}" if text[:6].isdigit() and len(text) >= 6 else ""
