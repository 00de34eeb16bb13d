"""What a hand does: to runs, to pairs, and to what was done before. Each call is one change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from shoetrack import intake, ledger
from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import entry_queries, run_queries, shoe_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import NotFoundError, RefusedError, UsageError
from shoetrack.model import (
    MANUAL,
    Change,
    Decision,
    DistanceSource,
    Kind,
    Run,
    RunRecord,
    Share,
    Shoe,
    Status,
)
from shoetrack.names import checked, key
from shoetrack.placing import Pairs, add_run, edit, place, refresh
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance

# --- runs -----------------------------------------------------------------------------------


def assign_runs(
    store: Store, run_ids: Sequence[int], shares: tuple[Share, ...], now: datetime, summary: str
) -> int:
    """Put runs on pairs by hand, or on none; gives how many moved. Raises NotFoundError."""
    moved = 0
    with store.write("assign", summary, now) as tx:
        Pairs.of(tx).must_have(*(share.shoe_id for share in shares))
        for run_id in run_ids:
            run = _counting_run(tx, run_id)
            moved += run.shares != shares
            place(tx, run, Decision(shares, MANUAL))
    return moved


def new_run(
    store: Store,
    *,
    on: date,
    sport: Sport,
    distance_mm: int,
    duration_s: int | None,
    name: str,
    shoe_id: int | None,
    now: datetime,
) -> Run:
    """A run that no watch recorded."""
    moment = hashlib.sha256(f"{now.isoformat()} {on} {distance_mm} {name}".encode())
    with store.write("run", "run added by hand", now) as tx:
        digest = moment.hexdigest()
        index = run_queries.known(tx, digest)  # twice the same in one instant are two runs
        record = RunRecord(
            kind="hand",
            digest=digest,
            index=index,
            source="by hand",
            sport=sport,
            local_date=on,
            distance_mm=distance_mm,
            distance_from=DistanceSource.MANUAL,
            duration_s=duration_s,
            name=name,
        )
        pairs = Pairs.of(tx)
        hand = None
        if shoe_id is not None:
            pairs.must_have(shoe_id)
            hand = Decision((Share(shoe_id),), MANUAL)
        run = add_run(tx, record, pairs, default_sport=sport, hand=hand)
        tx.summarise(f"run {run.id} added by hand")
        return run


def edit_run(store: Store, run_id: int, values: dict[str, Any], now: datetime) -> Run:
    """Set facts of a run by hand (`distance_mm`, `duration_s`, `local_date`, `sport`, `name`).

    They hold for good, whatever a later file says. Raises NotFoundError.
    """
    with store.write("edit", f"run {run_id} edited", now) as tx:
        run = _counting_run(tx, run_id)
        by_hand = run.set_by_hand | set(values)
        tx.update("run", run_id, set_by_hand=",".join(sorted(by_hand)))
        if "distance_mm" in values:
            values = {**values, "distance_from": DistanceSource.MANUAL}
        return edit(tx, run, values, Pairs.of(tx), "edited by hand")


def ignore_runs(store: Store, run_ids: Sequence[int], now: datetime) -> None:
    """Take runs out of the totals; they can come back. Raises NotFoundError."""
    with store.write("ignore", f"{_runs(run_ids)} ignored", now) as tx:
        for run_id in run_ids:
            run = _counting_run(tx, run_id)
            _set_status(tx, run, Status.IGNORED, "ignored")


def restore_runs(store: Store, run_ids: Sequence[int], now: datetime) -> None:
    """Bring ignored runs back, each to the pair it was on. Raises NotFoundError, RefusedError."""
    with store.write("restore", f"{_runs(run_ids)} restored", now) as tx:
        for run_id in run_ids:
            run = _any_run(tx, run_id)
            if run.status is not Status.IGNORED:
                raise RefusedError(f"run {run_id} is not ignored: there is nothing to restore")
            _set_status(tx, run, Status.ACTIVE, "restored")


def merge_runs(
    store: Store,
    keep_id: int,
    other_ids: Sequence[int],
    now: datetime,
    order: Sequence[str] = DISTANCE_ORDER,
) -> Run:
    """Say that runs are one: the others' sightings become further ones of the one that is kept.

    Its distance is then the best of them all by `order`, not their sum. Raises NotFoundError,
    UsageError.
    """
    if keep_id in other_ids:
        raise UsageError(f"run {keep_id} cannot be merged with itself")
    with store.write("merge", f"{_runs(other_ids)} merged into run {keep_id}", now) as tx:
        pairs = Pairs.of(tx)
        kept = _counting_run(tx, keep_id)
        for other_id in other_ids:
            other = _counting_run(tx, other_id)
            for sighting in run_queries.sightings_of(tx, [other_id]).get(other_id, []):
                tx.update("sighting", sighting.id, run_id=keep_id)
            tx.update("run", other_id, merged_into_id=keep_id, twin_id=None)
            _set_status(tx, replace(other, twin_id=None), Status.MERGED, f"merged into {keep_id}")
            _repoint_twins(tx, other_id, keep_id)
            if kept.twin_id == other_id:
                kept = _without_twin(tx, kept)
            kept = _inherit(tx, kept, other, pairs)
            # A hand's decision on either of the two is one on the run that they are; and a run
            # that was in doubt takes the pair of the run that it is.
            if kept.decided_by != MANUAL and (other.decided_by == MANUAL or not kept.shares):
                kept = place(tx, kept, Decision(other.shares, other.decided_by))
        return refresh(tx, keep_id, pairs, f"merged with {_runs(other_ids)}", order)


def _inherit(tx: Transaction, kept: Run, other: Run, pairs: Pairs) -> Run:
    """What a hand has set of a twin holds for the run that they are, unless it set that there."""
    fields = other.set_by_hand - kept.set_by_hand
    if not fields:
        return kept
    values = {field: getattr(other, field) for field in fields}
    if "distance_mm" in fields:
        values["distance_from"] = other.distance_from
    by_hand = kept.set_by_hand | fields
    tx.update("run", kept.id, set_by_hand=",".join(sorted(by_hand)))
    kept = replace(kept, set_by_hand=by_hand)
    return edit(tx, kept, values, pairs, f"as was set by hand for run {other.id}")


def keep_runs(store: Store, run_ids: Sequence[int], now: datetime) -> None:
    """Say that runs in doubt are right as they are: no other run's twin, and as far as they say.

    Raises NotFoundError, RefusedError.
    """
    with store.write("keep", f"{_runs(run_ids)} kept as runs of their own", now) as tx:
        pairs = Pairs.of(tx)
        for run_id in run_ids:
            run = _counting_run(tx, run_id)
            differs = run_queries.differs(tx, run_id, intake.DIFFERING)
            if run.twin_id is None and not differs:
                raise RefusedError(f"run {run_id} is not in doubt: there is nothing to settle")
            if differs:
                by_hand = run.set_by_hand | {"distance_mm"}
                tx.update("run", run_id, set_by_hand=",".join(sorted(by_hand)))
            if run.twin_id is not None:
                run = _without_twin(tx, run)
                place(tx, run, pairs.decide(run))


def _without_twin(tx: Transaction, run: Run) -> Run:
    tx.update("run", run.id, twin_id=None)
    return replace(run, twin_id=None)


def _repoint_twins(tx: Transaction, gone_id: int, keep_id: int) -> None:
    """Runs that were in doubt with a run that is merged away are in doubt with what it became."""
    for row in tx.rows(
        "SELECT id FROM run WHERE athlete_id = :athlete AND twin_id = :gone AND id <> :keep",
        gone=gone_id,
        keep=keep_id,
    ):
        tx.update("run", row["id"], twin_id=keep_id)


def _set_status(tx: Transaction, run: Run, status: Status, note: str) -> None:
    tx.update("run", run.id, status=status)
    place(tx, replace(run, status=status), Decision(run.shares, run.decided_by), note=note)


def _any_run(tx: Transaction, run_id: int) -> Run:
    run = run_queries.run(tx, run_id)
    if run is None or run.status is Status.UNDONE:
        raise NotFoundError(f"there is no run {run_id}: `shoetrack runs` lists them")
    return run


def _counting_run(tx: Transaction, run_id: int) -> Run:
    run = _any_run(tx, run_id)
    if run.status is Status.IGNORED:
        raise RefusedError(f"run {run_id} is ignored: `shoetrack run restore {run_id}` first")
    if run.status is Status.MERGED:
        raise RefusedError(f"run {run_id} was merged into run {run.merged_into_id}: use that")
    return run


def _runs(run_ids: Sequence[int]) -> str:
    if len(run_ids) > 6:
        return f"{len(run_ids)} runs"
    return f"run{'s' if len(run_ids) > 1 else ''} {', '.join(map(str, run_ids))}"


# --- pairs ----------------------------------------------------------------------------------


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
            rotation=shoe.rotation,
            strava_id=shoe.strava_id,
            note=shoe.note,
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


def _name_is_free(tx: Transaction, name: str, but: int | None = None) -> None:
    for other in shoe_queries.shoes(tx):
        if other.id != but and key(other.name) == key(name):
            raise RefusedError(f"there is a pair called {other.name} already: take another name")


def _strava_id_is_free(tx: Transaction, strava_id: str | None, but: int | None = None) -> None:
    for other in shoe_queries.shoes(tx):
        if strava_id and other.id != but and other.strava_id == strava_id:
            raise RefusedError(f"{strava_id} is {other.name}'s at Strava already")


# --- undo -----------------------------------------------------------------------------------


def undo(store: Store, change: Change, now: datetime) -> None:
    """Take back the last change, which the caller has shown. Raises RefusedError."""
    with store.write("undo", f"undo of change {change.id}: {change.summary}", now) as tx:
        last = entry_queries.last_change(tx)
        if last is None or last.id != change.id:
            raise RefusedError("something else was changed meanwhile: look at `undo --list` again")
        tx.undo_rows(change.id)
        _reverse(tx, change.id, f"undo of change {change.id}")


def redo(store: Store, undo_id: int, change: Change, now: datetime) -> None:
    """Do again what was undone last. Raises RefusedError."""
    with store.write(change.kind, change.summary, now) as tx:
        last = entry_queries.last_undo(tx)
        if last is None or last[0] != undo_id:
            raise RefusedError("something else was changed meanwhile: look at `undo --list` again")
        tx.redo_rows(undo_id)
        _reverse(tx, undo_id, f"redo of change {change.id}")


def _reverse(tx: Transaction, change_id: int, note: str) -> None:
    """Bring the ledger in line with the rows that were put back."""
    posted = entry_queries.entries_of_change(tx, change_id)
    reversed_ids = [e.posting.reverses_id for e in posted if e.posting.reverses_id is not None]
    tx.post(ledger.take_back(posted, entry_queries.entries_by_id(tx, reversed_ids), note))
    for run_id in sorted({e.posting.run_id for e in posted if e.posting.run_id is not None}):
        run = run_queries.run(tx, run_id)
        assert run is not None
        tx.post(ledger.settle(run, entry_queries.entries_of_run(tx, run_id), by=MANUAL, note=note))
