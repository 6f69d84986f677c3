import os
import sqlite3
import stat
import threading
from dataclasses import replace

import pytest

from dxclient.domain.errors import AnonymizationError, TransferError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import JobState
from dxclient.transfer.states import IllegalTransition, JobEvent
from dxclient.transfer.store import Store
from tests.unit.transfer.fakes import make_request, pack

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX systems")


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "queue" / "uploads.db")
    yield made
    made.close()


def add(store, tmp_path, **more):
    request = make_request(tmp_path, {"1": 2, "2": 1}, **more)
    return store.add(request, [request.files[:2], request.files[2:]], now=5.0)


@posix
def test_only_the_owner_may_read_the_queue(store, tmp_path):
    add(store, tmp_path)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "queue").iterdir()
    }
    assert modes == {"uploads.db": 0o600, "uploads.db-wal": 0o600, "uploads.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "queue").stat().st_mode) == 0o700


@posix
def test_a_database_that_others_could_read_is_made_private(tmp_path):
    path = tmp_path / "uploads.db"
    path.touch(0o644)
    path.chmod(0o644)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_job_comes_back_as_it_was_put_in(store, tmp_path):
    finding = Finding(severity=Severity.NOTE, code="a", sentence="ü <b>")
    request = replace(make_request(tmp_path), findings=(finding,), date_check="day")
    job = store.add(request, [request.files], now=5.0)
    store.close()
    again = Store(store.path)
    assert again.job(job.id) == job
    assert (job.target, job.plan, job.scans) == (request.target, request.plan, request.scans)
    assert again.claim_part(job.id, "me", 0, 9).files == request.files
    assert again.findings(job.id) == (finding,)
    again.close()


@pytest.mark.parametrize("harm", ["text", "middle"])
def test_a_damaged_database_is_set_aside_and_reported(tmp_path, harm):
    path = tmp_path / "uploads.db"
    store = Store(path)
    add(store, tmp_path)
    store.flush()
    store.close()
    data = bytearray(path.read_bytes())
    if harm == "text":
        data[:] = b"this is no database" * 300
    else:
        data[4096 : len(data)] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    again = Store(path)
    assert again.finding is not None
    assert again.finding.code == "queue.damaged"
    assert again.jobs() == ()
    (aside,) = tmp_path.glob("uploads.db.damaged-*")
    assert aside.read_bytes() == bytes(data)
    again.close()
    last = Store(path)
    assert last.finding is None
    last.close()


def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    path = tmp_path / "uploads.db"
    Store(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version=99")
    raw.close()
    with pytest.raises(TransferError, match="newer dxclient"):
        Store(path)
    assert list(tmp_path.glob("*.damaged-*")) == []


def test_a_job_is_claimed_once_even_by_many_threads(store, tmp_path):
    ids = {add(store, tmp_path, session=f"E{n}").id for n in range(5)}
    claimed = []

    def claim():
        while (one := store.claim_job("me", 10.0, 60.0, ())) is not None:
            claimed.append(one[0])
        store.release()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


def test_a_waiting_job_is_not_claimed_before_its_time(store, tmp_path):
    job = add(store, tmp_path)
    store.claim_job("me", 10.0, 60.0, ())
    store.advance(job.id, JobEvent.TROUBLE, next_try=100.0)
    assert store.next_due(10.0) == 100.0
    assert store.claim_job("me", 99.0, 60.0, ()) is None
    assert store.claim_job("me", 100.0, 60.0, (job.id,)) is None
    assert store.claim_job("me", 100.0, 60.0, ()) == (job.id, JobState.WAITING)


def test_a_part_of_another_owner_is_taken_when_its_lease_is_over(store, tmp_path):
    job = add(store, tmp_path)
    assert store.claim_part(job.id, "gone", 0.0, 60.0).number == 1
    assert store.claim_part(job.id, "me", 10.0, 60.0).number == 2
    assert store.claim_part(job.id, "me", 10.0, 60.0) is None
    assert store.claim_part(job.id, "me", 61.0, 60.0).number == 1


def test_what_is_in_work_is_not_taken_by_its_own_owner_again(store, tmp_path):
    job = add(store, tmp_path)
    store.claim_part(job.id, "me", 0.0, 1.0)
    store.claim_part(job.id, "me", 0.0, 1.0)
    assert store.claim_part(job.id, "me", 1000.0, 1.0) is None


def test_after_a_crash_jobs_and_parts_go_back_and_accepted_parts_stay(store, tmp_path):
    job = add(store, tmp_path)
    store.claim_job("gone", 0.0, 1e9, ())
    store.accept(job.id, pack(store.claim_part(job.id, "gone", 0.0, 1e9)), "/data/x")
    store.claim_part(job.id, "gone", 0.0, 1e9)
    store.recover("me")
    now = store.job(job.id)
    assert (now.state, now.parts_done, now.files_sent) == (JobState.QUEUED, 1, 2)
    assert now.prearchive_url == "/data/x"
    assert store.claim_part(job.id, "me", 1.0, 9.0).number == 2
    assert store.claim_part(job.id, "me", 1.0, 9.0) is None


def test_an_illegal_event_changes_nothing(store, tmp_path):
    job = add(store, tmp_path)
    with pytest.raises(IllegalTransition):
        store.advance(job.id, JobEvent.CONFIRM, sentence="x")
    assert store.job(job.id) == job


@pytest.mark.parametrize("end", [JobEvent.CANCEL, JobEvent.CONFIRM])
def test_paths_and_instances_are_forgotten_at_the_end(store, tmp_path, end):
    job = add(store, tmp_path)
    store.claim_job("me", 0, 9, ())
    store.accept(job.id, pack(store.claim_part(job.id, "me", 0, 9)), "/data/x")
    if end is JobEvent.CONFIRM:
        store.advance(job.id, JobEvent.COMMIT)
        store.advance(job.id, JobEvent.COMMITTED)
    store.advance(job.id, end)
    for table in ("file", "sent"):
        (left,) = store.connection().execute(f"SELECT count(*) FROM {table}").fetchone()
        assert left == 0
    assert store.job(job.id).parts_total == 2


def test_a_failed_transaction_leaves_nothing(store, tmp_path):
    request = make_request(tmp_path)

    def break_off():
        with store.writing():
            store.add(request, [request.files], now=0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert store.jobs() == ()


def test_an_instance_of_another_part_is_not_taken(store, tmp_path):
    job = add(store, tmp_path)
    first, second = (pack(store.claim_part(job.id, "me", 0, 9)) for _ in range(2))
    store.accept(job.id, first, "/u")
    merged = replace(second, sent=first.sent[:1])
    with pytest.raises(AnonymizationError, match="same SOP Instance UID"):
        store.accept(job.id, merged, "/u")
    assert store.job(job.id).parts_done == 1
    store.accept(job.id, second, "/u")
    assert store.expected(job.id) == {"1": 2, "2": 1}
