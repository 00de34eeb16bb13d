"""The ledger's lines, and the changes that wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is."""

    RUN = "run"
    OPENING = "opening"  # miles a pair had when it was added
    ADJUSTMENT = "adjustment"  # a hand's correction of a pair's miles
    REVERSAL = "reversal"  # takes back one earlier entry, exactly


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry before it is posted. `shoe_id` None is *unassigned*."""

    shoe_id: int | None
    run_id: int | None
    distance_mm: int
    duration_s: int
    effective_on: date
    kind: Kind
    by: str
    note: str = ""
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, as it stands in the store for good."""

    id: int
    posting: Posting
    change_id: int
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What one command did, and one `undo` takes back."""

    id: int
    kind: str
    summary: str
    made_at: datetime
    entries: int = 0
    undone: bool = False
