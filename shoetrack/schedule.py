"""When something that is done again and again was last due, and is next, by the clock on the wall.

A zone of None is the machine's. A time that a day leaves out, when clocks are put forward, is taken
at the next minute that there is; one that a day has twice is taken the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
# What failed is tried again after a minute, then two, four, … up to an hour.
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)


class Every(NamedTuple):
    """Again so long after it was begun."""

    interval: timedelta


class Daily(NamedTuple):
    """Each day at a time."""

    at: time


class Weekly(NamedTuple):
    """Each week on a day, of which Monday is 0, at a time."""

    day: int
    at: time


Timing = Every | Daily | Weekly


class Past(NamedTuple):
    """What is known of how it went. `done_at`: it last went well; `begun_at` and `ended_at`: it was
    last tried; `planned_at`: it was to be done; `failures` in a row.
    """

    begun_at: datetime | None = None
    ended_at: datetime | None = None
    done_at: datetime | None = None
    planned_at: datetime | None = None
    failures: int = 0


NEVER = Past()


def moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    """The instant (UTC) at which the clocks of a zone show a time on a day."""
    wall = datetime.combine(day, at)
    while (instant := _instant(wall, zone)).astimezone(zone).replace(tzinfo=None) != wall:
        wall = wall.replace(second=0, microsecond=0) + _MINUTE
    return instant


def last_due(timing: Daily | Weekly, now: datetime, zone: tzinfo | None) -> datetime:
    """When it was last to be done, up to and with `now`."""
    return max(when for when in _around(timing, now, zone) if when <= now)


def next_due(timing: Timing, now: datetime, zone: tzinfo | None) -> datetime:
    """When it is next to be done, after `now`."""
    if isinstance(timing, Every):
        return now + timing.interval
    return min(when for when in _around(timing, now, zone) if when > now)


def missed(
    timing: Daily | Weekly, past: Past, now: datetime, zone: tzinfo | None, late: timedelta
) -> bool:
    """Whether a time has gone by at which it was not done, and not longer ago than `late`.

    Where it was never done, only a time counts that it was planned for. What was done in a future
    was done by a clock that was wrong: nobody knows when, and it waits for its next time.
    """
    due = last_due(timing, now, zone)
    if now - due > late:
        return False
    if past.done_at is None:
        return past.planned_at is not None and past.planned_at <= now
    return past.done_at < due


def retry(timing: Timing, failures: int, first: timedelta = FIRST_RETRY) -> timedelta:
    """How long after so many failures in a row it is tried again: no later than it is anyway."""
    longest = min(timing.interval, LAST_RETRY) if isinstance(timing, Every) else LAST_RETRY
    # Doubled too often, a span of time has no number any more.
    return min(first * (1 << min(failures - 1, 20)), longest)


def plan(
    timing: Timing,
    past: Past,
    now: datetime,
    zone: tzinfo | None,
    *,
    late: timedelta = timedelta.max,
    first_retry: timedelta = FIRST_RETRY,
) -> datetime:
    """When it is to be done next, given how it went so far; `now` means at once."""
    if past.failures and past.ended_at is not None and past.ended_at <= now:
        again = past.ended_at + retry(timing, past.failures, first_retry)
        return min(max(again, now), next_due(timing, now, zone))
    if isinstance(timing, Every):
        if past.begun_at is None or past.begun_at > now:
            return now
        return max(past.begun_at + timing.interval, now)
    return now if missed(timing, past, now, zone, late) else next_due(timing, now, zone)


def _around(timing: Daily | Weekly, now: datetime, zone: tzinfo | None) -> Iterator[datetime]:
    """The times before and after an instant."""
    today = now.astimezone(zone).date()
    reach = 2 if isinstance(timing, Daily) else 9
    for offset in range(-reach, reach + 1):
        day = today + offset * _DAY
        if isinstance(timing, Daily) or day.weekday() == timing.day:
            yield moment(day, timing.at, zone)


def _instant(wall: datetime, zone: tzinfo | None) -> datetime:
    return wall.astimezone(UTC) if zone is None else wall.replace(tzinfo=zone).astimezone(UTC)
