"""What is asked of the daemon's sign of life, and of how its jobs went."""

from __future__ import annotations

from shoetrack.db.columns import maybe_instant, to_instant
from shoetrack.db.reader import Rows
from shoetrack.model import Heartbeat, Job


def heartbeat(store: Rows) -> Heartbeat | None:
    """The last sign of life; None where there never was a daemon."""
    found = store.rows(
        "SELECT pid, host, version, started_at, beat_at, stopped_at FROM heartbeat"
        " WHERE athlete_id = :athlete"
    )
    if not found:
        return None
    row = found[0]
    return Heartbeat(
        pid=row["pid"],
        host=row["host"],
        version=row["version"],
        started_at=to_instant(row["started_at"]),
        beat_at=to_instant(row["beat_at"]),
        stopped_at=maybe_instant(row["stopped_at"]),
    )


def heartbeat_id(store: Rows) -> int | None:
    """The number of the row of the sign of life."""
    found = store.rows("SELECT id FROM heartbeat WHERE athlete_id = :athlete")
    return int(found[0]["id"]) if found else None


def jobs(store: Rows) -> list[Job]:
    """How all jobs went, by their names."""
    found = store.rows(
        "SELECT name, begun_at, ended_at, done_at, next_at, failures, fault, message FROM job"
        " WHERE athlete_id = :athlete ORDER BY name"
    )
    return [
        Job(
            name=row["name"],
            begun_at=maybe_instant(row["begun_at"]),
            ended_at=maybe_instant(row["ended_at"]),
            done_at=maybe_instant(row["done_at"]),
            next_at=maybe_instant(row["next_at"]),
            failures=row["failures"],
            fault=row["fault"],
            message=row["message"],
        )
        for row in found
    ]


def job_ids(store: Rows) -> dict[str, int]:
    """The numbers of the jobs' rows, by their names."""
    found = store.rows("SELECT id, name FROM job WHERE athlete_id = :athlete")
    return {row["name"]: row["id"] for row in found}
