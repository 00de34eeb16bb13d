"""The frozen values that the rooms hand each other. Distances are millimetres, times seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shoetrack.sport import Sport

UNASSIGNED = "unassigned"


class DistanceSource(StrEnum):
    """Who says how far a run was, the most trusted first."""

    MANUAL = "manual"  # a hand typed it
    DEVICE = "device"  # a total that the device wrote into the file
    COMPUTED = "computed"  # summed along the track

    @property
    def rank(self) -> int:
        """0 is the best."""
        return list(DistanceSource).index(self)


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


MANUAL = "manual"
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which shoes a run goes to, and who says so. No shares is *unassigned*."""

    shares: tuple[Share, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True)
class DefaultShoe:
    """The pair that runs of a sport go to by themselves from a day on."""

    sport: Sport
    since: date
    shoe_id: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Shoe:
    """One pair. `range_mm` None: the configured range holds."""

    id: int
    name: str
    brand: str = ""
    model: str = ""
    bought_on: date | None = None
    price: str = ""
    range_mm: tuple[int, int] | None = None
    rotation: str = ""
    strava_id: str | None = None
    note: str = ""
    retired_on: date | None = None


class Kind(StrEnum):
    """What an entry is."""

    RUN = "run"
    OPENING = "opening"  # miles a pair had when it was added
    ADJUSTMENT = "adjustment"  # a hand's correction of a pair's miles
    REVERSAL = "reversal"  # takes back one earlier entry, exactly


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry before it is posted. `shoe_id` None is *unassigned*."""

    shoe_id: int | None
    run_id: int | None
    distance_mm: int
    duration_s: int
    effective_on: date
    kind: Kind
    by: str
    note: str = ""
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, as it stands in the store for good."""

    id: int
    posting: Posting
    change_id: int
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What an account holds; `shoe_id` None is *unassigned*."""

    shoe_id: int | None
    distance_mm: int = 0
    duration_s: int = 0
    runs: int = 0
    first_worn: date | None = None
    last_worn: date | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What a shoe did on one day."""

    on: date
    distance_mm: int
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """What one command did, and one `undo` takes back."""

    id: int
    kind: str
    summary: str
    made_at: datetime
    entries: int = 0
    undone: bool = False
