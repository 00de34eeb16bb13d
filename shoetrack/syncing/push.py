"""Writing the pairs decided here to the runs at Strava."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shoetrack.db import run_queries, shoe_queries, strava_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Rows
from shoetrack.db.store import Store
from shoetrack.importers.strava.errors import NotThere, RateLimited, ScopeMissing
from shoetrack.importers.strava.protocol import WRITE, Strava
from shoetrack.locks import STRAVA, one_at_a_time
from shoetrack.model import Run, Shoe, Status


@dataclass(frozen=True, slots=True)
class Write:
    """An activity to be put on another pair: `gear` is the pair's id there, `had` what it has."""

    sighting_id: int
    strava_id: int
    run: Run
    shoe: Shoe
    gear: str
    had: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write; `unlinked` runs are on pairs that Strava does not have."""

    writes: tuple[Write, ...] = ()
    unlinked: int = 0


@dataclass(slots=True)
class Pushed:
    """What was written, as far as it is kept."""

    written: int = 0
    not_there: list[int] = field(default_factory=list)  # runs whose activity is gone
    goes_on: datetime | None = None  # stopped by the limit of calls until then


def plan(store: Rows, since: date | None = None) -> Plan:
    """The runs that Strava has on another pair than they are on here, the newest first.

    Strava knows one pair a run: of one that is split, the larger part's, and of equal parts the
    first. A run on no pair here, or in doubt, says nothing of the pair there.
    """
    shoes = {shoe.id: shoe for shoe in shoe_queries.shoes(store)}
    told = strava_queries.told(store)
    runs = {run.id: run for run in run_queries.runs_by_id(store, {one.run_id for one in told})}
    writes = []
    unlinked = set()
    for one in told:
        run = runs[one.run_id]
        if run.status is not Status.ACTIVE or run.twin_id is not None or not run.shares:
            continue
        if since is not None and run.local_date < since:
            continue
        shoe = shoes[_main_pair(run)]
        if shoe.strava_id is None:
            unlinked.add(run.id)
        elif shoe.strava_id != one.gear:
            writes.append(
                Write(one.sighting_id, one.strava_id, run, shoe, shoe.strava_id, one.gear)
            )
    writes.sort(key=lambda write: (write.run.local_date, write.strava_id), reverse=True)
    return Plan(tuple(writes), len(unlinked))


def _main_pair(run: Run) -> int:
    return max(run.shares, key=lambda share: share.weight).shoe_id  # of equals the first


def push(
    store: Store,
    location: Location,
    strava: Strava,
    writes: Sequence[Write],
    now: datetime,
    pushed: Pushed,
    *,
    on_write: Callable[[], None] = lambda: None,
) -> None:
    """Carry out what was planned, a call each; what was written is remembered at once.

    So killed or limited, the next plan is of the rest, and a sync finds nothing that it did not
    know. Raises StravaError (ScopeMissing before any call), RefusedError where another process
    is at it, and StoreError.
    """
    if writes and WRITE not in strava.scopes:
        raise ScopeMissing(WRITE)
    with one_at_a_time(location, STRAVA):
        for write in writes:
            try:
                strava.set_gear(write.strava_id, write.gear)
            except RateLimited as limited:
                pushed.goes_on = limited.goes_on
                return
            except NotThere:
                pushed.not_there.append(write.run.id)
                continue
            with store.write("push", "", now) as tx:
                tx.note("sighting", write.sighting_id, gear=write.gear)
            pushed.written += 1
            on_write()
