"""What a store is opened as: private, in WAL, and ours; anything else is refused and left alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shoetrack.db import version
from shoetrack.db.copies import copy
from shoetrack.db.engine import make_engine
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import StoreError
from tests.support import NOW, finish, run_cli, start_cli


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def _lax_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_lax_umask")
def test_only_the_owner_reads_it(location: Location) -> None:
    store = Store(location)
    folder = location.path.parent
    assert mode(folder) == 0o700
    with store.write("shoe", "", NOW) as tx:
        tx.add("shoe", name="Pegasus", name_key="pegasus")
        modes = {path.name: mode(path) for path in folder.iterdir()}
    names = ("shoetrack.db", "shoetrack.db-wal", "shoetrack.db-shm")
    assert modes == dict.fromkeys(names, 0o600)
    store.close()
    copy(location, folder / "copy.db")
    assert mode(folder / "copy.db") == 0o600
    assert {path.name for path in folder.iterdir()} == {"shoetrack.db", "copy.db"}


def test_the_folder_is_closed_to_others_where_it_is_ours(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    Store(Location(folder / "shoetrack.db")).close()
    assert mode(folder) == 0o755, "it was there before and may hold other things"
    assert mode(folder / "shoetrack.db") == 0o600
    Store(Location(folder / "other.db", own_folder=True)).close()
    assert mode(folder) == 0o700


def test_the_settings_of_a_connection(store: Store, location: Location) -> None:
    engine = make_engine(location.path)
    with engine.begin() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
        assert connection.connection.dbapi_connection.in_transaction  # type: ignore[union-attr]
    engine.dispose()
    assert (settings.pop("busy_timeout") or 0) >= 5000
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_a_step_that_fails_leaves_nothing(store: Store, location: Location) -> None:
    def add_and_fail() -> None:
        with store.write("shoe", "", NOW) as tx:
            tx.add("shoe", name="Pegasus", name_key="pegasus")
            raise KeyError

    with pytest.raises(KeyError):
        add_and_fail()
    with open_reader(location) as reader:
        assert reader is not None
        assert reader.rows("SELECT * FROM shoe") == []
        assert reader.rows("SELECT * FROM change") == []


def test_reading_makes_nothing(home: Path) -> None:
    done = run_cli("status", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert not home.exists()


def test_a_reader_cannot_write(store: Store, location: Location) -> None:
    with open_reader(location) as reader:
        assert reader is not None
        with pytest.raises(StoreError):
            reader.rows("DELETE FROM journal")


# --- what is not ours -----------------------------------------------------------------------


def _garbage(path: Path) -> None:
    path.write_bytes(b"These are no shoes. " * 300)


def _empty(path: Path) -> None:
    path.touch()


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE run (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        connection.commit()


def _newer(path: Path) -> None:
    Store(Location(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def _truncated(path: Path) -> None:
    Store(Location(path)).close()
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_garbage, "is not a shoetrack store"),
        (_empty, "not a shoetrack store"),
        (_foreign, "is a database, but not a shoetrack store"),
        (_newer, f"was written by a newer shoetrack (its version is 9999, this one knows up to"
                 f" {version.HEAD}): upgrade shoetrack"),
        (_truncated, "is damaged"),
    ],
)  # fmt: skip
def test_what_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    path = tmp_path / "some.db"
    make(path)
    before = path.read_bytes()
    for words in (["status"], ["shoe", "add", "Pegasus"], ["verify"]):
        done = run_cli(*words, "--db", path, home=tmp_path / "home")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("shoetrack: ")
        assert said in done.stderr
        assert str(path) in done.stderr
        assert done.stderr.count("\n") == 1
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir() if found.name != "home"] == ["some.db"]


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    for words in (["status"], ["shoe", "add", "Pegasus"]):
        done = run_cli(*words, "--db", tmp_path, home=tmp_path / "home")
        assert done.returncode == 1
        assert "is not a file" in done.stderr
        assert done.stderr.count("\n") == 1


# --- several at once ------------------------------------------------------------------------


def test_two_programs_make_the_same_store(home: Path) -> None:
    names = [f"Pair {number}" for number in range(4)]
    for done in [finish(p) for p in [start_cli("shoe", "add", n, home=home) for n in names]]:
        assert (done.returncode, done.stderr) == (0, "")
    with open_reader(Location(home / "shoetrack.db")) as reader:
        assert reader is not None
        found = [row["name"] for row in reader.rows("SELECT name FROM shoe")]
    assert sorted(found) == names
    assert [path.name for path in home.iterdir()] == ["shoetrack.db"]


def test_a_pair_of_the_same_name_is_added_once(home: Path) -> None:
    adding = [start_cli("shoe", "add", "Pegasus", home=home) for _ in range(3)]
    done = [finish(process) for process in adding]
    assert sorted(one.returncode for one in done) == [0, 1, 1]
    assert all("already" in one.stderr for one in done if one.returncode)
