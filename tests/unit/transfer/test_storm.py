"""The whole service, its threads and its scheduler, in a storm of trouble and people."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.domain.errors import (
    LoggedOut,
    NotPermitted,
    TransferError,
    XnatBusy,
    XnatConflict,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.jobs import Choice, JobState, UploadJob
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.states import ACTIVE, FINAL, MOVING
from tests.unit.transfer.fakes import QUICK, Bench, FakeXnat, make_request

Make = Callable[..., Bench]
SERVERS = ("https://one.example.org", "https://two.example.org")
TROUBLE = (
    XnatUnreachable("No answer."),
    XnatTrouble("Trouble.", status=503),
    XnatBusy("Busy."),
    LoggedOut("Log in."),
    NotPermitted("No."),
    XnatConflict("Which?", choices=(Choice.START_OVER,)),
)


class Stormy(FakeXnat):
    """A server of which calls fail often, before or after they did what was asked."""

    def __init__(self, seed: int) -> None:
        super().__init__(chunk=10, chunk_seconds=0.004, commit_seconds=0.02)
        self.chance = random.Random(seed)
        self.calm = False
        self.again: list[str] = []
        self.accepted: Callable[[str], set[str]] = lambda session: set()

    def send(self, target, body, *, on_bytes, stopped):
        known = self.accepted(target.session)
        self.again += [line for line in body.decode().splitlines() if line.split("|")[1] in known]
        url = super().send(target, body, on_bytes=on_bytes, stopped=stopped)
        self._fault("answer")
        return url

    def _fault(self, name: str) -> None:
        super()._fault(name)
        if not self.calm and self.chance.random() < 0.3:
            raise self.chance.choice(TROUBLE)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_storm_everything_arrives_and_nothing_accepted_was_sent_again(
    bench: Make, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    servers = {url: Stormy(seed * 10 + place) for place, url in enumerate(SERVERS)}
    one = bench(
        importer_for=lambda target: servers[target.server],
        options=replace(QUICK, offline_pause=0.02),
    )
    ids: dict[str, str] = {}
    for number in range(10):
        request = make_request(tmp_path, {"1": 5, "2": 4}, session=f"E{number}")
        target = replace(request.target, server=SERVERS[number % 2])
        ids[one.service.submit(replace(request, target=target)).id] = request.target.session

    def accepted(session: str) -> set[str]:
        (job_id,) = [job for job, label in ids.items() if label == session]
        return {instance.sop_instance_uid for instance in one.store.instances(job_id)}

    for server in servers.values():
        server.accepted = accepted
    one.service.start()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        people(one, chance)
        time.sleep(chance.uniform(0, 0.02))
    for server in servers.values():
        server.calm = True
    end = time.monotonic() + 30
    while any(job.state not in FINAL for job in one.service.jobs()) and time.monotonic() < end:
        help_along(one)
        time.sleep(0.02)
    one.service.stop()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}
    assert [said for job_id in ids for said in broken_rules(one.store, job_id)] == []
    assert [server.again for server in servers.values()] == [[], []]
    assert one.service._tools.bodies.held == 0
    assert [name for name in names() if name in ("job", "part", "transfers")] == []


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def people(one: Bench, chance: random.Random) -> None:
    """Somebody does something, fitting or not."""
    job = chance.choice(one.service.jobs())
    service = one.service
    actions: list[Callable[[], None]] = [
        lambda: service.pause(job.id),
        lambda: service.resume(job.id),
        lambda: service.retry(job.id),
        lambda: service.first(job.id),
        lambda: service.move(job.id, True),
        lambda: service.credentials_available(job.target.server, "nurse"),
        service.pause_all,
        service.resume_all,
        service.retry_all,
        lambda: help_along(one),
    ]
    with suppress(TransferError):
        chance.choice(actions)()


def help_along(one: Bench) -> None:
    """What a person does who wants everything to arrive."""
    for server in SERVERS:
        one.service.credentials_available(server, "nurse")
    for job in one.service.jobs():
        with suppress(TransferError):
            help_job(one, job)


def help_job(one: Bench, job: UploadJob) -> None:
    if job.state is JobState.PAUSED:
        one.service.resume(job.id)
    elif job.choices:
        wanted = (Choice.SEND_MISSING, Choice.START_OVER)
        one.service.answer(job.id, next(choice for choice in wanted if choice in job.choices))
    elif job.state not in FINAL | MOVING | ACTIVE:
        one.service.retry(job.id)
