"""Trying the program: an embedded server, sample sessions, and a home of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dxclient.app.program import App
from dxclient.demo import DemoServer, make_samples
from dxclient.domain.project import Server

#: Members of the demo's projects; the passwords are their names, and only work on loopback.
USER = "nurse"


@dataclass(frozen=True, slots=True)
class Trial:
    """A running trial: where the server is, where the samples lie, what the server stored."""

    url: str
    user: str
    samples: Path
    stored: Path


@contextmanager
def trial(folder: Path, port: int = 0) -> Iterator[Trial]:
    """Run the embedded server, with its state and the samples in *folder*."""
    samples = folder / "samples"
    make_samples(samples)
    with DemoServer(folder / "server", port, site_script=True) as server:
        yield Trial(server.url, USER, samples, folder / "server")


def open_trial(folder: Path, running: Trial) -> App:
    """Open the program with a home of its own, logged in to the embedded server."""
    app = App.open(folder / "home", use_keychain=False)
    app.log_in(Server(url=running.url), running.user, running.user)
    return app


def fresh_label() -> str:
    """A subject label that is not there yet."""
    return f"DEMO_{secrets.token_hex(3).upper()}"
