"""What is asked of pairs at every prompt: who they are, what they hold, what they did.

As in the other `queries` here: SQL that both dialects read, over anything that has `rows`: a fast
reader, or a write transaction that must see its own changes. Answers are `model`'s values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

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
    """What each pair ran on each day from `since` on, by the pair's id; retired pairs too.

    Opening miles and adjustments are no running, and not in it.
    """
    return _days(store, since, "status = 'active'")


def days_of_rotations(store: Rows, since: date) -> dict[int, list[Day]]:
    """The same of the pairs that are in a rotation."""
    return _days(store, since, "status = 'active' AND rotation <> ''")


def _days(store: Rows, since: date, which: str) -> dict[int, list[Day]]:
    """As the view `shoe_day` has them, from the entries: SQLite would sum the view's every day
    before it looks at `since`.
    """
    runs = "SUM(CASE kind WHEN 'run' THEN 1 WHEN 'reversal' THEN -1 ELSE 0 END)"
    found = store.rows(
        f"SELECT shoe_id, effective_on, SUM(distance_mm) AS run_mm, {runs} AS runs"
        " FROM entry WHERE athlete_id = :athlete AND run_id IS NOT NULL"
        " AND effective_on >= :since AND shoe_id IN"
        f" (SELECT id FROM shoe WHERE athlete_id = :athlete AND {which})"
        f" GROUP BY shoe_id, effective_on HAVING {runs} > 0",
        since=since.isoformat(),
    )
    days: dict[int, list[Day]] = {}
    for row in found:
        days.setdefault(row["shoe_id"], []).append(
            Day(to_date(row["effective_on"]), int(row["run_mm"]), int(row["runs"]))
        )
    return days


def days_of_sports(store: Rows, sports: Sequence[Sport], since: date, until: date) -> list[Day]:
    """What the ledger has of runs of these sports on each day, whatever account they are on."""
    found = store.rows(
        "SELECT run.local_date, SUM(entry.distance_mm) AS distance_mm"
        " FROM run JOIN entry ON entry.run_id = run.id"
        " WHERE run.athlete_id = :athlete AND run.local_date >= :since"
        f" AND run.local_date <= :until AND run.sport IN ({_words(sports)})"
        " GROUP BY run.local_date ORDER BY run.local_date",
        since=since.isoformat(),
        until=until.isoformat(),
    )
    return [Day(to_date(row["local_date"]), int(row["distance_mm"])) for row in found]


def any_run_until(store: Rows, sports: Sequence[Sport], until: date) -> bool:
    """Whether there is a run of these sports on that day or before."""
    return bool(
        store.rows(
            "SELECT 1 FROM run WHERE athlete_id = :athlete AND local_date <= :until"
            f" AND sport IN ({_words(sports)}) AND status = 'active' LIMIT 1",
            until=until.isoformat(),
        )
    )


def _words(sports: Sequence[Sport]) -> str:
    """Sports for IN. They are words of ours, so they are safe in the text."""
    return ", ".join(f"'{sport}'" for sport in sports)


def has_entries(store: Rows, shoe_id: int) -> bool:
    """Whether a pair was ever in the ledger."""
    return bool(
        store.rows(
            "SELECT 1 FROM entry WHERE athlete_id = :athlete AND shoe_id = :shoe LIMIT 1",
            shoe=shoe_id,
        )
    )


class Waiting(NamedTuple):
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
