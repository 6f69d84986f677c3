"""Pause, cancel and the end of the program stop within a second, whatever goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.domain.errors import NotPermitted
from dxclient.domain.jobs import JobState
from tests.unit.transfer.fakes import QUICK, Bench, FakeXnat, make_request, pack
from tests.unit.transfer.test_service import send, wait_for

Make = Callable[..., Bench]
CALLS = ["scripts", "ensure_subject", "commit", "locate", "counts"]


class Hanging(FakeXnat):
    """A server whose named call does not return before it is let go."""

    def __init__(self, call: str) -> None:
        super().__init__(working_polls=1)
        self.inside, self.go_on = threading.Event(), threading.Event()
        real = getattr(self, call)

        def hang(*given: object, **named: object) -> object:
            self.inside.set()
            self.go_on.wait(20)
            return real(*given, **named)

        setattr(self, call, hang)


@pytest.mark.parametrize("call", CALLS)
def test_pause_ends_any_wait_for_the_server_within_a_second(
    bench: Make, tmp_path: Path, call: str
) -> None:
    xnat = Hanging(call)
    one = bench(xnat)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    try:
        assert xnat.inside.wait(10)
        one.service.pause(job.id)
        wait_for(lambda: not one.service._runs, seconds=1.0)
        assert one.service.job(job.id).state is JobState.PAUSED
        one.service.resume(job.id)
        time.sleep(0.3)
        # Nothing is asked twice at once: the call that was given up still lasts.
        assert not one.service._runs
    finally:
        xnat.go_on.set()
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert len(xnat.commits()) == 1
    assert all(times == 1 for *_, times in xnat.stored())


@pytest.mark.parametrize("call", CALLS)
def test_the_program_ends_within_a_second_though_the_server_hangs(
    bench: Make, tmp_path: Path, call: str
) -> None:
    xnat = Hanging(call)
    one = bench(xnat)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    try:
        assert xnat.inside.wait(10)
        begun = time.monotonic()
        assert one.service.stop()
        assert time.monotonic() - begun < 1
        assert one.service.job(job.id).state is JobState.QUEUED
    finally:
        xnat.go_on.set()


def test_pause_while_packing_drops_what_was_packed(bench: Make, tmp_path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow_pack(request):
        inside.set()
        go_on.wait(20)
        return pack(request)

    one = bench(pack=slow_pack)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    try:
        assert inside.wait(10)
        one.service.pause(job.id)
        wait_for(lambda: not one.service._runs, seconds=1.0)
        assert one.xnat.calls.count("send") == 0
    finally:
        go_on.set()
    wait_for(lambda: one.service._tools.bodies.held == 0)
    one.service.resume(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_a_part_whose_answer_comes_after_the_pause_is_not_sent_again(
    bench: Make, tmp_path: Path
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Thinks(FakeXnat):
        def _store(self, target, body):
            url = super()._store(target, body)
            inside.set()
            go_on.wait(20)
            return url

    one = bench(Thinks())
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    assert inside.wait(10)
    one.service.pause(job.id)
    assert one.service.job(job.id).state is JobState.PAUSED
    go_on.set()
    wait_for(lambda: not one.service._runs)
    assert one.service.job(job.id).parts_done == 1
    one.service.resume(job.id)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert all(times == 1 for *_, times in one.xnat.stored())


def test_what_was_archived_already_is_said_when_it_is_cancelled(
    bench: Make, tmp_path: Path
) -> None:
    one = bench(FakeXnat(archives=True, faults={"counts": [NotPermitted("No.")]}))
    job = send(one, tmp_path)
    assert one.xnat.rows() == [("E1", "ARCHIVED")]
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert "archived the session already" in one.service.job(job.id).sentence
    assert one.xnat.rows() == [("E1", "ARCHIVED")]
    assert "discard" not in one.xnat.calls
    assert one.store.facts(job.id)["sent_study"] == ""


def test_what_is_cancelled_while_it_is_archived_is_looked_at_afterwards(
    bench: Make, tmp_path: Path
) -> None:
    one = bench(FakeXnat(archives=True, commit_seconds=0.5))
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(one.xnat.commits)
    one.service.cancel(job.id, discard=True)
    wait_for(lambda: "archived the session already" in one.service.job(job.id).sentence)


def test_after_sleep_all_waiting_is_over(bench: Make, tmp_path: Path) -> None:
    now = [1000.0]
    one = bench(options=replace(QUICK, retry_base=1e5, retry_cap=1e5), clock=lambda: now[0])
    from dxclient.domain.errors import XnatTrouble

    one.xnat.faults["send"] = [XnatTrouble("Trouble.", status=503)]
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.service.job(job.id).state is JobState.WAITING)
    now[0] += 2e5
    wait_for(lambda: one.service.job(job.id).state is JobState.CONFIRMED)


def test_a_clock_that_was_set_back_keeps_no_job_waiting(bench: Make, tmp_path: Path) -> None:
    now = [1e9]
    one = bench(options=replace(QUICK, retry_base=60, retry_cap=60), clock=lambda: now[0])
    from dxclient.domain.errors import XnatTrouble

    one.xnat.faults["send"] = [XnatTrouble("Trouble.", status=503)]
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.service.job(job.id).state is JobState.WAITING)
    now[0] -= 1e6
    wait_for(lambda: one.service.job(job.id).state is JobState.CONFIRMED)
