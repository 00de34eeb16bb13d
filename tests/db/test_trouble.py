"""A full disk, a store that may not be written, and writers that come at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from shoetrack.audit import verify
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import StoreError
from tests.laws import watch
from tests.laws.watch import Watch
from tests.support import NOW, ask_json, cli_env, disk_of, import_paths, run_cli, write_season

# --- a full disk ----------------------------------------------------------------------------


def test_a_store_that_cannot_grow(store: Store, location: Location, tmp_path: Path) -> None:
    """Nothing of the step that did not fit is kept, and with room the same call goes on."""
    write_season(tmp_path / "season", 300)
    first = sorted((tmp_path / "season").iterdir())[:100]
    import_paths(store, location, first)
    with closing(Watch(location.path)) as seen:
        before = watch.state(seen)
        pages = seen.value("PRAGMA page_count")

    @event.listens_for(store._engine, "connect")
    def _bound(connection: object, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # type: ignore[attr-defined]

    with pytest.raises(StoreError, match="is full: nothing of this step was kept"):
        import_paths(store, location, [tmp_path / "season"])
    with closing(Watch(location.path)) as seen:
        assert watch.state(seen) == before
    with open_reader(location) as reader:
        assert verify(reader).problems == ()
    roomy = Store(location)
    again = import_paths(roomy, location, [tmp_path / "season"])
    roomy.close()
    assert (again.known, again.new) == (100, 200)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB: a store fits, a few hundred runs do not."""
    with disk_of("400k", tmp_path / "disk") as disk:
        yield disk


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    expected = sum(write_season(tmp_path / "season", 1000))
    failed = run_cli("import", tmp_path / "season", home=home)
    assert failed.returncode == 1
    *kept, said = failed.stderr.splitlines()
    assert said.startswith("shoetrack: the disk with the store")
    assert "full" in said
    assert [line.split(maxsplit=1)[1] for line in kept] in (
        [],
        ["runs of this import are kept; the same command goes on."],
    )
    assert ask_json("verify", home=home)["ok"]
    assert ask_json("status", home=home)["unassigned"]["runs"] < 1000
    subprocess.run(["mount", "-o", "remount,size=20M", small_disk], check=True)
    done = run_cli("import", tmp_path / "season", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert ask_json("verify", home=home)["ok"]
    total = ask_json("status", home=home)["unassigned"]
    assert total["runs"] == 1000
    assert abs(total["distance_m"] - expected) < 1


def test_no_room_for_a_new_store(small_disk: Path) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(300_000))
    home = small_disk / "home"
    failed = run_cli("shoe", "add", "Pegasus", home=home)
    assert failed.returncode == 1
    assert "full" in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert list(home.iterdir()) == []
    filler.unlink()
    assert run_cli("shoe", "add", "Pegasus", home=home).returncode == 0


# --- a store that may not be written --------------------------------------------------------

# What root may do is no test: the process becomes nobody, after it has loaded all that it needs,
# because nobody may read neither Python nor shoetrack on some machines.
AS_NOBODY = """
import os, sys
from shoetrack.cli.main import run

warm_up, words = sys.argv[1], sys.argv[2:]
home = os.environ["SHOETRACK_HOME"]
os.environ["SHOETRACK_HOME"] = warm_up
stdout, stderr = os.dup(1), os.dup(2)
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1), os.dup2(nowhere, 2)
run(words)
run(["status"])
sys.stdout.flush(), sys.stderr.flush()
os.dup2(stdout, 1), os.dup2(stderr, 2)
os.environ["SHOETRACK_HOME"] = home
if os.geteuid() == 0:
    os.setuid(65534)
sys.exit(run(words))
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that anyone may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in folder.rglob("*"):
            path.chmod(0o755)


def as_nobody(*words: str | Path, home: Path, warm_up: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_NOBODY, str(warm_up), *map(str, words)]
    env = cli_env(home)
    return subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=False)


def protect(home: Path, folder_mode: int, file_mode: int) -> None:
    for path in home.iterdir():
        path.chmod(file_mode)
    home.chmod(folder_mode)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode"),
    [(0o555, 0o444), (0o777, 0o444)],
    ids=["file and folder", "only the file"],
)
@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs another user to be")
def test_a_read_only_store_is_read_and_not_written(
    public: Path, tmp_path: Path, folder_mode: int, file_mode: int
) -> None:
    home = public / "home"
    write_season(public / "season", 3)
    assert run_cli("import", public / "season", home=home).returncode == 0
    expected = run_cli("status", "--json", home=home).stdout
    protect(home, folder_mode, file_mode)
    read = as_nobody("status", "--json", home=home, warm_up=tmp_path / "warm")
    assert (read.returncode, read.stdout, read.stderr) == (0, expected, "")
    for number, words in enumerate((["shoe", "add", "Pegasus"], ["run", "ignore", "1"])):
        failed = as_nobody(*words, home=home, warm_up=tmp_path / f"warm-{number}")
        assert failed.returncode == 1
        assert failed.stderr.startswith("shoetrack: the ")
        assert failed.stderr.count("\n") == 1
        assert "writ" in failed.stderr or "made" in failed.stderr
    assert run_cli("status", "--json", home=home).stdout == expected


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs another user to be")
def test_what_a_crash_left_beside_a_read_only_store_counts(public: Path, tmp_path: Path) -> None:
    """Committed runs may still be in the -wal file; an answer without them would be wrong."""
    home, crashed = public / "home", public / "crashed"
    write_season(public / "season", 3)
    assert run_cli("shoe", "add", "Pegasus", home=home).returncode == 0
    with closing(Watch(home / "shoetrack.db")) as seen:  # the last one out would empty the file
        seen.entries()
        assert run_cli("import", public / "season", home=home).returncode == 0
        crashed.mkdir()
        for name in ("shoetrack.db", "shoetrack.db-wal"):
            shutil.copyfile(home / name, crashed / name)
    protect(crashed, 0o555, 0o444)
    read = as_nobody("status", "--json", home=crashed, warm_up=tmp_path / "warm")
    if read.returncode == 0:
        assert json.loads(read.stdout)["unassigned"]["runs"] == 3
    else:
        assert read.stdout == ""
        assert read.stderr.startswith("shoetrack: the store ")
        assert read.stderr.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs another user to be")
def test_a_store_of_someone_else(public: Path, tmp_path: Path) -> None:
    home = public / "home"
    assert run_cli("shoe", "add", "Pegasus", home=home).returncode == 0
    for folder_mode, file_mode in ((0o755, 0o000), (0o000, 0o600)):
        protect(home, folder_mode, file_mode)
        for words in (["status"], ["run", "add", "5km"]):
            warm_up = tmp_path / f"warm-{folder_mode}-{words[0]}"
            failed = as_nobody(*words, home=home, warm_up=warm_up)
            assert failed.returncode == 1
            assert failed.stdout == ""
            assert failed.stderr.startswith("shoetrack: ")
            assert failed.stderr.count("\n") == 1
            assert str(home) in failed.stderr
        home.chmod(0o700)


# --- writers at once ------------------------------------------------------------------------

COUNT_UP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from shoetrack.db.location import Location
from shoetrack.db.store import Store

store = Store(Location(Path(sys.argv[1])))
for _ in range(100):
    with store.write("shoe", "counted", datetime(2026, 6, 1, tzinfo=UTC)) as tx:
        (row,) = tx.rows("SELECT price FROM shoe WHERE athlete_id = :athlete AND id = 1")
        tx.update("shoe", 1, price=str(int(row["price"]) + 1))
"""


def test_no_update_is_lost_between_four_programs(
    store: Store, location: Location, tmp_path: Path
) -> None:
    """Each reads, decides and writes; a transaction that begins at its first write loses most."""
    with store.write("shoe", "", NOW) as tx:
        tx.add("shoe", name="Pegasus", name_key="pegasus", price="0")
    words = [sys.executable, "-c", COUNT_UP, str(location.path)]
    env = cli_env(tmp_path)
    programs = [subprocess.Popen(words, env=env, stderr=subprocess.PIPE) for _ in range(4)]
    for program in programs:
        with program:
            assert program.communicate(timeout=120)[1] == b""
            assert program.returncode == 0
    with closing(Watch(location.path)) as seen:
        assert seen.value("SELECT price FROM shoe") == "400"
        assert seen.value("SELECT COUNT(*) FROM journal") == 401
