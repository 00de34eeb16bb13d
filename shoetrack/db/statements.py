"""What is said to the tables of rows that may change, and how such a row is kept in the journal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Table, bindparam, delete, insert, select, update
from sqlalchemy.types import TypeEngine

from shoetrack.db import schema, schema_alerts
from shoetrack.db.reader import ATHLETE

# What may change, and so is journaled. The ledger and the changes themselves are not here.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        schema.shoe,
        schema.default_shoe,
        schema.run,
        schema.share,
        schema.sighting,
        schema.observation,
        schema.strava_state,
    )
}
# What is only noted: what was said and done, which no undo takes back.
NOTED: dict[str, Table] = {
    table.name: table
    for table in (
        schema_alerts.alert,
        schema_alerts.delivery,
        schema_alerts.job,
        schema_alerts.heartbeat,
        schema_alerts.watched_file,
    )
}
# Entries point to these, so taking back what made one leaves the row, out of sight.
KEPT = {"run": "undone", "shoe": "deleted"}

# Said once: building a statement anew for each row costs more than running it.
_ALL = TABLES | NOTED
INSERT = {name: insert(table) for name, table in (*_ALL.items(), ("change", schema.change))}
SELECT = {
    name: select(table).where(table.c.id == bindparam("_row"), table.c.athlete_id == ATHLETE)
    for name, table in TABLES.items()
}
UPDATE = {
    name: update(table).where(table.c.id == bindparam("_row")) for name, table in _ALL.items()
}
DELETE = {
    name: delete(table).where(table.c.id == bindparam("_row")) for name, table in _ALL.items()
}


def flat(value: Any) -> Any:
    """A column's value as JSON can keep it."""
    return value.isoformat() if isinstance(value, date) else value


def full(kind: TypeEngine[Any], value: Any) -> Any:
    """The reverse of `flat`, for a column of this type."""
    if value is not None and isinstance(kind, schema.Instant):
        return datetime.fromisoformat(value)
    if value is not None and isinstance(kind, Date):
        return date.fromisoformat(value)
    return value
