"""When something is due: each day and week once, whatever clocks and zones do."""

from __future__ import annotations

import time as machine
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.schedule import (
    FIRST_RETRY,
    LAST_RETRY,
    NEVER,
    Daily,
    Every,
    Past,
    Timing,
    Weekly,
    last_due,
    missed,
    moment,
    next_due,
    plan,
    retry,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ALWAYS = timedelta.max
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks move by half an hour
ZONES = (COPENHAGEN, NEW_YORK, LORD_HOWE, ZoneInfo("UTC"))

zones = st.sampled_from(ZONES)
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=5000)).map(
    lambda after: FIRST + after
) | st.sampled_from(  # around the hours in which clocks change
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ]
).flatmap(lambda at: st.integers(-7200, 7200).map(lambda s: at + timedelta(seconds=s)))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0)) | st.sampled_from(
    [time(1, 30), time(2), time(2, 15), time(2, 30), time(3)]
)
daily = times.map(Daily)
weekly = st.builds(Weekly, st.integers(0, 6), times)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


# --- a time of a day --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (COPENHAGEN, date(2026, 1, 5), time(7, 30), utc(2026, 1, 5, 6, 30)),
        (COPENHAGEN, date(2026, 7, 5), time(7, 30), utc(2026, 7, 5, 5, 30)),
        # 02:00 to 03:00 is left out: the next minute that there is.
        (COPENHAGEN, date(2026, 3, 29), time(2, 30), utc(2026, 3, 29, 1)),
        (COPENHAGEN, date(2026, 3, 29), time(2), utc(2026, 3, 29, 1)),
        (COPENHAGEN, date(2026, 3, 29), time(3), utc(2026, 3, 29, 1)),
        (LORD_HOWE, date(2026, 10, 4), time(2, 15), utc(2026, 10, 3, 15, 30)),
        # 02:00 to 03:00 comes twice: the first time.
        (COPENHAGEN, date(2026, 10, 25), time(2, 30), utc(2026, 10, 25, 0, 30)),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), utc(2026, 11, 1, 5, 30)),
        (LORD_HOWE, date(2026, 4, 5), time(1, 45), utc(2026, 4, 4, 14, 45)),
    ],
)
def test_a_time_of_a_day(zone: ZoneInfo, day: date, at: time, expected: datetime) -> None:
    assert moment(day, at, zone) == expected


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    machine.tzset()
    yield
    monkeypatch.undo()
    machine.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_no_zone_is_the_machines() -> None:
    for day in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 7, 4)):
        for at in (time(1, 30), time(2, 30), time(3), time(23, 59)):
            assert moment(day, at, None) == moment(day, at, NEW_YORK)
    now = utc(2026, 3, 8, 6)
    assert next_due(Daily(time(2, 30)), now, None) == utc(2026, 3, 8, 7)


@given(daily | weekly, instants, zones)
def test_now_lies_between_two_times_next_to_each_other(
    timing: Daily | Weekly, now: datetime, zone: ZoneInfo
) -> None:
    before, after = last_due(timing, now, zone), next_due(timing, now, zone)
    assert before <= now < after
    assert last_due(timing, after, zone) == after
    assert next_due(timing, before, zone) == after
    span = DAY if isinstance(timing, Daily) else 7 * DAY
    assert abs(after - before - span) <= 2 * HOUR
    if isinstance(timing, Weekly):
        assert after.astimezone(zone).weekday() == timing.day


@given(daily, st.dates(date(2025, 1, 1), date(2030, 1, 1)), zones)
def test_each_day_has_it_once_and_never_before_its_time(
    timing: Daily, first: date, zone: ZoneInfo
) -> None:
    now = moment(first, time(0), zone)
    days = []
    for _ in range(20):
        now = next_due(timing, now - timedelta(microseconds=1), zone)
        local = now.astimezone(zone)
        days.append(local.date())
        assert local.time() >= timing.at
        assert (
            local.time() == timing.at
            or local.replace(tzinfo=None) - datetime.combine(local.date(), timing.at) <= HOUR
        )
        now += timedelta(microseconds=2)
    assert days == [days[0] + timedelta(days=n) for n in range(20)]


# --- what was missed --------------------------------------------------------------------------

AT_SIX = Daily(time(6))
SUNDAYS = Weekly(6, time(18))
NOW = utc(2026, 6, 3, 12)  # a Wednesday


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (NEVER, False),
        (Past(done_at=utc(2026, 6, 3, 6)), False),
        (Past(done_at=utc(2026, 6, 3, 5, 59)), True),
        (Past(done_at=utc(2025, 1, 1)), True),
        (Past(done_at=utc(2038, 1, 1)), False),  # by a clock that was wrong
        (Past(planned_at=utc(2026, 6, 3, 6)), True),  # installed the day before, and off since
        (Past(planned_at=utc(2026, 6, 4, 6)), False),
    ],
)
def test_a_time_that_went_by(past: Past, expected: bool) -> None:
    assert missed(AT_SIX, past, NOW, UTC, ALWAYS) is expected
    assert (plan(AT_SIX, past, NOW, UTC) == NOW) is expected
    assert plan(AT_SIX, past, NOW, UTC) in (NOW, utc(2026, 6, 4, 6))


def test_what_was_missed_long_ago_waits_for_its_next_time() -> None:
    past = Past(done_at=utc(2026, 5, 24, 18))
    assert missed(SUNDAYS, past, utc(2026, 6, 3, 17), UTC, 3 * DAY)
    assert not missed(SUNDAYS, past, utc(2026, 6, 3, 19), UTC, 3 * DAY)
    assert plan(SUNDAYS, past, utc(2026, 6, 3, 19), UTC, late=3 * DAY) == utc(2026, 6, 7, 18)


@given(daily | weekly, instants, zones, st.timedeltas(timedelta(0), 30 * DAY))
def test_done_now_is_not_missed_and_planned_for_the_next_time(
    timing: Daily | Weekly, now: datetime, zone: ZoneInfo, later: timedelta
) -> None:
    """Looked at again at any moment, it is missed exactly when its next time has gone by."""
    past = Past(begun_at=now, ended_at=now, done_at=now)
    assert plan(timing, past, now, zone) == next_due(timing, now, zone)
    gone_by = next_due(timing, now, zone) <= now + later
    assert missed(timing, past, now + later, zone, ALWAYS) is gone_by


# --- intervals, and what failed ---------------------------------------------------------------

QUARTERLY = Every(timedelta(minutes=15))


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        (NEVER, NOW),
        (Past(begun_at=NOW - 5 * MINUTE), NOW + 10 * MINUTE),
        (Past(begun_at=NOW - 3 * DAY), NOW),  # once, however many were missed
        (Past(begun_at=NOW + 3 * DAY), NOW),  # the clock was wrong
        (Past(begun_at=NOW, ended_at=NOW, failures=1), NOW + MINUTE),
        (Past(begun_at=NOW, ended_at=NOW, failures=3), NOW + 4 * MINUTE),
        (Past(begun_at=NOW, ended_at=NOW, failures=99), NOW + 15 * MINUTE),
        (Past(begun_at=NOW - DAY, ended_at=NOW - DAY, failures=3), NOW),
        (Past(begun_at=NOW + DAY, ended_at=NOW + DAY, failures=3), NOW),
    ],
)
def test_an_interval(past: Past, expected: datetime) -> None:
    assert plan(QUARTERLY, past, NOW, UTC) == expected


def test_what_failed_is_tried_again_before_its_next_time() -> None:
    past = Past(ended_at=NOW, done_at=NOW - DAY, failures=1)
    assert plan(AT_SIX, past, NOW, UTC) == NOW + MINUTE
    almost = utc(2026, 6, 4, 5, 59, 50)
    assert plan(AT_SIX, past._replace(ended_at=almost), almost, UTC) == utc(2026, 6, 4, 6)


@given(st.integers(1, 10**6), st.timedeltas(timedelta(seconds=1), 30 * DAY))
def test_waiting_grows_to_an_end(failures: int, interval: timedelta) -> None:
    for timing in (Every(interval), AT_SIX, SUNDAYS):
        wait, then = retry(timing, failures), retry(timing, failures + 1)
        longest = min(interval, LAST_RETRY) if isinstance(timing, Every) else LAST_RETRY
        assert wait <= then <= min(2 * wait, longest)
        assert retry(timing, 1) == min(FIRST_RETRY, longest)


maybe_instants = st.none() | instants
pasts = st.builds(
    Past, maybe_instants, maybe_instants, maybe_instants, maybe_instants, st.integers(0, 50)
)
timings: st.SearchStrategy[Timing] = daily | weekly | st.timedeltas(MINUTE, DAY).map(Every)


@given(timings, pasts, instants, zones)
def test_whatever_was_before_it_is_planned_within_reach(
    timing: Timing, past: Past, now: datetime, zone: ZoneInfo
) -> None:
    """A wrong clock in the past never puts anything off for longer than its own turn."""
    planned = plan(timing, past, now, zone)
    assert now <= planned <= next_due(timing, now, zone)
