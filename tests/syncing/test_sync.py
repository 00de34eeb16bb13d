"""Syncing: what is new, changed, moved and gone at Strava, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import hand
from shoetrack.db import run_queries
from shoetrack.errors import RefusedError
from shoetrack.hand import DefaultFor
from shoetrack.importers.strava.protocol import ACTIVITIES, Activity, Gear
from shoetrack.locks import STRAVA, one_at_a_time
from shoetrack.model import Share, Shoe, Status
from shoetrack.model.rules import Guide
from shoetrack.syncing.gears import Answer
from shoetrack.syncing.sync import SyncSettings
from tests.support import import_paths, make_run
from tests.syncing.account import Account
from tests.syncing.conftest import Bench

DAY = timedelta(days=1)
ALLOW = SyncSettings(guide=Guide(zone=UTC), allow_deletions=True)


def test_the_first_sync_brings_all_on_the_pairs_that_strava_has(bench: Bench) -> None:
    bench.world.add_season(450, ["g1", "g2", None])
    summary = bench.sync()
    on_foot = len(bench.world.on_foot())
    assert (summary.runs.new, summary.runs.known, summary.whole) == (on_foot, 0, True)
    assert summary.off_foot == len(bench.world.activities) - on_foot
    assert bench.totals_mm() == bench.world.totals_mm()
    assert sorted(summary.pairs_added) == ["Pegasus 41", "Speedgoat 🐐"]
    goat = bench.shoes()["Speedgoat 🐐"]
    assert (goat.brand, goat.model, goat.strava_id) == ("Hoka", "Speedgoat 6", "g2")
    bench.check()


def test_ten_thousand_cost_fifty_lists_and_a_handful(bench: Bench) -> None:
    start = bench.world.now
    for back in range(10_000):
        bench.world.add(start - timedelta(hours=6 * back + 1), 3000.0, sport="Ride")
    bench.sync()
    assert bench.account.calls["list"] <= 52
    assert bench.account.calls.total() - bench.account.calls["list"] <= 5


def test_nothing_new_costs_three_calls_and_is_no_change(bench: Bench) -> None:
    bench.world.add_season(300, ["g1", None])
    bench.sync()
    seen, change = bench.seen(), bench.change()
    bench.account.calls.clear()
    summary = bench.sync()
    assert bench.account.calls.total() <= 3
    assert not summary.did_anything
    assert (bench.seen(), bench.change()) == (seen, change)
    state = bench.state()
    assert state is not None
    assert state.synced_at == bench.world.now


def test_an_account_with_a_few_runs_costs_no_more(bench: Bench) -> None:
    bench.world.add(bench.world.now - DAY, 5000, gear="g1")
    bench.sync()
    bench.account.calls.clear()
    bench.sync()
    assert bench.account.calls.total() <= 3


def test_many_that_begin_in_one_second_are_all_read(bench: Bench) -> None:
    """Across a page's edge, and filling more than one."""
    bench.account.per_page = 10
    start = bench.world.now - 3 * DAY
    for i in range(45):
        sport = "Ride" if i % 3 else "Run"
        bench.world.add(start - timedelta(seconds=(i // 25) * 60), 1000.0 + i, sport=sport)
    for i in range(12):
        bench.world.add(start - (i + 1) * DAY, 5000.0)
    summary = bench.sync()
    assert summary.off_foot == 30
    told = summary.runs.new + summary.runs.known + summary.runs.doubtful
    assert told == 15 + 12


def test_edits_move_by_reversal_and_new_entry(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 6)]
    bench.sync()
    world.edit(ids[0], distance=5400.5, name="A long name")
    world.edit(ids[1], gear_id="g2")
    world.edit(ids[2], gear_id=None)
    world.edit(ids[3], sport_type="Walk", type="Walk")
    world.add(world.now - 20 * DAY, 7000, gear="g2")  # uploaded late
    summary = bench.sync()
    assert (summary.changed, summary.moved, summary.runs.new) == (4, 2, 1)
    assert bench.totals_mm() == world.totals_mm()
    bench.check()
    again = bench.sync()
    assert not again.did_anything


def test_a_hand_is_not_moved(bench: Bench) -> None:
    world = bench.world
    one = world.add(world.now - DAY, 5000, gear="g1")
    bench.sync()
    goat = bench.shoes()["Speedgoat 🐐"]
    hand.assign_runs(bench.store, [1], (Share(goat.id),), world.now, "by hand")
    for gear in (None, "g1"):
        world.edit(one, gear_id=gear)
        summary = bench.sync()
        assert (summary.changed, summary.moved) == (1, 0)
        assert bench.totals_mm() == {"g2": 5_000_000}


def test_a_deletion_is_followed_and_told(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1", name=f"n{i}") for i in range(1, 9)]
    bench.sync()
    goat = bench.shoes()["Speedgoat 🐐"]
    hand.assign_runs(bench.store, [2], (Share(goat.id),), world.now, "by hand")
    world.delete(ids[0])
    world.delete(ids[1])
    summary = bench.sync()
    assert summary.deleted == 2
    assert [(gone.run_id, gone.name) for gone in summary.by_hand] == [(2, "n2")]
    assert bench.totals_mm() == world.totals_mm()
    with bench.reader() as reader:
        run = run_queries.run(reader, 1)
        assert run is not None
        assert run.status is Status.DELETED
    bench.check()
    hand.restore_runs(bench.store, [1], world.now)
    bench.check()
    assert bench.totals_mm()["g1"] == world.totals_mm()["g1"] + 5_000_000
    assert not bench.sync().did_anything
    bench.undo()
    bench.undo()
    assert bench.totals_mm() == {"g1": 7 * 5_000_000, "g2": 5_000_000}
    bench.check()


def test_a_fifth_gone_is_what_a_person_deletes(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 26)]
    bench.sync()
    for one in ids[20:]:
        world.delete(one)
    summary = bench.sync()
    assert (summary.deleted, summary.held_back) == (5, 0)
    assert bench.totals_mm() == world.totals_mm()


@pytest.mark.parametrize("left", [0, 11])
def test_many_gone_at_once_are_doubted(bench: Bench, left: int) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 26)]
    bench.sync()
    before = bench.totals_mm()
    for one in ids[left:]:
        world.delete(one)
    world.add(world.now - timedelta(hours=2), 4000, gear="g2")
    summary = bench.sync()
    assert (summary.deleted, summary.held_back, summary.runs.new) == (0, 25 - left, 1)
    assert bench.totals_mm() == {**before, "g2": 4_000_000}
    summary = bench.sync(ALLOW)
    assert (summary.deleted, summary.held_back) == (25 - left, 0)
    assert bench.totals_mm() == world.totals_mm()


def test_an_account_that_is_suddenly_empty_is_doubted(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in (1, 2)]
    bench.sync()
    for one in ids:
        world.delete(one)
    assert (bench.sync().held_back, bench.totals_mm()) == (2, {"g1": 10_000_000})
    world.add(world.now - 3 * DAY, 20_000, sport="Ride")
    assert (bench.sync().deleted, bench.totals_mm()) == (2, {})


def test_the_first_activity_of_all_can_be_deleted(bench: Bench) -> None:
    world = bench.world
    first = world.add(world.now - 900 * DAY, 5000, gear="g1")
    world.add_season(400, ["g2"])
    bench.sync()
    world.delete(first)
    assert bench.sync(SyncSettings(guide=Guide(zone=UTC), full=True)).deleted == 1
    assert bench.totals_mm() == world.totals_mm()


def test_without_the_scope_nothing_is_taken_for_deleted(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 9)]
    bench.sync()
    world.edit(ids[3], visibility="only_me")
    assert bench.sync().deleted == 0
    bench.account.scopes -= {ACTIVITIES}
    summary = bench.sync()
    assert (summary.deleted, summary.looks_for_deletions) == (0, False)
    assert bench.totals_mm() == world.totals_mm()


def test_beyond_the_window_only_full_sees(bench: Bench) -> None:
    world = bench.world
    ids = world.add_season(400, ["g1"])
    bench.sync()
    world.delete(ids[350])
    world.edit(ids[360], distance=1234.0)
    assert not bench.sync().did_anything
    summary = bench.sync(SyncSettings(guide=Guide(zone=UTC), full=True))
    assert (summary.deleted, summary.changed) == (1, 1)
    assert bench.totals_mm() == world.totals_mm()


def test_a_run_that_becomes_a_ride_goes_and_back(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 3)]
    bench.sync()
    world.edit(ids[0], sport_type="Ride", type="Ride")
    assert bench.sync().deleted == 1
    assert bench.totals_mm() == world.totals_mm() == {"g1": 5_000_000}
    world.edit(ids[0], sport_type="Run", type="Run")
    assert bench.sync().runs.new == 1
    assert bench.totals_mm() == world.totals_mm()


def test_limited_it_keeps_what_it_has_and_goes_on(bench: Bench) -> None:
    world = bench.world
    world.add_season(900, ["g1", "g2", None])
    bench.account.room = 7
    summary = bench.sync()
    assert summary.goes_on == bench.account.goes_on
    assert summary.runs.new > 300
    assert not summary.whole
    newest = max(a["start_date"] for a in world.on_foot())
    with bench.reader() as reader:
        assert run_queries.runs(reader)[0].started_at == datetime.fromisoformat(newest)
    world.add(world.now - timedelta(hours=3), 4000.0, gear="g1")  # meanwhile
    for _ in range(3):
        bench.account.room = 5
        summary = bench.sync()
    assert (summary.whole, summary.goes_on) == (True, None)
    assert bench.totals_mm() == world.totals_mm()
    bench.check()


def test_interrupted_it_goes_on(bench: Bench) -> None:
    bench.world.add_season(900, ["g1", None])
    bench.account.broken_after = 2
    with pytest.raises(KeyboardInterrupt):
        bench.sync()
    bench.check()
    bench.account.broken_after = None
    bench.account.calls.clear()
    assert bench.sync().whole
    assert bench.totals_mm() == bench.world.totals_mm()
    assert bench.account.calls["list"] <= 6


def test_so_much_is_new_that_one_window_of_calls_does_not_do(bench: Bench) -> None:
    bench.account.per_page = 5
    bench.world.add_season(30, ["g1"])
    bench.sync()
    for i in range(100):
        bench.world.add(bench.world.now + i * DAY, 5000.0, gear="g2")
    bench.world.now += 100 * DAY
    bench.account.room = 14
    assert bench.sync().goes_on
    for _ in range(5):
        bench.account.room = 20
        summary = bench.sync()
    assert summary.whole
    assert bench.totals_mm() == bench.world.totals_mm()


def test_one_undo_takes_a_whole_sync_back(bench: Bench) -> None:
    bench.world.add_season(500, ["g1", None])
    before = bench.seen()
    bench.sync()
    bench.undo()
    bench.check()
    assert bench.seen() == before
    assert bench.state() is None
    assert bench.sync().runs.new == len(bench.world.on_foot())
    assert bench.totals_mm() == bench.world.totals_mm()


def test_an_undo_takes_the_cursor_back_too(bench: Bench) -> None:
    world = bench.world
    world.add_season(30, ["g1"])
    bench.sync()
    synced = bench.state()
    world.add(world.now, 5000.0, gear="g1")
    world.now += 60 * DAY
    bench.sync()
    bench.undo()
    assert bench.state() == synced
    world.now += 60 * DAY
    assert bench.sync().runs.new == 1
    assert bench.totals_mm() == world.totals_mm()


def test_runs_of_files_are_met_not_doubled(bench: Bench, tmp_path: Path) -> None:
    """Before Strava tells them and after; the pair is Strava's."""
    world = bench.world
    first, second = world.now - 2 * DAY, world.now - DAY
    for i, start in enumerate((first, second)):
        (tmp_path / f"{i}.gpx").write_text(make_run(5010, start, 1700))
    world.add(first, 5000.0, gear="g1", seconds=1690)
    world.add(second, 5000.0, gear="g2", seconds=1690)
    import_paths(bench.store, bench.location, [tmp_path / "0.gpx"], world.now)
    summary = bench.sync()
    assert (summary.runs.new, summary.runs.further, summary.moved) == (1, 1, 1)
    import_paths(bench.store, bench.location, [tmp_path / "1.gpx"], world.now)
    assert bench.totals_mm() == world.totals_mm()  # Strava's distance before a track's
    assert not bench.sync().did_anything
    bench.check()


def test_a_deleted_activity_leaves_the_run_of_a_file(bench: Bench, tmp_path: Path) -> None:
    world = bench.world
    start = world.now - DAY
    (tmp_path / "0.gpx").write_text(make_run(5010, start, 1700))
    import_paths(bench.store, bench.location, [tmp_path], world.now)
    one = world.add(start, 5000.0, gear="g1", seconds=1690)
    world.add(start - DAY, 4000.0, gear="g1")
    bench.sync()
    world.delete(one)
    summary = bench.sync()
    assert (summary.deleted, summary.stayed) == (0, 1)
    assert bench.totals_mm()["g1"] == pytest.approx(9_010_000, abs=10)
    bench.check()


def hidden(start: datetime) -> dict[str, Any]:
    midnight = start.replace(hour=0, minute=0, second=1)
    text = midnight.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"start_date": text, "start_date_local": text}


@pytest.mark.parametrize("file_first", [True, False])
def test_a_hidden_start_is_met_by_day_and_measure(
    bench: Bench, tmp_path: Path, file_first: bool
) -> None:
    world = bench.world
    start = world.now.replace(hour=9) - DAY
    (tmp_path / "0.gpx").write_text(make_run(8020, start, 2700))
    if file_first:
        import_paths(bench.store, bench.location, [tmp_path], world.now)
    world.add(start, 8000.0, gear="g1", seconds=2690, offset_s=0, **hidden(start))
    bench.sync()
    if not file_first:
        summary = import_paths(bench.store, bench.location, [tmp_path], world.now)
        assert (summary.new, summary.further) == (0, 1)
    assert bench.totals_mm() == {"g1": 8_000_000}
    with bench.reader() as reader:
        (run,) = run_queries.runs(reader)
    assert run.started_at == start
    assert not bench.sync().did_anything
    bench.check()


def test_a_hidden_start_that_could_be_either_is_in_doubt(bench: Bench, tmp_path: Path) -> None:
    world = bench.world
    start = world.now.replace(hour=6) - DAY
    for i in range(2):
        (tmp_path / f"{i}.gpx").write_text(make_run(8020, start + i * timedelta(hours=4), 2700))
    import_paths(bench.store, bench.location, [tmp_path], world.now)
    world.add(start, 8000.0, gear="g1", seconds=2690, offset_s=0, **hidden(start))
    world.add(start, 3000.0, gear="g1", seconds=900, offset_s=0, **hidden(start))
    summary = bench.sync()
    assert (summary.runs.doubtful, summary.runs.new) == (1, 1)
    assert bench.totals_mm()["g1"] == 3_000_000
    bench.check()


def test_another_account_is_refused(bench: Bench) -> None:
    bench.world.add_season(5, ["g1"])
    bench.sync()
    bench.world.athlete_id += 1
    with pytest.raises(RefusedError, match="logout --purge"):
        bench.sync()


def test_two_at_once(bench: Bench) -> None:
    with (
        one_at_a_time(bench.location, STRAVA),
        pytest.raises(RefusedError, match="another process"),
    ):
        bench.sync()
    assert bench.account.calls.total() == 0
    bench.sync()


class Garbled(Account):
    """Some of its activities cannot be read now."""

    unreadable: frozenset[int] = frozenset()
    with_more: tuple[Activity, ...] = ()

    def activities(
        self, *, before: datetime | None = None, after: datetime | None = None, page: int = 1
    ) -> list[Activity]:
        found = super().activities(before=before, after=after, page=page)
        return [
            replace(one, record=None, off_foot="no date", local_date=None)
            if one.id in self.unreadable
            else one
            for one in found
        ] + list(self.with_more)


def test_what_cannot_be_read_is_named_and_is_not_deleted(bench: Bench) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000, gear="g1") for i in range(1, 6)]
    bench.sync()
    garbled = Garbled(world)
    garbled.unreadable = frozenset({ids[1]})
    bench.account = garbled
    world.delete(ids[0])
    summary = bench.sync()
    assert [what for what, _ in summary.runs.failed] == [f"activity {ids[1]}"]
    assert summary.deleted == 1
    assert bench.totals_mm() == world.totals_mm()
    # Of what has not even a number, nobody knows whose place it takes.
    garbled.with_more = (Activity(0, None, "not an activity"),)
    world.delete(ids[2])
    summary = bench.sync()
    assert summary.deleted == 0
    assert ("activity without a number", "not an activity") in summary.runs.failed
    bench.check()


def test_a_pair_that_is_retired_at_strava_is_retired_here(bench: Bench) -> None:
    """On its last day there; once, so that a hand can bring it back."""
    world = bench.world
    day = (world.now - 3 * DAY).date()
    world.add(world.now - 3 * DAY, 5000, gear="g1", offset_s=0)
    world.add(world.now - 5 * DAY, 5000, gear="g2", offset_s=0)
    bench.sync()
    world.gears["g1"]["retired"] = True
    summary = bench.sync()
    assert summary.pairs_retired == ["Pegasus 41"]
    pair = bench.shoes()["Pegasus 41"]
    assert pair.retired_on == day
    hand.restore_shoe(bench.store, pair, world.now)
    bench.account.calls.clear()
    assert not bench.sync().did_anything
    assert bench.account.calls["gear"] == 0
    assert bench.shoes()["Pegasus 41"].retired_on is None


def test_a_listed_pair_that_was_never_worn_is_retired_today(bench: Bench) -> None:
    bench.world.add_shoe("g3", "Museum", retired=True)
    bench.account.lists_retired = True
    bench.sync()
    assert bench.shoes()["Museum"].retired_on == bench.world.now.date()


def test_pairs_are_linked_by_name_by_answer_or_never(bench: Bench) -> None:
    world = bench.world
    world.add_shoe("g3", "Loaner")
    world.add_shoe("g9", "PEGASUS  41")  # two at Strava by one name
    today = world.now.date()
    own = hand.add_shoe(bench.store, Shoe(0, "pegasus 41"), 0, DefaultFor(), world.now, today)
    goats = hand.add_shoe(bench.store, Shoe(0, "Goats"), 0, DefaultFor(), world.now, today)
    for i, gear in enumerate(["g1", "g2", "g3", "g9"]):
        world.add(world.now - (i + 1) * DAY, 5000 + i, gear=gear)
    asked = []

    def ask_pair(gear: Gear, shoes: Sequence[Shoe]) -> Answer | int:
        asked.append((gear.name, [shoe.name for shoe in shoes]))
        answers: dict[str, Answer | int] = {"g2": goats.id, "g3": Answer.NEVER}
        return answers.get(gear.id, Answer.CREATE)

    summary = bench.sync(ask_pair=ask_pair)
    assert [name for name, _ in asked] == ["Speedgoat 🐐", "Loaner", "PEGASUS 41"]
    assert asked[0][1] == ["Goats"]
    assert sorted(summary.pairs_linked) == ["Goats", "pegasus 41"]
    assert {s.strava_id: s.name for s in bench.shoes().values()} == {
        "g1": "pegasus 41",
        "g2": "Goats",
        "g9": "PEGASUS 41 (2)",
    }
    assert bench.totals_mm() == {"g1": 5_000_000, "g2": 5_001_000, None: 5_002_000, "g9": 5_003_000}
    bench.sync(ask_pair=ask_pair)
    assert len(asked) == 3
    # Linked by hand afterwards, its runs follow.
    hand.edit_shoe(bench.store, own, {"strava_id": None}, DefaultFor(), (), world.now)
    hand.edit_shoe(bench.store, own, {"strava_id": "g3"}, DefaultFor(), (), world.now)
    assert bench.sync().moved == 1
    assert bench.totals_mm()["g3"] == 5_000_000 + 5_002_000


def test_gear_that_is_not_trusted_decides_nothing(bench: Bench) -> None:
    bench.world.add(bench.world.now - DAY, 5000, gear="g1")
    untrusting = SyncSettings(guide=Guide(zone=UTC, trust_gear=False))
    bench.sync(untrusting)
    assert bench.totals_mm() == {None: 5_000_000}
    bench.world.edit(max(bench.world.activities), gear_id="g2")
    assert bench.sync(untrusting).moved == 0
    assert bench.totals_mm() == {None: 5_000_000}


def test_an_activity_that_is_moved_onto_another_run_is_in_doubt(bench: Bench) -> None:
    world = bench.world
    world.add(world.now - DAY, 5000, gear="g1")
    other = world.add(world.now - 3 * DAY, 6000, gear="g2", manual=True)
    bench.sync()
    start = world.activities[other - 1]["start_date"]
    world.edit(other, start_date=start, start_date_local=start)
    summary = bench.sync()
    assert summary.runs.doubtful == 1
    assert bench.totals_mm() == {"g1": 5_000_000, None: 6_000_000}
    bench.check()
    assert not bench.sync().did_anything


def test_since_reads_no_further_and_passes_nothing_over(bench: Bench) -> None:
    world = bench.world
    world.add_season(400, ["g1"])
    since = SyncSettings(guide=Guide(zone=UTC), since=world.now - 20 * DAY)
    assert bench.sync(since).runs.new < 250
    assert bench.sync().whole
    late = world.add(world.now - 5 * DAY, 4000.0)
    world.now += 60 * DAY
    bench.sync(SyncSettings(guide=Guide(zone=UTC), since=world.now - DAY))
    world.edit(late, gear_id="g1")
    bench.sync()
    assert bench.totals_mm() == world.totals_mm()


def test_two_activities_of_one_run_are_one_run(bench: Bench) -> None:
    """A watch and a phone, each on a pair of its own at Strava: the first one's holds."""
    world = bench.world
    start = world.now - DAY
    world.add(start, 5000, gear="g1", seconds=1700)
    second = world.add(start + timedelta(minutes=1), 5050, gear="g2", seconds=1700)
    summary = bench.sync()
    assert (summary.runs.new, summary.runs.further) == (1, 1)
    assert sum(mm or 0 for mm in bench.totals_mm().values()) in (5_000_000, 5_050_000)
    before = bench.totals_mm()
    assert not bench.sync().did_anything
    world.delete(second)
    summary = bench.sync()
    assert (summary.deleted, summary.stayed) == (0, 1)
    assert sum(before.values()) > 0
    assert sum(bench.totals_mm().values()) == 5_000_000
    bench.check()


def test_no_more_is_kept_than_is_used(bench: Bench) -> None:
    bench.world.add(bench.world.now - DAY, 5000, gear="g1", description="My secret")
    bench.sync()
    (sighting,) = bench.seen().sightings
    assert sighting["description"] == ""


def test_a_start_that_is_hidden_later_is_no_deletion(bench: Bench) -> None:
    """It is then listed at another time of its day, perhaps on the next page."""
    world = bench.world
    bench.account.per_page = 2
    noon = world.now.replace(hour=12) - 3 * DAY
    evening = world.add(noon + timedelta(hours=6), 5000, gear="g1", offset_s=0)
    for start in (noon + DAY, noon, noon - DAY):
        world.add(start, 6000, gear="g1", offset_s=0)
    bench.sync()
    world.edit(evening, **hidden(noon))
    summary = bench.sync()
    assert (summary.deleted, summary.stayed, summary.runs.new) == (0, 0, 0)
    assert bench.totals_mm() == world.totals_mm()


def test_a_listed_pair_of_which_no_more_is_told_is_a_pair(bench: Bench) -> None:
    bench.world.add_season(10, ["g1"])
    bench.account.hides_gear = True
    assert set(bench.sync().pairs_added) == {"Pegasus 41", "Speedgoat 🐐"}
    assert bench.totals_mm() == bench.world.totals_mm()


def test_an_answer_that_is_always_the_same_page_ends(bench: Bench) -> None:
    bench.world.add_season(30, ["g1"])
    bench.account.ignores = {"before", "page"}
    assert bench.sync().runs.new == 30
    assert bench.account.calls["list"] <= 3


def test_where_only_page_numbers_count_none_is_read_often(bench: Bench) -> None:
    bench.world.add_season(2000, ["g1", None])
    bench.account.ignores = {"before"}
    assert bench.sync().runs.new == 2000
    assert bench.account.calls["list"] <= len(bench.world.activities) // 200 + 5
    assert bench.totals_mm() == bench.world.totals_mm()


def test_two_activities_alike_some_hours_apart_are_two_runs(bench: Bench) -> None:
    start = bench.world.now - timedelta(days=2, seconds=17)
    for hours in (0, 8, 16):
        bench.world.add(start + timedelta(hours=hours), 10_000.0, gear="g1", seconds=3000)
    summary = bench.sync()
    assert (summary.runs.new, summary.runs.doubtful) == (3, 0)
    assert bench.totals_mm() == bench.world.totals_mm()


@pytest.mark.parametrize("gone", [0, 1])
def test_runs_of_which_one_is_gone_at_strava_are_not_taken_apart(bench: Bench, gone: int) -> None:
    world = bench.world
    ids = [world.add(world.now - i * DAY, 5000.0 + i, gear="g1") for i in (1, 2, 3)]
    bench.sync()
    with bench.reader() as reader:
        runs = {run.local_date: run.id for run in run_queries.all_runs(reader)}
    one, other = (runs[(world.now - i * DAY).date()] for i in (1, 2))
    hand.merge_runs(bench.store, one, [other], world.now)
    world.delete(ids[gone])
    assert bench.sync().stayed == 1
    before = bench.seen()
    with pytest.raises(RefusedError, match=f"what told of run {(one, other)[gone]} is gone"):
        hand.unmerge_run(bench.store, other, world.now)
    assert bench.seen() == before
    bench.check()


def test_shoes_of_one_name_at_strava_are_pairs_of_their_own_here(bench: Bench) -> None:
    bench.world.add_shoe("g3", "Pegasus 41")
    bench.world.add_season(30, ["g1", "g3"])
    assert bench.sync().pairs_added == ["Pegasus 41", "Speedgoat 🐐", "Pegasus 41 (2)"]
    assert bench.totals_mm() == bench.world.totals_mm()


def test_a_run_that_was_taken_out_is_not_moved_anywhere(bench: Bench) -> None:
    world = bench.world
    one = world.add(world.now - DAY, 5000.0, gear="g1")
    bench.sync()
    with bench.reader() as reader:
        (run,) = run_queries.all_runs(reader)
    hand.ignore_runs(bench.store, [run.id], world.now)
    world.edit(one, gear_id="g2", distance=6000.0)
    summary = bench.sync()
    assert (summary.changed, summary.moved) == (1, 0)
    assert bench.totals_mm() == {}


def test_since_takes_no_run_of_before(bench: Bench) -> None:
    for days in (2, 9, 40):
        bench.world.add(bench.world.now - days * DAY, 5000, gear="g1")
    since = SyncSettings(guide=Guide(zone=UTC), since=bench.world.now - 20 * DAY)
    assert bench.sync(since).runs.new == 2
    assert bench.sync().runs.new == 1
    bench.check()
