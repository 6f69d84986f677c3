"""The client as a process that may be killed, and its queue as another dxclient sees it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dxclient.app.orders import Order, Outcome
from dxclient.app.postbox import hand_over
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.reading import open_to_read
from tests.chaos.server import USER
from tests.chaos.sessions import Wanted
from tests.helpers.program import ROOT

MARK = "DXCLIENT_CHAOS"


@dataclass
class Accepted:
    """How long a part was seen as accepted in the queue, in seconds since the epoch."""

    job: str
    number: int
    sha256: str
    resent: int  # how often parts of its job were sent again because somebody wanted it
    since: float
    until: float = field(default=0.0)


class ClientProcess:
    """The program, its home, its temporary folder and the folder it is started in.

    Parameters
    ----------
    folder : pathlib.Path
        For all of these.
    url : str
        The server's address.
    password : str
    """

    def __init__(self, folder: Path, url: str, password: str) -> None:
        self.home = folder / "home"
        self.temporary, self.elsewhere = folder / "tmp", folder / "user"
        for one in (self.home, self.temporary, self.elsewhere):
            one.mkdir(parents=True)
        self.home.chmod(0o700)
        self.mark = folder.name + os.urandom(4).hex()
        self.url = url
        self._errors = folder / "errors"
        self._environment = {
            **os.environ,
            "DXCLIENT_HOME": str(self.home),
            "DXCLIENT_USER": USER,
            "DXCLIENT_PASSWORD": password,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.temporary),
            "HOME": str(self.elsewhere),
            MARK: self.mark,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        #: Seconds that the longest polite end took.
        self.slowest_end = 0.0

    # the process -----------------------------------------------------------------------

    def start(self, *words: str) -> None:
        """Start the program; by default it works on the queue until it is ended."""
        self._started = time.monotonic()
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.program", *(words or _FOR_EVER)],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                cwd=self.elsewhere,
            )

    def queue(self, sessions: Sequence[Wanted]) -> None:
        """Start putting sessions into the queue."""
        plan = self.home.parent / "plan.json"
        facts = [
            {
                "folder": str(one.folder),
                "project": one.project,
                "subject": one.subject,
                "label": one.label,
            }
            for one in sessions
        ]
        plan.write_text(json.dumps({"server": self.url, "sessions": facts}), "utf-8")
        self.start("queue", str(plan))

    def wait(self, seconds: float) -> int | None:
        """Wait for the end; None when it does not come."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it without a word."""
        self._end("kill")

    def stop(self) -> None:
        """End it as Ctrl+C does, or the end of a session of the desktop."""
        self._end("interrupt")

    def _end(self, how: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if how == "kill":
            process.kill()
        else:
            begun = time.monotonic()
            process.send_signal(2)
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            self.slowest_end = max(self.slowest_end, time.monotonic() - begun)
            process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()

    def left(self, seconds: float = 5) -> list[int]:
        """Processes of this program that are still there after its end."""
        until = time.monotonic() + seconds
        while found := [pid for pid in _processes() if self._ours(pid)]:
            if time.monotonic() > until:
                return found
            time.sleep(0.05)
        return []

    def _ours(self, pid: int) -> bool:
        with suppress(OSError):
            return f"{MARK}={self.mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False

    def errors(self) -> str:
        """What it printed, which holds nothing of a patient."""
        return self._errors.read_text("utf-8", "replace")

    # its queue -------------------------------------------------------------------------

    def order(self, *orders: Order) -> tuple[Outcome, ...]:
        """Have the process do something, as `dxclient transfers` does; nothing if it is busy."""
        with suppress(DxError, OSError, ValueError):
            return hand_over(self.home, orders, patience=1)
        return ()

    def discarding(self) -> int:
        """How many cancelled uploads still have something on the server to be removed."""
        with suppress(sqlite3.Error), sqlite3.connect(self.home / "queue.sqlite") as db:
            (number,) = db.execute("SELECT count(*) FROM job WHERE discard").fetchone()
            return int(number)
        return 1

    def look(self, *, at_rest: bool = False) -> Look:
        """The queue at one moment."""
        store = open_to_read(self.home / "queue.sqlite")
        if store is None:
            return Look()
        try:
            db = store.connection()
            db.execute("BEGIN")
            jobs = store.jobs()
            broken = {one.id: broken_rules(store, one.id, at_rest=at_rest) for one in jobs}
            broken = {job: (*rules, _rows(db, job)) for job, rules in broken.items() if rules}
            parts = db.execute(
                "SELECT part.job, number, sha256, resent FROM part JOIN job ON job.id = part.job "
                "WHERE part.state = 'accepted' AND sent_files > 0 AND job.state <> 'cancelled'"
            ).fetchall()
            db.execute("COMMIT")
        except sqlite3.Error:
            return Look()
        finally:
            store.close()
        return Look(jobs, broken, parts)


_FOR_EVER = ("transfers", "run", "--for-ever")


@dataclass(frozen=True)
class Look:
    """What another dxclient sees of the queue."""

    jobs: tuple[UploadJob, ...] = ()
    broken: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Sequence[tuple[str, int, str, int]] = ()

    @property
    def alive(self) -> tuple[UploadJob, ...]:
        """Without those that were cancelled."""
        return tuple(one for one in self.jobs if one.state is not JobState.CANCELLED)


def _rows(db: sqlite3.Connection, job: str) -> str:
    """What is in the queue of a job, in numbers, for whoever has to find out."""
    facts = db.execute(
        "SELECT state, parts_done, parts_total, files_total, resent, commit_begun, discard, "
        "prearchive_url <> '', (SELECT count(*) FROM sent WHERE job = id), "
        "(SELECT count(*) FROM file WHERE job = id) FROM job WHERE id = ?",
        (job,),
    ).fetchone()
    parts = db.execute("SELECT number, state, files, sent_files FROM part WHERE job = ?", (job,))
    return f"{tuple(facts)} {[tuple(part) for part in parts]}"


def _processes() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
