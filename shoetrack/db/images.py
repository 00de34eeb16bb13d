"""Values of a row as the journal keeps them, in JSON, and back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date
from sqlalchemy.types import TypeEngine

from shoetrack.db.schema import Instant


def flat(value: Any) -> Any:
    """A column's value as JSON can keep it."""
    return value.isoformat() if isinstance(value, date) else value


def full(kind: TypeEngine[Any], value: Any) -> Any:
    """The reverse of `flat`, for a column of this type."""
    if value is not None and isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if value is not None and isinstance(kind, Date):
        return date.fromisoformat(value)
    return value
