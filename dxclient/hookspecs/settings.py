"""Hooks for settings and for logging in."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.preferences import SettingField
from dxclient.domain.project import Server
from dxclient.domain.protocols import AppInfo, Authenticator, CredentialStore, SettingsProvider
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.OFFER)
def dxclient_setting_fields() -> Iterable[SettingField]:
    """Declare settings: key, default (whose type is the type), label, help.

    Called once at start, on the main thread. Kind: offer.

    Returns
    -------
    iterable of SettingField
        A key that another plugin declared already is refused.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_setting_fields():
    ...     return [SettingField(key="acme.prefix", default="AC", label="Label prefix")]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.OFFER)
def dxclient_settings_providers(app: AppInfo) -> Iterable[SettingsProvider]:
    """Offer places that setting values come from.

    Called once at start, on the main thread; the provider's `layer` may be called on any
    thread. Kind: offer.

    Parameters
    ----------
    app : AppInfo
        Version and data folder of the program.

    Returns
    -------
    iterable of SettingsProvider

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_settings_providers(app):
    ...     return [AcmeDirectory()]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.DECIDE)
def dxclient_credential_store(server: Server) -> CredentialStore | None:
    """Choose where the passwords for a server are kept.

    Called on any thread, when a password is read or kept. Kind: decide; the built-in answer is
    the keychain of the system, or memory where there is none.

    Parameters
    ----------
    server : Server
        The server that the password is for.

    Returns
    -------
    CredentialStore or None
        None leaves the choice to the next plugin.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_credential_store(server):
    ...     return VaultStore() if server.url.endswith("acme.org") else None

    .. versionadded:: 1.0
    """
    return None


@hookspec(Kind.OFFER)
def dxclient_authenticators(server: Server) -> Iterable[Authenticator]:
    """Offer ways to log in to a server.

    Called on the main thread, when the log-in screen opens. Kind: offer.

    Parameters
    ----------
    server : Server
        The server to log in to.

    Returns
    -------
    iterable of Authenticator

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_authenticators(server):
    ...     return [AliasToken()]

    .. versionadded:: 1.0
    """
    return ()
