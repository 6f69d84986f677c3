"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dxclient.cli.main import COMMANDS
from dxclient.demo import DemoServer
from tests.helpers.program import ROOT, Program

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]


def commands(first: str) -> list[list[str]]:
    """Commands of the README that begin so; the explanation after two blanks is cut off."""
    shown = (re.split(r"\s{2,}", line)[0] for line in LINES)
    return [words for line in shown if (words := shlex.split(line))[0] == first]


def make(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "DXCLIENT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=280,
    )


def test_ci_runs_the_readmes_test_command() -> None:
    assert ["python3", "build/make.py", "test"] in commands("python3")
    assert "python3 build/make.py test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_quick_start_without_a_window_prints_a_confirmed_receipt(tmp_path: Path) -> None:
    assert ["python3", "build/make.py", "demo", "--headless"] in commands("python3")
    ran = make("build/make.py", "demo", "--headless", home=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "confirmed in the prearchive" in ran.stdout


def test_make_knows_every_command_of_the_readme(tmp_path: Path) -> None:
    told = make("build/make.py", "help", home=tmp_path).stdout
    for _, script, command, *_ in commands("python3"):
        assert script == "build/make.py"
        assert f"make.py {command}" in told


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    ran = Program(tmp_path).run(command, "--help")
    assert ran.status == 0
    assert f"dxclient {command}" in ran.out


def test_the_readme_shows_every_command_but_the_demo() -> None:
    shown = {words[1] for words in commands("dxclient") if len(words) > 1}
    assert shown == {name for name in COMMANDS if name != "demo"}


def test_the_commands_of_the_readme_run(
    tmp_path: Path, program: Program, server: DemoServer, samples: Path
) -> None:
    script = tmp_path / "script.das"
    script.write_text('version "6.1"\n(0010,0010) := "anonymous"\n')
    folder = next(path for path in sorted(samples.iterdir()) if path.is_dir())
    places = {
        "FOLDER": str(folder),
        "URL": server.url,
        "P": "SCRIPTS",
        "SCRIPT": str(script),
        "IN": str(folder),
        "OUT": str(tmp_path / "out"),
        "FILE.zip": str(tmp_path / "support.zip"),
    }
    for _, *words in commands("dxclient"):
        if not words:
            continue
        filled = [places.get(word, word) for word in words]
        sure = ["--yes"] if filled[0] == "upload" else []
        ran = program.run(*filled, *sure)
        assert ran.status == 0, (words, ran.err)


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
