"""Millimetres and seconds inside; miles, kilometres and clock times at the edge, here alone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

Millimetres = NewType("Millimetres", int)
Seconds = NewType("Seconds", int)

# The international mile of 1959 is 1609.344 m exactly.
MM_PER_MILE = 1_609_344
MM_PER_KM = 1_000_000
MM_PER_METRE = 1_000


class Unit(StrEnum):
    """What distances are shown in, and typed in where no unit is given."""

    MI = "mi"
    KM = "km"

    @property
    def mm(self) -> int:
        return MM_PER_MILE if self is Unit.MI else MM_PER_KM


_SUFFIXES = {
    "": None,
    "mi": MM_PER_MILE,
    "mile": MM_PER_MILE,
    "miles": MM_PER_MILE,
    "km": MM_PER_KM,
    "k": MM_PER_KM,
    "kilometres": MM_PER_KM,
    "kilometers": MM_PER_KM,
    "m": MM_PER_METRE,
    "metres": MM_PER_METRE,
    "meters": MM_PER_METRE,
}
_DISTANCE = re.compile(
    r"([+-]?)\s*(\d{1,20}(?:[.,]\d{1,20})?|[.,]\d{1,20})\s*([a-z]*)", re.IGNORECASE
)
# A thousand in English, one in German: nobody can tell which was meant.
_TWO_MEANINGS = re.compile(r"[1-9]\d{0,2},\d{3}")


def parse_distance(text: str, unit: Unit) -> Millimetres:
    """Read `5 km`, `3.1mi`, `800`, `-5mi`; a bare number is in `unit`. Raises ValueError."""
    match = _DISTANCE.fullmatch(text.strip())
    if match is None or match[3].casefold() not in _SUFFIXES:
        raise ValueError(f"{text!r} is not a distance: write it like 5km, 3.1mi or 800")
    if _TWO_MEANINGS.fullmatch(match[2]):
        raise ValueError(f"{text!r} can be read in two ways: write it without the comma")
    factor = _SUFFIXES[match[3].casefold()] or unit.mm
    whole, _, fraction = match[2].replace(",", ".").partition(".")
    # In whole numbers, so that 0.1 mi is the same millimetres on every machine.
    scale = 10 ** len(fraction)
    magnitude = (int(whole or "0") * scale + int(fraction or "0")) * factor
    rounded = (magnitude + scale // 2) // scale
    if rounded > 1_000_000 * MM_PER_KM:
        raise ValueError(f"{text!r} is too far for any pair of shoes")
    return Millimetres(-rounded if match[1] == "-" else rounded)


def parse_range(text: str, unit: Unit) -> tuple[Millimetres, Millimetres]:
    """Read a replacement range: `300-500mi`, `480 km - 800 km`, `300-500`. Raises ValueError."""
    low_text, dash, high_text = text.strip().replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a range: write it like 300-500mi")
    low_unit, high_unit = (re.sub(r"[\d\s.,]", "", end) for end in (low_text, high_text))
    if not low_unit:
        low_text += high_unit
    elif not high_unit:
        high_text += low_unit
    low, high = parse_distance(low_text, unit), parse_distance(high_text, unit)
    if not 0 < low < high:
        raise ValueError(f"{text!r} is not a range: the low end must be above 0 and below the high")
    return low, high


def in_unit(distance: int, unit: Unit) -> float:
    """Millimetres as a number of miles or kilometres."""
    return distance / unit.mm


def show_distance(distance: int, unit: Unit, digits: int = 1) -> str:
    """Millimetres for a person: `312.4 mi`."""
    shown = f"{distance / unit.mm:,.{digits}f}"
    return f"{shown.removeprefix('-') if _is_zero(shown) else shown} {unit}"


def _is_zero(shown: str) -> bool:
    return not shown.strip("-0.,")


def metres(distance: int) -> float | int:
    """Millimetres as metres for JSON: at most three decimals, whole numbers without any."""
    whole, rest = divmod(distance, MM_PER_METRE)
    return whole if rest == 0 else distance / MM_PER_METRE


def show_duration(seconds: int | None) -> str:
    """Seconds for a person: `1:02:33`."""
    if seconds is None:
        return ""
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours}:{minute:02}:{second:02}"


def parse_duration(text: str) -> Seconds:
    """Read `45:10` (minutes, seconds), `1:02:33`, `45min`, `1h`, `1h30m`. Raises ValueError."""
    typed = text.strip().casefold()
    clock = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)", typed)
    words = re.fullmatch(
        r"(?=.)(?:(\d{1,3})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?\s*(?:(\d{1,5})\s*s)?", typed
    )
    if match := clock or words:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        if match is words or match[1] is None or minutes < 60:
            return Seconds(hours * 3600 + minutes * 60 + seconds)
    raise ValueError(f"{text!r} is not a duration: write it like 45:10, 1:02:33 or 50min")


_SPAN_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}


def parse_span(text: str) -> timedelta:
    """Read a span of days: `28 days`, `4w`, `10d`. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,4})\s*([a-z]+)", text.strip().casefold())
    if match is None or match[2] not in _SPAN_DAYS:
        raise ValueError(f"{text!r} is not a span of time: write it like 28 days or 4w")
    return timedelta(days=int(match[1]) * _SPAN_DAYS[match[2]])


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC. A naive time raises ValueError: nobody knows when it was."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone")
    return instant.astimezone(UTC)


def local_day(instant: datetime, zone: tzinfo | None) -> date:
    """The calendar day of an instant in `zone`; None is the zone the machine is set to."""
    return as_utc(instant).astimezone(zone).date()
