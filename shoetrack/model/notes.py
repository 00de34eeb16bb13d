"""What a person notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Observation:
    """What a person noted of a run ("heel 2") or of a pair ("tread 6"); exactly one id is set.

    `level` goes from 0, nothing, to 10, as bad as can be; None with an empty `part` is a note.
    """

    noted_on: date
    part: str = ""
    level: int | None = None
    note: str = ""
    run_id: int | None = None
    shoe_id: int | None = None
    id: int = 0
