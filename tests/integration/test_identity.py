"""A session on the server counts as ours by its study, not by its label alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dxclient.anonymize import build_part
from dxclient.demo import DemoServer
from dxclient.domain.jobs import JobRequest, JobState, PlannedScan, SourceFile, UploadTarget
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Destination, Server
from dxclient.transfer import Store, TransferOptions, TransferService
from dxclient.xnat import Timeouts, Xnat, connect
from tests.helpers.demoserver import ROOT, dicom, stored

HASTY = TransferOptions(
    retry_base=0.05, poll_base=0.05, poll_cap=0.1, count_pause=0.05, settle_tries=2
)


@pytest.fixture
def nurse(server: DemoServer) -> Iterator[Xnat]:
    session = connect(Server(url=server.url), "nurse", "nurse", timeouts=Timeouts())
    yield session
    session.close()


@pytest.fixture
def queue(tmp_path: Path, nurse: Xnat) -> Iterator[TransferService]:
    store = Store(tmp_path / "queue.sqlite")
    with ThreadPoolExecutor(1) as pool:
        service = TransferService(
            store,
            pack=build_part,
            executor=lambda: pool,
            importer_for=lambda target: nurse,
            verify_part=lambda packed, job: (),
            on_event=lambda event: None,
            on_receipt=lambda receipt: None,
            on_changed=lambda job, before: None,
            options=HASTY,
        )
        yield service
        service.stop()
    store.close()


def study(folder: Path, server: DemoServer, nurse: Xnat, number: int) -> JobRequest:
    """An upload of a study of two images, as one label whatever the study."""
    folder.mkdir(exist_ok=True)
    files = []
    for instance in (1, 2):
        path = folder / f"{number}-{instance}"
        path.write_bytes(dicom(instance, study=number))
        state = path.stat()
        files.append(
            SourceFile(
                path=str(path),
                size=state.st_size,
                modified_ns=state.st_mtime_ns,
                series_uid=f"{ROOT}.{number}.1",
                sop_instance_uid=f"{ROOT}.{number}.1.{instance}",
            )
        )
    scan = PlannedScan(series_uid=f"{ROOT}.{number}.1", number="1", modality="MR", files=2, size=9)
    target = UploadTarget(
        server=server.url,
        user="nurse",
        project="ARCHIVE",
        subject="S1",
        session="S1_MR_1",
        destination=Destination.ARCHIVE,
        create_subject=True,
    )
    return JobRequest(
        target=target,
        study_uid=f"{ROOT}.{number}",
        plan=AnonymizationPlan(scripts=nurse.scripts("ARCHIVE")),
        scans=(scan,),
        files=tuple(files),
    )


def test_another_study_in_the_archive_confirms_nothing(
    tmp_path: Path, server: DemoServer, nurse: Xnat, queue: TransferService
) -> None:
    first = queue.submit(study(tmp_path / "disk", server, nurse, 1))
    queue.run_until_idle()
    assert queue.job(first.id).state is JobState.CONFIRMED
    second = queue.submit(study(tmp_path / "disk", server, nurse, 2))
    queue.run_until_idle()
    stuck = queue.job(second.id)
    assert stuck.state is JobState.NEEDS_YOU

    nurse.discard(stuck.prearchive_url)
    queue.retry(second.id)
    queue.run_until_idle()
    after = queue.job(second.id)
    assert after.state is JobState.FAILED
    assert after.details == "The archive holds another session with this label."
    assert queue.receipt(second.id) is None
    kept = stored(server.url, "ARCHIVE", "S1_MR_1")
    assert {file["sop_instance_uid"] for file in kept} == {f"{ROOT}.1.1.{i}" for i in (1, 2)}

    queue.retry(second.id)
    queue.run_until_idle()
    assert queue.job(second.id).state is JobState.NEEDS_YOU, "sent once more, refused once more"


def test_a_study_that_was_archived_meanwhile_is_known_again(
    tmp_path: Path, server: DemoServer, nurse: Xnat, queue: TransferService
) -> None:
    job = queue.submit(study(tmp_path / "disk", server, nurse, 1))
    queue.run_until_idle()
    done = queue.job(job.id)
    found = nurse.locate(done.target, done.prearchive_url, study_uid=f"{ROOT}.1")
    assert found.url == done.server_url
