"""Asking a server without being held up by it.

A commit may take ten minutes, and a server that hangs may take as long to fail. A person who
pauses, or a program that ends, does not wait for that: the call goes on beside, on a thread that
touches nothing of the queue, and its answer is dropped. What the server did is asked anew later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from functools import partial
from types import TracebackType
from typing import Any, cast

from dxclient.domain.errors import XnatUnreachable
from dxclient.domain.protocols import Importer
from dxclient.transfer.run import Run

_LOOK = 0.1
#: Calls that XNAT answers when the work is done, which may take minutes.
_LONG = frozenset({"commit", "archive"})


def patient(run: Run, importer: Importer) -> Importer:
    """Make an importer whose calls end with Cancelled as soon as *run* is stopped.

    Sending is the exception: it stops by itself between two chunks, and once all is sent the
    answer is worth waiting for, because an accepted part is never sent again.
    """
    return cast("Importer", _Patient(run, importer))


class _Patient:
    """Every method of the inner importer; what comes of each call is told to the run."""

    def __init__(self, run: Run, inner: Importer) -> None:
        self._run = run
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)
        if name == "send":
            return partial(self._noting, method)
        return partial(self._noting, partial(self._ask, method, name in _LONG))

    def _noting(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        try:
            answer = call(*given, **named)
        except XnatUnreachable as error:
            if error.retryable:  # a certificate that is not trusted is no bad weather
                self._run.troubled()
            raise
        self._run.worked()
        return answer

    def _ask(self, method: Callable[..., Any], long: bool, *given: Any, **named: Any) -> Any:
        self._run.check()
        answer: Future[Any] = Future()

        def ask() -> None:
            with _Into(answer):
                answer.set_result(method(*given, **named))

        thread = threading.Thread(target=ask, name="question", daemon=True)
        thread.start()
        begin, told = time.monotonic(), 0
        while True:
            try:
                return answer.result(timeout=_LOOK)
            except NotYet:
                if answer.done():
                    raise  # the call itself timed out on something
            waited = int(time.monotonic() - begin)
            if long and waited > told:
                told = waited
                self._run.tools.news.working(self._run.job.id, waited)
            if self._run.stopped():
                self._run.given_up.append(thread)
                self._run.check()


class _Into:
    """Hands whatever is raised inside to the one who waits for an answer."""

    def __init__(self, answer: Future[Any]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._answer.set_exception(error)
        return True
