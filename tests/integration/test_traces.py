"""What an upload writes on this machine, and what it does not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dxclient.demo import DemoServer
from tests.helpers.program import Program
from tests.integration.test_durability import big_session

OPENED = re.compile(r'open(?:at|at2)?\((?:AT_FDCWD|\d+)?,? ?"(?P<path>[^"]+)", (?P<flags>[^,)]+)')
WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT")


def written(trace: str) -> set[str]:
    """Paths that were opened for writing."""
    found = (match for match in OPENED.finditer(trace))
    return {m["path"] for m in found if any(flag in m["flags"] for flag in WRITES)}


def allowed(path: str, home: Path) -> bool:
    """Queue, settings, log and receipt; and devices and semaphores, which keep nothing."""
    inside = str(home)
    return path.startswith((inside, "/dev/", "/proc/")) or "__pycache__" in path


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_an_upload_writes_nothing_but_its_own_home(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    folder = tmp_path / "disk"
    big_session(folder, 12)
    log = tmp_path / "trace"
    words = ("upload", folder, "--server", server.url, "--project", "SCRIPTS")
    labels = ("--subject", "S1", "--session", "S1_MR_1", "--yes")
    receipt = program.home / "receipt.json"
    command = program.command(*words, *labels, "--receipt", receipt)
    traced = ["strace", "-f", "-qq", "-e", "trace=open,openat,creat", "-o", str(log), *command]
    ran = subprocess.run(
        traced,
        env=program.environment,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    paths = written(log.read_text(errors="replace"))
    assert any(path.endswith("queue.sqlite") for path in paths)
    assert {path for path in paths if not allowed(path, program.home)} == set()

    for file in program.home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"SECRET" not in content, file.name
            assert b"HOSP-991" not in content, file.name
