import pytest

from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Server
from dxclient.xnat import Timeouts, connect
from tests.unit.xnat.tiny import Tiny, with_login

QUICK = Timeouts(connect=2, read=3, send=5, commit=5, attempts=3, pause=0.01)
PASSWORD = "s3cret-Pässword"


@pytest.fixture(autouse=True)
def _no_proxy_from_outside(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tiny():
    server = with_login(Tiny()).start()
    yield server
    server.stop()


@pytest.fixture
def login(tiny):
    opened = []

    def connected():
        xnat = connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=QUICK)
        opened.append(xnat)
        return xnat

    yield connected
    for xnat in opened:
        xnat.close()


@pytest.fixture
def xnat(login):
    return login()


@pytest.fixture
def target(tiny):
    return UploadTarget(server=tiny.url, user="nurse", project="P1", subject="S1", session="S1_MR1")
