"""List the files under some folders, without being led in circles."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dxclient.domain.dicom import LeftOut, Reason

Key = tuple[int, int]


@dataclass(slots=True)
class Listing:
    """Files to read, as text to keep a hundred thousand of them small, and what was left out.

    `irregular` are entries that count as files seen but cannot be opened as one: pipes, sockets,
    devices, links to nothing.
    """

    files: list[str] = field(default_factory=list)
    irregular: list[LeftOut] = field(default_factory=list)
    folders: list[LeftOut] = field(default_factory=list)


def list_files(roots: Sequence[Path], pulse: Callable[[Listing], bool]) -> Listing:
    """List all files under `roots`; a root may be a file itself.

    Folders behind links are listed after all others, so that a file is named by its real place
    where it has one under the roots. A link to a folder that was listed already, or to one that
    holds a root, is a loop and is not followed.

    Parameters
    ----------
    pulse : callable
        Called after each folder with what was found so far; True ends the listing.
    """
    return _Walk(roots).run(pulse)


class _Walk:
    def __init__(self, roots: Sequence[Path]) -> None:
        self.found = Listing()
        self.seen: set[Key] = set()
        self.roots: set[Key] = set()
        self.above: set[Key] = set()
        self.single: set[str] = set()
        self.folders: deque[str] = deque()
        self.links: deque[str] = deque()
        for root in roots:
            self._add_root(os.path.abspath(root))  # noqa: PTH100  (must not resolve links)

    def _add_root(self, root: str) -> None:
        try:
            facts = os.stat(root)  # noqa: PTH116  (text in, no Path per file)
        except OSError as error:
            self._irregular(root, _why(error))
            return
        if not stat.S_ISDIR(facts.st_mode):
            if root not in self.single:
                self.single.add(root)
                self._file(root, stat.S_ISREG(facts.st_mode))
            return
        if (facts.st_dev, facts.st_ino) not in self.roots:
            self.roots.add((facts.st_dev, facts.st_ino))
            self.above.update(_above(root))
            self.folders.append(root)

    def run(self, pulse: Callable[[Listing], bool]) -> Listing:
        starts = set(self.folders)
        while self.folders or self.links:
            if self.folders:
                folder = self.folders.popleft()
                self._folder(folder, linked=False, root=folder in starts)
            else:
                self._folder(self.links.popleft(), linked=True, root=False)
            if pulse(self.found):
                break
        return self.found

    def _folder(self, folder: str, *, linked: bool, root: bool) -> None:
        try:
            facts = os.stat(folder)  # noqa: PTH116
            key = (facts.st_dev, facts.st_ino)
            if not self._is_new(key, folder, linked=linked, root=root):
                return
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._left(folder, Reason.UNREADABLE_FOLDER, _why(error))
            return
        for entry in listed:
            self._entry(entry)

    def _is_new(self, key: Key, folder: str, *, linked: bool, root: bool) -> bool:
        if key not in self.seen and not (linked and key in self.above):
            self.seen.add(key)
            return True
        # A root inside another root is no loop, it was only named twice.
        if linked or not (root or key in self.roots):
            self._left(folder, Reason.LINK_LOOP)
        return False

    def _entry(self, entry: os.DirEntry[str]) -> None:
        try:
            if entry.is_dir(follow_symlinks=False):
                self.folders.append(entry.path)
            elif entry.is_symlink() and entry.is_dir():
                self.links.append(entry.path)
            elif entry.path not in self.single:
                self._file(entry.path, entry.is_file())
        except OSError as error:
            self._irregular(entry.path, _why(error))

    def _file(self, path: str, regular: bool) -> None:
        if regular:
            self.found.files.append(path)
        else:
            self._irregular(path, "not a regular file")

    def _irregular(self, path: str, detail: str) -> None:
        reason = Reason.UNREADABLE
        self.found.irregular.append(LeftOut(path=Path(path), reason=reason, detail=detail))

    def _left(self, folder: str, reason: Reason, detail: str = "") -> None:
        self.found.folders.append(LeftOut(path=Path(folder), reason=reason, detail=detail))


def _above(root: str) -> Iterator[Key]:
    """Keys of the folders that hold `root`."""
    for parent in Path(os.path.realpath(root)).parents:
        try:
            facts = parent.stat()
        except OSError:
            continue
        yield facts.st_dev, facts.st_ino


def _why(error: OSError) -> str:
    """The system's words, without the path that str(error) would carry."""
    return error.strerror or type(error).__name__
