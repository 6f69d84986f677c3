"""What the page on functions for scripts shows is what the sample is, and the sample works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.helpers.plugins import install_sample
from tests.helpers.program import ROOT, Program, Ran

PAGE = (ROOT / "docs" / "plugins" / "functions.md").read_text("utf-8")
SAMPLE = ROOT / "tests" / "plugins" / "sample-functions"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


class Installed:
    """The program with the sample installed, beside the files that the page names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._program = Program(folder / "home")
        self._plugins = install_sample("sample-functions", folder / "plugins")
        (folder / "ages.das").write_text(blocks("dicomedit")[0])
        dataset = dcmread(get_testdata_file("CT_small.dcm"))
        dataset.PatientAge = "047Y"
        dataset.save_as(folder / "image.dcm")

    def run(self, *words: object) -> Ran:
        places = (str(self.folder / w) if "." in str(w) else str(w) for w in words)
        path = f"{self._program.environment['PYTHONPATH']}{os.pathsep}{self._plugins}"
        return self._program.run(*places, PYTHONPATH=path)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_the_page_shows_the_files_of_the_sample() -> None:
    assert blocks("toml") == [(SAMPLE / "pyproject.toml").read_text("utf-8")]
    assert blocks("python") == [
        (SAMPLE / "dxclient_sample_functions" / "hooks.py").read_text("utf-8"),
        (SAMPLE / "tests" / "test_ages.py").read_text("utf-8"),
    ]


def test_the_commands_of_the_page_run(installed: Installed) -> None:
    commands = [shlex.split(line) for line in blocks("sh")[0].splitlines()]
    assert len(commands) == 2
    for _, *words in commands:
        ran = installed.run(*words)
        assert ran.status == 0, ran.err
    assert re.search(r"\(0010,1010\) +Patient's Age +047Y +040Y +ages\.das:2", ran.out)


def test_the_function_works_when_files_are_written(installed: Installed) -> None:
    words = ("script", "run", "--functions", "--script", "ages.das", "image.dcm", "new.dcm")
    assert installed.run(*words).status == 0
    assert dcmread(installed.folder / "new.dcm").PatientAge == "040Y"


def test_without_the_plugins_the_script_is_refused(installed: Installed) -> None:
    ran = installed.run("script", "check", "ages.das")
    assert ran.status == 1
    assert "ageDecade" in ran.out


def test_the_test_of_the_page_passes(installed: Installed) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{SAMPLE}"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_ages.py"],
        cwd=_copy(installed.folder / "copy"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _copy(folder: Path) -> Path:
    """Away from the settings of our own tests."""
    (folder / "tests").mkdir(parents=True)
    test = SAMPLE / "tests" / "test_ages.py"
    (folder / "tests" / test.name).write_text(test.read_text("utf-8"), "utf-8")
    return folder
