"""Which password goes to which server."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dxclient.app.connections import Connections
from dxclient.demo import DemoServer
from dxclient.domain.errors import BadCredentials, LoggedOut, XnatError, XnatUnreachable
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Server
from dxclient.settings import MemoryStore
from tests.helpers.demoserver import arm, received


def connections(*saved: str) -> Connections:
    store = MemoryStore()
    return Connections(
        lambda server: store,
        lambda url, user: Server(url=url, user=user),
        lambda user: set(saved),
        store,
    )


def target(url: str) -> UploadTarget:
    return UploadTarget(server=url, user="nurse", project="PLAIN", subject="S", session="E")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DXCLIENT_USER", "nurse")
    monkeypatch.setenv("DXCLIENT_PASSWORD", "nurse")


def test_the_environments_password_counts_for_a_server_that_a_person_names() -> None:
    asked = connections().password_for(Server(url="https://any.example.org"), "nurse")
    assert asked == "nurse"


def test_the_environments_password_is_not_tried_on_one_of_several_servers() -> None:
    both = connections("https://a.example.org", "https://b.example.org")
    with pytest.raises(LoggedOut):
        both.importer(target("https://b.example.org"))


def test_a_job_of_the_only_server_logs_in_by_the_environment(tmp_path: Path) -> None:
    with DemoServer(tmp_path) as server:
        made = connections(server.url)
        assert made.importer(target(server.url)) is made.importer(target(server.url))
        made.close()


def test_a_password_that_was_wrong_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DXCLIENT_PASSWORD")
    with DemoServer(tmp_path) as server:
        made = connections(server.url)
        made._memory.set(server.url, "nurse", "wrong")
        with pytest.raises(BadCredentials):
            made.importer(target(server.url))
        with pytest.raises(LoggedOut):
            made.importer(target(server.url))


def entries(url: str) -> int:
    return len(received(url))


def test_a_refused_password_of_the_keychain_is_sent_once_in_a_run_however_many_jobs_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DXCLIENT_PASSWORD")
    keychain, memory = MemoryStore(), MemoryStore()
    with DemoServer(tmp_path) as server:
        made = Connections(
            lambda _: keychain,
            lambda url, user: Server(url=url, user=user),
            lambda _: set(),
            memory,
        )
        keychain.set(server.url, "nurse", "wrong")
        with pytest.raises(BadCredentials):
            made.importer(target(server.url))
        before = entries(server.url)
        for _ in range(20):
            with pytest.raises(LoggedOut):
                made.importer(target(server.url))
        assert entries(server.url) == before
        keychain.set(server.url, "nurse", "nurse")
        assert made.importer(target(server.url)).user == "nurse"
        made.close()


def test_a_session_that_ends_is_renewed_with_the_password_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DXCLIENT_PASSWORD")
    with DemoServer(tmp_path) as server:
        made = connections()
        named = Server(url=server.url, user="nurse")
        xnat = made.log_in(named, "nurse", "nurse", remember=False)
        arm(server.url, "expire-sessions", match="/data/projects")
        arm(server.url, "refuse-login", match="/data/")
        made._memory.set(server.url, "nurse", "nurse")
        assert xnat.projects()
        made.close()


def test_the_weather_hears_of_each_connection_but_not_of_a_mistyped_address(
    tmp_path: Path,
) -> None:
    made = connections()
    wrong = Server(url="http://127.0.0.1:9", user="nurse")
    with pytest.raises(XnatUnreachable):
        made.log_in(wrong, "nurse", "nurse", remember=False)
    assert made.weather._places == {}
    server = DemoServer(tmp_path)
    server.start()
    xnat = made.log_in(Server(url=server.url), "nurse", "nurse", remember=False)
    assert made.weather.reachable(server.url)
    server.stop()
    with pytest.raises(XnatUnreachable):
        xnat.projects()
    assert not made.weather.reachable(server.url)
    assert made.weather.shut() == {server.url}
    with socket.create_server(("127.0.0.1", int(server.url.rpartition(":")[2]))) as silent:
        silent.settimeout(0.2)
        made.close()  # at once, without saying good-bye
        with pytest.raises(TimeoutError):
            silent.accept()


def test_connections_that_are_stale_are_cut_and_made_anew(tmp_path: Path) -> None:
    with DemoServer(tmp_path) as server:
        made = connections(server.url)
        xnat = made.importer(target(server.url))
        made.drop_lines()
        assert xnat.scripts("PLAIN") == ()
        made.close()


def test_the_weather_looks_at_the_proxy_where_there_is_one(tmp_path: Path) -> None:
    store = MemoryStore()
    store.set("https://xnat.invalid", "nurse", "nurse")
    with DemoServer(tmp_path) as proxy:
        made = Connections(
            lambda _: store,
            lambda url, user: Server(url=url, user=user, proxy=proxy.url),
            lambda _: set(),
            store,
        )
        with pytest.raises(XnatError):
            made.importer(target("https://xnat.invalid"))
        assert made.weather._network.knock("https://xnat.invalid")
