"""A stand-in for the program with what the window uses of it: no files, no server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from dxclient.app.history import HistoryQuery, PastUpload
from dxclient.builtin.preferences import dxclient_setting_fields
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import BadCredentials, SettingsError
from dxclient.domain.events import JobChanged
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import (
    Choice,
    JobState,
    LeftOutCount,
    PlannedScan,
    Receipt,
    ScanReceipt,
    UploadJob,
    UploadTarget,
)
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import Origin, Project, Server, Sourced, TakenLabel

URL = "https://xnat.example.org"


class State(Enum):
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True)
class Record:
    name: str
    version: str = "1.0"
    source: str = "built-in"
    state: State = State.ACTIVE
    sentence: str = ""


@dataclass(frozen=True)
class Connection:
    server: Server
    user: str


@dataclass(frozen=True)
class ScanSent:
    series_uid: str
    files_sent: int
    files_total: int


@dataclass(frozen=True)
class Writer:
    suffix: str
    title: str = ""


def make_job(number: int, state: JobState = JobState.SENDING, *, sent: int = 40) -> UploadJob:
    scans = tuple(
        PlannedScan(
            series_uid=f"1.2.{number}.{index}",
            number=str(index),
            modality="MR",
            files=100,
            size=100_000_000,
        )
        for index in range(1, 5)
    )
    done = state is JobState.CONFIRMED
    return UploadJob(
        id=f"job-{number}",
        target=UploadTarget(
            server=URL,
            user="nurse",
            project="MEMORY",
            subject=f"SUBJ{number:03d}",
            session=f"SUBJ{number:03d}_MR1",
        ),
        study_uid=f"1.2.{number}",
        plan=AnonymizationPlan(),
        state=state,
        scans=scans,
        files_total=400,
        files_sent=400 if done else sent * 4,
        bytes_total=400_000_000,
        bytes_sent=400_000_000 if done else sent * 4_000_000,
        sentence="The server does not answer; dxclient tries again by itself."
        if state is JobState.WAITING
        else "",
        created=1_000_000 + number,
        finished=1_000_500.0 if done else 0.0,
    )


class FakeTransfers:
    def __init__(self, app: FakeApp, jobs: tuple[UploadJob, ...]) -> None:
        self._app = app
        self._jobs = {job.id: job for job in jobs}
        self.calls: list[tuple[object, ...]] = []

    def jobs(self) -> tuple[UploadJob, ...]:
        return tuple(self._jobs.values())

    def scan_progress(self, job_id: str) -> tuple[ScanSent, ...]:
        return tuple(ScanSent(s.series_uid, 40, s.files) for s in self._jobs[job_id].scans)

    def _become(self, job_id: str, state: JobState, *call: object) -> None:
        self.calls.append(call)
        self._jobs[job_id] = replace(self._jobs[job_id], state=state)
        self._app.publish(JobChanged(self._jobs[job_id]))

    def pause(self, job_id: str) -> None:
        self._become(job_id, JobState.PAUSED, "pause", job_id)

    def resume(self, job_id: str) -> None:
        self._become(job_id, JobState.QUEUED, "resume", job_id)

    def retry(self, job_id: str) -> None:
        self._become(job_id, JobState.QUEUED, "retry", job_id)

    def cancel(self, job_id: str, discard: bool) -> None:
        self._become(job_id, JobState.CANCELLED, "cancel", job_id, discard)

    def answer(self, job_id: str, choice: Choice, label: str = "") -> None:
        self._become(job_id, JobState.QUEUED, "answer", job_id, choice, label)

    def retry_scan(self, job_id: str, series_uid: str) -> None:
        self._become(job_id, JobState.QUEUED, "retry_scan", job_id, series_uid)

    def retry_all(self) -> None:
        self.calls.append(("retry_all",))

    def first(self, job_id: str) -> None:
        self._prioritise(job_id, 1000, "first")

    def move(self, job_id: str, up: bool) -> None:
        self._prioritise(job_id, 1 if up else -1, "up" if up else "down")

    def _prioritise(self, job_id: str, priority: int, *call: object) -> None:
        self.calls.append((*call, job_id))
        self._jobs[job_id] = replace(self._jobs[job_id], priority=priority)
        self._app.publish(JobChanged(self._jobs[job_id]))

    def remove(self, job_id: str) -> None:
        self.calls.append(("remove", job_id))
        del self._jobs[job_id]

    def pause_all(self) -> None:
        self.calls.append(("pause_all",))

    def resume_all(self) -> None:
        self.calls.append(("resume_all",))

    def receipt(self, job_id: str) -> Receipt | None:
        job = self._jobs[job_id]
        if job.state is not JobState.CONFIRMED:
            return None
        return Receipt(
            job_id=job.id,
            server=URL,
            user="nurse",
            project=job.target.project,
            subject=job.target.subject,
            session=job.target.session,
            url="/data/prearchive/projects/MEMORY/1/S",
            archived=False,
            confirmed=True,
            scans=tuple(ScanReceipt(scan_id=s.number, sent=100, found=100) for s in job.scans),
            left_out=(LeftOutCount(series_number="5", reason=Reason.FILTERED, files=12),),
            plan_digest="ab" * 32,
            scripts=("site", "project"),
            plugins=("dxclient.builtin.scripts 1.0",),
            started="2020-01-02 10:00",
            finished="2020-01-02 10:09",
            client="dxclient 0.1",
        )


@dataclass
class FakeHistory:
    transfers: FakeTransfers

    def search(self, query: HistoryQuery) -> tuple[PastUpload, ...]:
        return tuple(
            PastUpload(
                id=job.id,
                state=job.state,
                server=job.target.server,
                user=job.target.user,
                project=job.target.project,
                subject=job.target.subject,
                session=job.target.session,
                created=job.created,
                ended=job.finished or job.created,
                files=job.files_sent,
                size=job.bytes_sent,
                left_out=0,
                problem=job.state is JobState.FAILED,
                has_receipt=job.state is JobState.CONFIRMED,
                url="/data/prearchive/projects/MEMORY/1/S",
            )
            for job in self.transfers.jobs()
            if job.state in query.states and (not query.problems or job.state is JobState.FAILED)
        )

    def release(self) -> None:
        pass


@dataclass
class FakeApp:
    connection: Connection | None = None
    servers: tuple[Server, ...] = ()
    jobs: tuple[UploadJob, ...] = ()
    keychain: bool = True
    login_error: Exception | None = None
    known_password: str | None = None
    locked: frozenset[str] = frozenset()
    start_error: Exception | None = None
    told: tuple[Finding, ...] = ()
    version: str = "0.1"
    taken: tuple[TakenLabel, ...] = ()
    values: dict[str, object] = field(default_factory=dict)
    logins: list[tuple[Server, str, str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transfers = FakeTransfers(self, self.jobs)
        self.listeners: list[object] = []
        self.records = (
            Record("dxclient.builtin.labels", sentence="Works."),
            Record("site-extension", "0.3", "folder", State.FAILED, "It needs a newer dxclient."),
        )

    def notices(self) -> tuple[Finding, ...]:
        return self.told

    def subscribe(self, listener) -> None:
        self.listeners.append(listener)

    def publish(self, event) -> None:
        for listener in self.listeners:
            listener(event)

    def setting_fields(self):
        return tuple(dxclient_setting_fields())

    def settings(self, project: str = "") -> SettingsView:
        return SettingsView(
            {
                one.key: Sourced(self.values[one.key], Origin.USER)
                if one.key in self.values
                else Sourced(one.default, Origin.DEFAULT)
                for one in self.setting_fields()
            },
            self.locked,
        )

    def set_setting(self, key: str, value: object) -> None:
        if key in self.locked:
            raise SettingsError("Your site fixed this setting.")
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    def saved_servers(self) -> tuple[Server, ...]:
        return self.servers

    def forget_server(self, server: Server) -> None:
        self.servers = tuple(one for one in self.servers if one != server)

    def remembers(self) -> bool:
        return self.keychain

    def password_for(self, server: Server, user: str) -> str | None:
        return self.known_password

    def log_in(self, server: Server, user: str, password: str, *, remember: bool = False):
        self.logins.append((server, user, password, remember))
        if self.login_error is not None and server.verify:
            raise self.login_error
        if password == "wrong":
            raise BadCredentials("The user name or the password is wrong.", details="401")
        self.connection = Connection(server, user)
        return self.connection

    def log_out(self) -> None:
        self.connection = None

    def unlock(self, url: str, user: str, password: str, *, remember: bool = False) -> None:
        self.logins.append((Server(url=url), user, password, remember))
        if password == "wrong":
            raise BadCredentials("The user name or the password is wrong.", details="401")
        for job in self.transfers.jobs():
            if job.state is JobState.NEEDS_LOGIN:
                self.transfers._become(job.id, JobState.QUEUED, "login", job.id)

    def taken_labels(self, job_id: str) -> tuple[TakenLabel, ...]:
        return self.taken

    @property
    def history(self) -> FakeHistory:
        return FakeHistory(self.transfers)

    def batch_formats(self) -> tuple[Writer, ...]:
        return (Writer("html"), Writer("pdf"))

    def write_receipts(self, job_ids, suffix: str) -> bytes:
        return f"{suffix}: {', '.join(job_ids)}".encode()

    def start_transfers(self) -> None:
        if self.start_error is not None:
            raise self.start_error

    def projects(self) -> tuple[Project, ...]:
        return tuple(Project(id=f"P{n}", name=f"Study number {n}") for n in range(40))

    def recent_projects(self) -> tuple[str, ...]:
        return ("P1", "P2")

    def receipt_formats(self) -> tuple[Writer, ...]:
        return (Writer("html"), Writer("json"))

    def write_receipt(self, job_id: str, suffix: str) -> bytes:
        return b"{}"

    def workflow_steps(self) -> tuple[object, ...]:
        return ()
