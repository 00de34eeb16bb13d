"""When something is said again that is still so. Plain functions; `now` is an argument.

What is acknowledged is not said again while it lasts, and what is snoozed not until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shoetrack.model.alerts import Alert

WEEK = timedelta(days=7)
# Once a day at the most, but each morning: from one to the next it is 23 hours where clocks go
# forward, and a look may be a moment early.
DAY = timedelta(hours=22)
# Runs may wait so long before it is said.
PATIENCE = timedelta(days=2)
# A pair that was not worn for so long is not in use: nobody wants to hear of it.
HALF_A_YEAR = timedelta(days=183)


def rests(last: Alert | None, now: datetime) -> bool:
    """Whether what was said last is to be left alone: a person has said so, or to wait."""
    if last is None or last.ended_at is not None:
        return False
    return last.acked_at is not None or last.is_snoozed(now)


def is_back(last: Alert | None, now: datetime) -> bool:
    """Whether it was put off until now: it is said anew, if it is still so."""
    if last is None or last.acked_at is not None:
        return False
    return last.snoozed_until is not None and not last.is_snoozed(now)


def is_week_ago(last: Alert | None, now: datetime) -> bool:
    """Whether it was never said, or a week ago."""
    return last is None or now - last.raised_at >= WEEK


def is_day_ago(last: Alert | None, now: datetime) -> bool:
    """Whether it was never said, or a day ago."""
    return last is None or now - last.raised_at >= DAY


def tells_of_runs(last: Alert | None, waiting: set[int], told: set[int], now: datetime) -> bool:
    """Whether runs that wait are to be spoken of: where there are some that the last time did not
    tell, once a day at most, else once a week.
    """
    if not waiting or not is_day_ago(last, now):
        return False
    if last is not None and last.ended_at is None and last.is_snoozed(now):
        return False
    return not waiting <= told or (is_week_ago(last, now) and not rests(last, now))


# --- many numbers in few letters --------------------------------------------------------------


def packed(numbers: Iterable[int]) -> str:
    """Numbers in a few letters: `1-3000,3005`."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}-{b}" if a < b else str(a) for a, b in parts)


def unpacked(text: str) -> set[int]:
    """The reverse of `packed`."""
    numbers: set[int] = set()
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers
