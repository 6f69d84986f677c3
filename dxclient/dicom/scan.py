"""From folders to image sessions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dxclient.dicom.group import Grouper
from dxclient.dicom.header import Failure, Header
from dxclient.dicom.pool import read_all
from dxclient.dicom.walk import Listing, list_files
from dxclient.domain.dicom import FolderReport, ScanProgress

_REPORT_EVERY = 0.1  # seconds


def scan_folders(
    roots: Sequence[Path],
    *,
    on_progress: Callable[[ScanProgress], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    workers: int | None = None,
) -> FolderReport:
    """Find the image sessions in files and folders, reading headers only.

    Each file seen is in a session or in `left_out` with its reason; folders that were not entered
    are in `left_out` too, and not counted. Nothing is written, links are never followed in circles.

    Parameters
    ----------
    roots : sequence of Path
        Folders or single files.
    on_progress : callable, optional
        Called on this thread, about ten times a second and at the end.
    cancelled : callable, optional
        Asked on this thread many times a second; True ends the reading, and what was read so
        far is reported.
    workers : int, optional
        Processes to read with; 1 for none; by default as many as pay for what is there.
    """
    run = _Run(on_progress or (lambda progress: None), cancelled)
    listing = list_files(roots, run.listing)
    for path, found in [] if run.stop else read_all(listing.files, run.asked, workers):
        run.take(path, found, len(listing.files))
    return run.report(tuple(roots), listing)


class _Run:
    """State of one scan: counts for the progress, and whether to stop."""

    def __init__(
        self, on_progress: Callable[[ScanProgress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.on_progress, self.cancelled = on_progress, cancelled
        self.grouper = Grouper()
        self.stop = False
        self.read = self.size = 0
        self.told = 0.0
        self.folder = ""
        self.folder_path = Path()

    def asked(self) -> bool:
        """Ask whether to stop, and remember a yes."""
        self.stop = self.stop or self.cancelled()
        return self.stop

    def listing(self, found: Listing) -> bool:
        """Tell how many files are listed; runs after each folder."""
        if self._due():
            self.on_progress(ScanProgress(files=len(found.files), left_out=len(found.irregular)))
        return self.asked()

    def take(self, path: str, found: Header | Failure, total: int) -> None:
        """Take in one file that was read."""
        folder, name = os.path.split(path)
        if folder != self.folder:
            self.folder, self.folder_path = folder, Path(folder)
        self.grouper.add(self.folder_path / name, found)
        self.read += 1
        self.size += found.size
        if self._due():
            self._tell(total)

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self.told < _REPORT_EVERY:
            return False
        self.told = now
        return True

    def _tell(self, total: int) -> None:
        self.on_progress(
            ScanProgress(
                files=self.read,
                total=total,
                sessions=self.grouper.session_count,
                left_out=len(self.grouper.left_out),
                size=self.size,
                folder=self.folder,
            )
        )

    def report(self, roots: tuple[Path, ...], listing: Listing) -> FolderReport:
        """Make the report, and tell the progress a last time."""
        left_out = (*listing.folders, *listing.irregular, *self.grouper.left_out)
        sessions = self.grouper.sessions()
        self._tell(len(listing.files))
        return FolderReport(
            roots=roots,
            sessions=sessions,
            left_out=tuple(sorted(left_out, key=lambda left: str(left.path))),
            files_seen=self.read + len(listing.irregular),
            cancelled=self.stop,
        )
