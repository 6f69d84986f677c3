"""Brings events and results from worker threads to the thread of the window.

Workers never touch Tk, not even by dropping the last reference to a Tk variable (that
crashes, python/cpython#83274). So events carry ids and data, and the bridge keeps every
callback on the window's side. One of the six edges where a broad ``except`` is right: a
view that fails must not end the pump.
"""

from __future__ import annotations

import itertools
import queue
import threading
import tkinter as tk
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar, cast

from dxclient.domain.events import (
    Event,
    FolderScanning,
    JobChanged,
    ScanProgressed,
    ServerReachable,
    ServerWorking,
    TaskDone,
    TaskProgress,
)
from dxclient.ui.garbage import Garbage

E = TypeVar("E", bound=Event)
Progress = Callable[[object], None]
Cancelled = Callable[[], bool]
Work = Callable[[Progress, Cancelled], object]

#: Events to move between two looks at the clock.
_BATCH = 128


class Task:
    """Work that runs on a thread of its own."""

    def __init__(self, number: int) -> None:
        self.id = number
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop; its results are dropped."""
        self._stop.set()

    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()


@dataclass(slots=True)
class _Running:
    task: Task
    work: Work
    on_done: Callable[[object], None]
    on_error: Callable[[BaseException], None]
    on_progress: Progress | None
    thread: threading.Thread | None = None


class UiBridge:
    """One queue from all threads, drained by a timer with a budget.

    Parameters
    ----------
    root : tkinter.Misc
        The window; the bridge is made on its thread.
    """

    TICK_MS = 30
    #: Leaves Tk time to draw between ticks, in seconds.
    BUDGET_S = 0.008

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._waiting: OrderedDict[object, Event] = OrderedDict()
        self._subscribers: dict[type[Event], dict[int, Callable[[Any], None]]] = {}
        self._tasks: dict[int, _Running] = {}
        self._numbers = itertools.count(1)
        self._closed = False
        self._garbage = Garbage(root)
        self._ticket = root.after(self.TICK_MS, self._pump)

    def post(self, event: Event) -> None:
        """Hand over an event; callable from any thread, never blocks."""
        self._queue.put(event)

    def subscribe(
        self, kind: type[E], callback: Callable[[E], None], owner: tk.Misc | None = None
    ) -> Callable[[], None]:
        """Call *callback* on the window's thread for each event of this kind.

        Parameters
        ----------
        owner : tkinter.Misc or None
            The subscription ends when this widget is destroyed.

        Returns
        -------
        callable
            Ends the subscription; may be called twice.
        """
        number = next(self._numbers)
        group = self._subscribers.setdefault(kind, {})
        group[number] = callback

        def unsubscribe() -> None:
            group.pop(number, None)

        if owner is not None:
            _on_destroy(owner, unsubscribe)
        return unsubscribe

    def run(
        self,
        task: Work,
        on_done: Callable[[object], None],
        on_error: Callable[[BaseException], None],
        on_progress: Progress | None = None,
        *,
        owner: tk.Misc | None = None,
    ) -> Task:
        """Run *task* on a worker thread; the answer comes back on the window's thread.

        Parameters
        ----------
        task : callable
            Gets ``progress(anything)`` and ``cancelled()``. Must not touch widgets.
        owner : tkinter.Misc or None
            When this widget is destroyed, the task is cancelled and its answer dropped.
        """
        ticket = Task(next(self._numbers))
        running = _Running(ticket, task, on_done, on_error, on_progress)
        self._tasks[ticket.id] = running
        if owner is not None:
            _on_destroy(owner, ticket.cancel)
        running.thread = threading.Thread(
            target=self._work, args=(ticket.id,), name=f"task-{ticket.id}", daemon=True
        )
        running.thread.start()
        return ticket

    def close(self, timeout: float = 1.0) -> None:
        """Stop the timer and the tasks; wait *timeout* seconds at most. Then the root may go."""
        if self._closed:
            return
        self._closed = True
        self._garbage.close()
        self._root.after_cancel(self._ticket)
        for running in self._tasks.values():
            running.task.cancel()
        deadline = monotonic() + timeout
        for running in tuple(self._tasks.values()):
            if running.thread is not None:
                running.thread.join(max(0.0, deadline - monotonic()))

    # -- worker side ---------------------------------------------------------------------

    def _work(self, number: int) -> None:
        running = self._tasks[number]
        task, work = running.task, running.work
        del running

        def progress(value: object) -> None:
            self.post(TaskProgress(number, value))

        result: object = None
        error: BaseException | None = None
        try:
            result = work(progress, task.cancelled)
        except Exception as caught:
            error = caught
        # the closure may hold Tk variables: the last reference has to go on the window's thread
        del work
        self.post(TaskDone(number, result, error))

    # -- window side ---------------------------------------------------------------------

    def _pump(self) -> None:
        deadline = monotonic() + self.BUDGET_S
        self._collect(deadline)
        while self._waiting:
            _, event = self._waiting.popitem(last=False)
            self._deliver(event)
            if self._closed or monotonic() > deadline:
                break
        if not self._closed:
            self._ticket = self._root.after(self.TICK_MS, self._pump)

    def _collect(self, deadline: float) -> None:
        """Move what came in to the waiting room, where newer progress replaces older."""
        while monotonic() < deadline:
            for _ in range(_BATCH):
                try:
                    event = self._queue.get_nowait()
                except queue.Empty:
                    return
                key = _key(event)
                if key is None:
                    key = object()
                else:
                    self._waiting.pop(key, None)
                self._waiting[key] = event

    def _deliver(self, event: Event) -> None:
        if isinstance(event, TaskDone):
            self._finish(event)
        elif isinstance(event, TaskProgress):
            running = self._tasks.get(event.task_id)
            if running and running.on_progress and not running.task.cancelled():
                self._contain(running.on_progress, event.progress)
        for kind in type(event).__mro__:
            for callback in tuple(self._subscribers.get(cast("type[Event]", kind), {}).values()):
                self._contain(callback, event)

    def _finish(self, event: TaskDone) -> None:
        running = self._tasks.pop(event.task_id, None)
        if running is None or running.task.cancelled():
            return
        if event.error is not None:
            self._contain(running.on_error, event.error)
        else:
            self._contain(running.on_done, event.result)

    def _contain(self, callback: Callable[[Any], None], value: object) -> None:
        try:
            callback(value)
        except Exception as error:
            self._root.report_callback_exception(  # type: ignore[attr-defined]
                type(error), error, error.__traceback__
            )


def _key(event: Event) -> object:
    """Events with the same key replace each other; None stands for itself."""
    if isinstance(event, JobChanged):
        return ("job", event.job.id)
    if isinstance(event, ScanProgressed):
        return ("scan", event.job_id, event.series_uid)
    if isinstance(event, ServerWorking):
        return ("working", event.job_id)
    if isinstance(event, ServerReachable):
        return ("server", event.server)
    if isinstance(event, TaskProgress):
        return ("task", event.task_id)
    if isinstance(event, FolderScanning):
        return "folder"
    return None


def _on_destroy(owner: tk.Misc, callback: Callable[[], None]) -> None:
    def destroyed(event: tk.Event[tk.Misc]) -> None:
        if event.widget is owner:
            callback()

    owner.bind("<Destroy>", destroyed, add="+")
