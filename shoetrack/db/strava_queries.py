"""What is asked of the runs that Strava's API told, and of how far they have been read."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from shoetrack.db.columns import instant_text, maybe_instant, some, to_date
from shoetrack.db.reader import Rows

# What was found out of a pair at Strava.
WORN = "worn"
RETIRING = "retiring"  # retired there; here as soon as its last run is known
RETIRED = "retired"
PASSED = "passed"  # no pair of ours: a bike, none that Strava knows, or the answer was never


@dataclass(frozen=True, slots=True)
class StravaState:
    """How far an account has been read.

    `synced_at`: when the last reading of what is recent began. `oldest`: how far back the first
    reading has come, None where it has not begun; `whole`: it has come to the first activity.
    `gears`: what was found out of each pair there, by its id.
    """

    id: int
    account_id: int
    account_name: str
    synced_at: datetime | None = None
    oldest: datetime | None = None
    whole: bool = False
    gears: Mapping[str, str] = field(default_factory=dict)


def state(store: Rows) -> StravaState | None:
    """How far the account has been read; None where it never was."""
    found = store.rows(
        "SELECT id, account_id, account_name, synced_at, oldest, whole, gears FROM strava_state"
        " WHERE athlete_id = :athlete"
    )
    if not found:
        return None
    row = found[0]
    return StravaState(
        id=row["id"],
        account_id=row["account_id"],
        account_name=row["account_name"],
        synced_at=maybe_instant(row["synced_at"]),
        oldest=maybe_instant(row["oldest"]),
        whole=bool(row["whole"]),
        gears=json.loads(row["gears"]),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """An activity that the API told, with its run. Distances are millimetres."""

    sighting_id: int
    strava_id: int
    run_id: int
    local_date: date
    gear: str | None
    distance_mm: int


def told(store: Rows) -> list[Told]:
    """All activities that the API told, in the order they came."""
    return _told(store, "", {})


def told_between(store: Rows, after: datetime | None, until: datetime | None) -> list[Told]:
    """Those that began after one instant and not after another; None is no limit.

    One without a time counts where its day lies between them in every zone.
    """
    words: list[str] = []
    params: dict[str, object] = {}
    if after is not None:
        words.append("(sighting.started_at > :after OR sighting.local_date > :after_day)")
        params |= {"after": instant_text(after), "after_day": _far_day(after, 2)}
    if until is not None:
        words.append("(sighting.started_at <= :until OR sighting.local_date < :until_day)")
        params |= {"until": instant_text(until), "until_day": _far_day(until, -2)}
    return _told(store, "".join(f" AND {word}" for word in words), params)


def _far_day(instant: datetime, days: int) -> str:
    return date.fromordinal(instant.date().toordinal() + days).isoformat()


def _told(store: Rows, where: str, params: Mapping[str, object]) -> list[Told]:
    found = store.rows(
        "SELECT sighting.id, sighting.strava_id, sighting.run_id, sighting.local_date,"
        " sighting.gear, sighting.distance_mm FROM sighting"
        f" WHERE sighting.athlete_id = :athlete AND sighting.strava_id IS NOT NULL{where}"
        " ORDER BY sighting.id",
        **params,
    )
    return [
        Told(
            sighting_id=row["id"],
            strava_id=int(row["strava_id"]),
            run_id=row["run_id"],
            local_date=to_date(row["local_date"]),
            gear=row["gear"],
            distance_mm=row["distance_mm"] or 0,
        )
        for row in found
    ]


def last_worn(store: Rows, gear: str) -> date | None:
    """The day of the newest activity that Strava has on a pair."""
    found = store.rows(
        "SELECT MAX(local_date) AS day FROM sighting WHERE athlete_id = :athlete"
        " AND strava_id IS NOT NULL AND gear = :gear",
        gear=gear,
    )
    day = found[0]["day"]
    return None if day is None else to_date(day)


def elsewhere(store: Rows) -> list[int]:
    """Runs that no hand has decided, and that are not on the pair that Strava has them on."""
    found = store.rows(
        "SELECT DISTINCT run.id FROM run"
        " JOIN sighting ON sighting.run_id = run.id AND sighting.strava_id IS NOT NULL"
        " JOIN shoe ON shoe.athlete_id = run.athlete_id AND shoe.strava_id = sighting.gear"
        " AND shoe.status = 'active'"
        " WHERE run.athlete_id = :athlete AND run.status = 'active' AND run.twin_id IS NULL"
        " AND (run.decided_by IS NULL OR run.decided_by <> 'manual')"
        " AND NOT EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id"
        " AND share.shoe_id = shoe.id"
        " AND NOT EXISTS (SELECT 1 FROM share AS other WHERE other.run_id = run.id"
        " AND other.id <> share.id))"
        " ORDER BY run.id"
    )
    return [row["id"] for row in found]


def without_activity_on(store: Rows, day: date) -> list[int]:
    """The runs of a day that count or were taken out, and that the API has not told."""
    found = store.rows(
        "SELECT run.id FROM run WHERE run.athlete_id = :athlete AND run.local_date = :day"
        " AND run.status IN ('active', 'ignored') AND NOT EXISTS (SELECT 1 FROM sighting"
        " WHERE sighting.run_id = run.id AND sighting.strava_id IS NOT NULL) ORDER BY run.id",
        day=day.isoformat(),
    )
    return [row["id"] for row in found]


def doubting(store: Rows, run_ids: Container[int]) -> list[int]:
    """The runs that are in doubt as perhaps one of these."""
    found = store.rows(
        "SELECT id, twin_id FROM run WHERE athlete_id = :athlete AND twin_id IS NOT NULL"
        " ORDER BY id"
    )
    return [row["id"] for row in found if row["twin_id"] in run_ids]


def on_pair(store: Rows, shoe_id: int) -> dict[int, int]:
    """What of each run stands on a pair, in millimetres, by the run's id."""
    found = store.rows(
        "SELECT run_id, distance_mm FROM run_account WHERE athlete_id = :athlete"
        " AND shoe_id = :shoe ORDER BY run_id",
        shoe=shoe_id,
    )
    return {row["run_id"]: int(row["distance_mm"]) for row in found}


def beside_runs(store: Rows, shoe_id: int) -> int:
    """A pair's opening miles and adjustments, in millimetres."""
    found = store.rows(
        "SELECT COALESCE(SUM(distance_mm), 0) AS distance_mm FROM entry"
        " WHERE athlete_id = :athlete AND shoe_id = :shoe AND run_id IS NULL",
        shoe=shoe_id,
    )
    return int(found[0]["distance_mm"])


def accounts_of(store: Rows, run_ids: Iterable[int]) -> dict[int | None, int]:
    """What stands of some runs on each account, in millimetres; None is *unassigned*."""
    sums: dict[int | None, int] = {}
    for batch in some(run_ids):
        for row in store.rows(
            "SELECT shoe_id, SUM(distance_mm) AS distance_mm FROM run_account"
            f" WHERE athlete_id = :athlete AND run_id IN ({batch}) GROUP BY shoe_id"
        ):
            sums[row["shoe_id"]] = sums.get(row["shoe_id"], 0) + int(row["distance_mm"])
    return sums


def undoable(store: Rows) -> int:
    """How many changes stand that could be taken back."""
    found = store.rows(
        "SELECT COUNT(*) AS changes FROM change WHERE athlete_id = :athlete"
        " AND undoes_id IS NULL AND undone = 0"
    )
    return int(found[0]["changes"])


@dataclass(frozen=True, slots=True)
class Only:
    """A sighting that Strava's API made, and whether its run was seen elsewhere too."""

    sighting_id: int
    run_id: int
    alone: bool


def only_strava(store: Rows) -> list[Only]:
    """The sightings that the API made; not the rows of Strava's export that it has told again."""
    found = store.rows(
        "SELECT sighting.id, sighting.run_id,"
        " (SELECT COUNT(*) FROM sighting AS other WHERE other.run_id = sighting.run_id"
        " AND other.kind <> 'strava') AS others FROM sighting"
        " WHERE sighting.athlete_id = :athlete AND sighting.kind = 'strava' ORDER BY sighting.id"
    )
    return [Only(row["id"], row["run_id"], not row["others"]) for row in found]
