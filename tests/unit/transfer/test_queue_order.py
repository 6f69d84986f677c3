"""Order, many jobs at once, several servers, and a list that is quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.domain.errors import TransferError
from dxclient.domain.events import JobChanged
from dxclient.domain.jobs import JobRequest, JobState, PlannedScan, SourceFile, UploadTarget
from dxclient.domain.plan import AnonymizationPlan
from tests.unit.transfer.fakes import QUICK, Bench, FakeXnat, make_request
from tests.unit.transfer.test_service import wait_for

Make = Callable[..., Bench]
ONE = replace(QUICK, jobs_at_once=1)


def at(request: JobRequest, server: str) -> JobRequest:
    return replace(request, target=replace(request.target, server=server))


def order_of(one: Bench) -> list[str]:
    return [job.target.session for job in one.service.jobs()]


def submit(one: Bench, folder: Path, number: int) -> list[str]:
    requests = [make_request(folder, {"1": 1}, session=f"E{n}") for n in range(number)]
    return [one.service.submit(request).id for request in requests]


def test_jobs_go_in_the_order_that_a_person_gives_them(bench: Make, tmp_path: Path) -> None:
    one = bench(options=ONE)
    ids = submit(one, tmp_path, 4)
    one.service.first(ids[3])
    assert order_of(one) == ["E3", "E0", "E1", "E2"]
    one.service.move(ids[1], True)
    assert order_of(one) == ["E3", "E1", "E0", "E2"]
    one.service.move(ids[3], False)
    assert order_of(one) == ["E1", "E3", "E0", "E2"]
    started: list[str] = []
    one.service._tools.news._on_changed = lambda job, before: (
        started.append(job.target.session) if job.state is JobState.SENDING else None
    )
    one.service.run_until_idle()
    assert started == ["E1", "E3", "E0", "E2"]


def test_the_ends_of_the_order_are_not_passed_and_what_is_over_has_no_place(
    bench: Make, tmp_path: Path
) -> None:
    one = bench(options=ONE)
    ids = submit(one, tmp_path, 2)
    one.service.move(ids[0], True)
    one.service.move(ids[1], False)
    assert order_of(one) == ["E0", "E1"]
    one.service.cancel(ids[0])
    with pytest.raises(TransferError, match="over"):
        one.service.first(ids[0])


def test_a_new_job_goes_after_all_that_were_moved(bench: Make, tmp_path: Path) -> None:
    one = bench()
    ids = submit(one, tmp_path, 2)
    one.service.move(ids[1], True)
    one.service.submit(make_request(tmp_path, {"1": 1}, session="E9"))
    assert order_of(one) == ["E1", "E0", "E9"]


def test_a_changed_order_is_told(bench: Make, tmp_path: Path) -> None:
    one = bench()
    ids = submit(one, tmp_path, 2)
    one.events.clear()
    one.service.first(ids[1])
    assert [event.job.id for event in one.events if isinstance(event, JobChanged)] == [ids[1]]


def test_a_server_that_hangs_holds_up_no_job_of_another(bench: Make, tmp_path: Path) -> None:
    go_on = threading.Event()

    class Hangs(FakeXnat):
        def send(self, target, body, *, on_bytes, stopped):
            go_on.wait(20)
            return super().send(target, body, on_bytes=on_bytes, stopped=stopped)

    servers = {"https://slow.example.org": Hangs(), "https://quick.example.org": FakeXnat()}
    one = bench(importer_for=lambda target: servers[target.server])
    for number in range(5):
        request = make_request(tmp_path, session=f"E{number}")
        one.service.submit(at(request, "https://slow.example.org"))
    quick = [
        one.service.submit(at(make_request(tmp_path, session=f"F{n}"), "https://quick.example.org"))
        for n in range(3)
    ]
    one.service.start()
    try:
        wait_for(
            lambda: {one.service.job(job.id).state for job in quick} == {JobState.CONFIRMED},
            seconds=10,
        )
        assert not any(job.state is JobState.CONFIRMED for job in one.service.jobs()[:5])
    finally:
        go_on.set()
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}


def test_jobs_of_several_users_of_a_server_go_their_own_ways(bench: Make, tmp_path: Path) -> None:
    from dxclient.domain.errors import LoggedOut

    xnat = FakeXnat()

    def importer_for(target: UploadTarget) -> FakeXnat:
        if target.user == "absent":
            raise LoggedOut("Log in.")
        return xnat

    one = bench(xnat, importer_for=importer_for)
    held = one.service.submit(make_request(tmp_path, session="E1", user="absent"))
    sent = one.service.submit(make_request(tmp_path, session="E2", user="nurse"))
    one.service.run_until_idle()
    assert one.service.job(held.id).state is JobState.NEEDS_LOGIN
    assert one.service.job(sent.id).state is JobState.CONFIRMED


def many(folder: Path, files: int, session: str) -> JobRequest:
    """A request of files that nobody reads."""
    scans = tuple(
        PlannedScan(
            series_uid=f"1.2.3.{n}", number=str(n), modality="MR", files=200, size=100_000_000
        )
        for n in range((files + 199) // 200)
    )
    return JobRequest(
        target=UploadTarget(
            server="https://xnat.example.org", user="u", project="P", subject="S", session=session
        ),
        study_uid="1.2.3",
        plan=AnonymizationPlan(),
        scans=scans,
        files=tuple(
            SourceFile(
                path=f"/nowhere/{session}/{n // 200}/{n:06}.dcm",
                size=500_000,
                modified_ns=10**18 + n,
                series_uid=f"1.2.3.{n // 200}",
                sop_instance_uid=f"1.2.3.4.{n}",
            )
            for n in range(files)
        ),
    )


def test_a_hundred_thousand_files_are_queued_as_one_upload(bench: Make, tmp_path: Path) -> None:
    one = bench(options=replace(QUICK, part_size=64 * 1024 * 1024))
    request = many(tmp_path, 100_000, "E1")
    one.service.submit(request)
    (job,) = one.service.jobs()
    assert (job.files_total, job.parts_total) == (100_000, 747)


@pytest.mark.slow
def test_two_thousand_jobs_are_paused_resumed_and_moved_at_once(tmp_path: Path) -> None:
    one = Bench(tmp_path, options=replace(QUICK, part_size=10_000_000))
    with one.store.writing():  # one transaction, to fill the queue quickly
        for number in range(2000):
            request = many(tmp_path, 40, f"E{number}")
            one.store.add(request, [request.files[:20], request.files[20:]], float(number))
    assert one.service.jobs() == one.service.jobs()
    one.service.pause_all()
    assert len([event for event in one.events if isinstance(event, JobChanged)]) == 2000
    one.service.resume_all()
    assert {job.state for job in one.service.jobs()} == {JobState.QUEUED}
    middle = one.service.jobs()[1000].id
    one.service.move(middle, True)
    assert one.service.jobs()[999].id == middle
    first = one.service.jobs()[0].id
    assert one.store.claim_job("me", time.time(), 60) == (first, JobState.QUEUED)
    one.close()
