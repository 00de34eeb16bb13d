"""Backups: whole or not at all, proved before they count, and put back whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import backups, hand, locks
from shoetrack.audit import verify
from shoetrack.db import copies, shoe_queries, version
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import RefusedError, StoreError
from shoetrack.model import FileSeen, Shoe
from tests.laws import watch
from tests.laws.watch import State, Watch
from tests.support import NOW, cli_env, disk_of, import_paths, write_season

TODAY = date(2026, 6, 1)


@pytest.fixture
def data(location: Location) -> Path:
    return location.path.parent


@pytest.fixture
def season(store: Store, location: Location, tmp_path: Path) -> Location:
    """A store with a pair and ten runs."""
    add(store, "Pegasus 41")
    write_season(tmp_path / "season", 10)
    import_paths(store, location, [tmp_path / "season"])
    return location


def add(store: Store, name: str) -> Shoe:
    pair = Shoe(id=0, name=name)
    return hand.add_shoe(store, pair, 0, hand.DefaultFor(), NOW, TODAY)


def state(path: Path) -> State:
    with closing(Watch(path)) as seen:
        return watch.state(seen)


def names(location: Location) -> list[str]:
    with open_reader(location) as reader:
        assert reader is not None
        return [shoe.name for shoe in shoe_queries.shoes(reader)]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- making them ----------------------------------------------------------------------------


def test_a_backup_is_one_whole_file_for_its_owner(season: Location, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    first = backups.back_up(season, folder, NOW, zone=UTC)
    second = backups.back_up(season, folder, NOW, zone=UTC)
    assert listed(folder) == ["shoetrack-2026-06-01-2.db", "shoetrack-2026-06-01.db"]
    assert (first.name, second.name) == ("shoetrack-2026-06-01.db", "shoetrack-2026-06-01-2.db")
    assert mode(first) == 0o600
    with closing(sqlite3.connect(f"{first.as_uri()}?mode=ro", uri=True)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT count(*) FROM run").fetchone() == (10,)
    assert len(listed(folder)) == 2, "looking at it leaves nothing beside it"
    assert state(first) == state(season.path)


def test_what_is_in_the_wal_is_in_it_too(season: Location, store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(season.path)) as open_meanwhile:
        open_meanwhile.execute("SELECT count(*) FROM run").fetchone()
        add(store, "Late")
        assert season.path.with_name("shoetrack.db-wal").stat().st_size > 0
        made = backups.back_up(season, tmp_path, NOW)
    assert names(Location(made)) == ["Pegasus 41", "Late"]


def test_the_day_is_the_local_one(season: Location, tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    late = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    made = backups.back_up(season, tmp_path, late, zone=ZoneInfo("Europe/Copenhagen"))
    assert made.name == "shoetrack-2026-06-02.db"


def test_the_weekly_one_keeps_four_and_only_its_own(season: Location, data: Path) -> None:
    folder = backups.make_backups_folder(data)
    assert mode(folder) == 0o700
    others = [
        "notes.txt",
        "shoetrack-2020-01-01-by-hand.db",
        "shoetrack-2020-01-01-before-restore-2.db",
        "shoetrack-2020-01-01.db.gz",
        "shoetrack-2020-13-45.db",
        "other-2020-01-01.db",
    ]
    for name in others:
        (folder / name).write_text("mine")
    (folder / "shoetrack-2019-01-01.db").symlink_to(folder / "notes.txt")
    (folder / "shoetrack-2018-01-01.db").mkdir()
    for week in range(7):
        backups.weekly(season, data, NOW + timedelta(weeks=week), zone=UTC)
    weekly = ["shoetrack-2026-06-22.db", "shoetrack-2026-06-29.db"]
    weekly += ["shoetrack-2026-07-06.db", "shoetrack-2026-07-13.db"]
    kept = {*others, *weekly, "shoetrack-2019-01-01.db", "shoetrack-2018-01-01.db"}
    assert set(listed(folder)) == kept
    for name in weekly:
        assert mode(folder / name) == 0o600
        assert state(folder / name) == state(season.path)


def test_a_second_weekly_one_on_a_day_takes_the_place_of_the_first(
    season: Location, store: Store, data: Path
) -> None:
    first = backups.weekly(season, data, NOW, zone=UTC)
    add(store, "Later")
    assert backups.weekly(season, data, NOW + timedelta(hours=1), zone=UTC) == first
    assert names(Location(first)) == ["Pegasus 41", "Later"]
    assert listed(backups.folder_of(data)) == [first.name]


def test_a_clock_that_went_back_never_costs_the_one_just_made(season: Location, data: Path) -> None:
    for week in range(4):
        backups.weekly(season, data, NOW + timedelta(weeks=week), zone=UTC)
    for day in range(3):
        long_ago = datetime(2001, 1, 1 + day, tzinfo=UTC)
        made = backups.weekly(season, data, long_ago, zone=UTC)
        found = listed(backups.folder_of(data))
        assert made.name in found
        assert len(found) == 4
        assert len([name for name in found if "2026" in name]) == 3


def test_what_a_kill_left_behind_goes_in_time(season: Location, data: Path) -> None:
    folder = backups.make_backups_folder(data)
    old, new = folder / ".backup-old", folder / ".backup-new"
    for path, age in ((old, timedelta(days=2)), (new, timedelta(hours=1))):
        path.write_text("half")
        at = (NOW - age).timestamp()
        os.utime(path, (at, at))
    backups.weekly(season, data, NOW, zone=UTC)
    assert (old.exists(), new.exists()) == (False, True)


def test_the_list_is_newest_first(season: Location, data: Path) -> None:
    assert backups.listed(data) == []
    made = [backups.weekly(season, data, NOW + timedelta(weeks=i), zone=UTC) for i in (1, 0, 2)]
    folder = backups.folder_of(data)
    by_hand = backups.back_up(season, folder, NOW, label=backups.BY_HAND, zone=UTC)
    os.utime(made[1], (1, 1))
    found = backups.listed(data)
    assert [one.path for one in found] == [made[2], made[0], by_hand, made[1]]
    assert all(one.made_at.tzinfo is UTC for one in found)


# --- what cannot be -------------------------------------------------------------------------


def spoil(path: Path) -> None:
    """Have the pages in the middle of a store hold nonsense."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xa5" * (size // 4))


def test_a_damaged_store_pushes_no_good_backup_out(
    season: Location, store: Store, data: Path
) -> None:
    good = [backups.weekly(season, data, NOW + timedelta(weeks=i), zone=UTC) for i in range(4)]
    store.close()
    spoil(season.path)
    with pytest.raises(StoreError, match=r"is damaged .*: (no backup|restore it)"):
        backups.weekly(season, data, NOW + timedelta(weeks=5), zone=UTC)
    assert listed(backups.folder_of(data)) == sorted(path.name for path in good)


def test_a_file_of_another_program_is_not_backed_up(tmp_path: Path) -> None:
    other = Location(tmp_path / "other.db")
    with closing(sqlite3.connect(other.path)) as connection:
        connection.execute("CREATE TABLE recipe (name)")
    with pytest.raises(StoreError, match="not a shoetrack store"):
        backups.back_up(other, tmp_path, NOW)
    assert listed(tmp_path) == ["other.db"]
    with pytest.raises(RefusedError, match="nothing to back up"):
        backups.weekly(Location(tmp_path / "none.db"), tmp_path, NOW)
    assert listed(tmp_path) == ["other.db"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB, which is less than a store takes."""
    with disk_of("200k", tmp_path / "disk") as disk:
        yield disk


def test_a_full_disk_keeps_nothing_half(season: Location, small_disk: Path) -> None:
    old = small_disk / "shoetrack-2020-01-01.db"
    old.write_text("an older one")
    with pytest.raises(StoreError, match=r"the disk with .* is full, or failed: no backup"):
        backups.back_up(season, small_disk, NOW)
    assert listed(small_disk) == [old.name]
    with pytest.raises(StoreError, match="is full"):
        backups.back_up_to(season, old, replace=True)
    assert old.read_text() == "an older one"


def test_a_disk_that_fills_up_while_one_is_put_back(
    season: Location, store: Store, tmp_path: Path, small_disk: Path
) -> None:
    """Wherever the room ends, the store is as it was; with enough of it the same call works."""
    made = backups.back_up(season, tmp_path, NOW)
    add(store, "Newer")
    here = Location(small_disk / "shoetrack.db")
    subprocess.run(["mount", "-o", "remount,size=20M", small_disk], check=True)
    shutil.copy(backups.back_up(season, tmp_path, NOW), here.path)
    with closing(sqlite3.connect(here.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    size = here.path.stat().st_size // 1024 + 100
    said = []
    for room in range(0, 5 * size, size // 2):
        for left in small_disk.glob("backups/*"):
            left.unlink()
        subprocess.run(["mount", "-o", f"remount,size={size + room}k", small_disk], check=True)
        before = state(here.path)
        try:
            restore(here, made)
        except StoreError as error:
            said.append(str(error))
            assert state(here.path) == before
        else:
            break
        assert [path.name for path in small_disk.glob(".*")] == []
    assert said
    assert all("full" in one for one in said)
    assert all("part.db" not in one for one in said)  # which is nobody's file
    assert state(here.path) == state(made)


def test_a_folder_that_is_not_there(season: Location, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no backup can be made in .*: No such file"):
        backups.back_up(season, tmp_path / "none", NOW)


# --- putting one back -----------------------------------------------------------------------


def restore(location: Location, file: Path, now: datetime = NOW) -> Path | None:
    with backups.opened(location, file) as candidate:
        return backups.put_back(location, candidate, location.path.parent, now)


def test_what_was_is_back_and_what_is_now_is_kept(
    season: Location, store: Store, tmp_path: Path
) -> None:
    then = state(season.path)
    made = backups.back_up(season, tmp_path, NOW)
    before = made.read_bytes()
    add(store, "Newer")
    now = state(season.path)
    kept = restore(season, made)
    assert kept is not None
    assert kept.name == "shoetrack-2026-06-01-before-restore.db"
    assert (state(season.path), state(kept)) == (then, now)
    assert made.read_bytes() == before
    assert [name for name in listed(season.path.parent) if name.startswith(".")] == []
    with closing(Watch(season.path)) as seen:
        assert seen.value("PRAGMA journal_mode") == "wal"
    with open_reader(season) as reader:
        assert verify(reader).problems == ()
    assert mode(season.path) == 0o600
    add(store, "Goes on")
    restore(season, kept)
    assert state(season.path) == now


def test_on_a_new_machine(season: Location, tmp_path: Path) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    new = Location(tmp_path / "new" / "shoetrack.db", own_folder=True)
    assert restore(new, made) is None
    assert state(new.path) == state(season.path)
    assert (mode(new.path.parent), mode(new.path)) == (0o700, 0o600)


def test_what_is_shown_of_it(season: Location, store: Store, tmp_path: Path) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    add(store, "Newer")
    with backups.opened(season, made) as candidate:
        there, now = candidate.content, candidate.now_there
    assert now is not None
    assert (there.pairs, now.pairs) == (1, 2)
    assert (there.runs, there.newest) == (10, date(2026, 5, 31))
    assert there.distance_mm == state(season.path).distance_mm
    assert there.changed_at == NOW


def test_those_who_have_it_open_see_the_old_or_the_new(
    season: Location, store: Store, tmp_path: Path
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    add(store, "Newer")
    with closing(Watch(season.path)) as seen:
        seen.rows("BEGIN")
        assert seen.value("SELECT count(*) FROM shoe") == 2
        restore(season, made)
        assert seen.value("SELECT count(*) FROM shoe") == 2
        seen.rows("COMMIT")
        assert seen.value("SELECT count(*) FROM shoe") == 1
    assert names(season) == ["Pegasus 41"]


def test_an_older_backup_is_brought_up_to_date_but_not_itself(
    season: Location, store: Store, tmp_path: Path
) -> None:
    store.close()
    old = older(season, tmp_path / "old.db")
    before = old.read_bytes()
    restore(season, old)
    assert names(season) == ["Old pair"]
    with closing(Watch(season.path)) as seen:
        assert seen.value("SELECT version_num FROM alembic_version") == version.HEAD
    assert old.read_bytes() == before
    assert listed(tmp_path / "season")
    assert [path.name for path in tmp_path.glob("old*")] == ["old.db"]


def older(location: Location, path: Path) -> Path:
    """A store of the first version, with a pair in it."""
    from alembic import command
    from alembic.config import Config

    from shoetrack.db.engine import make_engine
    from shoetrack.db.migrate import SCRIPTS

    path.touch()
    engine = make_engine(path, foreign_keys=False)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, version.REVISIONS[0])
        connection.exec_driver_sql(f"PRAGMA application_id = {version.APPLICATION_ID}")
        connection.exec_driver_sql(
            "INSERT INTO shoe (athlete_id, name, name_key) VALUES (1, 'Old pair', 'old pair')"
        )
    engine.dispose()
    return path


def test_a_store_with_its_wal_beside_it_is_read_whole(
    season: Location, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    with closing(sqlite3.connect(season.path)) as open_meanwhile:
        open_meanwhile.execute("SELECT count(*) FROM run").fetchone()
        add(store, "In the wal")
        for name in ("shoetrack.db", "shoetrack.db-wal"):
            shutil.copy(season.path.with_name(name), folder / name)
    before = {name: (folder / name).read_bytes() for name in listed(folder)}
    new = Location(tmp_path / "new" / "shoetrack.db", own_folder=True)
    restore(new, folder / "shoetrack.db")
    assert names(new) == ["Pegasus 41", "In the wal"]
    assert before == {name: (folder / name).read_bytes() for name in before}


def test_pages_of_another_size(season: Location, tmp_path: Path) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("VACUUM")
    restore(season, made)
    assert state(season.path) == state(made)


# --- what is not put back -------------------------------------------------------------------


def not_sqlite(made: Path) -> None:
    made.write_text("Dear diary\n" * 1000)


def empty(made: Path) -> None:
    made.write_bytes(b"")


def cut_off(made: Path) -> None:
    made.write_bytes(made.read_bytes()[: made.stat().st_size // 2])


def newer(made: Path) -> None:
    change(made, "UPDATE alembic_version SET version_num = '9999'")


def of_another_program(made: Path) -> None:
    change(made, "PRAGMA application_id = 7")


def pointing_nowhere(made: Path) -> None:
    change(made, "UPDATE sighting SET run_id = 4711")


def change(made: Path, sql: str) -> None:
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (not_sqlite, "is not a backup of a store"),
        (empty, "not a shoetrack store"),
        (cut_off, "is damaged"),
        (spoil, "is damaged"),
        (newer, "written by a newer shoetrack"),
        (of_another_program, "not a shoetrack store"),
        (pointing_nowhere, "is damaged .rows of sighting point nowhere"),
    ],
)
def test_what_is_no_sound_backup_changes_nothing(
    season: Location, tmp_path: Path, harm: Any, said: str
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    harm(made)
    before = (state(season.path), made.read_bytes())
    with pytest.raises(StoreError, match=said):
        restore(season, made)
    assert (state(season.path), made.read_bytes()) == before
    assert not backups.folder_of(season.path.parent).exists()


@pytest.mark.parametrize("purpose", [locks.DAEMON, locks.STRAVA], ids=lambda one: one[0])
def test_not_while_another_is_at_work(
    season: Location, tmp_path: Path, purpose: tuple[str, str]
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    what = "the daemon of this store is running: stop it" if purpose is locks.DAEMON else "Strava"
    with locks.one_at_a_time(season, purpose), pytest.raises(RefusedError, match=what):
        restore(season, made)
    restore(season, made)


def test_nobody_starts_while_it_is_put_back(season: Location, tmp_path: Path) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    with backups.opened(season, made):
        assert locks.is_held(season, locks.DAEMON)
        assert locks.is_held(season, locks.DELIVERY)
    assert not locks.is_held(season, locks.DAEMON)


def test_what_another_wrote_meanwhile_is_not_lost(
    season: Location, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    keep = copies.keep_what_was_said

    def slowly(part: Path, present: Path | None, now: datetime) -> None:
        add(store, "By another")
        keep(part, present, now)

    monkeypatch.setattr(copies, "keep_what_was_said", slowly)
    with pytest.raises(RefusedError, match="another process wrote to the store meanwhile"):
        restore(season, made)
    assert names(season) == ["Pegasus 41", "By another"]


def test_a_store_that_is_held_for_good(
    season: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    monkeypatch.setattr(copies, "_PATIENCE_S", 0.1)
    before = state(season.path)
    with closing(sqlite3.connect(season.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another program"):
            restore(season, made)
        other.execute("ROLLBACK")
    assert state(season.path) == before


# --- a damaged store ------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [not_sqlite, spoil])
def test_a_damaged_store_is_set_aside(
    season: Location, store: Store, tmp_path: Path, harm: Any
) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    then = state(made)
    store.close()
    harm(season.path)
    damaged = season.path.read_bytes()
    kept = restore(season, made)
    assert kept is not None
    assert kept.name == "shoetrack.db.damaged-20260601T120000"
    assert kept.read_bytes() == damaged
    assert state(season.path) == then
    with open_reader(season) as reader:
        assert verify(reader).problems == ()


def test_what_is_set_aside_takes_its_wal_along(tmp_path: Path) -> None:
    """SQLite would write a -wal that stays behind into the next store."""
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"a.db{end}").write_text(end)
    kept = copies.set_aside(Location(tmp_path / "a.db"), NOW)
    assert listed(tmp_path) == [f"{kept.name}{end}" for end in ("", "-shm", "-wal")]


def test_the_database_of_another_program_is_left_alone(season: Location, tmp_path: Path) -> None:
    made = backups.back_up(season, tmp_path, NOW)
    other = Location(tmp_path / "music.db")
    change(other.path, "CREATE TABLE song (name)")
    before = other.path.read_bytes()
    with pytest.raises(StoreError, match="not a shoetrack store: name another with --db"):
        restore(other, made)
    assert other.path.read_bytes() == before


# --- what was said --------------------------------------------------------------------------


def say(store: Store, subject: str, now: datetime, status: str, shoe_id: int | None = None) -> None:
    with store.write("alerts", "said", now) as tx:
        alert_id = tx.note_new(
            "alert",
            kind="wear",
            subject=subject,
            shoe_id=shoe_id,
            stage="worn-out",
            title="t",
            body="b",
            after_change=tx.rows("SELECT max(id) AS last FROM change")[0]["last"],
            raised_at=now,
        )
        tx.note_new(
            "delivery",
            alert_id=alert_id,
            channel="email",
            status=status,
            created_at=now,
            next_at=now,
        )


def said(location: Location) -> list[tuple[str, str]]:
    with closing(Watch(location.path)) as seen:
        rows = seen.rows(
            "SELECT subject, status, after_change FROM alert"
            " JOIN delivery ON alert_id = alert.id ORDER BY alert.id"
        )
        last = seen.value("SELECT max(id) FROM change")
    assert all(row["after_change"] <= last for row in rows)
    return [(row["subject"], row["status"]) for row in rows]


def test_what_was_said_stays_said(season: Location, store: Store, tmp_path: Path) -> None:
    say(store, "shoe:1", NOW, "pending", 1)
    made = backups.back_up(season, tmp_path, NOW)
    with store.write("alerts", "sent", NOW) as tx:
        tx.note("delivery", 1, status="delivered", delivered_at=NOW)
        tx.note("alert", 1, acked_at=NOW)
    other = add(store, "Newer")
    say(store, f"shoe:{other.id}", NOW, "delivered", other.id)
    say(store, "waiting", NOW, "delivered")
    restore(season, made)
    assert said(season) == [("shoe:1", "delivered"), ("waiting", "delivered")]
    with closing(Watch(season.path)) as seen:
        assert seen.value("SELECT count(*) FROM alert WHERE acked_at IS NOT NULL") == 1
        assert seen.rows("PRAGMA foreign_key_check") == []


def test_files_of_watched_folders_since_a_backup_are_to_come_in_again(
    season: Location, store: Store, tmp_path: Path
) -> None:
    def deal_with(place: str, reason: str = "") -> None:
        with store.write("import", "a file", NOW) as tx:
            tx.note_new(
                "watched_file",
                place=place,
                size=1,
                mtime_ns=1,
                read_by="",
                reason=reason,
                seen_at=NOW,
            )

    deal_with("/w/before.fit")
    deal_with("/w/mended.fit", "damaged")
    made = backups.back_up(season, tmp_path, NOW)
    deal_with("/w/since.fit")
    deal_with("/w/told.fit", "damaged")
    restore(season, made)
    with closing(Watch(season.path)) as seen:
        rows = seen.rows("SELECT place, reason FROM watched_file ORDER BY id")
    assert [(row["place"], row["reason"]) for row in rows] == [
        ("/w/before.fit", ""),
        ("/w/mended.fit", "damaged"),
        ("/w/told.fit", "damaged"),
    ]


def test_of_another_store_only_what_is_new_is_sent(
    season: Location, store: Store, tmp_path: Path
) -> None:
    say(store, "shoe:1", NOW - timedelta(days=2), "pending", 1)
    say(store, "waiting", NOW - timedelta(hours=2), "pending")
    made = backups.back_up(season, tmp_path, NOW)
    new = Location(tmp_path / "new" / "shoetrack.db", own_folder=True)
    another = Store(new)
    add(another, "Something else")
    say(another, "digest", NOW, "delivered")
    another.close()
    restore(new, made)
    assert said(new) == [("shoe:1", "dropped"), ("waiting", "pending")]


# --- kill -9 --------------------------------------------------------------------------------

RESTORE = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from shoetrack import backups
from shoetrack.db import copies, migrate
from shoetrack.db.location import Location

store, file, data, where = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]

def killed_at(module, name):
    real = getattr(module, name)
    def instead(*args, **kwargs):
        if where == f"before {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*args, **kwargs)
        if where == f"after {name}":
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    setattr(module, name, instead)

for name in ("take", "copy", "keep_what_was_said", "put", "set_aside"):
    killed_at(copies, name)
killed_at(migrate, "create")
location = Location(store, own_folder=True)
with backups.opened(location, file) as candidate:
    backups.put_back(location, candidate, data, datetime.fromisoformat(sys.argv[5]))
"""


def start(location: Location, file: Path, where: str) -> subprocess.Popen[bytes]:
    data = str(location.path.parent)
    words = [str(location.path), str(file), data, where, NOW.isoformat()]
    return subprocess.Popen([sys.executable, "-c", RESTORE, *words], env=cli_env(location.path))


def test_killed_anywhere_the_store_is_the_old_or_the_new(
    season: Location, store: Store, tmp_path: Path
) -> None:
    then = state(season.path)
    made = backups.back_up(season, tmp_path, NOW)
    add(store, "Newer")
    store.close()
    now = state(season.path)
    for where in ("after take", "after copy", "before put", "after put"):
        process = start(season, made, where)
        assert process.wait(60) == -signal.SIGKILL, where
        assert state(season.path) == (then if where == "after put" else now), where
        with open_reader(season) as reader:
            assert verify(reader).problems == ()
    process = start(season, made, "nowhere")
    assert process.wait(60) == 0
    assert state(season.path) == then
    assert [name for name in listed(season.path.parent) if name.startswith(".")] == []


def test_killed_in_the_middle_of_writing(season: Location, store: Store, tmp_path: Path) -> None:
    """The store is large enough to be seen half written."""
    with store.write("files", "", NOW) as tx:
        skips = ("x" * 1_000_000,)
        tx.remember(FileSeen(f"{i}.gpx", 1, 1, "d" * 64, "gpx", 0, skips) for i in range(20))
    made = backups.back_up(season, tmp_path, NOW)
    add(store, "Newer")
    store.close()
    now = state(season.path)
    wal = season.path.with_name("shoetrack.db-wal")

    def written() -> int:
        try:
            return wal.stat().st_size
        except FileNotFoundError:
            return 0

    for size in (1, 10_000_000):
        process = start(season, made, "nowhere")
        deadline = time.monotonic() + 60
        while written() < size:
            assert process.poll() is None, "it was over before it was seen"
            assert time.monotonic() < deadline
        process.kill()
        process.wait(60)
        assert state(season.path) == now
        with open_reader(season) as reader:
            assert verify(reader).problems == ()


def test_a_damaged_store_and_a_kill(season: Location, store: Store, tmp_path: Path) -> None:
    then = state(season.path)
    made = backups.back_up(season, tmp_path, NOW)
    store.close()
    spoil(season.path)
    damaged = season.path.read_bytes()
    for where in ("after set_aside", "after create"):
        assert start(season, made, where).wait(60) == -signal.SIGKILL
    assert start(season, made, "nowhere").wait(60) == 0
    assert state(season.path) == then
    aside = season.path.with_name("shoetrack.db.damaged-20260601T120000")
    assert aside.read_bytes() == damaged
