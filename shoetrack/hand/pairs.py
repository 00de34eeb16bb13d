"""What a hand does to pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shoetrack import ledger
from shoetrack.db import shoe_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError
from shoetrack.model import (
    Kind,
    Shoe,
)
from shoetrack.names import LONGEST, checked, key, tidied
from shoetrack.placing import Pairs
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance


@dataclass(frozen=True, slots=True)
class DefaultFor:
    """Sports that a pair becomes the default for, from a day on (None: from the first)."""

    sports: tuple[Sport, ...] = ()
    since: date | None = None


def add_shoe(
    store: Store, shoe: Shoe, opening_mm: int, default_for: DefaultFor, now: datetime, today: date
) -> Shoe:
    """Add a pair; its id is given anew. Raises UsageError, RefusedError."""
    name = checked(shoe.name)
    with store.write("shoe", f"{name} added", now) as tx:
        _name_is_free(tx, name)
        _strava_id_is_free(tx, shoe.strava_id)
        shoe_id = tx.add(
            "shoe",
            name=name,
            name_key=key(name),
            brand=shoe.brand,
            model=shoe.model,
            bought_on=shoe.bought_on,
            price=shoe.price,
            range_low_mm=shoe.range_mm[0] if shoe.range_mm else None,
            range_high_mm=shoe.range_mm[1] if shoe.range_mm else None,
            rotation=_rotation(tx, shoe.rotation),
            strava_id=shoe.strava_id,
            note=shoe.note,
            added_on=today,
            target=shoe.target,
            minimalist=int(shoe.minimalist),
        )
        if opening_mm:
            on = shoe.bought_on or today
            tx.post([ledger.on_shoe(shoe_id, opening_mm, Kind.OPENING, on)])
        _set_defaults(tx, shoe_id, default_for)
        return replace(shoe, id=shoe_id, name=name)


def edit_shoe(
    store: Store,
    shoe: Shoe,
    values: dict[str, Any],
    default_for: DefaultFor,
    no_default_for: Iterable[Sport],
    now: datetime,
) -> None:
    """Change what is known of a pair; `values` are columns. Raises UsageError, RefusedError."""
    with store.write("shoe", f"{shoe.name} edited", now) as tx:
        if "name" in values:
            name = checked(values["name"])
            _name_is_free(tx, name, but=shoe.id)
            values = {**values, "name": name, "name_key": key(name)}
        if "rotation" in values:
            values = {**values, "rotation": _rotation(tx, values["rotation"])}
        if "strava_id" in values:
            _strava_id_is_free(tx, values["strava_id"], but=shoe.id)
        if values:
            tx.update("shoe", shoe.id, **values)
        gone = set(no_default_for)
        for default in shoe_queries.defaults(tx):
            if default.shoe_id == shoe.id and default.sport in gone:
                tx.remove("default_shoe", default.id)
        _set_defaults(tx, shoe.id, default_for)


def retire_shoe(store: Store, shoe: Shoe, on: date, now: datetime) -> None:
    """From the day after `on`, the pair takes no run by itself; its ledger stays."""
    with store.write("shoe", f"{shoe.name} retired", now) as tx:
        tx.update("shoe", shoe.id, retired_on=on)


def restore_shoe(store: Store, shoe: Shoe, now: datetime) -> None:
    """Bring a retired pair back. Raises RefusedError."""
    if shoe.retired_on is None:
        raise RefusedError(f"{shoe.name} is not retired: there is nothing to restore")
    with store.write("shoe", f"{shoe.name} restored", now) as tx:
        tx.update("shoe", shoe.id, retired_on=None)


def adjust_shoe(
    store: Store, shoe: Shoe, distance_mm: int, note: str, now: datetime, on: date, unit: Unit
) -> int:
    """Correct a pair's miles by an entry; gives the new total in mm. Raises RefusedError."""
    what = f"{'+' if distance_mm > 0 else ''}{show_distance(distance_mm, unit, 2)}"
    with store.write("shoe", f"{shoe.name} adjusted by {what}", now) as tx:
        Pairs.of(tx).must_have(shoe.id)
        total = shoe_queries.totals(tx).get(shoe.id)
        before = total.distance_mm if total else 0
        if before + distance_mm < 0:
            raise RefusedError(
                f"{shoe.name} has {show_distance(before, unit, 2)}: it cannot lose more"
            )
        tx.post([ledger.on_shoe(shoe.id, distance_mm, Kind.ADJUSTMENT, on, note)])
        return before + distance_mm


def delete_shoe(store: Store, shoe: Shoe, now: datetime) -> None:
    """Remove a pair that was never used. Raises RefusedError for one with entries."""
    with store.write("shoe", f"{shoe.name} deleted", now) as tx:
        if shoe_queries.has_entries(tx, shoe.id):
            raise RefusedError(
                f"{shoe.name} has entries in the ledger and cannot be deleted:"
                f' `shoetrack shoe retire "{shoe.name}"` keeps its miles and takes it out of use'
            )
        for default in shoe_queries.defaults(tx):
            if default.shoe_id == shoe.id:
                tx.remove("default_shoe", default.id)
        tx.remove("shoe", shoe.id)


def _set_defaults(tx: Transaction, shoe_id: int, wanted: DefaultFor) -> None:
    since = wanted.since or date.min
    for sport in wanted.sports:
        same = [d for d in shoe_queries.defaults(tx) if d.sport is sport and d.since == since]
        if same:
            tx.update("default_shoe", same[0].id, shoe_id=shoe_id)
        else:
            tx.add("default_shoe", sport=sport, since=since, shoe_id=shoe_id)


def _rotation(tx: Transaction, name: str) -> str:
    """A rotation's name as the pairs that are in it spell it: "Daily" is "daily"."""
    tidy = tidied(name, "a rotation's name", LONGEST)
    known = (shoe.rotation for shoe in shoe_queries.shoes(tx))
    return next((other for other in known if key(other) == key(tidy)), tidy)


def _name_is_free(tx: Transaction, name: str, but: int | None = None) -> None:
    for other in shoe_queries.shoes(tx):
        if other.id != but and key(other.name) == key(name):
            raise RefusedError(f"there is a pair called {other.name} already: take another name")


def _strava_id_is_free(tx: Transaction, strava_id: str | None, but: int | None = None) -> None:
    for other in shoe_queries.shoes(tx):
        if strava_id and other.id != but and other.strava_id == strava_id:
            raise RefusedError(f"{strava_id} is {other.name}'s at Strava already")
