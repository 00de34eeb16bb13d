"""What is asked of the ledger, and of the changes that wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from shoetrack.db.columns import some, to_date, to_instant
from shoetrack.db.reader import Rows
from shoetrack.model import Change, Entry, Kind, Posting

_ENTRY = (
    "id, shoe_id, run_id, distance_mm, duration_s, effective_on, kind, decided_by, note,"
    " change_id, reverses_id, posted_at"
)


def entries(store: Rows) -> Iterator[Entry]:
    """The whole ledger, in the order it was written."""
    for row in store.rows(f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete ORDER BY id"):
        yield _entry(row)


def entries_on(store: Rows, shoe_id: int | None) -> list[Entry]:
    """The entries on one account; None is *unassigned*."""
    account = "shoe_id IS NULL" if shoe_id is None else "shoe_id = :shoe"
    params = {} if shoe_id is None else {"shoe": shoe_id}
    found = store.rows(
        f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND {account} ORDER BY id",
        **params,
    )
    return [_entry(row) for row in found]


def entries_of_run(store: Rows, run_id: int) -> list[Entry]:
    """All that the ledger says of a run."""
    found = store.rows(
        f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND run_id = :run ORDER BY id",
        run=run_id,
    )
    return [_entry(row) for row in found]


def entries_of_runs(store: Rows, run_ids: Iterable[int]) -> dict[int, list[Entry]]:
    """All that the ledger says of each of these runs."""
    found: dict[int, list[Entry]] = {run_id: [] for run_id in run_ids}
    for batch in some(found):
        for row in store.rows(
            f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND run_id IN ({batch})"
            " ORDER BY id"
        ):
            found[row["run_id"]].append(_entry(row))
    return found


def standing_of_runs(store: Rows, run_ids: Iterable[int]) -> dict[int, list[Entry]]:
    """Of each of these runs the entries that no later one has reversed."""
    found: dict[int, list[Entry]] = {run_id: [] for run_id in run_ids}
    for batch in some(found):
        for row in store.rows(
            f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND run_id IN ({batch})"
            " AND kind <> 'reversal' AND NOT EXISTS"
            " (SELECT 1 FROM entry AS later WHERE later.reverses_id = entry.id)"
            " ORDER BY id"
        ):
            found[row["run_id"]].append(_entry(row))
    return found


def entries_of_change(store: Rows, change_id: int) -> list[Entry]:
    """What a change posted."""
    found = store.rows(
        f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND change_id = :change"
        " ORDER BY id",
        change=change_id,
    )
    return [_entry(row) for row in found]


def entries_by_id(store: Rows, ids: Iterable[int]) -> dict[int, Entry]:
    """Entries by their numbers."""
    found: dict[int, Entry] = {}
    for batch in some(ids):
        for row in store.rows(
            f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND id IN ({batch})"
        ):
            found[row["id"]] = _entry(row)
    return found


def _entry(row: Any) -> Entry:
    return Entry(
        id=row["id"],
        posting=Posting(
            shoe_id=row["shoe_id"],
            run_id=row["run_id"],
            distance_mm=row["distance_mm"],
            duration_s=row["duration_s"],
            effective_on=to_date(row["effective_on"]),
            kind=Kind(row["kind"]),
            by=row["decided_by"],
            note=row["note"],
            reverses_id=row["reverses_id"],
        ),
        change_id=row["change_id"],
        posted_at=to_instant(row["posted_at"]),
    )


def changes(store: Rows, limit: int | None = None) -> list[Change]:
    """What was done, the newest first; undos themselves are not listed."""
    last = f" LIMIT {int(limit)}" if limit is not None else ""
    found = store.rows(
        "SELECT change.id, change.kind, change.summary, change.made_at, change.undone,"
        " (SELECT COUNT(*) FROM entry WHERE entry.change_id = change.id) AS entries"
        " FROM change WHERE change.athlete_id = :athlete AND change.undoes_id IS NULL"
        f" ORDER BY change.id DESC{last}"
    )
    return [_change(row) for row in found]


def last_change(store: Rows) -> Change | None:
    """The change that `undo` would take back."""
    found = store.rows(
        "SELECT id, kind, summary, made_at, undone,"
        " (SELECT COUNT(*) FROM entry WHERE entry.change_id = change.id) AS entries"
        " FROM change WHERE athlete_id = :athlete AND undoes_id IS NULL AND undone = 0"
        " ORDER BY id DESC LIMIT 1"
    )
    return _change(found[0]) if found else None


def newest_change(store: Rows) -> int:
    """The number of what was done last, an undo too; 0 where nothing was."""
    found = store.rows("SELECT MAX(id) AS id FROM change WHERE athlete_id = :athlete")
    return int(found[0]["id"] or 0)


def last_undo(store: Rows) -> tuple[int, Change] | None:
    """The undo that a redo would take back, and what it undid; None once more was done since."""
    found = store.rows(
        "SELECT undo.id AS undo_id, was.id, was.kind, was.summary,"
        " was.made_at, was.undone,"
        " (SELECT COUNT(*) FROM entry WHERE entry.change_id = was.id) AS entries"
        " FROM change AS undo JOIN change AS was ON was.id = undo.undoes_id"
        " WHERE undo.athlete_id = :athlete AND undo.undone = 0"
        " AND undo.id > (SELECT COALESCE(MAX(id), 0) FROM change WHERE athlete_id = :athlete"
        " AND undoes_id IS NULL AND redoes_id IS NULL)"
        " ORDER BY undo.id DESC LIMIT 1"
    )
    return (found[0]["undo_id"], _change(found[0])) if found else None


def _change(row: Any) -> Change:
    return Change(
        id=row["id"],
        kind=row["kind"],
        summary=row["summary"],
        made_at=to_instant(row["made_at"]),
        entries=row["entries"],
        undone=bool(row["undone"]),
    )
