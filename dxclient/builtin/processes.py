"""Files are anonymized in processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor

from dxclient.api import SettingsView, hookimpl
from dxclient.dicom.quiet import quiet

#: More processes than this wait for the disk and the line, not for a processor.
MOST = 4


@hookimpl
def dxclient_executor(settings: SettingsView) -> Executor:
    """A pool with a process for each processor, or as many as the settings say.

    Spawned, not forked: the program has threads, and a fork would copy their locks.
    """
    workers = settings.number("transfer.workers") or min(MOST, os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=quiet)
