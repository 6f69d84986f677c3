"""From a broken connection to the error that a person reads.

The network library's messages hold whole URLs, and so labels; they are never passed on.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import requests

from dxclient.domain.errors import CertificateUntrusted, XnatUnreachable
from dxclient.xnat.lines import CertificateChanged
from dxclient.xnat.tls import CertificateFacts, certificate_of

_KEPT = "Nothing was lost; it can be tried again."
_NOTHING = "Nothing was sent. Ask who runs the server for the authority’s certificate."
_STOPPED = (
    "It was another one before, so sending was stopped; nothing was lost. "
    "Ask who runs the server whether its certificate was changed, then try again."
)
_OTHER = "The server shows another certificate than before."
_UNKNOWN = "The server’s certificate is signed by an authority not known here."
_WHY = (
    ("expired", "The server's certificate has expired."),
    ("not yet valid", "The server's certificate is not valid yet; check this machine's clock."),
    ("mismatch", "The server's certificate belongs to another host name."),
    ("not valid for", "The server's certificate belongs to another host name."),
    ("doesn't match", "The server's certificate belongs to another host name."),
    ("self-signed", "The server's certificate is signed by itself, not by a known authority."),
    ("self signed", "The server's certificate is signed by itself, not by a known authority."),
)


def unreachable(error: Exception, url: str, *, changed: bool = False) -> XnatUnreachable:
    """Explain why there was no answer from `url`.

    Parameters
    ----------
    changed : bool
        Whether the server answered before, so that what is wrong now is new.
    """
    chain = tuple(_causes(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(url, _reason(cause), cause.verify_message, changed=changed)
        if isinstance(cause, CertificateChanged):
            return _untrusted(url, _OTHER, type(cause).__name__, changed=True)
    if isinstance(error, requests.exceptions.ProxyError):
        return _sentence("The proxy did not let us through to the server.", error)
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        return _sentence("No server of this name is known.", error)
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain):
        return _sentence("Nothing answers at this address; the server may be down.", error)
    if any(isinstance(cause, requests.exceptions.Timeout | TimeoutError) for cause in chain):
        return _sentence("The server did not answer in time.", error)
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return _sentence("The server does not speak https at this address.", error)
    if isinstance(error, ValueError):  # how the network library refuses addresses
        return _sentence("The address of the server or of the proxy is not understood.", error)
    return _sentence("The connection to the server broke off.", error)


def _sentence(what: str, error: Exception) -> XnatUnreachable:
    return XnatUnreachable(
        f"{what} Check the address and the network. {_KEPT}", details=type(error).__name__
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk the errors wrapped in an error, whichever way they are wrapped."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting.extend(part for part in inner if isinstance(part, BaseException))


def _reason(cause: ssl.SSLCertVerificationError) -> str:
    text = str(cause).lower()
    return next((words for mark, words in _WHY if mark in text), _UNKNOWN)


def _untrusted(url: str, why: str, details: str, *, changed: bool) -> CertificateUntrusted:
    facts: CertificateFacts | None = None
    with contextlib.suppress(XnatUnreachable):
        facts = certificate_of(url)
    return CertificateUntrusted(
        f"{why} {_STOPPED if changed else _NOTHING}",
        issuer=facts.issuer if facts else "",
        valid_from=facts.valid_from if facts else "",
        valid_until=facts.valid_until if facts else "",
        fingerprint=facts.fingerprint if facts else "",
        details=details,
    )
