"""From a broken connection to the error that a person reads.

The network library's messages hold whole URLs, and so labels; they are never passed on.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import requests

from dxclient.domain.errors import (
    CertificateUntrusted,
    NoSecureConnection,
    NotPermitted,
    XnatError,
    XnatUnreachable,
)
from dxclient.xnat.lines import CertificateChanged
from dxclient.xnat.refusals import PROXY_LOGIN
from dxclient.xnat.tls import CertificateFacts, certificate_of

_KEPT = "Nothing was lost; it can be tried again."
_NOTHING = "Nothing was sent. Ask who runs the server for the authority’s certificate."
_STOPPED = (
    "Until now all was well, so sending was stopped; nothing was lost. "
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


#: What goes wrong before a TLS connection stands and will go wrong again (OpenSSL's names).
_NO_HANDSHAKE = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNSUPPORTED_PROTOCOL",
    "PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "HANDSHAKE_FAILURE",
    "KEY_TOO_SMALL",
    "CERTIFICATE_REQUIRED",
)
_NOT_SECURE = (
    "The server does not speak https at this address, or only in a way that is not secure. "
    "Nothing was sent and nothing was lost. Check the address, or ask who runs the server."
)
_KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (socket.gaierror, "No server of this name is known."),
    (ConnectionRefusedError, "Nothing answers at this address; the server may be down."),
    ((requests.exceptions.Timeout, TimeoutError), "The server did not answer in time."),
)


def unreachable(error: Exception, url: str, *, changed: bool = False) -> XnatError:
    """Explain why there was no answer from `url`.

    Parameters
    ----------
    changed : bool
        Whether the server answered before, so that what is wrong now is new.
    """
    chain = tuple(_causes(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            details = getattr(cause, "verify_message", "")
            return _untrusted(url, _reason(cause), details, changed=changed)
        if isinstance(cause, CertificateChanged):
            return _untrusted(url, _OTHER, type(cause).__name__, changed=True)
    if any("407" in str(cause) for cause in chain if type(cause) is OSError):
        # What the standard library raises where a proxy refuses a tunnel.
        return NotPermitted(PROXY_LOGIN, status=407)
    marks = " ".join(str(cause) for cause in chain if isinstance(cause, ssl.SSLError)).upper()
    if any(mark in marks for mark in _NO_HANDSHAKE):
        return NoSecureConnection(_NOT_SECURE, details=type(error).__name__)
    return _sentence(_what(error, chain), error)


def _what(error: Exception, chain: tuple[BaseException, ...]) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        return "The proxy did not let us through to the server."
    for kinds, sentence in _KINDS:
        if any(isinstance(cause, kinds) for cause in chain):
            return sentence
    if isinstance(error, ValueError):  # how the network library refuses addresses
        return "The address of the server or of the proxy is not understood."
    return "The connection to the server broke off."


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
