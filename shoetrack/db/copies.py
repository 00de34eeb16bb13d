"""Copies of a whole store: made in one step, proved sound, and put back in one step.

A copy is one file without a -wal of its own, so that it may be carried anywhere.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from shoetrack import files
from shoetrack.db import faults, version
from shoetrack.db.columns import instant_text
from shoetrack.db.location import Location
from shoetrack.errors import StoreError

_PATIENCE_S = 30
# A delivery that waited in a copy for longer is old news when the copy is put back.
_OLD_NEWS = timedelta(days=1)
_SAID = ("alert", "delivery", "job", "heartbeat")


# --- making one -----------------------------------------------------------------------------


def copy(location: Location, target: Path, *, replace: bool = False) -> None:
    """Copy a live store to a 0600 file, which appears whole, proved and on the disk, or not at all.

    Raises FileExistsError where the file is there and is not to be replaced, StoreError where it
    cannot be made.
    """
    folder = target.parent
    try:
        handle, name = tempfile.mkstemp(prefix=PART, dir=folder)
    except OSError as error:
        raise _cannot(folder, error) from error
    os.close(handle)
    part = Path(name)
    try:
        found = _fill(location, part)
        _prove(part, location, found)
        files.sync(part)
        if replace:
            part.replace(target)
        else:
            _publish(part, target)
        files.sync_folder(folder)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise StoreError(
                f"the disk with {folder} is full, or failed: no backup was made, and what there"
                " was is as it was; make room, or name another place"
            ) from error
        raise faults.explain(error, location) from error
    except FileExistsError:
        raise
    except OSError as error:
        raise _cannot(folder, error) from error
    finally:
        for left in (part, part.with_name(f"{part.name}-journal")):
            left.unlink(missing_ok=True)


# What a copy is called as long as it is not whole.
PART = ".backup-"


def _cannot(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"no backup can be made in {folder}: {error.strerror}; name another place")


def _fill(location: Location, part: Path) -> str | None:
    """Copy the store; gives its version, None where it is no store of ours."""
    with closing(_connect(location.path, "rw")) as source, closing(_connect(part, "rw")) as made:
        source.backup(made, progress=_patience())
        made.execute("PRAGMA journal_mode = DELETE")
        return _version(source)


def _prove(part: Path, location: Location, expected: str | None) -> None:
    """Raise StoreError for a copy that is not what it was made from, or damaged as that is."""
    with closing(_connect(part, "ro&immutable=1")) as connection:
        if expected is None:
            raise StoreError(f"{location} is not a shoetrack store: no backup of it was made")
        if fault := _damage(connection):
            raise StoreError(
                f"the store {location} is damaged ({fault}): no backup of it was made, and those"
                " there are stay; restore one of them with `shoetrack restore`"
            )
        if _version(connection) != expected:
            raise StoreError(f"the copy of {location} is not like it: try again")


def _publish(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError as error:
        # A file system without links, as most USB sticks have.
        if target.exists():
            raise FileExistsError(target) from error
        part.rename(target)


# --- looking at one -------------------------------------------------------------------------


def take(file: Path, part: Path) -> None:
    """Copy a backup to a file to work on: sound, a store of ours, brought up to date there.

    The backup itself is only read. Raises StoreError.
    """
    where = Location(file)
    try:
        with closing(_connect(file, _read_only(file))) as source:
            found = _version(source)
            if found is None:
                raise StoreError(f"{where} is a database, but not a shoetrack store: name another")
            if found not in version.REVISIONS:
                raise StoreError(
                    f"the backup {where} was written by a newer shoetrack (its version is {found},"
                    f" this one knows up to {version.HEAD}): upgrade shoetrack"
                )
            if fault := _damage(source):
                raise StoreError(f"the backup {where} is damaged ({fault}): choose another")
            part.touch(mode=0o600)
            with closing(_connect(part, "rw")) as made:
                source.backup(made, progress=_patience())
                made.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise _no_room(error, part) or _unfit(error, where) from error
    except OSError as error:
        raise StoreError(f"the backup {where} cannot be read: {error.strerror}") from error
    if found != version.HEAD:
        from shoetrack.db.migrate import upgrade

        upgrade(Location(part))
    with closing(_connect(part, "ro&immutable=1")) as made:
        if row := made.execute("PRAGMA foreign_key_check").fetchone():
            raise StoreError(
                f"the backup {where} is damaged (rows of {row[0]} point nowhere): choose another"
            )


def fault_of(location: Location) -> str:
    """What is wrong with the file of the present store; nothing where it is sound.

    Raises StoreError where it cannot be read, or is the database of another program.
    """
    try:
        with closing(_connect(location.path, "rw")) as connection:
            if fault := _damage(connection):
                return fault
            if _version(connection) is None:
                raise StoreError(
                    f"{location} is a database, but not a shoetrack store: name another with --db"
                )
    except sqlite3.Error as error:
        if error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return str(error)
        raise faults.explain(error, location) from error
    return ""


def is_known(location: Location) -> bool:
    """Whether this shoetrack knows the version of a store. Raises StoreError."""
    try:
        with closing(_connect(location.path, "rw")) as connection:
            return _version(connection) in version.REVISIONS
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error


def _no_room(error: sqlite3.Error, part: Path) -> StoreError | None:
    if not error.sqlite_errorname.startswith("SQLITE_FULL"):
        return None
    return StoreError(
        f"the disk with {part.parent.parent} is full: the backup has to be copied there first, so"
        " nothing was changed; make room"
    )


def _unfit(error: sqlite3.Error, where: Location) -> StoreError:
    name = error.sqlite_errorname
    if name.startswith("SQLITE_NOTADB"):
        return StoreError(f"{where} is not a backup of a store: choose another file")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(f"the backup {where} is damaged ({error}): choose another")
    return faults.explain(error, where)


def _read_only(file: Path) -> str:
    """How to open a file that is to stay as it is: SQLite would put a -wal beside one in WAL mode,
    unless it is told that nobody writes it. A -wal that is there has to be read, though.
    """
    wal = file.with_name(f"{file.name}-wal")
    return "ro" if wal.exists() and wal.stat().st_size else "ro&immutable=1"


def _damage(connection: sqlite3.Connection) -> str:
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if found == "ok" else str(found).splitlines()[-1]


def _version(connection: sqlite3.Connection) -> str | None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != version.APPLICATION_ID:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


# --- putting one back -----------------------------------------------------------------------


def put(part: Path, location: Location) -> None:
    """Put a copy in the place of what a live store holds, in one transaction of SQLite's: others
    who have it open see the old or the new, and so does whoever comes after a kill.

    Raises StoreError.
    """
    try:
        with closing(_connect(location.path, "rw")) as live, closing(_connect(part, "rw")) as made:
            _fit_pages(made, live)
            live.execute("PRAGMA synchronous = FULL")
            made.backup(live, progress=_patience())
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error


@contextmanager
def watched(location: Location) -> Iterator[Callable[[], bool]]:
    """Tells whether anyone has written to a store since the block began. Raises StoreError."""
    try:
        with closing(_connect(location.path, "rw")) as connection:
            before = connection.execute("PRAGMA data_version").fetchone()
            yield lambda: connection.execute("PRAGMA data_version").fetchone() != before
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error


def set_aside(location: Location, now: datetime) -> Path:
    """Move a damaged store out of the way, with what belongs to it; gives where it is now.

    The store itself goes last: a -wal beside another store would be written into that.
    """
    path = location.path
    stamp = f"damaged-{now:%Y%m%dT%H%M%S}"
    try:
        for end in ("-wal", "-shm", ""):
            file = path.with_name(path.name + end)
            if file.exists():
                file.rename(path.with_name(f"{path.name}.{stamp}{end}"))
        files.sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be moved out of the way: {error.strerror}") from error
    return path.with_name(f"{path.name}.{stamp}")


def keep_what_was_said(part: Path, present: Path | None, now: datetime) -> None:
    """Have a copy remember what was said since it was made, so that it is not said again.

    A restored store is older, but people have not forgotten: what `present`, a copy of the store
    that is replaced, has of alerts, deliveries and jobs takes the place of the copy's own. Where
    that is another store, or none, the copy's own stay, and only what waits to be sent for more
    than a day is dropped. Raises StoreError.
    """
    try:
        with closing(_connect(part, "rw")) as made:
            if present is not None:
                made.execute("ATTACH ? AS present", (f"{present.as_uri()}?mode=ro&immutable=1",))
            made.execute("BEGIN IMMEDIATE")
            if present is not None and _is_of_one_kind(made):
                _take_over(made)
            else:
                _drop_old_news(made, now)
            made.execute(
                "UPDATE alert SET after_change ="
                " MIN(after_change, (SELECT coalesce(MAX(id), 0) FROM change))"
            )
            made.execute("COMMIT")
    except sqlite3.Error as error:
        raise _no_room(error, part) or faults.explain(error, Location(part)) from error


def _drop_old_news(made: sqlite3.Connection, now: datetime) -> None:
    made.execute(
        "UPDATE delivery SET status = 'dropped', fault = 'it was in a backup'"
        " WHERE status = 'pending' AND created_at < ?",
        (instant_text(now - _OLD_NEWS),),
    )


def _is_of_one_kind(made: sqlite3.Connection) -> bool:
    """Whether both are of one version, and were once the same store: their first change is."""
    for question in (
        "SELECT version_num FROM {}.alembic_version",
        "SELECT kind, summary, made_at FROM {}.change ORDER BY id LIMIT 1",
    ):
        ours, theirs = (
            made.execute(question.format(schema)).fetchone() for schema in ("main", "present")
        )
        if ours is None or ours != theirs:
            return False
    return True


def _take_over(made: sqlite3.Connection) -> None:
    made.execute("DELETE FROM delivery")
    for table in _SAID:
        made.execute(f"DELETE FROM main.{table}")
    kept = {
        # A pair that the copy does not have, or that had another name, is spoken of anew.
        "alert": "shoe_id IS NULL OR EXISTS (SELECT 1 FROM present.shoe AS was"
        " JOIN main.shoe AS pair ON pair.id = was.id AND pair.name_key = was.name_key"
        " WHERE was.id = shoe_id)",
        "delivery": "alert_id IN (SELECT id FROM main.alert)",
    }
    for table in _SAID:
        names = ", ".join(
            row[1] for row in made.execute(f"PRAGMA main.table_info({table})").fetchall()
        )
        made.execute(
            f"INSERT INTO main.{table} ({names})"
            f" SELECT {names} FROM present.{table} WHERE {kept.get(table, '1')}"
        )
    # Files that came in since are to come in again; those that were told of are not told again.
    columns = "athlete_id, place, size, mtime_ns, read_by, reason, seen_at, digest"
    made.execute(
        f"INSERT INTO main.watched_file ({columns}) SELECT {columns} FROM present.watched_file"
        " WHERE reason <> '' AND place NOT IN (SELECT place FROM main.watched_file)"
    )


# --- within ---------------------------------------------------------------------------------


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE_S, isolation_level=None
    )


def _patience() -> Callable[[int, int, int], None]:
    """sqlite3 would try for ever to copy from, or to, a store that another holds."""
    until = time.monotonic() + _PATIENCE_S

    def go_on(status: int, _left: int, _pages: int) -> None:
        is_held = status & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if is_held and time.monotonic() > until:
            raise StoreError(
                "the store is in use by another program, which did not let go of it: try again"
                " when that has finished"
            )

    return go_on


def _fit_pages(made: sqlite3.Connection, live: sqlite3.Connection) -> None:
    """A store in WAL mode takes only pages of the size that it has."""
    (has,), (wanted,) = (one.execute("PRAGMA page_size").fetchone() for one in (made, live))
    if has != wanted:
        made.execute(f"PRAGMA page_size = {wanted}")
        made.execute("VACUUM")
