"""The totals, defined once: whoever reads the store, with whatever program, sees the same number.

Reversals cancel what they reverse, so every total is a plain sum over all entries.
"""

from __future__ import annotations

from sqlalchemy import Connection

_RUNS = (
    "SUM(CASE WHEN run_id IS NULL THEN 0 WHEN kind = 'run' THEN 1"
    " WHEN kind = 'reversal' THEN -1 ELSE 0 END)"
)


def _worn(order: str) -> str:
    """The first or last day with a run on the account of an outer `entry`: a seek in its index."""
    days = (
        "(SELECT day.effective_on FROM entry AS day WHERE day.athlete_id = entry.athlete_id"
        " AND day.shoe_id {} GROUP BY day.effective_on"
        f" HAVING {_RUNS} > 0 ORDER BY day.effective_on {order} LIMIT 1)"
    )
    return (
        f"CASE WHEN entry.shoe_id IS NULL THEN {days.format('IS NULL')}"
        f" ELSE {days.format('= entry.shoe_id')} END"
    )


VIEWS: dict[str, str] = {
    # What each account gained on each day, of it by running; shoe_id NULL is *unassigned*.
    "shoe_day": f"""
        SELECT athlete_id, shoe_id, effective_on,
               SUM(distance_mm) AS distance_mm,
               SUM(CASE WHEN run_id IS NULL THEN 0 ELSE distance_mm END) AS run_mm,
               SUM(duration_s) AS duration_s,
               {_RUNS} AS runs
        FROM entry
        GROUP BY athlete_id, shoe_id, effective_on
    """,
    # What each account holds.
    "shoe_total": f"""
        SELECT athlete_id, shoe_id,
               SUM(entry.distance_mm) AS distance_mm,
               SUM(entry.duration_s) AS duration_s,
               {_RUNS} AS runs,
               {_worn("ASC")} AS first_worn,
               {_worn("DESC")} AS last_worn
        FROM entry
        GROUP BY athlete_id, shoe_id
    """,
    # What of each run stands on each account.
    "run_account": f"""
        SELECT athlete_id, run_id, shoe_id,
               SUM(distance_mm) AS distance_mm,
               SUM(duration_s) AS duration_s
        FROM entry
        WHERE run_id IS NOT NULL
        GROUP BY athlete_id, run_id, shoe_id
        HAVING {_RUNS} > 0
    """,
}

_REFUSED = "entries are append-only: post a reversal"

# By dialect, since SQL has no common words for it: (how to make it, how to drop it).
_TRIGGERS: dict[str, tuple[tuple[str, str], ...]] = {
    "sqlite": (
        (
            "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
            "DROP TRIGGER IF EXISTS entry_no_update",
        ),
        (
            "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
            "DROP TRIGGER IF EXISTS entry_no_delete",
        ),
        # INSERT OR REPLACE deletes without firing the trigger above.
        (
            "CREATE TRIGGER entry_no_replace BEFORE INSERT ON entry"
            " WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id) OR (NEW.reverses_id IS NOT NULL"
            " AND EXISTS (SELECT 1 FROM entry WHERE reverses_id = NEW.reverses_id))"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
            "DROP TRIGGER IF EXISTS entry_no_replace",
        ),
    ),
}


def attach(connection: Connection) -> None:
    """Make the views and triggers over the tables as they are."""
    for name, select in VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
    for make, _ in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(make)


def detach(connection: Connection) -> None:
    """Drop them all, those that use another first."""
    for _, drop in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(drop)
    for name in reversed(VIEWS):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
