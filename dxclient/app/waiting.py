"""What uploads that wait for a person need of their own server, whatever the current one is."""

from __future__ import annotations

from dataclasses import replace

from dxclient.app.connections import Connections
from dxclient.domain.project import Project, Server, TakenLabel
from dxclient.transfer import TransferService
from dxclient.xnat import Xnat


class WaitingUploads:
    """Part of the program; see `dxclient.app.App`."""

    connection: Xnat | None
    _connections: Connections

    @property
    def transfers(self) -> TransferService:
        """The queue of this machine."""
        raise NotImplementedError

    def _server_for(self, url: str, user: str) -> Server:
        raise NotImplementedError

    def unlock(self, url: str, user: str, password: str, *, remember: bool = False) -> None:
        """Log in for uploads that wait; another server that is current stays so.

        Raises
        ------
        BadCredentials, XnatError
        """
        server = replace(self._server_for(url, user), user=user)
        xnat = self._connections.log_in(server, user, password, remember=remember)
        now = self.connection
        if now is not None and (now.server.url, now.user) == (xnat.server.url, xnat.user):
            self.connection = xnat
        self.transfers.credentials_available(url, user)

    def taken_labels(self, job_id: str) -> tuple[TakenLabel, ...]:
        """Labels that another name for an upload must not be: on its server, and in the queue."""
        target = self.transfers.job(job_id).target
        xnat = self._connections.importer(target)
        contents = xnat.project_contents(Project(id=target.project))
        return (*contents.taken, *self.transfers.queued_labels(target.server, target.project))
