"""What workers tell the frontends: frozen, no widgets, no callbacks."""

from __future__ import annotations

from dataclasses import dataclass

from dxclient.domain.dicom import FolderReport, ScanProgress
from dxclient.domain.jobs import UploadJob


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class FolderScanning(Event):
    """Reading a folder goes on; only the newest counts."""

    progress: ScanProgress


@dataclass(frozen=True, slots=True)
class FolderScanned(Event):
    """Reading a folder ended."""

    report: FolderReport


@dataclass(frozen=True, slots=True)
class JobChanged(Event):
    """A job has a new state or a new progress; only the newest per job counts."""

    job: UploadJob


@dataclass(frozen=True, slots=True)
class ScanProgressed(Event):
    """Bytes accepted for one scan of a job."""

    job_id: str
    series_uid: str
    files_sent: int
    files_total: int


@dataclass(frozen=True, slots=True)
class LoginNeeded(Event):
    """Jobs for this server and user wait for a password."""

    server: str
    user: str


@dataclass(frozen=True, slots=True)
class TaskDone(Event):
    """A background task of the window ended. Exactly one of `result` and `error` counts."""

    task_id: int
    result: object = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class TaskProgress(Event):
    """A background task of the window tells how far it is; only the newest per task counts."""

    task_id: int
    progress: object


@dataclass(frozen=True, slots=True)
class ServerWorking(Event):
    """The server works on a job's session, for so many seconds; only the newest counts.

    Nobody knows how long it takes: XNAT answers a commit when it is done, after minutes maybe.
    """

    job_id: str
    seconds: int


@dataclass(frozen=True, slots=True)
class ServerReachable(Event):
    """A server stopped answering, or answers again; only the newest per server counts."""

    server: str
    reachable: bool
