"""Servers and projects that were used before. Never a password."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from dxclient.domain.errors import SettingsError
from dxclient.domain.project import Server
from dxclient.settings.files import read_table, write_table

#: Projects kept for each server.
MOST = 10


class SavedServers:
    """Servers that a person logged in to, the last one first.

    Parameters
    ----------
    path : pathlib.Path
        A JSON file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def list(self) -> tuple[Server, ...]:
        """All servers; what cannot be read is left out."""
        found = _rows(self._path, "servers")
        return tuple(server for row in found if (server := _server(row)) is not None)

    def add(self, server: Server) -> None:
        """Put a server first; the same URL and user is replaced. Raises SettingsError."""
        server = replace(server, url=_without_login(server.url), proxy=_without_login(server.proxy))
        with self._lock:
            others = [one for one in self.list() if not _same(one, server)]
            self._write(server, *others)

    def remove(self, server: Server) -> None:
        """Forget a server; fine when it is not there. Raises SettingsError."""
        with self._lock:
            self._write(*(one for one in self.list() if not _same(one, server)))

    def _write(self, *servers: Server) -> None:
        write_table(self._path, {"servers": [_row(server) for server in servers]})


class Recent:
    """Ids of projects that were uploaded to, for each server, the last one first.

    Parameters
    ----------
    path : pathlib.Path
        A JSON file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def list(self, server: str) -> tuple[str, ...]:
        """At most ten ids of projects of this server."""
        found = _read(self._path).get(server)
        return tuple(map(str, found))[:MOST] if isinstance(found, list) else ()

    def add(self, server: str, project: str) -> None:
        """Put a project first. Raises SettingsError."""
        with self._lock:
            others = [one for one in self.list(server) if one != project]
            write_table(self._path, {**_read(self._path), server: [project, *others][:MOST]})


class ChosenScripts:
    """Which script of this machine a person adds to uploads, for each server and project.

    Parameters
    ----------
    path : pathlib.Path
        A JSON file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, server: str, project: str) -> str:
        """What was chosen; empty for nothing.

        Unlike what only saves typing, a file that is damaged counts: somebody relies on it.

        Raises
        ------
        SettingsError
            The file cannot be read or understood.
        """
        found = self._of(read_table(self._path), server).get(project, "")
        return found if isinstance(found, str) else str(found)

    def set(self, server: str, project: str, chosen: str) -> None:
        """Keep a choice; empty forgets it. Raises SettingsError, and keeps what was there."""
        with self._lock:
            table = read_table(self._path)
            projects = {**self._of(table, server), project: chosen}
            table[server] = {name: one for name, one in projects.items() if one}
            write_table(self._path, table)

    def _of(self, table: Mapping[str, Any], server: str) -> Mapping[str, Any]:
        found = table.get(server, {})
        if not isinstance(found, Mapping):
            raise SettingsError(f"The file {self._path.name} cannot be understood.")
        return found


def _read(path: Path) -> dict[str, Any]:
    """What the file says; nothing when it cannot be understood, as it only saves typing."""
    try:
        return read_table(path)
    except SettingsError:
        return {}


def _rows(path: Path, key: str) -> list[Mapping[str, Any]]:
    found = _read(path).get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _server(row: Mapping[str, Any]) -> Server | None:
    url = row.get("url")
    if not isinstance(url, str) or not url:
        return None
    authority = row.get("ca_file")
    return Server(
        url=url,
        user=str(row.get("user", "")),
        ca_file=Path(authority) if isinstance(authority, str) and authority else None,
        # Anything but a clear no keeps the check of the certificate on.
        verify=row.get("verify") is not False,
        proxy=str(row.get("proxy", "")),
    )


def _row(server: Server) -> dict[str, Any]:
    return {
        "url": server.url,
        "user": server.user,
        "ca_file": str(server.ca_file) if server.ca_file else "",
        "verify": server.verify,
        "proxy": server.proxy,
    }


def _without_login(url: str) -> str:
    """A URL without ``user:password@``, which has no place in a file."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if url else url


def _same(one: Server, other: Server) -> bool:
    return (one.url, one.user) == (other.url, other.user)
