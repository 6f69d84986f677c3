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

from dxclient.dicom.header import Failure, Header, examine
from dxclient.dicom.text import Texts

Found = Header | Failure
Chunk = Sequence[str]

_SAMPLE = 200
_CHUNK = 250
_THREADS = 16
_MOST_PROCESSES = 8
_LOOK_EVERY = 0.05  # seconds between questions whether to stop
_PROCESSES_FROM = 0.5  # seconds of computing ahead that make processes worth starting
_WAITING_SHARE = 0.6  # part of the time spent waiting that makes threads worth starting
_THREADS_FROM = 0.5


def read_all(
    paths: Chunk, cancelled: Callable[[], bool], workers: int | None = None
) -> Iterator[tuple[str, Found]]:
    """Read headers in the order of `paths`; ends early when `cancelled` says so.

    Parameters
    ----------
    workers : int or None
        Processes to use; 1 reads here; None decides by a sample of the files.
    """
    start = 0
    if workers is None:
        began, computed = time.perf_counter(), time.thread_time()
        for item in read_here(paths[:_SAMPLE], cancelled):
            start += 1
            yield item
        took, busy = time.perf_counter() - began, time.thread_time() - computed
        executor = _choose(len(paths) - start, took / max(1, start), busy / max(1, start))
    else:
        executor = _processes(workers) if workers > 1 else None
    rest = paths[start:]
    if start < min(_SAMPLE, len(paths)) and workers is None:
        return  # cancelled within the sample
    yield from (
        read_here(rest, cancelled) if executor is None else _spread(rest, cancelled, executor)
    )


def _choose(files: int, seconds: float, busy: float) -> Executor | None:
    """Pick by the time that one file takes, and the part of it spent computing."""
    if files * seconds > _THREADS_FROM and busy < seconds * (1 - _WAITING_SHARE):
        return ThreadPoolExecutor(_THREADS, "scan")
    processes = min(_MOST_PROCESSES, os.cpu_count() or 1)
    if processes > 1 and files * busy > _PROCESSES_FROM:
        return _processes(processes)
    return None


def _processes(workers: int) -> Executor:
    """Started anew, not forked: threads of the window and forks do not go together."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


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
    paths: Chunk, cancelled: Callable[[], bool], executor: Executor
) -> Iterator[tuple[str, Found]]:
    """Read chunks in workers, a bounded number ahead; the answers keep the order of `paths`."""
    chunks = (paths[at : at + _CHUNK] for at in range(0, len(paths), _CHUNK))
    ahead: deque[tuple[Chunk, Future[list[Found]] | None]] = deque()
    with _closing(executor):
        for chunk in chunks:
            ahead.append((chunk, _submit(executor, chunk)))
            if len(ahead) >= 4 * _THREADS:
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
def _closing(executor: Executor) -> Iterator[None]:
    try:
        yield
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
