"""The log holds nothing of a patient, whatever is thrown at it."""

import enum
import logging
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.app import App
from dxclient.app.logs import Journal, LogFile, log_files, log_folder, logging_to, words_for
from dxclient.app.logwords import Words
from dxclient.domain.errors import XnatTrouble
from dxclient.domain.events import JobChanged, LoginNeeded
from dxclient.domain.jobs import JobState, UploadJob, UploadTarget
from dxclient.domain.plan import AnonymizationPlan

NASTY = (
    "DOE^JANE", "19630412", "/archive/scans/Doe_Jane/IM0001.dcm", r"C:\Scans\Doe\IM1",
    "https://xnat.example.org/data/auth?token=s3cr3t-t0ken", "hunter2 is the password", "MRN-7781",
)  # fmt: skip
#: A module of the program that logs in every wrong way; compiled as if it were ours.
CARELESS = """
import logging
_log = logging.getLogger(__name__)

def careless(value):
    _log.info(f"sent {value}")
    _log.info("sent " + value)
    _log.info("sent {}".format(value))
    _log.info(value)
    _log.info("sent %s", value)
    _log.info("sent %(value)s", {"value": value})
    _log.info("sent %d", value)
    _log.info("sent %s %s", value)
    _log.info("sent", extra={"job": value, "path": value, "server": value, "user": value})
    _log.info("sent", extra={"patient": value, "state": value, "error": value, "plugin": value})
    _log.info("sent %r", [value])
    _log.info("sent %s", {value: value})
    _log.info("sent %s", value.encode())
    _log.warning(ValueError(value))
    _log.error("failed: %s", ValueError(value))
    _log.error("failed: %s", type(value, (Exception,), {}))
    _log.info("sent", stack_info=True)
    try:
        raise OSError(2, "No such file", value)
    except OSError as error:
        try:
            raise RuntimeError(value) from error
        except RuntimeError:
            _log.exception("failed")
            _log.exception("failed", extra={"error": value})

def careful(**fields):
    _log.info("part accepted", extra=fields)

def fails(error):
    try:
        raise error
    except Exception:
        _log.exception("failed")
"""


@pytest.fixture
def careless() -> types.ModuleType:
    module = types.ModuleType("dxclient.careless")
    exec(compile(CARELESS, "careless.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    words = words_for(tmp_path, ["dxclient.builtin.labels", "1.0"])
    monkeypatch.setattr(logging.getLogger("dxclient"), "propagate", False)
    with logging_to(LogFile(log_folder(tmp_path) / "dxclient.log", words)):
        yield tmp_path


def text(home: Path) -> str:
    return "".join(path.read_text("utf-8") for path in log_files(home))


@pytest.mark.parametrize("value", NASTY)
def test_careless_code_of_ours_gives_nothing_away(home, careless, value, monkeypatch):
    # What pytest listens with stumbles over the wrong calls.
    logger = logging.getLogger("dxclient")
    ours = [one for one in logger.handlers if isinstance(one, LogFile)]
    monkeypatch.setattr(logger, "handlers", ours)
    careless.careless(value)
    written = text(home)
    assert len(written.splitlines()) == 19
    assert value not in written
    for word in ("Doe", "DOE", "JANE", "nurse", "token", "hunter2", "7781", "1963"):
        assert word not in written
    assert "FileNotFoundError" in written
    assert "RuntimeError < careless:" in written


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=3))
def test_no_text_gets_through_as_a_field_or_argument(value):
    words = Words(b"k" * 32)
    for field in ("", "job", "path", "server", "plugin"):
        shown = words.shown(value, field=field)
        assert shown.removeprefix("#").removeprefix("…/") == words.hashed(value) or (
            shown in BaseException.__dict__ or shown == value[:8]
        )


@pytest.mark.parametrize(
    "name", ["urllib3.connectionpool", "requests", "pydicom", "dxclientevil", ""]
)
@pytest.mark.parametrize("value", NASTY)
def test_nothing_of_other_libraries_is_written(home, name, value):
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        logger.debug('%s://%s:%s "GET %s HTTP/1.1" 200', "https", value, 443, value)
        logger.error("Failed: %s", value)
    finally:
        logger.setLevel(before)
    assert text(home) == ""


def test_a_foreign_module_cannot_use_our_name(home):
    for value in NASTY:
        logging.getLogger("dxclient.transfer.worker").error("DOE^JANE fell ill")
        logging.getLogger("dxclient").error(value)
    assert "DOE" not in text(home)
    assert text(home).count("(a text that was put together)") == 2 * len(NASTY)


def test_urllib3_talks_of_a_login_and_the_log_does_not(home, careless):
    import requests

    from dxclient.demo import DemoServer

    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    try:
        with DemoServer(home / "server") as server:
            requests.get(f"{server.url}/data/auth?token=s3cr3t", auth=("nurse", "nurse"), timeout=9)
        careless.careful(part=1)
    finally:
        logging.getLogger("urllib3").setLevel(logging.NOTSET)
    assert "s3cr3t" not in text(home)
    assert len(text(home).splitlines()) == 1


def test_lines_have_time_level_module_event_and_fields(home, careless):
    careless.careful(
        job="ab" * 16,
        part=3,
        bytes=1234,
        seconds=0.5,
        state=JobState.WAITING,
        before=None,
        plugin="dxclient.builtin.labels",
        path=Path("/data/x"),
        error=XnatTrouble,
    )
    [line] = text(home).splitlines()
    moment, level, module, rest = line.split(" ", 3)
    assert moment[10] == "T"
    assert moment.endswith("Z")
    assert (level, module) == ("INFO", "careless")
    words = words_for(home)
    assert rest == (
        '"part accepted" job=abababab part=3 bytes=1234 state="waiting to try again" before=None '
        "seconds=0.5 error=XnatTrouble "
        f"path=…/{words.hashed('/data/x')} plugin=dxclient.builtin.labels"
    )


def test_numbers_and_names_of_libraries_do_not_pass_as_ours(home, careless):
    class Number(int):
        pass

    class Sex(enum.Enum):
        FEMALE = "F^JANE"

    careless.careful(files=Number(7781), state=Sex.FEMALE)
    assert "7781" not in text(home)
    assert "JANE" not in text(home)


def test_an_error_is_told_by_kinds_and_by_our_own_places(home, careless):
    error = XnatTrouble("The server said DOE.", details="JANE")
    error.__cause__ = KeyError("1963")
    careless.fails(error)
    assert 'raised="XnatTrouble < careless:' in text(home)
    assert "<- KeyError" in text(home)
    assert "DOE" not in text(home)
    assert "test_logs" not in text(home)


def test_the_same_value_is_known_again_here_and_nowhere_else(tmp_path):
    here, there = words_for(tmp_path / "a"), words_for(tmp_path / "b")
    assert here.hashed("E1") == words_for(tmp_path / "a").hashed("E1")
    assert here.hashed("E1") != there.hashed("E1")
    assert len(here.hashed("E1")) == 6


def test_the_files_are_of_their_owner_only_and_few_and_small(home, careless):
    for number in range(120):
        for _ in range(110):
            careless.careful(part=number, job="cd" * 16, server="https://xnat.example.org")
    files = log_files(home)
    assert 2 <= len(files) <= 5
    assert all(path.stat().st_size <= 1_000_000 for path in files)
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in log_folder(home).iterdir()} == {0o600}
        assert log_folder(home).stat().st_mode & 0o777 == 0o700


def test_no_more_than_five_files_are_kept(tmp_path, careless, monkeypatch):
    monkeypatch.setattr("dxclient.app.logs.MOST_BYTES", 300)
    with logging_to(LogFile(log_folder(tmp_path) / "dxclient.log", words_for(tmp_path))):
        for number in range(60):
            careless.careful(part=number)
    assert len(log_files(tmp_path)) == 5
    assert len(list(log_folder(tmp_path).glob("*.log*"))) == 5
    assert "part=59" in log_files(tmp_path)[0].read_text()


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path, careless, capfd):
    (tmp_path / "logs").write_text("a file where the folder should be")
    with logging_to(LogFile(log_folder(tmp_path) / "dxclient.log", words_for(tmp_path))):
        careless.careful(part=1)
    assert capfd.readouterr() == ("", "")


def test_the_journal_writes_each_change_of_state_once(home):
    target = UploadTarget(
        server="https://xnat.example.org", user="nurse", project="P", subject="S", session="E"
    )
    job = UploadJob(
        id="ef" * 16, target=target, study_uid="1", plan=AnonymizationPlan(), state=JobState.SENDING
    )
    journal = Journal()
    for _ in range(3):
        journal(JobChanged(job))
    journal(LoginNeeded("https://xnat.example.org", "nurse"))
    lines = text(home).splitlines()
    assert len(lines) == 2
    assert '"job changed" job=efefefef' in lines[0]
    assert "state=sending" in lines[0]
    assert "nurse" not in text(home)
    assert "example" not in text(home)


def test_the_program_writes_when_it_opens_and_closes_and_then_lets_go(tmp_path):
    before = list(logging.getLogger("dxclient").handlers)
    with App.open(tmp_path, use_keychain=False):
        pass
    assert logging.getLogger("dxclient").handlers == before
    lines = text(tmp_path).splitlines()
    assert '"program opened"' in lines[0]
    assert '"program closed"' in lines[-1]
    assert f"system={sys.platform.capitalize()}" in lines[0] or sys.platform != "linux"


def test_the_command_line_shows_the_log_when_it_is_asked_to(tmp_path):
    from tests.helpers.program import Program

    program = Program(tmp_path / "home")
    assert program.run("plugins", "list").err == ""
    shown = program.run("--verbose", "plugins", "list")
    assert shown.status == 0
    assert '"program opened"' in shown.err
    assert '"program closed"' in shown.err
