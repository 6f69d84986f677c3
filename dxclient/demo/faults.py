"""Troubles switched on for tests and demonstrations, and the record of what was received."""

import re
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What a fault waits for when the control call does not say, as a pattern on "path?query".
MATCHES: Mapping[str, str] = {
    "expire-sessions": "",
    "error-after-bytes": "/services/import",
    "slow": "/data/",
    "timeout-after-success": "/services/import|action=commit",
    "refuse-chunked": "/services/import",
    "too-large": "/services/import",
    "bad-part": "/services/import",
    "disk-full": "/services/import",
    "locked": "action=commit",
    "conflict": "action=commit",
    "html": "/data/",
    "drop-files": "/services/import",
    "refuse-login": "",
    "unassigned": "/services/import",
    "bad-gateway": "/data/",
    "lost-answer": "/services/|action=commit",
    "slow-archive": "action=commit|/services/archive",
    "no-listener": "http-session-listener|/event_tracking/|/data/status/",
    "no-digests": "/files|/resources/",
    "keeps-nothing": "/services/import",
    "spoil-files": "/services/import",
}
_SECRET_KEYS = {"password", "secret", "xnat_csrf"}


@dataclass(slots=True)
class Fault:
    """One trouble waiting for its moment; `count` below zero never ends."""

    kind: str
    match: str
    count: int = 1
    skip: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        """Return a numeric option."""
        return float(self.options.get(name, default))

    def word(self, name: str, default: str = "") -> str:
        """Return an option that is a text."""
        return str(self.options.get(name, default))


class Faults:
    """The troubles that are switched on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, kind: str, options: Mapping[str, Any]) -> None:
        """Switch a trouble on.

        Parameters
        ----------
        kind
            One of `MATCHES`.
        options
            ``count`` (1; -1 for ever), ``skip`` matching requests first, ``match`` (a pattern on
            "path?query"), and what the kind itself knows: ``bytes``,
            ``seconds``, ``rate`` (bytes a second), ``drop`` or ``spoil`` (number of files),
            ``timeout`` (seconds), ``reset``, ``message``, ``project``.

        Raises
        ------
        KeyError
            The kind is unknown.
        """
        match = str(options.get("match", MATCHES[kind]))
        count, skip = int(options.get("count", 1)), int(options.get("skip", 0))
        with self._lock:
            self._armed.append(Fault(kind, match, count, skip, dict(options)))

    def take(self, kind: str, target: str) -> Fault | None:
        """Return the trouble that hits this request, using it up once."""
        with self._lock:
            for fault in self._armed:
                if fault.kind == kind and re.search(fault.match, target):
                    return self._use(fault)
        return None

    def _use(self, fault: Fault) -> Fault | None:
        if fault.skip > 0:
            fault.skip -= 1
            return None
        if fault.count > 0:
            fault.count -= 1
            if fault.count == 0:
                self._armed.remove(fault)
        return fault

    def clear(self) -> None:
        """Switch all troubles off."""
        with self._lock:
            self._armed.clear()

    def listing(self) -> list[dict[str, object]]:
        """Return what is switched on."""
        with self._lock:
            return [
                {"kind": f.kind, "match": f.match, "count": f.count, "skip": f.skip}
                for f in self._armed
            ]


class RequestLog:
    """The last requests, without credentials."""

    def __init__(self, size: int = 20_000) -> None:
        self._entries: deque[dict[str, object]] = deque(maxlen=size)

    def add(self, method: str, path: str, query: Mapping[str, str], **facts: object) -> None:
        """Remember one request."""
        shown = {k: v for k, v in query.items() if k.lower() not in _SECRET_KEYS}
        path = re.sub(r"(/tokens/(?:validate|invalidate))/.*", r"\1/...", path)
        entry = {"time": time.time(), "method": method, "path": path, "query": shown, **facts}
        self._entries.append(entry)

    def listing(self) -> list[dict[str, object]]:
        """Return all that is remembered, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
