"""Packing goes on while something is sent, and processes start before they are needed."""

import threading
import time
from dataclasses import replace

import pytest

from dxclient.domain.jobs import JobState
from tests.unit.transfer.fakes import QUICK, FakeXnat, make_request, pack


class Watch:
    """Packs, and notes what happens when."""

    def __init__(self, xnat):
        self.xnat = xnat
        self.packed_while_sending = 0

    def __call__(self, asked):
        for _ in range(5):
            time.sleep(0.01)
            if self.xnat.at_once:
                self.packed_while_sending += 1
                break
        return pack(asked)


def test_with_one_part_on_the_line_the_next_one_is_packed_meanwhile(bench, tmp_path):
    xnat = FakeXnat(chunk_seconds=0.02)
    watch = Watch(xnat)
    one = bench(xnat, pack=watch, options=replace(QUICK, parts_in_flight=1))
    job = one.service.submit(make_request(tmp_path, {"1": 12}))
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert xnat.most_at_once == 1
    assert watch.packed_while_sending >= 3


class Noting(FakeXnat):
    """Notes how many parts were packed when a send was over."""

    def send(self, *given, **more):
        url = super().send(*given, **more)
        self.packed_by_then.append(len(self.packed))
        return url


def test_the_second_part_is_packed_while_the_first_one_is_sent_alone(bench, tmp_path):
    xnat = Noting(chunk_seconds=0.1)
    xnat.packed, xnat.packed_by_then = [], []

    def noting(asked):
        xnat.packed.append(asked.number)
        return pack(asked)

    one = bench(xnat, pack=noting)
    job = one.service.submit(make_request(tmp_path, {"1": 4}))
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    assert xnat.packed_by_then == [2, 2]
    assert xnat.most_at_once == 1


def test_no_more_packed_parts_are_held_than_the_setting_allows(bench, tmp_path):
    xnat = FakeXnat(chunk_seconds=0.01)
    most = [0]

    def counting(asked):
        most[0] = max(most[0], one.service._tools.bodies.held)
        return pack(asked)

    one = bench(xnat, pack=counting, options=replace(QUICK, parts_in_flight=3))
    one.service.submit(make_request(tmp_path, {"1": 30}))
    one.service.run_until_idle()
    assert 2 <= most[0] <= 3


@pytest.mark.parametrize(("files", "processes"), [(1, 1), (30, 2)])
def test_only_as_many_processes_are_warmed_as_there_are_parts_for(
    bench, tmp_path, files, processes
):
    one = bench()
    ready = threading.Semaphore(0)
    one.service.warm(make_request(tmp_path, {"1": files}), ready.release)
    for _ in range(processes):
        assert ready.acquire(timeout=5)
    assert not ready.acquire(timeout=0.1)


def test_what_fails_while_warming_disturbs_nothing(bench, tmp_path):
    one = bench()
    asked = make_request(tmp_path)
    one.service.warm(asked, lambda: 1 / 0)
    job = one.service.submit(asked)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
