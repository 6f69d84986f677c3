import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from dxclient.domain.jobs import JobState
from dxclient.domain.project import Destination
from dxclient.transfer import Store
from dxclient.transfer.planning import plan_parts
from tests.unit.transfer.fakes import FakeXnat, make_request

ROOT = Path(__file__).parents[3]
CHILD = [sys.executable, "-m", "tests.unit.transfer.crash_child"]


def queue_jobs(folder, number):
    store = Store(folder / "queue" / "uploads.db")
    for index in range(number):
        request = make_request(
            folder, {"1": 6, "2": 5}, session=f"E{index}", destination=Destination.ARCHIVE
        )
        store.add(request, plan_parts(request.files, request.scans, 200), time.time())
    store.close()


def run_and_kill(folder, seconds):
    """Run the program; kill it after *seconds* of work. Says whether it ended by itself."""
    with subprocess.Popen([*CHILD, folder], cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline().strip() == b"running"
        try:
            return child.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            child.kill()
            return False


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_everything_arrives_exactly_once(tmp_path, seed):
    chance = random.Random(seed)
    queue_jobs(tmp_path, 3)
    kills = 0
    while not run_and_kill(tmp_path, chance.uniform(0.01, 0.12) if kills < 8 else 60):
        kills += 1
    assert kills >= 2, "the program was hardly killed in the middle"
    store = Store(tmp_path / "queue" / "uploads.db")
    jobs = store.jobs()
    assert [job.state for job in jobs] == [JobState.CONFIRMED] * 3
    assert all(store.receipt(job.id).confirmed for job in jobs)
    store.close()
    xnat = FakeXnat(path=str(tmp_path / "server.db"))
    assert sorted(xnat.rows()) == [(f"E{index}", "ARCHIVED") for index in range(3)]
    assert len(xnat.stored()) == 33
    # Never committed twice, and never a part sent into a committed session.
    assert Counter(what.split()[-1] for what in xnat.commits()) == {"RECEIVING": 3}
    # Three parts of two files at most are on their way when it is killed.
    again = [times for *_, times in xnat.stored() if times > 1]
    assert sum(times - 1 for times in again) <= kills * 6, "accepted parts were sent again"
