"""While a long call runs, the server session is kept alive on another connection."""

import threading
import time

import pytest

from dxclient.domain.errors import LoggedOut
from dxclient.domain.project import Server
from dxclient.xnat import Timeouts, connect
from dxclient.xnat.heartbeat import BUILD_INFO, keep_alive
from tests.unit.xnat.conftest import PASSWORD
from tests.unit.xnat.tiny import Reply

BEAT = 0.2


@pytest.fixture
def transport(tiny):
    times = Timeouts(connect=2, read=5, attempts=1, pause=0.01, heartbeat=BEAT)
    with connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=times) as xnat:
        tiny.log.clear()
        yield xnat._transport


def beats(tiny):
    return len(tiny.asked("GET", BUILD_INFO))


def test_a_long_call_is_accompanied_and_afterwards_it_is_quiet(tiny, transport):
    with keep_alive(transport):
        time.sleep(BEAT * 4.5)
    during = beats(tiny)
    assert 2 <= during <= 5
    time.sleep(BEAT * 3)
    assert beats(tiny) <= during + 1
    assert all(asked.headers["Cookie"] for asked in tiny.log)


def test_several_long_calls_share_the_signs_of_life(tiny, transport):
    def call():
        with keep_alive(transport):
            time.sleep(BEAT * 5)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
        time.sleep(BEAT / 10)
    for thread in threads:
        thread.join()
    assert 2 <= beats(tiny) <= 12  # alone each would give five


def test_other_requests_count_as_signs_of_life(tiny, transport):
    tiny.table("/data/projects")
    with keep_alive(transport):
        for _ in range(20):
            transport.get("/data/projects")
            time.sleep(BEAT / 4)
    assert beats(tiny) == 0


def test_a_heartbeat_that_fails_does_not_disturb_the_call(tiny, transport):
    tiny.replies[f"GET {BUILD_INFO}"] = Reply(503)
    with keep_alive(transport):
        time.sleep(BEAT * 2.5)
    assert beats(tiny) >= 1


def test_a_session_that_ended_is_renewed_by_the_heartbeat_and_a_refused_one_stays_quiet(
    tiny, transport
):
    tiny.replies[f"GET {BUILD_INFO}"] = tiny.replies["GET /data/auth"] = Reply(401)
    with keep_alive(transport):
        time.sleep(BEAT * 6)
    assert len(tiny.log) == 2
    with pytest.raises(LoggedOut):
        transport.ask("GET", "/data/projects")
