"""Anonymize + pack + send to the embedded server, beside a plain POST of the same bytes.

``python build/benchmarks/upload.py [--gb 4] [--level 0|1|6]``; quick (0.4 GB) without. The client
and the server are processes of their own. Memory and the share of the processors are known on
Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

CONNECTIONS = (1, 4)
CLIENT = "--as-client"
#: The share of the four connections' speed, and the megabytes, that are demanded.
RATIO, MEMORY = 0.6, 500
#: Above this share of all processors they count as saturated.
SATURATED = 0.9
_KEYS = {
    "import-handler": "DICOM-zip",
    "PROJECT_ID": "SCRIPTS",
    "SUBJECT_ID": "BENCH",
    "rename": "true",
    "prevent_anon": "true",
    "prevent_auto_commit": "true",
    "SOURCE": "uploader",
}


@dataclass(frozen=True)
class Run:
    """One measurement: seconds, processor seconds by process group, peak memory in MB."""

    what: str
    seconds: float
    used: dict[str, float]
    busy: float = 0.0
    memory: float = 0.0
    largest: float = 0.0
    notes: str = ""


@contextmanager
def demo_server(folder: Path) -> Iterator[tuple[str, int]]:
    """The embedded server in a process of its own, as a real one would be; URL and process id."""
    command = [sys.executable, "-m", "dxclient.demo", "--port", "0", "--folder", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http")), server.pid
    finally:
        server.terminate()
        server.wait(10)


# the client ----------------------------------------------------------------------------


def client(folder: Path, home: Path, url: str, bodies: Path, level: int) -> None:
    """Upload the session of a folder; tell seconds and decisions as JSON on stdout.

    Logged in and with the folder read it says so, and waits for a line. Where there is a folder
    for them, only the bodies are written, so that the same can be sent plainly.
    """
    from dxclient.app import App
    from dxclient.domain.draft import UploadDraft
    from dxclient.domain.jobs import JobState
    from dxclient.domain.project import Server

    with App.open(home, use_keychain=False) as app:
        app.log_in(Server(url=url), "nurse", "nurse")
        report = app.scan([folder], lambda now: None, lambda: False)
        draft = UploadDraft(
            settings=app.project_settings(app.project("SCRIPTS")),
            session=report.sessions[0],
            subject="BENCH",
            label=f"BENCH_{home.name}",
            create_subject=True,
        )
        if bodies.is_dir():
            _write_bodies(app, draft, bodies)
            return
        taken = _watch(app, level)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        start = time.perf_counter()
        job = app.submit(draft)
        app.transfers.run_until_idle()
        seconds = time.perf_counter() - start
        ended = app.transfers.job(job.id)
        if ended.state is not JobState.CONFIRMED:
            sys.exit(f"The upload ended as {ended.state.value}: {ended.sentence} {ended.details}")
    sys.stdout.write(json.dumps({"seconds": seconds, "taken": taken}))


def _watch(app, level: int) -> list[tuple[int, int]]:  # noqa: ANN001
    """Note level and lanes for each part that is packed; or fix the level."""
    lanes = app.transfers._tools.lanes
    taken: list[tuple[int, int]] = []
    learn, choose = lanes.packed, lanes.compression

    def packed(server, request, part) -> None:  # noqa: ANN001
        taken.append((request.compression, lanes.choices().get(server, (1, 0))[1]))
        learn(server, request, part)

    lanes.packed = packed
    lanes.compression = (lambda server: level) if level >= 0 else choose
    return taken


def _write_bodies(app, draft, folder: Path) -> None:  # noqa: ANN001
    from dxclient.anonymize import build_part
    from dxclient.domain.jobs import PartRequest
    from dxclient.transfer.planning import plan_parts

    request = app.plan(draft).request
    size = app.transfers._tools.options.part_size
    for number, files in enumerate(plan_parts(request.files, request.scans, size)):
        part = build_part(PartRequest(job_id="b", number=number, plan=request.plan, files=files))
        (folder / f"{number:04}.zip").write_bytes(part.body)


def make_bodies(folder: Path, home: Path, url: str, bodies: Path) -> list[Path]:
    """Write the zips that an upload sends."""
    bodies.mkdir()
    command = [sys.executable, __file__, CLIENT, *map(str, (folder, home, url, bodies, 1))]
    subprocess.run(command, check=True)
    return sorted(bodies.iterdir())


def upload(what: str, folder: Path, home: Path, url: str, server: int, level: int = -1) -> Run:
    """Run the client, and watch it."""
    from processes import Meter

    command = [sys.executable, __file__, CLIENT]
    command += map(str, (folder, home, url, home / "none", level))
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    with Meter({"client": process.pid, "server": server}) as meter:
        told, _ = process.communicate("go\n")
    if process.returncode:
        sys.exit(f"The upload failed: {told}")
    found = json.loads(told)
    return Run(
        what,
        found["seconds"],
        meter.used(),
        meter.busy,
        meter.most("client"),
        meter.largest("client"),
        _decisions(found["taken"]),
    )


def _decisions(taken: Sequence[Sequence[int]]) -> str:
    names = {0: "stored", 1: "fast", 6: "strong"}
    counts = {names[one]: sum(level == one for level, _ in taken) for one in names}
    levels = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    lanes = sorted({lanes for _, lanes in taken if lanes})
    return f"{levels}; lanes {'-'.join(map(str, sorted({lanes[0], lanes[-1]})))}" if lanes else ""


# the plain POST ------------------------------------------------------------------------


def plain_post(url: str, server: int, bodies: Sequence[Path], connections: int) -> Run:
    """POST the bodies, the first one alone, over so many connections."""
    from processes import Meter

    poster = _poster(url, f"PLAIN_{connections}")
    with Meter({"server": server}) as meter, ThreadPoolExecutor(connections) as threads:
        start = time.perf_counter()
        poster(bodies[0])
        for _ in threads.map(poster, bodies[1:]):
            pass
        seconds = time.perf_counter() - start
    return Run(f"plain POST, {connections} connections", seconds, meter.used(), meter.busy)


def _poster(url: str, label: str) -> Callable[[Path], None]:
    import threading

    import requests

    local = threading.local()

    def post(body: Path) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
            local.session.auth = ("nurse", "nurse")
            local.session.headers["Content-Type"] = "application/zip"
        answer = local.session.post(
            f"{url}/data/services/import",
            params={**_KEYS, "EXPT_LABEL": label},
            data=body.read_bytes(),
        )
        answer.raise_for_status()

    return post


def set_script(url: str) -> None:
    """Give the project the script of 40 rules."""
    import requests
    from scripts import PROFILE

    text = PROFILE["PROFILE40"]
    where = f"{url}/xapi/anonymize/projects/SCRIPTS"
    requests.put(where, data=text.encode(), auth=("admin", "admin"), timeout=30).raise_for_status()


# the table -----------------------------------------------------------------------------


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gb", type=float, default=0.4, help="generated slices, in 10^9 bytes")
    parser.add_argument("--levels", action="store_true", help="fixed compressions too")
    options = parser.parse_args()
    from slices import write_slices

    count = max(8, int(options.gb * 1e9 / (512 * 512 * 2)))
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        total = write_slices(place / "slices", count)
        runs = _measure(place, levels=options.levels)
    _print(runs, total, count)


def _measure(place: Path, *, levels: bool) -> list[Run]:
    with demo_server(place / "server") as (url, server):
        set_script(url)
        slices = place / "slices"
        ours = [upload("our upload", slices, place / "A", url, server)]
        files = make_bodies(slices, place / "made", url, place / "bodies")
        plain = [plain_post(url, server, files, number) for number in CONNECTIONS]
        ours.append(upload("our upload, again", slices, place / "B", url, server))
        for level in (0, 1) if levels else ():
            name = f"our upload, level {level} only"
            ours.append(upload(name, slices, place / f"L{level}", url, server, level=level))
    return [*plain, *ours]


def _print(runs: Sequence[Run], total: int, count: int) -> None:
    from report import show

    base = next(run for run in runs if run.what.startswith(f"plain POST, {CONNECTIONS[-1]}"))
    rows = [
        (
            run.what,
            f"{run.seconds:.1f}",
            f"{total / run.seconds / 1e6:.0f}",
            f"{base.seconds / run.seconds:.2f}",
            f"{run.used.get('client', 0):.1f}",
            f"{run.used.get('server', 0):.1f}",
            f"{run.busy:.0%}",
            f"{run.memory:.0f}" if run.memory else "",
            run.notes,
        )
        for run in runs
    ]
    titles = ("what", "s", "MB/s", "ratio", "client", "server", "busy", "MB", "decisions")
    show(f"Upload of {count} slices ({total / 1e9:.1f} GB) with a script of 40 rules", titles, rows)
    best = min((run for run in runs if run.memory), key=lambda run: run.seconds, default=None)
    if best is None:
        return
    ratio = base.seconds / best.seconds
    why = "" if ratio >= RATIO else f", processors {best.busy:.0%} busy"
    print(
        f"ratio: {ratio:.2f} of {CONNECTIONS[-1]} connections ({RATIO} demanded{why}); client and "
        f"server: processor seconds; busy: of all processors; MB: peak memory of the client's "
        f"processes together ({MEMORY} demanded), the largest of them {best.largest:.0f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == [CLIENT]:
        client(*map(Path, sys.argv[2:4]), sys.argv[4], Path(sys.argv[5]), int(sys.argv[6]))
    else:
        main()
