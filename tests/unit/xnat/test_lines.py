"""The TCP connections: used again, cut when stale, patient with slow lines."""

import socket
import threading
import time

import pytest

from dxclient.domain.errors import CertificateUntrusted, XnatUnreachable
from dxclient.domain.project import Server
from dxclient.xnat import Timeouts, connect
from dxclient.xnat.lines import Lines
from tests.unit.xnat.conftest import PASSWORD, QUICK
from tests.unit.xnat.test_tls import fingerprint, make_certificate, pytestmark  # noqa: F401
from tests.unit.xnat.tiny import Reply, Tiny, with_login

IMPORT = "/data/services/import"
URL = "/data/prearchive/projects/P1/20240102_101112123/S1_MR1"


class Counting:
    """Stands before a server and counts connections; may swap the server behind."""

    def __init__(self, port):
        self.port = port
        self.made = 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self.welcome, daemon=True).start()

    def welcome(self):
        while True:
            try:
                guest, _ = self.door.accept()
                self.made += 1
                host = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            for source, target in ((guest, host), (host, guest)):
                threading.Thread(target=self.copy, args=(source, target), daemon=True).start()

    def copy(self, source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def counted(tiny):
    before = Counting(int(tiny.url.rpartition(":")[2]))
    yield before
    before.door.close()


def send(xnat, target, size=300_000):
    return xnat.send(target, b"x" * size, on_bytes=lambda n: None, stopped=lambda: False)


def test_forty_parts_on_four_threads_need_four_connections(tiny, counted, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(200, URL)
    xnat = connect(Server(url=counted.url), "nurse", PASSWORD, timeouts=QUICK)
    threads = [
        threading.Thread(target=lambda: [send(xnat, target) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tiny.asked("POST", IMPORT)) == 40
    assert counted.made <= 4


def test_a_connection_that_is_cut_ends_the_wait_for_an_answer_at_once(tiny, target):
    asked, go_on = threading.Event(), threading.Event()

    def slow(_):
        asked.set()
        go_on.wait(20)
        return Reply(200, URL)

    tiny.replies[f"POST {IMPORT}"] = slow
    patient = Timeouts(connect=2, read=30, send=30)
    xnat = connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=patient)
    threading.Thread(target=lambda: (asked.wait(10), xnat.drop_connections())).start()
    begin = time.monotonic()
    with pytest.raises(XnatUnreachable, match="broke off"):
        send(xnat, target)
    assert time.monotonic() - begin < 10
    go_on.set()
    tiny.replies[f"POST {IMPORT}"] = Reply(200, URL)
    assert send(xnat, target) == URL


def test_after_trouble_idle_connections_are_not_used_again(tiny, counted, target):
    tiny.replies[f"POST {IMPORT}"] = [Reply(200, "half", promised=500), Reply(200, URL)]
    xnat = connect(Server(url=counted.url), "nurse", PASSWORD, timeouts=QUICK)
    before = counted.made
    with pytest.raises(XnatUnreachable):
        send(xnat, target)
    assert send(xnat, target) == URL
    assert counted.made == before + 1


@pytest.mark.parametrize(("stall", "sent"), [(10.0, True), (0.1, False)])
def test_a_slow_line_has_its_own_time_for_each_chunk(tiny, target, stall, sent):
    """One that takes nothing for longer than making a connection may take."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
    login = b"User 'nurse' is logged in"
    left = threading.Event()

    def serve():
        guest, _ = listener.accept()
        for _ in range(2):  # logging in, build information
            guest.recv(65536)
            guest.sendall(answer % (len(login), login))
        head = guest.recv(2000)
        left.wait(1.0)
        taken = len(head) - head.index(b"\r\n\r\n") - 4
        while taken < 6_000_000:
            data = guest.recv(1 << 20)
            if not data:
                return
            taken += len(data)
        guest.sendall(answer % (len(URL), URL.encode()))

    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    times = Timeouts(connect=0.5, read=5, send=5, stall=stall)
    xnat = connect(Server(url=url), "nurse", PASSWORD, timeouts=times)
    if sent:
        assert send(xnat, target, 6_000_000) == URL
    else:
        with pytest.raises(XnatUnreachable, match="in time"):
            send(xnat, target, 6_000_000)
        left.set()
    listener.close()


def test_connections_are_kept_warm():
    with socket.create_server(("127.0.0.1", 0)) as door:
        line = socket.create_connection(door.getsockname())
        Lines(60.0).joined(line)
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        line.close()


@pytest.fixture
def certificates(tmp_path):
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1")
    return [make_certificate(tmp_path, name, *alternative) for name in ("first", "second")]


def swapped(certificates, **trust):
    """Log in to a server, which then shows another certificate; gives both and the client."""
    first = with_login(Tiny()).start(certificates[0][0])
    second = with_login(Tiny()).start(certificates[1][0])
    door = Counting(int(first.url.rpartition(":")[2]))
    url = door.url.replace("http", "https")
    xnat = connect(Server(url=url, **trust), "nurse", PASSWORD, timeouts=QUICK)
    door.port = int(second.url.rpartition(":")[2])
    xnat.drop_connections()
    return first, second, xnat


@pytest.mark.parametrize("verified", [True, False])
def test_another_certificate_while_sending_stops_before_a_byte_is_sent(
    certificates, target, verified
):
    trust = {"ca_file": certificates[0][1]} if verified else {"verify": False}
    _, second, xnat = swapped(certificates, **trust)
    with pytest.raises(
        CertificateUntrusted, match="Until now all was well, so sending was stopped"
    ):
        send(xnat, target)
    assert second.log == []


def test_an_intruder_is_described_so_that_a_person_can_compare(certificates, target):
    _, _, xnat = swapped(certificates, verify=False)
    with pytest.raises(CertificateUntrusted) as caught:
        send(xnat, target)
    assert caught.value.fingerprint == fingerprint(certificates[1][1])
    assert not caught.value.retryable


def test_a_renewed_certificate_that_is_trusted_does_not_disturb(certificates, tmp_path, target):
    both = tmp_path / "both.pem"
    both.write_text("".join(cert.read_text() for _, cert in certificates))
    _, second, xnat = swapped(certificates, ca_file=both)
    second.replies[f"POST {IMPORT}"] = Reply(200, URL)
    assert send(xnat, target) == URL
