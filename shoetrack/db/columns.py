"""Values out of columns, and into conditions, in both dialects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

# SQLite takes 999 parameters at the least; more ids than this are asked for in turns.
AT_ONCE = 500


def to_date(value: Any) -> date:
    """A column of days: SQLite hands back text, PostgreSQL a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def to_instant(value: Any) -> datetime:
    """A column of instants, which are kept in UTC."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def maybe_date(value: Any) -> date | None:
    return None if value is None else to_date(value)


def maybe_instant(value: Any) -> datetime | None:
    return None if value is None else to_instant(value)


def instant_text(value: datetime) -> str:
    """An instant as SQLite's columns hold it, for comparing."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def some(ids: Iterable[int]) -> Iterator[str]:
    """Ids as lists for IN, so many at a time. They are numbers, so they are safe in the text."""
    numbers = [int(number) for number in ids]
    for start in range(0, len(numbers), AT_ONCE):
        yield ",".join(map(str, numbers[start : start + AT_ONCE]))
