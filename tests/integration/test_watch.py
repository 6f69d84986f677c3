"""A watched folder, the embedded server, and what may happen in between."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from dxclient.app import App
from dxclient.app.orders import Action, Order, carry_out
from dxclient.app.watch import Watcher, WatchNews, WatchOptions, WatchState
from dxclient.app.watchfolder import WatchedFolder
from dxclient.app.watchledger import Ledger
from dxclient.demo import DemoServer
from dxclient.domain.errors import BadCredentials, LoggedOut, TransferError
from dxclient.domain.jobs import JobState
from dxclient.domain.project import Server
from tests.helpers.demoserver import ROOT, arm, dicom, stored
from tests.helpers.program import Program
from tests.helpers.trouble import failed, hasty

QUIET = 0.4
SCHEME = WatchOptions(project="SCRIPTS", subject="{patient_id}")


class Killed(BaseException):
    """The process dies here."""


class Watching:
    """A watched folder and the program that watches it; can be begun anew."""

    def __init__(self, tmp_path: Path, server: DemoServer, options: WatchOptions = SCHEME) -> None:
        self.home = hasty(Program(tmp_path / "home")).home
        self.root = tmp_path / "in"
        self.root.mkdir()
        self.server = server
        self.options = options
        self.news: list[WatchNews] = []
        self._open()

    def _open(self) -> None:
        self.app = App.open(self.home, use_keychain=False)
        self.app.log_in(Server(url=self.server.url), "nurse", "nurse")
        self.ledger = Ledger(self.home / "watch.sqlite", self.server.url, self.options.project)
        folder = WatchedFolder(self.root, QUIET)
        self.watcher = Watcher(self.app, folder, self.ledger, self.options, self.news.append)

    def close(self) -> None:
        self.app.close()
        self.ledger.close()

    def again(self, **options: object) -> None:
        self.close()
        self.options = replace(self.options, **options)  # type: ignore[arg-type]
        self._open()

    def put(self, name: str, instance: int = 1, *, study: int = 1, **elements: object) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dicom(instance, study=study, **elements))
        return path

    def until(self, happened: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, self.news
            self.watcher.look()
            time.sleep(0.05)

    def look_for(self, seconds: float) -> None:
        """Look again and again for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def said(self, state: WatchState | JobState) -> list[WatchNews]:
        return [one for one in self.news if one.state is state]

    def confirmed(self, number: int) -> None:
        """Look until so many uploads are confirmed."""
        self.until(lambda: len(self.said(JobState.CONFIRMED)) >= number)

    def there(self, label: str, project: str = "") -> list[str]:
        """The instances that the server has, by their SOP Instance UIDs."""
        files = stored(self.server.url, project or self.options.project, label)
        return sorted(str(one["sop_instance_uid"]) for one in files)


@pytest.fixture
def watching(tmp_path: Path, server: DemoServer) -> Iterator[Watching]:
    made = Watching(tmp_path, server)
    yield made
    made.close()


def test_files_that_come_slowly_are_sent_together(watching: Watching) -> None:
    for instance in range(1, 6):
        watching.put(f"a/{instance}.dcm", instance)
        watching.look_for(QUIET / 2)
    assert watching.news == []
    watching.confirmed(1)
    assert len(watching.there("EX-T_MR_1")) == 5
    assert [one.files for one in watching.news] == [5, 5]


def test_a_half_written_file_holds_its_session_until_it_is_whole(watching: Watching) -> None:
    whole = dicom(2)
    watching.put("a/1.dcm")
    broken = watching.root / "a" / "2.dcm"
    broken.write_bytes(whole[:-100])
    watching.put("b/1.dcm", study=2)
    watching.until(lambda: watching.said(WatchState.HELD))
    watching.confirmed(1)
    (held,) = watching.said(WatchState.HELD)
    assert (held.folder, held.session) == ("a", "")
    assert "ends too early" in held.sentence
    assert watching.watcher.held
    broken.write_bytes(whole)
    watching.confirmed(2)
    assert sorted(len(watching.there(f"EX-T_MR_{n}")) for n in (1, 2)) == [1, 2]
    assert not watching.watcher.held


def test_a_renamed_file_is_not_sent_again(watching: Watching) -> None:
    file = watching.put("a/1.dcm")
    watching.confirmed(1)
    file.rename(watching.root / "a" / "other-name.dcm")
    (watching.root / "a").rename(watching.root / "moved")
    watching.look_for(3 * QUIET)
    assert len(watching.said(WatchState.QUEUED)) == 1


def test_a_file_deleted_while_its_session_waits_is_not_missed(watching: Watching) -> None:
    watching.put("a/1.dcm")
    gone = watching.put("a/2.dcm", 2)
    watching.look_for(QUIET / 2)
    gone.unlink()
    watching.confirmed(1)
    assert len(watching.there("EX-T_MR_1")) == 1


def test_two_studies_in_one_folder_become_two_sessions(watching: Watching) -> None:
    for study in (1, 2):
        for instance in (1, 2, 3):
            watching.put(f"{instance}-{study}.dcm", instance, study=study)
    watching.confirmed(2)
    assert [len(watching.there(f"EX-T_MR_{n}")) for n in (1, 2)] == [3, 3]


def test_what_comes_later_is_added_to_its_session(watching: Watching) -> None:
    watching.put("a/1.dcm")
    watching.put("a/2.dcm", 2)
    watching.confirmed(1)
    watching.put("a/3.dcm", 3)
    watching.put("a/4.dcm", 1, series=2)
    watching.confirmed(2)
    assert len(watching.there("EX-T_MR_1")) == 4
    assert watching.there("EX-T_MR_2") == []
    assert [one.files for one in watching.said(WatchState.QUEUED)] == [2, 2]
    assert watching.app.transfers.jobs()[1].target.overwrite == "append"


def test_what_comes_while_the_first_part_is_sent_waits_for_it(watching: Watching) -> None:
    arm(watching.server.url, "slow", match="/services/import", seconds=1.5, count=1)
    watching.put("a/1.dcm")
    watching.until(lambda: watching.said(WatchState.QUEUED))
    watching.put("a/2.dcm", 2)
    watching.confirmed(2)
    assert len(watching.there("EX-T_MR_1")) == 2
    assert watching.said(WatchState.HELD) == []


def test_a_project_that_rejects_duplicates_gets_no_more_files_of_a_session(
    tmp_path: Path, server: DemoServer
) -> None:
    options = WatchOptions(
        project="ARCHIVE", subject="{patient_id}", accepts_no_script=True, agreed=True
    )
    watching = Watching(tmp_path, server, options)
    try:
        watching.put("a/1.dcm")
        watching.confirmed(1)
        watching.put("a/2.dcm", 2)
        watching.until(lambda: watching.said(WatchState.HELD))
        assert "rejects duplicates" in watching.said(WatchState.HELD)[0].sentence
        watching.put("b/1.dcm", study=2)
        watching.confirmed(2)
        assert len(watching.there("EX-T_MR_1")) == 1
    finally:
        watching.close()


def test_a_finding_stops_its_session_only_and_is_said_once(watching: Watching) -> None:
    watching.put("a/1.dcm", PatientID="")
    watching.put("b/1.dcm", study=2)
    watching.confirmed(1)
    watching.look_for(3 * QUIET)
    (held,) = watching.said(WatchState.HELD)
    assert "no subject label" in held.sentence
    assert len(watching.said(WatchState.QUEUED)) == 1
    watching.again(subject="S1")
    watching.confirmed(2)


def test_what_needs_a_person_is_held_unless_it_was_agreed_to(watching: Watching) -> None:
    watching.put("a/1.dcm")
    watching.put("a/2.dcm", 2, PatientID="SOMEBODY-ELSE")
    watching.until(lambda: watching.said(WatchState.HELD))
    assert "same patient" in watching.said(WatchState.HELD)[0].sentence
    watching.again(agreed=True, subject="S1")
    watching.confirmed(1)


def test_two_studies_never_share_a_label_by_pattern(watching: Watching) -> None:
    watching.again(session="{subject}_{date}", agreed=True)
    watching.put("a/1.dcm")
    watching.confirmed(1)
    watching.put("b/1.dcm", study=2)
    watching.until(lambda: watching.said(WatchState.HELD))
    assert len(watching.there("EX-T_20240102")) == 1


def test_a_session_whose_upload_was_cancelled_is_left_alone(watching: Watching) -> None:
    arm(watching.server.url, "slow", match="/services/import", seconds=2, count=-1)
    watching.put("a/1.dcm")
    watching.until(lambda: watching.said(WatchState.QUEUED))
    job = watching.said(WatchState.QUEUED)[0].job
    carry_out(watching.app.transfers, [Order(action=Action.CANCEL, job=job)])
    watching.until(lambda: watching.said(JobState.CANCELLED))
    watching.put("a/2.dcm", 2)
    watching.until(lambda: watching.said(WatchState.HELD))
    assert "was cancelled" in watching.said(WatchState.HELD)[0].sentence
    watching.again()
    watching.look_for(3 * QUIET)
    assert len(watching.said(WatchState.QUEUED)) == 1
    requests.delete(f"{watching.server.url}/demo/faults", timeout=30)
    watching.again(again=True)
    watching.confirmed(1)
    assert len(watching.there(watching.said(JobState.CONFIRMED)[0].session)) == 2


def test_what_was_sent_is_known_after_a_restart_and_after_the_history_is_forgotten(
    watching: Watching,
) -> None:
    watching.put("a/1.dcm")
    watching.confirmed(1)
    watching.app.history.forget_now()
    watching.again()
    watching.put("a/2.dcm", 2)
    watching.confirmed(2)
    assert [one.files for one in watching.said(WatchState.QUEUED)] == [1, 1]
    assert len(watching.there("EX-T_MR_1")) == 2


@pytest.mark.parametrize("when", ["before it is queued", "after it is queued"])
def test_a_process_that_dies_while_it_queues_sends_neither_twice_nor_never(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def die(*arguments: object) -> None:
        raise Killed

    place = (watching.app, "submit") if when.startswith("before") else (watching.ledger, "bind")
    monkeypatch.setattr(*place, die)
    watching.put("a/1.dcm")
    with pytest.raises(Killed):
        watching.look_for(10)
    monkeypatch.undo()
    watching.again()
    watching.confirmed(1)
    watching.look_for(3 * QUIET)
    assert len(watching.app.transfers.jobs()) == 1
    assert len(watching.there("EX-T_MR_1")) == 1
    assert watching.there("EX-T_MR_2") == []


def test_a_folder_that_is_away_is_waited_for(watching: Watching) -> None:
    watching.put("a/1.dcm")
    away = watching.root.rename(watching.root.with_name("away"))
    watching.look_for(QUIET)
    (said,) = watching.said(WatchState.WAITING)
    assert "cannot be read" in said.sentence
    away.rename(watching.root)
    watching.confirmed(1)


def test_a_server_that_is_away_is_waited_for(watching: Watching) -> None:
    arm(watching.server.url, "bad-gateway", match="/data/projects", count=-1)
    watching.put("a/1.dcm")
    watching.until(lambda: watching.said(WatchState.WAITING))
    requests.delete(f"{watching.server.url}/demo/faults", timeout=30)
    watching.confirmed(1)


def test_a_password_that_is_refused_ends_watching(watching: Watching) -> None:
    arm(watching.server.url, "expire-sessions", match="/data/projects")
    arm(watching.server.url, "refuse-login", match="", count=-1)
    watching.put("a/1.dcm")
    with pytest.raises((BadCredentials, LoggedOut)):
        watching.look_for(20)
    requests.delete(f"{watching.server.url}/demo/faults", timeout=30)
    watching.again()
    watching.confirmed(1)


def test_nothing_of_a_patient_is_written_down(watching: Watching) -> None:
    watching.put("folder-of-jane/1.dcm", PatientID="HOSP-991")
    watching.again(subject="S1")
    watching.confirmed(1)
    content = (watching.home / "watch.sqlite").read_bytes()
    for value in (ROOT, "HOSP-991", "EXAMPLE", "folder-of-jane"):
        assert value.encode() not in content
    if sys.platform != "win32":
        assert (watching.home / "watch.sqlite").stat().st_mode & 0o077 == 0


def test_a_damaged_record_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "watch.sqlite").write_bytes(b"\x07 no database" * 4096)
    with pytest.raises(TransferError, match="sent twice"):
        Ledger(tmp_path / "watch.sqlite", "http://127.0.0.1:9", "P")


# -- the command


def words(folder: Path, server: DemoServer, *more: object) -> tuple[object, ...]:
    return (
        *("upload", folder, "--server", server.url, "--project", "SCRIPTS", "--watch"),
        *("--subject", "{patient_id}", "--quiet", QUIET, "--every", 0.1, "--json", *more),
    )


def drop(folder: Path, study: int, files: int) -> None:
    (folder / str(study)).mkdir(parents=True, exist_ok=True)
    for instance in range(1, files + 1):
        path = folder / str(study) / f"{instance}.dcm"
        if not path.exists():
            path.write_bytes(dicom(instance, study=study))


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_once_sends_what_is_there_and_ends(
    tmp_path: Path, program: Program, server: DemoServer
) -> None:
    drop(tmp_path / "in", 1, 2)
    once = words(tmp_path / "in", server, "--once")
    ran = program.run(*once)
    assert ran.status == 0, ran.err
    assert [one["state"] for one in lines(ran.out)] == ["queued", "confirmed"]
    assert lines(ran.out)[1]["session"] == "EX-T_MR_1"
    again = program.run(*once)
    assert (again.status, again.out) == (0, "")


def test_once_fails_with_a_sentence_where_something_is_held(
    tmp_path: Path, program: Program, server: DemoServer
) -> None:
    drop(tmp_path / "in", 1, 1)
    (tmp_path / "in" / "1" / "2.dcm").write_bytes(dicom(2)[:-50])
    ran = program.run(*words(tmp_path / "in", server, "--once"))
    failed(ran, "1 could not be sent")
    assert lines(ran.out)[0]["state"] == "held"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_cleanly(
    tmp_path: Path, program: Program, server: DemoServer, number: signal.Signals
) -> None:
    drop(tmp_path / "in", 1, 1)
    running = subprocess.Popen(
        program.command(*words(tmp_path / "in", server)),
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    said = [running.stdout.readline() for _ in range(2)]
    assert [one["state"] for one in lines("".join(said))] == ["queued", "confirmed"]
    running.send_signal(number)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 0
    assert "Stopped." in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "more",
    [
        ("--watch", "--study", "1.2"),
        ("--watch", "--receipt", "r.json"),
        ("--once",),
        ("--watch", "--quiet", "soon"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(
    tmp_path: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    from dxclient.cli.main import main

    try:
        status = main(["upload", str(tmp_path), *more, "--server", "x", "--project", "P"])
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    assert "dxclient upload: error" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of Unix")
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_it_sends_nothing_twice_and_forgets_nothing(
    tmp_path: Path, program: Program, server: DemoServer, seed: int
) -> None:
    chance = random.Random(seed)
    hasty(program)
    arm(server.url, "slow", match="/services/import", seconds=0.3, count=-1)
    folder = tmp_path / "in"
    for study in range(1, 6):
        drop(folder, study, 3)
    for _ in range(4):
        running = program.start(*words(folder, server))
        time.sleep(chance.uniform(1.0, 4.0))
        running.kill()
        running.wait()
    for study in range(1, 4):
        drop(folder, study, 5)
    requests.delete(f"{server.url}/demo/faults", timeout=30)
    ran = program.run(*words(folder, server, "--once"))
    assert ran.status == 0, "".join(map(str, lines(ran.out)))
    ran = program.run(*words(folder, server, "--once"))
    assert (ran.status, ran.out) == (0, "")
    sessions = Counter(str(one["session"]) for one in stored(server.url, "SCRIPTS"))
    ours = {label: files for label, files in sessions.items() if label.startswith("EX-T_MR_")}
    assert sorted(ours.values()) == [3, 3, 5, 5, 5], sessions
    instances = [str(one["sop_instance_uid"]) for one in stored(server.url, "SCRIPTS")]
    assert len(instances) == len(set(instances))
