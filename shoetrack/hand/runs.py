"""What a hand does to runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from shoetrack.db import run_queries, sighting_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import NotFoundError, RefusedError
from shoetrack.model import (
    MANUAL,
    Decision,
    DistanceSource,
    Run,
    RunRecord,
    Share,
    Status,
)
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.placing import Pairs, add_run, add_sighting, edit, place
from shoetrack.sport import Sport


def assign_runs(
    store: Store,
    run_ids: Sequence[int],
    shares: tuple[Share, ...],
    now: datetime,
    summary: str,
    *,
    seen: Sequence[Run] = (),
) -> int:
    """Put runs on pairs by hand, or on none; gives how many moved.

    `seen` are runs as they were shown when the choice was made. Raises NotFoundError, and
    RefusedError where one of these is another now.
    """
    moved = 0
    with store.write("assign", summary, now) as tx:
        as_seen(tx, seen)
        Pairs.of(tx).must_have(*(share.shoe_id for share in shares))
        for run_id in run_ids:
            run = counting_run(tx, run_id)
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
    guide: Guide = NO_RULES,
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
        pairs = Pairs.of(tx, guide)
        hand = None
        if shoe_id is not None:
            pairs.must_have(shoe_id)
            hand = Decision((Share(shoe_id),), MANUAL)
        run = add_run(tx, record, pairs, default_sport=sport, decided=hand)
        tx.summarise(f"run {run.id} added by hand")
        return run


def edit_run(
    store: Store,
    run_id: int,
    values: dict[str, Any],
    now: datetime,
    *,
    seen: Sequence[Run] = (),
    guide: Guide = NO_RULES,
) -> Run:
    """Set facts of a run by hand (`distance_mm`, `duration_s`, `local_date`, `sport`, `name`).

    They hold for good, whatever a later file says. Raises NotFoundError, RefusedError.
    """
    with store.write("edit", f"run {run_id} edited", now) as tx:
        as_seen(tx, seen)
        run = counting_run(tx, run_id)
        by_hand = run.set_by_hand | set(values)
        tx.update("run", run_id, set_by_hand=",".join(sorted(by_hand)))
        if "distance_mm" in values:
            values = {**values, "distance_from": DistanceSource.MANUAL}
        return edit(tx, run, values, Pairs.of(tx, guide), "edited by hand")


def ignore_runs(
    store: Store, run_ids: Sequence[int], now: datetime, *, seen: Sequence[Run] = ()
) -> None:
    """Take runs out of the totals; they can come back. Raises NotFoundError, RefusedError."""
    with store.write("ignore", f"{in_words(run_ids)} ignored", now) as tx:
        as_seen(tx, seen)
        for run_id in run_ids:
            run = counting_run(tx, run_id)
            set_status(tx, run, Status.IGNORED, "ignored")


def restore_runs(store: Store, run_ids: Sequence[int], now: datetime) -> None:
    """Bring ignored runs back, each to the pair it was on; and those that were deleted at Strava,
    which then are seen by hand. Raises NotFoundError, RefusedError.
    """
    with store.write("restore", f"{in_words(run_ids)} restored", now) as tx:
        for run_id in run_ids:
            run = any_run(tx, run_id)
            if run.status not in (Status.IGNORED, Status.DELETED):
                raise RefusedError(f"run {run_id} is not ignored: there is nothing to restore")
            if run.status is Status.DELETED:
                add_sighting(tx, run_id, _seen_by_hand(run, now))
            set_status(tx, run, Status.ACTIVE, "restored")


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


def as_seen(tx: Transaction, seen: Sequence[Run]) -> None:
    """Raise RefusedError where a run is not as a person was shown it."""
    for run in seen:
        if run_queries.run(tx, run.id) != run:
            raise RefusedError(f"run {run.id} was changed meanwhile: nothing was done to it")


def set_status(tx: Transaction, run: Run, status: Status, note: str) -> None:
    tx.update("run", run.id, status=status)
    place(tx, replace(run, status=status), Decision(run.shares, run.decided_by), note=note)


def any_run(tx: Transaction, run_id: int) -> Run:
    run = run_queries.run(tx, run_id)
    if run is None or run.status is Status.UNDONE:
        raise NotFoundError(f"there is no run {run_id}: `shoetrack runs` lists them")
    return run


def counting_run(tx: Transaction, run_id: int) -> Run:
    run = any_run(tx, run_id)
    if run.status is Status.IGNORED:
        raise RefusedError(f"run {run_id} is ignored: `shoetrack run restore {run_id}` first")
    if run.status is Status.DELETED:
        raise RefusedError(
            f"run {run_id} was deleted at Strava: `shoetrack run restore {run_id}` first"
        )
    if run.status is Status.MERGED:
        raise RefusedError(f"run {run_id} was merged into run {run.merged_into_id}: use that")
    return run


def in_words(run_ids: Sequence[int]) -> str:
    if len(run_ids) > 6:
        return f"{len(run_ids)} runs"
    return f"run{'s' if len(run_ids) > 1 else ''} {', '.join(map(str, run_ids))}"
