"""What a hand does to runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from shoetrack import intake
from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import run_queries, sighting_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import NotFoundError, RefusedError, UsageError
from shoetrack.model import (
    MANUAL,
    Decision,
    DistanceSource,
    Run,
    RunRecord,
    Share,
    Status,
)
from shoetrack.placing import Pairs, add_run, add_sighting, edit, place, refresh
from shoetrack.sport import Sport


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
        index = sighting_queries.known(tx, digest)  # twice the same in one instant are two runs
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
        run = add_run(tx, record, pairs, default_sport=sport, decided=hand)
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
    """Bring ignored runs back, each to the pair it was on; and those that were deleted at Strava,
    which then are seen by hand. Raises NotFoundError, RefusedError.
    """
    with store.write("restore", f"{_runs(run_ids)} restored", now) as tx:
        for run_id in run_ids:
            run = _any_run(tx, run_id)
            if run.status not in (Status.IGNORED, Status.DELETED):
                raise RefusedError(f"run {run_id} is not ignored: there is nothing to restore")
            if run.status is Status.DELETED:
                add_sighting(tx, run_id, _seen_by_hand(run, now))
            _set_status(tx, run, Status.ACTIVE, "restored")


def _seen_by_hand(run: Run, now: datetime) -> RunRecord:
    return RunRecord(
        kind="hand",
        digest=hashlib.sha256(f"{now.isoformat()} run {run.id}".encode()).hexdigest(),
        index=0,
        source="by hand",
        sport=run.sport,
        started_at=run.started_at,
        ended_at=run.ended_at,
        local_date=run.local_date,
        distance_mm=run.distance_mm,
        distance_from=run.distance_from,
        duration_s=run.duration_s,
        name=run.name,
    )


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
            for sighting in sighting_queries.sightings_of(tx, [other_id]).get(other_id, []):
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
    if run.status is Status.DELETED:
        raise RefusedError(
            f"run {run_id} was deleted at Strava: `shoetrack run restore {run_id}` first"
        )
    if run.status is Status.MERGED:
        raise RefusedError(f"run {run_id} was merged into run {run.merged_into_id}: use that")
    return run


def _runs(run_ids: Sequence[int]) -> str:
    if len(run_ids) > 6:
        return f"{len(run_ids)} runs"
    return f"run{'s' if len(run_ids) > 1 else ''} {', '.join(map(str, run_ids))}"
