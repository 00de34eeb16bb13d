"""Taking back what was done, and doing it again."""

from __future__ import annotations

from datetime import datetime

from shoetrack import ledger
from shoetrack.db import entry_queries, run_queries
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError
from shoetrack.model import (
    MANUAL,
    PURGE,
    Change,
)


def undo(store: Store, change: Change, now: datetime) -> None:
    """Take back the last change, which the caller has shown. Raises RefusedError."""
    with store.write("undo", f"undo of change {change.id}: {change.summary}", now) as tx:
        last = entry_queries.last_change(tx)
        if last is None or last.id != change.id:
            raise RefusedError("something else was changed meanwhile: look at `undo --list` again")
        if last.kind == PURGE:
            raise RefusedError(
                f"change {last.id}, {last.summary}, was for good: neither it nor what was done"
                " before it can be undone"
            )
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
    run_ids = sorted({e.posting.run_id for e in posted if e.posting.run_id is not None})
    entries = entry_queries.entries_of_runs(tx, run_ids)
    tx.post(
        posting
        for run in run_queries.runs_by_id(tx, run_ids)
        for posting in ledger.settle(run, entries[run.id], by=MANUAL, note=note)
    )
