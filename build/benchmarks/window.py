"""The window's longest stall: while 10,000 files are scanned, and with 2,000 uploads in a list."""

from __future__ import annotations

import os
import tempfile
import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from report import show
from slices import write_slices

from dxclient.app import App
from dxclient.domain.events import FolderScanning, JobChanged
from dxclient.domain.jobs import JobState, UploadJob, UploadTarget
from dxclient.domain.plan import AnonymizationPlan
from dxclient.ui.main import Window

FILES = 10_000
JOBS = 2_000
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


def many_jobs() -> tuple[UploadJob, ...]:
    """Uploads in all states, of made-up sessions."""
    states = tuple(JobState)
    return tuple(
        UploadJob(
            id=f"job-{number}",
            target=UploadTarget(
                server="https://xnat.example.org",
                user="nurse",
                project=f"P{number % 7}",
                subject=f"S{number}",
                session=f"S{number}_MR_1",
            ),
            study_uid="1.2",
            plan=AnonymizationPlan(),
            state=states[number % len(states)],
            files_total=400,
            bytes_total=400_000_000,
            bytes_sent=number * 100_000,
            created=1_000_000 + number,
        )
        for number in range(JOBS)
    )


def measure_list(home: Path) -> list[tuple[str, str, int, int]]:
    """Show, filter and change a list of many uploads; return rows with stalls for each."""
    jobs, rows = many_jobs(), []
    with App.open(home, use_keychain=False) as app:
        window = Window(app)
        stalls = Stalls(window.root)
        board = window.shell.board

        def phase(name: str, act: Callable[[], object], seconds: float = 2.0) -> None:
            stalls.longest, stalls.late, stalls.ticks = 0.0, 0, 0
            act()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                window.root.update()
                time.sleep(0.001)
            rows.append((name, f"{stalls.longest * 1000:.0f}", stalls.late, stalls.ticks))

        def changed() -> None:
            for job in jobs:
                window.bridge.post(JobChanged(replace(job, state=JobState.PAUSED)))

        phase("the page, empty", lambda: window.shell.show("transfers"))
        page = window.shell.current

        def arrive() -> None:
            board.jobs = {job.id: job for job in jobs}
            board.forget(())

        phase(f"{JOBS} uploads appear", arrive)
        phase("filter typed", lambda: page.table.filter_entry.insert(0, "S19"))
        phase("filter taken away", lambda: page.table.filter_entry.delete(0, "end"))
        phase("sorted by progress", lambda: page.table.sort_by("progress"))
        phase("all of them change", changed)
        phase("nothing happens", lambda: None)
        window.destroy()
    return rows


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
    with tempfile.TemporaryDirectory() as made:
        rows = measure_list(Path(made))
    titles = ("list of transfers", "longest stall ms", "stalls > 50 ms", "ticks")
    show(f"The window with {JOBS} uploads", titles, rows)


if __name__ == "__main__":
    main()
