"""Opening a store for writing: the PRAGMAs, and transactions that take the lock when they begin."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from shoetrack.db.location import Location
from shoetrack.errors import StoreError

# Another process's transactions are far shorter; past this something holds the store for good.
BUSY_TIMEOUT_S = 30


def make_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """An engine over an existing SQLite file.

    Python's sqlite3 begins a transaction late, at the first write: two processes that read, decide
    and write then lose each other's updates (277 of 400, measured). So it begins none, and
    SQLAlchemy's begin takes the write lock at once.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
        ),
        poolclass=NullPool,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA synchronous = FULL")
        # KB: of SQLite's own two MB, a change of ten thousand runs spills pages over and over.
        connection.execute("PRAGMA cache_size = -16000")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def make_folder(location: Location) -> None:
    """The store's folder: 0700 where shoetrack makes it or it is its own. Raises StoreError."""
    folder = location.path.parent
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if made or location.own_folder:
            folder.chmod(0o700)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} for the store cannot be made: {error.strerror}; name another"
            " place with --db or SHOETRACK_HOME"
        ) from error
