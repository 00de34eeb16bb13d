"""Making a store, and bringing an older one up to date. The only place that loads Alembic."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from shoetrack.db import faults, version
from shoetrack.db.copies import copy
from shoetrack.db.engine import make_engine, make_folder
from shoetrack.db.location import Location
from shoetrack.db.reader import exists, schema_version
from shoetrack.errors import StoreError

# The folder of Alembic's scripts.
SCRIPTS = Path(__file__).parent / "migrations"


def create(location: Location) -> None:
    """Make an empty store, whole or not at all; one that is there already stays as it is.

    It is made under another name and linked into place, so that neither a kill nor another process
    that does the same can leave or see half of one. Raises StoreError.
    """
    if exists(location):
        return
    make_folder(location)
    try:
        with tempfile.TemporaryDirectory(prefix=".new-store-", dir=location.path.parent) as folder:
            fresh = Path(folder) / location.path.name
            fresh.touch(mode=0o600)
            _migrate(fresh, location)
            with sqlite3.connect(fresh, isolation_level=None) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.close()
            _publish(fresh, location.path)
    except OSError as error:
        raise StoreError(
            f"the store {location} cannot be made: {error.strerror}; name another place with --db"
            " or SHOETRACK_HOME"
        ) from error
    except (sqlite3.Error, DBAPIError) as error:
        raise faults.explain(error, location) from error


def _publish(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        return  # another process was first, and its store is as good
    except OSError:
        # A file system without links (exFAT, some network drives): nearly as good.
        if not path.exists():
            fresh.rename(path)


def upgrade(location: Location) -> Path | None:
    """Bring an older store up to date, behind a backup beside it; gives the backup's path.

    None where nothing was to be done, or another process did it first. Raises StoreError.
    """
    if schema_version(location) == version.HEAD:
        return None
    try:
        return _migrate(location.path, location, keep_backup=True)
    except OSError as error:
        raise StoreError(
            f"the store {location} cannot be backed up before its upgrade: {error.strerror}"
        ) from error
    except (sqlite3.Error, DBAPIError) as error:
        raise faults.explain(error, location) from error


def _migrate(path: Path, location: Location, *, keep_backup: bool = False) -> Path | None:
    # Foreign keys are off before the transaction begins, where the setting still takes: a batch
    # migration that rebuilds a table would otherwise delete the rows that point to it.
    engine = make_engine(path, foreign_keys=False)
    saved = None
    try:
        with engine.begin() as connection:
            found = _current(connection)
            if found == version.HEAD:
                return None  # another process did it while this one waited for the lock
            if keep_backup:
                saved = path.with_name(f"{path.name}.before-{version.HEAD}.bak")
                try:
                    copy(location, saved, replace=True)
                except StoreError as error:
                    raise StoreError(
                        f"the store {location} cannot be backed up before its upgrade: {error}"
                    ) from error
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise StoreError(
                    f"the store {location} did not survive its upgrade ({broken[0]} rows point"
                    " nowhere); it was left as it was"
                )
            connection.exec_driver_sql(f"PRAGMA application_id = {version.APPLICATION_ID}")
    finally:
        engine.dispose()
    return saved


def _current(connection: Connection) -> str | None:
    has_table = connection.exec_driver_sql(
        "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
    ).first()
    if not has_table:
        return None
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
