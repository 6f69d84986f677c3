"""Jobs of a server that cannot be reached wait for the network, and go on by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dxclient.domain.errors import XnatUnreachable
from dxclient.domain.events import ServerReachable
from dxclient.domain.jobs import JobState
from dxclient.transfer.weather import Weather, WeatherOptions
from tests.unit.transfer.fakes import QUICK, Bench, FakeXnat, make_request
from tests.unit.transfer.test_service import wait_for

Make = Callable[..., Bench]
SERVER = "https://xnat.example.org"
SOON = replace(QUICK, offline_pause=0.02)


class Away(FakeXnat):
    """A server that answers nothing while it is away."""

    away = True

    def _fault(self, name: str) -> None:
        super()._fault(name)
        if self.away:
            raise XnatUnreachable("The server does not answer.")


class Cable:
    """The network of a machine whose cable is in or out."""

    def __init__(self) -> None:
        self.there = True
        self.knocks = 0

    def note(self, server: str) -> None:
        pass

    def route(self, server: str) -> str | None:
        return "10.0.0.1" if self.there else ""

    def knock(self, server: str) -> bool:
        self.knocks += 1
        return self.there


def test_a_server_that_is_away_is_no_attempt_and_the_job_goes_on_when_it_is_back(
    bench: Make, tmp_path: Path
) -> None:
    one = bench(Away(), options=SOON)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.xnat.calls.count("scripts") > 3)
    now = one.service.job(job.id)
    assert now.attempts == 0
    assert {state for _, state in one.changes[1:]} == {JobState.SENDING, JobState.OFFLINE}
    one.xnat.away = False
    wait_for(lambda: one.service.job(job.id).state is JobState.CONFIRMED)


def test_an_offline_job_can_be_paused_retried_and_cancelled(bench: Make, tmp_path: Path) -> None:
    one = bench(Away(), options=replace(QUICK, offline_pause=1000.0))
    ids = [one.service.submit(make_request(tmp_path, session=f"E{n}")).id for n in range(3)]
    one.service.start()
    wait_for(lambda: {job.state for job in one.service.jobs()} == {JobState.OFFLINE})
    one.service.pause(ids[0])
    one.service.cancel(ids[1])
    one.xnat.away = False
    one.service.retry(ids[2])
    wait_for(lambda: one.service.job(ids[2]).state is JobState.CONFIRMED)
    assert one.service.job(ids[0]).state is JobState.PAUSED
    assert one.service.job(ids[1]).state is JobState.CANCELLED


def test_an_answer_that_was_lost_on_the_way_is_an_attempt(bench: Make, tmp_path: Path) -> None:
    one = bench(FakeXnat(faults={"send": [XnatUnreachable("Reset.")]}))
    job = one.service.submit(make_request(tmp_path))
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert (JobState.SENDING, JobState.WAITING) in one.changes
    assert (JobState.SENDING, JobState.OFFLINE) not in one.changes


def quick_weather(cable: Cable) -> Weather:
    return Weather(
        network=cable,
        options=WeatherOptions(base=0.05, cap=0.1, look_every=0.0),
        spawn=lambda work: work(),
    )


def test_a_hundred_jobs_knock_once_while_the_cable_is_out_and_all_go_on_when_it_is_in(
    bench: Make, tmp_path: Path
) -> None:
    cable = Cable()
    one = bench(Away(), options=SOON, weather=quick_weather(cable))
    for number in range(20):
        one.service.submit(make_request(tmp_path, {"1": 1}, session=f"E{number}"))
    cable.there = False
    one.service.start()
    wait_for(lambda: JobState.OFFLINE in {job.state for job in one.service.jobs()})
    time.sleep(0.5)
    # The jobs that were at work met it; nobody else tried while nobody could.
    assert one.xnat.calls.count("scripts") <= QUICK.jobs_at_once + 1
    cable.there, one.xnat.away = True, False
    wait_for(lambda: {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}, seconds=20)
    told = [event.reachable for event in one.events if isinstance(event, ServerReachable)]
    assert told == [False, True]


def test_a_server_that_is_away_holds_up_no_other(bench: Make, tmp_path: Path) -> None:
    servers = {SERVER: Away(), "https://other.example.org": FakeXnat()}
    one = bench(importer_for=lambda target: servers[target.server], options=SOON)
    one.service.submit(make_request(tmp_path, session="E1"))
    request = make_request(tmp_path, session="E2")
    target = replace(request.target, server="https://other.example.org")
    other = one.service.submit(replace(request, target=target))
    one.service.start()
    wait_for(lambda: one.service.job(other.id).state is JobState.CONFIRMED)
