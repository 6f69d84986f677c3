"""The client for XNAT's web interface: log in, read projects, send, finish, confirm."""

from dxclient.xnat.client import Xnat, connect, readable_by_others, site_url
from dxclient.xnat.timeouts import Timeouts
from dxclient.xnat.tls import CertificateFacts, certificate_of
from dxclient.xnat.transport import way_to

__all__ = [
    "CertificateFacts",
    "Timeouts",
    "Xnat",
    "certificate_of",
    "connect",
    "readable_by_others",
    "site_url",
    "way_to",
]
