"""Server sessions that end, passwords that are refused, and who hears of answers."""

import email.utils
import threading
import time

import pytest

from dxclient.domain.errors import (
    LoggedOut,
    NotPermitted,
    XnatBusy,
    XnatError,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.project import Server
from dxclient.xnat import connect
from tests.unit.xnat.conftest import PASSWORD, QUICK
from tests.unit.xnat.tiny import COOKIE, Reply

AUTH = "GET /data/auth"
IMPORT = "/data/services/import"
URL = "/data/prearchive/projects/P1/20240102_101112123/S1_MR1"
IN = Reply(200, "User 'nurse' is logged in; XNAT_CSRF=tok-2", headers=COOKIE)


def logged_in(tiny, **options):
    return connect(Server(url=tiny.url), "nurse", PASSWORD, timeouts=QUICK, **options)


def send(xnat, target, body=b"zip"):
    seen = []
    url = xnat.send(target, body, on_bytes=seen.append, stopped=lambda: False)
    return url, seen


def ended(times=1):
    """A server session that was ended: an answer 401 a few times, then good ones."""
    return [*[Reply(401)] * times, Reply(200, URL)]


def test_a_session_that_ended_is_renewed_and_the_same_bytes_are_sent_again(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = ended()
    body = bytes(range(256)) * 4096
    url, seen = send(xnat, target, body)
    assert url == URL
    assert [asked.body == body for asked in tiny.asked("POST", IMPORT)] == [True, True]
    assert len(tiny.asked("GET", "/data/auth")) == 2
    assert "Cookie" not in tiny.asked("GET", "/data/auth")[1].headers
    assert seen[-1] == len(body)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<html><form>XNAT Login</form></html>", "text/html"),
        Reply(302, headers=(("Location", "/app/template/Login.vm"),)),
    ],
)
def test_a_login_page_in_between_is_renewed_too(tiny, xnat, target, reply):
    tiny.replies[f"POST {IMPORT}"] = [reply, Reply(200, URL)]
    assert send(xnat, target)[0] == URL


def test_the_token_of_the_new_session_is_used_from_then_on(tiny, xnat, target):
    tiny.replies[AUTH] = IN
    tiny.replies[f"POST {IMPORT}"] = ended()
    send(xnat, target)
    send(xnat, target)
    assert tiny.asked("POST", IMPORT)[-1].query["XNAT_CSRF"] == "tok-2"


def test_four_workers_whose_session_ended_log_in_once(tiny, xnat, target):
    gate = threading.Barrier(4, timeout=10)
    alive = threading.Event()

    def importing(asked):
        if not alive.is_set():
            gate.wait()
            return Reply(401)
        return Reply(200, URL)

    def renewed(asked):
        alive.set()
        time.sleep(0.1)
        return IN

    tiny.replies[f"POST {IMPORT}"] = importing
    tiny.replies[AUTH] = renewed
    urls = []
    threads = [
        threading.Thread(target=lambda: urls.append(send(xnat, target)[0])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert urls == [URL] * 4
    assert len(tiny.asked("GET", "/data/auth")) == 2
    assert len(tiny.asked("POST", IMPORT)) == 8


def test_a_refused_password_is_sent_by_one_of_four_workers_and_never_again(tiny, xnat, target):
    gate = threading.Barrier(4, timeout=10)
    tiny.replies[AUTH] = Reply(401)

    def importing(asked):
        gate.wait()
        return Reply(401)

    tiny.replies[f"POST {IMPORT}"] = importing
    errors = []

    def work():
        try:
            send(xnat, target)
        except XnatError as error:
            errors.append(type(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [LoggedOut] * 4
    assert len(tiny.asked("GET", "/data/auth")) == 2
    before = len(tiny.log)
    for _ in range(5):
        with pytest.raises(LoggedOut):
            send(xnat, target)
    xnat.close()
    assert len(tiny.log) == before


def test_without_a_session_a_401_is_about_the_password_and_it_is_not_sent_again(tiny):
    tiny.replies[AUTH] = Reply(200, "User 'nurse' is logged in")
    tiny.replies["GET /data/projects"] = Reply(401)
    xnat = logged_in(tiny)
    with pytest.raises(LoggedOut):
        xnat.projects()
    assert len(tiny.asked("GET", "/data/auth")) == 1
    assert len(tiny.asked("GET", "/data/projects")) == 1


def test_a_password_that_was_typed_meanwhile_is_taken(tiny, target):
    known = []
    xnat = logged_in(tiny, renew=lambda: known[-1] if known else None)
    tiny.replies[AUTH] = Reply(401)
    tiny.replies[f"POST {IMPORT}"] = Reply(401)
    with pytest.raises(LoggedOut):
        send(xnat, target)
    before = len(tiny.log)
    known.append(PASSWORD)
    with pytest.raises(LoggedOut):
        send(xnat, target)
    assert len(tiny.log) == before
    known.append("new-pw")
    tiny.replies[AUTH] = IN
    tiny.replies[f"POST {IMPORT}"] = Reply(200, URL)
    assert send(xnat, target)[0] == URL
    assert len(tiny.log) == before + 2
    assert "new-pw" not in repr(xnat.__dict__["_transport"]._login)


def test_neither_the_old_nor_the_new_password_is_in_an_error(tiny):
    xnat = logged_in(tiny, renew=lambda: "new-pw")
    tiny.replies["GET /data/projects"] = [Reply(401), Reply(418, f"<h3>{PASSWORD} new-pw</h3>")]
    with pytest.raises(XnatError) as caught:
        xnat.projects()
    assert caught.value.status == 418
    assert PASSWORD not in caught.value.details
    assert "new-pw" not in caught.value.details


def test_a_token_that_expired_needs_a_login_and_is_not_sent_again(tiny, xnat, target):
    words = "<h3>Your security token has expired or is invalid.</h3>"
    tiny.replies[f"POST {IMPORT}"] = Reply(403, words)
    with pytest.raises(LoggedOut, match="expired"):
        send(xnat, target)
    assert len(tiny.asked("POST", IMPORT)) == 1
    assert len(tiny.asked("GET", "/data/auth")) == 1


def test_other_403_are_about_rights(tiny, xnat, target):
    tiny.replies[f"POST {IMPORT}"] = Reply(403, "<h3>Not your project</h3>")
    with pytest.raises(NotPermitted):
        send(xnat, target)


def test_a_server_that_is_away_while_logging_in_again_is_no_lost_password(tiny, xnat):
    tiny.replies["GET /data/projects"] = [Reply(401), Reply(200, '{"ResultSet":{"Result":[]}}')]
    tiny.replies[AUTH] = [Reply(503), IN]
    with pytest.raises(XnatTrouble):
        xnat._transport.ask("GET", "/data/projects")
    assert xnat.projects() == ()


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        (" 7 ", 7, 7),
        ("soon", 0, 0),
        ("", 0, 0),
        ("-5", 0, 0),
        ("1" * 400, 111_111_111, 111_111_111),
    ],
)
def test_what_the_server_asks_to_wait_is_read(tiny, xnat, target, header, least, most):
    tiny.replies[f"POST {IMPORT}"] = Reply(429, headers=(("Retry-After", header),))
    with pytest.raises(XnatBusy) as caught:
        send(xnat, target)
    assert least <= caught.value.retry_after <= most


@pytest.mark.parametrize(("ahead", "least", "most"), [(90, 80, 91), (-90, 0, 0)])
def test_a_moment_to_wait_for_is_read_as_seconds(tiny, xnat, target, ahead, least, most):
    header = email.utils.formatdate(time.time() + ahead, usegmt=True)
    test_what_the_server_asks_to_wait_is_read(tiny, xnat, target, header, least, most)


def test_each_answer_and_each_silence_is_told(tiny):
    told = []
    xnat = logged_in(tiny, told=told.append)
    assert told == [True, True]
    tiny.replies["GET /data/projects"] = Reply(404)
    with pytest.raises(XnatError):
        xnat.projects()
    assert told == [True] * 3
    tiny.stop()
    xnat.drop_connections()
    with pytest.raises(XnatUnreachable):
        xnat.projects()
    assert told[3:] == [False] * QUICK.attempts
