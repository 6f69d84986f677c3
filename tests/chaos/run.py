"""One seed: sessions, a server, a client, a bad network between them, and what comes of it.

While the trouble lasts, processes are killed and started again, faults are switched on, and a
restless person pauses, resumes, retries and cancels. Then the trouble ends, a reasonable person
answers what is asked, and everything has to be confirmed and right.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from dxclient.app.orders import Action, Order
from dxclient.domain.choices import Choice
from dxclient.domain.jobs import JobState, UploadJob
from tests.chaos import judge
from tests.chaos.client import Accepted, ClientProcess
from tests.chaos.expected import SCRIPT, expected
from tests.chaos.faults import armed, kinds
from tests.chaos.server import ServerProcess
from tests.chaos.sessions import PROJECTS, Maker
from tests.helpers.faultproxy import Chance, FaultProxy
from tests.helpers.trouble import set_script

#: Seconds after the trouble until everything has to be confirmed.
PATIENCE = 90.0
_ASKING = (JobState.NEEDS_YOU, JobState.FAILED)


@dataclass
class Result:
    """What came of one seed."""

    seed: int
    uploads: int = 0
    files: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Chaos:
    """One run.

    Parameters
    ----------
    seed : int
    folder : pathlib.Path
        Empty; everything is below it.
    uploads : int
        Sessions to send.
    seconds : float
        How long the trouble lasts.
    """

    def __init__(self, seed: int, folder: Path, *, uploads: int = 8, seconds: float = 15) -> None:
        self.chance = random.Random(seed)
        self.result = Result(seed)
        self._seconds = seconds
        self._folder = folder
        self._maker = Maker(self.chance, folder / "disk")
        self._sessions = self._maker.make(uploads)
        self._password = f"Sesame-{self.chance.getrandbits(48):X}"
        self._site = self.chance.random() < 0.3
        self._server = ServerProcess(folder / "server", self._password, site_script=self._site)
        self._kinds = kinds(self.chance)
        self._single = [one.label for one in self._sessions if len(one.files) == 1]
        self._network = Chance(seed)
        self._accepted: dict[tuple[Any, ...], Accepted] = {}
        self._past: list[Accepted] = []
        self.result.uploads = len(self._sessions)
        self.result.files = sum(len(one.files) for one in self._sessions)

    def run(self) -> Result:
        """Go through it all."""
        begun = time.monotonic()
        with self._running():
            self._prepare()
            self._fill()
            self._trouble()
            self._calm()
            if self._finish():
                self._judge()
        self.result.seconds = time.monotonic() - begun
        self.result.cuts = Counter(
            {f"{h.value}, {p.value}": n for (h, p), n in self._proxy.struck.items()}
        )
        return self.result

    @contextmanager
    def _running(self) -> Iterator[None]:
        self._server.start()
        with FaultProxy(self._server.port, self._network) as self._proxy:
            self._client = ClientProcess(self._folder / "client", self._proxy.url, self._password)
            try:
                yield
            finally:
                self._client.kill()
                self._server.kill()

    def _prepare(self) -> None:
        for project in PROJECTS:
            set_script(self._server.url, project, SCRIPT)
        admin = ("admin", "admin")
        place = f"{self._server.url}/data/config/anon/script?contents=true"
        scripts = [requests.get(place, auth=admin, timeout=30).text] if self._site else []
        self._due = {one.label: expected(one, [*scripts, SCRIPT]) for one in self._sessions}

    # filling the queue -----------------------------------------------------------------

    def _fill(self) -> None:
        """Queue what is not queued, killed now and then in the middle of it."""
        for attempt in range(20):
            self._client.queue(self._sessions)
            hurried = attempt < 2 and self.chance.random() < 0.4
            status = self._client.wait(self.chance.uniform(0.3, 2.5) if hurried else 60)
            if status == 0:
                return
            self._kill_client()
        self._wrong(f"the sessions cannot be queued: {self._client.errors()[-400:]}")

    # trouble ---------------------------------------------------------------------------

    def _trouble(self) -> None:
        steps: list[tuple[float, Callable[[], None]]] = [
            (8, self._arm),
            (4, self._network_changes),
            (3, self._order),
            (1.5, self._kill_client),
            (0.8, self._kill_server),
            (0.5, self._shut_door),
        ]
        weights = [weight for weight, _ in steps]
        self._network.often = 0.1
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            if not self._client.runs:
                self._client.start()
            if not self._server.runs:
                self._server.start()
            (step,) = self.chance.choices([one for _, one in steps], weights)
            begun = time.monotonic()
            step()
            if time.monotonic() - begun > 10:
                self._wrong(f"{step.__name__} took {time.monotonic() - begun:.0f} s")
            self._watch(self.chance.uniform(0, 0.3))
            self._answer(by_chance=True)
            if self._done():
                return

    def _arm(self) -> None:
        kind, options = armed(self.chance, self._kinds, self._single)
        with suppress(requests.RequestException):
            requests.post(
                f"{self._server.url}/demo/faults", json={"kind": kind, **options}, timeout=5
            )
            self.result.faults[kind] += 1

    def _network_changes(self) -> None:
        self._network.often = self.chance.choice((0.05, 0.1, 0.2, 0.4))

    def _shut_door(self) -> None:
        self.result.cuts["refuse, door"] += 1
        self._proxy.shut_door()
        self._watch(self.chance.uniform(0.1, 2))
        self._proxy.open_door()

    def _kill_client(self) -> None:
        self.result.kills["client"] += 1
        self._client.kill()
        self._note_look()
        self._no_secrets()
        if self.chance.random() < 0.3:
            time.sleep(self.chance.uniform(0, 0.5))

    def _kill_server(self) -> None:
        self.result.kills["server"] += 1
        self._server.kill()
        self._watch(self.chance.uniform(0.0, 1.5))
        self._server.start()

    def _order(self) -> None:
        """A restless person."""
        jobs = [job for job in self._client.look().alive if job.state is not JobState.CONFIRMED]
        if not jobs or not self._client.runs:
            return
        job = self.chance.choice(jobs)
        action = self.chance.choices(
            [Action.PAUSE, Action.RETRY, Action.FIRST, Action.UP, Action.DOWN, Action.CANCEL,
             Action.RETRY_SCAN, Action.RESUME],
            [6, 3, 2, 1, 1, 0.7, 1, 2],
        )[0]  # fmt: skip
        scan = job.scans[0].series_uid if action is Action.RETRY_SCAN else ""
        order = Order(action=action, job=job.id, scan=scan, discard=action is Action.CANCEL)
        self._give(order)
        if action is Action.PAUSE and self.chance.random() < 0.7:
            self._watch(self.chance.uniform(0, 1))
            self._give(Order(action=Action.RESUME, job=job.id))

    def _give(self, order: Order) -> None:
        for outcome in self._client.order(order):
            if outcome.done:
                self.result.orders[order.action.value] += 1

    # a reasonable person ---------------------------------------------------------------

    def _answer(self, *, by_chance: bool) -> None:
        """Answer questions, bring the password, resume, retry."""
        if not self._client.runs:
            return
        for job in self._client.look().alive:
            if by_chance and self.chance.random() < 0.7:
                continue
            if job.state is JobState.NEEDS_LOGIN and self._client.age > 6:
                # The password is known at each start of the program.
                self._client.stop()
                return
            if job.state is JobState.PAUSED and not by_chance:
                self._give(Order(action=Action.RESUME, job=job.id))
            if job.state in _ASKING:
                self._give(self._reply(job))

    def _reply(self, job: UploadJob) -> Order:
        fits = [
            choice
            for choice in (Choice.SEND_MISSING, Choice.APPEND, Choice.START_OVER)
            if choice in job.choices
        ]
        if not fits or self.chance.random() < 0.2:
            self.result.answers[f"{job.state.value}: retry"] += 1
            return Order(action=Action.RETRY, job=job.id)
        choice = self.chance.choice(fits)
        self.result.answers[f"{job.state.value}: {choice.value}"] += 1
        if choice is Choice.START_OVER and "Remove" in job.sentence:
            self._server.remove(job.target.project, job.target.session)
        return Order(action=Action.ANSWER, job=job.id, choice=choice)

    # watching --------------------------------------------------------------------------

    def _watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            self._note_look()
            if time.monotonic() > until:
                return
            time.sleep(0.05)

    def _note_look(self, *, at_rest: bool = False) -> None:
        before = time.time()
        look = self._client.look(at_rest=at_rest)
        if not look.jobs:
            return
        states = {job.id: job for job in look.jobs}
        for job_id, rules in look.broken.items():
            for rule in rules:
                state = states[job_id].state.value
                self._wrong(f"{job_id[:8]}, {state}, {time.time() % 3600:.2f}: broken: {rule}")
        now = {tuple(part) for part in look.parts}
        for key in now:
            known = self._accepted.setdefault(key, Accepted(*key, since=time.time()))
            known.until = before
        for key in set(self._accepted) - now:
            self._past.append(self._accepted.pop(key))

    def _wrong(self, sentence: str) -> None:
        if sentence not in self.result.problems:
            self.result.problems.append(sentence)

    def _no_secrets(self) -> None:
        for leak in judge.leaks(self._client.home, {*self._maker.values, self._password}):
            self._wrong(f"at a kill: {leak}")

    # the end ---------------------------------------------------------------------------

    def _calm(self) -> None:
        self._network.often = 0.0
        self._proxy.open_door()
        if not self._server.runs:
            self._server.start()
        requests.delete(f"{self._server.url}/demo/faults", timeout=10)

    def _finish(self) -> bool:
        """Wait until all is confirmed."""
        until = time.monotonic() + PATIENCE
        labels = {one.label for one in self._sessions}
        while time.monotonic() < until:
            if self._done():
                return True
            jobs = self._client.look().alive
            if self._client.discarding() == 0 and {job.target.session for job in jobs} != labels:
                self._client.stop()
                self._fill()
            if not self._client.runs:
                self._client.start()
            self._watch(0.3)
            self._answer(by_chance=False)
        for job in self._client.look().alive:
            if job.state is not JobState.CONFIRMED:
                self._wrong(
                    f"{job.target.session} ({job.target.project}) ended as {job.state.value}: "
                    f"{job.sentence} [{job.details}] {[c.name for c in job.choices]}"
                )
        return False

    def _done(self) -> bool:
        """Whether all is confirmed, and nothing of cancelled uploads is to be removed any more."""
        jobs = self._client.look().alive
        done = {job.target.session for job in jobs if job.state is JobState.CONFIRMED}
        return len(done) == len(self._sessions) and self._client.discarding() == 0

    def _judge(self) -> None:
        self._client.stop()
        self._note_look(at_rest=True)
        for pid in self._client.left():
            self._wrong(f"process {pid} of the client is still there")
        accepted = (*self._past, *self._accepted.values())
        client, journal = self._client, self._server.journal()
        for sentence in (
            *judge.arrived(self._sessions, self._due, self._server.stored()),
            *judge.sent_again(accepted, journal),
            *judge.sound(client.home / "queue.sqlite"),
            *judge.leaks(client.home, {*self._maker.values, *self._maker.places, self._password}),
            *judge.cries(client.home, client.errors()),
            *judge.remains(client.temporary),
            *judge.remains(client.elsewhere),
        ):
            self._wrong(sentence)
        if client.slowest_end > 15:
            self._wrong(f"the client took {client.slowest_end:.0f} s to end when asked to")
        if "Traceback" in self._server.errors():
            self._wrong("the server printed a trace")
