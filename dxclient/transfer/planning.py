"""Splitting a session into parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dxclient.domain.jobs import PlannedScan, SourceFile


def plan_parts(
    files: Sequence[SourceFile], scans: Sequence[PlannedScan], part_size: int
) -> tuple[tuple[SourceFile, ...], ...]:
    """Split *files* into parts of at most *part_size* bytes of source.

    Scans come in the order of *scans* and stay together as far as the size lets them; small
    scans share a part. One file larger than *part_size* is a part of its own.
    """
    parts: list[tuple[SourceFile, ...]] = []
    current: list[SourceFile] = []
    filled = 0
    for file in _in_scan_order(files, scans):
        if current and filled + file.size > part_size:
            parts.append(tuple(current))
            current, filled = [], 0
        current.append(file)
        filled += file.size
    if current:
        parts.append(tuple(current))
    return tuple(parts)


def _in_scan_order(files: Iterable[SourceFile], scans: Sequence[PlannedScan]) -> list[SourceFile]:
    place = {scan.series_uid: index for index, scan in enumerate(scans)}
    return sorted(files, key=lambda file: place.get(file.series_uid, len(place)))
