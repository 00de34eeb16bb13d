"""When a pair will reach the ends of its range: laws, single cases, and lives that are known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.forecast import HORIZON, IDLE, LOOK_BACK, Forecast, forecasts
from shoetrack.model import Day, Shoe, Total

TODAY = date(2026, 6, 1)
KM = 1_000_000
DEFAULT = (480 * KM, 800 * KM)
PEG = Shoe(1, "Peg", rotation="daily")
NOVA = Shoe(2, "Nova", rotation="daily")


def every(step: int, km: float, *, since: int, until: int = 1) -> list[Day]:
    """A run of `km` every `step` days, from `since` days ago to `until` days ago."""
    return [Day(TODAY - timedelta(days=ago), int(km * KM)) for ago in range(until, since, step)]


def ask(
    days: dict[Shoe, list[Day]],
    *,
    today: date = TODAY,
    worn: dict[int, int] | None = None,
) -> dict[int, Forecast]:
    """Forecasts from what was run; `worn` is what a pair has in all, where it is not that."""
    totals: dict[int | None, Total] = {}
    for shoe, runs in days.items():
        before = [day for day in runs if day.on <= today]
        totals[shoe.id] = Total(
            shoe.id,
            (worn or {}).get(shoe.id, sum(day.distance_mm for day in before)),
            0,
            len(before),
            min((day.on for day in before), default=None),
            max((day.on for day in before), default=None),
        )
    recent = {shoe.id: runs for shoe, runs in days.items()}
    return forecasts(list(days), totals, recent, default_range=DEFAULT, today=today)


def ahead(found: Forecast) -> tuple[int, int, int | None]:
    latest = None if found.latest is None else (found.latest - TODAY).days
    return (found.earliest - TODAY).days, (found.on - TODAY).days, latest


# --- laws -----------------------------------------------------------------------------------

ran = st.lists(
    st.builds(
        lambda ago, mm, runs: Day(TODAY - timedelta(days=ago), mm, runs),
        st.integers(-3, 400),
        st.sampled_from([0, 1, 5 * KM, 12 * KM, 42 * KM, 200 * KM]),
        st.integers(1, 3),
    ),
    max_size=40,
    unique_by=lambda day: day.on,
)
retired = st.sampled_from([None, TODAY - timedelta(days=5)])


@given(mine=ran, other=ran, gone=retired, left=st.integers(1, 790 * KM))
def test_a_forecast_is_never_before_today_and_between_its_ends(
    mine: list[Day], other: list[Day], gone: date | None, left: int
) -> None:
    days = {PEG: mine, replace(NOVA, retired_on=gone): other}
    found = ask(days, worn={1: 800 * KM - left})
    assert gone is None or 2 not in found
    for one in found.values():
        assert TODAY <= one.earliest <= one.on <= (one.latest or date.max)
        assert (one.latest or one.on) <= TODAY + HORIZON
        assert one.low_on is None or TODAY <= one.low_on <= one.on


@given(mine=ran, other=ran, gone=retired, left=st.integers(1, 790 * KM), more=st.integers(1, 10**8))
def test_more_to_go_is_never_sooner(
    mine: list[Day], other: list[Day], gone: date | None, left: int, more: int
) -> None:
    days = {PEG: mine, replace(NOVA, retired_on=gone): other}
    soon = ask(days, worn={1: 800 * KM - left}).get(1)
    late = ask(days, worn={1: 800 * KM - left - more}).get(1)
    if late is not None:
        assert soon is not None
        assert soon.on <= late.on
        assert soon.earliest <= late.earliest
        assert (soon.latest or date.max) <= (late.latest or date.max)


@given(mine=ran, other=ran, data=st.data())
def test_neither_the_order_of_days_nor_how_far_others_have_to_go_matters(
    mine: list[Day], other: list[Day], data: st.DataObject
) -> None:
    known = ask({PEG: mine, NOVA: other}, worn={1: 500 * KM, 2: 100 * KM}).get(1)
    mixed = data.draw(st.permutations(mine))
    assert ask({PEG: mixed, NOVA: other}, worn={1: 500 * KM, 2: 700 * KM}).get(1) == known


@given(mine=ran)
def test_a_worn_out_or_retired_pair_has_none(mine: list[Day]) -> None:
    assert ask({PEG: mine}, worn={1: 800 * KM}) == {}
    assert ask({replace(PEG, retired_on=TODAY): mine}, worn={1: 100 * KM}) == {}


# --- what a forecast is made of -------------------------------------------------------------


def test_an_even_pace_goes_on() -> None:
    found = ask({PEG: every(1, 10, since=200)}, worn={1: 300 * KM})
    early, on, late = ahead(found[1])
    assert on == pytest.approx(50, abs=3)
    assert late is not None
    assert 35 < early < 47
    assert 53 < late < 70
    assert found[1].low_on is not None
    assert (found[1].low_on - TODAY).days == pytest.approx(18, abs=2)


def test_the_low_end_has_no_day_once_it_is_passed() -> None:
    assert ask({PEG: every(1, 10, since=200)}, worn={1: 480 * KM})[1].low_on is None


def test_the_same_day_has_the_same_answer_and_the_next_nearly_so() -> None:
    days = {PEG: every(2, 8, since=300), NOVA: every(3, 14, since=300)}
    worn = {1: 400 * KM, 2: 300 * KM}
    assert ask(days, worn=worn) == ask(days, worn=worn)
    tomorrow = ask(days, worn=worn, today=TODAY + timedelta(days=1))
    for pair, found in ask(days, worn=worn).items():
        assert abs((tomorrow[pair].on - found.on).days) <= 5


def test_a_day_that_is_not_over_is_no_day_without_running() -> None:
    before = {PEG: every(1, 10, since=60)}
    run_today = {PEG: every(1, 10, since=60, until=0)}
    tomorrow = TODAY + timedelta(days=1)
    idle = ask(before, worn={1: 700 * KM})[1]
    assert ask(run_today, worn={1: 700 * KM})[1].on == idle.on + timedelta(days=1)
    assert ask(run_today, worn={1: 700 * KM}, today=tomorrow)[1].on == idle.on + timedelta(days=1)


def test_the_miles_of_a_retired_mate_go_on_on_the_others() -> None:
    peg, nova = every(2, 10, since=300), every(2, 10, since=300, until=8)
    shared = ask({PEG: peg, NOVA: nova}, worn={1: 400 * KM, 2: 400 * KM})[1]
    alone = ask({PEG: peg, replace(NOVA, retired_on=TODAY): nova}, worn={1: 400 * KM})[1]
    assert (alone.on - TODAY) < 0.65 * (shared.on - TODAY)


def test_a_new_pair_has_its_rotation_s_pace_before_it_has_one_of_its_own() -> None:
    """Three runs in its first days: at that pace it would be done in no time."""
    old = every(2, 10, since=300, until=6)
    new = [Day(TODAY - timedelta(days=ago), 10 * KM) for ago in (5, 3, 1)]
    found = ask({PEG: old, NOVA: new})[2]
    assert 100 < (found.on - TODAY).days < 330


def test_recent_weeks_count_more() -> None:
    rising = every(1, 10, since=42) + every(1, 4, since=300, until=42)
    falling = every(1, 4, since=42) + every(1, 10, since=300, until=42)
    up, even, down = (
        ask({PEG: days}, worn={1: 500 * KM})[1].on
        for days in (rising, every(1, 7, since=300), falling)
    )
    # The miles of the year are about 5, 7 and 9 km a day: what counts is which way they go.
    assert (up - TODAY).days < 300 / 5.5
    assert (down - TODAY).days > 300 / 8.5
    assert (even - TODAY).days == pytest.approx(43, abs=2)


def test_a_season_that_was_comes_again() -> None:
    """Of two years alike but for when their weeks of much running were, the one where those are
    the next ones by the calendar has the pair done sooner, though they were longer ago.
    """
    coming = every(1, 4, since=370) + every(1, 12, since=364, until=280)
    gone_by = every(1, 4, since=370) + every(1, 12, since=280, until=196)
    soon, late = (ask({PEG: days}, worn={1: 400 * KM})[1].on for days in (coming, gone_by))
    assert (late - soon).days > 7


def test_a_new_pair_s_day_does_not_jump_as_its_weeks_fill() -> None:
    """A pair that is worn every fourth day, beside one worn every other day."""
    old = every(2, 10, since=200, until=-30)
    new = every(4, 8, since=20, until=-30)
    before = None
    for days in range(30):
        today = TODAY + timedelta(days=days)
        worn = {1: 300 * KM, 2: sum(day.distance_mm for day in new if day.on <= today)}
        found = ask({PEG: old, NOVA: new}, worn=worn, today=today)[2]
        if before is not None:
            assert abs((found.on - before).days) <= 0.08 * (found.on - today).days
        before = found.on


def test_gaps_widen_the_interval() -> None:
    steady = every(1, 5, since=350)
    gaps = [day for day in every(1, 7, since=350) if (TODAY - day.on).days % 90 > 27]
    widths = []
    for days in (steady, gaps):
        early, on, late = ahead(ask({PEG: days}, worn={1: 400 * KM})[1])
        assert late is not None
        widths.append((late - early) / on)
    assert widths[1] > 1.5 * widths[0]


def test_pairs_in_no_rotation_are_taken_together() -> None:
    peg, nova = replace(PEG, rotation=""), replace(NOVA, rotation="", retired_on=TODAY)
    days = {peg: every(2, 10, since=60), nova: every(2, 10, since=300, until=8)}
    assert ask(days, worn={1: 400 * KM})[1].on < TODAY + timedelta(days=70)


@pytest.mark.parametrize(
    "days",
    [
        [],
        every(20, 10, since=40),  # two runs
        every(2, 10, since=12),  # less than two weeks
        every(2, 10, since=300, until=IDLE.days + 1),  # waits in a cupboard
        every(2, 0, since=100),  # worn, for nobody knows how far
        every(2, 0.001, since=100),  # it will take centuries
    ],
)
def test_too_little_to_tell(days: list[Day]) -> None:
    assert ask({PEG: days}) == {}


def test_three_runs_in_two_weeks_are_enough() -> None:
    runs = [Day(TODAY - timedelta(days=ago), 10 * KM) for ago in (14, 7, 1)]
    assert 1 in ask({PEG: runs})
    assert 1 not in ask({PEG: runs[1:]})
    assert 1 not in ask({PEG: [runs[0]._replace(on=TODAY - timedelta(days=13)), *runs[1:]]})


def test_an_end_beyond_five_years_is_none() -> None:
    found = ask({PEG: every(7, 3.2, since=350)}, worn={1: 0})[1]
    assert found.latest is None
    assert found.on <= TODAY + HORIZON


def test_what_is_older_than_the_look_back_does_not_matter() -> None:
    days = every(3, 9, since=300)
    older = [Day(TODAY - LOOK_BACK - timedelta(days=ago), 20 * KM) for ago in range(2, 90)]
    first = Day(TODAY - timedelta(days=500), 0)
    known = ask({PEG: [first, *days]}, worn={1: 300 * KM})
    assert ask({PEG: [first, *older, *days]}, worn={1: 300 * KM})[1].on == known[1].on


# --- lives that are known -------------------------------------------------------------------

BENCH = Path(__file__).parent.parent / "scripts" / "bench.d"


@pytest.fixture
def backtest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if not BENCH.is_dir():
        pytest.skip("the backtest is not with an installed package")
    monkeypatch.syspath_prepend(str(BENCH))
    yield import_module("backtest")
    for name in ("backtest", "lives", "measure"):
        sys.modules.pop(name, None)


def test_the_truth_is_in_the_interval_about_as_often_as_is_said(backtest: Any) -> None:
    asked = backtest.answers(backtest.lives.KINDS, range(9000, 9003), most=12)
    found = backtest.score(asked)
    assert found.count > 200
    assert found.silent <= 5
    assert 0.70 <= found.held <= 0.90
    assert found.mean_off < found.mean_whole_life_off
    assert found.mean_off < found.mean_eight_weeks_off
