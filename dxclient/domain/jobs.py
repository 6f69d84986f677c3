"""An upload as the queue keeps it: job, parts, and the receipt at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from dxclient.domain.dicom import FolderReport, Reason
from dxclient.domain.findings import Finding
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Destination


class JobState(Enum):
    """Where a job is; the value is shown to people."""

    QUEUED = "queued"
    SENDING = "sending"
    COMMITTING = "finishing on the server"
    CONFIRMING = "checking what arrived"
    CONFIRMED = "confirmed"
    WAITING = "waiting to try again"
    PAUSED = "paused"
    NEEDS_LOGIN = "needs your password"
    NEEDS_YOU = "needs you"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PartState(Enum):
    """Where a part is."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    EMPTY = "nothing to send"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file to send, with what lets us notice that it changed."""

    path: str
    size: int
    modified_ns: int
    series_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedScan:
    """A scan of a job; `number` is as on disk. Free texts of the header stay out of the queue."""

    series_uid: str
    number: str
    modality: str
    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTarget:
    """Where on the server a session goes, and as what.

    Parameters
    ----------
    tracer_path : str
        XNAT xml path of the tracer, such as ``xnat:petSessionData/tracer/name``.
    """

    server: str
    user: str
    project: str
    subject: str
    session: str
    destination: Destination = Destination.PREARCHIVE
    create_subject: bool = False
    subject_group: str = ""
    tracer: str = ""
    tracer_path: str = ""
    visit: str = ""
    subtype: str = ""
    overwrite: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutCount:
    """How many files of a scan were left out for one reason. No paths, no names.

    `series_number` is empty for files that could not be read so far as to know their scan.
    """

    series_number: str
    reason: Reason
    files: int


def count_left_out(report: FolderReport) -> tuple[LeftOutCount, ...]:
    """Sum up what was left out of folders: they say nothing of sessions, only of reasons."""
    counted = Counter(left.reason for left in report.left_out)
    return tuple(
        LeftOutCount(series_number="", reason=reason, files=files)
        for reason, files in counted.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What `submit` hands to the queue; the queue makes an `UploadJob` of it."""

    target: UploadTarget
    study_uid: str
    plan: AnonymizationPlan
    scans: tuple[PlannedScan, ...]
    files: tuple[SourceFile, ...]
    left_out: tuple[LeftOutCount, ...] = ()
    findings: tuple[Finding, ...] = ()
    date_check: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadJob:
    """A job as it is now. Times are seconds since the epoch (UTC)."""

    id: str
    target: UploadTarget
    study_uid: str
    plan: AnonymizationPlan
    state: JobState
    scans: tuple[PlannedScan, ...] = ()
    files_total: int = 0
    bytes_total: int = 0
    files_sent: int = 0
    bytes_sent: int = 0
    parts_total: int = 0
    parts_done: int = 0
    sentence: str = ""
    details: str = ""
    prearchive_url: str = ""
    server_url: str = ""
    attempts: int = 0
    next_try: float = 0.0
    created: float = 0.0
    finished: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInstance:
    """An instance as it left: its new UIDs and its scan, no patient data.

    Parameters
    ----------
    scan_id : str
        The id that XNAT will give the scan: the sent SeriesNumber, else the sent
        SeriesInstanceUID with dots turned into underscores.
    source_series : str
        SeriesInstanceUID on disk, to count per scan.
    size : int
        Bytes of the anonymized file.
    study_uid : str
        The sent StudyInstanceUID, by which the session is known again on the server.
    """

    scan_id: str
    source_series: str
    sop_instance_uid: str
    size: int
    study_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """One part to anonymize and pack. Picklable, for worker processes."""

    job_id: str
    number: int
    plan: AnonymizationPlan
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPart:
    """A part ready to send, in memory only.

    Parameters
    ----------
    body : bytes
        A zip of anonymized files with meaningless names; empty when nothing remains.
    sha256 : str
        Of `body`, 64 hex digits.
    """

    number: int
    body: bytes
    sha256: str
    sent: tuple[SentInstance, ...] = ()
    left_out: tuple[LeftOutCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReceipt:
    """What became of one scan (by the id it has on the server)."""

    scan_id: str
    sent: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReceipt:
    """A part as it was accepted."""

    number: int
    sha256: str
    size: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was sent, what arrived, what was left out and why. Free of patient data."""

    job_id: str
    server: str
    user: str
    project: str
    subject: str
    session: str
    url: str
    archived: bool
    confirmed: bool
    scans: tuple[ScanReceipt, ...] = ()
    parts: tuple[PartReceipt, ...] = ()
    left_out: tuple[LeftOutCount, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan_digest: str = ""
    scripts: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    date_check: str = ""
    started: str = ""
    finished: str = ""
    client: str = ""
