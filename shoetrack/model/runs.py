"""Runs, and where they were seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shoetrack.sport import Sport

# Latitude and longitude in degrees, WGS 84.
Place = tuple[float, float]


class DistanceSource(StrEnum):
    """Who says how far a run was, the most trusted first unless configured otherwise."""

    MANUAL = "manual"  # a hand typed it
    SESSION = "session"  # a watch's own calibrated total, in the session of a FIT file
    DEVICE = "device"  # a total that the device wrote into a GPX or TCX file, or a service's export
    STRAVA = "strava"  # what Strava's servers say, by its API or in its export
    COMPUTED = "computed"  # summed along the track


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as one source tells it: what an importer gives, complete and valid.

    `started_at` and `ended_at` are aware and in UTC; `utc_offset_s` is the source's own zone where
    it says one. `local_date` is set where the source itself fixes the day (its own zone, or a date
    without a time); else the home zone decides. `distance_mm` None means unknown, never 0.
    """

    kind: str  # "gpx", "hand"
    digest: str  # SHA-256 of the content, in hex
    index: int  # which run of the content, from 0
    source: str  # where it came from, as a person would write it
    sport: Sport | None = None  # None: the source does not say
    started_at: datetime | None = None
    ended_at: datetime | None = None
    utc_offset_s: int | None = None
    local_date: date | None = None
    distance_mm: int | None = None
    distance_from: DistanceSource | None = None
    duration_s: int | None = None
    name: str = ""
    creator: str = ""
    device: str = ""
    remarks: tuple[str, ...] = ()
    description: str = ""
    start: Place | None = None
    finish: Place | None = None
    ascent_mm: int | None = None  # climbed in all; None where the source does not know
    gear: str | None = None  # the pair that a service names, as Strava's "g123"
    strava_id: str | None = None  # the activity's number, where Strava's API told of it


@dataclass(frozen=True, slots=True)
class Skip:
    """Something readable that is no run on foot: a ride, a route, an empty file."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where a run was seen, as the store keeps it."""

    run_id: int
    local_date: date
    started_at: datetime | None
    ended_at: datetime | None
    sport: Sport | None
    distance_mm: int | None
    distance_from: DistanceSource | None
    duration_s: int | None
    name: str = ""
    creator: str = ""
    device: str = ""
    source: str = ""
    digest: str = ""
    record_index: int = 0
    kind: str = "gpx"
    id: int = 0
    utc_offset_s: int | None = None
    description: str = ""
    start: Place | None = None
    finish: Place | None = None
    ascent_mm: int | None = None
    gear: str | None = None
    strava_id: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A shoe's part in a run, relative to the run's other shares."""

    shoe_id: int
    weight: int = 1


class Status(StrEnum):
    """Whether a run counts."""

    ACTIVE = "active"
    IGNORED = "ignored"  # a hand took it out of the totals
    MERGED = "merged"  # it was another run's twin
    UNDONE = "undone"  # the import that brought it was undone
    DELETED = "deleted"  # deleted at Strava, and seen nowhere else


@dataclass(frozen=True, slots=True)
class Run:
    """One outing on foot. `distance_mm` None: nobody knows how far it was yet."""

    id: int
    local_date: date
    sport: Sport
    started_at: datetime | None = None
    ended_at: datetime | None = None
    name: str = ""
    distance_mm: int | None = None
    distance_from: DistanceSource | None = None
    duration_s: int | None = None
    status: Status = Status.ACTIVE
    decided_by: str | None = None
    shares: tuple[Share, ...] = ()
    twin_id: int | None = None
    merged_into_id: int | None = None
    set_by_hand: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """Which shoes a run goes to, and who says so. No shares is *unassigned*."""

    shares: tuple[Share, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True)
class FileSeen:
    """What was read of a file: its size, time and content then, and what came of it.

    `read_by` is the version of the readers, whose successors may make more of it. `skips` are the
    reasons for what in it was no run.
    """

    place: str
    size: int
    mtime_ns: int
    digest: str
    read_by: str
    runs: int
    skips: tuple[str, ...] = ()
