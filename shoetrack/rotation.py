"""Whether the pairs of a rotation take turns. A first version: equal shares over one window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shoetrack.model import Day, Shoe

# Fewer runs than this in the window say nothing about evenness.
MIN_RUNS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """One pair's part in its rotation over the window; shares are of 1."""

    shoe: Shoe
    distance_mm: int
    runs: int
    share: float
    target: float
    last_worn: date | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A named group of pairs over a window. `uneven` are the pairs off their target share."""

    name: str
    turns: tuple[Turn, ...]
    runs: int
    uneven: tuple[Turn, ...]

    @property
    def verdict(self) -> str:
        """One of: "even", "uneven", "too few runs to tell", "one pair alone"."""
        if len(self.turns) < 2:
            return "one pair alone"
        if self.runs < MIN_RUNS or not any(turn.distance_mm for turn in self.turns):
            return "too few runs to tell"
        return "uneven" if self.uneven else "even"


def evaluate(
    shoes: Sequence[Shoe],
    days: Mapping[int, Iterable[Day]],
    *,
    window: timedelta,
    tolerance: float,
    today: date,
) -> list[Rotation]:
    """The rotations of the pairs in use, by name; `days` are each pair's days by its id.

    Uneven: at least six runs in the window, and a pair further off its share than `tolerance`.
    """
    names = sorted({shoe.rotation for shoe in shoes if shoe.rotation and not shoe.retired_on})
    return [
        _evaluate(name, shoes, days, window=window, tolerance=tolerance, today=today)
        for name in names
    ]


def _evaluate(
    name: str,
    shoes: Sequence[Shoe],
    days: Mapping[int, Iterable[Day]],
    *,
    window: timedelta,
    tolerance: float,
    today: date,
) -> Rotation:
    members = [shoe for shoe in shoes if shoe.rotation == name and not shoe.retired_on]
    within = {
        shoe.id: [day for day in days.get(shoe.id, ()) if today - window < day.on <= today]
        for shoe in members
    }
    whole = sum(day.distance_mm for worn in within.values() for day in worn)
    turns = []
    for shoe in members:
        distance = sum(day.distance_mm for day in within[shoe.id])
        turns.append(
            Turn(
                shoe=shoe,
                distance_mm=distance,
                runs=sum(day.runs for day in within[shoe.id]),
                share=distance / whole if whole else 0.0,
                target=1 / len(members),
                last_worn=max((day.on for day in within[shoe.id]), default=None),
            )
        )
    runs = sum(turn.runs for turn in turns)
    uneven = (
        [turn for turn in turns if abs(turn.share - turn.target) > tolerance]
        if len(turns) > 1 and runs >= MIN_RUNS and whole
        else []
    )
    return Rotation(name, tuple(turns), runs, tuple(uneven))
