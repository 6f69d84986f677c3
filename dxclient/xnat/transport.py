"""The one place that sends HTTP requests to XNAT."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import quote, urlencode, urljoin, urlsplit

import requests

import dxclient
from dxclient.domain.errors import LoggedOut, XnatError
from dxclient.domain.project import Server
from dxclient.xnat.body import ReportingBody
from dxclient.xnat.decode import Answer
from dxclient.xnat.refusals import LOGGED_OUT, refusal
from dxclient.xnat.timeouts import Timeouts
from dxclient.xnat.tls import TlsAdapter
from dxclient.xnat.trouble import unreachable

#: Without "Mozilla" XNAT never sends its login page; with "XNATDesktopClient" in the name it
#: asks for no CSRF token (XNAT DefaultInteractiveAgentDetector, SecureAction).
USER_AGENT = f"dxclient/{dxclient.__version__} XNATDesktopClient-compatible"
Params = Sequence[tuple[str, str]]
Judge = Callable[[Answer], XnatError | None]
_MOST_REDIRECTS = 5


class Transport:
    """Requests to one server as one user, from any thread.

    Basic authentication goes with every request, together with the one session cookie: while
    the cookie lives XNAT does not look at the password, and an expired cookie silently becomes
    a new login (XNAT XnatBasicAuthenticationFilter). After a refused password nothing is sent
    any more, because XNAT locks accounts.
    """

    def __init__(self, server: Server, user: str, password: str, timeouts: Timeouts) -> None:
        self.base = server.url
        self.timeouts = timeouts
        self.csrf = ""
        self._server = server
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._authorization = f"Basic {token}"
        self._secrets = tuple(text for text in (token, password) if text)
        self._adapter = TlsAdapter(server)
        self._cookies: dict[str, str] = {}
        self._lock = threading.Lock()
        self._refused = False

    def get(
        self, path: str, params: Params = (), *, good: Sequence[int] = (), attempts: int = 0
    ) -> Answer:
        """GET, asked again a few times where that may help. `good`: statuses to hand over."""
        attempts = attempts or self.timeouts.attempts
        for attempt in range(1, attempts + 1):
            try:
                return self.ask("GET", path, params, good=good)
            except XnatError as error:
                if not error.retryable or attempt == attempts:
                    raise
            time.sleep(self.timeouts.pause * 2 ** (attempt - 1))
        raise AssertionError("at least one attempt is made")

    def ask(
        self,
        method: str,
        path: str,
        params: Params = (),
        *,
        body: bytes | ReportingBody | None = None,
        content_type: str = "",
        wait: float = 0.0,
        good: Sequence[int] = (),
        judge: Judge = refusal,
    ) -> Answer:
        """Send one request once.

        Parameters
        ----------
        path : str
            Below the site's address, already encoded.
        wait : float
            Seconds without a byte of the answer; 0 means the ordinary time.
        good : sequence of int
            Statuses that are no refusal here.
        judge : callable
            Turns an answer into the error to raise, or None.

        Raises
        ------
        XnatError
            The leaf that fits.
        """
        url = self._url(path, params)
        for _ in range(_MOST_REDIRECTS):
            answer = self._exchange(method, url, body, content_type, wait or self.timeouts.read)
            following = self._following(method, url, path, answer)
            if not following:
                break
            url = following
        error = None if answer.status in good else judge(answer)
        if error is not None:
            error.details = self._without_secrets(error.details)
            raise error
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def _url(self, path: str, params: Params) -> str:
        query = urlencode(params, safe="", quote_via=quote)
        return f"{self.base}{path}{'?' if query else ''}{query}"

    def _following(self, method: str, url: str, path: str, answer: Answer) -> str:
        """Where to go on; empty to stay. Only reading calls, and only to the same server."""
        if method != "GET" or not answer.redirects or "login.vm" in answer.location.lower():
            return ""
        target = urljoin(url, answer.location)
        if _origin(target) == _origin(url):
            return target
        here, there = urlsplit(url), urlsplit(target)
        upgrade = (here.scheme, there.scheme) == ("http", "https")
        if upgrade and here.hostname == there.hostname and path in target:
            self.base = target[: target.index(path)]
            return target
        return ""

    def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | ReportingBody | None,
        content_type: str,
        wait: float,
    ) -> Answer:
        if self._refused:
            raise LoggedOut(LOGGED_OUT)
        try:
            answer = self._send(self._prepared(method, url, body, content_type), wait)
        except (requests.RequestException, OSError, ValueError) as error:
            raise unreachable(error, url) from None
        self._refused = self._refused or answer.status == 401
        return answer

    def _prepared(
        self, method: str, url: str, body: bytes | ReportingBody | None, content_type: str
    ) -> requests.PreparedRequest:
        headers = {
            "User-Agent": USER_AGENT,
            "Authorization": self._authorization,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
        }
        if content_type:
            headers["Content-Type"] = content_type
        with self._lock:
            if self._cookies:
                headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        data = cast("bytes | None", body)  # a file-like body with a length is sent as it is read
        return requests.Request(method, url, headers=headers, data=data).prepare()

    def _send(self, request: requests.PreparedRequest, wait: float) -> Answer:
        """Send without a `requests.Session`: no netrc, no redirects, no cookie rules."""
        response = self._adapter.send(
            request,
            timeout=(self.timeouts.connect, wait),
            verify=self._server.verify,
            proxies=self._proxies(str(request.url)),
        )
        with response:
            body = response.content
        self._keep_cookies(response)
        return Answer(
            status=response.status_code,
            reason=response.reason or "",
            content_type=response.headers.get("Content-Type", ""),
            location=response.headers.get("Location", ""),
            body=body,
        )

    def _proxies(self, url: str) -> dict[str, str]:
        """Take the server's own proxy, else the system's; none stands before this machine."""
        if self._server.proxy:
            return {"http": self._server.proxy, "https": self._server.proxy}
        if is_this_machine(url):
            return {}
        return dict(requests.utils.get_environ_proxies(url, no_proxy=None))

    def _keep_cookies(self, response: requests.Response) -> None:
        """Keep the server session, and what a load balancer adds; XNAT's clock is not needed."""
        found = {cookie.name: cookie.value for cookie in response.cookies}
        found.pop("SESSION_EXPIRATION_TIME", None)
        with self._lock:
            for name, value in found.items():
                if value:
                    self._cookies[name] = value

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


def is_this_machine(url: str) -> bool:
    """Whether a URL stays on this machine, so that nobody on the network can read along."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
