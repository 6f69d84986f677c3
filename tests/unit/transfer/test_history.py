"""Uploads that are over: finding and forgetting them."""

import time
from dataclasses import replace

import pytest

from dxclient.domain.errors import XnatRejected
from dxclient.domain.jobs import JobState
from dxclient.domain.plan import AnonymizationPlan
from dxclient.transfer.history import HistoryQuery, forget_before, search
from tests.unit.transfer.fakes import PLAN, FakeXnat, make_request

NO = XnatRejected("The server does not want it.")


@pytest.fixture
def one(bench):
    return bench()


def confirmed(one, folder, session, subject="S1", **more):
    request = make_request(folder, {"1": 3}, session=session, **more)
    request = replace(request, target=replace(request.target, subject=subject))
    job = one.service.submit(request)
    one.service.run_until_idle()
    assert one.service.job(job.id).state is JobState.CONFIRMED
    return job.id


def cancelled(one, folder, session):
    job = one.service.submit(make_request(folder, {"1": 1}, session=session))
    one.service.cancel(job.id)
    return job.id


def found(one, **query):
    return [upload.session for upload in search(one.service.store, HistoryQuery(**query))]


def test_what_is_over_is_found_the_last_first_and_what_runs_is_not(one, tmp_path):
    first = confirmed(one, tmp_path, "E1")
    cancelled(one, tmp_path, "E2")
    waiting = one.service.submit(make_request(tmp_path, {"1": 1}, session="E3"))
    one.service.pause(waiting.id)
    one.service.store.note(first, finished=time.time() - 60)
    assert found(one) == ["E2", "E1"]
    [_, upload] = search(one.service.store, HistoryQuery())
    assert (upload.id, upload.state, upload.files, upload.left_out) == (
        first,
        JobState.CONFIRMED,
        3,
        0,
    )
    assert upload.has_receipt
    assert upload.size > 0
    assert upload.url.startswith("/data/")


def test_every_word_is_looked_for_in_labels_and_places_in_any_case(one, tmp_path):
    confirmed(one, tmp_path, "E1", subject="Straße_7")
    confirmed(one, tmp_path, "E2", subject="Other")
    assert found(one, text="STRASSE") == ["E1"]
    assert found(one, text="e2 other nurse") == ["E2"]
    assert found(one, text="example.org") == ["E2", "E1"]
    assert found(one, text="e2 strasse") == []


def test_states_and_times_narrow_the_search(one, tmp_path):
    first = confirmed(one, tmp_path, "E1")
    second = cancelled(one, tmp_path, "E2")
    one.service.store.note(first, finished=1000.0)
    one.service.store.note(second, finished=2000.0)
    assert found(one, states=(JobState.CANCELLED,)) == ["E2"]
    assert found(one, since=1000.5) == ["E2"]
    assert found(one, until=2000.0) == ["E1"]
    assert found(one, since=1000.0, until=2000.1) == ["E2", "E1"]


def test_problems_are_failures_and_files_that_should_have_gone(bench, tmp_path):
    one = bench(FakeXnat(faults={"send": [NO]}))
    failed = one.service.submit(make_request(tmp_path, {"1": 1}, session="E1"))
    one.service.run_until_idle()
    assert one.service.job(failed.id).state is JobState.FAILED
    confirmed(one, tmp_path, "E2")
    lost = confirmed(one, tmp_path, "E3")
    text = '[{"series_number": "1", "reason": "damaged header", "files": 2}]'
    one.service.store.note(lost, left_out=text)
    chosen = confirmed(one, tmp_path, "E4")
    text = '[{"series_number": "1", "reason": "scan not selected", "files": 2}]'
    one.service.store.note(chosen, left_out=text)
    cancelled(one, tmp_path, "E5")
    assert set(found(one, problems=True)) == {"E1", "E3"}
    assert len(found(one)) == 5


def test_what_a_script_rejected_is_counted_but_no_problem(one, tmp_path):
    job = one.service.submit(make_request(tmp_path, {"1": 2, "REJECT": 3}, session="E1"))
    one.service.run_until_idle()
    [upload] = search(one.service.store, HistoryQuery())
    assert (upload.id, upload.left_out, upload.problem) == (job.id, 3, False)


def test_only_old_uploads_that_are_over_are_forgotten_with_receipt_and_plan(one, tmp_path):
    store = one.service.store
    other = AnonymizationPlan(scripts=(replace(PLAN.scripts[0], text="(0010,0010) := project"),))
    old = confirmed(one, tmp_path, "E1", plan=replace(other, scripts=PLAN.scripts))
    young = confirmed(one, tmp_path, "E2")
    gone = cancelled(one, tmp_path, "E3")
    held = one.service.submit(make_request(tmp_path, {"1": 1}, session="E4", plan=other))
    one.service.pause(held.id)
    for job in (old, gone, held.id):
        store.note(job, finished=1000.0, created=1000.0)
    assert set(forget_before(store, 1001.0)) == {old, gone}
    assert {job.id for job in one.service.jobs()} == {young, held.id}
    assert store.receipt(old) is None
    assert store.receipt(young) is not None
    tables = ("part", "share", "file", "sent", "receipt")
    left = [
        store.connection().execute(f"SELECT count(*) FROM {t} WHERE job = ?", (old,)).fetchone()[0]
        for t in tables
    ]
    assert left == [0] * len(tables)


def test_the_plan_goes_with_the_last_upload_that_has_it(one, tmp_path):
    store = one.service.store
    kept = confirmed(one, tmp_path, "E1")
    script = replace(PLAN.scripts[0], text='(0010,0020) := "VERY-OWN"')
    request = make_request(
        tmp_path, {"1": 1}, session="E2", plan=AnonymizationPlan(scripts=(script,))
    )
    job = one.service.submit(request)
    one.service.cancel(job.id)
    store.note(job.id, finished=1000.0)
    forget_before(store, 1001.0)
    plans = [row["json"] for row in store.connection().execute("SELECT json FROM plan")]
    assert len(plans) == 1
    assert "VERY-OWN" not in plans[0]
    assert one.service.job(kept).plan == PLAN
    store.close()
    folder = store.path.parent
    assert not any(b"VERY-OWN" in path.read_bytes() for path in folder.iterdir())


def test_an_upload_that_is_removed_takes_its_plan_along(one, tmp_path):
    store = one.service.store
    script = replace(PLAN.scripts[0], text='(0010,0020) := "VERY-OWN"')
    plan = AnonymizationPlan(scripts=(script,))
    job = one.service.submit(make_request(tmp_path, {"1": 1}, session="E1", plan=plan))
    one.service.cancel(job.id)
    one.service.remove(job.id)
    assert store.connection().execute("SELECT count(*) FROM plan").fetchone()[0] == 0


def test_a_cancelled_upload_that_still_has_to_leave_the_server_stays(one, tmp_path):
    store = one.service.store
    job = cancelled(one, tmp_path, "E1")
    store.note(job, finished=1000.0, discard=1)
    assert forget_before(store, 2000.0) == ()
    assert one.service.job(job).state is JobState.CANCELLED


def test_a_long_history_is_searched_in_a_moment(one, tmp_path):
    store = one.service.store
    first = confirmed(one, tmp_path, "E1")
    with store.writing() as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(job)") if row[1] != "seq"]
        columns = ", ".join(names)
        values = ", ".join({"id": "id || n.value"}.get(name, name) for name in names)
        db.execute(
            f"""WITH RECURSIVE n(value) AS
                (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000)
                INSERT INTO job ({columns}) SELECT {values} FROM job, n WHERE id = ?""",
            (first,),
        )
    begin = time.perf_counter()
    assert len(found(one, text="e1")) == 5001
    assert time.perf_counter() - begin < 2.0
