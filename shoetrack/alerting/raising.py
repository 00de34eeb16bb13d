"""Alerts into the store: raised with their deliveries, said once more, and ended.

An alert and what is to be said of it are one transaction, and are there before anything is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from shoetrack.alerting import words
from shoetrack.alerts import again
from shoetrack.config import Config
from shoetrack.db import alert_queries, delivery_queries
from shoetrack.model import Alert, AlertKind, DeliveryStatus, Draft

if TYPE_CHECKING:
    from shoetrack.db.store import Store, Transaction  # loads what a look need not wait for

_TROUBLE = "trouble:"


def raise_alert(tx: Transaction, draft: Draft, channels: Sequence[str]) -> Alert:
    """Record an alert, and that it is to be said on each of these channels.

    A digest is an account of what was: it is over as soon as it is there, and never open.
    """
    ended_at = tx.now if draft.kind is AlertKind.DIGEST else None
    after = alert_queries.last_change(tx)
    low, high = draft.range_mm or (None, None)
    alert_id = tx.note_new(
        "alert",
        kind=str(draft.kind),
        subject=draft.subject,
        shoe_id=draft.shoe_id,
        stage=draft.stage,
        step=draft.step,
        distance_mm=draft.distance_mm,
        low_mm=low,
        high_mm=high,
        urgent=int(draft.urgent),
        title=draft.title,
        body=draft.body,
        facts=json.dumps(dict(draft.facts)),
        after_change=after,
        raised_at=tx.now,
        ended_at=ended_at,
    )
    for channel in channels:
        _send(tx, alert_id, channel, 0)
    return Alert(alert_id, draft, after, tx.now, ended_at=ended_at)


def _send(tx: Transaction, alert_id: int, channel: str, round_: int) -> None:
    tx.note_new(
        "delivery",
        alert_id=alert_id,
        channel=channel,
        round=round_,
        status=str(DeliveryStatus.PENDING),
        created_at=tx.now,
        next_at=tx.now,
    )


def send_again(
    tx: Transaction, alert: Alert, channels: Sequence[str], *, unsaid_only: bool = False
) -> None:
    """Say an alert once more on each of these channels where it is not on its way; `unsaid_only`:
    and where it never arrived.
    """
    sent = delivery_queries.deliveries_of(tx, alert.id)
    for channel in channels:
        there = [one for one in sent if one.channel == channel]
        states = {one.status for one in there}
        if DeliveryStatus.PENDING in states:
            continue
        if unsaid_only and DeliveryStatus.DELIVERED in states:
            continue
        _send(tx, alert.id, channel, 1 + max((one.round for one in there), default=-1))


def drop(tx: Transaction, alert: Alert) -> None:
    """Send no more of an alert."""
    for one in delivery_queries.deliveries_of(tx, alert.id):
        if one.status is DeliveryStatus.PENDING:
            tx.note("delivery", one.id, status=str(DeliveryStatus.DROPPED))


def end(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """They are so no longer: nothing more is sent of them."""
    for alert in alerts:
        tx.note("alert", alert.id, ended_at=tx.now)
        drop(tx, alert)


# --- what others find -------------------------------------------------------------------------


def trouble(
    store: Store,
    config: Config,
    name: str,
    title: str,
    body: str,
    now: datetime,
    *,
    urgent: bool = False,
    but_not: str = "",
) -> Alert | None:
    """Say that something which should run by itself does not: once while it lasts, and the same
    again at most once a day. `but_not` is a channel that is itself the trouble.

    None where it was said already. Raises StoreError.
    """
    draft = Draft(AlertKind.TROUBLE, f"{_TROUBLE}{name}", title, body, urgent)
    with store.write("alert", title, now) as tx:
        before = alert_queries.alerts_of(tx, draft.subject)
        if any(one.ended_at is None for one in before):
            return None
        if not again.is_day_ago(before[0] if before else None, now):
            return None
        channels = [one for one in config.alerts.channels if one != but_not]
        return raise_alert(tx, draft, channels)


def end_trouble(store: Store, name: str, now: datetime) -> bool:
    """It works again; whether there was trouble. Raises StoreError."""
    with store.write("alert", f"{name} works again", now) as tx:
        before = alert_queries.alerts_of(tx, f"{_TROUBLE}{name}")
        lasting = [one for one in before if one.ended_at is None]
        end(tx, lasting)
        return bool(lasting)


def tell_of_files(tx: Transaction, config: Config, refused: Sequence[tuple[str, str]]) -> Alert:
    """Say which files, by their paths, could not be read and why, within the transaction that
    remembers them. Those of an alert that is still open go with them, so that there is one at a
    time.
    """
    earlier = [one for one in alert_queries.alerts_of(tx, words.FILES) if one.is_open]
    draft = words.files(refused, [one.draft for one in earlier])
    end(tx, earlier)
    return raise_alert(tx, draft, config.alerts.channels)
