"""Reading from the network in scripts: off by default, and never less than https."""

import http.client
import pickle
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dxclient.app.language import function_versions, script_functions
from dxclient.builtin.network import (
    LARGEST,
    SETTING,
    SecureRedirects,
    _asked,
    allowed,
    fetched,
    read,
)
from dxclient.domain.plan import PluginVersion
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import Origin, Sourced

PAGES = {
    "/name": (200, "text/plain", "Gr\u00fc\u00dfe\n".encode()),
    "/long": (200, "text/plain", b"x" * (LARGEST + 1)),
    "/full": (200, "text/plain", b"x" * LARGEST),
    "/bytes": (200, "application/octet-stream", b"\xff\xfe"),
    "/gone": (404, "text/plain", b"none"),
}
MOVED = {"/moved": "https", "/lowered": "http", "/file": "file", "/circle": "circle"}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        host = f"127.0.0.1:{self.server.server_port}"
        if self.path in MOVED:
            kind = MOVED[self.path]
            places = {"circle": f"https://{host}/circle", "file": "file:///etc/hostname"}
            self.send_response(302)
            self.send_header("Location", places.get(kind, f"{kind}://{host}/name"))
            self.end_headers()
            return
        status, kind, body = PAGES[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


class Plainly(urllib.request.HTTPSHandler):
    """Speaks without TLS to what is named with https, as the server here has no certificate."""

    def https_open(self, request):
        return self.do_open(http.client.HTTPConnection, request)


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as running:
        running.asked = []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), Plainly(), SecureRedirects()
    )
    return lambda path: fetched(f"https://127.0.0.1:{server.server_port}{path}", opener)


def test_an_answer_is_its_text(ask):
    assert ask("/name") == "Gr\u00fc\u00dfe\n"
    assert len(ask("/full")) == LARGEST


@pytest.mark.parametrize("path", ["/long", "/bytes", "/gone", "/lowered", "/file", "/circle"])
def test_what_is_no_good_answer_is_refused(ask, path):
    with pytest.raises((OSError, ValueError)):
        ask(path)


def test_other_places_with_https_are_followed_to(ask):
    assert ask("/moved") == "Gr\u00fc\u00dfe\n"


@pytest.mark.parametrize(
    "url",
    [
        *("", "name", "http://127.0.0.1/", "file:///etc/hostname", "ftp://127.0.0.1/", "https://"),
        *("https://me:secret@127.0.0.1/", "https://[bad/", "https://127.0.0.1:port/", None),
    ],
)
def test_addresses_that_may_not_be_read_are_not_asked_for(url):
    assert read(url) is None


def test_a_server_without_a_certificate_is_not_believed(server):
    assert read(f"https://127.0.0.1:{server.server_port}/name") is None
    assert server.asked == []


def test_an_address_is_asked_for_once(monkeypatch, server):
    def opener():
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), Plainly())

    monkeypatch.setattr("dxclient.builtin.network.opener", opener)
    _asked.cache_clear()
    url = f"https://127.0.0.1:{server.server_port}/name"
    assert [read(url), read(url)] == ["Gr\u00fc\u00dfe\n"] * 2
    assert server.asked == ["/name"]


def test_nothing_is_offered_unless_the_setting_is_on(dx_builtin, dx_settings):
    assert script_functions(dx_builtin) == ()
    assert script_functions(dx_builtin, dx_settings()) == ()


@pytest.mark.parametrize("origin", list(Origin))
def test_a_server_cannot_turn_it_on(origin):
    view = SettingsView({SETTING: Sourced(True, origin)})
    assert allowed(view) == (origin not in (Origin.SITE, Origin.PROJECT))


def test_with_the_setting_getURL_is_offered_named_and_travels(dx_builtin, dx_settings):
    [function] = script_functions(dx_builtin, dx_settings({SETTING: True}))
    assert function.name == "getURL"
    assert function_versions([function]) == (PluginVersion("function getURL", "1"),)
    assert pickle.loads(pickle.dumps(function)).function.function is read
