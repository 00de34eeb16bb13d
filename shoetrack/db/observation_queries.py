"""What is asked of what people note."""

from __future__ import annotations

from datetime import date
from typing import Any

from shoetrack.db.columns import to_date
from shoetrack.db.reader import Rows
from shoetrack.model import Observation

# Every note with the run that it is about now: one of a run that was merged, and perhaps merged
# again, is about what that became.
_ABOUT = (
    "WITH RECURSIVE about (observation_id, run_id) AS ("
    "SELECT observation.id, observation.run_id FROM observation"
    " WHERE observation.athlete_id = :athlete AND observation.run_id IS NOT NULL"
    " UNION ALL"
    " SELECT about.observation_id, run.merged_into_id FROM about JOIN run ON run.id = about.run_id"
    " WHERE run.status = 'merged')"
)
# The day of a run is the run's own, which a hand or a later file may set to another.
_OF_RUNS = (
    "SELECT observation.id, run.local_date AS noted_on, observation.part, observation.level,"
    " observation.note, run.id AS run_id, NULL AS shoe_id"
    " FROM about JOIN observation ON observation.id = about.observation_id"
    " JOIN run ON run.id = about.run_id"
)
_OF_PAIRS = (
    "SELECT observation.id, observation.noted_on, observation.part, observation.level,"
    " observation.note, observation.run_id, observation.shoe_id"
    " FROM observation JOIN shoe ON shoe.id = observation.shoe_id"
    " WHERE observation.athlete_id = :athlete AND shoe.status = 'active'"
)


def observations(store: Rows, shoe_id: int | None = None) -> list[Observation]:
    """What was noted of runs that count and of pairs, in the order of noting; with `shoe_id`, of
    that pair and of the runs in it.
    """
    of_runs, of_pairs = "", ""
    params = {}
    if shoe_id is not None:
        of_runs = (
            " AND EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id"
            " AND share.shoe_id = :shoe)"
        )
        of_pairs = " AND observation.shoe_id = :shoe"
        params = {"shoe": shoe_id}
    found = store.rows(
        f"{_ABOUT} {_OF_RUNS} WHERE run.status = 'active'{of_runs}"
        f" UNION ALL {_OF_PAIRS}{of_pairs} ORDER BY 1",
        **params,
    )
    return [_observation(row) for row in found]


def observations_of_run(store: Rows, run_id: int) -> list[Observation]:
    """What was noted of a run and of those that were merged into it, in the order of noting."""
    found = store.rows(
        f"{_ABOUT} {_OF_RUNS} WHERE run.id = :run AND run.status <> 'merged'"
        " ORDER BY observation.id",
        run=run_id,
    )
    return [_observation(row) for row in found]


def observations_on(store: Rows, shoe_id: int, on: date) -> list[Observation]:
    """What was noted of a pair on a day."""
    found = store.rows(
        f"{_OF_PAIRS} AND observation.shoe_id = :shoe AND observation.noted_on = :on"
        " ORDER BY observation.id",
        shoe=shoe_id,
        on=on.isoformat(),
    )
    return [_observation(row) for row in found]


def gains(store: Rows, shoe_id: int) -> list[tuple[date, int]]:
    """What a pair gained on each day in millimetres, in order: runs, opening miles, corrections."""
    found = store.rows(
        "SELECT effective_on, distance_mm FROM shoe_day WHERE athlete_id = :athlete"
        " AND shoe_id = :shoe ORDER BY effective_on",
        shoe=shoe_id,
    )
    return [(to_date(row["effective_on"]), int(row["distance_mm"])) for row in found]


def openings(store: Rows, shoe_id: int) -> list[tuple[date, int]]:
    """Of that, the miles that the pair had when it was added, by the day they were written for."""
    found = store.rows(
        "SELECT entry.effective_on, SUM(entry.distance_mm) AS distance_mm FROM entry"
        " LEFT JOIN entry AS was ON was.id = entry.reverses_id"
        " WHERE entry.athlete_id = :athlete AND entry.shoe_id = :shoe AND entry.run_id IS NULL"
        " AND COALESCE(was.kind, entry.kind) = 'opening'"
        " GROUP BY entry.effective_on ORDER BY entry.effective_on",
        shoe=shoe_id,
    )
    return [(to_date(row["effective_on"]), int(row["distance_mm"])) for row in found]


def _observation(row: Any) -> Observation:
    return Observation(
        noted_on=to_date(row["noted_on"]),
        part=row["part"],
        level=row["level"],
        note=row["note"],
        run_id=row["run_id"],
        shoe_id=row["shoe_id"],
        id=row["id"],
    )
