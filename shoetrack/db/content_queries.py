"""How much there is in a store, at a glance."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from shoetrack.db.columns import maybe_date, maybe_instant
from shoetrack.db.reader import Rows


class Content(NamedTuple):
    """What is in a store: runs that count, their last day, all miles in mm, the last change."""

    pairs: int
    runs: int
    distance_mm: int
    newest: date | None
    changed_at: datetime | None


def content(store: Rows) -> Content:
    (pairs,) = store.rows(
        "SELECT count(*) AS number FROM shoe WHERE athlete_id = :athlete AND status = 'active'"
    )
    (runs,) = store.rows(
        "SELECT count(*) AS number, max(local_date) AS newest FROM run"
        " WHERE athlete_id = :athlete AND status = 'active'"
    )
    (entries,) = store.rows(
        "SELECT coalesce(sum(distance_mm), 0) AS distance_mm FROM entry WHERE athlete_id = :athlete"
    )
    (changes,) = store.rows(
        "SELECT max(made_at) AS made_at FROM change WHERE athlete_id = :athlete"
    )
    return Content(
        pairs["number"],
        runs["number"],
        int(entries["distance_mm"]),
        maybe_date(runs["newest"]),
        maybe_instant(changes["made_at"]),
    )
