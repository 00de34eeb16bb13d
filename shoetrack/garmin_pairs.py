"""The pairs that Garmin's account export names, and the runs that they were worn for.

Each pair is met by its name, or added; each run goes to the pair that Garmin Connect had it on,
unless a hand has decided here. Done again, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shoetrack.db import run_queries, shoe_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import UsageError
from shoetrack.importers import Problem, Source
from shoetrack.importers.garmin_export import (
    GarminActivity,
    GearRecord,
    garmin_files,
    read_garmin_activities,
    read_garmin_gear,
)
from shoetrack.model import MANUAL, Decision, Run, Share, Shoe, Status
from shoetrack.names import checked, key
from shoetrack.placing import place
from shoetrack.sport import OffFoot

BY = "garmin"
# The list of activities and the activity's own file tell its start to the second.
_SAME_START = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class GarminPairs:
    """What an export says of pairs: each with the activities that it was worn for."""

    pairs: tuple[tuple[GearRecord, tuple[GarminActivity, ...]], ...]

    def unknown_to(self, shoes: Sequence[Shoe]) -> list[str]:
        """The names of the pairs that are not here yet."""
        known = {key(shoe.name) for shoe in shoes}
        return [name for gear, _ in self.pairs if key(name := _name(gear)) not in known]


def read_pairs(sources: Sequence[Source | Problem]) -> GarminPairs:
    """What the sources say of pairs; nothing where they are no such export.

    Raises UnreadableError with the reason.
    """
    gear_files, lists = garmin_files(sources)
    gears: list[GearRecord] = []
    for source in gear_files:
        with source.open() as stream:
            gears += read_garmin_gear(stream)
    wanted = {activity_id for gear in gears for activity_id in gear.activity_ids}
    activities: dict[str, GarminActivity] = {}
    for source in lists if wanted else ():
        with source.open() as stream:
            for activity in read_garmin_activities(stream):
                if activity.source_id in wanted and not isinstance(activity.sport, OffFoot):
                    activities[activity.source_id] = activity
    return GarminPairs(
        tuple(
            (gear, tuple(activities[one] for one in gear.activity_ids if one in activities))
            for gear in gears
        )
    )


@dataclass(frozen=True, slots=True)
class Linked:
    """How many pairs were added, and how many runs went to their pair."""

    added: int
    placed: int


def link_pairs(store: Store, found: GarminPairs, now: datetime, *, add: bool) -> Linked:
    """Put runs on the pairs that Garmin had them on; `add` the pairs that are not here yet."""
    added = placed = 0
    with store.write("import", "pairs from Garmin's export", now) as tx:
        shoes = {key(shoe.name): shoe.id for shoe in shoe_queries.shoes(tx)}
        for gear, activities in found.pairs:
            name = _name(gear)
            if key(name) not in shoes:
                if not add:
                    continue
                shoes[key(name)] = _add(tx, gear, name)
                added += 1
            for activity in activities:
                placed += _place(tx, activity, shoes[key(name)])
        tx.summarise(f"pairs from Garmin's export: {added} added, {placed} runs placed")
    return Linked(added, placed)


def _name(gear: GearRecord) -> str:
    try:
        return checked(gear.name[:100])
    except UsageError:
        return checked(f"Garmin {gear.source_id}")


def _add(tx: Transaction, gear: GearRecord, name: str) -> int:
    # Garmin keeps one limit, where a range has two ends: the lower in proportion, as 300 to 500.
    low, high = (gear.limit_mm * 3 // 5, gear.limit_mm) if gear.limit_mm else (None, None)
    return tx.add(
        "shoe",
        name=name,
        name_key=key(name),
        brand=gear.brand,
        model=gear.model,
        bought_on=gear.begun,
        range_low_mm=low,
        range_high_mm=high,
        retired_on=gear.retired_on,
    )


def _place(tx: Transaction, activity: GarminActivity, shoe_id: int) -> bool:
    """Whether the activity's run was found, and moved to the pair."""
    run = _run_of(tx, activity)
    decision = Decision((Share(shoe_id),), BY)
    if run is None or run.decided_by == MANUAL or run.twin_id is not None:
        return False
    if (run.shares, run.decided_by) == (decision.shares, decision.by):
        return False
    place(tx, run, decision, note="as in Garmin Connect")
    return True


def _run_of(tx: Transaction, activity: GarminActivity) -> Run | None:
    near = run_queries.sightings_near(
        tx, activity.started_at - _SAME_START, activity.started_at + _SAME_START
    )
    runs = {sighting.run_id for sighting in near}
    if len(runs) != 1:
        return None  # none, or several at once: no guess
    run = run_queries.run(tx, runs.pop())
    return run if run is not None and run.status is Status.ACTIVE else None
