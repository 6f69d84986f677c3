"""The embedded server as a process that may be killed, with a journal of the bodies it got.

The journal is written before and after each import is handled, so it survives any kill, and it
knows a part by the files in its zip, however they were compressed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import requests

from tests.helpers.program import ROOT
from tests.helpers.trouble import free_port

USER = "nurse"
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def contents(body: bytes) -> str:
    """What is in a zip, as a digest; of the body itself where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            text = repr([(one.CRC, one.file_size) for one in archive.infolist()])
    except zipfile.BadZipFile:
        return hashlib.sha256(body).hexdigest()
    return hashlib.sha256(text.encode()).hexdigest()


class Journal:
    """Notes each import in a file, around the application."""

    def __init__(self, inner: Wsgi, path: Path) -> None:
        self._inner = inner
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/services/import"):
            return self._inner(environ, start)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        label = parse_qs(environ.get("QUERY_STRING", "")).get("EXPT_LABEL", [""])[0]
        facts = {"sha256": hashlib.sha256(body).hexdigest(), "key": contents(body), "label": label}
        self._note(event="begin", **facts)

        def started(status: str, headers: Any, *more: Any) -> Any:
            self._note(event="end", status=int(status.split()[0]), **facts)
            return start(status, headers, *more)

        return self._inner(environ, started)

    def _note(self, **facts: object) -> None:
        self._file.write(json.dumps({"time": time.time(), **facts}) + "\n")


def main() -> int:
    """Serve until standard input ends, which is when whoever started this is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--password")
    parser.add_argument("--site-script", action="store_true")
    given = parser.parse_args()

    import dxclient.demo.server as module

    plain = module.make_app

    def make_app(demo: Any) -> Any:
        demo.state.run("UPDATE users SET password = ? WHERE login = ?", given.password, USER)
        app = plain(demo)
        app.wsgi_app = Journal(app.wsgi_app, given.folder / "journal")  # type: ignore[method-assign]
        return app

    module.make_app = make_app
    with module.DemoServer(given.folder, given.port, site_script=given.site_script):
        sys.stdin.read()
    return 0


class ServerProcess:
    """The server, from outside.

    Parameters
    ----------
    folder : pathlib.Path
        Its state, which survives kills.
    password : str
        Of the user "nurse".
    """

    def __init__(self, folder: Path, password: str, *, site_script: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._words = ["--folder", str(folder), "--port", str(self.port), "--password", password]
        self._words += ["--site-script"] * site_script
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "errors").open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.server", *self._words],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                cwd=ROOT,
            )
        until = time.monotonic() + 60
        while True:
            try:
                requests.get(f"{self.url}/demo/faults", timeout=5)
            except requests.ConnectionError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def journal(self) -> list[dict[str, Any]]:
        """All imports that ever began or ended."""
        path = self.folder / "journal"
        if not path.exists():
            return []
        # A kill may leave half a line.
        lines = [line for line in path.read_text("utf-8").split("\n") if line.endswith("}")]
        return [json.loads(line) for line in lines]

    def errors(self) -> str:
        """What the server printed: nothing, where all is well."""
        return (self.folder / "errors").read_text("utf-8", "replace")

    def stored(self) -> list[dict[str, Any]]:
        """All files, in prearchive and archive."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/demo/stored", timeout=60).json()
        return found

    def remove(self, project: str, label: str) -> None:
        """Remove a session from the prearchive, as its administrator."""
        admin = ("admin", "admin")
        place = f"{self.url}/data/prearchive/projects/{project}"
        rows = requests.get(f"{place}?format=json", auth=admin, timeout=30).json()
        for row in rows["ResultSet"]["Result"]:
            if row["name"] == label:
                requests.delete(f"{self.url}/data{row['url']}", auth=admin, timeout=30)


if __name__ == "__main__":
    sys.exit(main())
