"""From what a server or a network does to the class of error that the queue acts on."""

import socket
import ssl
import threading

import pytest

from dxclient.domain.errors import NotPermitted, XnatError
from dxclient.domain.project import Server
from dxclient.transfer.retry import Remedy, remedy
from dxclient.xnat import connect, way_to
from dxclient.xnat.decode import Answer
from dxclient.xnat.refusals import import_refusal
from dxclient.xnat.trouble import unreachable
from tests.unit.xnat.conftest import PASSWORD, QUICK

#: (status, the server's words, seconds to wait, what helps) for a part that was sent.
ANSWERS = [
    (400, "<h3>unable to read DICOM object 1.dcm</h3>", 0, Remedy.TIME),
    (400, "<h3>Concurrent file sends of the same data is not supported.</h3>", 0, Remedy.TIME),
    (400, "<h3>Unable to identify upload format.</h3>", 0, Remedy.TIME),
    (401, "", 0, Remedy.LOGIN),
    (403, "<h3>Invalid permissions</h3>", 0, Remedy.NONE),
    (403, "<h3>Your security token has expired or is invalid.</h3>", 0, Remedy.LOGIN),
    (403, "<h3>Your password has expired.</h3>", 0, Remedy.LOGIN),
    (404, "<h3>Not found</h3>", 0, Remedy.NONE),
    (407, "", 0, Remedy.NONE),
    (408, "", 0, Remedy.TIME),
    (409, "<h3>Session document locked</h3>", 0, Remedy.TIME),
    (409, "<h3>Duplicate experiment label</h3>", 0, Remedy.PERSON),
    (413, "", 0, Remedy.NONE),
    (413, "", 30, Remedy.TIME),
    (417, "", 0, Remedy.NONE),
    (423, "", 0, Remedy.TIME),
    (429, "", 0, Remedy.TIME),
    (429, "", 30, Remedy.TIME),
    (500, "<h3>boom</h3>", 0, Remedy.TIME),
    (502, "", 0, Remedy.TIME),
    (503, "", 120, Remedy.TIME),
    (504, "", 0, Remedy.TIME),
    (507, "", 0, Remedy.TIME),
    (301, "", 0, Remedy.TIME),
    (200, "<html>Welcome to the hotel</html>", 0, Remedy.TIME),
    (200, "<html>Login</html>", 0, Remedy.LOGIN),
]


@pytest.mark.parametrize(("status", "words", "wait", "helps"), ANSWERS)
def test_each_answer_has_its_remedy(status, words, wait, helps):
    error = import_refusal(Answer(status=status, body=words.encode(), retry_after=wait))
    assert isinstance(error, XnatError)
    assert remedy(error) is helps
    assert error.sentence[0].isupper()
    assert error.sentence.endswith(".")
    if status not in (200, 301, 400):
        assert error.retry_after == wait


#: (what the system says, what helps)
BREAKS = [
    (socket.gaierror(socket.EAI_AGAIN, "try again"), Remedy.NETWORK),
    (socket.gaierror(socket.EAI_NONAME, "unknown"), Remedy.NETWORK),
    (ConnectionRefusedError(), Remedy.NETWORK),
    (ConnectionResetError(), Remedy.NETWORK),
    (ConnectionAbortedError(), Remedy.NETWORK),
    (BrokenPipeError(), Remedy.NETWORK),
    (TimeoutError(), Remedy.NETWORK),
    (OSError(101, "Network is unreachable"), Remedy.NETWORK),
    (OSError(113, "No route to host"), Remedy.NETWORK),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), Remedy.PERSON),
    (ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] alert"), Remedy.PERSON),
    (ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] mac"), Remedy.NETWORK),
    (ssl.SSLEOFError(8, "EOF occurred"), Remedy.NETWORK),
    (ssl.SSLCertVerificationError(1, "certificate has expired"), Remedy.PERSON),
    (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), Remedy.NONE),
]


@pytest.mark.parametrize(("cause", "helps"), BREAKS, ids=repr)
def test_each_break_has_its_remedy(cause, helps):
    error = unreachable(cause, "http://127.0.0.1:9")
    assert remedy(error) is helps
    assert "127.0.0.1" not in str(error) + error.details


def test_a_proxy_that_wants_a_password_says_so():
    with socket.create_server(("127.0.0.1", 0)) as door:

        def refuse():
            guest, _ = door.accept()
            guest.recv(4096)
            guest.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            )
            guest.close()

        threading.Thread(target=refuse, daemon=True).start()
        proxy = f"http://127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(NotPermitted, match="proxy before the server wants"):
            connect(Server(url="https://xnat.invalid", proxy=proxy), "u", PASSWORD, timeouts=QUICK)


@pytest.mark.parametrize(
    ("server", "environment", "way"),
    [
        (Server(url="https://xnat.invalid"), "", "https://xnat.invalid"),
        (Server(url="https://xnat.invalid", proxy="proxy:3128"), "", "http://proxy:3128"),
        (Server(url="https://xnat.invalid"), "http://other:80", "http://other:80"),
        (Server(url="http://127.0.0.1:8080"), "http://other:80", "http://127.0.0.1:8080"),
    ],
)
def test_the_way_to_a_server_leads_over_its_proxy(monkeypatch, server, environment, way):
    monkeypatch.setenv("no_proxy", "")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, environment)
    assert way_to(server) == way
