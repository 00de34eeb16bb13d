"""How much was run this week."""

from __future__ import annotations

from datetime import date, timedelta

from shoetrack import load
from shoetrack.db import shoe_queries
from shoetrack.db.reader import Rows
from shoetrack.load import Load


def of_week(store: Rows | None, today: date) -> Load | None:
    """The load of today; None without a store, or without a run in the weeks that count."""
    if store is None:
        return None
    first = today - load.WINDOW + timedelta(days=1)
    days = shoe_queries.days_of_sports(store, load.RUNNING, first, today)
    ran_before = bool(days) and shoe_queries.any_run_until(store, load.RUNNING, first)
    return load.week(days, today, ran_before=ran_before)
