"""How worn a pair is, and when it will be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.model import Day, Shoe, Total
from shoetrack.wear import (
    HORIZON,
    PACE_WINDOW,
    Forecast,
    State,
    Wear,
    assess,
    due_within,
    predict,
    state_of,
    urgency,
)

TODAY = date(2026, 6, 1)
KM = 1_000_000
RANGE = (480 * KM, 800 * KM)
SHOE = Shoe(1, "Peg")

todays = st.sampled_from([TODAY, date(2024, 2, 29), date(2024, 3, 1), date(2026, 1, 1)])
totals_mm = st.integers(0, 1000 * KM)


@st.composite
def worn(draw: st.DrawFn) -> tuple[date, Total, list[Day]]:
    """A day, a pair's total by then, and what it ran on single days before and after."""
    today = draw(todays)
    back = draw(st.lists(st.integers(-3, 70), min_size=1, max_size=40, unique=True))
    days = [
        Day(
            today - timedelta(days=ago),
            draw(st.sampled_from([0, 1, 5 * KM, 42 * KM, 200 * KM])),
            draw(st.integers(1, 3)),
        )
        for ago in back
    ]
    distance = sum(day.distance_mm for day in days) + draw(totals_mm)
    first = min((day.on for day in days), default=None)
    return today, Total(1, distance, 0, len(days), first_worn=first), days


def wear(
    distance_mm: int, days: list[Day] | None = None, shoe: Shoe = SHOE, near: float = 0.9
) -> Wear:
    first = min((day.on for day in days or []), default=None)
    total = Total(1, distance_mm, first_worn=first)
    return assess(shoe, total, days or [], default_range=RANGE, near=near, today=TODAY)


def daily(distance_mm: int, days: int = 56, *, until: int = 0) -> list[Day]:
    """The same distance each day, the last one `until` days ago."""
    return [Day(TODAY - timedelta(days=ago), distance_mm) for ago in range(until, until + days)]


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
        found = assess(SHOE, total, [], default_range=(low, high), near=0.9, today=TODAY)
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
    on = TODAY + timedelta(days=days)
    forecast = Forecast(on, on, on)
    assert state_of(SHOE, Total(1, 0), RANGE, 0.9, forecast, TODAY) is state


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


# --- forecast -------------------------------------------------------------------------------


@given(case=worn(), left=st.integers(-5, 400 * KM))
def test_a_forecast_is_after_today_and_between_its_ends(
    case: tuple[date, Total, list[Day]], left: int
) -> None:
    today, total, days = case
    found = predict(total, days, total.distance_mm + left, today)
    if found is None:
        return
    assert left > 0
    assert today < found.earliest <= found.on <= today + HORIZON
    assert found.latest is None or found.on <= found.latest <= today + HORIZON


@given(case=worn(), left=st.integers(1, 400 * KM), more=st.integers(1, 400 * KM))
def test_more_to_go_is_never_sooner(
    case: tuple[date, Total, list[Day]], left: int, more: int
) -> None:
    today, total, days = case
    soon = predict(total, days, total.distance_mm + left, today)
    late = predict(total, days, total.distance_mm + left + more, today)
    if late is not None:
        assert soon is not None
        assert soon.on <= late.on
        assert soon.earliest <= late.earliest
        assert late.latest is None or (soon.latest is not None and soon.latest <= late.latest)


@given(case=worn(), data=st.data())
def test_neither_the_order_of_days_nor_what_lies_outside_the_window_matters(
    case: tuple[date, Total, list[Day]], data: st.DataObject
) -> None:
    today, total, days = case
    inside = [day for day in days if today - PACE_WINDOW < day.on <= today]
    shuffled = data.draw(st.permutations(inside))
    high = total.distance_mm + 100 * KM
    assert predict(total, shuffled, high, today) == predict(total, days, high, today)


@given(metres=st.integers(1000, 20_000), left=st.integers(1, 400 * KM))
def test_an_even_pace_is_forecast_to_the_day(metres: int, left: int) -> None:
    days = daily(metres * 1000)
    found = predict(Total(1, 0, first_worn=days[-1].on), days, left, TODAY)
    on = TODAY + timedelta(days=-(-left // (metres * 1000)))
    assert found == Forecast(on, on, on)


def test_a_forecast_crosses_a_leap_day_and_a_new_year() -> None:
    today = date(2023, 12, 31)
    days = [Day(today - timedelta(days=ago), 10 * KM) for ago in range(56)]
    found = predict(Total(1, 0, first_worn=days[-1].on), days, 600 * KM, today)
    assert found is not None
    assert found.on == date(2024, 2, 29)


def test_halves_of_different_pace_open_the_interval() -> None:
    days = daily(10 * KM, 28) + daily(5 * KM, 28, until=28)
    found = predict(Total(1, 0, first_worn=days[-1].on), days, 300 * KM, TODAY)
    assert found is not None
    ahead = [(day - TODAY).days for day in (found.earliest, found.on, found.latest or date.max)]
    assert ahead == [30, 40, 60]


def test_a_pair_that_rested_for_a_half_may_never_be_done() -> None:
    days = daily(5 * KM, 28, until=28)
    found = predict(Total(1, 0, first_worn=days[-1].on), days, 100 * KM, TODAY)
    assert found is not None
    assert found.latest is None
    assert (found.on - TODAY).days == 40


@pytest.mark.parametrize(
    "days",
    [
        [],
        daily(10 * KM, 2, until=14),  # too few runs
        daily(10 * KM, 13),  # too few days
        daily(10 * KM, 30, until=56),  # not worn in eight weeks
        daily(0, 30),  # worn, for nobody knows how far
        daily(1, 56),  # it will take years
    ],
)
def test_too_little_to_tell(days: list[Day]) -> None:
    first = min((day.on for day in days), default=None)
    assert predict(Total(1, 0, first_worn=first), days, 800 * KM, TODAY) is None


def test_three_runs_over_two_weeks_are_enough() -> None:
    days = [Day(TODAY - timedelta(days=ago), 10 * KM) for ago in (13, 7, 0)]
    found = predict(Total(1, 0, first_worn=days[0].on), days, 30 * KM, TODAY)
    assert found is not None
    assert found.on == TODAY + timedelta(days=14)
    two_on_a_day = [Day(TODAY - timedelta(days=13), 10 * KM), Day(TODAY, 20 * KM, runs=2)]
    assert predict(Total(1, 0, first_worn=days[0].on), two_on_a_day, 30 * KM, TODAY) == found


def test_neither_a_worn_out_nor_a_retired_nor_an_unworn_pair_has_a_forecast() -> None:
    days = daily(10 * KM)
    assert wear(800 * KM, days).forecast is None
    assert wear(100 * KM, days).forecast is not None
    assert wear(100 * KM, days, replace(SHOE, retired_on=TODAY)).forecast is None
    assert wear(100 * KM).forecast is None


# --- due ------------------------------------------------------------------------------------


@given(distance=totals_mm, pace=st.integers(0, 30 * KM), within=st.integers(0, 400))
def test_what_is_due_stays_due_over_a_longer_time(distance: int, pace: int, within: int) -> None:
    found = wear(distance, daily(pace))
    due = [due_within(found, timedelta(days=span), TODAY) for span in (within, within + 1)]
    assert due[0] <= due[1]
    assert due_within(found, None, TODAY) is found.state.due
    assert due_within(found, None, TODAY) <= due[0]


def test_a_retired_pair_is_never_due() -> None:
    retired = wear(2000 * KM, daily(10 * KM), replace(SHOE, retired_on=TODAY))
    assert not due_within(retired, timedelta(days=9999), TODAY)


def test_the_most_urgent_is_first() -> None:
    worn_out = wear(900 * KM)
    very_worn_out = wear(990 * KM)
    soon = wear(700 * KM, daily(10 * KM))
    later = wear(100 * KM, daily(5 * KM))
    unknown = wear(790 * KM)
    shuffled = [unknown, later, worn_out, soon, very_worn_out]
    assert sorted(shuffled, key=urgency) == [very_worn_out, worn_out, soon, later, unknown]
