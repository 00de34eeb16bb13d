"""Strava's limits of calls, as the headers of its answers tell them. Pure.

There are two of a kind: one for all calls, one for those that only read. Each is for a quarter of
an hour, which turns at :00, :15, :30 and :45, and for a day, which turns at midnight UTC. A call
that was refused counts too.

https://developers.strava.com/docs/rate-limits/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

_QUARTER = timedelta(minutes=15)
_DAY = timedelta(days=1)
_MIDNIGHT = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 10**9

# The last calls are left for what a person asks for while a sync is waiting: a login, a check.
RESERVE = 3


@dataclass(frozen=True, slots=True)
class Budget:
    """One kind of limit: calls allowed and used, in the quarter of an hour and in the day."""

    quarter: int
    day: int
    used_quarter: int = 0
    used_day: int = 0

    @property
    def room(self) -> int:
        """Calls left; never below 0."""
        return max(0, min(self.quarter - self.used_quarter, self.day - self.used_day))

    def kept(self, reserve: int) -> int:
        """How much of a reserve a limit can spare: of a very small one, a sync needs every call."""
        return min(reserve, min(self.quarter, self.day) // 10)

    def spent(self, calls: int = 1) -> Budget:
        return replace(self, used_quarter=self.used_quarter + calls, used_day=self.used_day + calls)

    def merged(self, other: Budget) -> Budget:
        """Of two accounts of one window, the higher use: nothing ever gives calls back."""
        return replace(
            self,
            used_quarter=max(self.used_quarter, other.used_quarter),
            used_day=max(self.used_day, other.used_day),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """What is known of the limits at `seen_at` (aware, UTC).

    The defaults are those that Strava gives a new app.
    """

    seen_at: datetime
    overall: Budget = Budget(200, 2000)
    reads: Budget = Budget(100, 1000)

    def at(self, now: datetime) -> Limits:
        """The same a while later: a window that has turned is empty again.

        A clock that was set back (`now` before `seen_at`) turns nothing, unless it was a day off:
        then nothing is known.
        """
        if self.seen_at - now > _DAY:
            return Limits(now)
        if now <= self.seen_at:
            return self
        new_day = _start(now, _DAY) > _start(self.seen_at, _DAY)
        new_quarter = _start(now, _QUARTER) > _start(self.seen_at, _QUARTER)

        def turned(budget: Budget) -> Budget:
            return replace(
                budget,
                used_quarter=0 if new_quarter else budget.used_quarter,
                used_day=0 if new_day else budget.used_day,
            )

        return Limits(now, turned(self.overall), turned(self.reads))

    def room(self, now: datetime, *, reading: bool = True, reserve: int = RESERVE) -> int:
        """How many calls may be made now without exceeding a limit, less the reserve."""
        current = self.at(now)
        budgets = [current.overall, current.reads] if reading else [current.overall]
        return max(0, min(one.room - one.kept(reserve) for one in budgets))

    def goes_on(
        self, now: datetime, *, reading: bool = True, reserve: int = RESERVE
    ) -> datetime | None:
        """When the next call may be made; None where it may be made now."""
        if self.room(now, reading=reading, reserve=reserve):
            return None
        current = self.at(now)
        budgets = [current.overall, current.reads] if reading else [current.overall]
        day_is_full = any(one.day - one.used_day <= one.kept(reserve) for one in budgets)
        return next_window(current.seen_at, _DAY if day_is_full else _QUARTER)

    def spent(self, now: datetime, *, reading: bool, calls: int = 1) -> Limits:
        """After a call whose answer has not come yet; -1 for one that was never sent after all."""
        current = self.at(now)
        return replace(
            current,
            overall=current.overall.spent(calls),
            reads=current.reads.spent(calls) if reading else current.reads,
        )

    def told(self, headers: Mapping[str, str], now: datetime) -> Limits:
        """After an answer with these headers. What they do not say, or say badly, is kept.

        The limits are taken as they are told; of the use, the higher figure counts, as answers to
        several processes may arrive in any order.
        """
        current = self.at(now)
        overall = _told(headers, "X-RateLimit", current.overall)
        reads = _told(headers, "X-ReadRateLimit", current.reads)
        if _limit(headers, "X-RateLimit") and "X-ReadRateLimit-Limit" not in headers:
            # There is no other for those that read, as it was before 2023.
            reads = replace(reads, quarter=overall.quarter, day=overall.day)
        return replace(current, overall=overall, reads=reads)

    def refused(self, headers: Mapping[str, str], now: datetime) -> Limits:
        """After a 429: where its headers show no limit as reached, the quarter of an hour is."""
        told = self.told(headers, now)
        if not told.overall.room or not told.reads.room:
            return told
        full = replace(told.overall, used_quarter=told.overall.quarter)
        return replace(told, overall=full)


def next_window(now: datetime, length: timedelta = _QUARTER) -> datetime:
    """When the window that `now` lies in ends."""
    return _start(now, length) + length


def _start(now: datetime, length: timedelta) -> datetime:
    return now - (now - _MIDNIGHT) % length


def _told(headers: Mapping[str, str], prefix: str, known: Budget) -> Budget:
    limits = _limit(headers, prefix)
    used = _pair(headers.get(f"{prefix}-Usage"))
    if limits is not None:
        known = replace(known, quarter=limits[0], day=limits[1])
    if used is not None:
        known = known.merged(replace(known, used_quarter=used[0], used_day=used[1]))
    return known


def _limit(headers: Mapping[str, str], prefix: str) -> tuple[int, int] | None:
    found = _pair(headers.get(f"{prefix}-Limit"))
    return found if found is not None and min(found) > 0 else None


def _pair(text: str | None) -> tuple[int, int] | None:
    """`"70,303"`; None where it is missing or not of that form."""
    parts = (text or "").split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        return None
    if max(len(part) for part in parts) > 12:
        return None
    first, second = (min(int(part), _MOST) for part in parts)
    return first, second
