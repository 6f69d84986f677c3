"""The pace against a model of a line and of processes that pack."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.transfer.pace import LEVELS, Pace

MB = 1_000_000
SIZE = 64 * MB
#: Parts after which the pace must have found its way, and parts over which it is judged.
FOUND, JUDGED = 40, 160


@dataclass(frozen=True)
class Line:
    """Bytes a second in all and for one connection, seconds for each answer, cost of crowding."""

    whole: float
    each: float = 1e18
    delay: float = 0.05
    crowding: float = 0.0

    def rate(self, parts):
        return min(self.whole / (1 + self.crowding * (parts - 1)), self.each * parts) / parts


@dataclass(frozen=True)
class Packer:
    """Processes; bytes of source a second and share that remains, by level."""

    workers: int
    speed: tuple[float, float, float]
    ratio: tuple[float, float, float]


LINES = {
    "1 Mbit": Line(MB / 8),
    "10 Mbit": Line(1.25 * MB),
    "50 Mbit": Line(6.25 * MB),
    "100 Mbit": Line(12.5 * MB),
    "1 Gbit": Line(115 * MB),
    "this machine": Line(800 * MB),
    "far away": Line(100 * MB, each=4 * MB, delay=0.3),
    "a slow disk": Line(40 * MB, crowding=0.3),
}
PACKERS = {
    "noisy slices": Packer(2, (330 * MB, 200 * MB, 20 * MB), (1.0, 0.76, 0.74)),
    "clean slices": Packer(2, (330 * MB, 250 * MB, 30 * MB), (1.0, 0.32, 0.30)),
    "small files": Packer(4, (70 * MB, 60 * MB, 20 * MB), (1.0, 0.5, 0.45)),
    "JPEG": Packer(2, (300 * MB, 300 * MB, 300 * MB), (1.0, 1.0, 1.0)),
    "old computer": Packer(1, (60 * MB, 30 * MB, 8 * MB), (1.0, 0.6, 0.5)),
}


@dataclass
class Fixed:
    """A choice that never changes and learns nothing."""

    level: int
    lanes: int

    def packed(self, *measured):
        pass

    sent = packed


@dataclass
class Part:
    level: int
    left: float
    took: float = 0.0
    body: float = 0.0
    delay: float = 0.0
    begun: float = 0.0
    area: float = 0.0


@dataclass
class Model:
    """Parts are packed, wait for a lane, are sent; so many at once in memory."""

    line: Line
    packer: Packer
    places: int
    pace: object
    now: float = 0.0
    packing: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    wire: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def run(self, parts):
        while len(self.ends) < parts:
            self.begin()
            self.step()
        return self

    def speed(self, first, last):
        return SIZE * (last - first) / (self.ends[last] - self.ends[first])

    def begin(self):
        held = len(self.packing) + len(self.waiting) + len(self.wire)
        for _ in range(min(self.places - held, self.packer.workers - len(self.packing))):
            level = self.pace.level
            took = SIZE / self.packer.speed[LEVELS.index(level)] * self.chance.uniform(0.85, 1.15)
            self.packing.append(Part(level, took, took))
        while self.waiting and len(self.wire) < self.pace.lanes:
            part = self.waiting.pop(0)
            part.body = SIZE * self.packer.ratio[LEVELS.index(part.level)]
            part.left = part.body * self.chance.uniform(0.9, 1.1)
            part.delay = self.line.delay * self.chance.uniform(0.6, 1.4)
            part.begun = self.now
            self.wire.append(part)

    def step(self):
        moving = [part for part in self.wire if part.delay <= 0]
        rate = self.line.rate(len(moving)) if moving else 1.0
        step = min(
            [part.left for part in self.packing]
            + [part.left / rate for part in moving]
            + [part.delay for part in self.wire if part.delay > 0]
        )
        self.now += step
        for part in self.packing:
            part.left -= step
        for part in self.wire:
            part.area += len(self.wire) * step
            if part in moving:
                part.left -= rate * step
            else:
                part.delay = part.delay - step if part.delay - step > 1e-9 else 0.0
        self.end_those_that_are_through()

    def end_those_that_are_through(self):
        for part in [part for part in self.packing if part.left < 1e-9]:
            self.packing.remove(part)
            self.waiting.append(part)
            body = int(SIZE * self.packer.ratio[LEVELS.index(part.level)])
            self.pace.packed(part.level, SIZE, body, part.took)
        for part in [part for part in self.wire if part.delay <= 0 and part.left < 1e-3]:
            self.wire.remove(part)
            self.ends.append(self.now)
            took = self.now - part.begun
            self.pace.sent(int(part.body), took, part.area / took)


def adaptive(most, workers):
    return Pace(most=most, places=max(2, most), workers=workers)


def best_fixed(line, packer, most):
    runs = (
        Model(line, packer, max(2, most), Fixed(level, lanes)).run(JUDGED)
        for level in LEVELS
        for lanes in range(1, most + 1)
    )
    return max(run.speed(FOUND, JUDGED - 10) for run in runs)


@pytest.mark.parametrize("most", [1, 2, 3, 8])
@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("line", LINES)
def test_after_forty_parts_it_is_as_fast_as_the_best_fixed_choice_but_for_a_tenth(
    line, packer, most
):
    best = best_fixed(LINES[line], PACKERS[packer], most)
    pace = adaptive(most, PACKERS[packer].workers)
    found = Model(LINES[line], PACKERS[packer], max(2, most), pace).run(JUDGED + FOUND)
    assert found.speed(FOUND, JUDGED) > 0.9 * best


def choices(line, packer, parts=80):
    pace = adaptive(3, packer.workers)
    model = Model(line, packer, 3, pace)
    model.run(FOUND)
    taken = []
    for number in range(FOUND + 1, FOUND + parts):
        model.run(number)
        taken.append(pace.level)
    return taken


def test_a_slow_line_gets_strong_compression():
    taken = choices(LINES["10 Mbit"], PACKERS["clean slices"])
    assert taken.count(6) > 0.8 * len(taken)


def test_a_fast_line_gets_none_or_the_fast_one():
    for line in ("1 Gbit", "this machine"):
        assert 6 not in choices(LINES[line], PACKERS["noisy slices"])


def test_what_cannot_be_compressed_is_not_tried_hard():
    taken = choices(LINES["10 Mbit"], PACKERS["JPEG"])
    assert taken.count(0) > 0.8 * len(taken)


def test_a_line_that_becomes_slow_and_fast_again_is_followed():
    pace = adaptive(3, 2)
    model = Model(LINES["this machine"], PACKERS["noisy slices"], 3, pace).run(40)
    assert pace.level in (0, 1)
    model.line = LINES["10 Mbit"]
    model.run(80)
    assert model.speed(60, 79) > 0.9 * 1.25 * MB / 0.76
    model.line = LINES["this machine"]
    model.run(140)
    assert pace.level in (0, 1)
    assert model.speed(110, 139) > 300 * MB


def test_a_crowded_server_is_left_with_fewer_lanes_and_a_far_one_gets_all():
    near, far = adaptive(8, 2), adaptive(8, 2)
    Model(LINES["a slow disk"], PACKERS["noisy slices"], 8, near).run(80)
    Model(LINES["far away"], PACKERS["noisy slices"], 8, far).run(80)
    assert near.lanes <= 2
    assert far.lanes >= 7


def test_a_part_that_is_lost_on_its_way_halves_the_lanes_but_leaves_one():
    pace = adaptive(8, 2)
    seen = []
    for _ in range(5):
        pace.troubled()
        seen.append(pace.lanes)
    assert seen == [4, 2, 1, 1, 1]


@st.composite
def measurements(draw):
    size = st.integers(0, 2**40)
    seconds = st.floats(0, 1e6)
    packed = st.tuples(st.just("packed"), st.integers(-1, 9), size, size, seconds)
    sent = st.tuples(st.just("sent"), size, seconds, st.floats(0, 20))
    return draw(st.lists(st.one_of(packed, sent, st.tuples(st.just("troubled"))), max_size=120))


@settings(deadline=None)
@given(measurements(), st.integers(1, 8), st.integers(1, 16))
def test_whatever_is_measured_the_choice_is_a_level_and_no_more_lanes_than_allowed(
    measured, most, workers
):
    pace, again = adaptive(most, workers), adaptive(most, workers)
    for name, *numbers in measured:
        getattr(pace, name)(*numbers)
        getattr(again, name)(*numbers)
        assert pace.level in LEVELS
        assert 1 <= pace.lanes <= most
    assert (pace.level, pace.lanes) == (again.level, again.lanes)
