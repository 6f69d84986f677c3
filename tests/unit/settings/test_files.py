"""Files of settings, servers and projects: what is kept, and what damage does."""

import json
import os
import stat
import sys
import threading

import pytest

from dxclient.domain.errors import SettingsError
from dxclient.domain.project import Origin, Server
from dxclient.settings import (
    MachinePolicy,
    Recent,
    SavedServers,
    UserSettings,
    config_folder,
    data_folder,
    policy_file,
)


def values(provider):
    return dict(provider.layer("", "").values)


def test_what_a_person_chose_is_there_the_next_time(tmp_path):
    path = tmp_path / "new" / "settings.json"
    UserSettings(path).write("transfer.part_size", 16)
    UserSettings(path).write("upload.tracers", ("FDG", "PIB"))
    layer = UserSettings(path).layer("", "")
    assert layer.origin is Origin.USER
    assert layer.values == {"transfer.part_size": 16, "upload.tracers": ["FDG", "PIB"]}


def test_none_forgets_a_choice(tmp_path):
    settings = UserSettings(tmp_path / "settings.json")
    settings.write("a", 1)
    settings.write("b", 2)
    settings.write("a", None)
    settings.write("never", None)
    assert values(settings) == {"b": 2}


@pytest.mark.skipif(sys.platform == "win32", reason="the mode says nothing on Windows")
def test_only_the_owner_may_read_the_file(tmp_path):
    path = tmp_path / "settings.json"
    UserSettings(path).write("a", 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"", b"7"])
def test_a_damaged_file_is_no_reason_to_fail_and_is_kept(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = UserSettings(path)
    assert values(settings) == {}
    assert "settings.json" in settings.problem
    assert str(tmp_path) not in settings.problem
    settings.write("a", 1)
    assert values(settings) == {"a": 1}
    assert settings.problem == ""
    assert (tmp_path / "settings.json.broken").read_bytes() == content


def test_a_toml_file_is_read_and_not_written(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[transfer]\npart_size = 16\n[ui]\ntheme = "dark"\n')
    settings = UserSettings(path)
    assert values(settings) == {"transfer.part_size": 16, "ui.theme": "dark"}
    with pytest.raises(SettingsError, match="editor"):
        settings.write("ui.theme", "light")
    assert values(settings)["ui.theme"] == "dark"


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "settings.json"
    settings = UserSettings(path)
    settings.write("a", 1)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="nothing was changed"):
        settings.write("a", 2)
    monkeypatch.undo()
    assert values(settings) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["settings.json"]


def test_a_folder_that_is_a_file_is_said_without_its_path(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as caught:
        UserSettings(tmp_path / "file" / "settings.json").write("a", 1)
    assert str(tmp_path) not in str(caught.value) + caught.value.details


def test_threads_that_write_at_once_lose_nothing(tmp_path):
    settings = UserSettings(tmp_path / "settings.json")
    threads = [threading.Thread(target=settings.write, args=(f"key{n}", n)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(settings) == {f"key{n}": n for n in range(12)}


def test_a_policy_sets_and_locks(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text('locked = ["a.b"]\n[values]\n"a.b" = 1\n[values.c]\nd = ["x"]\n')
    layer = MachinePolicy(path).layer("", "")
    assert layer.origin is Origin.MACHINE
    assert layer.values == {"a.b": 1, "c.d": ["x"]}
    assert layer.locked == {"a.b"}


@pytest.mark.parametrize(
    "text", ["locked = 7", 'locked = "a.b"', "locked = [1]", "values = 3", "not toml", ""]
)
def test_a_policy_that_says_nothing_clear_sets_nothing_and_says_so(tmp_path, text):
    path = tmp_path / "policy.toml"
    path.write_text(text)
    policy = MachinePolicy(path)
    layer = policy.layer("", "")
    assert (dict(layer.values), layer.locked) == ({}, frozenset())
    assert bool(policy.problem) is bool(text)


def test_the_environment_moves_a_persons_folders_and_not_the_policy(tmp_path, monkeypatch):
    monkeypatch.delenv("DXCLIENT_HOME", raising=False)
    usual, policy = (data_folder(), config_folder()), policy_file()
    assert all(folder.name == "dxclient" for folder in usual)
    monkeypatch.setenv("DXCLIENT_HOME", str(tmp_path))
    assert (data_folder(), config_folder()) == (tmp_path, tmp_path)
    assert policy_file() == policy


def test_the_last_server_comes_first_and_once(tmp_path):
    path = tmp_path / "servers.json"
    one, other = Server(url="https://a.example", user="u"), Server(url="https://b.example")
    saved = SavedServers(path)
    for server in (one, other, one):
        saved.add(server)
    assert SavedServers(path).list() == (one, other)
    saved.remove(one)
    saved.remove(one)
    assert saved.list() == (other,)


def test_a_server_keeps_its_certificate_choices(tmp_path):
    saved = SavedServers(tmp_path / "servers.json")
    server = Server(
        url="https://a.example/xnat",
        user="u",
        ca_file=tmp_path / "ca.pem",
        verify=False,
        proxy="http://proxy.example:3128",
    )
    saved.add(server)
    assert saved.list() == (server,)


def test_a_password_in_a_url_is_never_written(tmp_path):
    path = tmp_path / "servers.json"
    SavedServers(path).add(
        Server(url="https://me:hidden@a.example:8443/x", proxy="http://p:hidden@proxy.example")
    )
    assert "hidden" not in path.read_text()
    assert SavedServers(path).list()[0].url == "https://a.example:8443/x"


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"servers": 3}', '{"servers": [7, {}, {"url": 3}, {"url": ""}]}']
)
def test_damaged_servers_are_left_out(tmp_path, content):
    path = tmp_path / "servers.json"
    path.write_text(content)
    assert SavedServers(path).list() == ()


@pytest.mark.parametrize("verify", ["false", 0, None, "", True])
def test_only_a_clear_no_turns_the_check_of_certificates_off(tmp_path, verify):
    path = tmp_path / "servers.json"
    path.write_text(json.dumps({"servers": [{"url": "https://a.example", "verify": verify}]}))
    assert SavedServers(path).list()[0].verify is True


def test_the_last_ten_projects_of_each_server_are_kept(tmp_path):
    recent = Recent(tmp_path / "recent.json")
    for number in range(12):
        recent.add("https://a.example", f"P{number}")
    recent.add("https://a.example", "P5")
    recent.add("https://b.example", "Q")
    found = Recent(tmp_path / "recent.json").list("https://a.example")
    assert found == ("P5", "P11", "P10", "P9", "P8", "P7", "P6", "P4", "P3", "P2")
    assert recent.list("https://b.example") == ("Q",)
    assert recent.list("https://c.example") == ()


@pytest.mark.parametrize("content", ["{", '{"s": 3}', "[]"])
def test_damaged_recent_projects_are_forgotten(tmp_path, content):
    path = tmp_path / "recent.json"
    path.write_text(content)
    recent = Recent(path)
    assert recent.list("s") == ()
    recent.add("s", "P")
    assert recent.list("s") == ("P",)
