"""How worn a pair is, and when it will be done. Plain functions; `today` is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shoetrack.model import Day, Shoe, Total

# The forecast looks at the pace of the last eight weeks, in two halves for its interval.
PACE_WINDOW = timedelta(days=56)
HALF_WINDOW = timedelta(days=28)
# Fewer runs than this say nothing about a pace, nor do fewer days.
MIN_RUNS = 3
MIN_DAYS = 14
# A pair is near its end when the forecast is this close, whatever its miles.
SOON = timedelta(days=14)
# Beyond this a forecast is a guess about another life.
HORIZON = timedelta(days=5 * 365)


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


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a pair reaches the high end of its range.

    `earliest` and `latest` are the days at the faster and the slower half of the window; `latest`
    None: at the slower one, never.
    """

    on: date
    earliest: date
    latest: date | None


@dataclass(frozen=True, slots=True)
class Wear:
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
    days: Iterable[Day],
    *,
    default_range: tuple[int, int],
    near: float,
    today: date,
) -> Wear:
    """How a pair stands. `days` are its recent days, `near` the part of high that is near the end.

    The default range, 300-500 mi, is what makers and shops tell runners.
    """
    low, high = shoe.range_mm or default_range
    forecast = None
    if shoe.retired_on is None:
        forecast = predict(total, days, high, today)
    return Wear(
        shoe,
        total,
        (low, high),
        state_of(shoe, total, (low, high), near, forecast, today),
        forecast,
    )


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


def predict(total: Total, days: Iterable[Day], high_mm: int, today: date) -> Forecast | None:
    """When the total reaches `high_mm` at the pace of the last eight weeks.

    None where it has, where there are too few runs or days to tell, where the pair was not worn in
    the window, or where the day is years away.
    """
    left = high_mm - total.distance_mm
    if left <= 0 or total.first_worn is None:
        return None
    recent = [day for day in days if today - PACE_WINDOW < day.on <= today]
    window = min(PACE_WINDOW.days, (today - total.first_worn).days + 1)
    if sum(day.runs for day in recent) < MIN_RUNS or window < MIN_DAYS:
        return None
    on = _reached(left, sum(day.distance_mm for day in recent), window, today)
    if on is None:
        return None
    late = [day for day in recent if day.on > today - HALF_WINDOW]
    halves = [(sum(day.distance_mm for day in late), min(window, HALF_WINDOW.days))]
    if window > HALF_WINDOW.days:
        rest = sum(day.distance_mm for day in recent) - halves[0][0]
        halves.append((rest, window - HALF_WINDOW.days))
    reached = [_reached(left, distance, span, today) for distance, span in halves]
    known = [day for day in reached if day is not None]
    return Forecast(
        on=on,
        earliest=min([on, *known]),
        latest=None if None in reached else max([on, *known]),
    )


def _reached(left_mm: int, distance_mm: int, span_days: int, today: date) -> date | None:
    if distance_mm <= 0:
        return None
    days = -(-left_mm * span_days // distance_mm)
    return today + timedelta(days=days) if days <= HORIZON.days else None


def due_within(wear: Wear, span: timedelta | None, today: date) -> bool:
    """Whether a pair is due: near its end or beyond, or forecast to be done within `span`."""
    if wear.state is State.RETIRED:
        return False
    if wear.state.due:
        return True
    return span is not None and wear.forecast is not None and wear.forecast.on - today <= span


def urgency(wear: Wear) -> tuple[bool, date, float]:
    """A key to sort by: what is worn out first, then by day, then by wear."""
    on = wear.forecast.on if wear.forecast else date.max
    return (wear.state is not State.WORN_OUT, on, -wear.share)
