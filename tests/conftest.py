"""An embedded server and a program of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dxclient.demo import DemoServer, make_samples
from tests.helpers.program import Program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    with DemoServer(tmp_path / "server") as running:
        yield running


@pytest.fixture
def program(tmp_path: Path, server: DemoServer) -> Program:
    return Program(tmp_path / "home", server.url)


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    make_samples(folder)
    return folder
