"""Several programs use one store at the same time: nobody fails, nothing is counted twice."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack import audit, hand, pipeline
from shoetrack.db import entry_queries, run_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.importers import find_sources
from shoetrack.model import Change
from shoetrack.pipeline import ImportSettings, Summary, import_runs
from tests.support import NOW, START, ask_json, finish, make_run, run_cli, start_cli, write_season

FILES = 250


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("season")
    write_season(folder, FILES)
    return folder


def well(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")


def locked(home: Path) -> sqlite3.Connection:
    """A connection that holds the write lock."""
    connection = sqlite3.connect(home / "shoetrack.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


@pytest.mark.parametrize("programs", [2, 4])
def test_imports_of_one_folder(season: Path, tmp_path: Path, programs: int) -> None:
    """Each also finds that there is no store yet."""
    calm, home = tmp_path / "calm", tmp_path / "home"
    well(run_cli("import", season, home=calm))
    for done in [
        finish(p) for p in [start_cli("import", season, home=home) for _ in range(programs)]
    ]:
        well(done)
    assert ask_json("status", home=home) == ask_json("status", home=calm)
    assert ask_json("verify", home=home)["ok"]
    facts = ("started_at", "distance_m", "duration_s", "local_date")
    runs, calm_runs = (
        sorted(tuple(run[fact] for fact in facts) for run in ask_json("runs", home=place))
        for place in (home, calm)
    )
    assert runs == calm_runs
    again = ask_json("import", season, home=home)
    assert (again["new"], again["known"], again["doubtful"]) == (0, FILES, 0)


def test_an_import_waits_for_the_lock(season: Path, home: Path) -> None:
    well(run_cli("shoe", "add", "Pegasus", home=home))
    with closing(locked(home)) as other:
        process = start_cli("import", season, home=home)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        # Meanwhile all questions are answered, as things were before.
        assert ask_json("status", home=home)["unassigned"]["runs"] == 0
        other.execute("COMMIT")
        well(finish(process))
    assert ask_json("status", home=home)["unassigned"]["runs"] == FILES


def test_assigning_while_importing(season: Path, home: Path, tmp_path: Path) -> None:
    well(run_cli("shoe", "add", "Pegasus", home=home))
    first = tmp_path / "first.gpx"
    first.write_text(make_run(5000, START + timedelta(hours=9)), encoding="utf-8")
    well(run_cli("import", first, home=home))
    with closing(locked(home)) as other:  # so that they begin at the same time
        importing = start_cli("import", season, home=home)
        assigning = [start_cli("assign", "1", "pegasus", home=home) for _ in range(3)]
        with pytest.raises(subprocess.TimeoutExpired):
            importing.wait(1.5)
        other.execute("COMMIT")
        for process in (importing, *assigning):
            well(finish(process))
    status = ask_json("status", home=home)
    assert status["shoes"][0]["distance_m"] == 5000
    assert status["unassigned"]["runs"] == FILES
    assert ask_json("verify", home=home)["ok"]


@pytest.fixture
def two_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that is imported in two transactions; both have the same run in other words."""
    monkeypatch.setattr(pipeline, "_BATCH_FILES", 2)
    folder = tmp_path / "folder"
    folder.mkdir()
    files = {
        "1.gpx": make_run(5000, START, 1800),
        "2.gpx": make_run(6000, START + timedelta(days=1), 1800),
        "3.gpx": make_run(5200, START, 2000, total_m=5300),
        "4.gpx": make_run(7000, START + timedelta(days=2), 1800),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def last_change(location: Location) -> Change | None:
    with open_reader(location) as reader:
        assert reader is not None
        return entry_queries.last_change(reader)


def import_with_company(
    store: Store, location: Location, folder: Path, meanwhile: Callable[[], None]
) -> None:
    """Import, and let another program act after the first transaction, as the next is read."""
    read = 0

    def on_read() -> None:
        nonlocal read
        read += 1
        if read == 3:
            meanwhile()

    sources = list(find_sources([folder]))
    import_runs(store, location, sources, ImportSettings(), NOW, Summary(), on_read=on_read)


def undo_all(store: Store, location: Location) -> int:
    """Undo until nothing is left; how many changes there were."""
    count = 0
    while change := last_change(location):
        hand.undo(store, change, NOW)
        with open_reader(location) as reader:
            assert audit.verify(reader).problems == ()
        count += 1
    return count


def test_what_a_hand_edits_during_an_import_can_be_undone(
    store: Store, location: Location, two_batches: Path
) -> None:
    """Undo goes back in order, so one change cannot lie before and after another."""

    def edit() -> None:
        hand.edit_run(store, 1, {"name": "intervals", "distance_mm": 5_100_000}, NOW)

    import_with_company(store, location, two_batches, edit)
    with open_reader(location) as reader:
        assert audit.verify(reader).problems == ()
    assert undo_all(store, location) == 3
    with open_reader(location) as reader:
        assert reader is not None
        assert run_queries.runs(reader) == []


def test_an_import_that_is_undone_while_it_goes_on(
    store: Store, location: Location, two_batches: Path
) -> None:
    """What it brings afterwards is a change of its own, and can be undone too."""

    def undo() -> None:
        change = last_change(location)
        assert change is not None
        hand.undo(store, change, NOW)

    import_with_company(store, location, two_batches, undo)
    with open_reader(location) as reader:
        assert reader is not None
        assert sorted(run.distance_mm or 0 for run in run_queries.runs(reader)) == [
            5_300_000,
            7_000_000,
        ]
        (last, *_) = entry_queries.changes(reader)
    assert last.summary == "import of 2 new runs"
    assert undo_all(store, location) == 1
