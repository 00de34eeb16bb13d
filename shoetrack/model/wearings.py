"""Which pair was on the feet, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shoetrack.sport import Sport


@dataclass(frozen=True, slots=True)
class Wearing:
    """One pair on one run, which a split has several of; `shoe_id` None: a run on no pair.

    `distance_mm` is the whole run's, None where nobody knows it. `started_at` and `ended_at` are
    aware and in UTC, None where the source gives no time.
    """

    run_id: int
    shoe_id: int | None
    on: date
    sport: Sport
    distance_mm: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
