"""What Strava is asked and tells, in values of ours: what syncing is written against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shoetrack.importers.strava.limits import Limits
from shoetrack.model import RunRecord

PER_PAGE = 200

READ = "read"
ACTIVITIES = "activity:read_all"
PROFILE = "profile:read_all"
WRITE = "activity:write"


@dataclass(frozen=True, slots=True)
class Gear:
    """A pair or a bike, as Strava knows it. `brand` and `model` are "" where they were not told.

    `distance_m` is what Strava shows on it, in metres; that of a bike counts too.
    """

    id: str  # "g123" a pair, "b123" a bike
    name: str
    brand: str = ""
    model: str = ""
    retired: bool = False
    distance_m: float = 0.0
    is_bike: bool = False


@dataclass(frozen=True, slots=True)
class Athlete:
    """Who is connected. `shoes` may lack retired ones: ask `Strava.gear`."""

    id: int
    name: str
    shoes: tuple[Gear, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of a list, a run or not.

    `record` is None where it is no run on foot, and `off_foot` then is the reason; it is also None
    for what cannot be read at all, whose `id` is 0 where even that is missing. So a page always has
    as many activities as Strava sent.

    `record.kind` is "strava"; its digest is that of the same activity in Strava's bulk export.
    `started_at` is in UTC. With `hidden_start` only the day is true, and the record has no times.
    """

    id: int
    record: RunRecord | None
    off_foot: str = ""
    gear_id: str | None = None
    started_at: datetime | None = None
    hidden_start: bool = False
    local_date: date | None = None


class Strava(Protocol):
    """An athlete's account. Every question raises a StravaError; RateLimited before its call."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the athlete has granted."""

    @property
    def limits(self) -> Limits:
        """What is known of the limits of calls, by this and every other process."""

    def athlete(self) -> Athlete:
        """Who is connected, with their pairs (none without `profile:read_all`). One call."""

    def run_count(self, athlete_id: int) -> int | None:
        """How many runs Strava counts in all; None where it does not say. One call.

        Only activities that everyone may see are counted, and no walks or hikes: an estimate.
        """

    def activities(
        self, *, before: datetime | None = None, after: datetime | None = None, page: int = 1
    ) -> list[Activity]:
        """A page of at most `PER_PAGE`, from page 1 on. One call.

        Newest first; with `after`, oldest first. Both limits are exclusive. A page may be shorter
        than `PER_PAGE` without being the last: only an empty one is the end for sure.
        """

    def gear(self, gear_id: str) -> Gear | None:
        """A pair or bike, retired or not; None where Strava has none (any more). One call."""

    def set_gear(self, activity_id: int, gear_id: str | None) -> None:
        """Put an activity on a pair, or on none. One call, of those that write."""
