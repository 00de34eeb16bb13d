"""Forgetting what Strava's API told: its terms ask for that when a user leaves.

What goes: the runs that nothing else tells, with their names, times, places and links; the rest of
what the API told of runs that files tell too; the links of pairs; and the journal, which holds how
all these were before. What stays: the pairs, as a person's own; the rows of Strava's bulk export,
which the user was given by itself; and the lines of the ledger, which are never changed: a date, a
distance and a duration for each of the runs that went, taken back by a reversal, so that the sums
are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import run_queries, shoe_queries, sighting_queries, strava_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Rows
from shoetrack.db.store import Store, Transaction
from shoetrack.locks import STRAVA, one_at_a_time
from shoetrack.model import PURGE, Status
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.placing import Pairs, refresh
from shoetrack.syncing.entering import free_twins, let_go

# What is left of a run that went.
_NOTHING: dict[str, Any] = {
    "name": "",
    "started_at": None,
    "ended_at": None,
    "distance_mm": None,
    "distance_from": None,
    "duration_s": None,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a purge takes. `lost_mm`: by the pair's id, what it loses; None is unassigned."""

    runs: int = 0  # that nothing else tells
    kept: int = 0  # that files, exports or a hand tell too
    pairs: int = 0  # whose link to Strava goes
    changes: int = 0  # that cannot be undone any more
    lost_mm: Mapping[int | None, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.runs or self.kept or self.pairs)


def preview(store: Rows) -> Preview:
    """What a purge would take now."""
    found = strava_queries.only_strava(store)
    alone = {one.run_id for one in found if one.alone}
    told = {one.run_id for one in strava_queries.told(store)}
    return Preview(
        runs=len(alone),
        kept=len(told - alone),
        pairs=sum(shoe.strava_id is not None for shoe in shoe_queries.shoes(store)),
        changes=strava_queries.undoable(store),
        lost_mm=strava_queries.accounts_of(store, sorted(alone)),
    )


def purge(
    store: Store,
    location: Location,
    now: datetime,
    order: Sequence[str] = DISTANCE_ORDER,
    guide: Guide = NO_RULES,
) -> Preview:
    """Take it all; gives what that was. Nothing of it, nor of what was done before, can be undone.

    Raises RefusedError where a sync is under way, and StoreError.
    """
    with one_at_a_time(location, STRAVA):
        with store.write(PURGE, "what only Strava knew taken out", now) as tx:
            found = preview(tx)
            if found.is_empty and strava_queries.state(tx) is None:
                return found
            _forget_runs(tx, order, guide)
            for shoe in shoe_queries.shoes(tx):
                if shoe.strava_id is not None:
                    tx.note("shoe", shoe.id, strava_id=None)
            state = strava_queries.state(tx)
            tx.forget("strava_state", [state.id] if state else [])
            tx.mark()
            tx.forget_what_was()
        store.compact()
    return found


def _forget_runs(tx: Transaction, order: Sequence[str], guide: Guide) -> None:
    pairs = Pairs.of(tx, guide)
    seen = strava_queries.only_strava(tx)
    run_ids = {one.run_id for one in seen}
    tx.forget("sighting", [one.sighting_id for one in seen])
    left = sighting_queries.sightings_of(tx, sorted(run_ids))
    for run in run_queries.runs_by_id(tx, sorted(run_ids)):
        if run.id in left:
            refresh(tx, run.id, pairs, "without what Strava told", order)
        else:
            let_go(tx, run, "taken out with what only Strava knew", Status.UNDONE)
    free_twins(tx, pairs, run_ids - left.keys())
    for run in run_queries.all_runs(tx):
        # What was undone, deleted or merged before may have been Strava's: nobody knows any more.
        is_merged = run.merged_into_id in run_ids
        if is_merged or run.status in (Status.DELETED, Status.UNDONE):
            status = Status.MERGED if is_merged else Status.UNDONE
            tx.note("run", run.id, status=status, **_NOTHING)
    for one in strava_queries.told(tx):  # rows of an export that the API told again
        tx.note("sighting", one.sighting_id, gear=None, strava_id=None)
