"""A folder that is looked at again and again: which studies in it are there as a whole.

A study is complete when none of its files came, changed or went for a while, and no file beside
it is unfinished. Time is measured from when a change was seen here: the clock of a share may be
another one. Folders are listed anew each time, because what notices changes on this computer
hears nothing of changes that others make on a share.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dxclient.dicom.group import Grouper
from dxclient.dicom.header import Failure, Header
from dxclient.dicom.pool import read_all
from dxclient.domain.dicom import ImageSession, Reason

#: What may be a file that is still written, or a copy that broke off: the study has to wait.
UNFINISHED = frozenset(
    {Reason.TRUNCATED, Reason.DAMAGED, Reason.UNREADABLE, Reason.UNREADABLE_FOLDER}
)


class Stamp(NamedTuple):
    """What tells that a file changed: bytes, and nanoseconds of its last change."""

    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A study that waits for something.

    Parameters
    ----------
    reason : Reason or None
        What is wrong with a file beside it; None while it only arrives.
    files : int
        How many files are unfinished.
    """

    session: ImageSession
    reason: Reason | None = None
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is in the folder now.

    Parameters
    ----------
    unread : int
        Files of which it is not known yet what they are.
    """

    complete: tuple[ImageSession, ...] = ()
    held: tuple[Held, ...] = ()
    unread: int = 0

    @property
    def arriving(self) -> bool:
        """Whether something still changes."""
        return bool(self.unread) or any(one.reason is None for one in self.held)


@dataclass(slots=True)
class _File:
    stamp: Stamp
    changed: float
    found: Header | Failure | None = None

    @property
    def unfinished(self) -> bool:
        return isinstance(self.found, Failure) and self.found.reason in UNFINISHED


class WatchedFolder:
    """Remembers what was seen, so that each header is read once.

    Parameters
    ----------
    quiet : float
        Seconds without a change after which a study is complete.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, root: Path, quiet: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100  (must not resolve links)
        self._quiet = quiet
        self._clock = clock
        self._files: dict[str, _File] = {}
        self._removed: dict[str, float] = {}
        self._sessions: tuple[ImageSession, ...] | None = None

    def look(self, cancelled: Callable[[], bool] = lambda: False) -> Look:
        """List the folder and judge the studies in it.

        Raises
        ------
        OSError
            The folder itself cannot be listed. Nothing is concluded from that: a share that
            went away did not delete its files.
        """
        listing, shut = _listed(self.root)
        now = self._clock()
        self._compare(listing, now)
        self._read(now, cancelled)
        if self._sessions is None:
            self._sessions = self._grouped()
        return self._judge(self._sessions, shut, now)

    def where(self, session: ImageSession) -> str:
        """The folder of a study, as seen from the watched one."""
        paths = [str(file.path) for scan in session.scans for file in scan.files]
        folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120
        return os.path.relpath(os.path.commonpath([*folders]), self.root)

    def _compare(self, listing: Mapping[str, Stamp], now: float) -> None:
        for path in [path for path in self._files if path not in listing]:
            gone = self._files.pop(path)
            self._sessions = None
            if isinstance(gone.found, Header):
                self._removed[gone.found.study_uid] = now
        for path, stamp in listing.items():
            known = self._files.get(path)
            if known is None or known.stamp != stamp:
                if known is not None and isinstance(known.found, Header):
                    self._removed[known.found.study_uid] = now
                self._files[path] = _File(stamp, now)
                self._sessions = None

    def _read(self, now: float, cancelled: Callable[[], bool]) -> None:
        """Read what did not change since the last look, and what was unfinished then."""
        due = [
            path
            for path, file in self._files.items()
            if (file.found is None and (file.changed < now or not self._quiet)) or file.unfinished
        ]
        for path, found in read_all(due, cancelled):
            file = self._files[path]
            if found != file.found:
                file.found, self._sessions = found, None
            if isinstance(found, Header) and Stamp(found.size, found.modified_ns) != file.stamp:
                # It changed between the listing and the reading, or the listing is late.
                file.found, file.changed = None, now

    def _grouped(self) -> tuple[ImageSession, ...]:
        grouper = Grouper()
        for path in sorted(self._files):
            found = self._files[path].found
            if isinstance(found, Header):
                grouper.add(Path(path), found)
        return grouper.sessions()

    def _judge(self, sessions: Sequence[ImageSession], shut: Iterable[str], now: float) -> Look:
        changed, near = self._by_study()
        unfinished = {path: file for path, file in self._files.items() if file.unfinished}
        unread = [path for path, file in self._files.items() if file.found is None]
        fresh = [path for path, file in unfinished.items() if now - file.changed < self._quiet]
        waits = self._beside([*unread, *fresh], near)
        broken = self._beside([*(unfinished.keys() - set(fresh)), *shut], near)
        complete, held = [], []
        for session in sessions:
            uid = session.study_uid
            if waits[uid] or now - changed[uid] < self._quiet:
                held.append(Held(session=session))
            elif paths := broken[uid]:
                held.append(Held(session=session, reason=self._reason(paths[0]), files=len(paths)))
            else:
                complete.append(session)
        return Look(complete=tuple(complete), held=tuple(held), unread=len(unread))

    def _reason(self, path: str) -> Reason:
        known = self._files.get(path)
        found = known.found if known is not None else None
        return found.reason if isinstance(found, Failure) else Reason.UNREADABLE_FOLDER

    def _by_study(self) -> tuple[dict[str, float], dict[str, set[str]]]:
        """When each study changed last, and which studies are in or under each folder."""
        changed = defaultdict(lambda: float("-inf"), self._removed)
        near: dict[str, set[str]] = defaultdict(set)
        for path, file in self._files.items():
            if isinstance(file.found, Header):
                uid = file.found.study_uid
                changed[uid] = max(changed[uid], file.changed)
                near[os.path.dirname(path)].add(uid)  # noqa: PTH120
        for folder in list(near):
            for above in self._above(folder):
                # What lies in the watched folder itself is beside what lies there, not below.
                if above != self.root:
                    near[above] |= near[folder]
        return changed, near

    def _above(self, folder: str) -> Iterator[str]:
        while len(folder) > len(self.root):
            folder = os.path.dirname(folder)  # noqa: PTH120
            yield folder

    def _beside(self, paths: Iterable[str], near: Mapping[str, set[str]]) -> dict[str, list[str]]:
        """Studies that these files may belong to: those in the nearest folder that has any."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            studies = next((near[one] for one in self._above(path) if near.get(one)), set())
            for uid in studies:
                found[uid].append(path)
        return found


def _listed(root: str) -> tuple[dict[str, Stamp], list[str]]:
    """Files with their stamps, and folders that cannot be listed; links to folders are left."""
    files: dict[str, Stamp] = {}
    shut: list[str] = []
    todo = [root]
    while todo:
        folder = todo.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    elif (stamp := _stamp(entry)) is not None:
                        files[entry.path] = stamp
        except FileNotFoundError:
            if folder == root:
                raise
        except OSError:
            if folder == root:
                raise
            shut.append(folder)
    return files, shut


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    """None for what is no file, or went just now."""
    try:
        if not entry.is_file():
            return None
        facts = entry.stat()
    except OSError:
        return None
    return Stamp(facts.st_size, facts.st_mtime_ns)
