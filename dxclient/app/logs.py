"""The log of the program: a few small files of its owner, free of patient data."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from dxclient import __version__
from dxclient.app.logwords import OURS, Line, OnlyOurs, Words
from dxclient.domain.events import Event, JobChanged, LoginNeeded
from dxclient.domain.jobs import JobState
from dxclient.plugin import PluginHost, hook_specs

#: The newest file; older ones have numbers behind it.
NAME = "dxclient.log"
#: All files together are at most five times this.
MOST_BYTES = 1_000_000
_OLDER = 4
_KEY = "key"
_log = logging.getLogger(__name__)


def log_folder(home: Path) -> Path:
    """Where the log of a program lies."""
    return home / "logs"


def log_files(home: Path) -> tuple[Path, ...]:
    """Files of the log that there are, the newest first."""
    names = (NAME, *(f"{NAME}.{number}" for number in range(1, _OLDER + 1)))
    return tuple(path for name in names if (path := log_folder(home) / name).is_file())


def words_for(home: Path, known: Iterable[str] = ()) -> Words:
    """What turns values into hashes, with the key of this installation.

    The key stays here when a log is sent away. Where it cannot be kept, one is made for this run.
    """
    path = log_folder(home) / _KEY
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        if len(key := path.read_bytes()) == 32:
            return Words(key, frozenset(known))
    return Words(secrets.token_bytes(32), frozenset(known))


class LogFile(RotatingFileHandler):
    """Writes for the owner only, begins a new file in time, and is never the cause of trouble."""

    def __init__(self, path: Path, words: Words) -> None:
        super().__init__(
            path, maxBytes=MOST_BYTES, backupCount=_OLDER, encoding="utf-8", delay=True
        )
        self.setFormatter(Line(words))
        self.addFilter(OnlyOurs())

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if os.name == "posix":
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        return TextIOWrapper(os.fdopen(handle, "ab"), "utf-8", errors="backslashreplace")

    def doRollover(self) -> None:  # noqa: N802 - the name of the base class
        """Begin a new file; on Windows not while another program has the old one open."""
        with contextlib.suppress(OSError):
            super().doRollover()
        if self.stream is None:
            self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - as above
        """A full disk or a missing folder must not stop an upload, nor print what was logged."""


def open_screen(home: Path) -> logging.Handler:
    """The same lines on a terminal."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line(words_for(home, [__version__, platform.system()])))
    handler.addFilter(OnlyOurs())
    return handler


@contextlib.contextmanager
def logging_to(handler: logging.Handler) -> Iterator[None]:
    """Let our own log go to a handler for as long as the context lasts."""
    logger = logging.getLogger(OURS)
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        if not logger.handlers:
            logger.setLevel(before)
        handler.close()


@contextlib.contextmanager
def keep_log(home: Path, host: PluginHost) -> Iterator[Journal]:
    """Write the log of a program into its home for as long as the context lasts.

    Yields
    ------
    Journal
        To be told of events.
    """
    plugins = host.versions()
    known = [*(p.name for p in plugins), *(p.version for p in plugins), __version__]
    known += [spec.name for spec in hook_specs()]
    system, version = platform.system(), platform.python_version()
    with logging_to(LogFile(log_folder(home) / NAME, words_for(home, [*known, system, version]))):
        _log.info("program opened", extra={"version": __version__, "system": system})
        yield Journal()
        for failure in host.failures:
            _log.warning("plugin failed", extra={"plugin": failure.plugin, "hook": failure.hook})
        _log.info("program closed")


class Journal:
    """Writes down where uploads go from state to state."""

    def __init__(self) -> None:
        self._states: dict[str, JobState] = {}

    def __call__(self, event: Event) -> None:
        """Take note of an event; called on worker threads."""
        if isinstance(event, JobChanged):
            self._changed(event)
        elif isinstance(event, LoginNeeded):
            _log.info("login needed", extra={"server": event.server, "user": event.user})

    def _changed(self, event: JobChanged) -> None:
        job = event.job
        before = self._states.get(job.id)
        if job.state is before:
            return
        self._states[job.id] = job.state
        _log.info(
            "job changed",
            extra={
                "job": job.id,
                "state": job.state,
                "before": before,
                "attempt": job.attempts,
                "files": job.files_sent,
                "bytes": job.bytes_sent,
                "server": job.target.server,
            },
        )
