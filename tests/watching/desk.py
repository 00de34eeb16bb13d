"""A watcher at its work: a clock that a test moves, looks, and what comes of them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shoetrack.config import Config
from shoetrack.db import file_queries, run_queries
from shoetrack.db.file_queries import WatchedFile
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.watching.folders import Look, Watcher
from shoetrack.watching.intake import Imported, bring_in
from tests.support import NOW

# Files are read by this clock, which is after all that they tell.
_FIRST = NOW + timedelta(days=1)


def aged(path: Path, seconds: float = 3600) -> Path:
    """The file as if nobody had written to it for so long."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def write(path: Path, text: str | bytes, *, age: float = 3600) -> Path:
    """A file of that content that nobody has written to for `age` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return aged(path, age)


def snapshot(folder: Path) -> Mapping[str, tuple[int, int, int]]:
    """All names below a folder with mode, size and time: what must not change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


class Desk:
    """Looks at folders by a clock of its own, and imports what is ready."""

    def __init__(self, location: Location, *folders: Path, config: Config | None = None) -> None:
        self.location = location
        self.folders = folders
        self.config = config or Config(timezone=UTC)
        self.now: datetime = _FIRST
        self.store = Store(location)
        self.watcher = Watcher(folders, lambda: None)

    def close(self) -> None:
        self.store.close()

    def restart(self) -> None:
        """As a new process, which remembers what the store does."""
        self.watcher = Watcher(self.folders, lambda: None)

    def look(self, after: float = 0) -> Look:
        self.now += timedelta(seconds=after)
        return self.watcher.look(self.now)

    def names(self, after: float = 0) -> list[str]:
        """What a look finds ready, by the names of the files."""
        return [Path(one.path).name for one in self.look(after).ready]

    def bring_in(self, look: Look) -> Imported:
        return bring_in(self.store, self.location, self.config, look, self.now)

    def round(self, after: float = 0) -> Imported:
        return self.bring_in(self.look(after))

    def distances(self) -> list[int]:
        """Of all runs here, in whole metres."""
        with open_reader(self.location) as reader:
            assert reader is not None
            found = run_queries.runs(reader)
        return sorted(round((run.distance_mm or 0) / 1000) for run in found)

    def refused(self) -> list[WatchedFile]:
        with open_reader(self.location) as reader:
            assert reader is not None
            return file_queries.refused(reader)
