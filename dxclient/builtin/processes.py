"""Files are anonymized in processes on this machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from dxclient.anonymize.memory import return_large_blocks
from dxclient.api import SettingsView, hookimpl
from dxclient.dicom.orphans import end_with_parent
from dxclient.dicom.quiet import quiet

P = ParamSpec("P")
T = TypeVar("T")
#: More processes than this wait for the disk and the line, not for a processor.
MOST = 4


@hookimpl
def dxclient_executor(settings: SettingsView) -> Executor:
    """A pool with a process for each processor, or as many as the settings say.

    Spawned, not forked: the program has threads, and a fork would copy their locks.
    """
    workers = settings.number("transfer.workers") or min(MOST, os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    return _Pool(workers, mp_context=context, initializer=_begin)


class _Pool(ProcessPoolExecutor):
    """Workers that leave Ctrl+C to the program, which ends them; they would only print traces."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit as usual; a worker that is started for it never hears of Ctrl+C."""
        with _deaf():
            return super().submit(fn, *args, **kwargs)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Hold SIGINT back on this thread; a process that is started meanwhile keeps it so."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Set up a worker; without signal masks, as on Windows, it ignores Ctrl+C from here on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    quiet()
    return_large_blocks()
