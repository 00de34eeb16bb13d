"""How worn a pair is, and when it will be done. Plain functions; `today` is an argument."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from shoetrack.forecast import IDLE, Forecast
from shoetrack.model import Shoe, Total

# A pair is near its end when the forecast is this close, whatever its miles.
SOON = timedelta(days=14)
# How long before its end the next pair is bought: it has to come, and to be got used to.
NOTICE = timedelta(days=14)
# With so many runs a pair has a forecast, unless the day is years away.
ENOUGH_TO_EXPECT_ONE = 15


class State(StrEnum):
    """Where a pair is in its life."""

    FRESH = "fresh"
    IN_RANGE = "in-range"
    NEAR_END = "near-end"
    WORN_OUT = "worn-out"
    RETIRED = "retired"

    @property
    def due(self) -> bool:
        """Whether the next pair should be bought."""
        return self in (State.NEAR_END, State.WORN_OUT)


class Wear(NamedTuple):
    """A pair with its miles, against its range (low, high) in millimetres."""

    shoe: Shoe
    total: Total
    range_mm: tuple[int, int]
    state: State
    forecast: Forecast | None

    @property
    def share(self) -> float:
        """The part of the high end that is used: 1 is worn out."""
        return self.total.distance_mm / self.range_mm[1]

    @property
    def left_mm(self) -> int:
        """What is left to the high end; negative beyond it."""
        return self.range_mm[1] - self.total.distance_mm


def assess(
    shoe: Shoe,
    total: Total,
    forecast: Forecast | None,
    *,
    default_range: tuple[int, int],
    near: float,
    today: date,
) -> Wear:
    """How a pair stands. `near` is the part of high that is near the end.

    The default range, 300-500 mi, is what makers and shops tell runners.
    """
    ends = shoe.range_mm or default_range
    return Wear(shoe, total, ends, state_of(shoe, total, ends, near, forecast, today), forecast)


def state_of(
    shoe: Shoe,
    total: Total,
    range_mm: tuple[int, int],
    near: float,
    forecast: Forecast | None,
    today: date,
) -> State:
    """The state of a pair from its miles, its range and its forecast."""
    low, high = range_mm
    if shoe.retired_on is not None:
        return State.RETIRED
    if total.distance_mm >= high:
        return State.WORN_OUT
    if total.distance_mm >= near * high or (forecast is not None and forecast.on - today <= SOON):
        return State.NEAR_END
    return State.IN_RANGE if total.distance_mm >= low else State.FRESH


def due_within(wear: Wear, span: timedelta | None, today: date) -> bool:
    """Whether a pair is due: near its end or beyond, or forecast to be done within `span`."""
    if wear.state is State.RETIRED:
        return False
    if wear.state.due:
        return True
    return span is not None and wear.forecast is not None and wear.forecast.on - today <= span


def buy_by(wear: Wear, today: date) -> date | None:
    """The day to have bought the next pair by, at two weeks' notice; today for one that is due.

    None where nobody can tell yet, and for a retired pair.
    """
    if wear.state is State.RETIRED:
        return None
    if wear.state.due:
        return today
    return None if wear.forecast is None else max(today, wear.forecast.on - NOTICE)


def buying(wear: Wear, today: date) -> str:
    """What to do about a pair that is due, or has a forecast: `Buy the next pair by 2026-06-18`."""
    by = buy_by(wear, today)
    return "Buy the next pair now" if by is None or by <= today else f"Buy the next pair by {by}"


def why_unknown(wear: Wear, today: date) -> str:
    """Why there is no forecast."""
    last = wear.total.last_worn
    if last is not None and today - last > IDLE:
        return f"not worn since {last}"
    if last is not None and wear.total.runs >= ENOUGH_TO_EXPECT_ONE:
        return "not for years"
    return "not enough runs yet"


def urgency(wear: Wear) -> tuple[bool, date, float]:
    """A key to sort by: what is worn out first, then by day, then by wear."""
    on = wear.forecast.on if wear.forecast else date.max
    return (wear.state is not State.WORN_OUT, on, -wear.share)
