"""Random work, crashes and people against a simple model of the queue."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dxclient.domain.jobs import JobState
from dxclient.transfer.states import IllegalTransition, JobEvent
from dxclient.transfer.store import Store
from tests.unit.transfer.fakes import make_request, pack

PEOPLE = (JobEvent.PAUSE, JobEvent.RESUME, JobEvent.RETRY, JobEvent.CANCEL)
WORK = (JobEvent.TROUBLE, JobEvent.FAIL, JobEvent.QUESTION, JobEvent.LOGIN_LOST)


class Queue(RuleBasedStateMachine):
    """One job of three parts; `accepted` is what the model says has arrived."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        request = make_request(path, {"1": 3})
        self.process = 0
        self.store = Store(path / "uploads.db")
        self.id = self.store.add(request, [[file] for file in request.files], now=0).id
        self.accepted, self.claimed, self.final = set(), [], None

    def state(self):
        return self.store.job(self.id).state

    @rule()
    def start(self):
        self.store.claim_job(str(self.process), 1e6, 60, ())

    @rule()
    def claim(self):
        if self.state() is JobState.SENDING:
            part = self.store.claim_part(self.id, str(self.process), 1e6, 60)
            if part is not None:
                assert part.number not in self.accepted
                assert part.number not in [one.number for one in self.claimed]
                assert part.files
                self.claimed.append(part)

    @rule()
    def accept(self):
        if self.claimed and self.state() is JobState.SENDING:
            part = self.claimed.pop()
            self.store.accept(self.id, pack(part), "/data/x")
            self.accepted.add(part.number)

    @rule()
    def release(self):
        if self.claimed:
            self.store.release_part(self.id, self.claimed.pop().number)

    @rule(event=st.sampled_from(PEOPLE + WORK))
    def happen(self, event):
        try:
            self.store.advance(self.id, event, next_try=0)
        except IllegalTransition:
            return

    @rule()
    def finish(self):
        if len(self.accepted) == 3 and self.state() is JobState.SENDING:
            for event in (JobEvent.COMMIT, JobEvent.COMMITTED, JobEvent.CONFIRM):
                self.store.advance(self.id, event)

    @rule()
    def crash(self):
        self.store.close()
        self.store = Store(self.store.path)
        self.process += 1
        self.claimed = []
        self.store.recover(str(self.process))
        assert self.state() is not JobState.SENDING

    @invariant()
    def the_store_knows_what_arrived(self):
        job = self.store.job(self.id)
        assert job.parts_done == len(self.accepted)
        assert job.parts_total == 3

    @invariant()
    def the_end_is_the_end(self):
        state = self.state()
        assert self.final is None or state is self.final
        if state in (JobState.CONFIRMED, JobState.CANCELLED):
            self.final = state
            (files,) = self.store.connection().execute("SELECT count(*) FROM file").fetchone()
            assert files == 0

    def teardown(self):
        self.store.close()
        self.folder.cleanup()


Queue.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_the_queue_keeps_its_promises_in_any_order = Queue.TestCase
