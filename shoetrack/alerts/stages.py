"""How far a pair has come in its life, and whether that was said already. Plain functions.

A stage is said once in a pair's life. It is said again only where, after it was said, the pair left
it in a way that stands: by a correction of its miles, by a range that was set higher, or because it
was retired and brought back; or where an undo has shown that the pair had been far from it. What
stands is told by the store's changes alone, so that neither when one looks nor how often, nor an
undo, a redo or an import that is done again, says a stage twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shoetrack.model.alerts import Alert, Draft
from shoetrack.units import MM_PER_KM, MM_PER_MILE, Unit

# The stages, each beyond the one before it; those after the last are so many steps beyond the end.
IN_RANGE, NEAR_END, WORN_OUT = 1, 2, 3
_NAMES = {IN_RANGE: "in-range", NEAR_END: "near-end", WORN_OUT: "worn-out"}
BEYOND = "beyond"
_LEVELS = {name: level for level, name in _NAMES.items()}

# Of a pair that was near its end by the forecast: what of its range it was forecast to run in the
# two weeks that make it near, in mm.
TWO_WEEKS = "two_weeks_mm"

Range = tuple[int, int]


def step_mm(unit: Unit) -> int:
    """How far beyond its end a pair is spoken of again: every 50 mi, or 80 km."""
    return 80 * MM_PER_KM if unit is Unit.KM else 50 * MM_PER_MILE


class Scale(NamedTuple):
    """Where the stages begin, in a range: `near` is the part of its high end that is near it."""

    near: float
    step_mm: int

    def begin(self, level: int, range_mm: Range, two_weeks_mm: int | None = None) -> float:
        """From how many mm on a pair is at a stage."""
        low, high = range_mm
        if level == IN_RANGE:
            return low
        if level == NEAR_END:
            by_miles = self.near * high
            return by_miles if two_weeks_mm is None else min(by_miles, high - two_weeks_mm)
        return high + (level - WORN_OUT) * self.step_mm

    def beyond(self, distance_mm: int, range_mm: Range) -> int:
        """The level of a pair that is worn out."""
        return WORN_OUT + (distance_mm - range_mm[1]) // self.step_mm


def named(level: int) -> tuple[str, int]:
    """A level as an alert has it: the stage, and how many steps beyond the end."""
    return (_NAMES[level], 0) if level <= WORN_OUT else (BEYOND, level - WORN_OUT)


def level_of(draft: Draft) -> int:
    """The reverse of `named`."""
    return WORN_OUT + draft.step if draft.stage == BEYOND else _LEVELS[draft.stage]


# --- what was done since a stage was said -----------------------------------------------------


class Link(NamedTuple):
    """A change of the store, and the one that it took back, or did again."""

    id: int
    undoes_id: int | None = None
    redoes_id: int | None = None


class Step(NamedTuple):
    """What a change did to a pair: to its miles, in mm, and its range; `returned`: it brought it
    back from retirement.
    """

    net_mm: int
    range_before: Range
    range_after: Range
    returned: bool = False


def fresh(links: Iterable[Link]) -> list[int]:
    """The changes that stand now and did not when those before the first of `links` were all.

    Undo goes back in order and redo forth again, so what stands is a pile of which the top goes
    first: of what lay there before, some may be gone, and what was done since lies on the rest. One
    that lay there before, was undone and done again is there as it was.
    """
    pile: list[int] = []
    gone: dict[int, int | None] = {}  # by the undo: what it took from the pile; None: from below
    for link in links:
        if link.undoes_id is not None:
            gone[link.id] = pile.pop() if pile else None
        elif link.redoes_id is not None and gone.get(link.redoes_id, link.id) is None:
            continue
        else:
            pile.append(link.id)
    return pile


def any_undone(links: Iterable[Link]) -> bool:
    """Whether of the changes before the first of `links` some are undone, and not done again."""
    height = 0
    below: set[int] = set()  # the undos that took one of those
    for link in links:
        if link.undoes_id is not None:
            if height:
                height -= 1
            else:
                below.add(link.id)
        elif link.redoes_id in below:
            below.discard(link.redoes_id)
        else:
            height += 1
    return bool(below)


def was_mistaken(
    said: Alert, level: int, had_mm: int, range_mm: Range, links: Iterable[Link], scale: Scale
) -> bool:
    """Whether a stage up to that of the alert `said` was not so at all, as of runs that were put on
    the pair by mistake: `had_mm` is what it had on that day by all that is known now.

    An undo of the last run is no such thing: it was said well, but for a few miles.
    """
    two_weeks = said.draft.facts.get(TWO_WEEKS)
    begins = scale.begin(level, range_mm, two_weeks)
    return had_mm < begins - scale.step_mm and any_undone(links)


def is_rearmed(
    said: Alert, level: int, steps: Sequence[Step], distance_mm: int, range_mm: Range, scale: Scale
) -> bool:
    """Whether a stage up to that of the alert `said` may be said again. `steps` are those of the
    changes that are fresh since, the pair has come to `distance_mm` and `range_mm` by them.
    """
    if any(step.returned for step in steps):
        return True
    two_weeks = said.draft.facts.get(TWO_WEEKS)
    first = steps[0].range_before if steps else range_mm
    said_at = said.draft.distance_mm or 0
    if said.draft.range_mm != first and said_at < scale.begin(level, first, two_weeks):
        return True  # another range since, by the configuration or an undo: it was not there yet
    had_mm = distance_mm - sum(step.net_mm for step in steps)
    for step in steps:
        has_mm = had_mm + step.net_mm
        was_there = had_mm >= scale.begin(level, step.range_before, two_weeks)
        if was_there and has_mm < scale.begin(level, step.range_after, two_weeks):
            return True
        had_mm = has_mm
    return False
