"""What the page on the command line shows is what happens."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.app.watchlabels import FIELDS
from dxclient.cli.main import _parser
from dxclient.cli.transfers import _TASKS
from dxclient.cli.words import word
from dxclient.demo import DemoServer
from dxclient.domain.choices import Choice
from dxclient.domain.jobs import JobState
from dxclient.transfer import Store
from dxclient.transfer.planning import plan_parts
from dxclient.transfer.states import JobEvent
from tests.helpers.demoserver import dicom
from tests.helpers.program import ROOT, Program, Ran
from tests.helpers.trouble import Inside, hasty
from tests.unit.transfer.fakes import make_request

PAGE = (ROOT / "docs" / "user" / "command-line.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines()]
#: Uploads that the page speaks of, besides the one that it sends, and how they got where they are.
WAYS = {
    "S02_MR_1": [],
    "S03_MR_1": [JobEvent.PAUSE],
    "S04_MR_1": [JobEvent.START, JobEvent.QUESTION],
    "S05_MR_1": [JobEvent.START, JobEvent.FAIL],
    "S06_MR_1": [],
}


def fill_queue(home: Path, tmp_path: Path) -> None:
    """Uploads to a server that is not there."""
    store = Store(home / "queue.sqlite")
    for number, (label, way) in enumerate(WAYS.items(), 1):
        made = make_request(tmp_path, session=f"E{number}")
        target = replace(made.target, server="http://127.0.0.1:9", project="SCRIPTS", session=label)
        made = replace(made, target=target)
        job = store.add(made, plan_parts(made.files, made.scans, 300), 1000.0 + number)
        for event in way:
            store.advance(job.id, event)
        if JobEvent.QUESTION in way:
            store.note(job.id, choices=Choice.NEW_LABEL.name)
    store.close()


def test_the_commands_of_the_page_run(
    tmp_path: Path,
    server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(dicom(1))
    places = {"FOLDER": str(folder), "URL": server.url, "P": "SCRIPTS"}
    outside = hasty(Program(tmp_path / "home", server.url))
    inside = Inside(outside.home, server.url, monkeypatch, capsys)
    (tmp_path / "empty").mkdir()
    filled = False
    for line in LINES:
        _, *words = shlex.split(line)
        words = [places.get(one, one) for one in words]
        if words[0] == "transfers" and not filled:
            fill_queue(outside.home, tmp_path)
            filled = True
        ran = attempt(words, outside, inside, tmp_path)
        assert ran.status == 0, (line, ran.out, ran.err)
        if "--json" in words:
            whole = words[0] == "transfers"
            for text in [ran.out] if whole else ran.out.splitlines():
                json.loads(text)
    for name in ("RECEIPT.html", "RECEIPT.pdf", "RECEIPTS.csv", "HISTORY.csv"):
        assert (tmp_path / name).stat().st_size > 20

    assert "S04_MR_2 queued ['pause', 'cancel']" in script(outside)


def script(program: Program) -> str:
    """What the script of the page prints."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    code = code.replace('["dxclient"', f'[{sys.executable!r}, "-m", "dxclient"')
    return subprocess.run(
        [sys.executable, "-c", code],
        env=program.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def attempt(words: list[str], outside: Program, inside: Program, tmp_path: Path) -> Ran:
    """Run a command; what never ends by itself is only understood."""
    endless = "--for-ever" in words or ("--watch" in words and "--once" not in words)
    if endless:
        _parser(words).parse_args(words)
        return Ran(0, "", "")
    if words[0] == "upload":
        return outside.run(*words, "--yes")
    if words[:2] == ["transfers", "run"]:
        return Program(tmp_path / "empty").run(*words)
    # Their server is not there, so they would wait for it.
    later = words[1:2] and words[1] in ("resume", "retry", "answer") and "--later" not in words
    return inside.run(*words, *(["--later"] if later else []))


def test_the_page_shows_every_task_state_answer_and_field() -> None:
    shown = {shlex.split(line)[2] for line in LINES if line.startswith("dxclient transfers ")}
    assert shown == set(_TASKS)
    for one in (*map(word, JobState), *FIELDS):
        assert f"`{one}`" in PAGE or f"`{{{one}}}`" in PAGE, one
    for choice in Choice:
        assert f"| `{word(choice)}" in PAGE
