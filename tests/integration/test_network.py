"""Jobs that wait for the network: a server that goes and comes, sessions that end, sleep."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dxclient.app import App
from dxclient.demo import DemoServer
from dxclient.domain.draft import UploadDraft
from dxclient.domain.events import Event, LoginNeeded, ServerReachable
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.project import Server
from tests.helpers.demoserver import arm, received, stored
from tests.helpers.program import Program
from tests.helpers.trouble import _serve, certificate, hasty, requests_for
from tests.integration.test_durability import big_session

FILES = 18


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    big_session(tmp_path / "disk", FILES)
    return tmp_path / "disk"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    with DemoServer(tmp_path / "server") as one:
        yield one


@pytest.fixture
def app(tmp_path: Path, server: DemoServer) -> Iterator[App]:
    home = hasty(Program(tmp_path / "home")).home
    with App.open(home, use_keychain=False) as opened:
        opened.log_in(Server(url=server.url), "nurse", "nurse")
        yield opened


@pytest.fixture
def events(app: App) -> list[Event]:
    heard: list[Event] = []
    app.subscribe(heard.append)
    return heard


def queued(app: App, disk: Path, *labels: str) -> list[UploadJob]:
    from dxclient.dicom import scan_folders

    (session,) = scan_folders([disk]).sessions
    return [
        app.submit(
            UploadDraft(
                settings=app.project_settings(app.project("SCRIPTS")),
                session=session,
                subject="S1",
                label=label,
                create_subject=True,
            )
        )
        for label in labels
    ]


def states(app: App) -> list[JobState]:
    return [job.state for job in app.transfers.jobs()]


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def again(server: DemoServer, tmp_path: Path) -> DemoServer:
    """Start the server anew, at the same address."""
    port = int(server.url.rpartition(":")[2])
    return DemoServer(tmp_path / "server", port)


def reachable(events: list[Event]) -> list[bool]:
    return [event.reachable for event in events if isinstance(event, ServerReachable)]


def test_jobs_wait_for_a_server_that_is_away_and_go_on_by_themselves(
    app: App, server: DemoServer, disk: Path, tmp_path: Path, events: list[Event]
) -> None:
    labels = [f"S1_MR_{number}" for number in range(6)]
    queued(app, disk, *labels)
    server.stop()
    app.transfers.start()
    wait_for(lambda: reachable(events) == [False])
    wait_for(lambda: JobState.OFFLINE in states(app))
    time.sleep(1.5)
    assert set(states(app)) <= {JobState.OFFLINE, JobState.QUEUED}
    assert all(job.attempts == 0 for job in app.transfers.jobs())
    with again(server, tmp_path) as back:
        wait_for(lambda: set(states(app)) == {JobState.CONFIRMED}, 120)
        assert reachable(events) == [False, True]
        for label in labels:
            assert len(stored(back.url, "SCRIPTS", label)) == FILES
        app.transfers.stop()


def test_a_server_started_anew_in_the_middle_is_neither_asked_for_a_password_nor_sent_twice(
    app: App, server: DemoServer, disk: Path, tmp_path: Path, events: list[Event]
) -> None:
    arm(server.url, "slow", match="/services/import", seconds=0.5, count=-1)
    queued(app, disk, "S1_MR_1")
    app.transfers.start()
    wait_for(lambda: app.transfers.jobs()[0].parts_done >= 1)
    accepted = app.transfers.jobs()[0].parts_done
    server.stop()
    wait_for(lambda: states(app)[0] in (JobState.OFFLINE, JobState.WAITING))
    with again(server, tmp_path) as back:
        wait_for(lambda: states(app) == [JobState.CONFIRMED], 120)
        assert len(stored(back.url, "SCRIPTS", "S1_MR_1")) == FILES
        assert len(requests_for(back.url, "import", good=True)) <= 3 - accepted + 1
        assert not [event for event in events if isinstance(event, LoginNeeded)]
        app.transfers.stop()


def test_a_401_in_the_middle_of_a_part_is_mended_without_anybody_noticing(
    app: App, server: DemoServer, disk: Path, events: list[Event]
) -> None:
    arm(server.url, "expire-sessions", match="/services/import", skip=1)
    arm(server.url, "refuse-login", match="/services/import")
    queued(app, disk, "S1_MR_1")
    app.transfers.run_until_idle()
    assert states(app) == [JobState.CONFIRMED]
    assert len(requests_for(server.url, "import", good=True)) == 3
    assert len(requests_for(server.url, "import")) == 4
    assert app.transfers.jobs()[0].attempts == 0
    assert not [event for event in events if isinstance(event, LoginNeeded)]


def test_a_password_changed_on_the_server_is_asked_for_once_for_all_jobs(
    app: App, server: DemoServer, disk: Path, events: list[Event]
) -> None:
    queued(app, disk, *(f"S1_MR_{number}" for number in range(5)))
    arm(server.url, "expire-sessions", match="/data/")
    arm(server.url, "refuse-login", match="", count=-1)
    before = len(received(server.url))
    app.transfers.run_until_idle()
    assert set(states(app)) == {JobState.NEEDS_LOGIN}
    assert [event for event in events if isinstance(event, LoginNeeded)] == [
        LoginNeeded(server.url, "nurse")
    ]
    refused = [entry for entry in received(server.url)[before:] if entry["status"] == 401]
    assert 1 <= len(refused) <= 3  # what was on its way, and one silent login


def test_after_sleep_the_jobs_that_wait_go_on_at_once(
    app: App, server: DemoServer, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(app, disk, "S1_MR_1")
    server.stop()
    app.transfers.start()
    wait_for(lambda: states(app) == [JobState.OFFLINE])
    weather = app._connections.weather
    with again(server, tmp_path):
        # As if the pause were long: only waking up ends it.
        for place in weather._places.values():
            place.look_at += 3_600
        time.sleep(1.5)
        assert states(app) == [JobState.OFFLINE]
        monkeypatch.setattr(weather, "_wall", lambda: time.time() + 7_200)
        wait_for(lambda: states(app) == [JobState.CONFIRMED], 30)
        app.transfers.stop()


def test_a_server_that_takes_parts_but_never_answers_is_given_up_and_tried_again(
    app: App, server: DemoServer, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = app.connection._transport  # type: ignore[union-attr]
    monkeypatch.setattr(
        transport, "timeouts", type(transport.timeouts)(connect=2, read=5, send=0.5, commit=5)
    )
    arm(server.url, "slow", match="/services/import", seconds=3, skip=1)
    queued(app, disk, "S1_MR_1")
    app.transfers.run_until_idle()
    assert states(app) == [JobState.CONFIRMED]
    assert len(stored(server.url, "SCRIPTS", "S1_MR_1")) == FILES


def test_connections_cut_in_the_middle_of_parts_cost_a_repetition_and_nothing_else(
    app: App, server: DemoServer, disk: Path, events: list[Event]
) -> None:
    arm(server.url, "slow", match="/services/import", seconds=2, count=2)
    queued(app, disk, "S1_MR_1")
    app.transfers.start()
    wait_for(lambda: states(app) == [JobState.SENDING])
    time.sleep(0.7)
    begin = time.monotonic()
    app._connections.drop_lines()  # as after sleep, or with a new address
    wait_for(lambda: states(app) == [JobState.CONFIRMED])
    assert time.monotonic() - begin < 20
    files = stored(server.url, "SCRIPTS", "S1_MR_1")
    assert len(files) == FILES
    assert len({file["sop_instance_uid"] for file in files}) == FILES
    assert not [event for event in events if isinstance(event, LoginNeeded)]
    app.transfers.stop()


class Front:
    """TLS before a server, counting connections; its certificate may be changed."""

    def __init__(self, port: int, cert: Path, key: Path) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.port = port
        self.lines: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self.welcome, daemon=True).start()

    def welcome(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                guest, _ = self.door.accept()
                self.lines.append(guest)
                given = (guest, self.context, self.port)
                threading.Thread(target=_serve, args=given, daemon=True).start()


@pytest.fixture
def front(tmp_path: Path, server: DemoServer) -> Iterator[Front]:
    one = Front(int(server.url.rpartition(":")[2]), *certificate(tmp_path))
    yield one
    one.door.close()


@pytest.fixture
def secure(tmp_path: Path, front: Front) -> Iterator[App]:
    home = hasty(Program(tmp_path / "secure")).home
    with App.open(home, use_keychain=False) as opened:
        opened.log_in(Server(url=front.url, verify=False), "nurse", "nurse")
        yield opened


def test_a_certificate_that_changes_while_sending_stops_all_jobs_until_a_person_says_go_on(
    secure: App, server: DemoServer, front: Front, disk: Path, tmp_path: Path
) -> None:
    arm(server.url, "slow", match="/services/import", seconds=0.3, count=-1)
    queued(secure, disk, *(f"S1_MR_{number}" for number in range(6)))
    secure.transfers.start()
    wait_for(lambda: secure.transfers.jobs()[0].parts_done >= 1)
    (tmp_path / "other").mkdir()
    front.context.load_cert_chain(*certificate(tmp_path / "other"))
    secure._connections.drop_lines()
    wait_for(lambda: set(states(secure)) <= {JobState.NEEDS_YOU, JobState.CONFIRMED})
    before = len(requests_for(server.url, "import"))
    stopped = [job for job in secure.transfers.jobs() if job.state is JobState.NEEDS_YOU]
    assert len(stopped) >= 4
    assert all("another certificate than before" in job.sentence for job in stopped)
    time.sleep(1)
    assert len(requests_for(server.url, "import")) == before
    # A person compared the certificates and logs in anew: that wakes them.
    secure.log_in(Server(url=front.url, verify=False), "nurse", "nurse")
    wait_for(lambda: set(states(secure)) == {JobState.CONFIRMED}, 120)
    secure.transfers.stop()


def test_the_parts_of_several_sessions_share_a_few_connections(
    secure: App, server: DemoServer, front: Front, disk: Path
) -> None:
    """Counted without what was asked to queue them: the server hangs up after each 204."""
    queued(secure, disk, *(f"S1_MR_{number}" for number in range(5)))
    lines, asked = len(front.lines), len(received(server.url))
    secure.transfers.run_until_idle()
    assert set(states(secure)) == {JobState.CONFIRMED}
    assert len(requests_for(server.url, "import", good=True)) == 15
    made, requests = len(front.lines) - lines, len(received(server.url)) - asked
    assert requests >= 40
    assert made <= 8, f"{requests} requests over {made} new TLS connections"
