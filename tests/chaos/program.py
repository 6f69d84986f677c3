"""The real program, with numbers that fit a test: short waits and small parts.

``python -m tests.chaos.program WORDS…`` is ``dxclient WORDS…``; ``queue FILE`` puts the sessions
of a JSON file into the queue, those that are not there already, through `dxclient.app`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

PART_SIZE = 96 * 1024


def hurry() -> None:
    """Make everything wait shortly."""
    from dxclient.app import connections, transfers
    from dxclient.transfer.options import TransferOptions
    from dxclient.transfer.weather import Weather, WeatherOptions
    from dxclient.xnat import Timeouts, connect

    times = Timeouts(
        connect=2, stall=3, read=3, send=4, commit=5, attempts=2, pause=0.05, heartbeat=1
    )
    looks = WeatherOptions(base=0.1, cap=0.5, probe=5)
    plain = transfers._options

    def options(settings: Any) -> TransferOptions:
        return replace(
            plain(settings),
            part_size=PART_SIZE,
            retry_base=0.1,
            retry_cap=1,
            offline_pause=0.2,
            poll_base=0.05,
            poll_cap=0.5,
            settle_seconds=8,
            count_pause=0.1,
        )

    connections.connect = partial(connect, timeouts=times)  # type: ignore[assignment]
    connections.Weather = partial(Weather, options=looks)  # type: ignore[misc, assignment]
    transfers._options = options


def end_with_parent() -> None:
    """End when standard input does: whoever started this is gone then."""

    def wait() -> None:
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def queue(path: Path) -> int:
    """Put sessions into the queue."""
    from dxclient.app import App
    from dxclient.dicom import scan_folders
    from dxclient.domain.draft import UploadDraft
    from dxclient.domain.jobs import JobState
    from dxclient.domain.project import Server

    plan = json.loads(path.read_text("utf-8"))
    with App.open() as app:
        user = os.environ["DXCLIENT_USER"]
        app.log_in(Server(url=plan["server"]), user, os.environ["DXCLIENT_PASSWORD"])
        there = {
            (job.target.project, job.target.session)
            for job in app.transfers.jobs()
            if job.state is not JobState.CANCELLED
        }
        for one in plan["sessions"]:
            if (one["project"], one["label"]) in there:
                continue
            (session,) = scan_folders([Path(one["folder"])]).sessions
            draft = UploadDraft(
                settings=app.project_settings(app.project(one["project"])),
                session=session,
                subject=one["subject"],
                label=one["label"],
                create_subject=True,
            )
            app.submit(draft)
    return 0


def main() -> int:
    """Run the words."""
    end_with_parent()
    hurry()
    words = sys.argv[1:]
    if words[0] == "queue":
        return queue(Path(words[1]))
    from dxclient.cli.main import main as program

    return program(words)


if __name__ == "__main__":
    sys.exit(main())
