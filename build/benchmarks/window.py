"""The window's longest stall while 10,000 files are scanned and their sessions shown."""

from __future__ import annotations

import os
import tempfile
import time
import tkinter as tk
from pathlib import Path

from report import show
from slices import write_slices

from dxclient.app import App
from dxclient.domain.events import FolderScanning
from dxclient.ui.main import Window

FILES = 10_000
TICK_MS = 5


class Stalls:
    """Measures how late a timer of the window comes."""

    def __init__(self, root: tk.Misc) -> None:
        self.root, self.longest, self.late, self.ticks = root, 0.0, 0, 0
        self._last = time.perf_counter()
        self._tick()

    def _tick(self) -> None:
        now = time.perf_counter()
        stall = now - self._last - TICK_MS / 1000
        self.longest = max(self.longest, stall)
        self.late += stall > 0.05
        self.ticks += 1
        self._last = now
        self.root.after(TICK_MS, self._tick)


def measure(folder: Path, home: Path) -> tuple[Stalls, float, int]:
    """Scan *folder* in an open window; return stalls, seconds, and sessions found."""
    with App.open(home, use_keychain=False) as app:
        window = Window(app)
        window.root.update()
        stalls, found = Stalls(window.root), []
        start = time.perf_counter()
        window.bridge.run(
            lambda progress, cancelled: app.scan([folder], progress, cancelled),
            found.append,
            found.append,
            lambda now: window.bridge.post(FolderScanning(now)),
        )
        while not found:
            window.root.update()
            time.sleep(0.001)
        seconds = time.perf_counter() - start
        window.destroy()
    return stalls, seconds, len(found[0].sessions)


def main() -> None:
    """Measure and print."""
    if not os.environ.get("DISPLAY") and os.name == "posix":
        return
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "files"
        write_slices(folder, FILES, side=64)
        stalls, seconds, sessions = measure(folder, Path(made) / "home")
    row = (
        f"{FILES} files, {sessions} session",
        f"{seconds:.2f}",
        f"{stalls.longest * 1000:.0f}",
        stalls.late,
        stalls.ticks,
    )
    titles = ("scan in the window", "seconds", "longest stall ms", "stalls > 50 ms", "ticks")
    show("The window while scanning", titles, [row])


if __name__ == "__main__":
    main()
