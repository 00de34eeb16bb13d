"""What is asked of where runs were seen, and of the files that were read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from shoetrack.db.columns import AT_ONCE, instant_text, maybe_instant, some, to_date
from shoetrack.db.reader import Rows
from shoetrack.model import DistanceSource, FileSeen, Place, Sighting
from shoetrack.sport import Sport

_SIGHTING = (
    "sighting.id, sighting.run_id, sighting.kind, sighting.digest, sighting.record_index,"
    " sighting.source, sighting.started_at, sighting.ended_at, sighting.local_date,"
    " sighting.sport, sighting.distance_mm, sighting.distance_from, sighting.duration_s,"
    " sighting.name, sighting.creator, sighting.device, sighting.utc_offset_s,"
    " sighting.description, sighting.start_lat, sighting.start_lon, sighting.finish_lat,"
    " sighting.finish_lon, sighting.ascent_mm, sighting.gear, sighting.strava_id"
)


def known(store: Rows, digest: str) -> int:
    """How many runs a content of this digest has told already."""
    found = store.rows(
        "SELECT COUNT(*) AS known FROM sighting WHERE athlete_id = :athlete AND digest = :digest",
        digest=digest,
    )
    return int(found[0]["known"])


def sightings_near(
    store: Rows, start: datetime, end: datetime, *, back: timedelta, around: timedelta
) -> list[Sighting]:
    """The sightings that overlap a time, begun up to `back` before it, or start within `around` of
    its start; of runs that count or were taken out.
    """
    found = store.rows(
        f"SELECT {_SIGHTING} FROM sighting JOIN run ON run.id = sighting.run_id"
        " WHERE sighting.athlete_id = :athlete AND run.status IN ('active', 'ignored')"
        " AND sighting.started_at >= :earliest AND sighting.started_at <= :latest"
        " AND (sighting.started_at >= :near OR sighting.ended_at >= :start)"
        " ORDER BY sighting.id",
        earliest=instant_text(start - max(back, around)),
        latest=instant_text(max(start + around, end)),
        near=instant_text(start - around),
        start=instant_text(start),
    )
    return [_sighting(row) for row in found]


def sightings_of(store: Rows, run_ids: Iterable[int]) -> dict[int, list[Sighting]]:
    """Where each of these runs was seen, in the order it was; what a merge has brought comes after
    what was the run's own.
    """
    found: dict[int, list[Sighting]] = {}
    for batch in some(run_ids):
        for row in store.rows(
            f"SELECT {_SIGHTING} FROM sighting WHERE sighting.run_id IN ({batch})"
            " ORDER BY CASE WHEN first_run_id IS NULL THEN 0 ELSE 1 END, id"
        ):
            found.setdefault(row["run_id"], []).append(_sighting(row))
    return found


def untimed_on(store: Rows, day: date) -> list[Sighting]:
    """The activities of a day whose start Strava hides, of runs that count or were taken out and
    whose time nothing else tells.
    """
    found = store.rows(
        f"SELECT {_SIGHTING} FROM sighting JOIN run ON run.id = sighting.run_id"
        " WHERE sighting.athlete_id = :athlete AND run.status IN ('active', 'ignored')"
        " AND run.started_at IS NULL"
        " AND sighting.started_at IS NULL AND sighting.strava_id IS NOT NULL"
        " AND sighting.local_date = :day ORDER BY sighting.id",
        day=day.isoformat(),
    )
    return [_sighting(row) for row in found]


def sightings_by_digest(store: Rows, digests: Iterable[str]) -> dict[str, Sighting]:
    """Where these contents, of one run each, were seen: by their digest."""
    wanted = list(digests)
    found: dict[str, Sighting] = {}
    for begin in range(0, len(wanted), AT_ONCE):
        batch = {f"d{i}": digest for i, digest in enumerate(wanted[begin : begin + AT_ONCE])}
        rows = store.rows(
            f"SELECT {_SIGHTING} FROM sighting WHERE sighting.athlete_id = :athlete"
            f" AND sighting.digest IN ({', '.join(f':{name}' for name in batch)})",
            **batch,
        )
        found |= {row["digest"]: _sighting(row) for row in rows}
    return found


def first_runs(store: Rows, run_id: int) -> dict[int, int]:
    """The sightings of a run that merges have brought to it, each with the run it was first of."""
    found = store.rows(
        "SELECT id, first_run_id FROM sighting WHERE athlete_id = :athlete AND run_id = :run"
        " AND first_run_id IS NOT NULL",
        run=run_id,
    )
    return {row["id"]: row["first_run_id"] for row in found}


def _sighting(row: Any) -> Sighting:
    return Sighting(
        id=row["id"],
        run_id=row["run_id"],
        kind=row["kind"],
        digest=row["digest"],
        record_index=row["record_index"],
        local_date=to_date(row["local_date"]),
        source=row["source"],
        started_at=maybe_instant(row["started_at"]),
        ended_at=maybe_instant(row["ended_at"]),
        sport=None if row["sport"] is None else Sport(row["sport"]),
        distance_mm=row["distance_mm"],
        distance_from=(
            None if row["distance_from"] is None else DistanceSource(row["distance_from"])
        ),
        duration_s=row["duration_s"],
        name=row["name"],
        creator=row["creator"],
        device=row["device"],
        utc_offset_s=row["utc_offset_s"],
        description=row["description"],
        start=_place(row["start_lat"], row["start_lon"]),
        finish=_place(row["finish_lat"], row["finish_lon"]),
        ascent_mm=row["ascent_mm"],
        gear=row["gear"],
        strava_id=row["strava_id"],
    )


def _place(latitude: float | None, longitude: float | None) -> Place | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def file_seen(store: Rows, place: str) -> FileSeen | None:
    """What was read of the file at `place` when it was last read; None where it never was."""
    found = store.rows(
        "SELECT place, size, mtime_ns, digest, read_by, runs, skips FROM file"
        " WHERE athlete_id = :athlete AND place = :place",
        place=place,
    )
    if not found:
        return None
    row = found[0]
    return FileSeen(
        place=row["place"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        digest=row["digest"],
        read_by=row["read_by"],
        runs=row["runs"],
        skips=tuple(row["skips"].split("\n")) if row["skips"] else (),
    )


def runs_of(store: Rows, digests: Iterable[str]) -> set[int]:
    """The runs that these contents, or rows of an export, have told."""
    wanted = list(digests)
    found: set[int] = set()
    for begin in range(0, len(wanted), AT_ONCE):
        batch = {f"d{i}": digest for i, digest in enumerate(wanted[begin : begin + AT_ONCE])}
        rows = store.rows(
            "SELECT run_id FROM sighting WHERE athlete_id = :athlete"
            f" AND digest IN ({', '.join(f':{name}' for name in batch)})",
            **batch,
        )
        found |= {row["run_id"] for row in rows}
    return found


def is_known(store: Rows, digest: str, index: int) -> bool:
    """Whether this run of a content was entered before."""
    return bool(
        store.rows(
            "SELECT 1 FROM sighting WHERE athlete_id = :athlete AND digest = :digest"
            " AND record_index = :record",
            digest=digest,
            record=index,
        )
    )
