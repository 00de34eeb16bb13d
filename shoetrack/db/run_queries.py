"""What is asked of runs and of where they were seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shoetrack.db.columns import maybe_instant, some, to_date
from shoetrack.db.reader import Rows
from shoetrack.model import DistanceSource, Run, Share, Status
from shoetrack.sport import Sport

# More than any store holds, and no more than SQL can count.
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant; every condition that is given must hold."""

    ids: tuple[int, ...] | None = None
    shoe_id: int | None = None
    unassigned: bool = False
    since: date | None = None
    until: date | None = None
    sport: Sport | None = None
    doubtful: bool = False  # perhaps another run's twin, or its sources say other distances
    differing: float = 0.03  # from this part of the longest on
    unmeasured: bool = False
    ignored: bool = False  # those taken out, or deleted at Strava, instead of those that count
    limit: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether any condition is given."""
        return self != RunFilter(limit=self.limit)

    def _where(self) -> tuple[str, dict[str, object]]:
        words = ["run.athlete_id = :athlete"]
        params: dict[str, object] = {}
        if self.ignored:
            words.append("run.status IN ('ignored', 'deleted')")
        else:
            words.append("run.status = 'active'")
        if self.since is not None:
            words.append("run.local_date >= :since")
            params["since"] = self.since.isoformat()
        if self.until is not None:
            words.append("run.local_date <= :until")
            params["until"] = self.until.isoformat()
        if self.sport is not None:
            words.append("run.sport = :sport")
            params["sport"] = str(self.sport)
        if self.unassigned:
            words.append("NOT EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id)")
        if self.shoe_id is not None:
            words.append(
                "EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id"
                " AND share.shoe_id = :shoe_id)"
            )
            params["shoe_id"] = self.shoe_id
        if self.doubtful:
            words.append(f"(run.twin_id IS NOT NULL OR {_differs(':by')})")
            params["by"] = self.differing
        if self.unmeasured:
            words.append("run.distance_mm IS NULL")
        return " AND ".join(words), params


def _differs(by: str) -> str:
    """Whether a run's sources say distances more than that part of the longest apart; and no hand
    has said which is right.
    """
    return (
        "(run.set_by_hand NOT LIKE '%distance_mm%' AND EXISTS (SELECT 1 FROM sighting"
        " WHERE sighting.run_id = run.id AND sighting.distance_mm IS NOT NULL"
        " GROUP BY sighting.run_id HAVING MAX(sighting.distance_mm) - MIN(sighting.distance_mm)"
        f" > MAX(sighting.distance_mm) * {by}))"
    )


def differs(store: Rows, run_id: int, by: float) -> bool:
    """Whether a run's sources say distances more than that part of the longest apart."""
    return bool(
        store.rows(
            f"SELECT 1 FROM run WHERE run.athlete_id = :athlete AND run.id = :id"
            f" AND {_differs(':by')}",
            id=run_id,
            by=by,
        )
    )


_RUN = (
    "run.id, run.started_at, run.ended_at, run.local_date, run.sport, run.name, run.distance_mm,"
    " run.distance_from, run.duration_s, run.status, run.decided_by, run.twin_id,"
    " run.merged_into_id, run.set_by_hand"
)


def runs(store: Rows, wanted: RunFilter | None = None) -> list[Run]:
    """The runs that fit, the newest first."""
    where, params = (wanted or RunFilter())._where()
    limit = f" LIMIT {min(wanted.limit, _ALL)}" if wanted and wanted.limit is not None else ""
    if wanted is not None and wanted.ids is not None:
        found = []
        for batch in some(wanted.ids):
            found += store.rows(
                f"SELECT {_RUN} FROM run WHERE {where} AND run.id IN ({batch})", **params
            )
        found.sort(key=lambda row: (str(row["local_date"]), row["id"]), reverse=True)
    else:
        found = store.rows(
            f"SELECT {_RUN} FROM run WHERE {where}"
            f" ORDER BY run.local_date DESC, run.started_at DESC, run.id DESC{limit}",
            **params,
        )
    return _with_shares(store, found)


def run(store: Rows, run_id: int) -> Run | None:
    """One run, whatever its status; None where there is none of that number."""
    found = store.rows(
        f"SELECT {_RUN} FROM run WHERE run.athlete_id = :athlete AND run.id = :id",
        id=run_id,
    )
    return _with_shares(store, found)[0] if found else None


def runs_by_id(store: Rows, run_ids: Iterable[int]) -> list[Run]:
    """These runs, whatever their status."""
    found = []
    for batch in some(run_ids):
        found += store.rows(
            f"SELECT {_RUN} FROM run WHERE run.athlete_id = :athlete AND run.id IN ({batch})"
        )
    return _with_shares(store, found)


def all_runs(store: Rows) -> list[Run]:
    """Every run ever, of whatever status, in the order they came."""
    return _with_shares(
        store,
        store.rows(f"SELECT {_RUN} FROM run WHERE run.athlete_id = :athlete ORDER BY run.id"),
    )


def merged_into(store: Rows, run_id: int) -> dict[int, str]:
    """The runs that were merged into this one, each with what it lent to it."""
    found = store.rows(
        "SELECT id, lent FROM run WHERE athlete_id = :athlete AND merged_into_id = :run"
        " AND status = 'merged' ORDER BY id",
        run=run_id,
    )
    return {row["id"]: row["lent"] for row in found}


def shares_of(store: Rows, run_ids: Iterable[int]) -> dict[int, list[int]]:
    """The ids of the shares that these runs have, by the run."""
    found: dict[int, list[int]] = {}
    for batch in some(run_ids):
        for row in store.rows(
            "SELECT id, run_id FROM share WHERE athlete_id = :athlete"
            f" AND run_id IN ({batch}) ORDER BY id"
        ):
            found.setdefault(row["run_id"], []).append(row["id"])
    return found


def decided(store: Rows) -> dict[str, tuple[int, int]]:
    """By who decided: how many runs that count, and how far they went in all, in mm."""
    found = store.rows(
        "SELECT decided_by, COUNT(*) AS runs, COALESCE(SUM(distance_mm), 0) AS distance_mm"
        " FROM run WHERE athlete_id = :athlete AND status = 'active' AND decided_by IS NOT NULL"
        " GROUP BY decided_by"
    )
    return {row["decided_by"]: (int(row["runs"]), int(row["distance_mm"])) for row in found}


def _with_shares(store: Rows, found: Sequence[Any]) -> list[Run]:
    shares: dict[int, list[Share]] = {}
    for batch in some([row["id"] for row in found]):
        for row in store.rows(
            f"SELECT run_id, shoe_id, weight FROM share WHERE run_id IN ({batch}) ORDER BY id"
        ):
            shares.setdefault(row["run_id"], []).append(Share(row["shoe_id"], row["weight"]))
    return [_run(row, tuple(shares.get(row["id"], ()))) for row in found]


def _run(row: Any, shares: tuple[Share, ...]) -> Run:
    source = row["distance_from"]
    return Run(
        id=row["id"],
        local_date=to_date(row["local_date"]),
        sport=Sport(row["sport"]),
        started_at=maybe_instant(row["started_at"]),
        ended_at=maybe_instant(row["ended_at"]),
        name=row["name"],
        distance_mm=row["distance_mm"],
        distance_from=None if source is None else DistanceSource(source),
        duration_s=row["duration_s"],
        status=Status(row["status"]),
        decided_by=row["decided_by"],
        shares=shares,
        twin_id=row["twin_id"],
        merged_into_id=row["merged_into_id"],
        set_by_hand=frozenset(row["set_by_hand"].split(",")) - {""},
    )
