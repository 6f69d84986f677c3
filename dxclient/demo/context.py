"""What every handler of the server needs, in one place."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app, g

from dxclient.demo.accounts import Accounts
from dxclient.demo.faults import Faults, RequestLog
from dxclient.demo.state import State


class Listeners:
    """Progress of long operations, under the keys that clients chose."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, object]] = {}

    def begin(self, key: str) -> None:
        """Note that an operation runs."""
        self._known[key] = {"key": key, "payload": "{}", "succeeded": None, "finalMessage": None}

    def end(self, key: str, succeeded: bool, message: str) -> None:
        """Note how it ended: the archive URI, or what went wrong."""
        self._known[key] = {
            "key": key,
            "payload": "{}",
            "succeeded": succeeded,
            "finalMessage": message,
        }

    def get(self, key: str) -> dict[str, object] | None:
        """Return the state of an operation."""
        return self._known.get(key)


@dataclass(slots=True)
class Demo:
    """One server: its folder, memory, people, troubles and locks."""

    folder: Path
    state: State
    accounts: Accounts
    faults: Faults
    log: RequestLog
    listeners: Listeners = field(default_factory=Listeners)
    archiving: threading.Lock = field(default_factory=threading.Lock)
    receiving: set[str] = field(default_factory=set)
    active: Counter[int] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.time)


def demo() -> Demo:
    """Return the server that handles the present request."""
    return cast("Demo", current_app.extensions["dxclient-demo"])


def user() -> str:
    """Return the login name of the person asking; empty for a guest."""
    return str(g.get("user", ""))


def target() -> str:
    """Return "path?query" of the present request, for matching troubles."""
    return str(g.get("target", ""))
