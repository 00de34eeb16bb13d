"""A Strava account without a network: the protocol over the tests' world, by the real reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shoetrack.importers.strava import reader
from shoetrack.importers.strava.errors import NotThere, RateLimited, ScopeMissing
from shoetrack.importers.strava.limits import Limits
from shoetrack.importers.strava.protocol import (
    ACTIVITIES,
    PER_PAGE,
    PROFILE,
    READ,
    WRITE,
    Activity,
    Athlete,
    Gear,
)
from tests.strava_world import World


@dataclass
class Account:
    """Counts its calls; after `room` of them it is limited until `goes_on`."""

    world: World
    scopes: frozenset[str] = frozenset({READ, ACTIVITIES, PROFILE, WRITE})
    per_page: int = PER_PAGE
    room: int | None = None
    goes_on: datetime = datetime(2026, 6, 1, 12, 15, tzinfo=UTC)
    calls: Counter[str] = field(default_factory=Counter)
    lists_retired: bool = False
    hides_gear: bool = False  # it has no page of its own
    ignores: set[str] = field(default_factory=set)  # of what is asked of a list
    broken_after: int | None = None  # lists that work before one raises

    @property
    def limits(self) -> Limits:
        return Limits(self.world.now)

    def _call(self, name: str) -> None:
        if self.room is not None:
            if self.room <= 0:
                raise RateLimited(self.goes_on)
            self.room -= 1
        self.calls[name] += 1

    def athlete(self) -> Athlete:
        self._call("athlete")
        found = self.world.athlete(whole=PROFILE in self.scopes)
        if self.lists_retired and "shoes" in found:
            found["shoes"] = [self.world.summary_gear(one) for one in self.world.gears]
        return reader.athlete(found)

    def run_count(self, athlete_id: int) -> int | None:
        assert athlete_id == self.world.athlete_id
        self._call("stats")
        return reader.run_count(self.world.stats())

    def activities(
        self, *, before: datetime | None = None, after: datetime | None = None, page: int = 1
    ) -> list[Activity]:
        self._call("list")
        if self.broken_after is not None and self.calls["list"] > self.broken_after:
            raise KeyboardInterrupt
        found = self.world.listed(
            private=ACTIVITIES in self.scopes,
            after=None if after is None else after.timestamp(),
            before=None if before is None or "before" in self.ignores else before.timestamp(),
        )
        page = 1 if "page" in self.ignores else page
        return reader.activities(found[(page - 1) * self.per_page : page * self.per_page])

    def gear(self, gear_id: str) -> Gear | None:
        self._call("gear")
        if gear_id not in self.world.gears or self.hides_gear:
            return None
        return reader.gear(self.world.detailed_gear(gear_id))

    def set_gear(self, activity_id: int, gear_id: str | None) -> None:
        self._call("put")
        if WRITE not in self.scopes:
            raise ScopeMissing(WRITE)
        if activity_id not in self.world.activities:
            raise NotThere(f"activity {activity_id}")
        self.world.edit(activity_id, gear_id=gear_id)


def later(world: World, days: float = 0, minutes: float = 1) -> datetime:
    """Let time pass; gives the new now."""
    world.now += timedelta(days=days, minutes=minutes)
    return world.now
