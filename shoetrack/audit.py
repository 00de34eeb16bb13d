"""What the ledger says, line by line, and the proof that it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shoetrack import ledger
from shoetrack.db import entry_queries, run_queries, shoe_queries, soundness
from shoetrack.db.reader import Rows
from shoetrack.model import Entry, Status


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
    runs = run_queries.all_runs(store)
    by_run: dict[int, list[Entry]] = {run.id: [] for run in runs}
    problems = list(soundness.damage(store))
    sums: dict[int | None, int] = {}
    count = 0
    for entry in entry_queries.entries(store):
        count += 1
        account = entry.posting.shoe_id
        sums[account] = sums.get(account, 0) + entry.posting.distance_mm
        if entry.posting.run_id in by_run:
            by_run[entry.posting.run_id].append(entry)
        elif entry.posting.run_id is not None:
            problems.append(f"entry {entry.id}: run {entry.posting.run_id} does not exist")
    for run in runs:
        problems += ledger.faults(run, by_run[run.id])
    shown = {account: total.distance_mm for account, total in shoe_queries.totals(store).items()}
    if shown != sums:
        problems.append("the totals shown are not the sums of the entries")
    counting = sum(run.status is Status.ACTIVE for run in runs)
    return Proof(counting, count, tuple(problems))
