"""Lets scripts read from the network with ``getURL``, where a setting allows it.

Off unless someone turns it on: the address is made by a script, and may hold header values.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.request
from collections.abc import Iterable
from functools import lru_cache
from typing import IO
from urllib.parse import urlsplit

from dxclient.api import DicomEditFunction, Origin, SettingsView, hookimpl

SETTING = "scripts.allow_network"
#: Bytes of an answer; what scripts look up is a name or a number.
LARGEST = 64 * 1024
_SECONDS = 15.0


@hookimpl
def dxclient_dicomedit_functions(settings: SettingsView) -> Iterable[DicomEditFunction]:
    """Offer ``getURL`` where the setting is on; without it scripts that call it are refused."""
    if allowed(settings):
        yield DicomEditFunction(name="getURL", version="1", function=read, min_args=1, max_args=1)


def allowed(settings: SettingsView) -> bool:
    """Whether the setting is on, and by whom this machine belongs to.

    A server that could turn it on could have its scripts send it header values as they were.
    """
    if SETTING not in settings or not settings.flag(SETTING):
        return False
    return settings.sourced(SETTING).origin not in (Origin.SITE, Origin.PROJECT)


def read(url: str | None) -> str | None:
    """The text at an address; None where there is none, or it may not be read.

    Asked once for each address and process: ten thousand files mean one request.
    """
    try:
        return _asked(url or "")
    except (OSError, ValueError, http.client.HTTPException):
        # Also every error of urllib and of TLS. Not kept: the next file may have more luck.
        return None


@lru_cache(maxsize=1024)
def _asked(url: str) -> str:
    return fetched(url, opener())


def opener() -> urllib.request.OpenerDirector:
    """What asks: over TLS, with the certificate checked, and never anything less."""
    checked = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    return urllib.request.build_opener(checked, SecureRedirects())


def fetched(url: str, opener: urllib.request.OpenerDirector) -> str:
    """Ask for an address.

    Raises
    ------
    ValueError
        It is no address that may be read, or the answer is too long or no text.
    OSError, http.client.HTTPException
        There is no good answer.
    """
    _require_secure(url)
    deadline, data = time.monotonic() + _SECONDS, b""
    with opener.open(url, timeout=_SECONDS) as answer:
        while part := answer.read1(LARGEST):
            data += part
            if len(data) > LARGEST or time.monotonic() > deadline:
                raise ValueError("the answer is too long, or takes too long")
    return data.decode("utf-8")


def _require_secure(url: str) -> None:
    """Only https, and no password, which would be sent with the address."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("only addresses with https can be read")


class SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows to addresses with https only."""

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Judge where an answer leads. Raises ValueError."""
        _require_secure(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
