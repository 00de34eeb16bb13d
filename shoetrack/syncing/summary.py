"""What a sync did, as far as it is committed."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from shoetrack.pipeline import Summary


@dataclass(frozen=True, slots=True)
class Gone:
    """A run that no longer counts, or lost one of its sightings, as it was deleted at Strava."""

    run_id: int
    on: date
    name: str
    by_hand: bool  # a hand had decided on it


@dataclass(slots=True)
class SyncSummary:
    """`runs` counts as an import does: each run on foot that Strava told, once."""

    runs: Summary = field(default_factory=Summary)
    changed: int = 0  # of the known: those of which Strava says something else now
    moved: int = 0  # to the pair that Strava has them on, or away from it
    deleted: int = 0  # that no longer count
    stayed: int = 0  # deleted at Strava, and seen elsewhere too
    by_hand: list[Gone] = field(default_factory=list)  # of the deleted
    held_back: int = 0  # absent at Strava, too many at once to be believed
    off_foot: int = 0  # rides and the like, each time they are read
    pairs_added: list[str] = field(default_factory=list)
    pairs_linked: list[str] = field(default_factory=list)
    pairs_retired: list[str] = field(default_factory=list)
    goes_on: datetime | None = None  # stopped by the limit of calls until then
    whole: bool = False  # all of the account's history has been read
    looks_for_deletions: bool = True  # not without the scope that shows all activities

    def add(self, other: SyncSummary) -> None:
        """Count another part of the same sync."""
        self.runs.add(other.runs)
        for part in fields(self):
            value: Any = getattr(self, part.name)
            if part.name in ("runs", "goes_on", "whole", "looks_for_deletions"):
                continue
            setattr(self, part.name, value + getattr(other, part.name))

    @property
    def did_anything(self) -> bool:
        return bool(
            self.runs.new
            or self.runs.doubtful
            or self.runs.further
            or self.changed
            or self.moved
            or self.deleted
            or self.stayed
            or self.pairs_added
            or self.pairs_linked
            or self.pairs_retired
        )

    def in_words(self) -> str:
        """For the list of changes."""
        parts = [f"{self.runs.new} new run{'' if self.runs.new == 1 else 's'}"]
        for count, word in (
            (self.runs.doubtful, "in doubt"),
            (self.changed, "changed"),
            (self.moved, "moved"),
            (self.deleted, "deleted"),
        ):
            if count:
                parts.append(f"{count} {word}")
        return f"sync of {', '.join(parts)}"
