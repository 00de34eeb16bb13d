"""What a search for broken laws has found once, step by step, so that it stays found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import audit, hand
from shoetrack.config import Config
from shoetrack.db import entry_queries, run_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import NotFoundError
from shoetrack.model import DistanceSource, Run, Share, Shoe
from shoetrack.pipeline import ImportSettings
from shoetrack.questions import standing
from shoetrack.sport import Sport
from shoetrack.units import Unit
from tests.support import NOW, START, import_paths, make_run

TODAY = NOW.date()
Bring = Callable[..., Run]


@pytest.fixture
def bring(store: Store, location: Location, tmp_path: Path) -> Bring:
    """Imports a run that `make_run` describes; gives the newest run there then is."""
    count = 0

    def bring(**how: Any) -> Run:
        nonlocal count
        count += 1
        path = tmp_path / f"{count}.gpx"
        path.write_text(make_run(name=f"file {count}", **how), encoding="utf-8")
        import_paths(store, location, [path])
        with open_reader(location) as reader:
            assert reader is not None
            return max(run_queries.all_runs(reader), key=lambda run: run.id)

    return bring


@pytest.fixture(autouse=True)
def _sound(location: Location) -> Iterator[None]:
    """Whatever a test does, the store must be sound after it."""
    yield
    with open_reader(location) as reader:
        assert audit.verify(reader).problems == ()


def run_of(location: Location, run_id: int) -> Run:
    with open_reader(location) as reader:
        assert reader is not None
        found = run_queries.run(reader, run_id)
    assert found is not None
    return found


def add_by_hand(store: Store, distance_mm: int, duration_s: int | None = None) -> Run:
    return hand.new_run(
        store,
        on=START.date(),
        sport=Sport.RUN,
        distance_mm=distance_mm,
        duration_s=duration_s,
        name="",
        shoe_id=None,
        now=NOW,
    )


def undo(store: Store, location: Location) -> None:
    with open_reader(location) as reader:
        assert reader is not None
        last = entry_queries.last_change(reader)
    assert last is not None
    hand.undo(store, last, NOW)


def redo(store: Store, location: Location) -> None:
    with open_reader(location) as reader:
        assert reader is not None
        last = entry_queries.last_undo(reader)
    assert last is not None
    hand.redo(store, *last, NOW)


def test_a_distance_set_by_hand_outlives_a_merge(
    store: Store, location: Location, bring: Bring
) -> None:
    one = bring(metres=5000, start=START)
    twin = bring(metres=5000, start=START + timedelta(minutes=25))
    assert twin.twin_id == one.id
    hand.edit_run(store, twin.id, {"distance_mm": 4_800_000, "sport": Sport.TREADMILL}, NOW)
    merged = hand.merge_runs(store, one.id, [twin.id], NOW)
    assert (merged.distance_mm, merged.sport) == (4_800_000, Sport.TREADMILL)
    assert run_of(location, one.id) == merged
    bring(metres=5100, start=START, duration_s=2400, total_m=5200)
    after = run_of(location, one.id)
    assert after.duration_s == 2400
    assert (after.distance_mm, after.distance_from) == (4_800_000, DistanceSource.MANUAL)


def test_of_two_distances_set_by_hand_that_of_the_kept_run_stays(
    store: Store, bring: Bring
) -> None:
    one, twin = bring(start=START), bring(start=START + timedelta(minutes=25))
    hand.edit_run(store, one.id, {"distance_mm": 4_900_000}, NOW)
    hand.edit_run(store, twin.id, {"distance_mm": 4_800_000}, NOW)
    assert hand.merge_runs(store, one.id, [twin.id], NOW).distance_mm == 4_900_000


@pytest.mark.parametrize("by_hand_first", [True, False])
def test_a_run_typed_by_hand_is_believed_over_a_longer_file(
    store: Store, bring: Bring, by_hand_first: bool
) -> None:
    typed = add_by_hand(store, 5_000_000, 1500)
    seen = bring(metres=5600, start=START, duration_s=2000, total_m=5500)
    keep, other = (typed, seen) if by_hand_first else (seen, typed)
    assert hand.merge_runs(store, keep.id, [other.id], NOW).distance_mm == 5_000_000


def test_nothing_is_done_again_over_what_was_done_since(store: Store, location: Location) -> None:
    """Redo is offered for what was undone last, and no longer once something else was done."""
    run = add_by_hand(store, 5_000_000)
    hand.edit_run(store, run.id, {"distance_mm": 6_000_000}, NOW)
    undo(store, location)
    hand.edit_run(store, run.id, {"distance_mm": 7_000_000}, NOW)
    undo(store, location)
    redo(store, location)
    with open_reader(location) as reader:
        assert reader is not None
        assert entry_queries.last_undo(reader) is None
    assert run_of(location, run.id).distance_mm == 7_000_000


def test_what_was_undone_in_a_row_is_done_again_in_that_row(
    store: Store, location: Location
) -> None:
    run = add_by_hand(store, 5_000_000)
    for distance_mm in (6_000_000, 7_000_000):
        hand.edit_run(store, run.id, {"distance_mm": distance_mm}, NOW)
    for _ in range(2):
        undo(store, location)
        undo(store, location)
        assert run_of(location, run.id).distance_mm == 5_000_000
        redo(store, location)
        assert run_of(location, run.id).distance_mm == 6_000_000
        redo(store, location)
        assert run_of(location, run.id).distance_mm == 7_000_000


def test_a_total_below_zero_is_odd_and_sound(store: Store, location: Location) -> None:
    """Taken back to nothing by hand, and then a run is taken off it: each metre is somewhere."""
    shoe = hand.add_shoe(store, Shoe(0, "Pegasus"), 0, hand.DefaultFor(), NOW, TODAY)
    run = add_by_hand(store, 5_000_000)
    hand.assign_runs(store, [run.id], (Share(shoe.id),), NOW, "assigned")
    hand.adjust_shoe(store, shoe, -5_000_000, "", NOW, TODAY, Unit.KM)
    hand.ignore_runs(store, [run.id], NOW)
    with open_reader(location) as reader:
        (wear,) = standing.overview(reader, Config(), TODAY).wears
    assert wear.total.distance_mm == -5_000_000


def test_an_undated_file_is_known_after_an_undo_of_something_else(
    store: Store, location: Location, tmp_path: Path
) -> None:
    """Its day was settled when it was first seen, and is not asked for again."""
    path = tmp_path / "undated.gpx"
    path.write_text(make_run(start=None), encoding="utf-8")
    assert import_paths(store, location, [path], settings=ImportSettings(on=TODAY)).new == 1
    add_by_hand(store, 5_000_000)
    undo(store, location)
    again = import_paths(store, location, [path])
    assert (again.known, again.failed) == (1, [])


def test_a_pair_that_was_deleted_meanwhile_takes_nothing(
    store: Store, location: Location, tmp_path: Path
) -> None:
    shoe = hand.add_shoe(store, Shoe(id=0, name="Ghost"), 0, hand.DefaultFor(), NOW, NOW.date())
    (tmp_path / "a.gpx").write_text(make_run())
    import_paths(store, location, [tmp_path / "a.gpx"])
    hand.delete_shoe(store, shoe, NOW)
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        hand.assign_runs(store, [1], (Share(shoe.id),), NOW, "too late")
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        hand.adjust_shoe(store, shoe, 1000, "", NOW, NOW.date(), Unit.KM)
    (tmp_path / "b.gpx").write_text(make_run(start=NOW - timedelta(days=3)))
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        import_paths(
            store, location, [tmp_path / "b.gpx"], settings=ImportSettings(shoe_id=shoe.id)
        )
    with open_reader(location) as reader:
        assert reader is not None
        assert audit.verify(reader).problems == ()
        assert len(run_queries.runs(reader)) == 1
