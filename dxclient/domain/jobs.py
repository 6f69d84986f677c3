"""An upload as the queue keeps it: job, parts, and the receipt at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from dxclient.domain.choices import Choice
from dxclient.domain.dicom import FolderReport, Reason
from dxclient.domain.findings import Finding
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Destination

__all__ = [
    "Choice",
    "InstanceReceipt",
    "JobRequest",
    "JobState",
    "LeftOutCount",
    "PackedPart",
    "PartReceipt",
    "PartRequest",
    "PartState",
    "PlannedScan",
    "Receipt",
    "ScanReceipt",
    "SentInstance",
    "SourceFile",
    "UploadJob",
    "UploadTarget",
    "count_left_out",
]


class JobState(Enum):
    """Where a job is; the value is shown to people."""

    QUEUED = "queued"
    SENDING = "sending"
    COMMITTING = "finishing on the server"
    CONFIRMING = "checking what arrived"
    CONFIRMED = "confirmed"
    WAITING = "waiting to try again"
    OFFLINE = "waiting for the network"
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
    """A job as it is now. Times are seconds since the epoch (UTC).

    Parameters
    ----------
    study_uid : str
        StudyInstanceUID on disk; empty once the job is over, like the series UIDs of `scans`,
        which are then numbers without meaning.
    choices : tuple of Choice
        What a person may answer while the job needs them or has failed; empty when there is
        nothing to answer.
    priority : int
        Higher goes first; among equals the older job does.
    send_begun : bool
        Something of it may have reached the server, even where no answer told so.
    """

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
    choices: tuple[Choice, ...] = ()
    priority: int = 0
    send_begun: bool = False


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
    md5, sha256 : str
        Of the anonymized file, as hex digits, where known: the MD5 where the request asked for
        `digests`, because that is what XNAT's catalogs hold.
    """

    scan_id: str
    source_series: str
    sop_instance_uid: str
    size: int
    study_uid: str = ""
    md5: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """One part to anonymize and pack. Picklable, for worker processes.

    Parameters
    ----------
    compression : int
        Of the zip: 0 stores, 1 is fast, 6 is strong.
    digests : bool
        Whether each instance gets its digests, to be compared with the server's catalog.
    """

    job_id: str
    number: int
    plan: AnonymizationPlan
    files: tuple[SourceFile, ...]
    compression: int = 1
    digests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPart:
    """A part ready to send, in memory only.

    Parameters
    ----------
    body : bytes
        A zip of anonymized files with meaningless names; empty when nothing remains.
    sha256 : str
        Of `body`, 64 hex digits.
    seconds : float
        How long the packing took; what is equal otherwise is the same part.
    """

    number: int
    body: bytes
    sha256: str
    sent: tuple[SentInstance, ...] = ()
    left_out: tuple[LeftOutCount, ...] = ()
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReceipt:
    """What became of one scan (by the id it has on the server).

    Parameters
    ----------
    matched : int
        Files whose digest the server confirmed; 0 where its catalog has none.
    """

    scan_id: str
    sent: int
    found: int
    matched: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceReceipt:
    """An instance that was accepted: its new UID, its size in bytes, digests where known.

    Parameters
    ----------
    missing : bool
        Whether the server did not have it when it was last asked, or has other content.
    """

    scan_id: str
    sop_instance_uid: str
    size: int
    md5: str = ""
    sha256: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReceipt:
    """A part as it was accepted."""

    number: int
    sha256: str
    size: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was sent, what arrived, what was left out and why. Free of patient data.

    Parameters
    ----------
    script_digests : tuple of str
        SHA-256 of the text of each of `scripts`, in their order.
    resent : int
        Parts that were sent again after the server had accepted them, because something of
        them was missing there.
    """

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
    instances: tuple[InstanceReceipt, ...] = ()
    script_digests: tuple[str, ...] = ()
    resent: int = 0
