"""The shoes at Strava and the pairs here: which is which, and what becomes of the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from shoetrack import export_pairs
from shoetrack.db import shoe_queries, strava_queries
from shoetrack.db.store import Transaction
from shoetrack.db.strava_queries import PASSED, RETIRED, RETIRING, WORN
from shoetrack.export_pairs import Pair
from shoetrack.importers.exports.garmin import GearRecord
from shoetrack.importers.strava.protocol import Gear, Strava
from shoetrack.model import Shoe
from shoetrack.syncing.summary import SyncSummary


class Answer(Enum):
    """What becomes of a shoe at Strava that is no pair here; or the pair's id, that it is."""

    CREATE = "create"
    NEVER = "never"


# Asked of a shoe at Strava, and of the pairs here that have no counterpart there.
AskPair = Callable[[Gear, Sequence[Shoe]], Answer | int]


def create(_: Gear, __: Sequence[Shoe]) -> Answer:
    """The answer where nobody can be asked."""
    return Answer.CREATE


@dataclass(frozen=True, slots=True)
class Met:
    """A shoe at Strava with what becomes of it: asked outside of any transaction."""

    gear: Gear
    answer: Answer | int


def is_bike(gear_id: str) -> bool:
    """Strava numbers bikes apart from shoes."""
    return gear_id.startswith("b")


def meet(
    gears: Iterable[Gear], shoes: Sequence[Shoe], known: dict[str, str], ask: AskPair
) -> list[Met]:
    """Ask for each shoe at Strava that has not been met, and is not here by its id or name."""
    met: list[Met] = []
    here = list(shoes)
    for gear in gears:
        if gear.id in known:
            continue
        if gear.is_bike or is_bike(gear.id):
            met.append(Met(gear, Answer.NEVER))
            continue
        same = _pair(gear).among(here)
        if same is not None:
            answer: Answer | int = same.id
        else:
            free = [shoe for shoe in here if shoe.strava_id is None]
            answer = ask(gear, sorted(free, key=lambda shoe: shoe.retired_on is not None))
        met.append(Met(gear, answer))
        if isinstance(answer, int):
            here = [shoe for shoe in here if shoe.id != answer]
    return met


def fetch(strava: Strava, gear_ids: Iterable[str], listed: Iterable[Gear] = ()) -> list[Gear]:
    """All that Strava says of these, a call each; what it does not know is left out, unless it is
    in the athlete's list.
    """
    by_id = {gear.id: gear for gear in listed}
    found = (strava.gear(gear_id) or by_id.get(gear_id) for gear_id in gear_ids)
    return [gear for gear in found if gear is not None]


def link(tx: Transaction, met: Iterable[Met], known: dict[str, str], step: SyncSummary) -> None:
    """Carry out what was answered; `known` is brought up to date."""
    for one in met:
        gear = one.gear
        shoes = shoe_queries.shoes(tx)
        if one.answer is Answer.NEVER:
            known[gear.id] = PASSED
            continue
        pair = _pair(gear)
        shoe = next((s for s in shoes if s.id == one.answer), None) or pair.among(shoes)
        if shoe is None:
            added = export_pairs.add_pair(tx, pair)
            step.pairs_added += [s.name for s in shoe_queries.shoes(tx) if s.id == added]
        elif _fill(tx, shoe, gear):
            step.pairs_linked.append(shoe.name)
        known[gear.id] = RETIRING if gear.retired else WORN


def _fill(tx: Transaction, shoe: Shoe, gear: Gear) -> bool:
    """Whether the pair was linked to the shoe at Strava only now."""
    values: dict[str, Any] = {}
    if shoe.strava_id is None:
        values["strava_id"] = gear.id
    for field in ("brand", "model"):
        if not getattr(shoe, field) and getattr(gear, field):
            values[field] = getattr(gear, field)
    tx.update("shoe", shoe.id, **values)
    return "strava_id" in values


def news(known: Mapping[str, str], listed: Sequence[Gear], strava: Strava) -> dict[str, str]:
    """Which shoes, met before, were retired since, or are worn again (here a hand decides that).

    A retired one may be missing from the athlete's list: then it is asked for, once.
    """
    by_id = {gear.id: gear for gear in listed}
    found = {}
    for gear_id, state in known.items():
        gear = by_id.get(gear_id)
        if gear is not None and not gear.retired:
            if state in (RETIRED, RETIRING):
                found[gear_id] = WORN
        elif state == WORN and listed:
            gear = gear or strava.gear(gear_id)
            found[gear_id] = RETIRING if gear is not None and gear.retired else RETIRED
    return found


def retire(
    tx: Transaction, known: dict[str, str], step: SyncSummary, today: date, *, all_read: bool
) -> None:
    """Retire pairs here that are retired there: on their last run's day, once that is known."""
    for gear_id in [gear_id for gear_id, state in known.items() if state == RETIRING]:
        day = strava_queries.last_worn(tx, gear_id)
        if day is None and not all_read:
            continue
        known[gear_id] = RETIRED
        for shoe in shoe_queries.shoes(tx):
            if shoe.strava_id == gear_id and shoe.retired_on is None:
                tx.update("shoe", shoe.id, retired_on=day or today)
                step.pairs_retired.append(shoe.name)


def as_text(known: dict[str, str]) -> str:
    return json.dumps(known, sort_keys=True)


def _pair(gear: Gear) -> Pair:
    name = gear.name.strip() or f"{gear.brand} {gear.model}".strip()
    record = GearRecord(source_id=gear.id, name=name, brand=gear.brand, model=gear.model)
    return Pair(record, export_pairs.STRAVA)
