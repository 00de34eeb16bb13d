"""What is asked of pairs at every prompt: who they are, what they hold, what they did.

As in the other `queries` here: SQL that both dialects read, over anything that has `rows`: a fast
reader, or a write transaction that must see its own changes. Answers are `model`'s values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shoetrack.db.columns import maybe_date, to_date
from shoetrack.db.reader import Rows
from shoetrack.model import Day, DefaultShoe, Shoe, Total
from shoetrack.sport import Sport

_SHOE = (
    "id, name, brand, model, bought_on, price, range_low_mm, range_high_mm, rotation, strava_id,"
    " note, retired_on, added_on, target, minimalist"
)


def shoes(store: Rows) -> list[Shoe]:
    """All pairs, in the order they were added."""
    found = store.rows(
        f"SELECT {_SHOE} FROM shoe WHERE athlete_id = :athlete AND status = 'active' ORDER BY id"
    )
    return [
        Shoe(
            id=row["id"],
            name=row["name"],
            brand=row["brand"],
            model=row["model"],
            bought_on=maybe_date(row["bought_on"]),
            price=row["price"],
            range_mm=(row["range_low_mm"], row["range_high_mm"]) if row["range_low_mm"] else None,
            rotation=row["rotation"],
            strava_id=row["strava_id"],
            note=row["note"],
            retired_on=maybe_date(row["retired_on"]),
            added_on=maybe_date(row["added_on"]),
            target=row["target"],
            minimalist=bool(row["minimalist"]),
        )
        for row in found
    ]


def defaults(store: Rows) -> list[DefaultShoe]:
    """The default pairs, by sport and day."""
    found = store.rows(
        "SELECT id, sport, since, shoe_id FROM default_shoe WHERE athlete_id = :athlete"
        " ORDER BY sport, since"
    )
    return [
        DefaultShoe(Sport(row["sport"]), to_date(row["since"]), row["shoe_id"], row["id"])
        for row in found
    ]


def totals(store: Rows) -> dict[int | None, Total]:
    """What each account that was ever used holds; *unassigned* is None."""
    found = store.rows(
        "SELECT shoe_id, distance_mm, duration_s, runs, first_worn, last_worn FROM shoe_total"
        " WHERE athlete_id = :athlete"
    )
    return {
        row["shoe_id"]: Total(
            shoe_id=row["shoe_id"],
            distance_mm=int(row["distance_mm"]),
            duration_s=int(row["duration_s"]),
            runs=int(row["runs"]),
            first_worn=maybe_date(row["first_worn"]),
            last_worn=maybe_date(row["last_worn"]),
        )
        for row in found
    }


def days_since(store: Rows, since: date) -> dict[int, list[Day]]:
    """What each pair in use ran on each day from `since` on, by the pair's id.

    Opening miles and adjustments are no running, and not in it.
    """
    found = store.rows(
        "SELECT day.shoe_id, day.effective_on, day.run_mm, day.runs"
        " FROM shoe_day AS day"
        " WHERE day.athlete_id = :athlete AND day.effective_on >= :since"
        " AND day.shoe_id IN (SELECT id FROM shoe WHERE athlete_id = :athlete"
        " AND status = 'active' AND retired_on IS NULL)"
        " AND day.runs > 0",
        since=since.isoformat(),
    )
    days: dict[int, list[Day]] = {}
    for row in found:
        days.setdefault(row["shoe_id"], []).append(
            Day(to_date(row["effective_on"]), int(row["run_mm"]), int(row["runs"]))
        )
    return days


def has_entries(store: Rows, shoe_id: int) -> bool:
    """Whether a pair was ever in the ledger."""
    return bool(
        store.rows(
            "SELECT 1 FROM entry WHERE athlete_id = :athlete AND shoe_id = :shoe LIMIT 1",
            shoe=shoe_id,
        )
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person."""

    unmeasured: int
    doubtful: int


def waiting(store: Rows) -> Waiting:
    """How many runs have no distance yet, and how many are in doubt."""
    found = store.rows(
        "SELECT"
        " (SELECT COUNT(*) FROM run WHERE athlete_id = :athlete AND status = 'active'"
        " AND distance_mm IS NULL) AS unmeasured,"
        " (SELECT COUNT(*) FROM run WHERE athlete_id = :athlete AND status = 'active'"
        " AND twin_id IS NOT NULL) AS doubtful"
    )
    return Waiting(found[0]["unmeasured"], found[0]["doubtful"])
