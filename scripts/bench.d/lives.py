"""Runners who do not exist, and their pairs from the first mile to the last: what a forecast is
held against. Each kind is something that real runners' years look like; none is made in the way
that the forecast thinks of them, which knows nothing of plans, seasons, injuries or roles.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from shoetrack.model import Day

BEGUN = date(2010, 1, 4)  # a Monday
KM = 1_000_000
# What a run is, and its part of a week: pairs have their roles.
LONG, EASY, FAST = range(3)

Levels = Iterator[float]


@dataclass(eq=False)
class Pair:
    """A pair from its first day to its last; `done_on` is the day that it reached `high_mm`."""

    id: int
    high_mm: int
    joined_on: date
    roles: list[float]
    gone_mm: int  # retired by then at the latest, worn out or not
    days: list[Day] = field(default_factory=list)
    worn_mm: int = 0
    done_on: date | None = None
    retired_on: date | None = None


@dataclass(frozen=True)
class Kind:
    """How a runner lives: levels of weekly distance around 1, runs a week, pairs at once."""

    name: str
    levels: Callable[[random.Random], Levels]
    years: int = 5
    runs: tuple[int, int] = (3, 6)
    mates: Callable[[random.Random], Iterator[int]] | None = None


def live(kind: Kind, seed: int) -> list[Pair]:
    """All pairs that a runner of this kind ever had."""
    chance = random.Random(f"{kind.name} {seed}")
    return _Runner(kind, chance).live()


class _Runner:
    def __init__(self, kind: Kind, chance: random.Random) -> None:
        self.chance, self.kind = chance, kind
        self.a_week = chance.randint(*kind.runs)
        self.km = self.a_week * chance.uniform(5, 12)
        self.pairs: list[Pair] = []
        self.in_use: list[Pair] = []
        self.overuse = chance.choice([1.0, 1.0, 1.05, 1.15])
        self.early = chance.choice([1.0, 1.0, 0.9])  # buys the next before the last is done
        self.steady = chance.choice([0.0, 0.02, 0.05])  # how tastes in pairs wander
        self.high = chance.choice([600, 700, 800, 800, 900]) * KM

    def live(self) -> list[Pair]:
        wanted = (self.kind.mates or _as_many)(self.chance)
        weeks = self.kind.years * 52
        for week, level in zip(range(weeks), self.kind.levels(self.chance), strict=False):
            self._keep(next(wanted), BEGUN + timedelta(weeks=week))
            self._run(BEGUN + timedelta(weeks=week), level)
        return self.pairs

    def _keep(self, wanted: int, monday: date) -> None:
        """Buy and retire."""
        for pair in list(self.in_use):
            if pair.worn_mm >= pair.gone_mm:
                pair.retired_on = monday
                self.in_use.remove(pair)
        while len(self.in_use) > wanted:
            # Whoever gives a pair away before its time gives the oldest: it has no end to forecast.
            gone = self.in_use.pop(0)
            gone.retired_on = monday
        fresh = [pair for pair in self.in_use if pair.worn_mm < self.early * pair.high_mm]
        for _ in range(wanted - len(fresh)):
            roles = [self.chance.gammavariate(1.5, 1) + 0.1 for _ in range(3)]
            pair = Pair(
                len(self.pairs) + 1, self.high, monday, roles, int(self.high * self.overuse)
            )
            self.pairs.append(pair)
            self.in_use.append(pair)
        for pair in self.in_use:
            pair.roles = [role * math.exp(self.chance.gauss(0, self.steady)) for role in pair.roles]

    def _run(self, monday: date, level: float) -> None:
        level *= math.exp(self.chance.gauss(0, 0.18))
        if level < 0.05 or self.chance.random() < 0.03:  # a week ill or away
            return
        runs = max(1, min(7, round(self.a_week * min(1.2, level**0.5) + self.chance.gauss(0, 0.5))))
        weekdays = [5, 6] if self.kind.runs[1] <= 2 else range(7)
        days = sorted(self.chance.sample(list(weekdays), min(runs, len(weekdays))))
        kinds = [EASY] * len(days)
        kinds[-1] = LONG
        if len(kinds) > 2:
            kinds[1] = FAST
        parts = [(1.9, 1.0, 1.0)[kind] * self.chance.uniform(0.8, 1.2) for kind in kinds]
        for weekday, kind, part in zip(days, kinds, parts, strict=True):
            distance = int(self.km * level * part / sum(parts) * KM)
            self._wear(monday + timedelta(days=weekday), kind, distance)

    def _wear(self, on: date, kind: int, distance: int) -> None:
        weights = [pair.roles[kind] for pair in self.in_use]
        pair = self.chance.choices(self.in_use, weights)[0]
        pair.days.append(Day(on, distance))
        pair.worn_mm += distance
        if pair.done_on is None and pair.worn_mm >= pair.high_mm:
            pair.done_on = on


# --- how the level of weeks goes ------------------------------------------------------------


def _as_many(chance: random.Random) -> Iterator[int]:
    wanted = chance.choice([1, 2, 2, 3, 3])
    while True:
        yield wanted


def _joining(chance: random.Random) -> Iterator[int]:
    """From one pair to four over the years."""
    for wanted in range(1, 5):
        for _ in range(chance.randint(20, 60)):
            yield wanted
    while True:
        yield 4


def _leaving(chance: random.Random) -> Iterator[int]:
    """Pairs are given away before their time, and bought again months later."""
    while True:
        for wanted in (4, 3, 2, 3):
            for _ in range(chance.randint(15, 40)):
                yield wanted


def _steady(chance: random.Random) -> Levels:
    level = 0.0
    while True:
        level = 0.9 * level + chance.gauss(0, 0.04)
        yield math.exp(level)


def _races(chance: random.Random) -> Levels:
    """Build up for months, taper, race, recover, and some weeks of no plan."""
    while True:
        weeks = chance.randint(10, 18)
        top = chance.uniform(1.2, 1.5)
        for week in range(weeks):
            rise = 0.7 + (top - 0.7) * week / weeks
            yield rise * (0.75 if week % 4 == 3 else 1.0)
        yield from (0.7 * top, 0.45 * top, 0.9, 0.15, 0.35, 0.5)
        for _ in range(chance.randint(2, 12)):
            yield 0.7


def _injured(chance: random.Random) -> Levels:
    """Three to eight weeks of nothing about four times in three years, and a slow return."""
    while True:
        for _ in range(max(6, int(chance.expovariate(1 / 38)))):
            yield 1.0
        for _ in range(chance.randint(3, 8)):
            yield 0.0
        yield from (0.25, 0.4, 0.6, 0.8)


def _seasonal(chance: random.Random) -> Levels:
    depth, phase = chance.uniform(0.3, 0.6), chance.random()
    week = 0
    while True:
        yield 1 + depth * math.sin(2 * math.pi * (week / 52 + phase))
        week += 1


def _drifting(chance: random.Random) -> Levels:
    """A level that wanders over ten years, with some season and some injuries in it."""
    level = 0.0
    for other, season in zip(_injured(chance), _seasonal(chance), strict=False):
        level = 0.998 * level + chance.gauss(0, 0.04)
        yield math.exp(level) * (0.6 + 0.4 * season) * other


KINDS = (
    Kind("steady", _steady),
    Kind("build-up and taper", _races),
    Kind("injuries", _injured),
    Kind("seasonal", _seasonal),
    Kind("mates joining", _steady, mates=_joining),
    Kind("mates retired", _steady, mates=_leaving),
    Kind("weekend only", _steady, years=8, runs=(2, 2)),
    Kind("ten years, drifting", _drifting, years=10),
)
