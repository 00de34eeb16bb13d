"""Climbs: noise is none, a hill is as high as it is, and how the points come changes nothing."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from math import inf, nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shoetrack.importers.ascent import (
    THRESHOLD_M,
    Ascent,
    believed_ascent,
    heights_of,
    is_height,
    stated_ascent,
    sum_of,
)

HEIGHTS = st.floats(-400, 8800, allow_nan=False).map(lambda metres: round(metres, 3)).filter(bool)
ANYTHING = HEIGHTS | st.floats(allow_nan=True, allow_infinity=True)


def climb(*segments: Sequence[float]) -> int | None:
    ascent = Ascent()
    for heights in segments:
        ascent.add(heights)
        ascent.break_segment()
    return ascent.millimetres()


def by_turns(heights: Sequence[float]) -> float:
    """The same from its description, all heights at once: from each valley to the next peak."""
    climbed, at = 0.0, 0
    while at < len(heights):
        valley = heights[at]
        while at < len(heights) and heights[at] - valley <= THRESHOLD_M:
            valley = min(valley, heights[at])
            at += 1
        if at == len(heights):
            break
        peak = heights[at]
        while at < len(heights) and peak - heights[at] <= THRESHOLD_M:
            peak = max(peak, heights[at])
            at += 1
        climbed += peak - valley
    return climbed


@given(st.lists(ANYTHING), st.lists(ANYTHING))
def test_never_negative_whatever_comes(first: list[float], second: list[float]) -> None:
    found = climb(first, second)
    assert (found is None) == (not any(map(is_height, first + second)))
    assert found is None or found >= 0


@given(st.lists(HEIGHTS, min_size=1))
def test_from_valleys_to_peaks(heights: list[float]) -> None:
    assert climb(heights) == pytest.approx(by_turns(heights) * 1000, abs=1)


@given(HEIGHTS, st.floats(THRESHOLD_M + 0.01, 5000), st.integers(1, 200))
def test_a_straight_climb_is_as_high_as_it_is(foot: float, height: float, steps: int) -> None:
    heights = [foot + height * step / steps for step in range(steps + 1)]
    assume(all(map(is_height, heights)))
    assert climb(heights) == pytest.approx(height * 1000, abs=1)
    assert climb(heights[::-1]) == 0


@given(HEIGHTS, st.lists(st.floats(0, THRESHOLD_M - 0.01), min_size=1))
def test_noise_on_the_flat_is_no_climb(height: float, noise: list[float]) -> None:
    heights = [height + one for one in noise]
    assume(all(heights))
    assert climb(heights) == 0


@given(st.lists(HEIGHTS, min_size=1), st.data())
def test_noise_below_the_threshold_changes_nothing(
    heights: list[float], data: st.DataObject
) -> None:
    """Between two points of the way, any number that stray from it by less than the threshold."""
    noisy: list[float] = []
    for height, following in zip(heights, [*heights[1:], heights[-1]], strict=True):
        low, high = sorted((height, following))
        noisy.append(height)
        if high - low > THRESHOLD_M:
            # Down from a climb, and up from a descent: neither makes a new valley or peak.
            away = -1 if following > height else 1
            turns = data.draw(st.lists(st.floats(0.001, THRESHOLD_M - 0.001), max_size=3))
            for turn in turns:
                middle = (low + high) / 2
                back = middle + away * min(turn, (high - low) / 2)
                noisy += [middle, back, middle] if is_height(middle) and is_height(back) else []
    assert climb(noisy) == pytest.approx(climb(heights), abs=1)


@given(st.lists(ANYTHING), st.lists(st.integers(0, 100)))
def test_where_the_batches_end_makes_no_difference(heights: list[float], ends: list[int]) -> None:
    ascent, before = Ascent(), 0
    for end in sorted(ends):
        ascent.add(heights[before:end])
        before = max(before, min(end, len(heights)))
    ascent.add(heights[before:])
    assert ascent.millimetres() == climb(heights)


@given(st.lists(HEIGHTS, min_size=1), st.lists(st.integers(0, 30)))
def test_points_that_know_no_height_change_nothing(heights: list[float], at: list[int]) -> None:
    holed = list(heights)
    for index, place in enumerate(at):
        holed.insert(min(place, len(holed)), (nan, inf, -inf, 1e5, -2e4, 0.0)[index % 6])
    assert climb(holed) == climb(heights)


def test_a_pause_is_no_climb() -> None:
    assert climb([100, 110], [500, 520]) == 30_000


def test_a_hill_cut_by_pauses_is_one_hill() -> None:
    assert climb(*([100 + i, 102 + i] for i in range(0, 40, 2))) == 40_000


def test_a_descent_in_a_pause_is_none_either() -> None:
    assert climb([100, 110], [20, 30], [10, 20]) == 30_000


def test_a_segment_without_heights_between_two() -> None:
    assert climb([100, 110], [nan, nan], [], [500, 520]) == 30_000


def test_zero_before_the_first_fix_is_no_cliff() -> None:
    assert climb([0.0, 0.0, 250.0, 251.0, 0.0, 250.0]) == 0


def test_zero_all_along_is_no_height() -> None:
    assert climb([0.0] * 50) is None
    assert climb([]) is None


def test_an_hour_of_a_gps_on_a_table() -> None:
    """A slow drift of some metres with a jitter on it, as receivers have."""
    chance = random.Random(4)
    drift, heights = 0.0, []
    for _ in range(3600):
        drift = 0.995 * drift + chance.gauss(0, 0.1)
        heights.append(80 + drift + chance.uniform(-1, 1))
    assert sum(max(b - a, 0) for a, b in itertools.pairwise(heights)) > 1000
    found = climb(heights)
    assert found is not None
    assert found < 20_000


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.5", "-2", "3e1"], [1.5, -2.0, 30.0]),
        (["1,5", " 2 "], [1.5, 2.0]),
        (["", "", ""], []),
        ([], []),
    ],
)
def test_heights_of_texts(texts: list[str], expected: list[float]) -> None:
    assert heights_of(texts) == expected


def test_what_is_no_number_is_no_height() -> None:
    found = heights_of(["5", "", "high", "1.2.3", "nan", "inf", "6"])
    assert [height for height in found if is_height(height)] == [5.0, 6.0]
    assert len(found) == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [("412.5", 412_500), ("412,5", 412_500), ("0", 0), ("-0.0", 0), ("-3", None), ("", None),
     ("nan", None), ("inf", None), ("1e9", None), ("many", None)],
)  # fmt: skip
def test_stated_ascents(text: str, expected: int | None) -> None:
    assert stated_ascent(text) == expected


def test_sums_of_parts() -> None:
    assert sum_of([1, 2, 0]) == 3
    assert sum_of([1, None]) is None
    assert sum_of([]) is None
    assert believed_ascent(nan) is None
