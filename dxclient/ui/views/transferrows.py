"""The rows of the list of uploads, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dxclient.domain.jobs import UploadJob
from dxclient.ui import words
from dxclient.ui.board import Group, JobBoard, group_of
from dxclient.ui.transferwords import LOOKS, host, state_words
from dxclient.ui.widgets.table import Column, Row

#: Rows that are made in one go, so that the window goes on answering.
SLICE = 250
COLUMNS = (
    Column("session", "Session", 12),
    Column("project", "Project", 8),
    Column("server", "Server", 14),
    Column("state", "State", 14, stretch=True),
    Column("progress", "Progress", 11.5),
    Column("files", "Files", 8, "e"),
    Column("speed", "Speed", 6, "e"),
    Column("left", "Time left", 6, "e"),
)


def columns_for(jobs: Iterable[UploadJob]) -> tuple[str, ...]:
    """Server and user are shown only where there are several."""
    several = len({(job.target.server, job.target.user) for job in jobs}) > 1
    return tuple(column.id for column in COLUMNS if several or column.id != "server")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is to show; empty texts ask for everything.

    Parameters
    ----------
    state : str
        The words of a state.
    project : str
        Its id.
    """

    group: Group | None = None
    state: str = ""
    project: str = ""

    def holds(self, job: UploadJob) -> bool:
        """Whether an upload is asked for."""
        return (
            (self.group is None or group_of(job) is self.group)
            and (not self.state or job.state.value == self.state)
            and (not self.project or job.target.project == self.project)
        )


class Rows:
    """Makes rows; those of uploads that did not change are kept."""

    def __init__(self, board: JobBoard) -> None:
        self._board = board
        self._kept: dict[str, tuple[UploadJob, Row]] = {}

    def some(self, jobs: Iterable[UploadJob]) -> tuple[list[Row], bool]:
        """The rows of these uploads, up to the slice of new ones that may be made in one go.

        Returns
        -------
        tuple
            The rows, and whether there are more.
        """
        rows: list[Row] = []
        new = 0
        for job in jobs:
            new += job.id not in self._kept
            if new > SLICE:
                return rows, True
            rows.append(self.of(job))
        return rows, False

    def of(self, job: UploadJob) -> Row:
        """The row of an upload."""
        kept = self._kept.get(job.id)
        speed = self._board.speed(job)
        if kept is not None and kept[0] is job and not speed:
            return kept[1]
        row = _row(job, speed, self._board.seconds_left(job))
        self._kept[job.id] = (job, row)
        return row


def _row(job: UploadJob, speed: float, left: float) -> Row:
    target, tone = job.target, LOOKS[job.state].tone
    share = job.bytes_sent / job.bytes_total if job.bytes_total else 0
    server = f"{host(target.server)} · {target.user}"
    bold = group_of(job) is Group.NEEDS_YOU
    return Row(
        job.id,
        (
            target.session,
            target.project,
            server,
            state_words(job),
            words.bar(job.bytes_sent, job.bytes_total),
            f"{job.files_sent:,} of {job.files_total:,}",
            f"{words.size(speed)}/s" if speed else "",
            words.duration(left) if left else "",
        ),
        tuple(tag for tag in (tone, "bold" if bold else "") if tag),
        (
            target.session.casefold(),
            target.project.casefold(),
            server,
            job.state.value,
            share,
            job.files_total,
            speed,
            left,
        ),
    )
