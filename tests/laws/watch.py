"""Looks at a store from outside, in plain SQL over sqlite3: what the product must not be asked.

Nothing here uses the product's own queries or algebra, so that both can be wrong only if they are
wrong in the same way.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Watch:
    """A connection that only reads."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA query_only = ON")

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, **params: object) -> list[Row]:
        """The rows of a SELECT."""
        return [dict(row) for row in self._connection.execute(sql, params)]

    def value(self, sql: str, **params: object) -> Any:
        """The one value that a SELECT gives."""
        (row,) = self.rows(sql, **params)
        (found,) = row.values()
        return found

    def entries(self) -> list[Row]:
        """The ledger, in the order it was written."""
        return self.rows("SELECT * FROM entry ORDER BY id")


@dataclass(frozen=True)
class State:
    """All that a person can see of a store, without how it came to be so."""

    totals: dict[int | None, Row]
    accounts: list[Row]  # what of each run stands on each account
    runs: dict[int, Row]
    shares: dict[int, list[tuple[int, int]]]
    sightings: list[Row]
    shoes: dict[int, Row]
    defaults: list[tuple[str, str, int]]

    @property
    def distance_mm(self) -> int:
        """On all accounts together."""
        return sum(row["distance_mm"] for row in self.totals.values())


def state(watch: Watch) -> State:
    """The store as it stands; what was undone or deleted is out of sight."""
    runs = {row["id"]: row for row in watch.rows("SELECT * FROM run WHERE status <> 'undone'")}
    shares: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in watch.rows("SELECT * FROM share ORDER BY id"):
        shares[row["run_id"]].append((row["shoe_id"], row["weight"]))
    totals = watch.rows("SELECT * FROM shoe_total")
    order = "ORDER BY run_id, shoe_id"
    defaults = watch.rows("SELECT * FROM default_shoe ORDER BY sport, since")
    return State(
        totals={
            t["shoe_id"]: t for t in totals if t["distance_mm"] or t["duration_s"] or t["runs"]
        },
        accounts=watch.rows(f"SELECT * FROM run_account {order}"),
        runs=runs,
        shares={run: parts for run, parts in shares.items() if run in runs},
        sightings=watch.rows("SELECT * FROM sighting ORDER BY id"),
        shoes={s["id"]: s for s in watch.rows("SELECT * FROM shoe WHERE status = 'active'")},
        defaults=[(row["sport"], row["since"], row["shoe_id"]) for row in defaults],
    )


def check_every_metre(watch: Watch) -> None:
    """Law 1: the entries of each run sum to it, and lie where it was decided."""
    of_run: dict[int, dict[int | None, list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0, 0])
    )
    for entry in watch.entries():
        if entry["run_id"] is not None:
            parts = of_run[entry["run_id"]][entry["shoe_id"]]
            parts[0] += entry["distance_mm"]
            parts[1] += entry["duration_s"]
            parts[2] += -1 if entry["kind"] == "reversal" else 1
    seen = state(watch)
    for run in watch.rows("SELECT * FROM run"):
        counts = run["status"] == "active"
        standing = {a: parts for a, parts in of_run[run["id"]].items() if parts[2]}
        cancelled = [parts for parts in of_run[run["id"]].values() if not parts[2]]
        assert all(parts == [0, 0, 0] for parts in cancelled), run
        weights: dict[int | None, int] = dict(seen.shares.get(run["id"], [])) or {None: 1}
        assert set(standing) == (set(weights) if counts else set()), run
        for column, whole in enumerate((run["distance_mm"] or 0, run["duration_s"] or 0)):
            assert sum(p[column] for p in standing.values()) == (whole if counts else 0), run
            for account, parts in standing.items():
                exact = Fraction(whole * weights[account], sum(weights.values()))
                assert abs(parts[column] - exact) < 1, run
            assert all(parts[2] == 1 for parts in standing.values()), run


def check_reversals(watch: Watch) -> None:
    """Law 2: a reversal is one earlier entry with its signs turned, and takes it back once."""
    reversals = "FROM entry AS r JOIN entry AS e ON e.id = r.reverses_id WHERE r.kind = 'reversal'"
    exact = watch.value(
        f"SELECT COUNT(*) {reversals} AND r.id > e.id AND e.kind <> 'reversal'"
        " AND r.shoe_id IS e.shoe_id AND r.run_id IS e.run_id"
        " AND r.distance_mm = -e.distance_mm AND r.duration_s = -e.duration_s"
        " AND r.effective_on = e.effective_on",
    )
    count = watch.value("SELECT COUNT(*) FROM entry WHERE kind = 'reversal'")
    distinct = watch.value("SELECT COUNT(DISTINCT reverses_id) FROM entry")
    assert exact == count == distinct


def check_totals(watch: Watch) -> None:
    """Law 3: what the views show are the sums of the entries."""
    sums: dict[int | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    days: dict[tuple[int | None, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in watch.entries():
        account, day = entry["shoe_id"], entry["effective_on"]
        sums[account][0] += entry["distance_mm"]
        sums[account][1] += entry["duration_s"]
        days[account, day][0] += entry["distance_mm"]
        if entry["run_id"] is not None:
            step = -1 if entry["kind"] == "reversal" else 1
            sums[account][2] += step
            days[account, day][1] += step
    shown = {
        row["shoe_id"]: [row["distance_mm"], row["duration_s"], row["runs"]]
        for row in watch.rows("SELECT * FROM shoe_total")
    }
    assert shown == sums
    by_day = {
        (row["shoe_id"], row["effective_on"]): [row["distance_mm"], row["runs"]]
        for row in watch.rows("SELECT * FROM shoe_day")
    }
    assert by_day == days
    for row in watch.rows("SELECT * FROM shoe_total"):
        worn = [day for (account, day), (_, n) in days.items() if account == row["shoe_id"] and n]
        assert row["first_worn"] == min(worn, default=None)
        assert row["last_worn"] == max(worn, default=None)


def unmarked_overlaps(watch: Watch) -> list[tuple[int, int]]:
    """Law 4: runs that count and share most of the time of one of them, and say nothing of it."""
    found = watch.rows(
        "SELECT a.id AS one, b.id AS other FROM run AS a JOIN run AS b ON a.id < b.id"
        " WHERE a.status = 'active' AND b.status = 'active'"
        " AND a.twin_id IS NULL AND b.twin_id IS NULL"
        " AND 2 * (MIN(julianday(a.ended_at), julianday(b.ended_at))"
        "          - MAX(julianday(a.started_at), julianday(b.started_at)))"
        " >= MIN(julianday(a.ended_at) - julianday(a.started_at),"
        "        julianday(b.ended_at) - julianday(b.started_at)) * 1.0001",
    )
    return [(row["one"], row["other"]) for row in found]


def check_sightings(watch: Watch) -> None:
    """Law 4: a run is as far as its best sighting says, and never the sum of two."""
    of_run: dict[int, list[Row]] = defaultdict(list)
    order = "ORDER BY first_run_id IS NOT NULL, id"  # its own before what a merge has brought
    for sighting in watch.rows(f"SELECT * FROM sighting {order}"):
        of_run[sighting["run_id"]].append(sighting)
    for run in watch.rows("SELECT * FROM run WHERE status IN ('active', 'ignored')"):
        if "distance_mm" not in run["set_by_hand"].split(","):
            best = believed(of_run[run["id"]])
            for fact in ("distance_mm", "distance_from", "duration_s"):
                assert run[fact] == best[fact], run


def believed(sightings: list[Row]) -> Row:
    """The sighting with a distance that a hand typed, or that saw all of the run; among those the
    one that the device measured; among those the first.
    """
    measured = [s for s in sightings if s["distance_mm"] is not None]
    longest = max((s["duration_s"] or 0 for s in measured), default=0)
    for source in ("manual", "session", "device", "strava", "computed"):
        for sighting in (s for s in measured if s["distance_from"] == source):
            seconds = sighting["duration_s"]
            if source == "manual" or not seconds or seconds * 1.05 >= longest:
                return sighting
    return sightings[0]
