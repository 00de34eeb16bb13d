"""The week's running against the weeks before: plain sums, over days that are the runs' own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack import hand, load
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.load import Load
from shoetrack.model import Day, Shoe
from shoetrack.questions import load as question
from shoetrack.sport import Sport
from shoetrack.units import Unit
from tests.support import NOW

TODAY = NOW.date()
KM = 1_000_000

days_ago = st.integers(-3, 60)
distances = st.integers(1, 60 * KM)


def day(ago: int, distance_mm: int) -> Day:
    return Day(TODAY - timedelta(days=ago), distance_mm)


def of(*days: Day, ran_before: bool = True) -> Load:
    found = load.week(days, TODAY, ran_before=ran_before)
    assert found is not None
    return found


@given(st.lists(st.builds(day, days_ago, distances)))
def test_the_load_is_plain_sums(days: list[Day]) -> None:
    found = load.week(days, TODAY, ran_before=True)
    ago = [((TODAY - one.on).days, one.distance_mm) for one in days]
    week = sum(mm for days_ago, mm in ago if 0 <= days_ago < 7)
    before = sum(mm for days_ago, mm in ago if 7 <= days_ago < 35)
    if not week and not before:
        assert found is None
        return
    assert found is not None
    assert found.week_mm == week
    assert found.mean_mm is not None
    assert abs(found.mean_mm * 4 - before) <= 2


@given(st.lists(st.builds(day, days_ago, distances), min_size=1), distances)
def test_a_run_more_this_week_never_lowers_the_rise(days: list[Day], more: int) -> None:
    before = load.week(days, TODAY, ran_before=True)
    after = of(*days, day(0, more))
    if before is None or before.rise is None:
        assert after.rise is None
    else:
        assert after.rise is not None
        assert after.rise > before.rise


def test_today_is_in_the_week_and_the_eighth_day_back_is_not() -> None:
    found = of(day(0, 10 * KM), day(6, 5 * KM), day(7, 40 * KM))
    assert (found.week_mm, found.mean_mm) == (15 * KM, 10 * KM)
    assert found.since == TODAY - timedelta(days=6)
    assert found.rise == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("week_km", "percent", "above"),
    [(9, -10, False), (10, 0, False), (11, 10, False), (11.2, 12, True), (20, 100, True)],
)
def test_above_ten_percent_is_said(week_km: float, percent: int, above: bool) -> None:
    found = of(day(1, int(week_km * KM)), day(20, 40 * KM))
    assert (found.percent, found.above_advised) == (percent, above)


def test_a_millimetre_of_measuring_is_no_rise() -> None:
    assert not of(day(1, 11 * KM + 1), day(20, 40 * KM)).above_advised


def test_less_than_four_weeks_of_running_have_no_mean() -> None:
    found = of(day(1, 10 * KM), day(20, 40 * KM), ran_before=False)
    assert (found.mean_mm, found.rise, found.percent) == (None, None, None)
    assert not found.above_advised


def test_next_to_nothing_is_compared_with_nothing() -> None:
    found = of(day(1, 10 * KM), day(20, 4 * KM))
    assert (found.mean_mm, found.rise) == (KM, None)


# --- out of the ledger ----------------------------------------------------------------------


def add(store: Store, ago: int, km: float, sport: Sport = Sport.RUN, **more: int) -> int:
    run = hand.new_run(
        store,
        on=TODAY - timedelta(days=ago),
        sport=sport,
        distance_mm=int(km * KM),
        duration_s=None,
        name="",
        shoe_id=more.get("shoe_id"),
        now=NOW,
    )
    return run.id


def ask(location: Location, today: date = TODAY) -> Load | None:
    with open_reader(location) as reader:
        return question.of_week(reader, today)


def test_every_run_counts_whatever_it_is_on_and_what_was_taken_out_does_not(
    store: Store, location: Location
) -> None:
    pair = hand.add_shoe(store, Shoe(0, "Old"), 900 * KM, hand.DefaultFor(), NOW, TODAY)
    add(store, 34, 40, shoe_id=pair.id)
    add(store, 3, 10, shoe_id=pair.id)
    hand.retire_shoe(store, pair, TODAY, NOW)
    add(store, 2, 5, Sport.TREADMILL)  # on no pair
    add(store, 1, 7, Sport.TRAIL_RUN)
    add(store, 1, 25, Sport.HIKE)
    add(store, 1, 3, Sport.WALK)
    gone = add(store, 0, 8)
    hand.ignore_runs(store, [gone], NOW)
    twin = add(store, 0, 8)
    hand.merge_runs(store, add(store, 0, 8), [twin], NOW)
    hand.adjust_shoe(store, pair, 50 * KM, "", NOW, TODAY, Unit.KM)
    found = ask(location)
    assert found is not None
    assert (found.week_mm, found.mean_mm) == (30 * KM, 10 * KM)


def test_the_mean_needs_a_run_by_the_first_of_its_days(store: Store, location: Location) -> None:
    add(store, 1, 10)
    add(store, 33, 10)
    found = ask(location)
    assert found is not None
    assert found.mean_mm is None
    add(store, 34, 10)
    found = ask(location)
    assert found is not None
    assert found.mean_mm == 5 * KM


def test_without_runs_there_is_no_load(store: Store, location: Location) -> None:
    assert question.of_week(None, TODAY) is None
    assert ask(location) is None
    add(store, 1, 10, Sport.WALK)
    add(store, 60, 10)
    assert ask(location) is None


def test_the_day_is_the_runs_own(store: Store, location: Location) -> None:
    run_id = add(store, 0, 10)
    assert ask(location, TODAY - timedelta(days=1)) is None  # not there yet, in the zone of home
    hand.edit_run(store, run_id, {"local_date": TODAY - timedelta(days=7)}, NOW)
    found = ask(location)
    assert found is not None
    assert found.week_mm == 0


def test_a_prompt_looks_at_the_runs_of_the_window_alone(store: Store, location: Location) -> None:
    add(store, 1, 10)
    asked: list[str] = []

    class Watched:
        athlete = 1

        def rows(self, sql: str, /, **params: object) -> list[Any]:
            plan = reader.rows(f"EXPLAIN QUERY PLAN {sql}", **params)
            asked.extend(row["detail"] for row in plan)
            return reader.rows(sql, **params)

    with open_reader(location) as found:
        assert found is not None
        reader = found
        question.of_week(Watched(), TODAY)
    assert any("ix_run_date (athlete_id=? AND local_date>? AND local_date<?)" in a for a in asked)
    assert not any(line.startswith("SCAN") or "TEMP" in line for line in asked)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 45), st.integers(1, 30), st.sampled_from(Sport)), max_size=8)
)
def test_the_load_of_a_ledger_is_that_of_its_runs(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, int, Sport]]
) -> None:
    location = Location(tmp_path_factory.mktemp("load") / "s.db", own_folder=True)
    store = Store(location)
    try:
        for ago, km, sport in runs:
            add(store, ago, km, sport)
    finally:
        store.close()
    running = [(ago, km * KM) for ago, km, sport in runs if sport in load.RUNNING]
    expected = load.week(
        [day(ago, mm) for ago, mm in running],
        TODAY,
        ran_before=any(ago >= 34 for ago, _ in running),
    )
    assert ask(location) == expected
