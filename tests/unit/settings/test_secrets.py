"""Passwords: real backends of keyring, good and bad."""

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from dxclient.domain.errors import SettingsError
from dxclient.settings import KeychainStore, MemoryStore, keychain_available


class Working(KeyringBackend):
    """Keeps passwords for the test."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if (service, username) not in self.kept:
            raise PasswordDeleteError
        del self.kept[service, username]


class Locked(KeyringBackend):
    """Refuses everything, as a keychain does that nobody unlocked."""

    priority = 1

    def get_password(self, service, username):
        raise KeyringLocked

    set_password = delete_password = lambda self, *of: self.get_password(*of[:2])


@pytest.fixture
def use():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture(params=["memory", "keychain"])
def store(request, use):
    use(Working())
    return MemoryStore() if request.param == "memory" else KeychainStore()


def test_a_password_is_kept_for_one_server_and_user(store):
    store.set("https://a.example", "u", "secret")
    assert store.get("https://a.example", "u") == "secret"
    assert store.get("https://a.example", "v") is None
    assert store.get("https://b.example", "u") is None


def test_a_password_can_be_replaced_and_forgotten(store):
    store.set("https://a.example", "u", "old")
    store.set("https://a.example", "u", "new")
    assert store.get("https://a.example", "u") == "new"
    store.delete("https://a.example", "u")
    store.delete("https://a.example", "u")
    assert store.get("https://a.example", "u") is None


def test_only_the_keychain_lasts():
    assert KeychainStore.persistent
    assert not MemoryStore.persistent


@pytest.mark.parametrize("backend", [Locked(), fail.Keyring()])
def test_a_keychain_that_refuses_is_as_one_that_knows_nothing(use, backend):
    use(backend)
    store = KeychainStore()
    store.set("https://a.example", "u", "secret")
    assert store.get("https://a.example", "u") is None


class Keeping(Working):
    """Does not let go of a password."""

    def delete_password(self, service, username):
        raise PasswordDeleteError


@pytest.mark.parametrize("backend", [Locked(), Keeping(), fail.Keyring()])
def test_a_password_that_may_still_be_kept_is_not_said_to_be_forgotten(use, backend):
    use(backend)
    store = KeychainStore()
    store.set("https://a.example", "u", "secret")
    with pytest.raises(SettingsError, match="may still be kept"):
        store.delete("https://a.example", "u")


@pytest.mark.parametrize(
    ("backend", "there"),
    [(Working(), True), (Locked(), True), (fail.Keyring(), False), (null.Keyring(), False)],
)
def test_backends_that_keep_nothing_are_no_keychain(use, backend, there):
    use(backend)
    assert keychain_available() is there


@pytest.mark.parametrize(
    ("links", "there"),
    [([fail.Keyring(), Working()], True), ([null.Keyring()], False), ([], False)],
)
def test_a_chain_is_as_good_as_its_best_link(use, monkeypatch, links, there):
    monkeypatch.setattr(ChainerBackend, "backends", links)
    use(ChainerBackend())
    assert keychain_available() is there
