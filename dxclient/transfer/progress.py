"""How far jobs are, between two parts; never jumps back while the program runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from dxclient.domain.jobs import JobState, UploadJob
from dxclient.transfer.store import Store


@dataclass(frozen=True, slots=True)
class ScanSent:
    """Files of one scan that are through."""

    series_uid: str
    files_sent: int
    files_total: int


class Progress:
    """Shares of the parts on the wire, on top of what the store knows.

    Bytes of a body say how far its part is; they are translated to bytes of source, so that
    the sum ends at the job's `bytes_total` however well the files were packed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._on_wire: dict[str, dict[int, float]] = {}
        self._best: dict[str, int] = {}
        self._best_scan: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def sending(self, job_id: str, number: int, share: float) -> None:
        """A part is *share* (0 to 1) on its way."""
        with self._lock:
            self._on_wire.setdefault(job_id, {})[number] = min(max(share, 0.0), 1.0)

    def done(self, job_id: str, number: int) -> None:
        """A part is through, or its sending ended; the store knows the rest."""
        with self._lock:
            self._on_wire.get(job_id, {}).pop(number, None)

    def forget(self, job_id: str) -> None:
        """Begin at nothing again, for a job that starts over or is over."""
        with self._lock:
            self._on_wire.pop(job_id, None)
            self._best.pop(job_id, None)
            for key in [key for key in self._best_scan if key[0] == job_id]:
                del self._best_scan[key]

    def overlay(self, job: UploadJob) -> UploadJob:
        """The job with the bytes on the wire counted in."""
        with self._lock:
            on_wire = dict(self._on_wire.get(job.id, {}))
            best = self._best.get(job.id, 0)
        if not on_wire and best <= job.bytes_sent:
            return job
        sizes = self._store.part_sizes(job.id) if on_wire else {}
        moving = sum(int(share * sizes.get(number, 0)) for number, share in on_wire.items())
        with self._lock:
            best = max(best, min(job.bytes_sent + moving, job.bytes_total))
            self._best[job.id] = best
        return replace(job, bytes_sent=best)

    def scans(self, job: UploadJob) -> tuple[ScanSent, ...]:
        """Files per scan that are through, those on the wire counted by their share."""
        if job.state is JobState.CONFIRMED:
            return tuple(ScanSent(scan.series_uid, scan.files, scan.files) for scan in job.scans)
        sent = {scan.series_uid: 0 for scan in job.scans}
        total = dict(sent)
        with self._lock:
            on_wire = dict(self._on_wire.get(job.id, {}))
        for number, series, files, done in self._store.shares(job.id):
            share = 1.0 if done else on_wire.get(number, 0.0)
            sent[series] = sent.get(series, 0) + int(files * share)
            total[series] = total.get(series, 0) + files
        return tuple(
            ScanSent(series, self._clamp(job.id, series, files), total[series])
            for series, files in sent.items()
        )

    def _clamp(self, job_id: str, series: str, files: int) -> int:
        with self._lock:
            best = max(files, self._best_scan.get((job_id, series), 0))
            self._best_scan[job_id, series] = best
            return best
