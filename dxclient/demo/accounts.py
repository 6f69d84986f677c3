"""People, their roles, their sessions and their alias tokens."""

import secrets
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass

from dxclient.demo.state import State

#: Default session timeout of XNAT, in seconds.
SESSION_TIMEOUT = 15 * 60
#: Life of an alias token (XNAT's aliasTokenTimeout), in seconds.
TOKEN_TIMEOUT = 2 * 24 * 3600
MAX_SESSIONS = 1000
MAX_FAILED_LOGINS = 20
#: How long an account stays locked after that many failures, in seconds.
LOCKOUT = 3600
WRITERS = ("Owners", "Members")


@dataclass(slots=True)
class Login:
    """One server session."""

    id: str
    user: str
    csrf: str
    used: float


class Accounts:
    """Who may do what.

    Parameters
    ----------
    state
        The memory with users, members and tokens; sessions are kept in the process only.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._sessions: dict[str, Login] = {}
        self._failed: dict[str, tuple[int, float]] = {}

    def check(self, name: str, password: str) -> str | None:
        """Return the login name for good credentials or a good alias token, else nothing."""
        name = name.rpartition("/")[2]
        failures, last = self._failed.get(name, (0, 0.0))
        if failures >= MAX_FAILED_LOGINS and time.time() - last < LOCKOUT:
            return None
        found = self._state.row(
            "SELECT login FROM users WHERE login = ? AND password = ?", name, password
        )
        login = str(found["login"]) if found else self.token_owner(name, password)
        self._failed[name] = (0 if login else failures + 1, time.time())
        return login

    def open(self, user: str) -> Login | None:
        """Begin a session; nothing when the person has too many already."""
        with self._lock:
            self._forget_old()
            if sum(login.user == user for login in self._sessions.values()) >= MAX_SESSIONS:
                return None
            login = Login(secrets.token_hex(16).upper(), user, str(uuid.uuid4()), time.time())
            self._sessions[login.id] = login
            return login

    def _forget_old(self) -> None:
        limit = time.time() - SESSION_TIMEOUT
        self._sessions = {k: v for k, v in self._sessions.items() if v.used > limit}

    def find(self, session_id: str) -> Login | None:
        """Return a live session and renew it."""
        with self._lock:
            login = self._sessions.get(session_id)
            if login is None or login.used < time.time() - SESSION_TIMEOUT:
                return None
            login.used = time.time()
            return login

    def end(self, session_id: str) -> None:
        """End one session."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def expire_all(self) -> None:
        """End all sessions at once."""
        with self._lock:
            self._sessions.clear()

    def record(self, login: str) -> sqlite3.Row | None:
        """Return what is known of a person."""
        return self._state.row("SELECT * FROM users WHERE login = ?", login)

    def is_admin(self, login: str) -> bool:
        """Return whether a person administers the site."""
        found = self.record(login)
        return bool(found and found["admin"])

    def role(self, login: str, project: str) -> str:
        """Return the name of a person's group in a project; empty when outside."""
        found = self._state.row(
            "SELECT role FROM members WHERE project = ? AND login = ?", project, login
        )
        if found:
            return str(found["role"])
        return "Owners" if self.is_admin(login) else ""

    def can_write(self, login: str, project: str) -> bool:
        """Return whether a person may add data to a project that exists."""
        known = self._state.row("SELECT id FROM projects WHERE id = ?", project)
        return bool(known) and self.role(login, project) in WRITERS

    def issue_token(self, login: str) -> sqlite3.Row:
        """Make an alias token that lets its bearer act as `login` for two days."""
        alias, now = str(uuid.uuid4()), int(time.time() * 1000)
        secret = secrets.token_urlsafe(48)
        expires = now + TOKEN_TIMEOUT * 1000
        self._state.insert(
            "tokens", alias=alias, secret=secret, login=login, created=now, expires=expires
        )
        found = self._state.row("SELECT rowid, * FROM tokens WHERE alias = ?", alias)
        assert found is not None
        return found

    def token_owner(self, alias: str, secret: str) -> str | None:
        """Return whose token this is, while it lives."""
        found = self._state.row(
            "SELECT login FROM tokens WHERE alias = ? AND secret = ? AND expires > ?",
            alias,
            secret,
            int(time.time() * 1000),
        )
        return str(found["login"]) if found else None
