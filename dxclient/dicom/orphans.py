"""Workers end with the program that started them, also where that is killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """Let this worker end as soon as its program is gone; does nothing in the program itself.

    A worker of a `ProcessPoolExecutor` holds both ends of the pipe that it waits at, so it never
    hears that nobody is there any more, and would stay for ever with what it has in memory.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_watch, args=(parent.sentinel,), name="parent", daemon=True)
        watch.start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
