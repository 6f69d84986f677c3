"""Random sequences of work, people, trouble and crashes against the real worker and store.

The worker runs on this thread, one run at a time. Every call to the server may fail, may lose
its answer, may be the moment at which a person pauses or cancels, or at which the process is
killed; so may every transaction, before and after it holds. After each step the rules of
`dxclient.transfer.invariants` must hold, and no instance of an accepted part may be sent again.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dxclient.domain.errors import (
    BadCredentials,
    LoggedOut,
    Misrouted,
    NotPermitted,
    TransferError,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatRejected,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.jobs import Choice, JobState, UploadJob
from dxclient.transfer import Store, TransferService
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.run import Run
from dxclient.transfer.states import FINAL, MOVING
from dxclient.transfer.worker import discard, work
from tests.unit.transfer.fakes import QUICK, FakeXnat, make_request, pack

OPTIONS = replace(
    QUICK, poll_base=1e-4, poll_cap=1e-3, count_pause=1e-4, settle_tries=2, count_tries=2,
    parts_in_flight=1,
)  # fmt: skip
ERRORS = (
    XnatUnreachable("No answer."),
    XnatTrouble("Trouble.", status=500),
    XnatTrouble("Trouble.", status=503),
    XnatBusy("Busy."),
    XnatRejected("Rejected.", status=400),
    XnatConflict("Conflict.", status=409, choices=(Choice.START_OVER, Choice.APPEND)),
    XnatConflict("Conflict.", status=409),
    XnatAnswer("What?"),
    LoggedOut("Log in."),
    BadCredentials("Wrong password."),
    NotPermitted("No."),
    Misrouted("Elsewhere."),
    RuntimeError("a bug"),
)
MOMENTS = ("error", "error", "lost answer", "pause", "cancel", "kill before", "kill after")
#: A few calls go well, then something happens; so each call of a run has its turn.
FAULTS = st.tuples(
    st.integers(0, 12), st.lists(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(ERRORS)),
                                 min_size=1, max_size=2),
).map(lambda drawn: [("fine", ERRORS[0])] * drawn[0] + drawn[1])  # fmt: skip


class Killed(Exception):
    """The process is gone; nothing it does any more may count."""


class MortalStore(Store):
    """A store whose process can be killed: afterwards it reads and writes nothing."""

    dead = False
    #: Transactions until the process is killed, before or after the last of them holds.
    left = 10**9
    after = False

    def connection(self) -> sqlite3.Connection:
        if self.dead:
            raise Killed
        return super().connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        if self.connection().in_transaction:
            with super().writing() as db:
                yield db
            return
        self.left -= 1
        with super().writing() as db:
            yield db
            if self.left <= 0 and not self.after:
                self.kill()
                raise Killed
        if self.left <= 0:
            self.kill()
            raise Killed

    def kill(self) -> None:
        self.dead = True


class Server(FakeXnat):
    """A server that meets every kind of trouble, and notes what comes twice."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine
        self.twice: list[str] = []

    def __getattribute__(self, name: str) -> object:
        method = super().__getattribute__(name)
        if name in ("scripts", "ensure_subject", "send", "commit", "locate", "counts", "discard"):
            return lambda *given, **named: self._meet(name, method, given, named)
        return method

    def _meet(self, name: str, method, given: tuple, named: dict) -> object:
        if name == "send":
            self.machine.note_twice(given[0], given[1], self.twice)
        moment, error = self.machine.next_fault()
        if moment == "kill before":
            self.machine.store.kill()
            raise Killed
        if moment == "error":
            raise error
        answer = method(*given, **named)
        if moment == "lost answer":
            raise XnatUnreachable("The answer was lost.")
        if moment == "kill after":
            self.machine.store.kill()
            raise Killed
        if moment in ("pause", "cancel"):
            self.machine.in_the_middle(moment)
        return answer


class Machine(RuleBasedStateMachine):
    """Up to three jobs; the server outlives every process."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.now = 1000.0
        self.faults: list[tuple[str, Exception]] = []
        self.working: str = ""
        self.ids: list[str] = []
        self.pool = ThreadPoolExecutor(1)
        self.xnat = Server(self)
        self.open()

    def open(self) -> None:
        """A new process."""
        self.store = MortalStore(self.path / "uploads.db")
        self.service = TransferService(
            self.store,
            pack=pack,
            executor=lambda: self.pool,
            importer_for=lambda target: self.xnat,
            verify_part=lambda packed, job: (),
            on_event=lambda event: None,
            on_receipt=lambda receipt: None,
            on_changed=lambda job, before: None,
            options=OPTIONS,
            clock=lambda: self.now,
        )
        # As `start` does, without the thread that schedules.
        from dxclient.transfer.startup import take_up

        take_up(self.service._tools)

    def restart(self) -> None:
        """Drop the process and begin another."""
        self.store.dead = False
        self.store.left = 10**9
        self.store.close()
        self.open()

    # what the server asks of the machine -----------------------------------------------

    def next_fault(self) -> tuple[str, Exception]:
        return self.faults.pop(0) if self.faults else ("fine", ERRORS[0])

    def note_twice(self, target, body: bytes, twice: list[str]) -> None:
        with sqlite3.connect(self.store.path) as other:
            known = {
                row[0]
                for row in other.execute(
                    "SELECT sop FROM sent JOIN job ON job.id = sent.job WHERE label = ?",
                    (target.session.casefold(),),
                )
            }
        other.close()
        twice += [line for line in body.decode().splitlines() if line.split("|")[1] in known]

    def in_the_middle(self, moment: str) -> None:
        with suppress(TransferError, Killed):
            if moment == "pause":
                self.service.pause(self.working)
            else:
                self.service.cancel(self.working, discard=True)

    # rules -----------------------------------------------------------------------------

    @precondition(lambda self: len(self.ids) < 3)
    @rule()
    def submit(self) -> None:
        request = make_request(self.path, {"1": 3, "2": 2}, session=f"E{len(self.ids)}")
        self.ids.append(self.service.submit(request).id)

    @precondition(lambda self: self.ids)
    @rule(faults=FAULTS)
    def run_with_trouble(self, faults) -> None:
        self.faults = list(faults)
        self.run_one()
        self.faults = []
        if self.store.dead:
            self.restart()

    @precondition(lambda self: self.ids)
    @rule(transactions=st.integers(1, 40), after=st.booleans())
    def run_until_killed(self, transactions: int, after: bool) -> None:
        self.store.left, self.store.after = transactions, after
        self.run_one()
        if self.store.dead:
            self.restart()
        self.store.left = 10**9

    @precondition(lambda self: self.ids)
    @rule()
    def run_well(self) -> None:
        self.run_one()

    def run_one(self) -> bool:
        """One run of the job whose turn it is."""
        tools = self.service._tools
        with suppress(Killed):
            claimed = self.store.claim_job(tools.owner, self.now, 60.0)
            if claimed is None:
                return False
            self.working = claimed[0]
            run = Run(tools=tools, job=self.store.job(self.working))
            self.service._runs[self.working] = run
            work(run)
            self.service._runs.clear()
            for thread in run.given_up:
                thread.join()
        return True

    @rule(faults=FAULTS)
    def remove_from_prearchive(self, faults) -> None:
        self.faults = list(faults)
        with suppress(Killed):
            for job_id in self.store.to_discard(self.now):
                discard(Run(tools=self.service._tools, job=self.store.job(job_id)))
        self.faults = []
        if self.store.dead:
            self.restart()

    @precondition(lambda self: self.ids)
    @rule(
        data=st.data(),
        what=st.sampled_from(("pause", "resume", "resume", "retry", "retry", "cancel", "first")),
    )
    def a_person(self, data, what: str) -> None:
        with suppress(TransferError):
            getattr(self.service, what)(data.draw(st.sampled_from(self.ids)))

    @rule(what=st.sampled_from(("pause_all", "resume_all", "resume_all", "retry_all")))
    def a_person_about_all(self, what: str) -> None:
        getattr(self.service, what)()

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), choice=st.sampled_from(Choice))
    def answer(self, data, choice: Choice) -> None:
        with suppress(TransferError):
            self.service.answer(data.draw(st.sampled_from(self.ids)), choice, "")

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), series=st.sampled_from(("9.1", "9.2")), up=st.booleans())
    def order_and_scan(self, data, series: str, up: bool) -> None:
        job_id = data.draw(st.sampled_from(self.ids))
        with suppress(TransferError):
            self.service.move(job_id, up)
            self.service.retry_scan(job_id, series)

    @rule()
    def log_in(self) -> None:
        self.service.credentials_available("https://xnat.example.org", "nurse")

    @rule(seconds=st.floats(0, 1000))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        self.restart()

    @precondition(lambda self: self.ids)
    @rule()
    def somebody_deletes_on_the_server(self) -> None:
        self.xnat._db.execute("DELETE FROM stored")
        self.xnat._db.execute("DELETE FROM row")

    # what must hold --------------------------------------------------------------------

    @invariant()
    def the_rules_hold(self) -> None:
        for job in self.store.jobs():
            assert broken_rules(self.store, job.id) == (), job.state

    @invariant()
    def nothing_accepted_is_sent_again(self) -> None:
        assert self.xnat.twice == []

    def helpful_answer(self, job: UploadJob) -> None:
        """What a person would say who wants everything to arrive."""
        wanted = (Choice.SEND_MISSING, Choice.START_OVER, Choice.APPEND, Choice.LEAVE)
        choice = next((one for one in wanted if one in job.choices), Choice.NEW_LABEL)
        try:
            self.service.answer(job.id, choice, f"{job.target.session}x")
        except TransferError:
            self.service.retry(job.id)

    def teardown(self) -> None:
        try:
            self.go_on()
        finally:
            self.store.close()
            self.pool.shutdown()
            self.folder.cleanup()

    def go_on(self) -> None:
        """With a server that works and a person who helps, everything ends."""
        for _ in range(40):
            self.now += 10_000
            while self.run_one():
                pass
            for job in self.store.jobs():
                if job.state is JobState.PAUSED:
                    self.service.resume(job.id)
                elif job.state is JobState.NEEDS_LOGIN:
                    self.log_in()
                elif job.choices:
                    self.helpful_answer(job)
                elif job.state not in FINAL | MOVING:
                    self.service.retry(job.id)
            self.the_rules_hold()
        left = [(job.state, job.sentence) for job in self.store.jobs() if job.state not in FINAL]
        assert left == []


Machine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
class TestAnySequence(Machine.TestCase):
    pass
