"""What goes wrong between this machine and the server: a sentence, a way on, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from dxclient.demo import DemoServer
from tests.helpers.demoserver import arm, received, stored
from tests.helpers.program import ROOT, Program, Ran
from tests.helpers.trouble import (
    Inside,
    behind_https,
    certificate,
    confirmed,
    failed,
    free_port,
    hasty,
    jobs,
    no_secrets,
    requests_for,
    set_script,
)
from tests.integration.test_durability import big_session, wait_for

LABELS = ("--subject", "S1", "--session", "S1_MR_1")
#: Three parts of at most a mebibyte.
FILES = 18


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    big_session(tmp_path / "disk", FILES)
    return tmp_path / "disk"


@pytest.fixture
def program(tmp_path: Path, server: DemoServer) -> Program:
    return hasty(Program(tmp_path / "home", server.url))


@pytest.fixture
def inside(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    return Inside(program.home, program.server, monkeypatch, capsys)


def upload(program: Program, disk: Path, project: str = "SCRIPTS", *more: object) -> Ran:
    return program.upload(disk, project, *LABELS, *more)


# -- reaching the server and logging in


def test_a_wrong_password_is_tried_once_and_said(inside: Program, disk: Path) -> None:
    ran = inside.upload(disk, "SCRIPTS", *LABELS, DXCLIENT_PASSWORD="Sesame-93")
    failed(ran, "does not accept this user name and password", folder=disk)
    assert len(received(inside.server)) == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://xnat.does-not-exist.invalid", "No server of this name is known."),
        ("", "Nothing answers at this address; the server may be down."),
        ("xnat example", "The server's address is not understood."),
        ("https://nurse:Sesame-93@xnat.invalid", "Leave user name and password out"),
    ],
)
def test_an_address_at_which_no_server_answers_is_explained(
    inside: Program, disk: Path, address: str, words: str
) -> None:
    url = address or f"http://127.0.0.1:{free_port()}"
    asked = ("upload", disk, "--server", url, "--project", "SCRIPTS", "--json")
    failed(inside.run(*asked, no_proxy="*", NO_PROXY="*"), words, folder=disk)


def test_an_untrusted_certificate_is_refused_until_a_person_says_whom_to_trust(
    tmp_path: Path, server: DemoServer, program: Program, disk: Path
) -> None:
    cert, key = certificate(tmp_path)
    with behind_https(server.url, cert, key) as url:
        secure = Program(program.home, url)
        failed(upload(secure, disk), "certificate", "Nothing was sent.", folder=disk)
        assert received(server.url) == []
        missing = upload(secure, disk, "SCRIPTS", "--ca-file", tmp_path / "none.pem")
        failed(missing, "certificate file", folder=disk)
        trusted = upload(secure, disk, "SCRIPTS", "--ca-file", cert)
        confirmed(trusted, server.url, FILES)
        assert "⚠" not in trusted.err
        careless = secure.run("projects", "--server", url, "--insecure", "--json")
        assert careless.status == 0
        assert "certificate of this server is not verified" in careless.err


def test_an_expired_cookie_in_the_middle_of_an_upload_is_not_noticed(
    program: Program, disk: Path
) -> None:
    arm(program.server, "expire-sessions", match="/services/import", skip=1)
    ran = upload(program, disk)
    confirmed(ran, program.server, FILES)
    assert "…" not in ran.err
    assert len(requests_for(program.server, "import")) == 3


def test_a_login_refused_in_the_middle_waits_for_a_password_and_goes_on(
    program: Program, disk: Path
) -> None:
    arm(program.server, "expire-sessions", match="/services/import", skip=1)
    arm(program.server, "refuse-login", match="", count=-1, skip=1)
    failed(upload(program, disk), "log in again", folder=disk)
    (job,) = jobs(program)
    assert job["state"] == "needs your password"
    before = len(requests_for(program.server, "import", good=True))
    assert before >= 1
    nobody = program.run("transfers", "run", "--json", DXCLIENT_USER="", DXCLIENT_PASSWORD="")
    failed(nobody, "log in again", folder=disk)
    assert nobody.json[0]["state"] == "needs your password"
    requests.delete(f"{program.server}/demo/faults", timeout=30)
    (job,) = jobs(program, "run")
    assert job["state"] == "confirmed", job
    assert len(requests_for(program.server, "import", good=True)) == 3
    assert len(stored(program.server, "SCRIPTS", "S1_MR_1")) == FILES


def test_a_password_that_is_refused_later_is_not_tried_again_and_again(
    program: Program, disk: Path
) -> None:
    arm(program.server, "expire-sessions", match="/services/import", skip=1)
    arm(program.server, "refuse-login", match="", count=-1, skip=1)
    failed(upload(program, disk), "log in again", folder=disk)
    before = len(received(program.server))
    (job,) = jobs(program, "run", status=1)
    assert job["state"] == "needs your password"
    assert len(received(program.server)) - before == 1


# -- what the server does not let people do


def test_a_viewer_is_told_that_the_project_is_not_open_to_uploads(
    inside: Program, disk: Path
) -> None:
    ran = inside.upload(
        disk, "SCRIPTS", *LABELS, DXCLIENT_USER="viewer", DXCLIENT_PASSWORD="viewer"
    )
    failed(ran, "no project SCRIPTS", "you may upload to", folder=disk)
    assert requests_for(inside.server, "import") == []


def test_data_that_the_server_puts_elsewhere_stops_the_upload_at_once(
    program: Program, disk: Path
) -> None:
    # Without a script: with one, the server would find the project in what the script wrote.
    arm(program.server, "unassigned")
    ran = upload(program, disk, "PLAIN", "--without-anonymization")
    failed(ran, "another project than asked", folder=disk)
    assert len(requests_for(program.server, "import")) == 1
    assert requests_for(program.server, "commit") == []


def test_a_proxy_that_takes_no_large_request_is_named(program: Program, disk: Path) -> None:
    arm(program.server, "too-large", count=-1)
    failed(upload(program, disk), "smaller part size", folder=disk)
    assert len(requests_for(program.server, "import")) == 1


# -- what goes over by itself


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("locked", {"count": 2}),
        ("error-after-bytes", {"count": 2, "bytes": 65536}),
        ("bad-gateway", {"match": "/services/import", "count": 2}),
        ("bad-gateway", {"match": "/data/prearchive", "count": 2}),
        ("bad-gateway", {"match": "action=commit", "count": 1}),
        ("timeout-after-success", {"match": "/services/import", "count": 2}),
        ("disk-full", {"count": 2}),
        ("bad-part", {"count": 1}),
    ],
)
def test_trouble_that_passes_is_waited_out_and_nothing_comes_twice(
    program: Program, disk: Path, kind: str, options: dict[str, object]
) -> None:
    arm(program.server, kind, **options)
    ran = upload(program, disk)
    confirmed(ran, program.server, FILES)
    assert len(requests_for(program.server, "commit", good=True)) == 1


def test_a_commit_whose_answer_was_lost_is_not_repeated(program: Program, disk: Path) -> None:
    arm(program.server, "timeout-after-success", match="action=commit")
    ran = upload(program, disk)
    confirmed(ran, program.server, FILES)
    assert len(requests_for(program.server, "commit")) == 1


def test_a_commit_into_the_archive_whose_answer_was_lost_is_not_repeated(
    program: Program, disk: Path
) -> None:
    arm(program.server, "timeout-after-success", match="action=commit")
    ran = upload(program, disk, "ARCHIVE", "--without-anonymization")
    confirmed(ran, program.server, FILES)
    assert ran.json["archived"]
    assert len(requests_for(program.server, "commit")) == 1


def test_a_server_that_goes_away_in_the_middle_is_waited_for(
    tmp_path: Path, server: DemoServer, program: Program, disk: Path
) -> None:
    arm(server.url, "slow", match="/services/import", seconds=0.5, count=-1)
    words = ("upload", disk, "--server", server.url, "--project", "SCRIPTS", "--yes", "--json")
    running = subprocess.Popen(
        program.command(*words, *LABELS),
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    wait_for(lambda: requests_for(server.url, "import", good=True))
    port = int(server.url.rpartition(":")[2])
    server.stop()
    time.sleep(0.5)
    with DemoServer(tmp_path / "server", port) as again:
        out, err = running.communicate(timeout=120)
        confirmed(Ran(running.returncode, out, err), again.url, FILES)
    assert "… " in err


def test_a_web_page_in_place_of_an_answer_is_not_taken_for_one(
    program: Program, disk: Path
) -> None:
    arm(program.server, "html", match="/data/projects", count=2)
    failed(upload(program, disk), "log in again", folder=disk)
    arm(program.server, "html", match="/services/import", count=-1)
    failed(upload(program, disk), "log in again", folder=disk)
    requests.delete(f"{program.server}/demo/faults", timeout=30)
    (job,) = jobs(program, "run")
    assert job["state"] == "confirmed", job
    assert len(stored(program.server, "SCRIPTS", "S1_MR_1")) == FILES


def test_a_login_page_that_comes_once_is_answered_by_a_silent_login(
    program: Program, disk: Path
) -> None:
    arm(program.server, "html", match="/data/projects")
    arm(program.server, "html", match="/services/import")
    confirmed(upload(program, disk), program.server, FILES)


# -- what needs a person


def test_files_that_the_server_dropped_are_not_confirmed_and_named(
    program: Program, disk: Path
) -> None:
    arm(program.server, "drop-files", drop=1)
    ran = upload(program, disk)
    details = failed(ran, f"{FILES} files were sent, but the server lists {FILES - 1}")
    assert "sent" in details
    assert details.startswith("scan ")
    assert ran.json["confirmed"] is False
    assert jobs(program)[0]["state"] == "failed"


def test_a_conflict_on_the_server_needs_a_person_and_keeps_the_servers_words(
    program: Program, disk: Path
) -> None:
    arm(program.server, "conflict")
    details = failed(upload(program, disk), "could not finish the session", folder=disk)
    assert "Session already exists with matching files." in details
    (job,) = jobs(program)
    assert job["state"] == "needs you"
    assert len(stored(program.server, "SCRIPTS", "S1_MR_1")) == FILES


# -- scripts


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('version "6.1"\n(0010,0010) := := "x"\n', 2),
        ('version "6.1"\n(0010,0010) := "x"\n(0010,0020) := noSuchFunction["x"]\n', 3),
    ],
)
def test_a_script_that_is_not_understood_sends_nothing(
    inside: Program, disk: Path, script: str, line: int
) -> None:
    set_script(inside.server, "SCRIPTS", script)
    failed(upload(inside, disk), "script", f"Line {line}", folder=disk)
    assert requests_for(inside.server, "import") == []


def test_a_script_that_fails_on_a_file_sends_nothing_of_it(program: Program, disk: Path) -> None:
    text = 'version "6.1"\n(0010,0010) := substring[(0010,0020), "a", "b"]\n'
    set_script(program.server, "SCRIPTS", text)
    failed(upload(program, disk), "script", folder=disk)
    assert requests_for(program.server, "import") == []


def test_without_a_script_a_person_has_to_say_so(program: Program, disk: Path) -> None:
    ran = upload(program, disk, "PLAIN")
    failed(ran, "Nothing was sent", folder=disk)
    assert "no anonymization script" in ran.err
    assert requests_for(program.server, "import") == []
    confirmed(upload(program, disk, "PLAIN", "--without-anonymization"), program.server, FILES)


# -- stopping, and a second program


def test_an_upload_that_is_interrupted_says_so_and_goes_on_later(
    program: Program, disk: Path
) -> None:
    arm(program.server, "slow", match="/services/import", seconds=0.5, count=-1)
    words = ("upload", disk, "--server", program.server, "--project", "SCRIPTS", "--yes", "--json")
    running = subprocess.Popen(
        program.command(*words, *LABELS),
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    wait_for(lambda: requests_for(program.server, "import"))
    # As Ctrl+C in a terminal does: to all its processes, also those that anonymize.
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=60)
    failed(Ran(running.returncode, out, err), "Stopped.", "not be sent again", folder=disk)
    assert jobs(program)[0]["state"] == "queued"
    requests.delete(f"{program.server}/demo/faults", timeout=30)
    assert jobs(program, "run")[0]["state"] == "confirmed"
    assert len(stored(program.server, "SCRIPTS", "S1_MR_1")) == FILES


def test_a_second_program_on_the_same_queue_says_so_and_disturbs_nothing(
    program: Program, disk: Path
) -> None:
    arm(program.server, "slow", match="/services/import", seconds=1, count=-1)
    words = ("upload", disk, "--server", program.server, "--project", "SCRIPTS", "--yes")
    first = program.start(*words, *LABELS)
    try:
        wait_for(lambda: requests_for_begun(program))
        failed(program.run(*words, "--json"), "Another dxclient is working", folder=disk)
        assert jobs(program)[0]["target"]["session"] == "S1_MR_1"  # looking is free
        assert first.wait(60) == 0
    finally:
        if first.poll() is None:
            first.kill()
            first.wait()
    assert len(stored(program.server, "SCRIPTS", "S1_MR_1")) == FILES


def requests_for_begun(program: Program) -> bool:
    """Whether the first upload has read the project and so holds the queue."""
    return any("SCRIPTS" in str(entry["path"]) for entry in received(program.server))


def test_a_damaged_queue_is_set_aside_and_said(program: Program, disk: Path) -> None:
    assert jobs(program) == []
    (program.home / "queue.sqlite").write_bytes(b"\x07 no database" * 4096)
    ran = program.run("transfers", "list", "--json")
    assert (ran.status, ran.json) == (0, [])
    assert "list of uploads was damaged" in ran.err
    assert "prearchive" in ran.err
    no_secrets(ran)
    assert list(program.home.glob("queue.sqlite.damaged-*"))
    confirmed(upload(program, disk), program.server, FILES)


# -- exit statuses


def test_wrong_usage_is_two_and_a_failure_without_json_is_a_sentence(
    program: Program, disk: Path
) -> None:
    assert program.run("upload", disk).status == 2
    assert program.run("transfers", "no-such-action").status == 2
    plain = program.run("upload", disk, "--server", program.server, "--project", "NONE", "--yes")
    assert plain.status == 1
    assert plain.err.startswith("dxclient: There is no project NONE")
