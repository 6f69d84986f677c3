"""The program that the crash test kills: sends what is queued to a server kept in a file."""

import sys
from dataclasses import replace
from pathlib import Path

from dxclient.transfer import QueueLock
from tests.unit.transfer.fakes import QUICK, Bench, FakeXnat


def main(folder: Path) -> None:
    """Work until everything is over."""
    with QueueLock(folder / "queue" / "uploads.lock"):
        xnat = FakeXnat(
            path=str(folder / "server.db"),
            archives=True,
            chunk=20,
            chunk_seconds=0.01,
            commit_seconds=0.03,
        )
        bench = Bench(folder, xnat, options=replace(QUICK, settle_tries=50))
        print("running", flush=True)
        bench.service.run_until_idle()
        bench.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
