"""Running the program as its user does: the command line in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """The program with a home of its own, for one user of one server."""

    home: Path
    server: str = ""
    user: str = "nurse"

    @property
    def environment(self) -> dict[str, str]:
        """Home, credentials, and no keychain of the machine."""
        return {
            **os.environ,
            "DXCLIENT_HOME": str(self.home),
            "DXCLIENT_USER": self.user,
            "DXCLIENT_PASSWORD": self.user,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "COLUMNS": "200",
        }

    def command(self, *words: object) -> list[str]:
        """The command line."""
        return [sys.executable, "-m", "dxclient", *map(str, words)]

    def run(self, *words: object, timeout: float = 240, **extra: str) -> Ran:
        """Run a command to its end."""
        done = subprocess.run(
            self.command(*words),
            env={**self.environment, **extra},
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *words: object, **extra: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            self.command(*words),
            env={**self.environment, **extra},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
        )

    def upload(self, folder: Path, project: str, *more: object, **extra: str) -> Ran:
        """Upload one session and get its receipt as JSON."""
        words = ("upload", folder, "--server", self.server, "--project", project)
        return self.run(*words, "--yes", "--json", *more, **extra)
