"""`backup` and `restore` as a person calls them."""

from __future__ import annotations

import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack import locks
from shoetrack.db.location import Location
from tests.cli.conftest import Cli
from tests.support import NOW, make_run, run_cli
from tests.terminal import Terminal


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Cli:
    """A pair with one run."""
    cli("shoe", "add", "Pegasus 41", "--start", "100mi", "--default-for", "run")
    run = tmp_path / "run.gpx"
    run.write_text(make_run(5000, NOW - timedelta(days=3)))
    assert cli("import", run).status == 0
    return cli


def pairs(cli: Cli) -> list[str]:
    return [shoe["name"] for shoe in cli("--json").json["shoes"]]


def test_there_and_back(season: Cli, home: Path) -> None:
    made = season("backup")
    path = home / "backups" / "shoetrack-2026-06-01-by-hand.db"
    size = path.stat().st_size / 1000
    assert (made.status, made.err) == (0, "")
    assert made.out == f"Backed up to {path} ({size:,.0f} kB).\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    season("shoe", "add", "Newer")
    back = season("restore", "latest", "--yes")
    assert (back.status, back.err) == (0, "")
    lines = back.out.splitlines()
    assert lines[0] == str(path)
    assert lines[2].startswith("Made ")
    assert lines[3:8] == [
        "Last change  Mon 2026-06-01 12:00  Mon 2026-06-01 12:00",
        "Newest run   2026-05-29            2026-05-29",
        "Runs         1                     1",
        "Pairs        1                     2",
        "Distance     103.1 mi              103.1 mi",
    ]
    kept = home / "backups" / "shoetrack-2026-06-01-before-restore.db"
    assert lines[8:] == [
        f"Restored from {path}.",
        "The store as it was is kept in",
        f"  {kept}",
        "All is well: 1 run, 2 entries, every metre on exactly one account.",
    ]
    assert pairs(season) == ["Pegasus 41"]
    assert season("restore", kept, "--yes").status == 0
    assert pairs(season) == ["Pegasus 41", "Newer"]


def test_the_list_and_how_to_choose(season: Cli, home: Path) -> None:
    assert "No backups yet: `shoetrack backup` makes one" in season("restore").out
    assert season("restore", "--json").json == []
    assert season("restore", "latest").err.startswith("shoetrack: there is no backup yet")
    season("backup")
    season("shoe", "add", "Second")
    season("backup")
    os.utime(home / "backups" / "shoetrack-2026-06-01-by-hand.db", (1, 1))
    shown = season("restore").out
    assert [line.split()[0] for line in shown.splitlines()[1:3]] == ["1", "2"]
    assert "shoetrack restore NUMBER" in shown
    found = season("restore", "--json").json
    assert [Path(one["path"]).name for one in found] == [
        "shoetrack-2026-06-01-by-hand-2.db",
        "shoetrack-2026-06-01-by-hand.db",
    ]
    assert found[0]["by"] == "by-hand"
    assert season("restore", "3").err == (
        "shoetrack: there is no backup 3: `shoetrack restore` lists them\n"
    )
    told = season("restore", "2", "--yes", "--json").json
    assert told["restored"] == found[1]["path"]
    assert told["verify"] == {"ok": True, "runs": 1, "entries": 2, "problems": []}
    assert pairs(season) == ["Pegasus 41"]
    assert season("restore", "shoetrack-2026-06-01-by-hand-2.db", "--yes").status == 0
    assert pairs(season) == ["Pegasus 41", "Second"]
    assert season("restore", "--json").json[0]["by"] == "before-restore"
    season("restore", "latest", "--yes")
    assert pairs(season) == ["Pegasus 41", "Second"], "the latest is not what a restore kept"


def test_to_a_file_or_folder_of_ones_own(season: Cli, home: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    made = season("backup", stick, "--json").json
    assert made["path"] == str(stick / "shoetrack-2026-06-01.db")
    assert made["bytes"] == (stick / "shoetrack-2026-06-01.db").stat().st_size
    file = tmp_path / "mine.db"
    assert season("backup", file).status == 0
    file.write_text("something else")
    asked = season("backup", file)
    assert (asked.status, file.read_text()) == (1, "something else")
    assert asked.err.endswith("add --yes to do it\n")
    assert season("backup", file, "--yes").status == 0
    assert season("restore", file, "--yes").status == 0
    for place, said in (
        (home / "shoetrack.db", "is the store itself"),
        (home / "shoetrack.db-wal", "is the store itself"),
        (tmp_path / "none" / "a.db", "there is no folder"),
        ("/dev/null", "is not a file"),
    ):
        refused = season("backup", place, "--yes")
        assert (refused.status, refused.err.count("\n")) == (1, 1)
        assert said in refused.err
    assert season("verify").status == 0


def test_before_there_is_a_store(cli: Cli, home: Path, tmp_path: Path) -> None:
    for words in (["backup"], ["backup", tmp_path], ["backup", tmp_path / "a.db"]):
        answer = cli(*words)
        assert (answer.status, answer.err.count("\n")) == (1, 1)
        assert "nothing to back up" in answer.err
    assert not home.exists()


def test_on_a_new_machine(season: Cli, tmp_path: Path, home: Path) -> None:
    file = tmp_path / "mine.db"
    season("backup", file)
    new = tmp_path / "new"
    done = run_cli("restore", file, home=new)
    assert (done.returncode, done.stderr) == (0, "")
    assert "In the store now" not in done.stdout
    assert "is kept in" not in done.stdout
    assert json.loads(run_cli("--json", home=new).stdout)["shoes"][0]["name"] == "Pegasus 41"


def test_while_the_daemon_runs_it_says_what_to_do(season: Cli, home: Path) -> None:
    season("backup")
    with locks.one_at_a_time(Location(home / "shoetrack.db"), locks.DAEMON):
        answer = season("restore", "latest", "--yes")
        assert season("backup").status == 0, "a backup is made beside it"
    assert (answer.status, answer.out) == (1, "")
    assert "the daemon of this store is running: stop it first" in answer.err


def test_a_damaged_store_is_told_and_kept(season: Cli, home: Path) -> None:
    season("backup")
    (home / "shoetrack.db").write_text("no store any more\n" * 100)
    answer = season("restore", "latest", "--yes")
    assert answer.status == 0
    assert f"The store {home / 'shoetrack.db'} is damaged (file is not a database)" in answer.out
    assert len(list(home.glob("shoetrack.db.damaged-*"))) == 1
    assert pairs(season) == ["Pegasus 41"]


def test_one_that_a_newer_shoetrack_wrote_may_be_replaced(season: Cli, home: Path) -> None:
    import sqlite3
    from contextlib import closing

    season("backup")
    with closing(sqlite3.connect(home / "shoetrack.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "upgrade shoetrack" in season("status").err
    answer = season("restore", "latest", "--yes")
    assert answer.status == 0
    assert "was written by a newer shoetrack." in answer.out
    assert pairs(season) == ["Pegasus 41"]


def test_json_asks_nothing(season: Cli) -> None:
    season("backup")
    answer = season("restore", "latest", "--json")
    assert (answer.status, answer.err) == (2, "shoetrack: --json asks nothing: add --yes\n")


def test_other_stores_have_backups_of_their_own(season: Cli, tmp_path: Path) -> None:
    other = tmp_path / "race.db"
    season("shoe", "add", "Alphafly", "--db", other)
    season("backup")
    season("backup", "--db", other)
    assert len(season("restore", "--json").json) == 1
    (found,) = season("restore", "--json", "--db", other).json
    assert Path(found["path"]).name == "race-2026-06-01-by-hand.db"


# --- in a terminal --------------------------------------------------------------------------


def test_it_asks(season: Cli, home: Path) -> None:
    season("backup")
    season("shoe", "add", "Newer")
    for typed, status in (("n", 1), ("y", 0)):
        with Terminal("restore", "1", home=home, env={"NO_COLOR": "1"}) as screen:
            screen.until("put this in its place? [y/N]: ")
            table = [line for line in screen.shown.splitlines() if str(home) not in line]
            assert len(table) == 8
            assert all(len(line) <= 80 for line in table)
            screen.send(f"{typed}\n")
            assert screen.end() == status
        assert ("nothing was changed" in screen.shown) == bool(status)
        assert pairs(season) == (["Pegasus 41", "Newer"] if status else ["Pegasus 41"])


def test_an_interrupt_changes_nothing(season: Cli, home: Path) -> None:
    season("backup")
    season("shoe", "add", "Newer")
    with Terminal("restore", "1", home=home) as screen:
        screen.until("[y/N]: ")
        assert screen.interrupted() == 130
    assert pairs(season) == ["Pegasus 41", "Newer"]
    assert [path.name for path in home.glob(".*")] == []
    assert len(list((home / "backups").iterdir())) == 1
