"""Pairs and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from shoetrack.sport import Sport


@dataclass(frozen=True, slots=True)
class Shoe:
    """One pair. `range_mm` None: the configured range holds.

    `target` is what of its rotation's miles it should have, in percent; None is an equal part of
    what the others leave. `minimalist` is a pair with next to no drop, which the body is to get
    used to slowly.
    """

    id: int
    name: str
    brand: str = ""
    model: str = ""
    bought_on: date | None = None
    price: str = ""
    range_mm: tuple[int, int] | None = None
    rotation: str = ""
    strava_id: str | None = None
    note: str = ""
    retired_on: date | None = None
    added_on: date | None = None
    target: int | None = None
    minimalist: bool = False


class DefaultShoe(NamedTuple):
    """The pair that runs of a sport go to by themselves from a day on."""

    sport: Sport
    since: date
    shoe_id: int
    id: int = 0


class Total(NamedTuple):
    """What an account holds; `shoe_id` None is *unassigned*."""

    shoe_id: int | None
    distance_mm: int = 0
    duration_s: int = 0
    runs: int = 0
    first_worn: date | None = None
    last_worn: date | None = None


class Day(NamedTuple):
    """What a shoe did on one day."""

    on: date
    distance_mm: int
    runs: int = 1
