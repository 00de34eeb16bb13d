"""Which store is meant: a path, or a database URL. Loads nothing heavy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from shoetrack.errors import StoreError


class Location(NamedTuple):
    """A SQLite file. `own_folder`: the folder is shoetrack's, so its mode is ours to set."""

    path: Path
    own_folder: bool = False

    def __str__(self) -> str:
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


def locate(text: str) -> Location:
    """The store that `--db` or `SHOETRACK_DATABASE_URL` names: a path or `sqlite:///path`.

    Raises StoreError for another kind of database, which shoetrack cannot use yet.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return Location(Path(text).expanduser().absolute())
    if scheme.casefold().partition("+")[0] != "sqlite":
        # The URL is not repeated: it may hold a password.
        raise StoreError(
            f"a {scheme} database cannot be used yet: name a file, or a URL like"
            " sqlite:///path/to/shoetrack.db"
        )
    name = unquote(rest.partition("?")[0].removeprefix("/"))
    if not name or name == ":memory:":
        raise StoreError("the database URL names no file: write sqlite:///path/to/shoetrack.db")
    return Location(Path(name).expanduser().absolute())
