"""Read many headers in order: here, on threads, or in processes, whatever pays.

Reading a header costs some 60 microseconds of computing, so on a fast disk starting processes
pays only for tens of thousands of files. A share on the network may cost milliseconds per file,
all of it waiting, which threads do side by side.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from dxclient.dicom.header import Failure, Header, examine
from dxclient.dicom.orphans import end_with_parent
from dxclient.dicom.text import Texts

Found = Header | Failure
Chunk = Sequence[str]

_SAMPLE = 200
_THREADS = 16
_MOST_PROCESSES = 8
_LOOK_EVERY = 0.05  # seconds between questions whether to stop
_WORKERS_FROM = 0.5  # seconds of work ahead that make workers worth starting
_WAITING_SHARE = 0.6  # part of the time spent waiting from which threads do better
_SLOW_FILE = 0.0005  # seconds; waiting less than that is a busy machine, no slow disk


def read_all(
    paths: Chunk, cancelled: Callable[[], bool], workers: int | None = None
) -> Iterator[tuple[str, Found]]:
    """Read headers in the order of `paths`; ends early when `cancelled` says so.

    Parameters
    ----------
    workers : int or None
        Processes to use; 1 reads here; None decides by a sample of the files.
    """
    if workers is not None:
        plan = _Plan(_processes, workers) if workers > 1 else None
        yield from _spread(paths, cancelled, plan) if plan else read_here(paths, cancelled)
        return
    clock = _Clock()
    yield from clock.measured(read_here(paths[:_SAMPLE], cancelled))
    rest = paths[len(clock.took) :]
    if len(clock.took) < min(_SAMPLE, len(paths)):
        return  # cancelled
    plan = _choose(len(rest), clock.seconds, clock.waiting)
    yield from _spread(rest, cancelled, plan) if plan else read_here(rest, cancelled)


class _Clock:
    """Measures the reading itself, without what the receiver does with each header."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self._computed = 0.0

    def measured(self, items: Iterator[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
        """Pass on `items` and measure the time that each takes to come."""
        while True:
            began, computed = time.perf_counter(), time.thread_time()
            item = next(items, None)
            if item is None:
                return
            self.took.append(time.perf_counter() - began)
            self._computed += time.thread_time() - computed
            yield item

    @property
    def seconds(self) -> float:
        """What a file usually takes; a median, as the first may have to load pydicom."""
        return median(self.took) if self.took else 0.0

    @property
    def waiting(self) -> float:
        """Part of the time, 0 to 1, that was not computing."""
        return 1 - self._computed / (sum(self.took) or 1.0)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which workers, how many, and how many files they get at once."""

    start: Callable[[int], Executor]
    workers: int
    chunk: int = 250


def _choose(files: int, seconds: float, waiting: float) -> _Plan | None:
    """Pick by the time that one file takes, and the part of it spent waiting for the disk."""
    if files * seconds < _WORKERS_FROM:
        return None
    if waiting > _WAITING_SHARE and seconds > _SLOW_FILE:
        return _Plan(_threads, _THREADS, chunk=25)  # small, as cancelling waits for those begun
    if multiprocessing.parent_process() is not None:
        return None  # a worker itself, which must not start more of them
    processes = min(_MOST_PROCESSES, os.cpu_count() or 1)
    return _Plan(_processes, processes) if processes > 1 else None


def _threads(workers: int) -> Executor:
    return ThreadPoolExecutor(workers, "scan")


def _processes(workers: int) -> Executor:
    """Started anew, not forked: threads of the window and forks do not go together."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=end_with_parent)


def read_here(paths: Chunk, cancelled: Callable[[], bool]) -> Iterator[tuple[str, Found]]:
    """Read headers on this thread."""
    texts = Texts()
    looked = 0.0
    for path in paths:
        if (now := time.monotonic()) - looked > _LOOK_EVERY:
            looked = now
            if cancelled():
                return
        yield path, examine(path, texts)


def read_chunk(paths: Chunk) -> list[Found]:
    """Read some headers; runs in a worker."""
    texts = Texts()
    return [examine(path, texts) for path in paths]


def _spread(
    paths: Chunk, cancelled: Callable[[], bool], plan: _Plan
) -> Iterator[tuple[str, Found]]:
    """Read chunks in workers, a bounded number ahead; the answers keep the order of `paths`."""
    chunks = (paths[at : at + plan.chunk] for at in range(0, len(paths), plan.chunk))
    ahead: deque[tuple[Chunk, Future[list[Found]] | None]] = deque()
    with _closing(plan.start(plan.workers)) as executor:
        for chunk in chunks:
            ahead.append((chunk, _submit(executor, chunk)))
            if len(ahead) >= 4 * plan.workers:
                answer = _answer(*ahead.popleft(), cancelled)
                if answer is None:
                    return
                yield from answer
        while ahead:
            answer = _answer(*ahead.popleft(), cancelled)
            if answer is None:
                return
            yield from answer


@contextmanager
def _closing(executor: Executor) -> Iterator[Executor]:
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _submit(executor: Executor, chunk: Chunk) -> Future[list[Found]] | None:
    try:
        return executor.submit(read_chunk, chunk)
    except (BrokenExecutor, OSError, RuntimeError):
        return None


def _answer(
    chunk: Chunk, future: Future[list[Found]] | None, cancelled: Callable[[], bool]
) -> list[tuple[str, Found]] | None:
    """Headers of one chunk; None when cancelled. What a dead worker leaves is read here."""
    while future is not None:
        if cancelled():
            return None
        if wait([future], _LOOK_EVERY).done:
            try:
                return list(zip(chunk, future.result(), strict=True))
            except (BrokenExecutor, OSError, RuntimeError, MemoryError):
                break
    here = list(read_here(chunk, cancelled))
    return here if len(here) == len(chunk) else None
