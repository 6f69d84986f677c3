"""The history as the program offers it."""

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dxclient.app.history import History, HistoryQuery, Keeper, export
from dxclient.domain.errors import DxError
from dxclient.domain.jobs import JobState
from tests.unit.transfer.fakes import Bench, make_request

DAY = 86_400


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def upload(bench: Bench, folder: Path, session: str, days_ago: float = 0) -> str:
    job = bench.service.submit(make_request(folder, {"1": 2}, session=session))
    bench.service.run_until_idle()
    assert bench.service.job(job.id).state is JobState.CONFIRMED
    bench.store.note(job.id, finished=time.time() - days_ago * DAY)
    return job.id


def test_uploads_older_than_the_days_are_forgotten_and_the_others_kept(bench, tmp_path):
    upload(bench, tmp_path, "E1", days_ago=31)
    upload(bench, tmp_path, "E2", days_ago=29)
    history = History(bench.service)
    assert history.forget_older(30) == 1
    assert [one.session for one in history.search()] == ["E2"]


def test_zero_days_keep_everything_for_ever(bench, tmp_path):
    upload(bench, tmp_path, "E1", days_ago=20_000)
    history = History(bench.service)
    assert history.forget_older(0) == 0
    assert len(history.search()) == 1


def test_forgetting_now_spares_only_what_is_not_over(bench, tmp_path):
    upload(bench, tmp_path, "E1", days_ago=1)
    upload(bench, tmp_path, "E2")
    held = bench.service.submit(make_request(tmp_path, {"1": 1}, session="E3"))
    bench.service.pause(held.id)
    leaving = bench.service.submit(make_request(tmp_path, {"1": 1}, session="E4"))
    bench.service.cancel(leaving.id)
    bench.store.note(leaving.id, discard=1)
    assert History(bench.service).forget_now() == 2
    assert {job.id for job in bench.service.jobs()} == {held.id, leaving.id}


def test_the_keeper_forgets_at_once_and_again_later(bench, tmp_path):
    upload(bench, tmp_path, "E1", days_ago=3)
    history = History(bench.service)
    asked = threading.Semaphore(0)

    def days() -> int:
        asked.release()
        return 2

    with Keeper(history, days, pause=0.01):
        assert asked.acquire(timeout=5)
        deadline = time.monotonic() + 5
        while history.search() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert history.search() == ()
        upload(bench, tmp_path, "E2", days_ago=3)
        while history.search() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert history.search() == ()
    assert not any(thread.name == "history" for thread in threading.enumerate())


def test_the_keeper_outlives_a_day_on_which_the_list_cannot_be_written(bench, tmp_path):
    upload(bench, tmp_path, "E1", days_ago=3)
    asked = threading.Semaphore(0)

    def days() -> int:
        asked.release()
        raise DxError("not today")

    with Keeper(History(bench.service), days, pause=0.01):
        assert asked.acquire(timeout=5)
        assert asked.acquire(timeout=5)


def test_the_history_is_exported_as_a_table_for_people_and_for_programs(bench, tmp_path):
    first = upload(bench, tmp_path, "E1", days_ago=1)
    cancelled = bench.service.submit(make_request(tmp_path, {"1": 1}, session="E2"))
    bench.service.cancel(cancelled.id)
    found = History(bench.service).search()
    table = export(found, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [(r["session"], r["state"], r["files"]) for r in rows] == [
        ("E2", "cancelled", "0"),
        ("E1", "confirmed", "2"),
    ]
    assert rows[1]["address"].startswith("https://xnat.example.org/data/")
    assert "(UTC" in rows[1]["ended"]
    plain = json.loads(export(found, "json"))
    assert plain[1]["id"] == first
    assert plain[1]["ended"].endswith("+00:00")
    with pytest.raises(DxError, match="csv, json"):
        export(found, "pdf")


def test_only_uploads_with_a_receipt_give_one(bench, tmp_path):
    first = upload(bench, tmp_path, "E1")
    cancelled = bench.service.submit(make_request(tmp_path, {"1": 1}, session="E2"))
    bench.service.cancel(cancelled.id)
    history = History(bench.service)
    found = history.search(HistoryQuery())
    assert [one.session for one in found] == ["E2", "E1"]
    assert [receipt.job_id for receipt in history.receipts(found)] == [first]
