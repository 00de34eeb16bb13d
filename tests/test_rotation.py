"""Whether pairs take turns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.model import Day, Shoe
from shoetrack.rotation import MIN_RUNS, Rotation, evaluate

TODAY = date(2026, 3, 1)
WINDOW = timedelta(days=28)
KM = 1_000_000
NAMES = ["Peg", "Ghost", "Rider"]


def pairs(count: int, name: str = "daily") -> list[Shoe]:
    return [Shoe(i + 1, NAMES[i % 3], rotation=name) for i in range(count)]


def judged(
    shoes: list[Shoe],
    days: dict[int, list[Day]],
    tolerance: float = 0.2,
    window: timedelta = WINDOW,
) -> list[Rotation]:
    return evaluate(shoes, days, window=window, tolerance=tolerance, today=TODAY)


def one(shoes: list[Shoe], days: dict[int, list[Day]], tolerance: float = 0.2) -> Rotation:
    (found,) = judged(shoes, days, tolerance)
    return found


def ran(*kilometres: float) -> list[Day]:
    """One run on each of the last days, of so many kilometres."""
    return [Day(TODAY - timedelta(days=ago), round(km * KM)) for ago, km in enumerate(kilometres)]


days_of = st.dictionaries(
    st.integers(1, 4),
    st.lists(
        st.builds(
            Day,
            st.dates(TODAY - timedelta(days=40), TODAY + timedelta(days=2)),
            st.one_of(st.just(0), st.integers(1, 50 * KM)),
            st.integers(1, 3),
        ),
        max_size=12,
    ),
)


@given(count=st.integers(1, 4), days=days_of)
def test_shares_and_targets_are_parts_of_one(count: int, days: dict[int, list[Day]]) -> None:
    found = one(pairs(count), days)
    assert len(found.turns) == count
    assert sum(turn.target for turn in found.turns) == pytest.approx(1)
    whole = sum(turn.distance_mm for turn in found.turns)
    assert sum(turn.share for turn in found.turns) == pytest.approx(1 if whole else 0)
    assert all(0 <= turn.share <= 1 for turn in found.turns)
    assert found.runs == sum(turn.runs for turn in found.turns)
    assert set(found.uneven) <= set(found.turns)


@given(count=st.integers(1, 4), days=days_of, data=st.data())
def test_only_the_window_matters_and_no_order(
    count: int, days: dict[int, list[Day]], data: st.DataObject
) -> None:
    within = {
        shoe_id: [
            day for day in data.draw(st.permutations(some)) if TODAY - WINDOW < day.on <= TODAY
        ]
        for shoe_id, some in days.items()
    }
    assert one(pairs(count), within) == one(pairs(count), days)
    # What another pair did does not concern them.
    assert one(pairs(count), {**within, 99: ran(100, 100)}) == one(pairs(count), within)


@given(count=st.integers(2, 4), days=days_of, factor=st.integers(2, 9))
def test_only_the_proportions_matter(count: int, days: dict[int, list[Day]], factor: int) -> None:
    scaled = {
        shoe_id: [Day(day.on, day.distance_mm * factor, day.runs) for day in some]
        for shoe_id, some in days.items()
    }
    before, after = one(pairs(count), days), one(pairs(count), scaled)
    assert [t.share for t in before.turns] == pytest.approx([t.share for t in after.turns])


@given(count=st.integers(2, 4), days=days_of)
def test_a_wider_tolerance_finds_no_more_uneven(count: int, days: dict[int, list[Day]]) -> None:
    strict, lax = one(pairs(count), days, 0.1), one(pairs(count), days, 0.3)
    assert {turn.shoe.id for turn in lax.uneven} <= {turn.shoe.id for turn in strict.uneven}
    assert one(pairs(count), days, 1.0).uneven == ()


@given(count=st.integers(2, 4), runs=st.integers(3, 9), metres=st.integers(1, 50_000))
def test_equal_turns_are_even(count: int, runs: int, metres: int) -> None:
    days = {shoe.id: ran(*[metres / 1000] * runs) for shoe in pairs(count)}
    assert one(pairs(count), days, 0.001).verdict == "even"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ([10] * 3, [10] * 3, "even"),
        ([10] * 7, [10] * 3, "even"),  # 70 % is 20 points off a half: just within
        ([10] * 8, [10] * 3, "uneven"),
        ([10] * 6, [], "uneven"),
        ([10] * 5, [], "too few runs to tell"),
        ([], [], "too few runs to tell"),
        ([0] * 4, [0] * 4, "too few runs to tell"),  # runs whose distance nobody knows
        ([0] * 5, [10], "uneven"),
    ],
)
def test_the_verdict_on_two_pairs(first: list[int], second: list[int], verdict: str) -> None:
    found = one(pairs(2), {1: ran(*first), 2: ran(*second)})
    assert found.verdict == verdict
    assert bool(found.uneven) is (verdict == "uneven")


def test_a_pair_alone_takes_no_turns() -> None:
    found = one(pairs(1), {1: ran(*[10] * 9)})
    assert (found.verdict, found.uneven) == ("one pair alone", ())


def test_only_the_pairs_off_their_share_are_named() -> None:
    found = one(pairs(3), {1: ran(*[10] * 6), 2: ran(10, 10, 10, 10), 3: ran(1)})
    assert [turn.shoe.id for turn in found.uneven] == [1, 3]


def test_the_window_ends_today_and_begins_after_its_first_day() -> None:
    days = [Day(TODAY - timedelta(days=ago), KM) for ago in (-1, 0, 27, 28)]
    (turn,) = one(pairs(1), {1: days}).turns
    assert (turn.runs, turn.last_worn) == (2, TODAY)
    # 28 days before the first of March of a leap year.
    (leap,) = evaluate(
        pairs(1),
        {1: [Day(date(2024, 2, 2), KM), Day(date(2024, 2, 3), KM), Day(date(2024, 2, 29), KM)]},
        window=WINDOW,
        tolerance=0.2,
        today=date(2024, 3, 1),
    )
    assert leap.runs == 2


def test_rotations_are_by_name_and_of_pairs_in_use() -> None:
    shoes = [
        Shoe(1, "Peg", rotation="daily"),
        Shoe(2, "Speedgoat", rotation="trail"),
        Shoe(3, "Old", rotation="daily", retired_on=TODAY),
        Shoe(4, "Gone", rotation="race", retired_on=TODAY),
        Shoe(5, "Loose"),
        Shoe(6, "Ghost", rotation="daily"),
    ]
    found = judged(shoes, {3: ran(10), 5: ran(10)})
    assert [rotation.name for rotation in found] == ["daily", "trail"]
    assert [[turn.shoe.id for turn in rotation.turns] for rotation in found] == [[1, 6], [2]]
    assert judged([], {}) == []


def test_six_runs_are_enough() -> None:
    assert MIN_RUNS == 6
    twice_a_day = [Day(TODAY, 20 * KM, runs=2), Day(TODAY - timedelta(days=1), 40 * KM, runs=4)]
    assert one(pairs(2), {1: twice_a_day}).verdict == "uneven"
