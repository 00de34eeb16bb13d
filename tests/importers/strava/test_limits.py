"""The limits of calls: windows, headers, and two processes that count together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.importers.strava.limits import RESERVE, Budget, Limits, next_window

NOON = datetime(2026, 6, 1, 12, 7, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-06-{text}:00+00:00")


def headers(overall: str = "", reads: str = "") -> dict[str, str]:
    return {"X-RateLimit-Usage": overall, "X-ReadRateLimit-Usage": reads}


@pytest.mark.parametrize(
    ("now", "turns"),
    [("01T12:00", "01T12:15"), ("01T12:14", "01T12:15"), ("01T12:59", "01T13:00"),
     ("01T23:45", "02T00:00")],
)  # fmt: skip
def test_a_quarter_turns_at_the_quarters_of_the_hour(now: str, turns: str) -> None:
    assert next_window(at(now)) == at(turns)


def test_before_anything_is_known_a_new_app_s_limits_hold() -> None:
    limits = Limits(NOON)
    assert limits.room(NOON) == 100 - RESERVE
    assert limits.room(NOON, reading=False) == 200 - RESERVE
    assert limits.goes_on(NOON) is None


def test_what_the_headers_say_is_taken() -> None:
    told = Limits(NOON).told(
        {
            "X-RateLimit-Limit": "600,30000",
            "X-RateLimit-Usage": "314,27536",
            "X-ReadRateLimit-Limit": "300, 15000",
            "X-ReadRateLimit-Usage": "214,13000",
        },
        NOON,
    )
    assert told.overall == Budget(600, 30000, 314, 27536)
    assert told.reads == Budget(300, 15000, 214, 13000)
    assert told.room(NOON, reserve=0) == 86


@pytest.mark.parametrize(
    "bad", ["", "x", "1", "1,2,3", "1,-2", "1.5,2", "nan,nan", "٣,٤x", "9" * 30 + ",1", ","]
)
def test_headers_that_say_nothing_change_nothing(bad: str) -> None:
    known = Limits(NOON, Budget(200, 2000, 5, 50), Budget(100, 1000, 4, 40))
    names = ("X-RateLimit-Limit", "X-RateLimit-Usage", "X-ReadRateLimit-Usage")
    assert known.told(dict.fromkeys(names, bad), NOON) == known


def test_a_limit_of_nothing_is_not_believed() -> None:
    assert Limits(NOON).told({"X-RateLimit-Limit": "0,0"}, NOON).overall.quarter == 200


def test_use_never_goes_back_within_a_window() -> None:
    """Answers to two processes can come in any order."""
    limits = Limits(NOON).told(headers("50,500", "40,400"), NOON)
    assert limits.told(headers("49,499", "39,399"), NOON) == limits


def test_a_full_quarter_goes_on_at_the_next() -> None:
    limits = Limits(NOON).told(headers("97,100", "97,100"), NOON)
    assert limits.room(NOON) == 0
    assert limits.goes_on(NOON) == at("01T12:15")
    assert limits.goes_on(NOON, reading=False) is None
    assert limits.room(at("01T12:15")) == 100 - RESERVE
    assert limits.goes_on(at("01T12:15")) is None


def test_a_full_day_goes_on_at_midnight() -> None:
    limits = Limits(NOON).told(headers("5,1000", "5,998"), NOON)
    assert limits.goes_on(NOON) == at("02T00:00")
    assert limits.goes_on(at("01T23:59")) == at("02T00:00")
    assert limits.goes_on(at("02T00:00")) is None


def test_writing_counts_in_all_and_not_as_reading() -> None:
    spent = Limits(NOON).spent(NOON, reading=False)
    assert (spent.overall.used_quarter, spent.reads.used_quarter) == (1, 0)


def test_a_refusal_fills_the_quarter_where_its_headers_do_not() -> None:
    assert Limits(NOON).refused({}, NOON).goes_on(NOON) == at("01T12:15")
    by_day = Limits(NOON).refused(headers("9,2000", "9,9"), NOON)
    assert by_day.goes_on(NOON) == at("02T00:00")


def test_a_clock_set_back_a_little_turns_nothing_and_by_days_forgets() -> None:
    limits = Limits(NOON).told(headers("97,100", "97,100"), NOON)
    assert limits.goes_on(NOON - timedelta(minutes=20)) == at("01T12:15")
    assert limits.goes_on(NOON - timedelta(days=300)) is None


moments = st.timedeltas(timedelta(0), timedelta(days=3)).map(lambda after: NOON + after)
counts = st.integers(0, 300)
budgets = st.builds(Budget, st.just(200), st.just(2000), counts, counts)
known_limits = st.builds(Limits, moments, budgets, budgets)


@given(known_limits, budgets, moments)
def test_what_is_told_never_makes_room(limits: Limits, told: Budget, now: datetime) -> None:
    usage = f"{told.used_quarter},{told.used_day}"
    after = limits.told(headers(usage, usage), now)
    assert after.room(now) <= limits.room(now)
    assert after.told(headers(usage, usage), now) == after


@given(known_limits, moments)
def test_there_is_room_or_a_time_at_which_there_will_be(limits: Limits, now: datetime) -> None:
    goes_on = limits.goes_on(now)
    assert (goes_on is None) == (limits.room(now) > 0)
    if goes_on is not None:
        assert goes_on > min(now, limits.seen_at)
        later = limits.goes_on(goes_on)
        assert later is None or later > goes_on


@given(known_limits, moments, st.booleans())
def test_a_call_never_makes_room(limits: Limits, now: datetime, reading: bool) -> None:
    before = limits.room(now, reading=reading)
    after = limits.spent(now, reading=reading).room(now, reading=reading)
    assert after == max(0, before - 1)


def test_where_one_limit_is_told_it_holds_for_reading_too() -> None:
    told = {"X-RateLimit-Limit": "600,30000", "X-RateLimit-Usage": "5,50"}
    assert Limits(NOON).told(told, NOON).room(NOON) == 600 - 5 - RESERVE
    told |= {"X-ReadRateLimit-Limit": "300,9000", "X-ReadRateLimit-Usage": "4,40"}
    assert Limits(NOON).told(told, NOON).room(NOON) == 300 - 4 - RESERVE


def test_a_very_small_limit_is_used_to_its_last_call() -> None:
    few = Limits(NOON, Budget(20, 2000), Budget(5, 1000))
    assert few.room(NOON) == 5
    assert few.room(NOON, reading=False) == 18
    used = Limits(NOON, Budget(20, 2000), Budget(5, 1000, 5, 5))
    assert used.goes_on(NOON) == next_window(NOON)
