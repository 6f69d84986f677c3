"""Passwords: in the keychain of the system, or in memory for as long as the program runs."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

#: Packages of keyring's backends that keep nothing.
NOTHING = ("keyring.backends.fail", "keyring.backends.null")


class MemoryStore:
    """Keeps passwords until the program ends."""

    persistent = False

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def get(self, server: str, user: str) -> str | None:
        """The password, if known."""
        with self._lock:
            return self._known.get((server, user))

    def set(self, server: str, user: str, password: str) -> None:
        """Keep a password."""
        with self._lock:
            self._known[server, user] = password

    def delete(self, server: str, user: str) -> None:
        """Forget a password; fine when there is none."""
        with self._lock:
            self._known.pop((server, user), None)


class KeychainStore:
    """Keeps passwords in the keychain of the system.

    A keychain that is locked, or that a person denies, is no reason to fail: the password is then
    asked for again the next time.
    """

    persistent = True

    def get(self, server: str, user: str) -> str | None:
        """The password; None when there is none, or the keychain does not give it."""
        import keyring.errors

        try:
            return keyring.get_password(_service(server), user)
        except (keyring.errors.KeyringError, OSError, RuntimeError):
            return None

    def set(self, server: str, user: str, password: str) -> None:
        """Keep a password, where the keychain takes it."""
        import keyring.errors

        with contextlib.suppress(keyring.errors.KeyringError, OSError, RuntimeError):
            keyring.set_password(_service(server), user, password)

    def delete(self, server: str, user: str) -> None:
        """Forget a password; fine when there is none."""
        import keyring.errors

        with contextlib.suppress(keyring.errors.KeyringError, OSError, RuntimeError):
            keyring.delete_password(_service(server), user)


def keychain_available() -> bool:
    """Whether there is a keychain that keeps anything."""
    try:
        import keyring

        return _keeps(keyring.get_keyring())
    except (ImportError, OSError, RuntimeError):
        return False


def _keeps(backend: Any) -> bool:
    """A chain keeps what one of its links keeps."""
    links = getattr(backend, "backends", None)
    if links is not None:
        return any(_keeps(one) for one in links)
    return not type(backend).__module__.startswith(NOTHING)


def _service(server: str) -> str:
    return f"dxclient {server}"
