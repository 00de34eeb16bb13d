"""What is asked of alerts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from shoetrack.db.columns import instant_text, maybe_instant, to_instant
from shoetrack.db.reader import Rows
from shoetrack.model import Alert, AlertKind, Draft

_ALERT = (
    "id, kind, subject, shoe_id, stage, step, distance_mm, low_mm, high_mm, urgent, title, body,"
    " facts, after_change, raised_at, acked_at, snoozed_until, ended_at"
)


def open_alerts(store: Rows) -> list[Alert]:
    """Those that are neither acknowledged nor over, snoozed ones too, in the order they came."""
    return _alerts(
        store,
        f"SELECT {_ALERT} FROM alert WHERE athlete_id = :athlete"
        " AND acked_at IS NULL AND ended_at IS NULL ORDER BY id",
    )


def alert(store: Rows, alert_id: int) -> Alert | None:
    """One alert; None where there is none of that number."""
    found = _alerts(
        store,
        f"SELECT {_ALERT} FROM alert WHERE athlete_id = :athlete AND id = :alert",
        alert=alert_id,
    )
    return found[0] if found else None


def alerts(store: Rows, limit: int | None = None) -> list[Alert]:
    """All that were ever raised, the newest first."""
    last = f" LIMIT {int(limit)}" if limit is not None else ""
    return _alerts(
        store, f"SELECT {_ALERT} FROM alert WHERE athlete_id = :athlete ORDER BY id DESC{last}"
    )


def alerts_of(store: Rows, subject: str) -> list[Alert]:
    """All that were raised of a subject, the newest first."""
    return _alerts(
        store,
        f"SELECT {_ALERT} FROM alert WHERE athlete_id = :athlete AND subject = :subject"
        " ORDER BY id DESC",
        subject=subject,
    )


def said(store: Rows, since: datetime) -> list[Alert]:
    """What a check has to know of what was said, the newest first: all of pairs; of rotations, runs
    that wait, the week's load and files what was raised since then; and all that is not over.
    """
    return _alerts(
        store,
        f"SELECT {_ALERT} FROM alert WHERE athlete_id = :athlete AND (kind = 'wear'"
        " OR (kind IN ('rotation', 'waiting', 'load', 'files') AND raised_at >= :since)"
        " OR ended_at IS NULL) ORDER BY id DESC",
        since=instant_text(since),
    )


def last_change(store: Rows) -> int:
    """The number of what was done last, an undo too: an alert is raised after it; 0 for none."""
    found = store.rows("SELECT MAX(id) AS id FROM change WHERE athlete_id = :athlete")
    return int(found[0]["id"] or 0)


def _alerts(store: Rows, sql: str, **params: Any) -> list[Alert]:
    return [
        Alert(
            id=row["id"],
            draft=Draft(
                kind=AlertKind(row["kind"]),
                subject=row["subject"],
                title=row["title"],
                body=row["body"],
                urgent=bool(row["urgent"]),
                shoe_id=row["shoe_id"],
                stage=row["stage"],
                step=row["step"],
                distance_mm=row["distance_mm"],
                range_mm=None if row["low_mm"] is None else (row["low_mm"], row["high_mm"]),
                facts=json.loads(row["facts"]),
            ),
            after_change=row["after_change"],
            raised_at=to_instant(row["raised_at"]),
            acked_at=maybe_instant(row["acked_at"]),
            snoozed_until=maybe_instant(row["snoozed_until"]),
            ended_at=maybe_instant(row["ended_at"]),
        )
        for row in store.rows(sql, **params)
    ]
