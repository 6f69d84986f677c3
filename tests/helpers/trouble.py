"""What the tests of trouble share: judging failures, and a server behind https."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dxclient.cli.main import main
from tests.helpers.demoserver import received, stored
from tests.helpers.program import Program, Ran

#: What no failure may show: values of the headers that `big_session` writes, credentials as
#: they travel, and the words of a crash.
SECRETS = ("EXAMPLE^SECRET", "HOSP-991", "STUDY-7", "Sesame-93", "bnVyc2U6bnVyc2U=", "Traceback")


class Inside(Program):
    """The command line in this process: for what ends before anything is anonymized."""

    def __init__(
        self, home: Path, server: str, patch: pytest.MonkeyPatch, taken: pytest.CaptureFixture[str]
    ) -> None:
        super().__init__(home, server)
        object.__setattr__(self, "patch", patch)
        object.__setattr__(self, "taken", taken)

    def run(self, *words: object, timeout: float = 0, **extra: str) -> Ran:
        with self.patch.context() as patch:
            for name, value in {**self.environment, **extra}.items():
                patch.setenv(name, value)
            self.taken.readouterr()
            status = main([str(word) for word in words])
            said = self.taken.readouterr()
        return Ran(status, said.out, said.err)


def hasty(program: Program) -> Program:
    """Let the program wait shortly, and send small parts."""
    program.home.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"transfer.retry_base": 0.05, "transfer.part_size": 1})
    (program.home / "settings.json").write_text(text)
    return program


def failed(ran: Ran, *words: str, folder: Path | None = None) -> str:
    """Check that a command failed with a sentence that holds the words; return its details."""
    assert ran.status == 1, (ran.out, ran.err)
    no_secrets(ran, folder)
    said = json.loads(ran.err.strip().splitlines()[-1])
    for word in words:
        assert word in said["error"], said
    assert said["error"][0].isupper() or said["error"][0].isdigit(), said
    return str(said["details"])


def no_secrets(ran: Ran, folder: Path | None = None) -> None:
    """Check that nothing was said that nobody may read over a shoulder."""
    for secret in (*SECRETS, *([str(folder)] if folder else [])):
        assert secret not in ran.out + ran.err, (secret, ran.err)


def confirmed(ran: Ran, url: str, files: int) -> None:
    """Check that an upload was confirmed and each file is on the server once."""
    assert ran.status == 0, ran.err
    no_secrets(ran)
    assert ran.json["confirmed"]
    there = stored(url, ran.json["project"], ran.json["session"])
    assert len(there) == files
    assert len({file["sop_instance_uid"] for file in there}) == files
    assert len({file["path"] for file in there}) == files


def requests_for(url: str, words: str, *, good: bool = False) -> list[dict[str, object]]:
    """Import requests (words "import") or commits ("commit") that the server received."""
    end = {"import": "/services/import", "commit": ""}[words]
    return [
        entry
        for entry in received(url)
        if entry["method"] == "POST"
        and str(entry["path"]).endswith(end)
        and (words == "import" or entry["query"].get("action") == "commit")  # type: ignore[attr-defined]
        and (not good or entry["status"] == 200)
    ]


def jobs(program: Program, action: str = "list", *, status: int = 0) -> list[dict[str, object]]:
    """The queue's jobs, after an action."""
    ran = program.run("transfers", action, "--json")
    assert ran.status == status, ran.err
    no_secrets(ran)
    return list(ran.json)


def set_script(url: str, project: str, text: str) -> None:
    """Replace a project's anonymization script on the server."""
    requests.put(
        f"{url}/data/projects/{project}/config/anon/projects/{project}",
        data=text,
        headers={"Content-Type": "text/plain"},
        auth=("admin", "admin"),
        timeout=30,
    ).raise_for_status()


def free_port() -> int:
    """A port at which nothing answers."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for this machine; return it and its key."""
    cert, key = folder / "server.pem", folder / "server.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@contextlib.contextmanager
def behind_https(url: str, cert: Path, key: Path) -> Iterator[str]:
    """Put TLS in front of a server on this machine; give the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    port = int(url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_welcome, args=(door, context, port), daemon=True).start()
        yield f"https://127.0.0.1:{door.getsockname()[1]}"


def _welcome(door: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            guest, _ = door.accept()
            threading.Thread(target=_serve, args=(guest, context, port), daemon=True).start()


def _serve(guest: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError), guest:
        secure = context.wrap_socket(guest, server_side=True)
        with secure, socket.create_connection(("127.0.0.1", port)) as plain:
            back = threading.Thread(target=_copy, args=(plain, secure), daemon=True)
            back.start()
            _copy(secure, plain)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
