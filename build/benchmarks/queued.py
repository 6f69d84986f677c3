"""Queueing a session of a hundred thousand files, and showing it among two thousand others.

``python build/benchmarks/queued.py [--files 100000] [--jobs 2000]``. The session goes the whole
way of the window's "upload": plan, guards, queue. A timer on another thread, as the window has
one, tells how long anything stood still meanwhile.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

PER_SCAN = 500
#: What is demanded: seconds for the queueing, and for a stall of the window.
QUEUED, STALL = 10.0, 0.05
_TICK = 0.005


class Stalls:
    """How late a thread is that wants to run every five milliseconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            before = time.perf_counter()
            time.sleep(_TICK)
            self.longest = max(self.longest, time.perf_counter() - before - _TICK)


def session(files: int):  # noqa: ANN201
    """A session of so many files that need not exist: queueing does not open them."""
    from dxclient.domain.dicom import DicomFile, ImageSession, Scan

    def scan(number: int) -> Scan:
        uid = f"1.2.826.0.1.3680043.8.498.3.{number}"
        made = tuple(
            DicomFile(
                path=Path(f"/scanner/export/2024/series{number:04}/slice{index:06}.dcm"),
                size=131_072,
                modified_ns=1_700_000_000_000_000_000 + index,
                sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
                sop_instance_uid=f"{uid}.{index}",
                transfer_syntax_uid="1.2.840.10008.1.2.1",
                instance_number=index,
            )
            for index in range(min(PER_SCAN, files - number * PER_SCAN))
        )
        return Scan(series_uid=uid, number=str(number), modality="MR", files=made)

    scans = tuple(scan(number) for number in range(-(-files // PER_SCAN)))
    return ImageSession(study_uid="1.2.826.0.1.3680043.8.498.2", scans=scans)


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds that a call takes, and the longest stall of another thread meanwhile."""
    with Stalls() as stalls:
        start = time.perf_counter()
        call()
        seconds = time.perf_counter() - start
    return seconds, stalls.longest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2_000, help="other jobs in the queue")
    options = parser.parse_args()
    from upload import demo_server

    from dxclient.app import App
    from dxclient.domain.draft import UploadDraft
    from dxclient.domain.project import Server

    with (
        tempfile.TemporaryDirectory() as made,
        demo_server(Path(made) / "server") as (url, _),
        App.open(Path(made) / "home", use_keychain=False) as app,
    ):
        app.log_in(Server(url=url), "nurse", "nurse")
        draft = UploadDraft(
            settings=app.project_settings(app.project("SCRIPTS")),
            session=session(options.files),
            subject="BENCH",
            label="BENCH_LARGE",
            create_subject=True,
        )
        _fill(app, draft, options.jobs)
        rows = _measure(app, draft, options.files)
    _print(rows, options.jobs)


def _fill(app, draft, jobs: int) -> None:  # noqa: ANN001
    """Queue so many small sessions."""
    first = draft.session.scans[0]
    small = replace(draft.session, scans=(replace(first, files=first.files[:20]),))
    request = app.plan(replace(draft, session=small)).request
    for number in range(jobs):
        target = replace(request.target, session=f"BENCH_{number:05}")
        app.transfers.submit(replace(request, target=target, study_uid=f"1.2.{number + 1}"))


def _measure(app, draft, files: int) -> list[tuple[str, float, float, float]]:  # noqa: ANN001
    rows = [(f"queue a session of {files:,} files", *timed(lambda: app.submit(draft)), QUEUED)]
    job = next(job for job in app.transfers.jobs() if job.target.session == "BENCH_LARGE")
    assert job.files_total == files
    calls = {
        "list of all jobs": app.transfers.jobs,
        "the large job": lambda: app.transfers.job(job.id),
        "its progress by scan": lambda: app.transfers.scan_progress(job.id),
        "pause it": lambda: app.transfers.pause(job.id),
        "cancel it, paths forgotten": lambda: app.transfers.cancel(job.id),
    }
    rows += [(what, *timed(call), STALL) for what, call in calls.items()]
    return rows


def _print(rows: list[tuple[str, float, float, float]], jobs: int) -> None:
    from report import show

    show(
        f"A large session in the queue, beside {jobs:,} others",
        ("what", "ms", "demanded ms", "longest stall of another thread, ms"),
        [
            (what, f"{seconds * 1000:.0f}", f"{wanted * 1000:.0f}", f"{stall * 1000:.0f}")
            for what, seconds, stall, wanted in rows
        ],
    )


if __name__ == "__main__":
    main()
