"""What a person answers to an alert: it is known, or not now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shoetrack.alerting.raising import drop
from shoetrack.db import alert_queries
from shoetrack.db.reader import Rows
from shoetrack.db.store import Store
from shoetrack.errors import NotFoundError, RefusedError
from shoetrack.model import Alert


def acknowledge(store: Store, ids: Iterable[int] | None, now: datetime) -> list[Alert]:
    """Acknowledge alerts by their numbers, or None: all that are open; gives those that were.

    They are sent no more. Raises NotFoundError, and then does nothing.
    """
    with store.write("alert", "alerts acknowledged", now) as tx:
        if ids is None:
            found = alert_queries.open_alerts(tx)
        else:
            found = [alert for alert_id in ids if (alert := _alert(tx, alert_id)).is_open]
        for alert in found:
            tx.note("alert", alert.id, acked_at=now)
            drop(tx, alert)
        return found


def snooze(store: Store, alert_id: int, until: datetime, now: datetime) -> Alert:
    """Say an alert no more until then; what is on its way is dropped. Raises NotFoundError,
    RefusedError where it is not open.
    """
    with store.write("alert", "an alert snoozed", now) as tx:
        alert = _alert(tx, alert_id)
        if not alert.is_open:
            why = "was acknowledged" if alert.acked_at is not None else "is over"
            raise RefusedError(f"alert {alert_id} {why} already: it is not said again")
        tx.note("alert", alert_id, snoozed_until=until)
        drop(tx, alert)  # it is said anew then, as it is by then
        return alert._replace(snoozed_until=until)


def _alert(store: Rows, alert_id: int) -> Alert:
    alert = alert_queries.alert(store, alert_id)
    if alert is None:
        raise no_alert(alert_id)
    return alert


def no_alert(alert_id: int) -> NotFoundError:
    return NotFoundError(f"there is no alert {alert_id}: `shoetrack alerts list` has those open")
