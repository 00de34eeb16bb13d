"""Reading an account's activities backwards, the newest first, so that none is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shoetrack.importers.strava.protocol import Activity, Strava

_SECOND = timedelta(seconds=1)
# Where an activity's start is hidden, it is listed by another one: up to a day off, and the zone.
_MARGIN = timedelta(hours=38)


@dataclass(frozen=True, slots=True)
class Page:
    """What a call gave; `low` is the earliest start on it, None where nothing has any.

    Whatever began after `after` and not after `until` has been read, with this page or those
    before it; None is no limit.
    """

    activities: tuple[Activity, ...]
    low: datetime | None
    after: datetime | None
    until: datetime | None
    is_end: bool = False


def read_back(strava: Strava, before: datetime | None, until: datetime | None) -> Iterator[Page]:
    """Pages from `before` (None: now) back to before `until` (None: the first activity).

    Each page begins by the time at which the one before ended, not by a number, which would shift
    with every upload. Several activities can begin in one second: that second is read again. A
    page may be short without being the last, so the end is where nothing new comes. Where the time
    makes no difference to what is told, numbers have to do.
    """
    seen: set[int] = set()
    last: list[int] = []
    low: datetime | None = None
    read_to = None if before is None else before - _SECOND
    number = 1
    by_time = True
    while True:
        found = strava.activities(before=before, page=number)
        fresh = tuple(one for one in found if one.id not in seen)
        ids = [one.id for one in found]
        if by_time and before is not None and _is_later(found, before):
            by_time = False
        if not fresh and len(found) > 1 and ids != last:
            number += 1  # more than one began in the second that is read again: perhaps a page full
            last = ids  # the same page again is no other: something answers with one alone
            continue
        if not any(one.id for one in fresh):
            yield Page(fresh, low, None, read_to, is_end=True)
            return
        seen |= {one.id for one in found if one.id}
        low = min((o.started_at for o in found if o.started_at is not None), default=low)
        after = None if low is None else low + _MARGIN
        if after is not None and read_to is not None:
            after = min(after, read_to)
        yield Page(fresh, low, after, read_to)
        read_to = after
        if until is not None and low is not None and low < until:
            return
        if low is None or not by_time or (before is not None and low + _SECOND >= before):
            number += 1  # a whole page of one second
        else:
            before, number = low + _SECOND, 1


def _is_later(found: list[Activity], before: datetime) -> bool:
    """Whether a page tells what it was not asked for."""
    return any(one.started_at is not None and one.started_at > before + _MARGIN for one in found)
