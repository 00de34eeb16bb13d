"""What was merged can be taken apart again: in any order, to the millimetre."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack import hand
from shoetrack.db import entry_queries
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Share
from shoetrack.sport import Sport
from tests.laws.outings import FIRST_DAY
from tests.laws.season import RUNS, SHOES, a_season, state_of
from tests.support import NOW

runs = st.integers(1, RUNS)
decisions = st.lists(
    st.tuples(runs, st.lists(st.integers(1, SHOES), unique=True, max_size=2)), max_size=4
)
edits = st.lists(
    st.tuples(
        runs,
        st.fixed_dictionaries(
            {},
            optional={
                "distance_mm": st.integers(1, 30_000_000),
                "duration_s": st.integers(1, 9000),
                "local_date": st.integers(-2, 9).map(
                    lambda n: FIRST_DAY.date() + timedelta(days=n)
                ),
                "sport": st.sampled_from(Sport),
                "name": st.sampled_from(["", "by hand"]),
            },
        ).filter(bool),
    ),
    max_size=4,
)
merges = st.lists(
    st.tuples(runs, st.lists(runs, min_size=1, max_size=2, unique=True)), min_size=1, max_size=4
)


def _decide(store: Store, decided: list[tuple[int, list[int]]]) -> None:
    for run_id, shoes in decided:
        shares = tuple(Share(shoe, 1 + shoe) for shoe in shoes)
        hand.assign_runs(store, [run_id], shares, NOW, "assigned")


def _merge(store: Store, wanted: list[tuple[int, list[int]]]) -> dict[int, int]:
    """Merge what is not merged yet; gives what was merged into what."""
    into: dict[int, int] = {}
    for keep, others in wanted:
        gone = [other for other in others if other != keep and other not in into]
        if keep not in into and gone:
            hand.merge_runs(store, keep, gone, NOW)
            into |= dict.fromkeys(gone, keep)
    return into


@given(decided=decisions, edited=edits, merged=merges, seed=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_merged_runs_come_apart_in_any_order(
    decided: list[tuple[int, list[int]]],
    edited: list[tuple[int, dict[str, object]]],
    merged: list[tuple[int, list[int]]],
    seed: object,
) -> None:
    with a_season() as (store, location):
        _decide(store, decided)
        for run_id, values in edited:
            hand.edit_run(store, run_id, values, NOW)
        before = state_of(location)
        gone = sorted(_merge(store, merged))
        seed.shuffle(gone)  # type: ignore[attr-defined]
        for run_id in gone:
            together = state_of(location)
            hand.unmerge_run(store, run_id, NOW)
            apart = state_of(location)
            with open_reader(location) as reader:
                assert reader is not None
                last = entry_queries.last_change(reader)
            assert last is not None
            hand.undo(store, last, NOW)
            assert state_of(location) == together
            hand.unmerge_run(store, run_id, NOW)
            assert state_of(location) == apart
        assert state_of(location) == before


@given(merged=merges, decided=decisions, pick=st.integers(0, 9))
@settings(max_examples=40)
def test_what_a_hand_decides_of_a_merged_run_outlives_its_parting(
    merged: list[tuple[int, list[int]]], decided: list[tuple[int, list[int]]], pick: int
) -> None:
    with a_season() as (store, location):
        into = _merge(store, merged)
        since = [(run, shoes) for run, shoes in decided if run not in into]
        _decide(store, since)
        if into:
            hand.unmerge_run(store, sorted(into)[pick % len(into)], NOW)
        found = state_of(location)
        for run_id, shoes in dict(since).items():
            assert found.runs[run_id]["decided_by"] == "manual"
            assert [shoe for shoe, _ in found.shares.get(run_id, [])] == shoes
