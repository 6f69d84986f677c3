"""Trusting a server: the system's certificates, an own authority, or a person's explicit word."""

from __future__ import annotations

import hashlib
import socket
import ssl
import warnings
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import truststore
from requests.adapters import HTTPAdapter

from dxclient.domain.errors import SettingsError, XnatUnreachable
from dxclient.domain.project import Server
from dxclient.xnat.der import CertificateNames, certificate_names
from dxclient.xnat.lines import Lines, pools

#: Bytes handed to the network at once; progress and stopping have this grain.
CHUNK = 256 * 1024
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a person compares before trusting a certificate.

    Parameters
    ----------
    valid_from, valid_until : str
        ``YYYY-MM-DD``, UTC.
    fingerprint : str
        SHA-256, pairs of hex digits with colons.
    """

    issuer: str
    subject: str
    valid_from: str
    valid_until: str
    fingerprint: str


def certificate_of(url: str, *, timeout: float = 10.0) -> CertificateFacts:
    """Fetch the certificate that a server shows, without trusting it or sending it anything.

    Raises
    ------
    XnatUnreachable
        No certificate could be had.
    """
    parts = urlsplit(url)
    try:
        der = _peer_certificate(parts.hostname or "", parts.port or 443, timeout)
        names = certificate_names(der)
    except (OSError, ValueError, IndexError):
        raise XnatUnreachable("The server's certificate could not be read.") from None
    return _facts(names, der)


def _peer_certificate(host: str, port: int, timeout: float) -> bytes:
    context = _trusting_anything()
    with (
        socket.create_connection((host, port), timeout) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True) or b""


def _facts(names: CertificateNames, der: bytes) -> CertificateFacts:
    return CertificateFacts(
        issuer=names.issuer,
        subject=names.subject,
        valid_from=names.valid_from,
        valid_until=names.valid_until,
        fingerprint=hashlib.sha256(der).digest().hex(":").upper(),
    )


def _trusting_anything() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def tls_context(server: Server) -> ssl.SSLContext:
    """Choose whom to trust for this server.

    Raises
    ------
    SettingsError
        The own certificate authority's file cannot be used.
    """
    if not server.verify:
        # The person was asked and said so for this server; a warning per request helps nobody.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        return _trusting_anything()
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if server.ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(server.ca_file))
        except OSError:
            raise SettingsError(
                "The certificate file chosen for this server cannot be used. "
                "Choose a file with certificates in PEM form.",
            ) from None
    return context


class TlsAdapter(HTTPAdapter):
    """Connections with our own TLS context; neither certifi nor the environment is asked.

    Parameters
    ----------
    stall : float
        Seconds in which one chunk of a body must have gone.
    """

    def __init__(self, server: Server, *, stall: float = 60.0) -> None:
        self._server = server
        self._context = tls_context(server)
        self._lines = Lines(stall, pin=not server.verify)
        self._pools = pools(self._lines)
        super().__init__(pool_connections=4, pool_maxsize=_CONNECTIONS)

    def drop(self) -> None:
        """Cut all connections, also those in use; new ones are made when they are needed."""
        self.close()
        self._lines.cut()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Give direct connections our context, chunk size and classes."""
        super().init_poolmanager(*args, **self._own(options))
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Give connections through a proxy our context, chunk size and classes."""
        manager = super().proxy_manager_for(proxy, **self._own(options))
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the trust to the context."""

    def _own(self, options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "ssl_context": self._context, "blocksize": CHUNK}
