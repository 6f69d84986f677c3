"""Logging in, and the client that the rest of the program holds."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Self
from urllib.parse import urlsplit

from dxclient.domain.errors import SettingsError, XnatError
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.project import (
    Project,
    ProjectContents,
    ProjectSettings,
    ScriptSource,
    Server,
    Subject,
)
from dxclient.domain.protocols import ScanCount, ServerSession, WaitingSession
from dxclient.xnat import committing, config, importer, listing, prearchive, projects
from dxclient.xnat.decode import json_of, strange_answer
from dxclient.xnat.heartbeat import BUILD_INFO
from dxclient.xnat.timeouts import Timeouts
from dxclient.xnat.transport import Transport, is_this_machine

_WHO = re.compile(r"User '([^<]+)' is logged in")


def connect(
    server: Server,
    user: str,
    password: str,
    *,
    timeouts: Timeouts | None = None,
    renew: Callable[[], str | None] | None = None,
    told: Callable[[bool], None] | None = None,
) -> Xnat:
    """Log in to a server.

    An address without scheme means https, and only https: a password never falls back to a
    line that anybody can read. A wrong password is asked once.

    Parameters
    ----------
    user, password : str
        Or alias and secret of an alias token; ``provider/name`` picks a provider.
    renew : callable, optional
        Gives the password known now, when the server session ended later.
    told : callable, optional
        Hears after each request whether there was an answer.

    Raises
    ------
    BadCredentials
        The server does not accept them.
    XnatUnreachable
        No answer; `CertificateUntrusted` when its certificate is not trusted.
    SettingsError
        The address is not understood.
    """
    server = replace(server, url=site_url(server.url))
    transport = Transport(server, user, password, timeouts or Timeouts(), renew=renew, told=told)
    try:
        answer = transport.log_in()
        who = _WHO.search(answer.text)
        if who is None or (who[1] == "guest" and user != "guest"):
            raise strange_answer(answer)
    except BaseException:
        transport.close()
        raise
    return Xnat(
        replace(server, url=transport.base, user=user), user, transport, _version(transport)
    )


def _version(transport: Transport) -> str:
    """XNAT's version; empty where a server does not tell."""
    with contextlib.suppress(XnatError):
        facts = json_of(transport.get(BUILD_INFO, attempts=1))
        if isinstance(facts, dict):
            return str(facts.get("version", ""))
    return ""


def site_url(address: str) -> str:
    """Tidy a typed address: https unless http is written out, no query, no slash at the end.

    Raises
    ------
    SettingsError
        It is no web address, or holds a user name or password.
    """
    address = address.strip()
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        good = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
        good = good and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or any(char.isspace() for char in address):
        raise SettingsError("The server's address is not understood. Example: xnat.example.org")
    if "@" in parts.netloc:
        raise SettingsError("Leave user name and password out of the server's address.")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def readable_by_others(server: Server) -> bool:
    """Whether others on the network may read what goes to this server, the password too."""
    if server.url.startswith("https://"):
        return not server.verify
    return not is_this_machine(server.url)


class Xnat:
    """A logged-in user on one server; safe to use from several threads.

    Implements `dxclient.domain.protocols.Importer` and `XnatProjects`.

    Attributes
    ----------
    server : Server
        With the address that finally answered.
    user : str
        As given at login, so for an alias token its alias.
    version : str
        XNAT's version; empty where the server does not tell.
    """

    def __init__(self, server: Server, user: str, transport: Transport, version: str) -> None:
        self.server = server
        self.user = user
        self.version = version
        self._transport = transport

    def __repr__(self) -> str:
        return f"<Xnat {self.version} at {self.server.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def insecure(self) -> bool:
        """Whether others on the network may read what is sent: plain http, or no check of TLS."""
        return readable_by_others(self.server)

    def projects(self) -> tuple[Project, ...]:
        """Projects that this user may upload to, by title."""
        return projects.read_projects(self._transport)

    def project_settings(self, project: Project) -> ProjectSettings:
        """What the project demands, each value with its origin; raises rather than guesses."""
        return projects.read_settings(self._transport, project)

    def project_contents(self, project: Project) -> ProjectContents:
        """Subjects and session labels in use, in archive and prearchive."""
        return projects.read_contents(self._transport, project)

    def scripts(self, project: str) -> tuple[ScriptSource, ...]:
        """Active scripts of site and project, in this order."""
        return projects.read_scripts(self._transport, project)

    def filters(self, project: str) -> bool:
        """Whether the site or the project leaves out series of its own accord."""
        places = ("", project)
        return any(config.series_filter(self._transport, place) is not None for place in places)

    def create_subject(self, project_id: str, label: str, group: str = "") -> Subject:
        """Create a subject; one that exists is returned."""
        return projects.create_subject(self._transport, project_id, label, group)

    def ensure_subject(self, target: UploadTarget) -> None:
        """Create the subject where the target asks for it; already there is fine."""
        if target.create_subject:
            self.create_subject(target.project, target.subject, target.subject_group)

    def send(
        self,
        target: UploadTarget,
        body: bytes,
        *,
        on_bytes: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> str:
        """POST one zip; see `importer.send`."""
        return importer.send(self._transport, target, body, on_bytes=on_bytes, stopped=stopped)

    def commit(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        """Ask the server to finish the session; see `committing.commit`."""
        given = (self._transport, target, prearchive_url, study_uid)
        return committing.commit(*given, overwrite_files=overwrite_files)

    def archive(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        """Have a session that waits archived as the target says; see `committing.archive`."""
        given = (self._transport, target, prearchive_url, study_uid)
        return committing.archive(*given, overwrite_files=overwrite_files)

    def follow(
        self, target: UploadTarget, prearchive_url: str, listener: str, *, study_uid: str = ""
    ) -> ServerSession:
        """Ask how a commit goes that named a listener; see `committing.follow`."""
        return committing.follow(self._transport, target, prearchive_url, study_uid, listener)

    def locate(
        self, target: UploadTarget, prearchive_url: str, *, study_uid: str = ""
    ) -> ServerSession:
        """Ask where the session is now; see `prearchive.locate`."""
        return prearchive.locate(self._transport, target, prearchive_url, study_uid)

    def waiting(self, target: UploadTarget) -> tuple[WaitingSession, ...]:
        """Sessions in the project's prearchive with the target's label."""
        return prearchive.waiting(self._transport, target)

    def counts(self, url: str) -> tuple[ScanCount, ...]:
        """Files per scan that the server lists, for a prearchive or archive URL."""
        return listing.counts(self._transport, url)

    def instances(self, url: str, scan_id: str) -> frozenset[str]:
        """SOP Instance UIDs in the catalog of a scan; empty where the server does not tell."""
        return listing.instances(self._transport, url, scan_id)

    def discard(self, prearchive_url: str) -> None:
        """Remove a session from the prearchive; gone already is fine."""
        prearchive.discard(self._transport, prearchive_url)

    def validate_archive(self, url: str) -> tuple[Finding, ...]:
        """What would stand against archiving a prearchive session, in the server's words."""
        return prearchive.validate_archive(self._transport, url)

    def drop_connections(self) -> None:
        """Cut all connections: after sleep, or with a new address, they are dead."""
        self._transport.drop()

    def flush_access(self) -> None:
        """Make the server read this user's rights anew, after they were just granted."""
        self._transport.ask("DELETE", "/xapi/access/cache/flush")

    def close(self, *, log_out: bool = True) -> None:
        """Log out and close the connections; never raises over a server that is gone.

        Parameters
        ----------
        log_out : bool
            False where the server does not answer anyway: saying good-bye would cost a time-out.
        """
        with contextlib.suppress(XnatError):
            wait = self._transport.timeouts.connect
            if log_out:
                self._transport.ask("DELETE", "/data/JSESSION", wait=wait, silent=False)
        self._transport.close()
