"""A script of 40 rules on small and large files, beside a bare read and write by pydicom.

``python build/benchmarks/scripts.py --profile`` also shows where the time of the script goes.
"""

from __future__ import annotations

import cProfile
import multiprocessing
import os
import pstats
import runpy
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from headers import write_large, write_plain, write_small
from report import show

from dxclient.dicomedit import parse, run

ROUNDS = 3
#: A plain copy is what nothing that reads and writes files can beat.
WAYS = ("bare", "ours", "copy")
#: Memory: bytes to bytes. Files: read from a file, written to another.
PLACES = ("memory", "files")
PROFILE = runpy.run_path(str(Path(__file__).parents[2] / "tests" / "helpers" / "profile40.py"))
CONTEXT = multiprocessing.get_context("spawn")
#: Seconds after which a process that does not come is given up.
PATIENCE = 120


@dataclass(frozen=True)
class Kind:
    """Files of one size, and how many times the bare read and write is wanted."""

    title: str
    write: Callable[[Path, int], None]
    count: int
    target: float


KINDS = (
    Kind("small files, CT of 39 KB", write_small, 500, 1.5),
    Kind("slices of 512x512x16 bit, MR, 73 elements", write_plain, 200, 4),
    Kind("slices of 512x512x16 bit, MR, 120 elements, some in sequences", write_large, 200, 4),
)


class Work:
    """One process's share of the files, ready to be worked on."""

    def __init__(self, paths: Sequence[Path], out: Path) -> None:
        self.paths = paths
        self.data = [path.read_bytes() for path in paths]
        self.targets = [out / path.name for path in paths]
        self.script = parse(PROFILE["PROFILE40"], name="site")
        self.values = PROFILE["VALUES"]

    def do(self, way: str, place: str) -> None:
        getattr(self, f"{way}_{place}")()

    def edited(self, data: bytes) -> bytes:
        done = run([self.script], data, self.values).data
        assert done is not None
        return done

    def ours_memory(self) -> None:
        for data in self.data:
            self.edited(data)

    def ours_files(self) -> None:
        for path, target in zip(self.paths, self.targets, strict=True):
            target.write_bytes(self.edited(path.read_bytes()))

    def copy_memory(self) -> None:
        for data in self.data:
            bytes(memoryview(data))

    def copy_files(self) -> None:
        for path, target in zip(self.paths, self.targets, strict=True):
            target.write_bytes(path.read_bytes())

    def bare_memory(self) -> None:
        from pydicom import dcmread

        for data in self.data:
            dcmread(BytesIO(data)).save_as(BytesIO())

    def bare_files(self) -> None:
        from pydicom import dcmread

        for path, target in zip(self.paths, self.targets, strict=True):
            dcmread(path).save_as(target)


def worker(orders: Connection, start: Barrier, paths: Sequence[Path], out: Path) -> None:
    """Load a share, then work on it each time that all are told to."""
    work = Work(paths, out)
    first = Work(paths[:1], out)
    for way in WAYS:  # imports and the like are not measured
        first.do(way, "memory")
    while (order := orders.recv()) is not None:
        start.wait(PATIENCE)
        work.do(*order)
        orders.send("done")


@contextmanager
def crew(paths: Sequence[Path], out: Path, size: int) -> Iterator[Callable[[str, str], float]]:
    """Processes that each have a share of the files; gives what measures one pass of all."""
    start = CONTEXT.Barrier(size + 1)
    pipes = [CONTEXT.Pipe() for _ in range(size)]
    members = [
        CONTEXT.Process(target=worker, args=(theirs, start, paths[number::size], out), daemon=True)
        for number, (_, theirs) in enumerate(pipes)
    ]
    for member, (_, theirs) in zip(members, pipes, strict=True):
        member.start()
        theirs.close()  # so that the end of a process is noticed here

    def measure(way: str, place: str) -> float:
        for mine, _ in pipes:
            mine.send((way, place))
        start.wait(PATIENCE)
        began = time.perf_counter()
        for mine, _ in pipes:
            mine.recv()
        return time.perf_counter() - began

    try:
        yield measure
    finally:
        for mine, _ in pipes:
            mine.send(None)
        for member in members:
            member.join(10)


def best(paths: Sequence[Path], out: Path, size: int) -> dict[tuple[str, str], float]:
    """Shortest seconds of each way and place, taken in turns."""
    found: dict[tuple[str, str], float] = {}
    with crew(paths, out, size) as measure:
        for _ in range(ROUNDS):
            for place in PLACES:
                for way in WAYS:
                    seconds = measure(way, place)
                    found[way, place] = min(found.get((way, place), seconds), seconds)
    return found


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compare(kind: Kind, profile: bool) -> None:
    """Measure one kind of files and print what came out."""
    with tempfile.TemporaryDirectory() as made:
        folder, out = Path(made) / "in", Path(made) / "out"
        folder.mkdir()
        out.mkdir()
        kind.write(folder, kind.count)
        paths = sorted(folder.iterdir())
        check(Work(paths[:1], out))
        if profile:
            show_profile(kind, Work(paths, out))
        rows, ratios, bounds = [], {}, {}
        for size in dict.fromkeys((1, cores())):
            seconds = best(paths, out, size)
            for place in PLACES:
                ratios[size, place] = seconds["bare", place] / seconds["ours", place]
                bounds[size, place] = seconds["bare", place] / seconds["copy", place]
                rows.append(row(size, place, seconds, paths, ratios[size, place]))
    titles = ("bytes", "processes", "read+write files/s", "MB/s")
    titles += ("script files/s", "MB/s", "copy files/s", "MB/s", "times as fast")
    show(f"40 rules on {kind.count} {kind.title}, beside dcmread + save_as", titles, rows)
    for place in PLACES:
        print(verdict(kind, place, ratios[1, place], bounds[1, place]))


def row(
    size: int,
    place: str,
    seconds: dict[tuple[str, str], float],
    paths: Sequence[Path],
    ratio: float,
) -> tuple[str, ...]:
    total = sum(path.stat().st_size for path in paths)
    speeds = []
    for way in WAYS:
        taken = seconds[way, place]
        speeds += [f"{len(paths) / taken:.0f}", f"{total / taken / 1e6:.0f}"]
    names = {"memory": "in memory", "files": "file to file"}
    return (names[place], str(size), *speeds, f"{ratio:.1f}")


def verdict(kind: Kind, place: str, ratio: float, bound: float) -> str:
    word = "reached" if ratio >= kind.target else "not reached"
    where = {"memory": "in memory", "files": "file to file"}[place]
    return (
        f"One process, {where}: {ratio:.1f} times; {kind.target:g} are wanted: {word}. "
        f"A plain copy is {bound:.1f} times as fast."
    )


def check(work: Work) -> None:
    """What is measured has to do its work."""
    before, after = work.data[0], work.edited(work.data[0])
    for word in (PROFILE["VALUES"]["subject"], PROFILE["VALUES"]["session"]):
        assert word.encode() in after
        assert word.encode() not in before


def show_profile(kind: Kind, work: Work) -> None:
    """Where the time goes, the bytes in memory."""
    with cProfile.Profile() as measured:
        work.ours_memory()
    print(f"Where the time goes: {kind.title}")
    pstats.Stats(measured).sort_stats("tottime").print_stats(15)


def main() -> None:
    """Measure and print."""
    for kind in KINDS:
        compare(kind, "--profile" in sys.argv)


if __name__ == "__main__":
    main()
