"""Comparing with Strava, and writing the pairs decided here back to it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack import hand
from shoetrack.hand import DefaultFor
from shoetrack.importers.strava.errors import ScopeMissing
from shoetrack.importers.strava.protocol import WRITE
from shoetrack.model import Share, Shoe
from shoetrack.sport import Sport
from shoetrack.syncing.push import Plan, Pushed, plan, push
from shoetrack.syncing.reconcile import Comparison, Why, compare, linked_gears
from shoetrack.units import Unit
from tests.support import import_paths, make_run
from tests.syncing.conftest import Bench

DAY = timedelta(days=1)


@pytest.fixture
def runs(bench: Bench) -> list[int]:
    """Eight runs, 5.0 to 5.7 km, the newest first, all on g1; synced."""
    world = bench.world
    ids = [world.add(world.now - (i + 1) * DAY, 5000 + 100 * i, gear="g1") for i in range(8)]
    bench.sync()
    return ids


def planned(bench: Bench) -> Plan:
    with bench.reader() as reader:
        return plan(reader)


def pushed(bench: Bench) -> Pushed:
    done = Pushed()
    push(bench.store, bench.location, bench.account, planned(bench).writes, bench.world.now, done)
    return done


def assign(bench: Bench, run_id: int, *shares: Share) -> None:
    hand.assign_runs(bench.store, [run_id], shares, bench.world.now, "by hand")


def test_what_a_hand_decided_is_written_and_stays(bench: Bench, runs: list[int]) -> None:
    goat, peg = bench.shoes()["Speedgoat 🐐"].id, bench.shoes()["Pegasus 41"].id
    assign(bench, 1, Share(goat))
    assign(bench, 2, Share(peg, 40), Share(goat, 60))
    assign(bench, 3, Share(peg), Share(goat))  # equal: the first, which it has
    assign(bench, 4)  # on none: says nothing
    assert [(w.strava_id, w.had, w.gear) for w in planned(bench).writes] == [
        (runs[0], "g1", "g2"),
        (runs[1], "g1", "g2"),
    ]
    before, change = bench.totals_mm(), bench.change()
    assert pushed(bench).written == 2
    assert bench.account.calls["put"] == 2
    assert [bench.world.activities[one]["gear_id"] for one in runs[:3]] == ["g2", "g2", "g1"]
    assert planned(bench) == Plan()
    assert not bench.sync().did_anything
    assert (bench.totals_mm(), bench.change()) == (before, change)
    bench.undo()  # the last assignment, not the writing
    bench.check()


def test_a_default_is_written_and_decided_it_stays(bench: Bench) -> None:
    pair = hand.add_shoe(
        bench.store,
        Shoe(0, "Pegasus 41"),
        0,
        DefaultFor((Sport.RUN,)),
        bench.world.now,
        bench.world.now.date(),
    )
    one = bench.world.add(bench.world.now - DAY, 5000)
    bench.sync()
    assert bench.shoes()["Pegasus 41"].strava_id == "g1"
    assert pushed(bench).written == 1
    assert bench.world.activities[one]["gear_id"] == "g1"
    assert not bench.sync().did_anything
    run = bench.seen().runs[1]
    assert run["decided_by"] == "default"
    assert bench.seen().shares[1] == [(pair.id, 1)]
    # That a person there says the same decides nothing else.
    two = bench.world.add(bench.world.now - 2 * DAY, 5000)
    bench.sync()
    bench.world.edit(two, gear_id="g1")
    assert bench.sync().moved == 0
    assert bench.seen().runs[2]["decided_by"] == "default"


def test_limited_it_goes_on_where_it_was(bench: Bench, runs: list[int]) -> None:
    goat = bench.shoes()["Speedgoat 🐐"].id
    for run_id in range(1, 9):
        assign(bench, run_id, Share(goat))
    bench.account.room = 3
    done = pushed(bench)
    assert (done.written, done.goes_on) == (3, bench.account.goes_on)
    bench.account.room = None
    assert pushed(bench).written == 5
    assert {one["gear_id"] for one in bench.world.activities.values()} == {"g2"}
    assert len(runs) == bench.account.calls["put"]


def test_an_activity_that_is_gone_is_named(bench: Bench, runs: list[int]) -> None:
    goat = bench.shoes()["Speedgoat 🐐"].id
    assign(bench, 1, Share(goat))
    assign(bench, 2, Share(goat))
    bench.world.delete(runs[0])
    done = pushed(bench)
    assert (done.written, done.not_there) == (1, [1])


def test_without_the_scope_nothing_is_tried(bench: Bench, runs: list[int]) -> None:
    assign(bench, 1, Share(bench.shoes()["Speedgoat 🐐"].id))
    bench.account.scopes -= {WRITE}
    with pytest.raises(ScopeMissing):
        pushed(bench)
    assert bench.account.calls["put"] == 0
    assert len(runs) == 8


def test_pairs_without_a_link_are_counted(bench: Bench, runs: list[int]) -> None:
    now = bench.world.now
    own = hand.add_shoe(bench.store, Shoe(0, "Own"), 0, DefaultFor(), now, now.date())
    assign(bench, 1, Share(own.id))
    assert planned(bench) == Plan((), 1)
    assert len(runs) == 8


# --- comparing ------------------------------------------------------------------------------


def compared(bench: Bench) -> dict[str, Comparison]:
    with bench.reader() as reader:
        gears = linked_gears(bench.account, list(bench.shoes().values()))
        return {one.shoe.name: one for one in compare(reader, gears)}


def test_in_step_they_agree(bench: Bench, runs: list[int]) -> None:
    found = compared(bench)
    assert all(one.agrees for one in found.values())
    assert found["Pegasus 41"].there_mm == found["Pegasus 41"].here_mm == 42_800_000
    assert len(runs) == 8


def test_what_makes_the_difference(bench: Bench, runs: list[int], tmp_path: Path) -> None:
    world = bench.world
    goat, peg = bench.shoes()["Speedgoat 🐐"], bench.shoes()["Pegasus 41"]
    assign(bench, 1, Share(goat.id))  # 5.0 km
    assign(bench, 2, Share(peg.id), Share(goat.id))  # 5.1 km
    world.edit(runs[2], gear_id=None)
    bench.sync()
    assign(bench, 3, Share(peg.id))  # 5.2 km
    (tmp_path / "only.gpx").write_text(make_run(3000, world.now - 30 * DAY, 900))
    import_paths(bench.store, bench.location, [tmp_path], world.now)
    assign(bench, 9, Share(peg.id))
    hand.adjust_shoe(bench.store, peg, 1_000_000, "", world.now, world.now.date(), Unit.KM)
    world.add(world.now - 2 * DAY, 20_000.0, gear="g1", sport="Ride")
    found = compared(bench)
    one = found["Pegasus 41"]
    assert {(d.run.id, d.why) for d in one.differences} == {
        (1, Why.OTHER_HERE),
        (2, Why.DISTANCE),
        (3, Why.NONE_THERE),
        (9, Why.ONLY_HERE),
    }
    assert one.beside_mm == 1_000_000
    assert one.explained_mm + one.unexplained_mm == one.there_mm - one.here_mm
    assert one.unexplained_mm == 20_000_000
    other = found["Speedgoat 🐐"]
    assert {(d.run.id, d.why) for d in other.differences} == {
        (1, Why.OTHER_THERE),
        (2, Why.OTHER_THERE),
    }
    assert other.unexplained_mm == 0
