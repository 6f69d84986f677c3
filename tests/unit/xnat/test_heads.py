"""An answer counts only where its head came as a whole."""

import socket
import threading

import pytest
import requests

from dxclient.domain.project import Server
from dxclient.xnat.tls import TlsAdapter

WHOLE = {
    "with a length": b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nLast: y\r\n\r\nOK",
    "without a body": b"HTTP/1.1 204 Nothing\r\nContent-Length: 0\r\nLast: y\r\n\r\n",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
    "until the end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nOK",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
}


def answered(data):
    """What a client makes of these bytes, after which the line ends."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve():
            guest, _ = door.accept()
            with guest:
                while not guest.recv(65536).endswith(b"\r\n\r\n"):
                    pass
                guest.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        with requests.Session() as session:
            session.mount("http://", TlsAdapter(Server(url=url)))
            return session.get(url, timeout=5)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_answer_is_taken(kind):
    answer = answered(WHOLE[kind])
    assert answer.content == (b"" if kind == "without a body" else b"OK")


@pytest.mark.parametrize("kind", WHOLE)
def test_an_answer_that_ends_within_its_head_is_none(kind):
    data = WHOLE[kind]
    end = data.index(b"\r\n\r\n") if kind == "in chunks" else data.rindex(b"\r\n\r\n")
    for length in range(end):
        with pytest.raises(requests.ConnectionError):
            answered(data[:length])
