"""How hard to compress and how many parts to send at once: what keeps line and processors busy.

A part is packed in one of some processes and sent on one of some lanes. Both take time for each
byte of source; a stronger compression takes more of the one and less of the other. From what the
last parts took follows how fast each choice would be: as fast as the slower of the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Stored, fast, strong; see `PartRequest.compression`.
LEVELS = (0, 1, 6)
#: Time of packing beside the fast level's, and sizes, that a level is believed to reach before it
#: was tried: rather too good, so that it is tried where it could help at all.
_COST = {0: 0.5, 1: 1.0, 6: 4.0}
_RATIO = {0: 1.0, 1: 0.5, 6: 0.46}
_STRONGER = _RATIO[6] / _RATIO[1]
#: Share of the newest measurement in a mean.
_NEW = 0.35
#: What another choice must win before it is taken.
_GAIN = 1.05
#: What one more lane must carry to be worth its memory.
_WIDER = 1.03
#: Choices this close to the best are as good, and the weakest compression of them is taken.
_ALIKE = 0.98
#: Parts after which an unused level or number of lanes counts as never tried.
_MEMORY = 40
#: Share of the lanes that must be in use for a measurement to say what the line can carry.
_FULL = 0.75
#: No measured time is shorter, in seconds: clocks are not better than that.
_LEAST = 1e-12
#: Parts by which a number of lanes is judged, at least.
_TRIAL = 4


@dataclass(slots=True)
class _Level:
    """What is known of a level: seconds and bytes of body for each byte of source."""

    cost: float
    ratio: float
    used: int


@dataclass(slots=True)
class _Lanes:
    """What all lanes together carried, in bytes a second, when there were so many."""

    rate: float
    parts: int
    used: int


@dataclass(slots=True)
class Pace:
    """Decides for one server, from measurements alone: the same ones lead to the same choices.

    Parameters
    ----------
    most : int
        Lanes at most.
    places : int
        Packed parts in memory at most, those on their way included.
    workers : int
        Processes that pack.
    """

    most: int
    places: int
    workers: int
    lanes: int = field(init=False)
    level: int = field(init=False, default=1)
    _levels: dict[int, _Level] = field(init=False, default_factory=dict)
    _known: dict[int, _Lanes] = field(init=False, default_factory=dict)
    #: Bytes of body a second that the line is believed to carry; 0 where nothing is known.
    _line: float = field(init=False, default=0.0)
    _packed: int = field(init=False, default=0)
    _sent: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.lanes = self.most

    # measurements ----------------------------------------------------------------------

    def packed(self, level: int, source: int, body: int, seconds: float) -> None:
        """A part was packed: bytes of source and of body, seconds in its process."""
        if source <= 0 or seconds <= 0 or level not in LEVELS:
            return
        self._packed += 1
        cost, ratio = max(seconds / source, _LEAST), body / source
        known = self._levels.get(level)
        if known is None:
            self._levels[level] = _Level(cost, ratio, self._packed)
        else:
            known.cost += _NEW * (cost - known.cost)
            known.ratio += _NEW * (ratio - known.ratio)
            known.used = self._packed
        self._forget_levels()
        self._choose_level()

    def sent(self, body: int, seconds: float, beside: float) -> None:
        """A part was sent.

        Parameters
        ----------
        body : int
            Its bytes.
        seconds : float
            From its first byte to the server's answer.
        beside : float
            Parts on the line meanwhile, in the mean, itself counted.
        """
        if body <= 0 or seconds <= 0:
            return
        self._sent += 1
        rate = max(beside, 1.0) * body / max(seconds, _LEAST)
        full = beside >= _FULL * self.lanes
        if not self._line:
            self._line = rate * max(1.0, self.lanes / max(beside, 1.0))
        elif full:
            self._line += _NEW * (rate - self._line)
        else:
            # It could carry more than it was given, but surely this.
            self._line = max(self._line, rate)
        if full:
            self._judge_lanes(rate)
        self._choose_level()

    def troubled(self) -> None:
        """A part was lost on its way: try half as many lanes, and find out anew."""
        self.lanes = max(1, self.lanes // 2)
        self._known.clear()

    # choices ---------------------------------------------------------------------------

    def speed(self, level: int) -> float:
        """Bytes of source a second that a level is believed to reach; 0 where nothing is known."""
        if not self._levels:
            return 0.0
        cost, ratio = self._cost(level), self._ratio(level)
        packing = min(self.workers, self.places) / cost
        if not self._line:
            return packing
        line = self._line / max(ratio, 1e-9)
        # A part that is packed is not on its way, and there are only so many.
        together = self.places / (cost + self.lanes / line)
        return min(packing, line, together)

    def _choose_level(self) -> None:
        speeds = {level: self.speed(level) for level in LEVELS}
        top = max(speeds.values())
        weakest = min(level for level in LEVELS if speeds[level] >= _ALIKE * top)
        if weakest < self.level or speeds[weakest] > _GAIN * speeds[self.level]:
            self.level = weakest

    def _cost(self, level: int) -> float:
        known = self._levels.get(level)
        if known:
            return known.cost
        other = max(self._levels, key=lambda one: self._levels[one].used)
        return self._levels[other].cost * _COST[level] / _COST[other]

    def _ratio(self, level: int) -> float:
        known = self._levels.get(level)
        if known or not level:
            return known.ratio if known else 1.0
        other = self._levels.get(1 if level == 6 else 6)
        if other is None:
            return _RATIO[level]
        return other.ratio * (_STRONGER if level == 6 else 1.0)

    def _forget_levels(self) -> None:
        for level in [one for one, it in self._levels.items() if self._old(it.used, self._packed)]:
            del self._levels[level]

    @staticmethod
    def _old(used: int, now: int) -> bool:
        return now - used > _MEMORY

    def _judge_lanes(self, rate: float) -> None:
        """Climb while one more lane carries more; go back when it does not."""
        here = self._known.setdefault(self.lanes, _Lanes(rate, 0, self._sent))
        here.rate += _NEW * (rate - here.rate)
        here.parts += 1
        here.used = self._sent
        if here.parts < max(_TRIAL, self.lanes):
            return
        fewer, more = self._lately(self.lanes - 1), self._lately(self.lanes + 1)
        if fewer and here.rate < _WIDER * fewer.rate:
            self._take(self.lanes - 1)
        elif self.lanes < self.most and (more is None or more.rate > _WIDER * here.rate):
            self._take(self.lanes + 1)
        elif self.lanes > 1 and fewer is None:
            self._take(self.lanes - 1)

    def _lately(self, lanes: int) -> _Lanes | None:
        known = self._known.get(lanes)
        return None if known is None or self._old(known.used, self._sent) else known

    def _take(self, lanes: int) -> None:
        self.lanes = lanes
        if self._lately(lanes) is None:
            self._known.pop(lanes, None)
        else:
            self._known[lanes].parts = 0
