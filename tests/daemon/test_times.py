"""The daemon as a real process whose clock is moved: what is late is done once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from shoetrack.db.store import Store
from tests.daemon.running import OFTEN, SELDOM, Running, at, done

DAY_S = 86_400.0


def put_job(home: Path, name: str, **values: datetime) -> None:
    """A job's row as an earlier process has left it."""
    store = Store(Location(home / "shoetrack.db", own_folder=True))
    with store.write("job", "", datetime.now(UTC)) as tx:
        tx.note_new("job", name=name, **values)
    store.close()


def test_what_was_missed_while_it_was_off_is_done_once(home: Path) -> None:
    now = datetime.now(UTC)
    past, soon = now - timedelta(hours=3), now + timedelta(hours=3)
    long_ago = now - timedelta(days=5)
    daily = {"name": "daily", "at": at(past)}
    other = {"name": "other", "at": at(soon)}
    stale = {"name": "stale", "day": long_ago.weekday(), "at": at(long_ago), "late": 3}
    planned = {"name": "planned", "at": at(past)}
    put_job(home, "daily", done_at=now - timedelta(days=4))
    put_job(home, "other", done_at=now - timedelta(hours=20))
    put_job(home, "stale", done_at=now - timedelta(days=20))
    put_job(home, "planned", next_at=past)
    with Running(home, daily, other, stale, planned, {**daily, "name": "first"}, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("daily") and daemon.done("planned"))
        daemon.until(lambda: len(daemon.done("often")) > 5)
        assert [len(daemon.done(name)) for name in ("daily", "planned")] == [1, 1]
        assert [len(daemon.done(name)) for name in ("other", "stale", "first")] == [0, 0, 0]
        assert daemon.stop()[0] == 0
    with Running(home, daily, planned, OFTEN) as daemon:
        seen = len(done(home, "often"))
        daemon.until(lambda: len(daemon.done("often")) > seen + 3)
        assert [len(daemon.done(name)) for name in ("daily", "planned")] == [1, 1]


def test_a_sleep_over_three_times_is_caught_up_with_once(home: Path) -> None:
    daily = {"name": "daily", "at": at(datetime.now(UTC) - timedelta(hours=1))}
    with Running(home, SELDOM, daily, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("seldom"))
        daemon.move(2000)
        daemon.until_said(event="clock")
        daemon.until(lambda: len(daemon.done("seldom")) == 2)
        assert daemon.done("daily") == []
        daemon.move(3 * DAY_S)
        daemon.until(lambda: len(daemon.done("seldom")) == 3 and daemon.done("daily"))
        often = len(daemon.done("often"))
        daemon.until(lambda: len(daemon.done("often")) > often + 5)
        assert (len(daemon.done("seldom")), len(daemon.done("daily"))) == (3, 1)
        # What comes next is its usual time after that.
        daemon.until(lambda: daemon.job("daily").done_at is not None)
        daemon.until(lambda: (at := daemon.job("daily").next_at) and at > daemon.done("daily")[0])
        assert len(daemon.said(event="clock")) == 2


def test_after_a_sleep_nothing_else_has_to_come_by_first(home: Path) -> None:
    with Running(home, SELDOM, pace={"look": 500, "beat": 500}) as daemon:
        daemon.until(lambda: daemon.done("seldom"))
        daemon.move(700)
        daemon.until(lambda: len(daemon.done("seldom")) == 2)


def test_what_was_missed_in_a_long_sleep_waits_for_its_next_time(home: Path) -> None:
    """As the week's digest: one of five days ago is of no use."""
    soon = datetime.now(UTC) + timedelta(days=2)
    weekly = {"name": "weekly", "day": soon.weekday(), "at": at(soon), "late": 3}
    with Running(home, weekly, {**weekly, "name": "always", "late": 30}) as daemon:
        daemon.until_begun()
        daemon.move(7 * DAY_S)
        daemon.until(lambda: daemon.done("always"))
        assert daemon.done("weekly") == []
        # Its turn is over, too: a sleep within it would make it that of the next week.
        daemon.until(lambda: (at := daemon.job("weekly").next_at) and at > soon + timedelta(days=6))
        daemon.move(2.1 * DAY_S)
        daemon.until(lambda: daemon.done("weekly"))
        daemon.until(lambda: len(daemon.done("always")) == 2)
        assert len(daemon.done("weekly")) == 1


def test_a_clock_set_far_on_and_back_stops_nothing(home: Path) -> None:
    with Running(home, OFTEN, {"name": "minutely", "every": 300}) as daemon:
        daemon.until(lambda: daemon.done("minutely"))
        daemon.move(3650 * DAY_S)
        daemon.until(lambda: len(daemon.done("minutely")) == 2)
        daemon.move(-3650 * DAY_S)
        daemon.until(lambda: len(daemon.said(event="clock")) == 2)
        often = len(daemon.done("often"))
        daemon.until(lambda: len(daemon.done("often")) > often + 5)
        daemon.until(lambda: daemon.heartbeat().beat_at.year == datetime.now(UTC).year)
        daemon.move(301)
        daemon.until(lambda: len(daemon.done("minutely")) == 3)
        assert daemon.stop()[0] == 0


NIGHTS = [  # when clocks are put on, and back
    ("Europe/Copenhagen", "2026-03-29", "02:30", "01:00"),
    ("Europe/Copenhagen", "2026-10-25", "02:30", "00:30"),
    ("America/New_York", "2026-03-08", "02:30", "07:00"),
    ("America/New_York", "2026-11-01", "01:30", "05:30"),
]


def heard(daemon: Running, count: int) -> bool:
    """Whether it saw so often that its clock was moved."""
    return len(daemon.said(event="clock")) == count


@pytest.mark.parametrize("step_s", [1200, 6 * 3600])
@pytest.mark.parametrize(("zone", "day", "time", "utc"), NIGHTS)
def test_a_night_in_which_clocks_are_changed(
    home: Path, zone: str, day: str, time: str, utc: str, step_s: int
) -> None:
    """A time that the night leaves out, or has twice, is taken once; so, too, by who slept."""
    due = datetime.fromisoformat(f"{day}T{utc}+00:00")
    begin = due - timedelta(minutes=70)
    daily = {"name": "daily", "at": time}
    weekly = {"name": "weekly", "day": 6, "at": time}
    with Running(home, daily, weekly, env={"TZ": zone}, now=begin) as daemon:
        daemon.until_begun()
        steps = 6 * 3600 // step_s
        for count in range(1, steps + 1):
            daemon.move(step_s)
            daemon.until(partial(heard, daemon, count))
            if begin + timedelta(seconds=step_s) * count >= due:
                daemon.until(lambda: daemon.done("daily") and daemon.done("weekly"))
        (first,) = daemon.done("daily")
        assert due <= first < due + timedelta(seconds=step_s)
        daemon.move(DAY_S)
        daemon.until(lambda: len(daemon.done("daily")) == 2)
        assert len(daemon.done("weekly")) == 1
        assert daemon.stop()[0] == 0


def test_a_clock_set_over_a_day_on_and_back(home: Path) -> None:
    """What is daily is caught up with once, and done at each of its times after that."""
    begin = datetime(2026, 6, 1, 12, tzinfo=UTC)
    daily, weekly = {"name": "daily", "at": "03:00"}, {"name": "weekly", "day": 1, "at": "03:00"}
    with Running(home, daily, weekly, now=begin) as daemon:
        daemon.until_begun()
        daemon.move(1.2 * DAY_S)
        daemon.until(lambda: daemon.done("daily") and daemon.done("weekly"))
        daemon.move(-1.2 * DAY_S)
        daemon.until(lambda: len(daemon.said(event="clock")) == 2)
        daemon.until(lambda: daemon.heartbeat().beat_at < begin + timedelta(hours=1))
        daemon.move(14 * 3600)
        daemon.until(lambda: daemon.heartbeat().beat_at > begin + timedelta(hours=13))
        assert (len(daemon.done("daily")), len(daemon.done("weekly"))) == (1, 1)
        daemon.move(2 * 3600)
        daemon.until(lambda: len(daemon.done("daily")) == 2 and len(daemon.done("weekly")) == 2)
        assert daemon.stop()[0] == 0
