"""How worn a pair is, and when it will be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.forecast import Forecast
from shoetrack.model import Shoe, Total
from shoetrack.wear import State, Wear, assess, buy_by, due_within, state_of, urgency

TODAY = date(2026, 6, 1)
KM = 1_000_000
RANGE = (480 * KM, 800 * KM)
SHOE = Shoe(1, "Peg")

totals_mm = st.integers(0, 1000 * KM)


def said(days: int) -> Forecast:
    """A forecast for so many days from today."""
    on = TODAY + timedelta(days=days)
    return Forecast(on, on, on)


def wear(
    distance_mm: int, forecast: Forecast | None = None, shoe: Shoe = SHOE, near: float = 0.9
) -> Wear:
    total = Total(1, distance_mm)
    return assess(shoe, total, forecast, default_range=RANGE, near=near, today=TODAY)


# --- state ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distance_mm", "state"),
    [
        (-1, State.FRESH),
        (0, State.FRESH),
        (480 * KM - 1, State.FRESH),
        (480 * KM, State.IN_RANGE),
        (720 * KM - 1, State.IN_RANGE),
        (720 * KM, State.NEAR_END),
        (800 * KM - 1, State.NEAR_END),
        (800 * KM, State.WORN_OUT),
        (10**18, State.WORN_OUT),
    ],
)
def test_states_change_at_low_near_and_high_to_the_millimetre(
    distance_mm: int, state: State
) -> None:
    assert wear(distance_mm).state is state
    assert wear(distance_mm, shoe=replace(SHOE, retired_on=TODAY)).state is State.RETIRED


def test_the_default_range_changes_at_the_same_millimetre() -> None:
    low, high = 482_803_200, 804_672_000
    near = high * 9 // 10
    for distance, state in [(near - 1, State.IN_RANGE), (near, State.NEAR_END)]:
        total = Total(1, distance)
        found = assess(SHOE, total, None, default_range=(low, high), near=0.9, today=TODAY)
        assert found.state is state


def test_a_pair_s_own_range_goes_before_the_default_one() -> None:
    racer = replace(SHOE, range_mm=(100 * KM, 200 * KM))
    assert wear(150 * KM, shoe=racer).state is State.IN_RANGE
    assert wear(150 * KM, shoe=racer).range_mm == (100 * KM, 200 * KM)
    assert wear(150 * KM).state is State.FRESH


def test_a_narrow_range_may_have_no_time_in_range() -> None:
    narrow = replace(SHOE, range_mm=(790 * KM, 800 * KM))
    assert wear(720 * KM, shoe=narrow).state is State.NEAR_END


@pytest.mark.parametrize(("days", "state"), [(14, State.NEAR_END), (15, State.FRESH)])
def test_a_forecast_of_two_weeks_is_near_the_end_whatever_the_miles(
    days: int, state: State
) -> None:
    assert state_of(SHOE, Total(1, 0), RANGE, 0.9, said(days), TODAY) is state


_ORDER = [State.FRESH, State.IN_RANGE, State.NEAR_END, State.WORN_OUT]


@given(less=totals_mm, more=totals_mm, near=st.floats(0.01, 1))
def test_more_miles_never_make_a_pair_fresher(less: int, more: int, near: float) -> None:
    less, more = sorted((less, more))
    states = [wear(distance, near=near).state for distance in (less, more)]
    assert _ORDER.index(states[0]) <= _ORDER.index(states[1])


@given(distance=totals_mm)
def test_what_is_used_and_what_is_left_make_the_high_end(distance: int) -> None:
    found = wear(distance)
    assert found.left_mm + distance == RANGE[1]
    assert found.share * RANGE[1] == pytest.approx(distance)
    assert (found.share >= 1) is (found.state is State.WORN_OUT) is (found.left_mm <= 0)


# --- due ------------------------------------------------------------------------------------


@given(distance=totals_mm, ahead=st.integers(0, 400), within=st.integers(0, 400))
def test_what_is_due_stays_due_over_a_longer_time(distance: int, ahead: int, within: int) -> None:
    found = wear(distance, said(ahead))
    due = [due_within(found, timedelta(days=span), TODAY) for span in (within, within + 1)]
    assert due[0] <= due[1]
    assert due_within(found, None, TODAY) is found.state.due
    assert due_within(found, None, TODAY) <= due[0]


def test_a_retired_pair_is_never_due() -> None:
    retired = wear(2000 * KM, said(1), replace(SHOE, retired_on=TODAY))
    assert not due_within(retired, timedelta(days=9999), TODAY)


def test_the_most_urgent_is_first() -> None:
    worn_out = wear(900 * KM)
    very_worn_out = wear(990 * KM)
    soon = wear(700 * KM, said(10))
    later = wear(100 * KM, said(140))
    unknown = wear(790 * KM)
    shuffled = [unknown, later, worn_out, soon, very_worn_out]
    assert sorted(shuffled, key=urgency) == [very_worn_out, worn_out, soon, later, unknown]


@pytest.mark.parametrize(
    ("found", "days"),
    [
        (wear(900 * KM), 0),
        (wear(730 * KM, said(40)), 0),
        (wear(100 * KM, said(10)), 0),
        (wear(100 * KM, said(15)), 1),
        (wear(100 * KM, said(40)), 26),
        (wear(100 * KM), None),
        (wear(100 * KM, said(40), replace(SHOE, retired_on=TODAY)), None),
    ],
)
def test_the_next_pair_is_bought_two_weeks_before_the_end(found: Wear, days: int | None) -> None:
    expected = None if days is None else TODAY + timedelta(days=days)
    assert buy_by(found, TODAY) == expected
