"""No worker outlives a program that was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os, time
from concurrent.futures import wait
from dxclient.dicom.pool import _processes
from dxclient.builtin.processes import _Pool, _begin
from multiprocessing import get_context

if __name__ == "__main__":
    pools = [_processes(2), _Pool(2, mp_context=get_context("spawn"), initializer=_begin)]
    for pool in pools:
        wait([pool.submit(time.sleep, 0.2) for _ in range(4)])
    print(*[pid for pool in pools for pid in pool._processes], flush=True)
    time.sleep(60)
"""


def there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals here")
def test_workers_end_when_their_program_is_killed(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    workers = [int(pid) for pid in program.stdout.readline().split()]
    assert len(workers) >= 2
    assert all(map(there, workers))
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    until = time.monotonic() + 20
    while any(map(there, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    left = [pid for pid in workers if there(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []
