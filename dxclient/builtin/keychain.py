"""Passwords live in the keychain of the system."""

from __future__ import annotations

from dxclient.api import CredentialStore, Server, hookimpl
from dxclient.settings import KeychainStore, keychain_available


@hookimpl
def dxclient_credential_store(server: Server) -> CredentialStore | None:
    """Use the keychain where there is one; otherwise the program keeps them in memory."""
    return KeychainStore() if keychain_available() else None
