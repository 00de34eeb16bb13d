"""Every question the store is asked, as SQL that both dialects read, answered in `model`'s values.

Works over anything that has `rows`: a fast reader, or a write transaction that must see its own
changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shoetrack.db.reader import Rows
from shoetrack.db.version import APPEND_ONLY
from shoetrack.model import (
    Change,
    Day,
    DefaultShoe,
    DistanceSource,
    Entry,
    Kind,
    Posting,
    Run,
    Share,
    Shoe,
    Sighting,
    Status,
    Total,
)
from shoetrack.sport import Sport

# SQLite takes 999 parameters at the least; more ids than this are asked for in turns.
_AT_ONCE = 500


# --- values out of columns ------------------------------------------------------------------


def to_date(value: Any) -> date:
    """A column of days: SQLite hands back text, PostgreSQL a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def to_instant(value: Any) -> datetime:
    """A column of instants, which are kept in UTC."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _date(value: Any) -> date | None:
    return None if value is None else to_date(value)


def _instant(value: Any) -> datetime | None:
    return None if value is None else to_instant(value)


def instant_text(value: datetime) -> str:
    """An instant as SQLite's columns hold it, for comparing."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


# --- shoes ----------------------------------------------------------------------------------

_SHOE = (
    "id, name, brand, model, bought_on, price, range_low_mm, range_high_mm, rotation, strava_id,"
    " note, retired_on"
)


def shoes(store: Rows) -> list[Shoe]:
    """All pairs, in the order they were added."""
    found = store.rows(
        f"SELECT {_SHOE} FROM shoe WHERE athlete_id = :athlete AND status = 'active' ORDER BY id"
    )
    return [
        Shoe(
            id=row["id"],
            name=row["name"],
            brand=row["brand"],
            model=row["model"],
            bought_on=_date(row["bought_on"]),
            price=row["price"],
            range_mm=(row["range_low_mm"], row["range_high_mm"]) if row["range_low_mm"] else None,
            rotation=row["rotation"],
            strava_id=row["strava_id"],
            note=row["note"],
            retired_on=_date(row["retired_on"]),
        )
        for row in found
    ]


def defaults(store: Rows) -> list[DefaultShoe]:
    """The default pairs, by sport and day."""
    found = store.rows(
        "SELECT id, sport, since, shoe_id FROM default_shoe WHERE athlete_id = :athlete"
        " ORDER BY sport, since"
    )
    return [
        DefaultShoe(Sport(row["sport"]), to_date(row["since"]), row["shoe_id"], row["id"])
        for row in found
    ]


def totals(store: Rows) -> dict[int | None, Total]:
    """What each account that was ever used holds; *unassigned* is None."""
    found = store.rows(
        "SELECT shoe_id, distance_mm, duration_s, runs, first_worn, last_worn FROM shoe_total"
        " WHERE athlete_id = :athlete"
    )
    return {
        row["shoe_id"]: Total(
            shoe_id=row["shoe_id"],
            distance_mm=int(row["distance_mm"]),
            duration_s=int(row["duration_s"]),
            runs=int(row["runs"]),
            first_worn=_date(row["first_worn"]),
            last_worn=_date(row["last_worn"]),
        )
        for row in found
    }


def days_since(store: Rows, since: date) -> dict[int, list[Day]]:
    """What each pair in use ran on each day from `since` on, by the pair's id.

    Opening miles and adjustments are no running, and not in it.
    """
    found = store.rows(
        "SELECT day.shoe_id, day.effective_on, day.run_mm, day.runs"
        " FROM shoe_day AS day"
        " WHERE day.athlete_id = :athlete AND day.effective_on >= :since"
        " AND day.shoe_id IN (SELECT id FROM shoe WHERE athlete_id = :athlete"
        " AND status = 'active' AND retired_on IS NULL)"
        " AND day.runs > 0",
        since=since.isoformat(),
    )
    days: dict[int, list[Day]] = {}
    for row in found:
        days.setdefault(row["shoe_id"], []).append(
            Day(to_date(row["effective_on"]), int(row["run_mm"]), int(row["runs"]))
        )
    return days


def has_entries(store: Rows, shoe_id: int) -> bool:
    """Whether a pair was ever in the ledger."""
    return bool(
        store.rows(
            "SELECT 1 FROM entry WHERE athlete_id = :athlete AND shoe_id = :shoe LIMIT 1",
            shoe=shoe_id,
        )
    )


# --- runs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are meant; every condition that is given must hold."""

    ids: tuple[int, ...] | None = None
    shoe_id: int | None = None
    unassigned: bool = False
    since: date | None = None
    until: date | None = None
    sport: Sport | None = None
    doubtful: bool = False
    unmeasured: bool = False
    ignored: bool = False  # those that were taken out, instead of those that count
    limit: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether any condition is given."""
        return self != RunFilter(limit=self.limit)

    def _where(self) -> tuple[str, dict[str, object]]:
        status = Status.IGNORED if self.ignored else Status.ACTIVE
        words = ["run.athlete_id = :athlete", "run.status = :status"]
        params: dict[str, object] = {"status": str(status)}
        if self.since is not None:
            words.append("run.local_date >= :since")
            params["since"] = self.since.isoformat()
        if self.until is not None:
            words.append("run.local_date <= :until")
            params["until"] = self.until.isoformat()
        if self.sport is not None:
            words.append("run.sport = :sport")
            params["sport"] = str(self.sport)
        if self.unassigned:
            words.append("NOT EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id)")
        if self.shoe_id is not None:
            words.append(
                "EXISTS (SELECT 1 FROM share WHERE share.run_id = run.id"
                " AND share.shoe_id = :shoe_id)"
            )
            params["shoe_id"] = self.shoe_id
        if self.doubtful:
            words.append("run.twin_id IS NOT NULL")
        if self.unmeasured:
            words.append("run.distance_mm IS NULL")
        return " AND ".join(words), params


_RUN = (
    "run.id, run.started_at, run.ended_at, run.local_date, run.sport, run.name, run.distance_mm,"
    " run.distance_from, run.duration_s, run.status, run.decided_by, run.twin_id,"
    " run.merged_into_id, run.set_by_hand"
)


def runs(store: Rows, wanted: RunFilter | None = None) -> list[Run]:
    """The runs that fit, the newest first."""
    where, params = (wanted or RunFilter())._where()
    limit = f" LIMIT {int(wanted.limit)}" if wanted and wanted.limit is not None else ""
    if wanted is not None and wanted.ids is not None:
        found = []
        for some in _some(wanted.ids):
            found += store.rows(
                f"SELECT {_RUN} FROM run WHERE {where} AND run.id IN ({some})", **params
            )
        found.sort(key=lambda row: (str(row["local_date"]), row["id"]), reverse=True)
    else:
        found = store.rows(
            f"SELECT {_RUN} FROM run WHERE {where}"
            f" ORDER BY run.local_date DESC, run.started_at DESC, run.id DESC{limit}",
            **params,
        )
    return _with_shares(store, found)


def run(store: Rows, run_id: int) -> Run | None:
    """One run, whatever its status; None where there is none of that number."""
    found = store.rows(
        f"SELECT {_RUN} FROM run WHERE run.athlete_id = :athlete AND run.id = :id",
        id=run_id,
    )
    return _with_shares(store, found)[0] if found else None


def all_runs(store: Rows) -> list[Run]:
    """Every run ever, of whatever status, in the order they came."""
    return _with_shares(
        store,
        store.rows(f"SELECT {_RUN} FROM run WHERE run.athlete_id = :athlete ORDER BY run.id"),
    )


def _with_shares(store: Rows, found: Sequence[Any]) -> list[Run]:
    shares: dict[int, list[Share]] = {}
    for some in _some([row["id"] for row in found]):
        for row in store.rows(
            f"SELECT run_id, shoe_id, weight FROM share WHERE run_id IN ({some}) ORDER BY id"
        ):
            shares.setdefault(row["run_id"], []).append(Share(row["shoe_id"], row["weight"]))
    return [_run(row, tuple(shares.get(row["id"], ()))) for row in found]


def _run(row: Any, shares: tuple[Share, ...]) -> Run:
    source = row["distance_from"]
    return Run(
        id=row["id"],
        local_date=to_date(row["local_date"]),
        sport=Sport(row["sport"]),
        started_at=_instant(row["started_at"]),
        ended_at=_instant(row["ended_at"]),
        name=row["name"],
        distance_mm=row["distance_mm"],
        distance_from=None if source is None else DistanceSource(source),
        duration_s=row["duration_s"],
        status=Status(row["status"]),
        decided_by=row["decided_by"],
        shares=shares,
        twin_id=row["twin_id"],
        merged_into_id=row["merged_into_id"],
        set_by_hand=frozenset(row["set_by_hand"].split(",")) - {""},
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a person."""

    unmeasured: int
    doubtful: int


def waiting(store: Rows) -> Waiting:
    """How many runs have no distance yet, and how many are in doubt."""
    found = store.rows(
        "SELECT"
        " (SELECT COUNT(*) FROM run WHERE athlete_id = :athlete AND status = 'active'"
        " AND distance_mm IS NULL) AS unmeasured,"
        " (SELECT COUNT(*) FROM run WHERE athlete_id = :athlete AND status = 'active'"
        " AND twin_id IS NOT NULL) AS doubtful"
    )
    return Waiting(found[0]["unmeasured"], found[0]["doubtful"])


# --- sightings ------------------------------------------------------------------------------

_SIGHTING = (
    "sighting.id, sighting.run_id, sighting.kind, sighting.digest, sighting.record_index,"
    " sighting.source, sighting.started_at, sighting.ended_at, sighting.local_date,"
    " sighting.sport, sighting.distance_mm, sighting.distance_from, sighting.duration_s,"
    " sighting.name, sighting.creator, sighting.device"
)


def known(store: Rows, digest: str) -> int:
    """How many runs a content of this digest has told already."""
    found = store.rows(
        "SELECT COUNT(*) AS known FROM sighting WHERE athlete_id = :athlete AND digest = :digest",
        digest=digest,
    )
    return int(found[0]["known"])


def sightings_near(store: Rows, since: datetime, until: datetime) -> list[Sighting]:
    """The sightings that start between two instants, of runs that count or were taken out."""
    found = store.rows(
        f"SELECT {_SIGHTING} FROM sighting JOIN run ON run.id = sighting.run_id"
        " WHERE sighting.athlete_id = :athlete AND run.status IN ('active', 'ignored')"
        " AND sighting.started_at >= :since AND sighting.started_at <= :until"
        " ORDER BY sighting.id",
        since=instant_text(since),
        until=instant_text(until),
    )
    return [_sighting(row) for row in found]


def sightings_of(store: Rows, run_ids: Iterable[int]) -> dict[int, list[Sighting]]:
    """Where each of these runs was seen, in the order it was."""
    found: dict[int, list[Sighting]] = {}
    for some in _some(run_ids):
        for row in store.rows(
            f"SELECT {_SIGHTING} FROM sighting WHERE sighting.run_id IN ({some}) ORDER BY id"
        ):
            found.setdefault(row["run_id"], []).append(_sighting(row))
    return found


def _sighting(row: Any) -> Sighting:
    return Sighting(
        id=row["id"],
        run_id=row["run_id"],
        kind=row["kind"],
        digest=row["digest"],
        record_index=row["record_index"],
        local_date=to_date(row["local_date"]),
        source=row["source"],
        started_at=_instant(row["started_at"]),
        ended_at=_instant(row["ended_at"]),
        sport=None if row["sport"] is None else Sport(row["sport"]),
        distance_mm=row["distance_mm"],
        distance_from=(
            None if row["distance_from"] is None else DistanceSource(row["distance_from"])
        ),
        duration_s=row["duration_s"],
        name=row["name"],
        creator=row["creator"],
        device=row["device"],
    )


# --- the ledger -----------------------------------------------------------------------------

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
    for some in _some(ids):
        for row in store.rows(
            f"SELECT {_ENTRY} FROM entry WHERE athlete_id = :athlete AND id IN ({some})"
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


# --- changes --------------------------------------------------------------------------------


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


def last_undo(store: Rows) -> tuple[int, Change] | None:
    """The undo that a redo would take back, and what it undid; None once more was done since."""
    found = store.rows(
        "SELECT undo.id AS undo_id, was.id, was.kind, was.summary,"
        " was.made_at, was.undone,"
        " (SELECT COUNT(*) FROM entry WHERE entry.change_id = was.id) AS entries"
        " FROM change AS undo LEFT JOIN change AS was ON was.id = undo.undoes_id"
        " WHERE undo.athlete_id = :athlete AND undo.redoes_id IS NULL AND undo.undone = 0"
        " ORDER BY undo.id DESC LIMIT 1"
    )
    if not found or found[0]["id"] is None:
        return None
    return found[0]["undo_id"], _change(found[0])


def _change(row: Any) -> Change:
    return Change(
        id=row["id"],
        kind=row["kind"],
        summary=row["summary"],
        made_at=to_instant(row["made_at"]),
        entries=row["entries"],
        undone=bool(row["undone"]),
    )


def _some(ids: Iterable[int]) -> Iterator[str]:
    """Ids as lists for IN, so many at a time. They are numbers, so they are safe in the text."""
    numbers = [int(number) for number in ids]
    for start in range(0, len(numbers), _AT_ONCE):
        yield ",".join(map(str, numbers[start : start + _AT_ONCE]))


# --- soundness ------------------------------------------------------------------------------


def damage(store: Rows) -> Iterator[str]:
    """What is wrong with the store itself, a sentence each.

    What only SQLite knows how to check of itself (its pages, its triggers) is asked in its words;
    the rest is plain SQL.
    """
    for row in store.rows("PRAGMA integrity_check(10)"):
        if row["integrity_check"] != "ok":
            yield f"the store's file is damaged: {row['integrity_check']}"
    for row in store.rows("PRAGMA foreign_key_check"):
        yield f"a row of {row['table']} points to a row of {row['parent']} that is not there"
    present = {
        row["name"] for row in store.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    }
    for name in sorted(APPEND_ONLY - present):
        yield f"the trigger {name}, which keeps the ledger append-only, is missing"
    for row in store.rows(
        "SELECT sighting.id, sighting.run_id FROM sighting"
        " JOIN run ON run.id = sighting.run_id"
        " WHERE sighting.athlete_id = :athlete AND run.status IN ('merged', 'undone')"
    ):
        yield f"sighting {row['id']} belongs to run {row['run_id']}, which is gone"
    for row in store.rows(
        "SELECT run.id FROM run WHERE run.athlete_id = :athlete"
        " AND run.status IN ('active', 'ignored')"
        " AND NOT EXISTS (SELECT 1 FROM sighting WHERE sighting.run_id = run.id)"
    ):
        yield f"run {row['id']} was never seen anywhere"
