"""The bound on memory: packed parts held at once, over all jobs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from dxclient.domain.errors import Cancelled
from dxclient.domain.jobs import PackedPart

Key = tuple[str, int]


class Bodies:
    """Places for packed parts, and a shelf for those whose sending has to be repeated.

    A shelved body keeps its place until another part needs it; then the oldest one goes and
    its part will be packed anew. So a failed send is repeated without anonymizing again, and
    a server that is away does not block the others.

    A server that holds nothing gets a place even when others hold all: a server that is slow or
    silent never keeps another waiting.

    Parameters
    ----------
    places : int
        Parts in memory at most, and one for each further server.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._active: Counter[str] = Counter()
        self._shelf: dict[Key, PackedPart] = {}
        self._changed = threading.Condition()

    def enter(self, key: Key, stopped: Callable[[], bool], server: str = "") -> PackedPart | None:
        """Take a place, and the shelved body of this part where there is one.

        Raises
        ------
        Cancelled
            When *stopped* says so while waiting.
        """
        with self._changed:
            packed = self._shelf.pop(key, None)
            while self._active.total() + len(self._shelf) >= self._places:
                if self._shelf:
                    del self._shelf[next(iter(self._shelf))]
                elif not self._active[server]:
                    break
                elif stopped():
                    raise Cancelled
                else:
                    self._changed.wait(0.1)
            self._active[server] += 1
            return packed

    def leave(self, server: str = "") -> None:
        """Give a place back."""
        with self._changed:
            self._active[server] -= 1
            self._changed.notify_all()

    def shelve(self, key: Key, packed: PackedPart, server: str = "") -> None:
        """Give a place back, but keep the body while nobody needs the memory."""
        with self._changed:
            self._active[server] -= 1
            if self._active.total() + len(self._shelf) < self._places:
                self._shelf[key] = packed
            self._changed.notify_all()

    def drop(self, job_id: str) -> None:
        """Let go of what is kept for a job."""
        with self._changed:
            for key in [key for key in self._shelf if key[0] == job_id]:
                del self._shelf[key]
            self._changed.notify_all()

    @property
    def held(self) -> int:
        """Places taken now, shelf included."""
        with self._changed:
            return self._active.total() + len(self._shelf)
