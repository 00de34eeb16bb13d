"""When each pair will reach the ends of its range. Plain functions; `today` is an argument.

The coming weeks of a rotation are drawn, many times over, from the weeks that it had: in blocks of
four, since a week is like the one before it (a build-up, a holiday, an injury), recent ones more
often, and of a whole year also those of the same season. A pair gets its share of each. What nobody
can draw from the past widens the interval: the level that a runner is at next season, and how the
pairs will share it. How wide was fitted to simulated runners so that 80 % of the truths fall into
it; `scripts/bench` shows how often they do.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from shoetrack.model import Day, Shoe, Total

# How far back weeks are looked at; they are counted from the last whole day, not from a Monday.
WEEKS = 52
LOOK_BACK = timedelta(days=7 * WEEKS)
# Less than this says nothing: of runs on the pair, and of whole weeks of its rotation.
MIN_RUNS = 3
MIN_WEEKS = 2
# A pair that was not worn for so long waits in a cupboard, and has no pace.
IDLE = timedelta(days=84)
# Beyond this a forecast is a guess about another life.
HORIZON = timedelta(days=5 * 364)

_PATHS = 64
_BLOCK = 4
# A week counts half as much as one so many weeks later, for the rotation's miles and for a pair's
# part in them.
_VOLUME_HALF_LIFE = 20.0
_SHARE_HALF_LIFE = 8.0
# So many of 1,024 blocks are those of a year before, in their order: seasons come again.
_SEASON = 256
# A pair's share begins at an equal part, which counts as much as so many weeks.
_PRIOR_WEEKS = 2.0
# Standard deviations of logarithms. Of the rotation's level: at once, for each unit of its blocks'
# own variation, and for each further block. Of a pair's odds in the rotation, as variances: of one
# week's knowledge, for each week ahead, and of one run.
_LEVEL, _LEVEL_VARIATION, _DRIFT = 0.1, 0.4, 0.05
_SHARE, _SHARE_DRIFT, _RUN = 0.8, 0.006, 1.2
_MOST_DRIFT_WEEKS = 52
# The next weeks are more like the last ones than like the year: of the ratio of the two (at most a
# doubling or a half, since an injury does not last) this power goes on, less with each block.
_NOW_HALF_LIFE, _PULL, _LASTING, _MOST_PULL, _PULLED = 4.0, 0.7, 0.8, 2.0, 12


class Forecast(NamedTuple):
    """When a pair reaches the high end of its range: as likely before `on` as after it.

    In eight of ten cases it is from `earliest` to `latest`; `latest` None: beyond five years.
    `low_on` is the middle for the low end, None where that is passed.
    """

    on: date
    earliest: date
    latest: date | None
    low_on: date | None = None


def forecasts(
    shoes: Iterable[Shoe],
    totals: Mapping[int | None, Total],
    days: Mapping[int, Sequence[Day]],
    *,
    default_range: tuple[int, int],
    today: date,
) -> dict[int, Forecast]:
    """The forecasts by the pair's id, for pairs in use that are not worn out.

    `days` are what each pair ran since `today - LOOK_BACK`, retired ones too: their miles go on,
    on the others. None for a pair with too few runs, one that was not worn for twelve weeks, or
    one whose day is years away. The pairs without a rotation are one.
    """
    rotations: dict[str, list[Shoe]] = {}
    for shoe in shoes:
        rotations.setdefault(shoe.rotation, []).append(shoe)
    # A day that is not over would count as one of little running, so it counts once there is some.
    ran_today = any(day.on == today for worn in days.values() for day in worn)
    end = today.toordinal() - (not ran_today)
    found: dict[int, Forecast] = {}
    for members in rotations.values():
        able = [s for s in members if _can_tell(s, totals.get(s.id), days.get(s.id, ()), today)]
        ranges = {
            shoe.id: [goal - totals[shoe.id].distance_mm for goal in shoe.range_mm or default_range]
            for shoe in able
        }
        able = [shoe for shoe in able if ranges[shoe.id][1] > 0]
        if able:
            found |= _rotation(members, able, ranges, totals, days, end)
    return found


def _can_tell(shoe: Shoe, total: Total | None, days: Sequence[Day], today: date) -> bool:
    return (
        shoe.retired_on is None
        and total is not None
        and total.last_worn is not None
        and today - total.last_worn <= IDLE
        and sum(day.runs for day in days) >= MIN_RUNS
    )


def _rotation(
    members: Sequence[Shoe],
    able: Sequence[Shoe],
    left: Mapping[int, Sequence[int]],
    totals: Mapping[int | None, Total],
    days: Mapping[int, Sequence[Day]],
    end: int,
) -> dict[int, Forecast]:
    """Forecasts for the pairs `able` of one rotation; `left` is what each has to low and high."""
    first = min(
        total.first_worn.toordinal()
        for total in (totals.get(shoe.id) for shoe in members)
        if total is not None and total.first_worn is not None
    )
    count = min(WEEKS, (end - first + 1) // 7)
    weeks = {shoe.id: _by_week(days.get(shoe.id, ()), end) for shoe in members}
    volume = [sum(week) for week in zip(*weeks.values(), strict=True)][:count]
    if count < MIN_WEEKS or not any(volume):
        return {}
    in_use = [shoe.id for shoe in members if shoe.retired_on is None]
    ran = [day for shoe_id in in_use for day in days.get(shoe_id, ())]
    everyone = _by_week(ran, end)
    equal = 1 / max(1, sum(any(weeks[shoe_id][: 2 * _BLOCK]) for shoe_id in in_use))
    recency = [0.5 ** (ago / _SHARE_HALF_LIFE) for ago in range(count)]
    pace = max(_weighted(volume, recency) / sum(recency), sum(volume) / count / 4)
    needs: dict[int, list[list[float]]] = {}
    for shoe in able:
        mine, worn = weeks[shoe.id], totals[shoe.id].first_worn
        assert worn is not None
        known = recency[: max(1, (end - worn.toordinal()) // 7 + 1)]
        shared = everyone
        if worn.toordinal() > end - 7 * WEEKS:  # not its part of what they ran before it joined
            shared = _by_week((day for day in ran if day.on >= worn), end)
        prior = _PRIOR_WEEKS * pace
        share = (_weighted(mine, known) + prior * equal) / (_weighted(shared, known) + prior)
        run = sum(mine) / sum(day.runs for day in days[shoe.id])
        needs[shoe.id] = [
            _needed(goal, share, sum(known), run, pace) if goal > 0 else []
            for goal in left[shoe.id]
        ]
    most = max(max(need) for _, need in needs.values())
    paths = _paths(volume, most)
    return {
        shoe_id: found
        for shoe_id, (low, high) in needs.items()
        if (found := _forecast(paths, low, high, end)) is not None
    }


def _by_week(days: Iterable[Day], end: int) -> list[int]:
    """Miles of the weeks before the ordinal day `end`, that day's own week first."""
    weeks = [0] * WEEKS
    for day in days:
        ago = end - day.on.toordinal()
        if 0 <= ago < 7 * WEEKS:
            weeks[ago // 7] += day.distance_mm
    return weeks


def _weighted(weeks: Sequence[float], weights: Sequence[float]) -> float:
    return sum(week * weight for week, weight in zip(weeks, weights, strict=False))


def _needed(left: int, share: float, known: float, run: float, pace: float) -> list[float]:
    """What the rotation has to run until the pair has run `left`, on each path.

    Never less where more is left: the deviation changes slower than `left` does.
    """
    ahead = min(_MOST_DRIFT_WEEKS, left / (share * pace))
    deviation = math.sqrt(_SHARE / known + _SHARE_DRIFT * ahead + _RUN * run / (left + run))
    odds = max(0.0, 1 / share - 1)
    return [left * (1 + odds * math.exp(deviation * z)) for z in _NORMAL_SHUFFLED]


# A path: the sum at the end of each block, each block's sums by week, and its level.
_Path = tuple[list[float], list[list[float]], list[float]]


def _paths(volume: Sequence[int], most: float) -> list[_Path]:
    """The rotation's miles to come, until `most` or the horizon; `volume` has the last week first.

    The draws are the same on every day, so that a forecast moves only when the runs do; and each
    path has its own, so that how far it is followed changes none of the others.
    """
    size = min(_BLOCK, len(volume))
    blocks = []
    for newest in range(len(volume) - size + 1):
        sums = [0.0]
        for week in reversed(volume[newest : newest + size]):
            sums.append(sums[-1] + week)
        blocks.append(sums)
    weights = [0.5 ** (ago / _VOLUME_HALF_LIFE) for ago in range(len(blocks))]
    drawn = _table(weights)
    ends = [sums[-1] for sums in blocks]
    mean = sum(ends) / len(ends)
    spread = math.sqrt(sum((end - mean) ** 2 for end in ends) / len(ends)) / mean
    deviation = _LEVEL + _LEVEL_VARIATION * spread
    drift = [math.exp(_DRIFT * z) for z in _normal(8)]
    pull = _pull(volume, _weighted(ends, weights) / sum(weights) / size)
    pulls = [math.exp(pull * _LASTING**block) for block in range(_PULLED)]
    longest = HORIZON.days // 7 // size
    last_year = range(WEEKS - size, -1, -size) if len(volume) == WEEKS else ()
    paths: list[_Path] = []
    for number, z in enumerate(_NORMAL):
        level, total = math.exp(deviation * z), 0.0
        bounds = [0.0]
        path: list[list[float]] = []
        levels: list[float] = []
        state = (number + 1) * 0x9E3779B97F4A & _MASK
        while total < most and len(path) < longest:
            state = (state * 0x5DEECE66D + 11) & _MASK  # as in drand48
            block = drawn[state >> 40]
            if last_year and state >> 20 & 1023 < _SEASON:
                block = last_year[len(path) % len(last_year)]
            now = level * pulls[len(path)] if len(path) < _PULLED else level
            total += now * ends[block]
            bounds.append(total)
            path.append(blocks[block])
            levels.append(now)
            level *= drift[state >> 37 & 7]
        paths.append((bounds, path, levels))
    return paths


def _pull(volume: Sequence[int], mean: float) -> float:
    """How much more, as a logarithm, the last weeks had than `mean`, as far as that goes on."""
    weights = [0.5 ** (ago / _NOW_HALF_LIFE) for ago in range(len(volume))]
    now = _weighted(volume, weights) / sum(weights)
    return _PULL * math.log(min(_MOST_PULL, max(1 / _MOST_PULL, now / mean)))


def _forecast(
    paths: Sequence[_Path], low: Sequence[float], high: Sequence[float], end: int
) -> Forecast | None:
    early, middle, late = _PATHS // 10, _PATHS // 2, _PATHS - 1 - _PATHS // 10
    times = sorted(map(_reached, paths, high))
    on = _day(times[middle], end)
    earliest = _day(times[early], end)
    if on is None or earliest is None:
        return None
    low_on = _day(sorted(map(_reached, paths, low))[middle], end) if low else None
    return Forecast(on, earliest, _day(times[late], end), low_on)


def _day(weeks: float, end: int) -> date | None:
    days = max(1, math.ceil(7 * weeks)) if weeks < math.inf else math.inf
    return date.fromordinal(end + int(days)) if days <= HORIZON.days else None


def _reached(path: _Path, need: float) -> float:
    """After how many weeks a path comes to `need`; infinity where it does not."""
    bounds, drawn, levels = path
    block = bisect_left(bounds, need)
    if block == len(bounds):
        return math.inf
    sums = drawn[block - 1]
    rest = (need - bounds[block - 1]) / levels[block - 1]
    week = min(bisect_left(sums, rest), len(sums) - 1)
    part = (rest - sums[week - 1]) / (sums[week] - sums[week - 1])
    return (block - 1) * (len(sums) - 1) + week - 1 + part


def _table(weights: Sequence[float]) -> list[int]:
    """256 indexes, each as often as its weight asks."""
    whole, so_far = sum(weights), 0.0
    table: list[int] = []
    for index, weight in enumerate(weights):
        so_far += weight
        table += [index] * (round(256 * so_far / whole) - len(table))
    return table


def _normal(count: int) -> list[float]:
    """Evenly likely values of a standard normal variable, to 1 %: Tukey's lambda distribution.

    The statistics module has it exactly, and would cost a third of a prompt's start-up.
    """
    parts = [(index + 0.5) / count for index in range(count)]
    return [4.91 * (part**0.14 - (1 - part) ** 0.14) for part in parts]


_MASK = 2**48 - 1
_NORMAL = _normal(_PATHS)
# In an order that has nothing to do with that of the levels.
_NORMAL_SHUFFLED = [_NORMAL[index * 23 % _PATHS] for index in range(_PATHS)]
