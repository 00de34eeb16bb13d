"""What is asked of deliveries: what is on its way, what was given up, what became of an alert."""

from __future__ import annotations

import json
from typing import Any

from shoetrack.db.columns import maybe_instant, to_instant
from shoetrack.db.reader import Rows
from shoetrack.model import Delivery, DeliveryStatus

_DELIVERY = ", ".join(
    f"delivery.{column}"
    for column in (
        "id",
        "alert_id",
        "channel",
        "round",
        "status",
        "tries",
        "created_at",
        "next_at",
        "tried_at",
        "delivered_at",
        "fault",
        "left_to",
    )
)


def pending(store: Rows) -> list[Delivery]:
    """What is still to be said, in the order it was raised."""
    return _deliveries(
        store,
        f"SELECT {_DELIVERY} FROM delivery WHERE delivery.athlete_id = :athlete"
        " AND delivery.status = 'pending' ORDER BY delivery.id",
    )


def given_up(store: Rows) -> list[Delivery]:
    """What could not be said, and should be known: until the alert is acknowledged, or is over and
    something else has come through by that channel.
    """
    return _deliveries(
        store,
        f"SELECT {_DELIVERY} FROM delivery JOIN alert ON alert.id = delivery.alert_id"
        " WHERE delivery.athlete_id = :athlete AND delivery.status = 'given-up'"
        " AND alert.acked_at IS NULL AND NOT EXISTS (SELECT 1 FROM delivery AS later"
        " WHERE later.athlete_id = :athlete AND later.channel = delivery.channel"
        " AND later.status = 'delivered' AND later.delivered_at >= delivery.tried_at"
        " AND (later.alert_id = delivery.alert_id OR alert.ended_at IS NOT NULL))"
        " ORDER BY delivery.id",
    )


def said_nowhere(store: Rows) -> set[int]:
    """The open alerts that arrived nowhere, are on their way nowhere, and were not given up: there
    was no channel when they were raised, or it was taken out before it came to it. That a channel
    is in trouble is not among them: by that channel it cannot be said.
    """
    found = store.rows(
        "SELECT id FROM alert WHERE athlete_id = :athlete AND acked_at IS NULL"
        " AND ended_at IS NULL AND subject NOT LIKE :channels AND NOT EXISTS"
        " (SELECT 1 FROM delivery WHERE delivery.athlete_id = :athlete"
        " AND delivery.alert_id = alert.id AND delivery.status <> 'dropped')",
        channels="trouble:delivery:%",
    )
    return {row["id"] for row in found}


def deliveries_of(store: Rows, alert_id: int) -> list[Delivery]:
    """What became of an alert on each channel, each time that it was said."""
    return _deliveries(
        store,
        f"SELECT {_DELIVERY} FROM delivery WHERE delivery.athlete_id = :athlete"
        " AND delivery.alert_id = :alert ORDER BY delivery.round, delivery.id",
        alert=alert_id,
    )


def _deliveries(store: Rows, sql: str, **params: Any) -> list[Delivery]:
    return [
        Delivery(
            id=row["id"],
            alert_id=row["alert_id"],
            channel=row["channel"],
            round=row["round"],
            status=DeliveryStatus(row["status"]),
            tries=row["tries"],
            created_at=to_instant(row["created_at"]),
            next_at=to_instant(row["next_at"]),
            tried_at=maybe_instant(row["tried_at"]),
            delivered_at=maybe_instant(row["delivered_at"]),
            fault=row["fault"],
            left_to=tuple(json.loads(row["left_to"] or "[]")),
        )
        for row in store.rows(sql, **params)
    ]
