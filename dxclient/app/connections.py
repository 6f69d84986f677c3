"""Logging in, and the connections that the queue and the frontends share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from dxclient.domain.errors import LoggedOut
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Server
from dxclient.domain.protocols import CredentialStore
from dxclient.xnat import Xnat, connect


class Connections:
    """One connection for each server and user, made when it is needed.

    Parameters
    ----------
    store_for : callable
        Where the password for a server is kept.
    server_for : callable
        The saved server with this URL, with its certificate choices.
    """

    def __init__(
        self,
        store_for: Callable[[Server], CredentialStore],
        server_for: Callable[[str, str], Server],
        memory: CredentialStore,
    ) -> None:
        self._store_for = store_for
        self._server_for = server_for
        self._memory = memory
        self._open: dict[tuple[str, str], Xnat] = {}
        self._lock = threading.Lock()

    def log_in(self, server: Server, user: str, password: str, *, remember: bool) -> Xnat:
        """Connect; keep the password for this run, and in the keychain when wished."""
        xnat = connect(server, user, password)
        url = xnat.server.url
        self._memory.set(url, user, password)
        if remember:
            self._store_for(xnat.server).set(url, user, password)
        with self._lock:
            self._open[url, user] = xnat
        return xnat

    def password_for(self, server: Server, user: str) -> str | None:
        """A password that is known from this run, the environment or the keychain."""
        known = self._memory.get(server.url, user)
        if known is None and os.environ.get("DXCLIENT_USER") == user:
            known = os.environ.get("DXCLIENT_PASSWORD")
        return known if known is not None else self._store_for(server).get(server.url, user)

    def importer(self, target: UploadTarget) -> Xnat:
        """The connection that a job needs.

        Raises
        ------
        LoggedOut
            No password is known for this server and user.
        """
        with self._lock:
            found = self._open.get((target.server, target.user))
        if found is not None:
            return found
        server = self._server_for(target.server, target.user)
        password = self.password_for(server, target.user)
        if password is None:
            raise LoggedOut("Log in to go on; nothing that was sent is lost.")
        return self.log_in(server, target.user, password, remember=False)

    def forget(self, server: Server, user: str) -> None:
        """Log out and forget the password, here and in the keychain."""
        self._memory.delete(server.url, user)
        self._store_for(server).delete(server.url, user)
        self.drop(server.url, user)

    def drop(self, url: str, user: str) -> None:
        """Log out."""
        with self._lock:
            xnat = self._open.pop((url, user), None)
        if xnat is not None:
            xnat.close()

    def close(self) -> None:
        """Log out everywhere."""
        for url, user in tuple(self._open):
            self.drop(url, user)
