"""Fixtures for tests of plugins.

Loads in every run of pytest, so nothing heavy is imported at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pydicom import Dataset

    from dxclient.demo import DemoServer
    from dxclient.domain.dicom import ImageSession
    from dxclient.domain.preferences import SettingsView, Value
    from dxclient.plugin import PluginHost


@pytest.fixture
def dx_host() -> PluginHost:
    """An empty plugin host; it never looks for what is installed."""
    from dxclient.plugin import PluginHost

    return PluginHost()


@pytest.fixture
def dx_builtin(dx_host: PluginHost) -> PluginHost:
    """A plugin host with the built-in plugins, and no others."""
    from dxclient.testing.hosts import fill_with_builtins

    fill_with_builtins(dx_host)
    return dx_host


@pytest.fixture
def dx_plugin(dx_host: PluginHost) -> Callable[..., Any]:
    """Register a module or object: ``dx_plugin(obj, name="…")``; returns it.

    Unknown hooks, wrong arguments and wrappers raise PluginLoadError.
    """

    def register(plugin: Any, name: str = "") -> Any:
        dx_host.register(plugin, name or f"plugin-{len(dx_host.versions()) + 1}", "1.0")
        return plugin

    return register


@pytest.fixture
def dx_ask(dx_host: PluginHost) -> Callable[..., Any]:
    """Call a hook by its kind: ``dx_ask("dxclient_pet_tracers", project=…)``.

    Arguments that are not given are filled in with plain examples. Offers and guards give pairs of
    plugin and answer.
    """
    from dxclient.testing.hosts import ask

    return lambda hook, /, **known: ask(dx_host, hook, known)


@pytest.fixture
def dx_settings() -> Callable[[Mapping[str, Value]], SettingsView]:
    """Settings with our defaults and these values: ``dx_settings({"acme.prefix": "AC"})``."""
    from dxclient.testing.examples import settings

    return settings


@pytest.fixture
def dx_dataset() -> Callable[..., Dataset]:
    """One valid synthetic dataset: ``dx_dataset(Modality="PT", PatientID="P1")``."""
    from dxclient.testing.synthetic import dataset

    return dataset


@pytest.fixture
def dx_session(tmp_path: Path) -> Callable[..., ImageSession]:
    """A synthetic session with files on disk: ``dx_session("MR", scans=3, PatientID="P1")``."""
    from dxclient.testing.synthetic import session

    return lambda modality="MR", scans=1, files=2, **tags: session(
        tmp_path / "session", modality, scans, files, tags
    )


@pytest.fixture
def dx_server(tmp_path: Path) -> Iterator[DemoServer]:
    """An XNAT-compatible server of its own for the test, running."""
    from dxclient.demo import DemoServer

    with DemoServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def assert_no_phi() -> Callable[..., None]:
    """Assert that a zip holds nothing of the originals: ``assert_no_phi(zip_bytes, originals)``."""
    from dxclient.testing.phi import assert_no_phi as check

    return check
