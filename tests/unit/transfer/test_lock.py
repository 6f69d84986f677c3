import subprocess
import sys

import pytest

from dxclient.domain.errors import AlreadyRunning
from dxclient.transfer import QueueLock

HOLD = """
import sys, time
from pathlib import Path
from dxclient.transfer.lock import QueueLock
with QueueLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_lock_is_refused_until_the_first_is_given_back(tmp_path):
    path = tmp_path / "new" / "queue.lock"
    with QueueLock(path), pytest.raises(AlreadyRunning, match="Another dxclient"):
        QueueLock(path).acquire()
    with QueueLock(path):
        pass


def test_a_killed_process_gives_its_lock_back(tmp_path):
    path = tmp_path / "queue.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline().strip() == b"held"
            with pytest.raises(AlreadyRunning):
                QueueLock(path).acquire()
        finally:
            other.kill()
    with QueueLock(path):
        pass
