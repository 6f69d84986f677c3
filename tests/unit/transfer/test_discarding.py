"""What cancelling removes from the prearchive, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dxclient.domain.errors import NotPermitted, TransferError, XnatTrouble, XnatUnreachable
from dxclient.domain.jobs import JobState
from tests.unit.transfer.fakes import Bench, FakeXnat, make_request
from tests.unit.transfer.test_service import send, wait_for

Make = Callable[..., Bench]
AWAY = XnatUnreachable("Away.")
TROUBLE = XnatTrouble("Trouble.", status=503)


def gone(one: Bench, job_id: str) -> Callable[[], bool]:
    return lambda: not one.store.facts(job_id)["discard"]


class LosesAnswers(FakeXnat):
    """Stores what is sent, but no answer arrives."""

    def send(self, *given: object, **named: object) -> str:
        super().send(*given, **named)  # type: ignore[arg-type]
        raise XnatUnreachable("The answer was lost.")


def test_a_label_is_free_only_after_the_earlier_session_has_left_the_server(
    bench: Make, tmp_path: Path
) -> None:
    xnat = FakeXnat(faults={"send": [None, NotPermitted("No.")], "discard": [AWAY]})
    one = bench(xnat)
    first = send(one, tmp_path)
    one.service.cancel(first.id, discard=True)
    request = make_request(tmp_path / "again")
    with pytest.raises(TransferError, match="still being removed; try again in a moment"):
        one.service.submit(request)
    target = first.target
    assert [t.label for t in one.service.queued_labels(target.server, "P")] == ["E1"]
    one.service.start()
    wait_for(gone(one, first.id))
    assert xnat.rows() == []
    second = one.service.submit(request)
    wait_for(lambda: one.service.job(second.id).state is JobState.CONFIRMED)
    assert xnat.rows() == [("E1", "READY")]


def test_a_label_is_free_only_after_the_last_body_of_a_cancelled_upload_is_off_the_line(
    bench: Make, tmp_path: Path
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Slow(FakeXnat):
        def _store(self, target, body):
            inside.set()
            go_on.wait(20)
            return super()._store(target, body)

    one = bench(Slow())
    first = one.service.submit(make_request(tmp_path))
    one.service.start()
    try:
        assert inside.wait(10)
        one.service.cancel(first.id)
        request = make_request(tmp_path / "again")
        with pytest.raises(TransferError, match="still being removed"):
            one.service.submit(request)
    finally:
        go_on.set()
    wait_for(lambda: not one.service._runs)
    assert one.service.submit(request).state is JobState.QUEUED


def test_a_session_that_another_upload_uses_is_not_removed(bench: Make, tmp_path: Path) -> None:
    one = bench(FakeXnat(faults={"send": [None, NotPermitted("No.")]}))
    first = send(one, tmp_path)
    other = one.service.submit(make_request(tmp_path, session="E2"))
    one.store.note(other.id, state="confirmed", prearchive_url=first.prearchive_url)
    one.service.cancel(first.id, discard=True)
    one.service.run_until_idle()
    assert one.xnat.rows() == [("E1", "RECEIVING")]
    assert "Another upload uses the same session" in one.service.job(first.id).sentence


def test_a_session_whose_place_was_never_told_is_found_and_removed(
    bench: Make, tmp_path: Path
) -> None:
    one = bench(LosesAnswers())
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: one.xnat.rows() == [("E1", "RECEIVING")])
    wait_for(lambda: one.service.job(job.id).state is not JobState.SENDING)
    now = one.service.job(job.id)
    assert (now.prearchive_url, now.files_sent, now.send_begun) == ("", 0, True)
    one.service.cancel(job.id, discard=True)
    wait_for(gone(one, job.id))
    assert one.xnat.rows() == []
    assert one.service.job(job.id).sentence == ""


def test_a_session_that_the_server_shows_late_is_removed_all_the_same(
    bench: Make, tmp_path: Path
) -> None:
    class ShowsLate(LosesAnswers):
        late = 1

        def waiting(self, target):
            rows = super().waiting(target)
            self.late -= bool(rows)
            return () if self.late >= 0 else rows

    one = bench(ShowsLate())
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(one.xnat.rows)
    one.service.cancel(job.id, discard=True)
    wait_for(gone(one, job.id))
    assert one.xnat.rows() == []


def test_a_session_that_lay_there_before_is_never_removed(bench: Make, tmp_path: Path) -> None:
    xnat = FakeXnat(faults={"send": [None, NotPermitted("No.")]})
    xnat._store(make_request(tmp_path / "other").target, b"7|1.9.9")
    one = bench(xnat)
    job = send(one, tmp_path)
    stored = xnat.stored()
    assert len(stored) > 1
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert xnat.stored() == stored
    assert "lay in the prearchive before" in one.service.job(job.id).sentence
    assert "discard" not in xnat.calls


def test_what_lay_there_before_stays_also_where_our_answer_was_lost(
    bench: Make, tmp_path: Path
) -> None:
    xnat = LosesAnswers()
    xnat._store(make_request(tmp_path / "other").target, b"7|1.9.9")
    one = bench(xnat)
    job = one.service.submit(make_request(tmp_path))
    one.service.start()
    wait_for(lambda: len(xnat.stored()) > 1)
    one.service.cancel(job.id, discard=True)
    wait_for(gone(one, job.id))
    assert len(xnat.rows()) == 1
    assert "cannot be said for certain" in one.service.job(job.id).sentence


def test_who_may_not_look_into_the_prearchive_removes_nothing(bench: Make, tmp_path: Path) -> None:
    no = NotPermitted("No.")
    one = bench(FakeXnat(faults={"waiting": [no], "send": [None, no]}))
    job = send(one, tmp_path)
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert one.xnat.rows() == [("E1", "RECEIVING")]
    assert "so nothing was removed" in one.service.job(job.id).sentence


def test_what_never_began_to_be_sent_is_gone_without_asking_the_server(
    bench: Make, tmp_path: Path
) -> None:
    one = bench()
    job = one.service.submit(make_request(tmp_path))
    one.service.cancel(job.id, discard=True)
    one.service.run_until_idle()
    assert one.xnat.calls == []
    assert gone(one, job.id)()
