"""One login at a server: the password, the cookies of the server session, what was refused."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping

from dxclient.domain.errors import LoggedOut
from dxclient.xnat.refusals import LOGGED_OUT


class Login:
    """Credentials and cookies of one user; safe to use from any thread.

    Attributes
    ----------
    number : int
        Which login this is; grows with each, so that a thread knows that another was faster.
    """

    def __init__(self, user: str, password: str) -> None:
        self.number = 0
        self._user = user
        self._authorization = ""
        self._secrets: tuple[str, ...] = ()
        self._cookies: dict[str, str] = {}
        self._refused: set[str] = set()
        self._lock = threading.Lock()
        self._take(password)

    def __repr__(self) -> str:
        return f"<Login {self.number}>"

    @property
    def refused(self) -> bool:
        """Whether the server said no to the password in use; it must not be sent again."""
        return self._authorization in self._refused

    @property
    def started(self) -> bool:
        """Whether there is a server session, so that a 401 may mean only that it ended."""
        return bool(self._cookies)

    def headers(self) -> dict[str, str]:
        """Headers that say who asks.

        Raises
        ------
        LoggedOut
            The password was refused.
        """
        with self._lock:
            if self.refused:
                raise LoggedOut(LOGGED_OUT)
            headers = {"Authorization": self._authorization}
            if self._cookies:
                headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
            return headers

    def keep(self, cookies: Mapping[str, str | None], number: int) -> None:
        """Keep the server session, and what a load balancer adds; XNAT's clock is not needed.

        An answer that belongs to an earlier login brings nothing of use.
        """
        with self._lock:
            if number != self.number:
                return
            for name, value in cookies.items():
                if value and name != "SESSION_EXPIRATION_TIME":
                    self._cookies[name] = value

    def begin(self, password: str | None) -> bool:
        """Start anew without cookies, with this password or the one in use.

        Returns
        -------
        bool
            False when the server refused that password before: nothing was changed.
        """
        with self._lock:
            wanted = self._authorization if password is None else _basic(self._user, password)
            if wanted in self._refused:
                return False
            if password is not None:
                self._take(password)
            self._cookies.clear()
            self.number += 1
            return True

    def refuse(self) -> None:
        """Note that the server said no."""
        with self._lock:
            self._refused.add(self._authorization)

    def without_secrets(self, text: str) -> str:
        """Take passwords out of a text, such as an answer that repeats the request."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    def _take(self, password: str) -> None:
        self._authorization = _basic(self._user, password)
        new = tuple(text for text in (self._authorization.split()[1], password) if text)
        self._secrets = (*self._secrets, *new)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
