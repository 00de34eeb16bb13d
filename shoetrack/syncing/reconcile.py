"""What Strava counts on each pair against what the ledger holds, and what makes the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shoetrack.db import run_queries, shoe_queries, strava_queries
from shoetrack.db.reader import Rows
from shoetrack.db.strava_queries import Told
from shoetrack.importers.strava.protocol import Gear, Strava
from shoetrack.model import Run, Shoe
from shoetrack.units import MM_PER_METRE


class Why(StrEnum):
    """Why a run counts otherwise on a pair there than here."""

    ONLY_HERE = "only here"  # Strava does not know the run
    OTHER_THERE = "another pair there"  # here on this pair, there on another
    NONE_THERE = "no pair there"
    OTHER_HERE = "another pair here"  # there on this pair, here on another, on none or not counted
    DISTANCE = "another distance"  # on the pair on both sides, or in part


@dataclass(frozen=True, slots=True)
class Difference:
    """One run that counts otherwise: there and here, in millimetres."""

    run: Run
    why: Why
    there_mm: int
    here_mm: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair on both sides, in millimetres. `beside_mm` are opening miles and adjustments here."""

    shoe: Shoe
    there_mm: int
    here_mm: int
    beside_mm: int
    differences: tuple[Difference, ...] = field(default=())

    @property
    def explained_mm(self) -> int:
        """How much more Strava has, by what is known of it."""
        return sum(one.there_mm - one.here_mm for one in self.differences) - self.beside_mm

    @property
    def unexplained_mm(self) -> int:
        """The rest: rides and the like, miles typed in there, what was not synced, rounding."""
        return self.there_mm - self.here_mm - self.explained_mm

    @property
    def agrees(self) -> bool:
        """Strava rounds to the metre."""
        return abs(self.there_mm - self.here_mm) < MM_PER_METRE and not self.differences


def linked_gears(strava: Strava, shoes: list[Shoe]) -> dict[str, Gear]:
    """What Strava says of the pairs that are linked: one call, and one for each that is retired."""
    listed = {gear.id: gear for gear in strava.athlete().shoes}
    found = {}
    for shoe in shoes:
        if shoe.strava_id is not None:
            gear = listed.get(shoe.strava_id) or strava.gear(shoe.strava_id)
            if gear is not None:
                found[gear.id] = gear
    return found


def compare(store: Rows, gears: Mapping[str, Gear]) -> list[Comparison]:
    """Each linked pair that Strava knows, the one that differs most first."""
    totals = shoe_queries.totals(store)
    told = strava_queries.told(store)
    found = []
    for shoe in shoe_queries.shoes(store):
        gear = gears.get(shoe.strava_id or "")
        if gear is None:
            continue
        total = totals.get(shoe.id)
        found.append(
            Comparison(
                shoe,
                there_mm=round(gear.distance_m * MM_PER_METRE),
                here_mm=total.distance_mm if total else 0,
                beside_mm=strava_queries.beside_runs(store, shoe.id),
                differences=tuple(_differences(store, shoe, gear.id, told)),
            )
        )
    return sorted(found, key=lambda one: -abs(one.there_mm - one.here_mm))


def _differences(store: Rows, shoe: Shoe, gear_id: str, told: list[Told]) -> list[Difference]:
    here = strava_queries.on_pair(store, shoe.id)
    there: dict[int, int] = {}
    named: dict[int, list[str | None]] = {}
    for one in told:
        named.setdefault(one.run_id, []).append(one.gear)
        if one.gear == gear_id:
            there[one.run_id] = there.get(one.run_id, 0) + one.distance_mm
    differing = [
        run_id
        for run_id in here.keys() | there.keys()
        if here.get(run_id, 0) != there.get(run_id, 0)
    ]
    runs = {run.id: run for run in run_queries.runs_by_id(store, sorted(differing))}
    return [
        Difference(
            run,
            _why(run_id in here, run_id in there, named.get(run_id)),
            there.get(run_id, 0),
            here.get(run_id, 0),
        )
        for run_id, run in sorted(runs.items(), key=lambda item: item[1].local_date, reverse=True)
    ]


def _why(is_here: bool, is_there: bool, gears: list[str | None] | None) -> Why:
    if is_here and is_there:
        return Why.DISTANCE
    if is_there:
        return Why.OTHER_HERE
    if gears is None:
        return Why.ONLY_HERE
    return Why.OTHER_THERE if any(gears) else Why.NONE_THERE
