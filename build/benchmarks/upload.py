"""Anonymize + pack + send to the embedded server, beside a plain POST of the same bytes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from report import show
from slices import write_slices

from dxclient.anonymize import build_part
from dxclient.app import App
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import JobState, PartRequest
from dxclient.domain.project import Server

FILES = 400
PART_MIB = 16


@contextmanager
def demo_server(folder: Path) -> Iterator[str]:
    """The embedded server in a process of its own, as a real one would be."""
    command = [sys.executable, "-m", "dxclient.demo", "--port", "0", "--folder", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        server.terminate()
        server.wait(10)


def draft(app: App, folder: Path, label: str) -> UploadDraft:
    """The one session of the folder, for the project with scripts."""
    report = app.scan([folder], lambda now: None, lambda: False)
    return UploadDraft(
        settings=app.project_settings(app.project("SCRIPTS")),
        session=report.sessions[0],
        subject="BENCH",
        label=label,
        create_subject=True,
    )


def with_workers(home: Path, url: str, folder: Path, workers: int) -> float:
    """Seconds from the queue to the confirmation, the start of the processes included."""
    with App.open(home / str(workers), use_keychain=False) as app:
        app.set_setting("transfer.workers", workers)
        app.set_setting("transfer.part_size", PART_MIB)
        app.set_setting("transfer.parts_in_flight", max(3, workers))
        app.log_in(Server(url=url), "nurse", "nurse")
        ready = draft(app, folder, f"BENCH_MR_{workers}")
        start = time.perf_counter()
        job = app.submit(ready)
        app.transfers.run_until_idle()
        ended = app.transfers.job(job.id)
        if ended.state is not JobState.CONFIRMED:
            sys.exit(f"The upload ended as {ended.state.value}: {ended.sentence}")
        return time.perf_counter() - start


def bodies(home: Path, url: str, folder: Path) -> list[bytes]:
    """The zips that an upload sends."""
    with App.open(home / "bodies", use_keychain=False) as app:
        app.log_in(Server(url=url), "nurse", "nurse")
        request = app.plan(draft(app, folder, "PLAIN_1")).request
    size = PART_MIB * 1024 * 1024 // request.files[0].size
    parts = [request.files[i : i + size] for i in range(0, len(request.files), size)]
    made = (
        build_part(PartRequest(job_id="b", number=n, plan=request.plan, files=part))
        for n, part in enumerate(parts)
    )
    return [part.body for part in made]


def plain_post(url: str, parts: list[bytes]) -> float:
    """Seconds to POST the same bodies one after the other over one connection."""
    query = {
        "import-handler": "DICOM-zip",
        "PROJECT_ID": "SCRIPTS",
        "SUBJECT_ID": "BENCH",
        "EXPT_LABEL": "PLAIN_1",
        "rename": "true",
        "prevent_anon": "true",
        "prevent_auto_commit": "true",
        "SOURCE": "uploader",
    }
    with requests.Session() as session:
        session.auth = ("nurse", "nurse")
        session.headers["Content-Type"] = "application/zip"
        start = time.perf_counter()
        for body in parts:
            answer = session.post(f"{url}/data/services/import", params=query, data=body)
            answer.raise_for_status()
        return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as made, demo_server(Path(made) / "server") as url:
        folder, home = Path(made) / "slices", Path(made) / "home"
        total = write_slices(folder, FILES)
        base = plain_post(url, bodies(home, url, folder))
        rows = [_row("plain POST of the same zips", base, total, base)]
        for workers in (1, 2, 4):
            seconds = with_workers(home, url, folder, workers)
            rows.append(_row(f"anonymize + pack + send, {workers} workers", seconds, total, base))
    show(
        f"Upload of {FILES} slices of 512x512x16 bit to the embedded server on this machine",
        ("what", "seconds", "files/s", "MB/s", "of plain POST"),
        rows,
    )


def _row(what: str, seconds: float, total: int, base: float) -> tuple[str, ...]:
    speed = (f"{FILES / seconds:.0f}", f"{total / seconds / 1e6:.0f}", f"{base / seconds:.2f}")
    return (what, f"{seconds:.2f}", *speed)


if __name__ == "__main__":
    main()
