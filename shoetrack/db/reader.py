"""Reading a store through the standard library's sqlite3: what the questions use, and fast."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from shoetrack.db import faults, version
from shoetrack.db.location import Location
from shoetrack.errors import StoreError

ATHLETE = 1

Row = Mapping[str, Any]


class Rows(Protocol):
    """Whatever can answer a SELECT: a reader here, or a write transaction in `store`."""

    athlete: int

    def rows(self, sql: str, /, **params: object) -> list[Any]:
        """The rows of a SELECT in the words both dialects share; `:name` stands for a parameter,
        `:athlete` is always given. A row is read by its columns' names.
        """


class Reader:
    """A store opened for reading."""

    def __init__(self, connection: sqlite3.Connection, location: Location) -> None:
        self.athlete = ATHLETE
        self._connection = connection
        self._location = location

    def rows(self, sql: str, /, **params: object) -> list[Any]:
        try:
            return self._connection.execute(sql, {"athlete": self.athlete, **params}).fetchall()
        except sqlite3.Error as error:
            raise faults.explain(error, self._location) from error


@contextmanager
def open_reader(location: Location) -> Iterator[Reader | None]:
    """Open the store at `location` for reading; None where there is none yet.

    One transaction: every answer is of the same moment. An older store is migrated first. Raises
    StoreError.
    """
    if not exists(location):
        yield None
        return
    connection = _connect(location)
    try:
        if _version(connection, location) != version.HEAD:
            connection.close()
            from shoetrack.db.migrate import upgrade

            upgrade(location)
            connection = _connect(location)
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        yield Reader(connection, location)
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error
    finally:
        connection.close()


def exists(location: Location) -> bool:
    """Whether there is a store file. Raises StoreError where nobody can tell."""
    path = location.path
    try:
        if path.exists():
            if not path.is_file():
                raise StoreError(f"the store {location} is not a file: name another with --db")
            return True
        if path.is_symlink():
            raise StoreError(
                f"the store {location} is a link to what is not there: is a drive not mounted?"
            )
        return False
    except OSError as error:
        raise StoreError(f"the store {location} cannot be reached: {error.strerror}") from error


def schema_version(location: Location) -> str:
    """The version of an existing store. Raises StoreError for a newer one, or none of ours."""
    connection = _connect(location)
    try:
        return _version(connection, location)
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error
    finally:
        connection.close()


def _version(connection: sqlite3.Connection, location: Location) -> str:
    if connection.execute("PRAGMA application_id").fetchone()[0] != version.APPLICATION_ID:
        raise StoreError(
            f"{location} is a database, but not a shoetrack store: name another with --db"
        )
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise StoreError(
            f"the store {location} is damaged (it does not say of which version it is): restore it"
            " from a backup"
        )
    (found,) = row
    if found not in version.REVISIONS:
        raise StoreError(
            f"the store {location} was written by a newer shoetrack (its version is {found}, this"
            f" one knows up to {version.HEAD}): upgrade shoetrack"
        )
    return str(found)


def _connect(location: Location) -> sqlite3.Connection:
    path = location.path
    try:
        connection = sqlite3.connect(
            f"{_uri(location)}?mode=rw", uri=True, timeout=30, isolation_level=None
        )
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            # On a read-only medium SQLite cannot make its shared-memory file, and needs telling
            # that nobody else can write either. It then looks past what a crash has left in the
            # -wal file, so with that an answer would be a wrong one.
            if (
                error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
                and not os.access(path.parent, os.W_OK)
                and not _has_pages(path.with_name(f"{path.name}-wal"))
            ):
                return sqlite3.connect(
                    f"{_uri(location)}?mode=ro&immutable=1", uri=True, isolation_level=None
                )
            raise
        except sqlite3.Error:  # it is no database
            connection.close()
            raise
    except sqlite3.Error as error:
        raise faults.explain(error, location) from error
    return connection


def _has_pages(wal: Path) -> bool:
    return wal.exists() and wal.stat().st_size > 0


def _uri(location: Location) -> str:
    return location.path.as_uri()
