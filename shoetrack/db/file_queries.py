"""What is asked of the files of watched folders: which were dealt with, and which were refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from shoetrack.db.columns import AT_ONCE, to_instant
from shoetrack.db.reader import Rows

_COLUMNS = "id, place, size, mtime_ns, read_by, reason, seen_at, digest"

# What `read_by` says beside the version that could make nothing of a file: that all was made of it,
# so that no version need read it again, whatever was undone since; or that any may try, because the
# fault was its place's.
DONE = ""
ANY = "any"

# A file that was refused is known to the importers as it is.
_IMPORTED = (
    "EXISTS (SELECT 1 FROM file WHERE file.athlete_id = watched_file.athlete_id"
    " AND file.place = watched_file.place AND file.size = watched_file.size"
    " AND file.mtime_ns = watched_file.mtime_ns)"
)


class WatchedFile(NamedTuple):
    """A file of a watched folder as it was when it was last dealt with.

    `reason` says why it could not be read, and is "" where it could; then `seen_at` is when a
    person was told. `digest` is of its bytes, "" where nobody took it.
    """

    id: int
    place: str
    size: int
    mtime_ns: int
    read_by: str
    reason: str
    seen_at: datetime
    digest: str

    def is_settled(self, size: int, mtime_ns: int, version: str) -> bool:
        """Whether there is nothing to do about the file by this version of shoetrack."""
        same = (self.size, self.mtime_ns) == (size, mtime_ns)
        return same and self.read_by in (DONE, version)

    def may_be(self, size: int) -> bool:
        """Whether a file that was written anew may be this one, of which all was made."""
        return self.read_by == DONE and bool(self.digest) and self.size == size


def watched(store: Rows, places: Iterable[str]) -> dict[str, WatchedFile]:
    """What is known of the files at these places, by their place."""
    wanted = list(places)
    found: dict[str, WatchedFile] = {}
    for begin in range(0, len(wanted), AT_ONCE):
        batch = {f"p{i}": place for i, place in enumerate(wanted[begin : begin + AT_ONCE])}
        rows = store.rows(
            f"SELECT {_COLUMNS} FROM watched_file WHERE athlete_id = :athlete"
            f" AND place IN ({', '.join(f':{name}' for name in batch)})",
            **batch,
        )
        found |= {row["place"]: _watched(row) for row in rows}
    return found


def refused(store: Rows) -> list[WatchedFile]:
    """The files that could not be read, and that nobody has imported by hand since."""
    return [
        _watched(row)
        for row in store.rows(
            f"SELECT {_COLUMNS} FROM watched_file WHERE athlete_id = :athlete AND reason <> ''"
            f" AND NOT {_IMPORTED} ORDER BY place"
        )
    ]


def imported_since(store: Rows) -> list[WatchedFile]:
    """The files that could not be read, and that somebody has imported by hand since."""
    return [
        _watched(row)
        for row in store.rows(
            f"SELECT {_COLUMNS} FROM watched_file WHERE athlete_id = :athlete AND reason <> ''"
            f" AND {_IMPORTED} ORDER BY place"
        )
    ]


def _watched(row: Any) -> WatchedFile:
    return WatchedFile(
        id=row["id"],
        place=row["place"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        read_by=row["read_by"],
        reason=row["reason"],
        seen_at=to_instant(row["seen_at"]),
        digest=row["digest"],
    )
