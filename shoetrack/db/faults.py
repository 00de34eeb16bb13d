"""What the database says when it cannot go on, in words for a person."""

from __future__ import annotations

import sqlite3

from shoetrack.db.location import Location
from shoetrack.errors import StoreError


def explain(error: BaseException, location: Location) -> StoreError:
    """The sentence for an error of SQLite's, or of SQLAlchemy's around one."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(
            f"the store {location} is in use by another program, which did not let go of it:"
            " try again when that has finished"
        )
    if code.startswith("SQLITE_FULL"):
        return StoreError(
            f"the disk with the store {location} is full: nothing of this step was kept; make room"
            " and run the same command again"
        )
    if code.startswith("SQLITE_READONLY"):
        return StoreError(
            f"the store {location} cannot be written: make the file and its folder writable for you"
        )
    if code.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return StoreError(
            f"the store {location} cannot be opened: check that it is a file in a folder you may"
            " read and write"
        )
    if code.startswith("SQLITE_NOTADB"):
        return StoreError(
            f"{location} is not a shoetrack store: name another file with --db, or move it away"
        )
    if code.startswith("SQLITE_CORRUPT"):
        return StoreError(f"the store {location} is damaged ({cause}): restore it from a backup")
    if code.startswith("SQLITE_IOERR"):
        return StoreError(
            f"the disk with the store {location} failed or is full ({cause}): nothing of this step"
            " was kept"
        )
    if isinstance(cause, sqlite3.Error):
        return StoreError(f"the store {location} gave an error: {cause}")
    return StoreError(f"the store {location} gave an error: {error}")
