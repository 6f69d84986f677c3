"""The bound on memory: packed parts held at once, over all jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dxclient.domain.errors import Cancelled
from dxclient.domain.jobs import PackedPart

Key = tuple[str, int]


class Bodies:
    """Places for packed parts, and a shelf for those whose sending has to be repeated.

    A shelved body keeps its place until another part needs it; then the oldest one goes and
    its part will be packed anew. So a failed send is repeated without anonymizing again, and
    a server that is away does not block the others.

    Parameters
    ----------
    places : int
        Parts in memory at most.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._active = 0
        self._shelf: dict[Key, PackedPart] = {}
        self._changed = threading.Condition()

    def enter(self, key: Key, stopped: Callable[[], bool]) -> PackedPart | None:
        """Take a place, and the shelved body of this part where there is one.

        Raises
        ------
        Cancelled
            When *stopped* says so while waiting.
        """
        with self._changed:
            packed = self._shelf.pop(key, None)
            while self._active + len(self._shelf) >= self._places:
                if self._shelf:
                    del self._shelf[next(iter(self._shelf))]
                elif stopped():
                    raise Cancelled
                else:
                    self._changed.wait(0.1)
            self._active += 1
            return packed

    def leave(self) -> None:
        """Give a place back."""
        with self._changed:
            self._active -= 1
            self._changed.notify_all()

    def shelve(self, key: Key, packed: PackedPart) -> None:
        """Give a place back, but keep the body while nobody needs the memory."""
        with self._changed:
            self._shelf[key] = packed
            self._active -= 1
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
            return self._active + len(self._shelf)
