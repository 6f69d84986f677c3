"""Remembers which plugin was being imported when the program died."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

MARKER = "plugin-being-loaded"


class Quarantine:
    """A marker file with the name of the plugin that is being imported.

    A plugin that takes the whole process down (a crash in compiled code, a hang that a person
    ended) is skipped once at the next start.

    Parameters
    ----------
    folder : pathlib.Path or None
        Where the marker lies; None remembers nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._marker = folder / MARKER if folder else None
        self.suspect = self._read()

    def _read(self) -> str:
        if self._marker is None:
            return ""
        try:
            suspect = self._marker.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        self._clear()
        return suspect

    @contextlib.contextmanager
    def importing(self, name: str) -> Iterator[None]:
        """Mark *name* while the block runs; stays marked when a person interrupts it."""
        self._mark(name)
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException:
            self._clear()
            raise
        self._clear()

    def _mark(self, name: str) -> None:
        if self._marker is not None:
            with contextlib.suppress(OSError):
                self._marker.parent.mkdir(parents=True, exist_ok=True)
                self._marker.write_text(name, "utf-8")

    def _clear(self) -> None:
        if self._marker is not None:
            with contextlib.suppress(OSError):
                self._marker.unlink(missing_ok=True)
