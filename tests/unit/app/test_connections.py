"""Which password goes to which server."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxclient.app.connections import Connections
from dxclient.demo import DemoServer
from dxclient.domain.errors import BadCredentials, LoggedOut
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Server
from dxclient.settings import MemoryStore


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
