"""Logging in, and the connections that the queue and the frontends share."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dxclient.domain.errors import BadCredentials, LoggedOut
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import Server
from dxclient.domain.protocols import CredentialStore
from dxclient.transfer.network import Sockets
from dxclient.transfer.weather import Weather
from dxclient.xnat import Xnat, connect, way_to


class Connections:
    """One connection for each server and user, made when it is needed.

    Parameters
    ----------
    store_for : callable
        Where the password for a server is kept.
    server_for : callable
        The saved server with this URL, with its certificate choices.
    servers_of : callable
        Addresses of all saved servers of a user.

    Attributes
    ----------
    weather : Weather
        Which servers answer; hears of every request.
    """

    def __init__(
        self,
        store_for: Callable[[Server], CredentialStore],
        server_for: Callable[[str, str], Server],
        servers_of: Callable[[str], set[str]],
        memory: CredentialStore,
    ) -> None:
        self._store_for = store_for
        self._server_for = server_for
        self._memory = memory
        self._servers_of = servers_of
        self._open: dict[tuple[str, str], Xnat] = {}
        self._lock = threading.Lock()
        self._asking: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._refused: set[tuple[str, str, bytes]] = set()
        self._salt = os.urandom(16)
        self._ways: dict[str, str] = {}
        self.weather = Weather(
            network=Sockets(via=lambda url: self._ways.get(url, url)), on_stale=self.drop_lines
        )

    def log_in(self, server: Server, user: str, password: str, *, remember: bool) -> Xnat:
        """Connect; keep the password for this run, and in the keychain when wished."""
        told = _Told(self.weather)
        renew = partial(self._renewed, told, server, user)
        xnat = connect(server, user, password, renew=renew, told=told)
        url = told.url = xnat.server.url
        self._refused.discard(self._mark(url, user, password))
        self._ways[url] = way_to(xnat.server)
        self.weather.worked(url)
        self._memory.set(url, user, password)
        if remember:
            self._store_for(xnat.server).set(url, user, password)
        with self._lock:
            before, self._open[url, user] = self._open.get((url, user)), xnat
        if before is not None:
            before.close()
        return xnat

    def password_for(self, server: Server, user: str) -> str | None:
        """A password for the server that a person named: this run's, the environment's, kept."""
        found = self._memory.get(server.url, user)
        if found is None:
            found = _from_environment(user)
        return found if found is not None else self._store_for(server).get(server.url, user)

    def _password_of_queue(self, server: Server, user: str) -> str | None:
        """A password for a server that only a job names.

        The environment does not say which server its password is for, so it counts only where
        this user is known on no other.
        """
        found = self._memory.get(server.url, user)
        if found is None:
            found = self._store_for(server).get(server.url, user)
        if found is None and self._servers_of(user) == {server.url}:
            found = _from_environment(user)
        return found

    def importer(self, target: UploadTarget) -> Xnat:
        """The connection that a job needs.

        Raises
        ------
        LoggedOut
            No password is known for this server and user, or the known one was refused.
        """
        key = (target.server, target.user)
        with self._lock:
            asking = self._asking[key]
        # One at a time: a wrong password is tried once, not once for each waiting job.
        with asking:
            if found := self._open.get(key):
                return found
            server = self._server_for(target.server, target.user)
            self._ways[target.server] = way_to(server)
            password = self._password_of_queue(server, target.user)
            if (
                password is None
                or self._mark(target.server, target.user, password) in self._refused
            ):
                raise LoggedOut("Log in to go on; nothing that was sent is lost.")
            try:
                return self.log_in(server, target.user, password, remember=False)
            except BadCredentials:
                self._memory.delete(server.url, target.user)
                # XNAT locks accounts: what it refused is not sent again by itself in this run.
                self._refused.add(self._mark(target.server, target.user, password))
                raise

    def _mark(self, url: str, user: str, password: str) -> tuple[str, str, bytes]:
        return url, user, hashlib.sha256(self._salt + password.encode()).digest()

    def _renewed(self, told: _Told, server: Server, user: str) -> str | None:
        """The password known now, when the server says that nobody is logged in."""
        return self._password_of_queue(replace(server, url=told.url), user)

    def drop_lines(self) -> None:
        """Cut all connections: after sleep, or with a new address, they are dead."""
        with self._lock:
            held = tuple(self._open.values())
        for xnat in held:
            xnat.drop_connections()

    def forget(self, server: Server, user: str) -> None:
        """Log out and forget the password, here and in the keychain."""
        self._store_for(server).delete(server.url, user)
        self.drop(server.url, user)

    def drop(self, url: str, user: str) -> None:
        """Log out, and forget what was typed."""
        self._memory.delete(url, user)
        with self._lock:
            xnat = self._open.pop((url, user), None)
        if xnat is not None:
            xnat.close(log_out=self.weather.reachable(url))

    def close(self) -> None:
        """Log out everywhere."""
        for url, user in tuple(self._open):
            self.drop(url, user)


class _Told:
    """Tells the weather of a connection's requests, once it is known where it leads."""

    def __init__(self, weather: Weather) -> None:
        self.url = ""
        self._weather = weather

    def __call__(self, answered: bool) -> None:
        if self.url and answered:
            self._weather.worked(self.url)
        elif self.url:
            self._weather.troubled(self.url)


def _from_environment(user: str) -> str | None:
    """The password that the environment holds for this user."""
    same = os.environ.get("DXCLIENT_USER") == user
    return os.environ.get("DXCLIENT_PASSWORD") if same else None
