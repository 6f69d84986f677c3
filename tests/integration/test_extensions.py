"""Extensions in the whole program: they add, they stop, they fail without doing harm."""

from __future__ import annotations

from pathlib import Path

import requests

from dxclient.demo import DemoServer
from tests.helpers.plugins import install_sample
from tests.helpers.program import Program
from tests.integration.test_durability import big_session, imports

LABELS = ("--subject", "S1", "--session", "S1_MR_1")


def test_a_labeling_scheme_of_an_extension_names_the_session(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    plugins = install_sample("sample-labels", tmp_path / "plugins")
    big_session(tmp_path / "disk", 3)
    requests.put(
        f"{server.url}/data/projects/SCRIPTS/config/applet/default-session-labeling-scheme",
        data="sample.study-id",
        headers={"Content-Type": "text/plain"},
        auth=("admin", "admin"),
        timeout=30,
    ).raise_for_status()
    ran = program.upload(
        tmp_path / "disk", "SCRIPTS", "--subject", "S1", PYTHONPATH=_path(program, plugins)
    )
    assert ran.status == 0, ran.err
    assert ran.json["session"] == "STUDY-7"
    assert any("sample-labels" in plugin for plugin in ran.json["plugins"])


def test_an_extension_that_raises_in_a_guard_stops_the_upload_and_is_named(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    plugins = install_sample("raises-in-guard", tmp_path / "plugins")
    big_session(tmp_path / "disk", 3)
    ran = program.upload(tmp_path / "disk", "SCRIPTS", *LABELS, PYTHONPATH=_path(program, plugins))
    assert ran.status == 1
    assert "raises-in-guard" in ran.err
    assert imports(server) == []


def test_an_extension_that_raises_at_import_leaves_the_program_working(
    tmp_path: Path, server: DemoServer, program: Program
) -> None:
    plugins = install_sample("raises-at-import", tmp_path / "plugins")
    big_session(tmp_path / "disk", 3)
    path = _path(program, plugins)
    (record,) = program.run("plugins", "list", "--json", PYTHONPATH=path).json
    assert (record["name"], record["state"]) == ("raises-at-import", "failed")
    ran = program.upload(tmp_path / "disk", "SCRIPTS", *LABELS, PYTHONPATH=path)
    assert ran.status == 0, ran.err
    assert ran.json["confirmed"]


def _path(program: Program, plugins: Path) -> str:
    return f"{program.environment['PYTHONPATH']}:{plugins}"
