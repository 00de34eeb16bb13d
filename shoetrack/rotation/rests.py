"""How long a pair rested between its runs. Instants are compared, not what clocks showed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shoetrack.model import Wearing

# Runners are told that the foam of a midsole takes a day to come back (Runner's World, "Running
# shoe FAQ"); the sweat takes as long to dry.
ENOUGH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """What a pair rested before a run: whole days by the calendar, and the time where both ends
    are known. `run_id` None: before a run that is yet to come.
    """

    on: date
    days: int
    time: timedelta | None
    run_id: int | None = None

    @property
    def length(self) -> timedelta:
        """The time, or without it the days."""
        return timedelta(days=self.days) if self.time is None else self.time

    @property
    def short(self) -> bool:
        """Whether it was less than a day."""
        return self.length < ENOUGH


def rests(worn: Iterable[Wearing], first: date, last: date) -> tuple[Rest, ...]:
    """The rests of one pair before its runs of these days, in order; none before its first ever."""
    found = []
    before: Wearing | None = None
    for wearing in _in_order(worn):
        if before is not None and first <= wearing.on <= last:
            found.append(_rest(before, wearing.on, wearing.started_at, wearing.run_id))
        before = _later(before, wearing)
    return tuple(found)


def rest_until(worn: Iterable[Wearing], on: date, at: datetime | None) -> Rest | None:
    """The rest of one pair up to a day, at that instant where it is known; None: never worn."""
    before: Wearing | None = None
    for wearing in _in_order(worn):
        if wearing.on <= on:
            before = _later(before, wearing)
    return None if before is None else _rest(before, on, at)


def _in_order(worn: Iterable[Wearing]) -> list[Wearing]:
    """By day, then by time; those of a day whose time is unknown come first."""
    return sorted(
        worn,
        key=lambda w: (w.on, w.started_at.timestamp() if w.started_at else 0.0, w.run_id),
    )


def _later(before: Wearing | None, wearing: Wearing) -> Wearing:
    """Which of two the pair was taken off after: a run may lie within another's time."""
    if before is None or before.ended_at is None or wearing.ended_at is None:
        return wearing
    return before if before.ended_at > wearing.ended_at else wearing


def _rest(before: Wearing, on: date, at: datetime | None, run_id: int | None = None) -> Rest:
    time = None
    if before.ended_at is not None and at is not None:
        time = max(at - before.ended_at, timedelta())
    return Rest(on, max((on - before.on).days, 0), time, run_id)
