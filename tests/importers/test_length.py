"""Distances against straightforward implementations that share no code with them."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.importers.length import EARTH_M, GarminLength, Length, PlainLength

Row = tuple[float, float, float]


def great_circle(one: Row, other: Row) -> float:
    """Metres, from the angle between two unit vectors (no haversine in it)."""

    def vector(row: Row) -> tuple[float, float, float]:
        lat, lon = math.radians(row[0]), math.radians(row[1])
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    a, b = vector(one), vector(other)
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return EARTH_M * math.atan2(math.hypot(*cross), sum(x * y for x, y in zip(a, b, strict=True)))


def plain(rows: list[Row]) -> float:
    return sum(map(great_circle, rows, rows[1:]))


def treated(rows: list[Row]) -> float:
    """The treatment of Garmin Connect's files, from its description."""
    smooth = list(rows)
    for i in range(1, len(rows) - 1):
        near = rows[i - 1 : i + 2]
        if near[1][2] - near[0][2] <= 1.5 and near[2][2] - near[1][2] <= 1.5:
            smooth[i] = (sum(r[0] for r in near) / 3, sum(r[1] for r in near) / 3, rows[i][2])
    hops = [(great_circle(a, b), b[2] - a[2]) for a, b in pairwise(smooth)]
    middle = median_low([metres / seconds for metres, seconds in hops if seconds > 0] or [0.0])
    return sum(m for m, s in hops if not (s > 10 and m / s < middle / 2))


def feed(length: Length, rows: list[Row], batch: int) -> float:
    for at in range(0, len(rows), batch):
        lats, lons, times = zip(*rows[at : at + batch], strict=True)
        length.add(lats, lons, times)
    return length.metres()


def wander(seed: int, count: int) -> list[Row]:
    """A run with jitter, one point a second, and a rest of half a minute now and then."""
    chance = random.Random(seed)
    rows, lat, lon, time = [], 52.0, 13.0, 0.0
    for _ in range(count):
        rest = chance.random() < 0.05
        time += chance.choice((12.0, 30.0)) if rest else chance.choice((1.0, 1.0, 1.0, 3.0))
        lat += chance.gauss(0, 1e-6) if rest else chance.gauss(2.7e-5, 3e-6)
        lon += chance.gauss(0, 1e-6) if rest else chance.gauss(1e-5, 3e-6)
        rows.append((lat, lon, time))
    return rows


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_both_measures_in_any_batches(seed: int, batch: int) -> None:
    rows = wander(seed, 400)
    assert feed(PlainLength(), rows, batch) == pytest.approx(plain(rows), abs=1e-4)
    assert feed(GarminLength(), rows, batch) == pytest.approx(treated(rows), abs=1e-4)
    assert treated(rows) < plain(rows)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_tracks(count: int) -> None:
    rows = wander(1, count)
    assert feed(PlainLength(), rows, 10) == pytest.approx(plain(rows), abs=1e-6)
    assert feed(GarminLength(), rows, 10) == pytest.approx(treated(rows), abs=1e-6)


@pytest.mark.parametrize("kind", [PlainLength, GarminLength])
def test_no_hop_over_a_break(kind: type[PlainLength | GarminLength]) -> None:
    length = kind()
    rows = wander(3, 100)
    for part in (rows[:50], [(lat + 1, lon, time) for lat, lon, time in rows[:50]]):
        length.add(*zip(*part, strict=True))
        length.break_segment()
        length.break_segment()
    assert length.metres() < 3 * plain(rows[:50])


@pytest.mark.parametrize("kind", [PlainLength, GarminLength])
def test_without_times_both_are_plain(kind: type[PlainLength | GarminLength]) -> None:
    rows = [(lat, lon, math.nan) for lat, lon, _ in wander(4, 100)]
    assert feed(kind(), rows, 9) == pytest.approx(plain(rows), abs=1e-4)


COORDINATES = st.tuples(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1e10) | st.just(math.nan)
)


@given(st.lists(COORDINATES, max_size=20), st.integers(1, 5))
def test_never_negative_and_never_more_than_round_the_world(rows: list[Row], batch: int) -> None:
    for length in (PlainLength(), GarminLength()):
        metres = feed(length, rows, batch)
        assert 0 <= metres <= max(0, len(rows) - 1) * math.pi * EARTH_M * (1 + 1e-9)


@given(st.lists(COORDINATES, min_size=2, max_size=20))
def test_the_way_back_is_as_long(rows: list[Row]) -> None:
    there, back = feed(PlainLength(), rows, 9), feed(PlainLength(), rows[::-1], 9)
    assert there == pytest.approx(back, abs=1e-3)
