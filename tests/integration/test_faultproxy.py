"""The proxy that disturbs passes all where nothing is to happen, and strikes where it is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest
import requests

from dxclient.domain.project import Server
from dxclient.xnat.tls import TlsAdapter
from tests.helpers.faultproxy import Chance, FaultProxy, Harm, Phase, Trouble

BODY = bytes(range(256)) * 2000


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        data = self.rfile.read(length)
        self.server.seen.append(len(data))  # type: ignore[attr-defined]
        if len(data) < length:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture
def echo() -> Iterator[HTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.seen = []  # type: ignore[attr-defined]
    server.handle_error = lambda *of: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def post(url: str, data: bytes) -> bytes:
    """Ask as the client does: it takes no half heads for answers."""
    with requests.Session() as session:
        session.mount("http://", TlsAdapter(Server(url=url)))
        return session.post(url, data=data, timeout=10).content


def proxy(echo: HTTPServer, trouble: Trouble | None) -> FaultProxy:
    """The trouble comes once, to a connection or to an exchange."""
    left = [trouble] if trouble else []

    def choose(line: str) -> Trouble | None:
        due = left and (left[0].phase is Phase.CONNECT) == (line == "")
        return left.pop() if due else None

    return FaultProxy(echo.server_port, choose)


def test_without_trouble_everything_passes_on_one_connection(echo: HTTPServer) -> None:
    with proxy(echo, None) as passing, requests.Session() as session:
        for size in (0, 1, 70_000, len(BODY)):
            answer = session.post(passing.url, data=BODY[:size], timeout=10)
            assert answer.content == BODY[:size]
        assert not passing.struck


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("harm", [Harm.RESET, Harm.CLOSE, Harm.STALL, Harm.HALF])
def test_a_cut_is_felt_by_the_client_and_the_next_request_passes(
    echo: HTTPServer, harm: Harm, phase: Phase
) -> None:
    if phase is Phase.CONNECT:
        harm = Harm.REFUSE
    with proxy(echo, Trouble(harm, phase, at=0.5, seconds=0.3)) as cutting:
        with pytest.raises(requests.RequestException):
            post(cutting.url, BODY)
        assert cutting.struck == {(harm, phase): 1}
        assert post(cutting.url, BODY) == BODY
    late = phase in (Phase.RESPONSE_HEAD, Phase.RESPONSE_BODY)
    assert (len(BODY) in echo.seen[:-1]) is late  # type: ignore[attr-defined]


@pytest.mark.parametrize("phase", [one for one in Phase if one is not Phase.CONNECT])
@pytest.mark.parametrize("harm", [Harm.DELAY, Harm.THROTTLE])
def test_what_is_only_slow_arrives_whole(echo: HTTPServer, harm: Harm, phase: Phase) -> None:
    with proxy(echo, Trouble(harm, phase, at=0.2, seconds=0.3, rate=50_000)) as slow:
        begun = time.monotonic()
        assert post(slow.url, BODY) == BODY
        passed = time.monotonic() - begun
    body = phase in (Phase.REQUEST_BODY, Phase.RESPONSE_BODY)
    assert passed > 0.25 or (harm is Harm.THROTTLE and not body)


def test_a_shut_door_refuses_and_opens_again_at_the_same_port(echo: HTTPServer) -> None:
    with proxy(echo, None) as door:
        port = door.port
        door.shut_door()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        door.open_door()
        assert door.port == port
        assert post(door.url, b"x") == b"x"


def test_a_client_that_leaves_during_a_stall_takes_the_request_with_it(echo: HTTPServer) -> None:
    with proxy(echo, Trouble(Harm.STALL, Phase.REQUEST_BODY, at=0.9, seconds=30)) as stalled:
        with pytest.raises(requests.Timeout):
            requests.post(stalled.url, data=BODY, timeout=0.3)
        until = time.monotonic() + 5
        while not echo.seen and time.monotonic() < until:  # type: ignore[attr-defined]
            time.sleep(0.02)
        assert len(BODY) not in echo.seen  # type: ignore[attr-defined]


def test_the_same_seed_draws_the_same_troubles() -> None:
    first, second, other = Chance(7, 0.5), Chance(7, 0.5), Chance(8, 0.5)
    drawn = [first("POST /x HTTP/1.1") for _ in range(40)]
    assert drawn == [second("POST /x HTTP/1.1") for _ in range(40)]
    assert drawn != [other("POST /x HTTP/1.1") for _ in range(40)]
    assert 5 < sum(one is not None for one in drawn) < 35
