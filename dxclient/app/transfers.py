"""The transfer queue, wired to plugins, settings and connections."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from dxclient import __version__
from dxclient.anonymize import check_plan
from dxclient.anonymize.memory import return_large_blocks
from dxclient.app.language import function_versions, script_functions
from dxclient.app.planning import UploadPlan
from dxclient.domain.errors import Cancelled, SettingsError
from dxclient.domain.events import Event
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import JobState, PackedPart, PartRequest, Receipt, UploadJob, UploadTarget
from dxclient.domain.plan import PluginVersion
from dxclient.domain.preferences import SettingsView
from dxclient.domain.protocols import Importer
from dxclient.plugin import PluginHost
from dxclient.transfer import QueueLock, Store, TransferOptions, TransferService
from dxclient.transfer.weather import Weather

MIB = 1024 * 1024
#: Seconds for work to end when the queue closes.
_GRACE = 10.0


@contextmanager
def make_transfers(
    home: Path,
    host: PluginHost,
    settings: SettingsView,
    *,
    pack: Callable[[PartRequest], PackedPart],
    importer_for: Callable[[UploadTarget], Importer],
    weather: Weather | None = None,
    publish: Callable[[Event], None],
) -> Iterator[TransferService]:
    """Open the queue of this machine for as long as the context lasts.

    Raises
    ------
    AlreadyRunning
        Another dxclient works on the same queue.
    """
    return_large_blocks()
    with ExitStack() as held:
        held.enter_context(QueueLock(home / "queue.lock"))
        store = Store(home / "queue.sqlite")
        held.callback(store.close)
        workers = held.enter_context(_Workers(host, settings))
        service = TransferService(
            store,
            pack=pack,
            executor=workers.get,
            importer_for=importer_for,
            verify_part=_Verifier(host),
            on_event=publish,
            on_receipt=_told(host),
            on_changed=_changed(host),
            current_plugins=partial(taking_part, host, settings),
            options=_options(settings),
            weather=weather,
        )
        try:
            yield service
        finally:
            if not service.stop(_GRACE):
                # Something still writes: the system takes lock and file when the process ends.
                workers.close()
                held.pop_all()


def taking_part(
    host: PluginHost, settings: SettingsView | None = None
) -> tuple[PluginVersion, ...]:
    """What may be named in a plan: plugins, and functions of the script language."""
    return (*host.versions(), *function_versions(script_functions(host, settings)))


def warmed(
    plan: UploadPlan,
    service: TransferService | None,
    host: PluginHost,
    settings: Callable[[], SettingsView],
) -> UploadPlan:
    """Let the processes start and read the scripts, while a person still looks at a plan.

    Where no queue is open nothing happens: somebody only asks.
    """
    if service is not None and not plan.stops:
        functions = script_functions(host, settings())
        service.warm(plan.request, partial(check_plan, plan.request.plan, functions=functions))
    return plan


class _Workers:
    """The pool that anonymizes: made when first needed, made anew when it broke."""

    def __init__(self, host: PluginHost, settings: SettingsView) -> None:
        self._host = host
        self._settings = settings
        self._pool: Executor | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what waits, and give no pool any more."""
        with self._lock:
            self._closed = True
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)

    def get(self) -> Executor:
        """Give the pool, a new one where a process of the old one died.

        Raises
        ------
        Cancelled
            The program ends; a straggler gets no new processes.
        SettingsError
            No extension offers a pool.
        """
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._pool is None or not _works(self._pool):
                self._pool = self._host.first("dxclient_executor", settings=self._settings)
            if self._pool is None:
                raise SettingsError("No extension offers a place to anonymize files in.")
            return self._pool


def _works(pool: Executor) -> bool:
    """Whether a pool still takes work; a broken one says so at once."""
    try:
        pool.submit(int)
    except RuntimeError:
        return False
    return True


class _Verifier:
    """Asks the output guards about a part."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host

    def __call__(self, part: PackedPart, job: UploadJob) -> Sequence[Finding]:
        answers = self._host.strict("dxclient_verify_output", part=part, job=job)
        return [replace(f, source=plugin) for plugin, found in answers for f in found]


def _told(host: PluginHost) -> Callable[[Receipt], None]:
    return lambda receipt: host.notify("dxclient_session_uploaded", receipt=receipt)


def _changed(host: PluginHost) -> Callable[[UploadJob, JobState], None]:
    return lambda job, previous: host.notify("dxclient_job_changed", job=job, previous=previous)


def _options(settings: SettingsView) -> TransferOptions:
    # One number sets the pace: what looks at the server again is as patient as what sends again.
    pause = float(settings.text("transfer.retry_base"))
    return TransferOptions(
        parts_in_flight=settings.number("transfer.parts_in_flight"),
        workers=settings.number("transfer.workers") or min(4, os.cpu_count() or 1),
        part_size=settings.number("transfer.part_size") * MIB,
        jobs_at_once=settings.number("transfer.sessions_at_once"),
        retry_base=pause,
        count_pause=pause,
        poll_base=pause / 2,
        client=f"dxclient {__version__}",
    )
