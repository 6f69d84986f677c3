"""The circuit breaker, sleep, routes: with clocks and a network that the test owns."""

import itertools
import socket
import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dxclient.domain.events import ServerReachable
from dxclient.transfer.network import Sockets
from dxclient.transfer.weather import Circuit, Weather, WeatherOptions

URL = "https://xnat.example.org/ctx"
OTHER = "https://other.example.org"
OPTIONS = WeatherOptions(troubles=3, base=4.0, cap=60.0, look_every=5.0, probe=300.0)


class Sky:
    """A network and two clocks."""

    def __init__(self):
        self.now = 1_000.0
        self.slept = 0.0
        self.answers = True
        self.address = "10.0.0.5"
        self.knocks = []
        self.stale = 0
        self.events = []
        self.waiting = []
        self.weather = Weather(
            network=self,
            options=OPTIONS,
            on_stale=self.drop,
            wall=lambda: 1e9 + self.now + self.slept,
            steady=lambda: self.now,
            chance=lambda: 0.5,
            spawn=self.waiting.append,
        )
        self.weather.listen(self.events.append)
        self.weather.tick()

    def note(self, server):
        pass

    def route(self, server):
        return self.address

    def knock(self, server):
        self.knocks.append(server)
        return self.answers

    def drop(self):
        self.stale += 1

    def pass_time(self, seconds, step=0.5):
        """Let time go by, with ticks; looks that were begun end at once."""
        for _ in range(int(seconds / step)):
            self.now += step
            self.weather.tick()
            self.look()

    def look(self):
        while self.waiting:
            self.waiting.pop(0)()

    def fail(self, times=3, server=URL):
        for _ in range(times):
            self.weather.troubled(server)


@pytest.fixture
def sky():
    return Sky()


def test_a_server_that_was_never_asked_may_be_tried(sky):
    assert sky.weather.may_try(URL, "a")
    assert sky.weather.may_try(URL, "b")
    assert sky.weather.reachable(URL)
    assert sky.weather.shut() == frozenset()


def test_after_three_troubles_in_a_row_nobody_goes(sky):
    sky.fail(2)
    assert sky.weather.may_try(URL, "a")
    sky.fail(1)
    assert not sky.weather.may_try(URL, "a")
    assert sky.weather.shut() == {URL}
    assert sky.events == [ServerReachable(URL, reachable=False)]


def test_an_answer_in_between_starts_the_count_anew(sky):
    sky.fail(2)
    sky.weather.worked(URL)
    sky.fail(2)
    assert sky.weather.reachable(URL)
    assert sky.events == []


def test_servers_are_told_apart_by_scheme_host_and_port_but_not_by_path(sky):
    sky.weather.may_try(OTHER, "a")
    sky.fail(3)
    assert not sky.weather.may_try("https://XNAT.example.org/other", "a")
    assert sky.weather.may_try("https://xnat.example.org:8443", "a")
    assert sky.weather.may_try("http://xnat.example.org", "a")
    assert sky.weather.may_try(OTHER, "a")


def test_after_a_pause_a_bare_connection_is_tried_and_then_one_job_goes_first(sky):
    sky.fail()
    sky.pass_time(1.5)
    assert sky.knocks == []
    sky.pass_time(1)
    assert sky.knocks == [URL]
    assert sky.weather.circuit(URL) is Circuit.HALF_OPEN
    assert sky.weather.shut() == frozenset()
    assert sky.weather.may_try(URL, "a")
    assert not sky.weather.may_try(URL, "b")
    assert sky.weather.shut() == {URL}
    sky.weather.worked(URL)
    assert sky.weather.may_try(URL, "b")
    assert sky.events == [ServerReachable(URL, reachable=False), ServerReachable(URL, True)]


def test_a_first_job_that_fails_opens_the_circuit_for_longer(sky):
    sky.fail()
    sky.pass_time(2.5)
    assert sky.weather.may_try(URL, "a")
    sky.weather.troubled(URL)
    sky.weather.leave(URL, "a")
    assert sky.weather.circuit(URL) is Circuit.OPEN
    sky.pass_time(3.5)
    assert len(sky.knocks) == 1
    sky.pass_time(1)
    assert len(sky.knocks) == 2
    assert len(sky.events) == 1


def test_a_first_job_that_ends_without_news_lets_another_go_first(sky):
    sky.fail()
    sky.pass_time(2.5)
    assert sky.weather.may_try(URL, "a")
    sky.weather.leave(URL, "b")
    assert not sky.weather.may_try(URL, "c")
    sky.weather.leave(URL, "a")
    assert sky.weather.may_try(URL, "c")


def test_a_server_that_is_back_but_that_no_job_wants_counts_as_there(sky):
    sky.fail()
    sky.pass_time(6)
    assert sky.weather.circuit(URL) is Circuit.HALF_OPEN
    sky.pass_time(2)
    assert sky.weather.reachable(URL)
    assert [event.reachable for event in sky.events] == [False, True]
    sky.fail(2)
    assert sky.weather.reachable(URL)
    sky.fail(1)
    assert not sky.weather.reachable(URL)


def test_while_the_first_job_still_runs_nobody_knocks(sky):
    sky.fail()
    sky.pass_time(2.5)
    assert sky.weather.may_try(URL, "a")
    sky.weather.troubled(URL)
    sky.pass_time(100)
    assert len(sky.knocks) == 1
    sky.weather.leave(URL, "a")
    sky.pass_time(0.5)
    assert len(sky.knocks) == 2


def test_a_first_job_that_is_silent_for_long_does_not_hold_up_the_others(sky):
    sky.fail()
    sky.pass_time(2.5)
    assert sky.weather.may_try(URL, "a")
    sky.pass_time(298)
    assert not sky.weather.may_try(URL, "b")
    sky.pass_time(4)
    assert sky.weather.circuit(URL) is Circuit.HALF_OPEN
    assert sky.weather.may_try(URL, "b")
    assert not sky.weather.may_try(URL, "c")


def test_the_pauses_grow_up_to_a_cap(sky):
    sky.answers = False
    sky.fail()
    moments = []
    for _ in range(1_200):
        before = len(sky.knocks)
        sky.pass_time(0.5)
        if len(sky.knocks) > before:
            moments.append(sky.now)
    pauses = [later - before for before, later in itertools.pairwise(moments)]
    assert pauses[:4] == [4.0, 8.0, 16.0, 30.0]
    assert set(pauses[4:]) == {30.0}


def test_a_hundred_jobs_cost_a_dead_server_one_knock_for_each_pause(sky):
    sky.answers = False
    sky.fail()
    for _ in range(60):
        sky.pass_time(1)
        assert not any(sky.weather.may_try(URL, str(job)) for job in range(100))
    assert len(sky.knocks) <= 6


def test_the_moment_of_the_next_look_is_known(sky):
    sky.fail()
    assert sky.weather.retry_at(URL) == pytest.approx(1e9 + sky.now + 2)
    sky.pass_time(1)
    assert sky.weather.retry_at(URL) == pytest.approx(1e9 + sky.now + 1)


def test_try_now_looks_at_once(sky):
    sky.answers = False
    sky.fail()
    sky.pass_time(100)
    before = len(sky.knocks)
    sky.weather.again(URL)
    sky.pass_time(0.5)
    assert len(sky.knocks) == before + 1


def test_a_server_that_asks_for_time_is_left_alone_by_all_jobs(sky):
    sky.weather.hold(URL, 30)
    assert not sky.weather.may_try(URL, "a")
    assert sky.weather.shut() == {URL}
    assert sky.weather.reachable(URL)
    assert sky.weather.may_try(OTHER, "a")
    sky.weather.hold(URL, 5)
    sky.pass_time(29)
    assert not sky.weather.may_try(URL, "a")
    sky.pass_time(1.5)
    assert sky.weather.may_try(URL, "a")
    assert sky.events == []
    sky.weather.hold(URL, 600)
    sky.weather.again(URL)
    assert sky.weather.may_try(URL, "a")


def test_without_any_route_one_trouble_is_enough(sky):
    sky.address = ""
    sky.weather.troubled(URL)
    assert not sky.weather.reachable(URL)
    assert sky.weather.offline


def test_a_route_that_goes_is_noticed_before_any_job_fails_and_its_return_at_once(sky):
    sky.weather.worked(URL)
    sky.pass_time(10)
    sky.address = ""
    sky.pass_time(5.5)
    assert sky.weather.offline
    assert not sky.weather.may_try(URL, "a")
    sky.answers = False
    sky.pass_time(600)
    sky.answers, sky.address = True, "10.0.0.5"
    knocks = len(sky.knocks)
    sky.pass_time(6)
    assert len(sky.knocks) == knocks + 1
    assert sky.weather.may_try(URL, "a")
    assert not sky.weather.offline


def test_a_new_address_of_this_machine_drops_connections_and_nothing_else(sky):
    sky.weather.worked(URL)
    sky.pass_time(20)
    assert sky.stale == 0
    sky.address = "192.168.7.7"
    sky.pass_time(5.5)
    assert sky.stale == 1
    assert sky.weather.reachable(URL)
    assert sky.events == []


def test_a_wall_clock_that_runs_ahead_of_the_steady_one_means_sleep(sky):
    sky.answers = False
    sky.fail()
    sky.pass_time(300)
    sky.slept = 3_600
    sky.now += 0.5
    assert sky.weather.tick()
    assert sky.stale == 1
    assert sky.waiting  # the server is looked at again at once
    sky.now += 0.5
    assert not sky.weather.tick()


def test_two_minutes_without_a_tick_mean_sleep_where_the_steady_clock_does_not_stop(sky):
    sky.now += 120
    assert sky.weather.tick()
    assert sky.stale == 1


def test_a_clock_that_was_set_back_counts_as_sleep(sky):
    sky.slept = -7_200
    assert sky.weather.tick()


def test_a_busy_moment_is_no_sleep(sky):
    sky.now += 9
    assert not sky.weather.tick()
    assert sky.stale == 0


def test_news_is_told_in_order_and_without_a_lock_that_bites(sky):
    seen = []

    def curious(event):
        seen.append((event.reachable, sky.weather.reachable(URL), sky.weather.shut()))
        if not event.reachable:
            sky.weather.worked(URL)

    sky.weather.listen(curious)
    sky.fail()
    assert [told for told, _, _ in seen] == [False, True]


def test_many_threads_at_once_let_one_job_go_first(sky):
    sky.fail()
    sky.pass_time(2.5)
    begin, taken = threading.Barrier(16), []

    def run(number):
        begin.wait()
        if sky.weather.may_try(URL, str(number)):
            taken.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


class Breaker(RuleBasedStateMachine):
    """Anything that may happen, in any order."""

    def __init__(self):
        super().__init__()
        self.sky = Sky()
        self.first = None

    @rule(job=st.sampled_from("abcde"))
    def start(self, job):
        circuit = self.sky.weather.circuit(URL)
        may = self.sky.weather.may_try(URL, job)
        if circuit is Circuit.CLOSED:
            assert may
        elif may:
            assert circuit is Circuit.HALF_OPEN
            assert self.first is None, "two probes at once"
            self.first = job
            self.until = self.sky.now + OPTIONS.probe

    @rule(server=st.sampled_from([URL, OTHER]))
    def answer(self, server):
        self.sky.weather.worked(server)
        assert self.sky.weather.reachable(server)
        assert self.sky.weather.may_try(server, "z")
        if server == URL:
            self.first = None

    @rule(server=st.sampled_from([URL, OTHER]), times=st.integers(1, 4))
    def trouble(self, server, times):
        self.sky.fail(times, server)
        if times >= OPTIONS.troubles:
            assert not self.sky.weather.reachable(server)

    @rule(job=st.sampled_from("abcde"))
    def end(self, job):
        self.sky.weather.leave(URL, job)
        if self.first == job:
            self.first = None

    @rule(answers=st.booleans(), address=st.sampled_from(["", "10.0.0.5", "10.0.0.9"]))
    def change(self, answers, address):
        self.sky.answers, self.sky.address = answers, address

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0, 59.0, 200.0]))
    def wait(self, seconds):
        self.sky.now += seconds
        self.sky.weather.tick()
        if self.first and self.sky.now >= self.until:
            self.first = None

    @rule(seconds=st.sampled_from([60.0, 7_200.0]))
    def sleep(self, seconds):
        self.sky.slept += seconds
        assert self.sky.weather.tick()

    @precondition(lambda self: self.sky.waiting)
    @rule()
    def knock(self):
        self.sky.waiting.pop(0)()

    @rule()
    def now(self):
        self.sky.weather.again()

    @invariant()
    def one_look_at_each_server_at_most(self):
        assert len(self.sky.waiting) <= 2

    @invariant()
    def told_what_is(self):
        for server in (URL, OTHER):
            told = [event.reachable for event in self.sky.events if event.server == server]
            assert (told[-1] if told else True) == self.sky.weather.reachable(server)
            assert all(a != b for a, b in itertools.pairwise(told))

    def teardown(self):
        """Whatever was: a server that answers again is used again within the longest pause."""
        self.sky.answers, self.sky.address = True, "10.0.0.5"
        if self.first:
            self.sky.weather.leave(URL, self.first)
        self.sky.look()
        self.sky.pass_time(OPTIONS.cap + 10, step=1.0)
        for server in (URL, OTHER):
            assert self.sky.weather.may_try(server, "z")
            self.sky.weather.worked(server)
            assert self.sky.weather.reachable(server)
            assert self.sky.weather.may_try(server, "y")


TestBreaker = Breaker.TestCase
TestBreaker.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_sockets_find_the_way_and_knock_without_sending_anything():
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/ctx"
        network = Sockets()
        assert network.route(url) is None
        network.note(url)
        assert network.route(url) == "127.0.0.1"
        assert network.knock(url)
        guest, _ = door.accept()
        with guest:
            guest.settimeout(5)
            assert guest.recv(10) == b""
    assert not network.knock(url)


def test_sockets_go_to_the_proxy_where_there_is_one():
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        place = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        network = Sockets(via=lambda server: place)
        assert network.knock("https://xnat.invalid")
        assert network.route("https://xnat.invalid") == "127.0.0.1"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid", ""])
def test_a_name_that_nobody_knows_is_no_way_and_no_error(host):
    network = Sockets()
    network.note(f"https://{host}")
    assert network.route(f"https://{host}") is None
    assert host == "" or not network.knock(f"https://{host}")
