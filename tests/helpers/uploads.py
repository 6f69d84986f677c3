"""Uploads through the real queue to the embedded server, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from dxclient.anonymize import build_part
from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import (
    JobRequest,
    JobState,
    PlannedScan,
    Receipt,
    SourceFile,
    UploadJob,
    UploadTarget,
)
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Destination, Server
from dxclient.transfer import Store, TransferOptions, TransferService
from dxclient.xnat import Timeouts, Xnat, connect
from tests.helpers.demoserver import ROOT, dicom

QUICK = Timeouts(connect=2, read=5, send=10, commit=10, attempts=2, pause=0.02, heartbeat=5)
OPTIONS = TransferOptions(
    part_size=2500,
    retry_base=0.02,
    retry_cap=0.1,
    offline_pause=0.05,
    poll_base=0.02,
    poll_cap=0.1,
    settle_seconds=20,
    settle_tries=3,
    count_tries=2,
    count_pause=0.02,
    client="dxclient test",
)
#: States in which a job stays until somebody does something.
RESTING = (
    JobState.CONFIRMED,
    JobState.CANCELLED,
    JobState.FAILED,
    JobState.NEEDS_YOU,
    JobState.NEEDS_LOGIN,
    JobState.PAUSED,
)


class Uploads:
    """A queue of its own for one user of an embedded server."""

    def __init__(self, folder: Path, url: str, *, user: str = "nurse") -> None:
        self.folder = folder
        self.url = url
        self.user = user
        self.xnat: Xnat = connect(Server(url=url), user, user, timeouts=QUICK)
        self._pool = ThreadPoolExecutor(2)
        self.store = Store(folder / "queue" / "uploads.db")
        self.service = TransferService(
            self.store,
            pack=build_part,
            executor=lambda: self._pool,
            importer_for=lambda target: self.xnat,
            verify_part=lambda packed, job: (),
            on_event=lambda event: None,
            on_receipt=lambda receipt: None,
            on_changed=lambda job, before: None,
            options=OPTIONS,
        )
        self.service.start()

    def submit(
        self,
        project: str = "PLAIN",
        session: str = "E1",
        *,
        scans: dict[int, int] | None = None,
        study: int = 1,
        first: int = 1,
        **target: object,
    ) -> str:
        """Write small slices and queue them: {scan number: slices}; returns the job's id."""
        files, planned = [], []
        for number, slices in (scans or {1: 4, 2: 4}).items():
            size = 0
            for instance in range(first, first + slices):
                path = self.folder / "disk" / session / f"{study}-{number}-{instance}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(dicom(instance, study=study, series=number))
                state = path.stat()
                size += state.st_size
                series = f"{ROOT}.{study}.{number}"
                files.append(
                    SourceFile(
                        path=str(path),
                        size=state.st_size,
                        modified_ns=state.st_mtime_ns,
                        series_uid=series,
                        sop_instance_uid=f"{series}.{instance}",
                    )
                )
            planned.append(
                PlannedScan(
                    series_uid=f"{ROOT}.{study}.{number}",
                    number=str(number),
                    modality="MR",
                    files=slices,
                    size=size,
                )
            )
        place = {"PLAIN": Destination.PREARCHIVE}.get(project, Destination.ARCHIVE)
        given = {"subject": "S1", "destination": place, **target}
        wanted = UploadTarget(
            server=self.url,
            user=self.user,
            project=project,
            session=session,
            **given,  # type: ignore[arg-type]
        )
        request = JobRequest(
            target=wanted,
            study_uid=f"{ROOT}.{study}",
            plan=AnonymizationPlan(),
            scans=tuple(planned),
            files=tuple(files),
        )
        return self.service.submit(request).id

    def rest(self, job_id: str, seconds: float = 30) -> UploadJob:
        """Wait until a job is at rest."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            job = self.service.job(job_id)
            if job.state in RESTING:
                return job
            time.sleep(0.02)
        raise AssertionError(f"the job is still {self.service.job(job_id)}")

    def upload(self, project: str = "PLAIN", session: str = "E1", **more: object) -> UploadJob:
        """Queue a session and wait until it is at rest."""
        return self.rest(self.submit(project, session, **more))  # type: ignore[arg-type]

    def receipt(self, job: UploadJob) -> Receipt:
        """The receipt of a job."""
        found = self.service.receipt(job.id)
        if found is None:
            raise TransferError("there is no receipt")
        return found

    def close(self) -> None:
        """End the queue."""
        self.service.stop()
        self._pool.shutdown()
        self.store.close()
        self.xnat.close()


@contextmanager
def uploads(folder: Path, url: str, **more: str) -> Iterator[Uploads]:
    """A queue for as long as the context lasts."""
    made = Uploads(folder, url, **more)
    try:
        yield made
    finally:
        made.close()
