"""The pairs that Garmin's and Strava's exports name, and the runs that they were worn for.

Each pair is met by its id at Strava or by its name, or added; each run goes to the pair that it had
there, unless a hand has decided here. Done again, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shoetrack.db import run_queries, shoe_queries, sighting_queries, strava_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import UnreadableError, UsageError
from shoetrack.importers import Problem, Source
from shoetrack.importers.exports.garmin import (
    GarminActivity,
    GearRecord,
    garmin_files,
    read_garmin_activities,
    read_garmin_gear,
)
from shoetrack.importers.exports.strava_pairs import strava_pairs
from shoetrack.model import MANUAL, Decision, Run, Share, Shoe, Status
from shoetrack.names import LONGEST, checked, key
from shoetrack.pipeline import Summary
from shoetrack.placing import place
from shoetrack.sport import OffFoot

GARMIN, STRAVA = "garmin", "strava"
# Garmin's list of activities and the activity's own file tell its start to the second.
_SAME_START = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair as an export has it, with its runs: by the digests of their rows, or their starts."""

    gear: GearRecord
    by: str
    digests: tuple[str, ...] = ()
    starts: tuple[datetime, ...] = ()

    @property
    def name(self) -> str:
        try:
            return checked(self.gear.name[:LONGEST])
        except UsageError:
            return checked(f"{self.by.title()} {self.gear.source_id}")

    @property
    def strava_id(self) -> str | None:
        return self.gear.source_id or None if self.by == STRAVA else None

    def among(self, shoes: Sequence[Shoe]) -> Shoe | None:
        """The pair here that it is: by its id at Strava, else by its name."""
        for shoe in shoes:
            if self.strava_id and shoe.strava_id == self.strava_id:
                return shoe
        # Of two pairs that are called the same, the other one is known by its own id.
        same = [shoe for shoe in shoes if key(shoe.name) == key(self.name)]
        free = [s for s in same if not (self.strava_id and s.strava_id)]
        return free[0] if free else None


@dataclass(slots=True)
class PairsOfExports:
    """All pairs that what was imported names, with what could not be told or read of them."""

    pairs: list[Pair] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def unknown_to(self, shoes: Sequence[Shoe]) -> list[str]:
        """The names of the pairs that are not here yet."""
        return [pair.name for pair in self.pairs if pair.among(shoes) is None]


def read_pairs(sources: Sequence[Source | Problem]) -> PairsOfExports:
    """What the sources say of pairs; nothing where they are no such exports."""
    found = PairsOfExports()
    for gear, digests in strava_pairs(sources, found.remarks):
        found.pairs.append(Pair(gear, STRAVA, digests=digests))
    gear_files, lists = garmin_files(sources)
    gears = [gear for source in gear_files for gear in _gears(source, found)]
    wanted = {activity_id for gear in gears for activity_id in gear.activity_ids}
    activities = {
        activity.source_id: activity
        for source in (lists if wanted else ())
        for activity in _activities(source, found)
        if activity.source_id in wanted and not isinstance(activity.sport, OffFoot)
    }
    for gear in gears:
        worn = (activities.get(activity_id) for activity_id in gear.activity_ids)
        starts = tuple(activity.started_at for activity in worn if activity is not None)
        found.pairs.append(Pair(gear, GARMIN, starts=starts))
    return found


def _gears(source: Source, found: PairsOfExports) -> list[GearRecord]:
    try:
        with source.open() as stream:
            return read_garmin_gear(stream)
    except UnreadableError as error:
        found.failures.append((source.name, str(error)))
        return []


def _activities(source: Source, found: PairsOfExports) -> Iterator[GarminActivity]:
    try:
        with source.open() as stream:
            yield from read_garmin_activities(stream)
    except UnreadableError as error:
        found.failures.append((source.name, str(error)))


@dataclass(frozen=True, slots=True)
class Linked:
    """Pairs of exports with the shoes here that they are; and how many of those were added."""

    pairs: tuple[tuple[Pair, int], ...] = ()
    added: int = 0

    def decisions(self) -> dict[str, Decision]:
        """By the digest of an export's row, the pair that its run had there."""
        return {
            digest: Decision((Share(shoe_id),), pair.by)
            for pair, shoe_id in self.pairs
            for digest in pair.digests
        }


def meet_pairs(
    store: Store,
    sources: Sequence[Source | Problem],
    shoes: Sequence[Shoe],
    summary: Summary,
    now: datetime,
    may_add: Callable[[Sequence[str]], bool] = lambda _: True,
) -> Linked:
    """The pairs of Garmin's or Strava's export, where the sources are one.

    `may_add` is asked with the names of those that are not among the `shoes` here. What cannot be
    read or told of pairs is named in the summary.
    """
    found = read_pairs(sources)
    summary.failed += found.failures
    summary.remarks += [("the export's list of shoes", remark) for remark in found.remarks]
    if not found.pairs:
        return Linked()
    new = found.unknown_to(shoes)
    return link_pairs(store, found, now, add=not new or may_add(new))


def link_pairs(store: Store, found: PairsOfExports, now: datetime, *, add: bool) -> Linked:
    """Meet the pairs of exports with the shoes here; `add` those that are not here yet."""
    linked = []
    added = 0
    with store.write("import", "pairs of an export", now) as tx:
        for pair in found.pairs:
            shoe = pair.among(shoe_queries.shoes(tx))
            if shoe is not None:
                linked.append((pair, shoe.id))
                if pair.strava_id and not shoe.strava_id:
                    tx.update("shoe", shoe.id, strava_id=pair.strava_id)
            elif add:
                linked.append((pair, add_pair(tx, pair)))
                added += 1
        tx.summarise(f"{added} pairs of an export added" if added else "pairs of an export linked")
    return Linked(tuple(linked), added)


def place_runs(store: Store, linked: Linked, now: datetime) -> int:
    """Put the runs that are here on the pairs that they had there; gives how many moved."""
    placed = 0
    with store.write("import", "", now) as tx:
        # What the API told of a run is newer than any export.
        told = {one.run_id for one in strava_queries.told(tx)}
        for pair, shoe_id in linked.pairs:
            for run in _runs_of(tx, pair):
                if pair.by == STRAVA and run.id in told:
                    continue
                placed += _place(tx, run, Decision((Share(shoe_id),), pair.by))
        tx.summarise(f"{placed} runs put on the pairs of an export")
    return placed


def add_pair(tx: Transaction, pair: Pair) -> int:
    """Add a pair as the service has it, under a name that is free; gives its id."""
    gear = pair.gear
    # Garmin keeps one limit, where a range has two ends: the lower in proportion, as 300 to 500.
    low, high = (gear.limit_mm * 3 // 5, gear.limit_mm) if gear.limit_mm else (None, None)
    name, number = pair.name, 2
    taken = {key(shoe.name) for shoe in shoe_queries.shoes(tx)}
    while key(name) in taken:
        name, number = f"{pair.name[: LONGEST - 6]} ({number})", number + 1
    return tx.add(
        "shoe",
        name=name,
        name_key=key(name),
        brand=gear.brand,
        model=gear.model,
        bought_on=gear.begun,
        range_low_mm=low,
        range_high_mm=high,
        strava_id=pair.strava_id,
        retired_on=gear.retired_on,
        added_on=tx.now.date(),
    )


def _runs_of(tx: Transaction, pair: Pair) -> Iterator[Run]:
    run_ids = sighting_queries.runs_of(tx, pair.digests)
    for start in pair.starts:
        near = sighting_queries.sightings_near(
            tx, start, start, back=_SAME_START, around=_SAME_START
        )
        runs = {sighting.run_id for sighting in near}
        if len(runs) == 1:  # of several at once, none is guessed
            run_ids |= runs
    for run in run_queries.runs_by_id(tx, sorted(run_ids)):
        if run.status is Status.ACTIVE and run.twin_id is None:
            yield run


def _place(tx: Transaction, run: Run, decision: Decision) -> bool:
    """Whether the run moved."""
    if run.decided_by == MANUAL or Decision(run.shares, run.decided_by) == decision:
        return False
    place(tx, run, decision, note="as in the export")
    return True
