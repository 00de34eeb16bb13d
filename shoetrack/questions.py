"""What people ask: how worn is each pair, which to replace and when, do they take turns, does it
all add up. Loads nothing heavy: these answers come at every prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shoetrack import ledger, rotation, wear
from shoetrack.config import Config
from shoetrack.db import queries
from shoetrack.db.queries import Waiting
from shoetrack.db.reader import Rows
from shoetrack.model import Day, Entry, Status, Total
from shoetrack.rotation import Rotation
from shoetrack.wear import Wear

_NOTHING = Total(None)
_NONE_WAITING = Waiting(0, 0)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one glance; `wears` has the most worn first, retired pairs last."""

    wears: tuple[Wear, ...] = ()
    unassigned: Total = _NOTHING
    waiting: Waiting = _NONE_WAITING


def overview(store: Rows | None, config: Config, today: date) -> Overview:
    """How every pair stands; without a store, nothing does."""
    if store is None:
        return Overview()
    totals = queries.totals(store)
    return Overview(
        wears=tuple(_wears(store, totals, config, today)),
        unassigned=totals.get(None, Total(None)),
        waiting=queries.waiting(store),
    )


def _wears(store: Rows, totals: dict[int | None, Total], config: Config, today: date) -> list[Wear]:
    days = queries.days_since(store, today - wear.PACE_WINDOW)
    found = [
        wear.assess(
            shoe,
            totals.get(shoe.id, Total(shoe.id)),
            days.get(shoe.id, ()),
            default_range=config.range_mm,
            near=config.near,
            today=today,
        )
        for shoe in queries.shoes(store)
    ]
    return sorted(found, key=lambda w: (w.shoe.retired_on is not None, -w.share))


def due(
    store: Rows | None, config: Config, today: date, within: timedelta | None
) -> tuple[list[Wear], list[Wear]]:
    """The pairs to replace, the most urgent first; and the other pairs in use, by day."""
    wears = [w for w in overview(store, config, today).wears if w.shoe.retired_on is None]
    wears.sort(key=wear.urgency)
    now = [w for w in wears if wear.due_within(w, within, today)]
    return now, [w for w in wears if w not in now]


def rotations(store: Rows | None, config: Config, today: date) -> list[Rotation]:
    """Whether the pairs of each rotation take turns."""
    if store is None:
        return []
    days: dict[int, list[Day]] = queries.days_since(store, today - config.window)
    return rotation.evaluate(
        queries.shoes(store),
        days,
        window=config.window,
        tolerance=config.tolerance,
        today=today,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with what its account held after it."""

    entry: Entry
    balance_mm: int


def statement(entries: Sequence[Entry]) -> list[Line]:
    """A running balance for each account, in the order that the entries were written."""
    balances: dict[int | None, int] = {}
    lines = []
    for entry in entries:
        account = entry.posting.shoe_id
        balances[account] = balances.get(account, 0) + entry.posting.distance_mm
        lines.append(Line(entry, balances[account]))
    return lines


@dataclass(frozen=True, slots=True)
class Proof:
    """What `verify` found; no problems is as it should be. `runs` are those that count."""

    runs: int = 0
    entries: int = 0
    problems: tuple[str, ...] = ()


def verify(store: Rows | None) -> Proof:
    """Prove laws 1 to 3: every metre on one account, nothing changed afterwards, totals add up."""
    if store is None:
        return Proof()
    runs = queries.all_runs(store)
    by_run: dict[int, list[Entry]] = {run.id: [] for run in runs}
    problems = list(queries.damage(store))
    sums: dict[int | None, int] = {}
    count = 0
    for entry in queries.entries(store):
        count += 1
        account = entry.posting.shoe_id
        sums[account] = sums.get(account, 0) + entry.posting.distance_mm
        if entry.posting.run_id in by_run:
            by_run[entry.posting.run_id].append(entry)
        elif entry.posting.run_id is not None:
            problems.append(f"entry {entry.id}: run {entry.posting.run_id} does not exist")
    for run in runs:
        problems += ledger.faults(run, by_run[run.id])
    shown = {account: total.distance_mm for account, total in queries.totals(store).items()}
    if shown != sums:
        problems.append("the totals shown are not the sums of the entries")
    problems += [
        f"shoe {account}: its total is below zero" for account, total in sums.items() if total < 0
    ]
    counting = sum(run.status is Status.ACTIVE for run in runs)
    return Proof(counting, count, tuple(problems))
