"""What was noted of a pair and of the runs in it, beside its miles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shoetrack.db import observation_queries, run_queries
from shoetrack.db.reader import Rows
from shoetrack.model import Observation, Run
from shoetrack.soreness import Life


@dataclass(frozen=True, slots=True)
class Noted:
    """The notes of a pair and its runs, the newest first; the runs by id; what it was worn when."""

    observations: tuple[Observation, ...]
    runs: dict[int, Run]
    life: Life


def newest_first(noted: Iterable[Observation]) -> list[Observation]:
    """By day, those of one run or pair together and in the order of noting."""
    return sorted(noted, key=lambda one: (one.noted_on, one.run_id or 0), reverse=True)


def of_pair(store: Rows, shoe_id: int) -> Noted | None:
    """What was noted of a pair; None for nothing."""
    found = observation_queries.observations(store, shoe_id)
    if not found:
        return None
    run_ids = {one.run_id for one in found if one.run_id is not None}
    return Noted(
        observations=tuple(newest_first(found)),
        runs={run.id: run for run in run_queries.runs_by_id(store, run_ids)},
        life=Life.of(
            observation_queries.gains(store, shoe_id), observation_queries.openings(store, shoe_id)
        ),
    )
