"""What is asked of which pair was worn when."""

from __future__ import annotations

from datetime import date, timedelta

from shoetrack.db.columns import maybe_instant, to_date
from shoetrack.db.reader import Rows
from shoetrack.model import Wearing
from shoetrack.sport import Sport


def wearings(store: Rows, since: date) -> list[Wearing]:
    """Which pair was worn on each run that counts from `since` on, by day; None where none is
    known. Without an end, a run ended when its time was over.
    """
    found = store.rows(
        "SELECT run.id, share.shoe_id, run.local_date, run.sport, run.distance_mm, run.started_at,"
        " run.ended_at, run.duration_s FROM run LEFT JOIN share ON share.run_id = run.id"
        " WHERE run.athlete_id = :athlete AND run.status = 'active' AND run.local_date >= :since"
        " ORDER BY run.local_date, run.id, share.id",
        since=since.isoformat(),
    )
    wearings = []
    for row in found:
        started, ended = maybe_instant(row["started_at"]), maybe_instant(row["ended_at"])
        if ended is None and started is not None and row["duration_s"] is not None:
            ended = started + timedelta(seconds=row["duration_s"])
        wearings.append(
            Wearing(
                run_id=row["id"],
                shoe_id=row["shoe_id"],
                on=to_date(row["local_date"]),
                sport=Sport(row["sport"]),
                distance_mm=row["distance_mm"],
                started_at=started,
                ended_at=ended,
            )
        )
    return wearings
