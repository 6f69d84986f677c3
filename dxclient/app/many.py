"""The same work for many files: here, or in processes where that pays."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TypeVar

from dxclient.domain.errors import DxError
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import Sourced

T = TypeVar("T")
R = TypeVar("R")

#: The first file loads what the others find loaded, so it says nothing about their time.
_SAMPLE = 12
_PAYS_FROM = 3.0  # seconds of work ahead; starting processes takes about one
_CHUNK = 16


def each(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Do the work for every item; results come in the order of the items.

    Parameters
    ----------
    work : callable
        Picklable, with picklable results.

    Raises
    ------
    DxError
        A process died.
    """
    took: list[float] = []
    for done, item in enumerate(items):
        if done >= _SAMPLE and _pays(took, len(items) - done):
            yield from _spread(work, items[done:])
            return
        began = time.perf_counter()
        result = work(item)
        took.append(time.perf_counter() - began)
        yield result


def _pays(took: Sequence[float], ahead: int) -> bool:
    warm = took[1:]
    return sum(warm) / len(warm) * ahead > _PAYS_FROM and (os.cpu_count() or 1) > 1


def _spread(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Chunks in processes, a bounded number ahead."""
    executor = _processes()
    ahead: deque[Future[list[R]]] = deque()
    try:
        for at in range(0, len(items), _CHUNK):
            ahead.append(executor.submit(_chunk, work, items[at : at + _CHUNK]))
            if len(ahead) > 16:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()
    except BrokenExecutor:
        raise DxError(
            "A process that worked on the files died, perhaps for want of memory. "
            "What is written already is complete."
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _chunk(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Runs in a process."""
    return [work(item) for item in items]


def _processes() -> Executor:
    from dxclient.builtin.processes import dxclient_executor

    pool: Executor = dxclient_executor(SettingsView({"transfer.workers": Sourced(0)}))
    return pool
