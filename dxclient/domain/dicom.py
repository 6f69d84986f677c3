"""Facts about DICOM on disk: Instance → `DicomFile`, Series → `Scan`, Study → `ImageSession`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from dxclient.domain.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomFile:
    """One instance on disk.

    Parameters
    ----------
    size : int
        Bytes of the file.
    modified_ns : int
        Modification time in nanoseconds, to notice a change after queueing.
    instance_number : int or None
        (0020,0013), where it is a number.
    frames : int
        (0028,0008), 1 where absent.
    """

    path: Path
    size: int
    modified_ns: int
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    instance_number: int | None = None
    frames: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One series of one study. Values come from its first file."""

    series_uid: str
    number: str = ""
    description: str = ""
    modality: str = ""
    rows: int = 0
    columns: int = 0
    files: tuple[DicomFile, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSession:
    """One study found on disk. Values come from its first file; disagreements are findings.

    Parameters
    ----------
    date : datetime.date or None
        (0008,0020), where it is a date.
    time : str
        (0008,0030) as ``HH:MM:SS``, or empty.
    """

    study_uid: str
    date: date | None = None
    time: str = ""
    description: str = ""
    study_id: str = ""
    accession_number: str = ""
    patient_name: str = ""
    patient_id: str = ""
    scans: tuple[Scan, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def modalities(self) -> tuple[str, ...]:
        """Distinct modalities in order of first appearance."""
        return tuple(dict.fromkeys(scan.modality for scan in self.scans if scan.modality))

    @property
    def file_count(self) -> int:
        """Number of files in all scans."""
        return sum(len(scan.files) for scan in self.scans)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(scan.size for scan in self.scans)


class Reason(Enum):
    """Why a file was left out; the value is the sentence's start for a person."""

    NOT_DICOM = "not DICOM"
    EMPTY = "empty file"
    DICOMDIR = "DICOMDIR (an index, not an image)"
    TRUNCATED = "ends too early"
    NO_STUDY_UID = "no Study Instance UID"
    NO_SERIES_UID = "no Series Instance UID"
    NO_SOP_UID = "no SOP Class or SOP Instance UID"
    DUPLICATE = "the same instance again"
    UNREADABLE = "cannot be opened"
    UNREADABLE_FOLDER = "folder cannot be opened"
    LINK_LOOP = "a link back to a folder already seen"
    DAMAGED = "damaged header"
    NOT_SELECTED = "scan not selected"
    FILTERED = "left out by the series import filter"
    REJECTED = "rejected by an anonymization script"
    ANONYMIZATION_FAILED = "could not be anonymized"
    CHANGED = "changed or vanished after it was chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file (or folder) that is not sent, and why."""

    path: Path
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReport:
    """What was found under one or more folders."""

    roots: tuple[Path, ...]
    sessions: tuple[ImageSession, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    files_seen: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProgress:
    """How far the reading of a folder is. `total` is 0 while files are still being listed."""

    files: int = 0
    total: int = 0
    sessions: int = 0
    left_out: int = 0
    size: int = 0
    folder: str = field(default="", repr=False)
