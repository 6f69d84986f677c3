import threading
import time

import pytest

from dxclient.domain.errors import Cancelled, XnatUnreachable
from dxclient.domain.jobs import PackedPart, PartRequest, SourceFile
from dxclient.domain.plan import AnonymizationPlan
from dxclient.transfer.lanes import Lanes

MIB = 1024 * 1024
SERVER, OTHER = "https://one.example.org", "https://two.example.org"


def never():
    return False


def lanes(most=2, clock=time.monotonic):
    return Lanes(most, places=max(2, most), workers=2, clock=clock)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def packing(body, seconds, compression=1, size=64 * MIB):
    file = SourceFile(path="a", size=size, modified_ns=0, series_uid="1", sop_instance_uid="2")
    request = PartRequest(
        job_id="j", number=1, plan=AnonymizationPlan(), files=(file,), compression=compression
    )
    return request, PackedPart(number=1, body=bytes(body), sha256="", seconds=seconds)


def test_no_more_parts_than_lanes_are_on_the_line_at_once():
    gate, now, most = lanes(2), [], []
    lock = threading.Lock()

    def send():
        with gate.lane(SERVER, 10, never):
            with lock:
                now.append(1)
                most.append(len(now))
            time.sleep(0.02)
            with lock:
                now.pop()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 2
    assert len(most) == 8


def test_one_server_never_waits_for_another():
    gate = lanes(1)
    with gate.lane(SERVER, 10, never), gate.lane(OTHER, 10, never):
        assert set(gate.choices()) == {SERVER, OTHER}


def test_who_waits_for_a_lane_can_be_stopped():
    gate = lanes(1)
    with (
        gate.lane(SERVER, 10, never),
        pytest.raises(Cancelled),
        gate.lane(SERVER, 10, lambda: True),
    ):
        pass
    with gate.lane(SERVER, 10, lambda: True):
        pass


def test_a_lane_is_free_again_after_a_failure_and_a_lost_part_halves_their_number():
    gate = lanes(4)
    with pytest.raises(ZeroDivisionError), gate.lane(SERVER, 10, never):
        raise ZeroDivisionError
    assert gate.choices()[SERVER][1] == 4
    with pytest.raises(XnatUnreachable), gate.lane(SERVER, 10, never):
        raise XnatUnreachable("The server does not answer.")
    assert gate.choices()[SERVER][1] == 2
    with gate.lane(SERVER, 10, never), gate.lane(SERVER, 10, never):
        pass


def test_on_a_slow_line_the_next_part_is_compressed_strongly():
    clock = Clock()
    gate = lanes(1, clock)
    assert gate.compression(SERVER) == 1
    for _ in range(3):
        gate.packed(SERVER, *packing(20 * MIB, 0.3))
        with gate.lane(SERVER, 20 * MIB, never):
            clock.now += 20
    assert gate.compression(SERVER) == 6
    assert gate.compression(OTHER) == 1


def test_tiny_parts_teach_nothing():
    clock = Clock()
    gate = lanes(1, clock)
    for _ in range(9):
        gate.packed(SERVER, *packing(900, 0.1, size=1000))
        with gate.lane(SERVER, 900, never):
            clock.now += 5
    assert gate.compression(SERVER) == 1
