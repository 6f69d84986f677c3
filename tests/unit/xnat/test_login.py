import base64
import socket
import traceback

import pytest

from dxclient.domain.errors import (
    BadCredentials,
    LoggedOut,
    NotPermitted,
    SettingsError,
    XnatAnswer,
    XnatError,
    XnatMissing,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.project import Project, Server
from dxclient.xnat import connect, readable_by_others, site_url
from dxclient.xnat.decode import Answer
from dxclient.xnat.transport import Transport
from tests.unit.xnat.conftest import PASSWORD, QUICK
from tests.unit.xnat.tiny import Reply

WRONG = Reply(
    401,
    "<!DOCTYPE html><html><head><style>h1 {color:red}</style></head>"
    "<body><h1>HTTP Status 401</h1><p>Your login attempt failed.</p></body></html>",
    "text/html",
)
LOGIN_PAGE = Reply(200, "<html><body><form>XNAT Login</form></body></html>", "text/html")


def test_login_sends_basic_and_tells_version_and_address(tiny, xnat):
    sent = tiny.asked("GET", "/data/auth")[0]
    token = base64.b64decode(sent.headers["Authorization"].split()[1]).decode()
    assert token == f"nurse:{PASSWORD}"
    assert xnat.version == "1.8.10"
    assert xnat.server.url == tiny.url
    assert xnat.user == "nurse"


def test_the_name_of_the_client_is_not_that_of_a_browser(tiny, xnat):
    agent = tiny.log[0].headers["User-Agent"]
    assert agent.startswith("dxclient/")
    assert "Mozilla" not in agent


def test_one_server_session_is_shared_by_all_requests(tiny, xnat):
    tiny.table("/data/projects")
    xnat.projects()
    later = tiny.log[1:]
    assert later
    assert all(asked.headers["Cookie"] == "JSESSIONID=ABC123" for asked in later)
    assert all("Authorization" in asked.headers for asked in later)


def test_a_new_session_cookie_replaces_the_expired_one(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(
        200,
        '{"ResultSet":{"Result":[]}}',
        headers=(("Set-Cookie", "JSESSIONID=NEW; Path=/"),),
    )
    xnat.projects()
    xnat.projects()
    assert tiny.log[-1].headers["Cookie"] == "JSESSIONID=NEW"


def test_a_wrong_password_is_asked_only_once(tiny, login):
    tiny.replies["GET /data/auth"] = WRONG
    with pytest.raises(BadCredentials) as caught:
        login()
    assert len(tiny.log) == 1
    assert "login attempt failed" in caught.value.details
    assert "color:red" not in caught.value.details


def test_after_a_refused_password_nothing_is_sent_any_more(tiny, xnat):
    tiny.replies["GET /data/projects"] = tiny.replies["GET /data/auth"] = WRONG
    before = len(tiny.log)
    for _ in range(3):
        with pytest.raises(LoggedOut):
            xnat.projects()
    assert [asked.path for asked in tiny.log[before:]] == ["/data/projects", "/data/auth"]


def test_a_login_page_with_status_200_means_logged_out(tiny, xnat):
    tiny.replies["GET /data/projects"] = LOGIN_PAGE
    with pytest.raises(LoggedOut):
        xnat.projects()


def test_a_redirect_to_the_login_page_means_logged_out(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(
        302, headers=(("Location", "/app/template/Login.vm"),)
    )
    with pytest.raises(LoggedOut):
        xnat.projects()
    assert not tiny.asked("GET", "/app/template/Login.vm")


def test_another_web_page_is_a_strange_answer(tiny, login):
    tiny.replies["GET /data/auth"] = Reply(200, "<html>Welcome to the hotel</html>", "text/html")
    with pytest.raises(XnatAnswer):
        login()


def test_a_guest_login_is_no_login(tiny, login):
    tiny.text("/data/auth", "User 'guest' is logged in")
    with pytest.raises(XnatAnswer):
        login()


def test_an_expired_password_is_told(tiny, login):
    tiny.replies["GET /data/auth"] = Reply(403, "<h3>Your password has expired.</h3>", "text/html")
    with pytest.raises(NotPermitted, match="expired"):
        login()


def test_an_address_without_xnat_is_told(tiny, login):
    del tiny.replies["GET /data/auth"]
    with pytest.raises(XnatMissing, match="no XNAT at this address"):
        login()


def test_a_server_without_build_info_still_works(tiny, login):
    tiny.replies["GET /xapi/siteConfig/buildInfo"] = Reply(500)
    assert login().version == ""


def test_logging_out_ends_the_server_session(tiny, xnat):
    xnat.close()
    assert tiny.log[-1].method == "DELETE"
    assert tiny.log[-1].path == "/data/JSESSION"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("xnat.example.org", "https://xnat.example.org"),
        (" https://Xnat.Example.org/ctx/ ", "https://xnat.example.org/ctx"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("xnat.example.org/xnat?x=1", "https://xnat.example.org/xnat"),
    ],
)
def test_addresses_are_tidied_and_never_fall_back_to_http(typed, meant):
    assert site_url(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "https://", "ftp://host", "https://a b", "https://u:pw@host", "https://h:999999"]
)
def test_addresses_that_are_none_are_refused_without_repeating_them(typed):
    with pytest.raises(SettingsError) as caught:
        site_url(typed)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("server", "readable"),
    [
        (Server(url="https://h"), False),
        (Server(url="https://h", verify=False), True),
        (Server(url="http://h"), True),
        (Server(url="http://127.0.0.1:80"), False),
        (Server(url="http://localhost"), False),
    ],
)
def test_connections_that_others_may_read_are_marked(server, readable):
    assert readable_by_others(server) is readable


def test_an_unknown_host_is_told():
    with pytest.raises(XnatUnreachable, match="No server of this name"):
        connect(Server(url="https://no-such-host.invalid"), "u", "p", timeouts=QUICK)


def test_a_closed_port_is_told():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(XnatUnreachable, match="Nothing answers"):
        connect(Server(url=f"http://127.0.0.1:{port}"), "u", "p", timeouts=QUICK)


def test_a_silent_server_is_told():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = Server(url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        quick = QUICK.__class__(connect=1, read=0.2)
        with pytest.raises(XnatUnreachable, match="in time"):
            connect(server, "u", "p", timeouts=quick)


def test_a_proxy_that_is_down_is_told(tiny):
    server = Server(url=tiny.url, proxy="http://127.0.0.1:9")
    with pytest.raises(XnatUnreachable, match="proxy"):
        connect(server, "u", "p", timeouts=QUICK)
    assert not tiny.log


def test_the_environments_proxy_is_used_but_not_for_this_machine(tiny, monkeypatch):
    monkeypatch.setenv("http_proxy", tiny.url)
    monkeypatch.setenv("no_proxy", "")
    connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=QUICK).close()
    before = len(tiny.log)
    connect(Server(url="http://xnat.invalid"), "nurse", PASSWORD, timeouts=QUICK).close()
    assert {asked.headers["Host"] for asked in tiny.log[before:]} == {"xnat.invalid"}


@pytest.mark.parametrize(
    "server",
    [
        Server(url="https://" + "a" * 70 + ".invalid"),
        Server(url="https://xnat.invalid", proxy="nonsense://x"),
    ],
)
def test_addresses_that_the_network_does_not_understand_are_told(server):
    with pytest.raises(XnatUnreachable):
        connect(server, "u", "p", timeouts=QUICK)


def test_netrc_is_not_asked(tiny, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password leaked\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=QUICK).close()
    wanted = base64.b64encode(f"nurse:{PASSWORD}".encode()).decode()
    assert {asked.headers["Authorization"] for asked in tiny.log} == {f"Basic {wanted}"}


def test_https_at_a_plain_http_port_is_told(tiny):
    server = Server(url=tiny.url.replace("http", "https"))
    with pytest.raises(XnatUnreachable, match="does not speak https"):
        connect(server, "u", "p", timeouts=QUICK)


def test_reading_is_tried_again_after_trouble(tiny, xnat):
    good = Reply(200, '{"ResultSet":{"Result":[{"id":"P1","secondary_id":"One"}]}}')
    tiny.replies["GET /data/projects"] = [Reply(503), Reply(502), good]
    assert [project.id for project in xnat.projects()] == ["P1"]


def test_reading_gives_up_after_a_few_attempts(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(503)
    with pytest.raises(XnatTrouble):
        xnat.projects()
    assert len(tiny.asked("GET", "/data/projects")) == QUICK.attempts


@pytest.mark.parametrize("status", [400, 403, 404])
def test_reading_is_not_tried_again_after_a_refusal(tiny, xnat, status):
    tiny.replies["GET /data/projects"] = Reply(status)
    with pytest.raises(XnatError):
        xnat.projects()
    assert len(tiny.asked("GET", "/data/projects")) == 1


def test_half_a_json_text_is_a_strange_answer(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(200, '{"ResultSet":{"Result":[{"id":"P1"')
    with pytest.raises(XnatAnswer):
        xnat.projects()


def test_an_answer_that_breaks_off_is_told_as_such(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(200, '{"ResultSet"', promised=500)
    with pytest.raises(XnatUnreachable, match="broke off"):
        xnat.projects()


def test_reading_follows_redirects_of_the_same_server_only(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(302, headers=(("Location", "/data/archive/x"),))
    tiny.table("/data/archive/x", {"ID": "P1", "secondary_ID": "One"})
    assert xnat.projects()[0].title == "One"
    elsewhere = Reply(302, headers=(("Location", "http://other.invalid/data/projects"),))
    tiny.replies["GET /data/projects"] = elsewhere
    with pytest.raises(XnatAnswer):
        xnat.projects()


def test_the_password_is_in_no_error(tiny, xnat):
    tiny.replies["GET /data/projects"] = Reply(418, f"<h3>no teapot for {PASSWORD}</h3>")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        xnat.projects()
    error = caught.value
    seen = "".join(traceback.format_exception(error)) + repr(error) + error.details + repr(xnat)
    assert "teapot" in error.details
    assert PASSWORD not in seen
    assert base64.b64encode(f"nurse:{PASSWORD}".encode()).decode() not in seen


def test_labels_are_in_no_error_about_the_connection(tiny, xnat):
    tiny.fallback = Reply(200, "half", promised=500)
    with pytest.raises(XnatUnreachable) as caught:
        xnat.project_contents(Project(id="PRIVATE_LABEL"))
    text = "".join(traceback.format_exception(caught.value)) + caught.value.details
    assert "PRIVATE_LABEL" not in text.replace('Project(id="PRIVATE_LABEL")', "")


@pytest.mark.parametrize(
    ("method", "url", "location", "followed"),
    [
        ("GET", "http://h/data/auth", "https://h/data/auth", True),
        ("GET", "http://h:8080/data/auth", "https://h:8443/data/auth", True),
        ("GET", "http://h/data/auth", "/data/auth?x=1", True),
        ("GET", "http://h/data/auth", "https://other/data/auth", False),
        ("GET", "https://h/data/auth", "http://h/data/auth", False),
        ("GET", "https://h/data/auth", "https://h:8443/data/auth", False),
        ("GET", "https://h/data/auth", "https://h.evil.example/data/auth", False),
        ("GET", "https://h/data/auth", "https://h@evil.example/data/auth", False),
        ("GET", "http://h/data/auth", "/app/template/Login.vm", False),
        ("POST", "http://h/data/auth", "https://h/data/auth", False),
        ("PUT", "http://h/data/auth", "/data/auth?x=1", False),
        ("DELETE", "http://h/data/auth", "/data/auth?x=1", False),
    ],
)
def test_a_password_follows_only_to_the_same_host_and_never_back_to_http(
    method, url, location, followed
):
    transport = Transport(Server(url=url[: url.index("/data")]), "u", "p", QUICK)
    answer = Answer(status=301, location=location)
    going = transport._following(method, url, "/data/auth", answer)
    assert bool(going) is followed
    if location.startswith("https") and followed:
        assert transport.base == location[: location.index("/data")]
