"""``dxclient transfers``: what is there, what can be done, and while another holds the queue."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dxclient.app import App
from dxclient.app.orders import Action, Order, Outcome
from dxclient.app.postbox import FOLDER, _plain, hand_over
from dxclient.cli.words import word
from dxclient.domain.choices import Choice
from dxclient.domain.errors import AlreadyRunning
from dxclient.domain.jobs import JobState, Receipt, UploadJob
from dxclient.transfer import QueueLock, Store
from dxclient.transfer.planning import plan_parts
from dxclient.transfer.states import JobEvent
from tests.helpers.program import Program, Ran
from tests.helpers.trouble import Inside, failed
from tests.unit.transfer.fakes import make_request

SERVER = "http://127.0.0.1:9"
ASKS = (Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE)


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    (tmp_path / "home").mkdir()
    return Inside(tmp_path / "home", SERVER, monkeypatch, capsys)


@pytest.fixture
def labels(tmp_path: Path) -> list[str]:
    """Uploads E1 … E6: paused, queued, with a question, failed, confirmed, cancelled."""
    store = Store(tmp_path / "home" / "queue.sqlite")
    ways = (
        [JobEvent.PAUSE],
        [],
        [JobEvent.START, JobEvent.QUESTION],
        [JobEvent.START, JobEvent.FAIL],
        [JobEvent.START, JobEvent.COMMIT, JobEvent.COMMITTED, JobEvent.CONFIRM],
        [JobEvent.CANCEL],
    )
    for number, way in enumerate(ways, 1):
        made = make_request(tmp_path, session=f"E{number}")
        target = replace(made.target, server=SERVER, project="P2" if number > 3 else "P1")
        made = replace(made, target=target)
        job = store.add(made, plan_parts(made.files, made.scans, 300), 1000.0 + number)
        for event in way:
            store.advance(job.id, event)
        if JobEvent.QUESTION in way:
            text = " ".join(choice.name for choice in ASKS)
            store.note(job.id, choices=text, sentence="The server has this session already.")
        if JobEvent.CONFIRM in way:
            store.note(job.id, finished=1_700_000_000.0)
            store.keep_receipt(receipt_of(job))
    store.close()
    return [f"E{number}" for number in range(1, 7)]


def receipt_of(job: UploadJob) -> Receipt:
    target = job.target
    return Receipt(
        job_id=job.id,
        server=target.server,
        user=target.user,
        project=target.project,
        subject=target.subject,
        session=target.session,
        url="/data/x",
        archived=False,
        confirmed=True,
    )


def listed(inside: Program, *words: object) -> list[dict[str, object]]:
    ran = inside.run("transfers", "list", *words, "--json")
    assert ran.status == 0, ran.err
    return list(ran.json)


def sessions(inside: Program, *words: object) -> list[str]:
    return [session_of(job) for job in listed(inside, *words)]


def session_of(job: dict[str, object]) -> str:
    return str(job["target"]["session"])  # type: ignore[index]


def states(inside: Program) -> dict[str, str]:
    return {session_of(job): str(job["state_word"]) for job in listed(inside)}


def sentence(ran: Ran) -> str:
    assert ran.status == 1, ran.out
    return ran.err


def test_the_list_tells_states_and_what_one_can_do(inside: Program, labels: list[str]) -> None:
    ran = inside.run("transfers")
    assert ran.status == 0
    for words in ("needs you", "answer append, answer new-label", "resume, cancel", "0%"):
        assert words in ran.out
    assert "The server has this session already." in ran.out
    by_label = {session_of(job): job for job in listed(inside)}
    assert by_label["E3"]["choices"] == ["append", "new-label", "leave"]
    assert by_label["E5"]["can"] == ["receipt", "forget"]
    assert "plan" not in by_label["E1"]


def test_the_list_is_filtered_and_sorted(inside: Program, labels: list[str]) -> None:
    assert sessions(inside, "--state", "needs-you", "--state", "failed") == ["E3", "E4"]
    assert sessions(inside, "--state", "needs you") == ["E3"]
    assert sessions(inside, "--project", "P2") == ["E4", "E5", "E6"]
    assert sessions(inside, "--server", "nowhere") == []
    assert sessions(inside, "--server", f"{SERVER}/") == labels
    assert sessions(inside, "--search", "p2 e5") == ["E5"]
    assert sessions(inside, "--sort", "session", "--reverse") == labels[::-1]
    assert inside.run("transfers", "--state", "failed", "--json").json[0]["state"] == "failed"


def test_a_state_that_does_not_exist_is_wrong_usage(
    inside: Program, labels: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        inside.run("transfers", "list", "--state", "tired")
    assert ended.value.code == 2
    assert "needs-login" in capsys.readouterr().err


def test_all_states_and_answers_can_be_typed() -> None:
    for one in (*JobState, *Choice):
        assert word(one) == word(one).lower()
        assert " " not in word(one)
        assert "_" not in word(one)


def test_show_tells_all_of_one_upload(inside: Program, labels: list[str]) -> None:
    ran = inside.run("transfers", "show", "e3")
    assert "needs you (needs-you)" in ran.out
    assert "project script" in ran.out
    told = inside.run("transfers", "show", "E3", "--json").json
    assert told["scans"][0]["number"] == "1"


def test_an_upload_is_named_by_label_or_by_the_beginning_of_its_id(
    inside: Program, labels: list[str]
) -> None:
    wanted = str(listed(inside)[0]["id"])
    assert inside.run("transfers", "show", wanted[:12], "--json").json["id"] == wanted
    assert "0 uploads" in sentence(inside.run("transfers", "show", "nothing"))
    assert "6 uploads" not in sentence(inside.run("transfers", "show", "zz"))


def test_several_are_paused_and_cancelled_at_once(inside: Program, labels: list[str]) -> None:
    ran = inside.run("transfers", "cancel", "E1", "E2", "--json")
    assert ran.status == 0, ran.err
    assert [job["state_word"] for job in ran.json] == ["cancelled", "cancelled"]
    assert states(inside)["E3"] == "needs-you"


def test_all_means_those_that_fit_and_filters_count(inside: Program, labels: list[str]) -> None:
    assert inside.run("transfers", "pause", "--all").status == 0
    assert states(inside)["E2"] == "paused"
    assert inside.run("transfers", "cancel", "--all", "--project", "P2").status == 0
    now = states(inside)
    assert (now["E4"], now["E3"], now["E5"]) == ("cancelled", "needs-you", "confirmed")


def test_what_cannot_be_done_is_said_and_the_rest_is_done(
    inside: Program, labels: list[str]
) -> None:
    failed(inside.run("transfers", "pause", "E5", "--json"), "cannot be paused")
    ran = inside.run("transfers", "cancel", "E2", "E5", "E6")
    assert "E5: An upload that is “confirmed” cannot be cancelled" in sentence(ran)
    assert "2 of 3 could not be done" in ran.err
    assert states(inside)["E2"] == "cancelled"


def test_resume_and_retry_can_be_for_later(inside: Program, labels: list[str]) -> None:
    assert inside.run("transfers", "resume", "E1", "--later").status == 0
    assert inside.run("transfers", "retry", "--all", "--later", "--json").status == 0
    now = states(inside)
    assert (now["E1"], now["E3"], now["E4"]) == ("queued", "queued", "queued")


def test_an_answer_goes_to_the_upload_that_asks(inside: Program, labels: list[str]) -> None:
    ran = inside.run("transfers", "answer", "E3", "new-label", "E3_again", "--later", "--json")
    assert ran.status == 0, ran.err
    (job,) = ran.json
    assert (job["target"]["session"], job["state_word"]) == ("E3_again", "queued")


def test_an_answer_is_refused_where_nothing_asks_for_it(inside: Program, labels: list[str]) -> None:
    assert "does not ask" in sentence(inside.run("transfers", "answer", "E3", "start-over"))
    assert "answers: none" in sentence(inside.run("transfers", "answer", "E2", "append"))
    assert "Say the answer last" in sentence(inside.run("transfers", "answer", "E3"))
    assert "Say the answer last" in sentence(inside.run("transfers", "answer", "E3", "new-label"))
    assert states(inside)["E3"] == "needs-you"


def test_every_upload_that_offers_an_answer_gets_it(inside: Program, labels: list[str]) -> None:
    ran = inside.run("transfers", "answer", "--all", "append", "--later", "--json")
    assert [session_of(job) for job in ran.json] == ["E3"]
    assert ran.json[0]["target"]["overwrite"] == "append"


def test_order_is_changed_by_first_and_move(inside: Program, labels: list[str]) -> None:
    assert inside.run("transfers", "first", "E3", "E2").status == 0
    assert sessions(inside)[:3] == ["E3", "E2", "E1"]
    assert inside.run("transfers", "move", "E1", "up", "--by", 2).status == 0
    assert sessions(inside)[:3] == ["E1", "E3", "E2"]
    assert inside.run("transfers", "move", "E1", "down").status == 0
    assert sessions(inside)[:3] == ["E3", "E1", "E2"]


def test_a_scan_that_is_not_there_cannot_be_sent_again(inside: Program, labels: list[str]) -> None:
    failed(inside.run("transfers", "retry", "E4", "--scan", "77", "--json"), "has no scan 77")
    failed(inside.run("transfers", "retry", "E4", "--scan", "1", "--json"), "nothing to send again")


@pytest.mark.parametrize(
    ("suffix", "begins"), [("json", b"{"), ("csv", b""), ("html", b"<!"), ("pdf", b"%PDF")]
)
def test_a_receipt_is_written_in_each_format(
    inside: Program, labels: list[str], tmp_path: Path, suffix: str, begins: bytes
) -> None:
    file = tmp_path / "out"
    ran = inside.run("transfers", "receipt", "E5", "--format", suffix, "-o", file)
    assert ran.status == 0, ran.err
    assert file.read_bytes().lower().startswith(begins.lower())
    many = tmp_path / f"many.{suffix}"
    ran = inside.run("transfers", "receipt", "--all", "--batch", "-o", many)
    assert ran.status == 0, ran.err
    assert many.stat().st_size > 10


def test_receipts_of_several_get_files_in_a_folder(
    inside: Program, labels: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "receipts"
    ran = inside.run("transfers", "receipt", "E5", "-o", folder / "one.json")
    assert ran.status == 1
    assert inside.run("transfers", "receipt", "--all", "-o", tmp_path / "r.json").status == 0
    failed(inside.run("transfers", "receipt", "E1", "E5", "--json"), "-o FOLDER")


def test_a_receipt_on_standard_output_is_json(inside: Program, labels: list[str]) -> None:
    assert inside.run("transfers", "receipt", "E5").json["confirmed"] is True
    failed(inside.run("transfers", "receipt", "E1", "--json"), "no receipt yet")


def test_the_history_is_searched_and_exported(
    inside: Program, labels: list[str], tmp_path: Path
) -> None:
    found = inside.run("transfers", "history", "--from", "2023-11-10", "--to", "2023-11-15")
    assert "E5" in found.out
    assert "E6" not in found.out
    assert inside.run("transfers", "history", "--search", "e6", "--json").json[0]["session"] == "E6"
    file = tmp_path / "history.csv"
    assert inside.run("transfers", "history", "--state", "failed", "--export", file).status == 0
    assert "E4" in file.read_text("utf-8")
    failed(
        inside.run("transfers", "history", "--export", tmp_path / "h.doc", "--json"), "csv, json"
    )


def test_what_is_over_is_forgotten(inside: Program, labels: list[str]) -> None:
    assert inside.run("transfers", "forget", "--older-than", 30, "--json").json == {"forgotten": 1}
    assert "E5" not in sessions(inside)
    failed(inside.run("transfers", "forget", "E1", "--json"), "not over yet")
    assert inside.run("transfers", "forget", "--all", "--json").json == {"forgotten": 1}
    assert sessions(inside) == ["E1", "E2", "E3", "E4"]


def test_the_name_of_an_upload_is_needed(inside: Program, labels: list[str]) -> None:
    for task in ("pause", "resume", "cancel", "retry", "receipt", "forget"):
        failed(inside.run("transfers", task, "--json"), "Say which upload")


# -- while another dxclient holds the queue


@pytest.fixture
def window(tmp_path: Path, labels: list[str]) -> Iterator[App]:
    with App.open(tmp_path / "home", use_keychain=False) as app:
        assert app.transfers.jobs()
        yield app


def test_looking_works_while_another_holds_the_queue(
    inside: Program, window: App, labels: list[str]
) -> None:
    assert sessions(inside) == labels
    assert inside.run("transfers", "show", "E3").status == 0
    assert inside.run("transfers", "receipt", "E5").json["session"] == "E5"
    assert inside.run("transfers", "history").status == 0


def test_changes_are_handed_to_who_holds_the_queue(
    inside: Program, window: App, labels: list[str]
) -> None:
    ran = inside.run("transfers", "cancel", "E1", "E5", "--json")
    assert "cannot be cancelled" in sentence(ran)
    assert inside.run("transfers", "answer", "E3", "new-label", "E9").status == 0
    assert inside.run("transfers", "first", "E4").status == 0
    by_label = {job.target.session: job for job in window.transfers.jobs()}
    assert by_label["E1"].state is JobState.CANCELLED
    assert by_label["E9"].state is JobState.QUEUED
    assert by_label["E4"].priority > 0
    assert list((inside.home / FOLDER).iterdir()) == []


def test_running_the_queue_twice_is_refused(
    inside: Program, window: App, labels: list[str]
) -> None:
    failed(inside.run("transfers", "run", "--json"), "Another dxclient is working")


def test_one_that_takes_no_orders_is_said_and_the_order_withdrawn(
    tmp_path: Path, labels: list[str]
) -> None:
    home = tmp_path / "home"
    with QueueLock(home / "queue.lock"), pytest.raises(AlreadyRunning, match="Nothing was changed"):
        hand_over(home, [Order(action=Action.PAUSE, job="x")], patience=0.2)
    assert list((home / FOLDER).iterdir()) == []


def test_orders_that_were_left_behind_are_not_carried_out_later(
    tmp_path: Path, labels: list[str]
) -> None:
    home = tmp_path / "home"
    (home / FOLDER).mkdir(mode=0o700)
    old = home / FOLDER / "old.ask"
    old.write_text(json.dumps([_plain(Order(action=Action.FORGET))]))
    os.utime(old, (time.time() - 60,) * 2)
    with App.open(home, use_keychain=False) as app:
        assert app.transfers.jobs()
        assert not old.exists()
        hand_over(home, [Order(action=Action.PAUSE, job="nobody")])  # it looked at all by now
        assert len(app.transfers.jobs()) == len(labels)


def test_an_order_given_while_a_program_begins_is_carried_out(
    tmp_path: Path, labels: list[str]
) -> None:
    home = tmp_path / "home"
    outcomes: list[Outcome] = []

    def ask() -> None:
        outcomes.extend(hand_over(home, [Order(action=Action.PAUSE, job="nobody")]))

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 10
    while not list((home / FOLDER).glob("*.ask")) and time.monotonic() < until:
        time.sleep(0.01)
    with App.open(home, use_keychain=False) as app:
        app.start_transfers()
        asking.join(20)
    assert [one.sentence for one in outcomes] == ["There is no such upload in the list."]


def test_an_order_that_nobody_understands_disturbs_nothing(window: App) -> None:
    folder = window.home / FOLDER
    folder.mkdir(mode=0o700)
    (folder / "bad.ask").write_text('[{"action": "explode"}]')
    (outcome,) = hand_over(window.home, [Order(action=Action.PAUSE, job="nobody")])
    assert outcome.sentence == "There is no such upload in the list."
    assert not (folder / "bad.ask").exists()


def test_a_reader_changes_nothing_and_takes_no_lock(tmp_path: Path, labels: list[str]) -> None:
    before = (tmp_path / "home" / "queue.sqlite").read_bytes()
    with App.open(tmp_path / "home", use_keychain=False) as app:
        from dxclient.app.queue import Queue

        with Queue(app) as queue:
            assert len(queue.jobs()) == len(labels)
            with QueueLock(tmp_path / "home" / "queue.lock"):
                assert not queue.ours
    assert (tmp_path / "home" / "queue.sqlite").read_bytes() == before
