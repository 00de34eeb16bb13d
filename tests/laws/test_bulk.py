"""Whatever is done to many runs at once, `undo` restores every balance to the millimetre."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack import hand
from shoetrack.db import entry_queries, run_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import RefusedError
from shoetrack.model import Share
from tests.laws.season import RUNS, SHOES, a_season, state_of
from tests.support import NOW

some_runs = st.lists(st.integers(1, RUNS), min_size=1, unique=True)
shares = st.lists(
    st.builds(Share, st.integers(1, SHOES), st.integers(1, 10**12)),
    unique_by=lambda share: share.shoe_id,
    max_size=SHOES,
).map(tuple)

Step = Callable[[Store], object]


def _assign(runs: list[int], to: tuple[Share, ...]) -> Step:
    return lambda store: hand.assign_runs(store, runs, to, NOW, f"{len(runs)} runs assigned")


def _edit(run: int, distance_mm: int) -> Step:
    return lambda store: hand.edit_run(store, run, {"distance_mm": distance_mm}, NOW)


steps = st.one_of(
    st.builds(_assign, some_runs, shares),
    st.builds(_assign, some_runs, shares),
    st.builds(_edit, st.integers(1, RUNS), st.integers(1, 10**9)),
)


@given(done=st.lists(steps, min_size=1, max_size=5))
@settings(max_examples=50)
def test_undo_restores_what_was_before_each_step(done: list[Step]) -> None:
    with a_season() as (store, location):
        states = [state_of(location)]
        for step in done:
            last = _last(location)
            step(store)
            if _last(location) != last:
                states.append(state_of(location))
        for before in reversed(states[:-1]):
            with open_reader(location) as reader:
                assert reader is not None
                change = entry_queries.last_change(reader)
            assert change is not None
            hand.undo(store, change, NOW)
            assert state_of(location) == before


@given(runs=some_runs, to=shares)
@settings(max_examples=30)
def test_assigning_many_moves_metres_and_makes_none(runs: list[int], to: tuple[Share, ...]) -> None:
    with a_season() as (store, location):
        before = state_of(location)
        hand.assign_runs(store, runs, to, NOW, "assigned")
        after = state_of(location)
        assert after.distance_mm == before.distance_mm
        for run_id in runs:
            accounts = [row for row in after.accounts if row["run_id"] == run_id]
            assert {row["shoe_id"] for row in accounts} == {s.shoe_id for s in to} or not to


def test_a_run_that_changed_since_it_was_seen_is_not_assigned() -> None:
    with a_season() as (store, location):
        with open_reader(location) as reader:
            assert reader is not None
            seen = run_queries.runs_by_id(reader, [1])
        hand.edit_run(store, 1, {"name": "another"}, NOW)
        before = state_of(location)
        for act in (
            lambda now: hand.assign_runs(store, [1], (), now, "assigned", seen=seen),
            lambda now: hand.ignore_runs(store, [1], now, seen=seen),
            lambda now: hand.edit_run(store, 1, {"distance_mm": 5}, now, seen=seen),
            lambda now: hand.merge_runs(store, 2, [1], now, seen=seen),
            lambda now: hand.keep_runs(store, [1], now, seen=seen),
        ):
            with pytest.raises(RefusedError, match="run 1 was changed meanwhile"):
                act(NOW)
        assert state_of(location) == before


def _last(location: Location) -> int:
    with open_reader(location) as reader:
        assert reader is not None
        return entry_queries.changes(reader, 1)[0].id
