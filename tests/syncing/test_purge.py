"""Forgetting: nothing of what only Strava told is left, and the sums are right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack import hand
from shoetrack.errors import RefusedError
from shoetrack.hand import DefaultFor
from shoetrack.model import Share, Shoe
from shoetrack.syncing.purge import Preview, preview, purge
from tests.laws.watch import Watch, check_every_metre, check_totals
from tests.support import import_paths, make_run
from tests.syncing.conftest import Bench

DAY = timedelta(days=1)


@pytest.fixture
def filled(bench: Bench, tmp_path: Path) -> Bench:
    """Six runs of Strava's, one of them of a file too; one deleted, one by hand, one undone."""
    world = bench.world
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "0.gpx").write_text(make_run(5010, world.now - DAY, 1700))
    ids = [
        world.add(world.now - (i + 1) * DAY, 5000, gear="g1", seconds=1690, name=f"Secret {i}")
        for i in range(6)
    ]
    import_paths(bench.store, bench.location, [folder], world.now)
    bench.sync()
    hand.add_shoe(bench.store, Shoe(0, "Own"), 10_000, DefaultFor(), world.now, world.now.date())
    hand.assign_runs(
        bench.store, [2], (Share(bench.shoes()["Own"].id),), world.now, "run 2 by hand"
    )
    world.delete(ids[4])
    world.edit(ids[3], name="Secret again")
    bench.sync()
    world.add(world.now, 3000, gear="g2", name="Secret last")
    bench.sync()
    bench.undo()
    return bench


def done(bench: Bench) -> Preview:
    return purge(bench.store, bench.location, bench.world.now)


def test_what_it_shows_is_what_it_takes(filled: Bench) -> None:
    with filled.reader() as reader:
        found = preview(reader)
    names = {shoe.id: name for name, shoe in filled.shoes().items()}
    lost = {names[shoe_id]: mm for shoe_id, mm in found.lost_mm.items() if shoe_id}
    assert (found.runs, found.kept, found.pairs) == (4, 1, 2)
    assert lost == {"Pegasus 41": 15_000_000, "Own": 5_000_000}
    assert done(filled) == found
    assert filled.totals_mm() == {
        "Pegasus 41": pytest.approx(5_010_000, abs=10),
        "Own": 10_000,
    }
    filled.check()
    assert [run["status"] for run in filled.seen().runs.values()] == ["active"]
    watch = Watch(filled.location.path)
    check_every_metre(watch)
    check_totals(watch)
    watch.close()


def test_no_word_of_strava_s_is_left_in_the_file(filled: Bench) -> None:
    folder = filled.location.path.parent
    assert any(b"Secret" in path.read_bytes() for path in folder.iterdir())
    done(filled)
    for path in folder.iterdir():
        content = path.read_bytes()
        for word in (b"Secret", b"16000000", b"Ada", b'g1"', b"Strava activity"):
            assert word not in content, (path.name, word)
    assert filled.state() is None


def test_it_cannot_be_undone_nor_what_was_before(filled: Bench) -> None:
    done(filled)
    with pytest.raises(RefusedError, match="for good"):
        filled.undo()
    now = filled.world.now
    hand.add_shoe(filled.store, Shoe(0, "After"), 0, DefaultFor(), now, now.date())
    filled.undo()
    with pytest.raises(RefusedError, match="for good"):
        filled.undo()
    filled.check()


def test_it_can_all_be_read_again(filled: Bench) -> None:
    done(filled)
    filled.sync()
    totals = filled.totals_mm()
    assert totals["g1"] == filled.world.totals_mm()["g1"]
    assert totals["Own"] == 10_000
    filled.check()


def test_with_nothing_there_it_does_nothing(bench: Bench) -> None:
    change = bench.change()
    assert done(bench).is_empty
    assert bench.change() == change


def test_what_files_tell_can_be_brought_in_again(filled: Bench, tmp_path: Path) -> None:
    import_paths(filled.store, filled.location, [tmp_path / "files"], filled.world.now)
    with filled.reader() as reader:
        assert reader.rows("SELECT id FROM file")
    done(filled)
    with filled.reader() as reader:
        assert not reader.rows("SELECT id FROM file")
    again = import_paths(filled.store, filled.location, [tmp_path / "files"], filled.world.now)
    assert (again.new, again.known) == (0, 1)
