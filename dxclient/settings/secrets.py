"""Passwords: in the keychain of the system, or in memory for as long as the program runs."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from dxclient.domain.errors import SettingsError

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
    asked for again the next time. Only forgetting has to be true when it is said to be done.
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
        """Forget a password; fine when there is none.

        Raises
        ------
        SettingsError
            The keychain may still hold it.
        """
        import keyring.errors

        try:
            # Backends say "not found" and "not deleted" alike, so what is left is looked at.
            with contextlib.suppress(keyring.errors.PasswordDeleteError):
                keyring.delete_password(_service(server), user)
            kept = keyring.get_password(_service(server), user) is not None
        except (keyring.errors.KeyringError, OSError, RuntimeError) as error:
            raise _not_forgotten(type(error).__name__) from None
        if kept:
            raise _not_forgotten("still there")


def _not_forgotten(details: str) -> SettingsError:
    return SettingsError(
        "The keychain did not delete the password, so it may still be kept there. "
        "Unlock the keychain and try again, or delete the entry in the keychain itself.",
        details=details,
    )


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
