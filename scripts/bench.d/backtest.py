"""Forecasts of pairs whose last day is known, asked at several stages of their lives."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Protocol

import lives
from measure import Table

from shoetrack.forecast import LOOK_BACK, Forecast, forecasts
from shoetrack.model import Shoe, Total

# Parts of the high end at which is asked, on a random day of the week after.
STAGES = (0.25, 0.5, 0.75, 0.9)
# The forecast's constants were fitted to the runners from 1000 on; it was never fitted to these.
REPORTED = 7000
_RECENT = timedelta(days=56)


@dataclass(frozen=True)
class Answer:
    """One question: in how many days the pair was done, and what was said."""

    kind: str
    stage: float
    truth: int
    forecast: Forecast | None
    today: date
    whole_life: float  # the day at the average pace since the pair was first worn
    eight_weeks: float | None  # at that of the last eight weeks

    @property
    def said(self) -> int:
        assert self.forecast is not None
        return (self.forecast.on - self.today).days

    @property
    def held(self) -> bool:
        """Whether the truth was in the interval."""
        assert self.forecast is not None
        done = self.today + timedelta(days=self.truth)
        latest = self.forecast.latest or date.max
        return self.forecast.earliest <= done <= latest


def answers(kinds: Iterable[lives.Kind], seeds: Iterable[int], most: int) -> list[Answer]:
    """What is said of the pairs of these runners, at up to `most` moments of each runner."""
    found = []
    for seed in seeds:
        for kind in kinds:
            pairs = lives.live(kind, seed)
            moments = list(_moments(pairs, seed))
            random.Random(seed).shuffle(moments)
            found += [_ask(kind, *moment, pairs) for moment in moments[:most]]
    return found


def _moments(pairs: Iterable[lives.Pair], seed: int) -> Iterator[tuple[float, date, lives.Pair]]:
    for pair in pairs:
        chance = random.Random(f"{seed} {pair.id}")
        for stage in STAGES:
            worn, later = 0, timedelta(days=chance.randint(0, 6))
            for day in pair.days:
                worn += day.distance_mm
                if worn >= stage * pair.high_mm:
                    if pair.done_on is not None and day.on + later < pair.done_on:
                        yield stage, day.on + later, pair
                    break


def _ask(
    kind: lives.Kind, stage: float, today: date, pair: lives.Pair, pairs: Iterable[lives.Pair]
) -> Answer:
    shoes, days = [], {}
    totals: dict[int | None, Total] = {}
    for other in pairs:
        worn = [day for day in other.days if day.on <= today]
        if other.joined_on > today or not worn:
            continue
        gone = other.retired_on if other.retired_on and other.retired_on <= today else None
        ends = (other.high_mm * 6 // 10, other.high_mm)
        shoes.append(
            Shoe(other.id, str(other.id), range_mm=ends, rotation="daily", retired_on=gone)
        )
        distance = sum(day.distance_mm for day in worn)
        totals[other.id] = Total(other.id, distance, 0, len(worn), worn[0].on, worn[-1].on)
        days[other.id] = [day for day in worn if day.on >= today - LOOK_BACK]
    said = forecasts(shoes, totals, days, default_range=(1, 2), today=today)
    total = totals[pair.id]
    assert total.first_worn is not None
    assert pair.done_on is not None
    left = pair.high_mm - total.distance_mm
    span = (today - total.first_worn).days + 1
    recent = sum(day.distance_mm for day in days[pair.id] if day.on > today - _RECENT)
    return Answer(
        kind=kind.name,
        stage=stage,
        truth=(pair.done_on - today).days,
        forecast=said.get(pair.id),
        today=today,
        whole_life=left / total.distance_mm * span,
        eight_weeks=left / recent * min(_RECENT.days, span) if recent else None,
    )


@dataclass(frozen=True)
class Score:
    """Of a number of answers: how many held, and how many days off the middles were."""

    count: int
    silent: int
    held: float
    off: float
    whole_life_off: float
    eight_weeks_off: float
    mean_off: float
    mean_whole_life_off: float
    mean_eight_weeks_off: float


def score(asked: list[Answer]) -> Score:
    """How good answers were. Where the forecast is silent, or a pace is not known, all are."""
    told = [one for one in asked if one.forecast is not None]
    both = [(one, one.eight_weeks) for one in told if one.eight_weeks is not None]
    off = [abs(one.said - one.truth) for one, _ in both]
    whole = [abs(one.whole_life - one.truth) for one, _ in both]
    eight = [abs(pace - one.truth) for one, pace in both]
    return Score(
        count=len(told),
        silent=len(asked) - len(told),
        held=sum(one.held for one in told) / len(told),
        off=median(off),
        whole_life_off=median(whole),
        eight_weeks_off=median(eight),
        mean_off=sum(off) / len(off),
        mean_whole_life_off=sum(whole) / len(whole),
        mean_eight_weeks_off=sum(eight) / len(eight),
    )


class Runners(Protocol):
    @property
    def runners(self) -> int:
        """How many of each kind."""


def forecast(table: Table, _: Path, sizes: Runners) -> None:
    """How often the truth fell in the forecast's interval, and how many days off its middle was."""
    seeds = range(REPORTED, REPORTED + sizes.runners)
    asked = answers(lives.KINDS, seeds, most=16)
    whole = score(asked)
    count = f"{whole.count:,} forecasts, {whole.silent} silent"
    held = 100 * whole.held
    table.add("forecast: truths in its 80 % interval", count, held, least=75, unit=" %")
    table.add("forecast: no more than that", count, held, most=85, unit=" %")
    for kind in lives.KINDS:
        found = score([one for one in asked if one.kind == kind.name])
        what = f"forecast, {kind.name}: truths in the interval"
        table.add(what, f"{found.count:,} forecasts", 100 * found.held, unit=" %")
    for stage in STAGES:
        found = score([one for one in asked if one.stage == stage])
        what = f"forecast, at {stage:.0%} of high: truths in the interval"
        table.add(what, f"{found.count:,} forecasts", 100 * found.held, unit=" %")
    for name, ours, life, eight in (
        ("median", whole.off, whole.whole_life_off, whole.eight_weeks_off),
        ("mean", whole.mean_off, whole.mean_whole_life_off, whole.mean_eight_weeks_off),
    ):
        what = f"forecast, {name} days off: ours / "
        table.add(f"{what}pace since first worn", f"{ours:.1f}, {life:.1f} days", ours / life,
                  most=1)  # fmt: skip
        table.add(f"{what}pace of eight weeks", f"{ours:.1f}, {eight:.1f} days", ours / eight,
                  most=1)  # fmt: skip
    for low, high in itertools.pairwise((0, 14, 42, 91, 182, 365, 5 * 365)):
        within = [one for one in asked if one.forecast and low <= one.said < high]
        found = score(within)
        paces = f"{found.off:.0f}, {found.whole_life_off:.0f}, {found.eight_weeks_off:.0f} days"
        what = f"forecast {low}-{high} days ahead, median off: ours, life, 8 wk"
        table.add(what, paces, 100 * found.held, unit=" %")
