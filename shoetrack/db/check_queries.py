"""What is asked of the store to tell what is worth saying."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import NamedTuple

from shoetrack.db.columns import instant_text
from shoetrack.db.reader import Rows
from shoetrack.model import MANUAL


def links_after(store: Rows, change_id: int) -> list[tuple[int, int | None, int | None]]:
    """The changes after that one, in order, each with the one that it undoes or redoes."""
    found = store.rows(
        "SELECT id, undoes_id, redoes_id FROM change WHERE athlete_id = :athlete"
        " AND id > :after ORDER BY id",
        after=change_id,
    )
    return [(row["id"], row["undoes_id"], row["redoes_id"]) for row in found]


def nets_after(store: Rows, shoe_id: int, change_id: int) -> dict[int, int]:
    """What each change after that one did to a pair's miles, in mm."""
    found = store.rows(
        "SELECT change_id, SUM(distance_mm) AS net_mm FROM entry WHERE athlete_id = :athlete"
        " AND shoe_id = :shoe AND change_id > :after GROUP BY change_id",
        shoe=shoe_id,
        after=change_id,
    )
    return {row["change_id"]: int(row["net_mm"]) for row in found}


def net_since(store: Rows, shoe_id: int, day: date) -> int:
    """What the entries of that day and later days did to a pair's miles, in mm."""
    found = store.rows(
        "SELECT COALESCE(SUM(distance_mm), 0) AS net_mm FROM entry WHERE athlete_id = :athlete"
        " AND shoe_id = :shoe AND effective_on >= :day",
        shoe=shoe_id,
        day=day.isoformat(),
    )
    return int(found[0]["net_mm"])


class Before(NamedTuple):
    """What of a pair a change has changed, as it was before."""

    range_mm: tuple[int, int] | None
    retired: bool


def pair_before(store: Rows, shoe_id: int, change_id: int) -> dict[int, Before]:
    """How a pair was before each change after that one that touched what is known of it."""
    found = store.rows(
        "SELECT change_id, before FROM journal WHERE athlete_id = :athlete"
        " AND table_name = 'shoe' AND row_id = :shoe AND change_id > :after"
        " AND before IS NOT NULL ORDER BY id DESC",
        shoe=shoe_id,
        after=change_id,
    )
    before = {}
    for line in found:  # the first of a change is what counts, and comes last
        row = json.loads(line["before"])
        low, high = row["range_low_mm"], row["range_high_mm"]
        before[line["change_id"]] = Before(
            None if low is None else (low, high), row["retired_on"] is not None
        )
    return before


class WaitingRun(NamedTuple):
    """A run that waits for a person. `distance_mm` None: nobody knows how far it was."""

    id: int
    distance_mm: int | None
    unassigned: bool


def waiting_runs(store: Rows, before: datetime) -> list[WaitingRun]:
    """The runs that came in before that moment and have no pair yet, or no distance; but not those
    that a hand has put on none.
    """
    found = store.rows(
        "SELECT run.id, run.distance_mm, CASE WHEN run.decided_by = :hand OR EXISTS"
        " (SELECT 1 FROM share WHERE share.run_id = run.id) THEN 0 ELSE 1 END AS unassigned"
        " FROM run WHERE run.athlete_id = :athlete AND run.status = 'active'"
        " AND (run.distance_mm IS NULL OR ((run.decided_by IS NULL OR run.decided_by <> :hand)"
        " AND NOT EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id)))"
        " AND EXISTS (SELECT 1 FROM sighting WHERE sighting.run_id = run.id"
        " AND sighting.seen_at < :before) ORDER BY run.id",
        hand=MANUAL,
        before=instant_text(before),
    )
    return [WaitingRun(row["id"], row["distance_mm"], bool(row["unassigned"])) for row in found]
