"""The one place that sends HTTP requests to XNAT."""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import quote, urlencode, urljoin, urlsplit

import requests

import dxclient
from dxclient.domain.errors import (
    BadCredentials,
    LoggedOut,
    NotPermitted,
    XnatError,
)
from dxclient.domain.project import Server
from dxclient.xnat.body import ReportingBody
from dxclient.xnat.decode import Answer
from dxclient.xnat.login import Login
from dxclient.xnat.refusals import LOGGED_OUT, login_refusal, refusal
from dxclient.xnat.timeouts import Timeouts
from dxclient.xnat.tls import TlsAdapter
from dxclient.xnat.trouble import unreachable

#: Without "Mozilla" XNAT never sends its login page; with "XNATDesktopClient" in the name it
#: asks for no CSRF token (XNAT DefaultInteractiveAgentDetector, SecureAction).
USER_AGENT = f"dxclient/{dxclient.__version__} XNATDesktopClient-compatible"
Params = Sequence[tuple[str, str]]
Judge = Callable[[Answer], XnatError | None]
Body = bytes | ReportingBody | None
_MOST_REDIRECTS = 5
_TOKEN = re.compile(r"XNAT_CSRF=([\w-]+)")


class Transport:
    """Requests to one server as one user, from any thread.

    Basic authentication goes with every request, together with the one session cookie: while
    the cookie lives XNAT does not look at the password, and an expired cookie silently becomes
    a new login (XNAT XnatBasicAuthenticationFilter). Where the server says all the same that
    nobody is logged in (it was started anew, an administrator ended the session), one thread logs
    in once more, and what was asked is asked again. After a refused password nothing is sent any
    more until another one is known, because XNAT locks accounts.

    Parameters
    ----------
    renew : callable, optional
        Gives the password that is known now: a person may have typed another meanwhile.
    told : callable, optional
        Hears after each request whether there was an answer.
    """

    def __init__(
        self,
        server: Server,
        user: str,
        password: str,
        timeouts: Timeouts,
        *,
        renew: Callable[[], str | None] | None = None,
        told: Callable[[bool], None] | None = None,
    ) -> None:
        self.base = server.url
        self.timeouts = timeouts
        self.csrf = ""
        self.heard = 0.0
        #: Whether the server tells how a commit goes; until it turns out that it does not.
        self.listens = True
        self._server = server
        self._login = Login(user, password)
        self._renew = renew or (lambda: None)
        self._told = told or (lambda answered: None)
        self._adapter = TlsAdapter(server, stall=timeouts.stall)
        self._logging_in = threading.RLock()
        self.beating = threading.Lock()

    def log_in(self) -> Answer:
        """Log in with the password in use, once.

        Raises
        ------
        BadCredentials
            The server does not accept it.
        """
        answer = self.ask(
            "GET", "/data/auth", (("CSRF", "true"),), judge=login_refusal, silent=False
        )
        token = _TOKEN.search(answer.text)  # it belongs to the server session
        self.csrf = token[1] if token else ""
        return answer

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
        body: Body = None,
        content_type: str = "",
        wait: float = 0.0,
        good: Sequence[int] = (),
        judge: Judge = refusal,
        silent: bool = True,
    ) -> Answer:
        """Send one request once; once more after a silent login.

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
        silent : bool
            Whether to log in again where the server says that nobody is logged in.

        Raises
        ------
        XnatError
            The leaf that fits.
        """
        url = self._url(path, params)
        for _ in range(_MOST_REDIRECTS):
            answer = self._exchange(
                method, url, body, content_type, wait or self.timeouts.read, silent=silent
            )
            following = self._following(method, url, path, answer)
            if not following:
                break
            url = following
        error = None if answer.status in good else judge(answer)
        if error is not None:
            error.details = self._login.without_secrets(error.details)
            raise error
        return answer

    def drop(self) -> None:
        """Cut all connections: they are probably dead, and each would cost a time-out."""
        self._adapter.drop()

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
        self, method: str, url: str, body: Body, content_type: str, wait: float, *, silent: bool
    ) -> Answer:
        # Waits while another thread logs in: a password in doubt is not sent by everybody.
        with self._logging_in:
            number, started = self._login.number, self._login.started
        if silent and self._login.refused and not self._log_in_again(number, started=False):
            raise LoggedOut(LOGGED_OUT)
        answer = self._once(method, url, body, content_type, wait)
        if not answer.logged_out:
            return answer
        if not silent or not self._log_in_again(number, started=started):
            self._refuse(number, answer)
            return answer
        if isinstance(body, ReportingBody):
            body.rewind()
        number = self._login.number
        answer = self._once(method, url, body, content_type, wait)
        self._refuse(number, answer)
        return answer

    def _refuse(self, number: int, answer: Answer) -> None:
        """Keep in mind that this login is of no use any more."""
        if answer.status == 401 and number == self._login.number:
            self._login.refuse()

    def _log_in_again(self, number: int, *, started: bool) -> bool:
        """Log in where nobody did since login *number*. Returns whether to ask once more.

        Without a server session a 401 means that the password was refused, so only another one
        is worth a try.
        """
        with self._logging_in:
            if self._login.number != number:
                return not self._login.refused
            password = self._renew()
            if password is None and not started:
                return False
            if not started:
                self._login.refuse()
            if not self._login.begin(password):
                return False
            try:
                self.log_in()
            except (BadCredentials, NotPermitted):
                self._login.refuse()
                return False
            return True

    def _once(self, method: str, url: str, body: Body, content_type: str, wait: float) -> Answer:
        number = self._login.number
        try:
            response = self._send(self._prepared(method, url, body, content_type), wait)
        except (requests.RequestException, OSError, ValueError) as error:
            raise self._unreachable(error, url) from None
        self._login.keep({c.name: c.value for c in response.cookies}, number)
        self.heard = time.monotonic()
        self._told(True)
        return _answer(response)

    def _unreachable(self, error: Exception, url: str) -> XnatError:
        """Explain; let go of idle connections, which broke for the same reason; tell."""
        self._adapter.close()
        found = unreachable(error, url, changed=bool(self.heard))
        if found.retryable:
            self._told(False)
        return found

    def _prepared(
        self, method: str, url: str, body: Body, content_type: str
    ) -> requests.PreparedRequest:
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            **self._login.headers(),
        }
        if content_type:
            headers["Content-Type"] = content_type
        data = cast("bytes | None", body)  # a file-like body with a length is sent as it is read
        return requests.Request(method, url, headers=headers, data=data).prepare()

    def _send(self, request: requests.PreparedRequest, wait: float) -> requests.Response:
        """Send without a `requests.Session`: no netrc, no redirects, no cookie rules."""
        response = self._adapter.send(
            request,
            timeout=(self.timeouts.connect, wait),
            verify=self._server.verify,
            proxies=proxies_for(self._server, str(request.url)),
        )
        with response:
            response.content  # noqa: B018 - reads the answer to its end
        return response


def proxies_for(server: Server, url: str) -> dict[str, str]:
    """Take the server's own proxy, else the system's; none stands before this machine."""
    if server.proxy:
        return {"http": server.proxy, "https": server.proxy}
    if is_this_machine(url):
        return {}
    return dict(requests.utils.get_environ_proxies(url, no_proxy=None))


def way_to(server: Server) -> str:
    """URL of what is really connected to: the server, or the proxy before it."""
    proxy = requests.utils.select_proxy(server.url, proxies_for(server, server.url))
    if not proxy:
        return server.url
    return str(proxy) if "://" in proxy else f"http://{proxy}"


def _answer(response: requests.Response) -> Answer:
    return Answer(
        status=response.status_code,
        reason=response.reason or "",
        content_type=response.headers.get("Content-Type", ""),
        location=response.headers.get("Location", ""),
        body=response.content,
        retry_after=_seconds(response.headers.get("Retry-After", "")),
    )


def _seconds(text: str) -> float:
    """Read Retry-After: seconds, or a date (RFC 9110, section 10.2.3); 0 where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def is_this_machine(url: str) -> bool:
    """Whether a URL stays on this machine, so that nobody on the network can read along."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
