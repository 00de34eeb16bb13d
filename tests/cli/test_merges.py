"""Runs made one, and two again, from the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Cli:
    """Two pairs; runs 1 to 4 of 1 to 4 km, of which run 2 is perhaps run 1."""
    for name in ("Pegasus", "Ghost"):
        cli("shoe", "add", name)
    start = NOW - timedelta(days=9)
    starts = (start, start + timedelta(minutes=50), start + timedelta(1), start + timedelta(2))
    for i, when in enumerate(starts, 1):
        path = tmp_path / f"{i}.gpx"
        path.write_text(make_run(1000 * i, when, 3600, name=f"n{i}", total_m=1000 * i))
        assert cli("import", path).status == 0
    return cli


def facts(cli: Cli) -> dict[int, tuple[Any, ...]]:
    """Of each run that counts: how far, on what, by whom, and where it was seen."""
    return {
        run["id"]: (
            run["distance_m"],
            run["shoes"],
            run["assigned_by"],
            [Path(source).name for source in run["sources"]],
        )
        for run in cli("runs", "--json").json
    }


def test_a_merged_run_comes_out_as_it_went_in(season: Cli) -> None:
    season("assign", "3", "ghost")
    season("assign", "4", "--split", "ghost=1km,pegasus")
    before, status = facts(season), season("status", "--json").json
    assert season("run", "merge", "3", "4").status == 0
    assert facts(season)[3][3] == ["3.gpx", "4.gpx"]
    assert "merged into run 3: shoetrack run unmerge 4" in season("run", "show", "4").out
    answer = season("run", "unmerge", "4", "--unit", "km")
    assert answer.status == 0, answer.err
    assert answer.out == (
        "Run 4: 4.00 km (device), 1.00 km Ghost + 3.00 km Pegasus.\n"
        "Run 3: 3.00 km (device), Ghost.\n"
    )
    assert (facts(season), season("status", "--json").json) == (before, status)
    assert season("verify").status == 0
    assert season("undo", "--list", "--json").json[0]["summary"] == (
        "run 4 is a run of its own again"
    )


def test_an_undone_unmerge_is_the_merge_again(season: Cli) -> None:
    season("run", "merge", "3", "4")
    merged = facts(season)
    season("run", "unmerge", "4")
    season("undo", "--yes")
    assert facts(season) == merged
    season("undo", "--redo", "--yes")
    assert set(facts(season)) == {1, 2, 3, 4}
    season("undo", "--yes")
    season("undo", "--yes")
    assert season("run", "unmerge", "4").status == 1


def test_what_was_in_doubt_is_two_runs_for_good(season: Cli) -> None:
    season("shoe", "edit", "pegasus", "--default-for", "run")
    assert season("runs", "--doubtful", "--json").json[0]["id"] == 2
    season("run", "merge", "1", "2")
    assert season("run", "unmerge", "2").status == 0
    assert season("runs", "--doubtful", "--json").json == []
    assert [found[2] for found in facts(season).values()].count("default") >= 2
    assert season("verify").status == 0


def test_a_chain_is_taken_apart_in_the_middle(season: Cli) -> None:
    season("assign", "4", "ghost")
    before = facts(season)
    season("run", "merge", "3", "4")
    season("run", "merge", "1", "3")
    assert set(facts(season)) == {1, 2}
    assert season("run", "unmerge", "3").status == 0
    assert facts(season)[3][3] == ["3.gpx", "4.gpx"]
    assert facts(season)[1] == before[1]
    assert season("run", "unmerge", "4").status == 0
    assert facts(season) == before


def test_a_later_file_of_the_kept_run_stays_with_it(season: Cli, tmp_path: Path) -> None:
    season("run", "merge", "3", "4")
    when = NOW - timedelta(days=8)
    (tmp_path / "again.gpx").write_text(make_run(3000, when, 3600, name="again", total_m=3010))
    assert season("import", tmp_path / "again.gpx", "--json").json["further"] == 1
    season("run", "unmerge", "4")
    found = facts(season)
    assert found[3][3] == ["3.gpx", "again.gpx"]
    assert found[4][3] == ["4.gpx"]
    assert season("verify").status == 0


@pytest.mark.parametrize(
    ("run_id", "said"),
    [
        ("3", "run 3 was not merged into another: it is one of its own"),
        ("9", "there is no run 9: `shoetrack runs` lists them"),
    ],
)
def test_what_cannot_be_unmerged_is_said(season: Cli, run_id: str, said: str) -> None:
    before = season("export").json
    answer = season("run", "unmerge", run_id)
    assert (answer.status, answer.err) == (1, f"shoetrack: {said}\n")
    assert season("export").json == before


def test_a_merge_of_an_older_store_is_taken_apart(season: Cli, home: Path) -> None:
    """Before 0003 nobody noted where a sighting came from; the journal did."""
    season("assign", "4", "ghost")
    before = facts(season)
    season("run", "merge", "3", "4")
    season("run", "merge", "1", "3")
    (path,) = home.rglob("shoetrack.db")
    with closing(sqlite3.connect(path)) as store:
        _make_old(store)
    assert season("run", "unmerge", "3").status == 0
    assert season("run", "unmerge", "4").status == 0
    after = facts(season)
    assert after[4] == before[4]
    assert [(run[0], run[3]) for run in after.values()] == [
        (run[0], run[3]) for run in before.values()
    ]
    assert season("verify").status == 0


def _make_old(store: sqlite3.Connection) -> None:
    """Take a store back to what 0002 had made of it."""
    new = {
        "shoe": ("added_on", "target", "minimalist"),
        "run": ("lent",),
        "sighting": (
            *("utc_offset_s", "description", "start_lat", "start_lon", "finish_lat"),
            *("finish_lon", "ascent_mm", "first_run_id", "gear", "strava_id"),
        ),
    }
    store.execute("DROP INDEX ix_sighting_untimed")
    for table, columns in new.items():
        for column in columns:
            store.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in (
        *("delivery", "alert", "job", "heartbeat", "watched_file"),
        *("observation", "strava_state"),
    ):
        store.execute(f"DROP TABLE {table}")
    store.execute("UPDATE alembic_version SET version_num = '0002'")
    store.commit()


def test_the_run_that_is_named_first_stays_as_it_is(cli: Cli) -> None:
    cli("run", "add", "4mi", "--date", "2026-05-01")
    cli("run", "add", "10mi", "--date", "2026-05-02")
    assert cli("run", "merge", "2", "1").status == 0
    (kept,) = cli("runs", "--json").json
    assert (kept["id"], kept["distance_m"], kept["local_date"]) == (2, 16093.44, "2026-05-02")
