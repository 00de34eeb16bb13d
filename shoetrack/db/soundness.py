"""Whether the store itself is as it was made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from shoetrack.db.reader import Rows
from shoetrack.db.version import APPEND_ONLY


def damage(store: Rows) -> Iterator[str]:
    """What is wrong with the store itself, a sentence each.

    What only SQLite knows how to check of itself (its pages, its triggers) is asked in its words;
    the rest is plain SQL.
    """
    for row in store.rows("PRAGMA integrity_check(10)"):
        if row["integrity_check"] != "ok":
            yield f"the store's file is damaged: {row['integrity_check']}"
    for row in store.rows("PRAGMA foreign_key_check"):
        yield f"a row of {row['table']} points to a row of {row['parent']} that is not there"
    present = {
        row["name"] for row in store.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    }
    for name in sorted(APPEND_ONLY - present):
        yield f"the trigger {name}, which keeps the ledger append-only, is missing"
    for row in store.rows(
        "SELECT sighting.id, sighting.run_id FROM sighting"
        " JOIN run ON run.id = sighting.run_id"
        " WHERE sighting.athlete_id = :athlete AND run.status IN ('merged', 'undone', 'deleted')"
    ):
        yield f"sighting {row['id']} belongs to run {row['run_id']}, which is gone"
    for row in store.rows(
        "SELECT run.id FROM run WHERE run.athlete_id = :athlete"
        " AND run.status IN ('active', 'ignored')"
        " AND NOT EXISTS (SELECT 1 FROM sighting WHERE sighting.run_id = run.id)"
    ):
        yield f"run {row['id']} was never seen anywhere"


def sqlite_version() -> str:
    """The version of SQLite itself."""
    return sqlite3.sqlite_version
