"""How the values of a rule's conditions are read. Each raises ValueError for what it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shoetrack.model.rules import Circle, Clock, Days, OneOf, Origin, Span, Texts
from shoetrack.sport import parse_sport
from shoetrack.units import MM_PER_KM, Unit, parse_distance, parse_duration

# Kinds of sightings, as their readers call them; `strava` and `apple` are short for theirs.
KINDS = ("fit", "gpx", "tcx", "apple-health", "runkeeper", "strava", "strava-export", "hand")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"weekend": (5, 6), "weekday": range(5), "weekdays": range(5)}
_COMPARED = re.compile(r"(>=|<=|>|<|≥|≤)\s*(.+)", re.DOTALL)
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,6})?")
_PLACE = re.compile(r"(-?\d{1,3}(?:\.\d{1,20})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,20})?)\s+within\s+(.+)")
_FEET_PER_MILE = 5280
_LAST_SECOND = 24 * 3600
_WHOLE = 100_00  # hundredths of a percent


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text")
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    """One text, or a list of some."""
    found = value if isinstance(value, list) else [value]
    if not found:
        raise ValueError("an empty list")
    return tuple(_text(one) for one in found)


def sports(value: Any, _: Unit) -> OneOf:
    return OneOf(frozenset(parse_sport(word) for word in _texts(value)))


def texts(value: Any, _: Unit) -> Texts:
    return Texts(_texts(value))


def folders(value: Any, _: Unit) -> Texts:
    names = tuple(name.strip("/\\") for name in _texts(value))
    if any(not name or re.search(r"[/\\]", name) for name in names):
        raise ValueError("a path")
    return Texts(names, whole=True)


def origins(value: Any, _: Unit) -> Origin:
    """Kinds of files; what has a star, a question mark or a slash is a path."""
    kinds, globs = [], []
    for word in _texts(value):
        if re.search(r"[*?/\\]", word):
            globs.append(str(Path(word).expanduser()) if word.startswith("~") else word)
        elif (kind := word.casefold()) in KINDS:
            kinds.append(kind)
        else:
            raise ValueError("no kind")
    return Origin(tuple(kinds), tuple(globs))


def yes_or_no(value: Any, _: Unit) -> OneOf:
    if not isinstance(value, bool):
        raise ValueError("neither")
    return OneOf(frozenset({value}))


# --- spans ----------------------------------------------------------------------------------


def _span(text: str, number: Callable[[str], float]) -> Span:
    """`> 5`, `<= 5`, `5-12`: the ends of the last are in it."""
    if match := _COMPARED.fullmatch(text):
        bound = number(match[2])
        is_open = match[1] in "<>"
        if match[1] in (">", ">=", "≥"):
            return Span(low=bound, low_open=is_open)
        if bound == 0 and is_open:
            raise ValueError("nothing is below 0")
        return Span(high=bound, high_open=is_open)
    low_text, dash, high_text = text.replace("–", "-").partition("-")
    low, high = number(_with_unit_of(low_text, high_text)), number(high_text)
    if not dash or not low < high:
        raise ValueError("not a range")
    return Span(low, high)


def _with_unit_of(low: str, high: str) -> str:
    """The low end of `5-12 km`, in the unit of the high one."""
    unit = re.fullmatch(r"\s*[\d.,]+\s*([a-z]+)\s*", high, re.IGNORECASE)
    return f"{low}{unit[1]}" if unit and re.fullmatch(r"\s*[\d.,]+\s*", low) else low


def distances(value: Any, unit: Unit) -> Span:
    def number(text: str) -> float:
        found = parse_distance(text, unit)
        if found < 0:
            raise ValueError("below 0")
        return found

    return _span(_text(value), number)


def durations(value: Any, _: Unit) -> Span:
    return _span(_text(value), parse_duration)


def paces(value: Any, unit: Unit) -> Span:
    """Times for a kilometre or a mile, as seconds for a kilometre."""
    match = re.fullmatch(r"(.+?)\s*(?:min\s*)?/\s*(km|mi)", _text(value), re.IGNORECASE)
    span = match[1] if match else _text(value)
    per = Unit(match[2].casefold()) if match else unit
    return _span(span, lambda text: parse_duration(text) * MM_PER_KM / per.mm)


def climbs(value: Any, _: Unit) -> Span:
    """Metres for a kilometre, or feet for a mile, as millimetres for a kilometre."""
    match = re.fullmatch(r"(.+?)\s*(m\s*/\s*km|ft\s*/\s*mi)", _text(value), re.IGNORECASE)
    if match is None:
        raise ValueError("no unit")
    per = 1000 if match[2][0] in "mM" else MM_PER_KM / _FEET_PER_MILE

    def number(text: str) -> float:
        if not _NUMBER.fullmatch(text.strip()):
            raise ValueError("no number")
        return float(text.replace(",", ".")) * per

    return _span(match[1], number)


# --- days and times -------------------------------------------------------------------------


def weekdays(value: Any, _: Unit) -> OneOf:
    words = [word.strip() for text in _texts(value) for word in text.casefold().split(",")]
    return OneOf(frozenset(day for word in words for day in _some_days(word)))


def _some_days(word: str) -> list[int]:
    """`sat`, `weekend`, `mon-fri`; `fri-mon` goes past the week's end."""
    if word in _GROUPS:
        return list(_GROUPS[word])
    first, dash, last = (part.strip() for part in word.replace("–", "-").partition("-"))
    begin = _day(first)
    length = (_day(last) - begin) % 7 if dash else 0
    return [(begin + i) % 7 for i in range(length + 1)]


def _day(word: str) -> int:
    fitting = [number for number, name in enumerate(_DAYS) if name.startswith(word)]
    if len(word) < 2 or len(fitting) != 1:
        raise ValueError("no weekday")
    return fitting[0]


def times(value: Any, _: Unit) -> Clock:
    text = _text(value)
    if match := re.fullmatch(r"(>=|>|<|≥)\s*(.+)", text):
        at = _second(match[2])
        begin, end = (0, at) if match[1] == "<" else (at, _LAST_SECOND)
    else:
        ends = text.replace("–", "-").partition("-")
        begin, end = _second(ends[0]), _second(ends[2])
    if begin in (end, _LAST_SECOND):
        raise ValueError("no time of day")
    return Clock(begin, end)


def _second(text: str) -> int:
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text.strip())
    if match is None or (second := int(match[1]) * 3600 + int(match[2]) * 60) > _LAST_SECOND:
        raise ValueError("no time of day")
    return second


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(_text(value))


def since(value: Any, _: Unit) -> Days:
    return Days(first=_date(value))


def until(value: Any, _: Unit) -> Days:
    return Days(last=_date(value))


# --- places ---------------------------------------------------------------------------------


def circle(value: Any, unit: Unit) -> Circle:
    """`{ lat = 55.7, lon = 12.6, radius = "500m" }`, or `"55.7, 12.6 within 500m"`."""
    if isinstance(value, dict):
        if sorted(value) != ["lat", "lon", "radius"]:
            raise ValueError("other keys")
        lat, lon, radius = value["lat"], value["lon"], _text(value["radius"])
    else:
        match = _PLACE.fullmatch(_text(value))
        if match is None:
            raise ValueError("no place")
        lat, lon, radius = float(match[1]), float(match[2]), match[3]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in (lat, lon)):
        raise ValueError("no degrees")
    # A bare number could be metres as well as miles.
    if not (abs(lat) <= 90 and abs(lon) <= 180) or not radius.rstrip()[-1:].isalpha():
        raise ValueError("not on Earth, or a radius without its unit")
    radius_mm = parse_distance(radius, unit)
    if radius_mm <= 0:
        raise ValueError("no radius")
    return Circle((float(lat), float(lon)), radius_mm)


# --- the pairs of a split -------------------------------------------------------------------


def split(value: Any) -> tuple[tuple[str, int], ...]:
    """`"A=60%, B=40%"`, `"A=60%, B"`, or a table `{ A = 60, B = 40 }`, as weights out of 10,000."""
    parts: list[tuple[str, int | None]]
    if isinstance(value, dict):
        parts = [(name, _percent(str(part))) for name, part in value.items()]
    else:
        parts = [_part(piece) for piece in _text(value).split(",")]
    rest = _WHOLE - sum(weight or 0 for _, weight in parts)
    found = [(name.strip(), rest if weight is None else weight) for name, weight in parts]
    if len(found) < 2 or not all(name and weight > 0 for name, weight in found):
        raise ValueError("no split")
    if sum(weight for _, weight in found) != _WHOLE:
        raise ValueError("not the whole")
    return tuple(found)


def _part(piece: str) -> tuple[str, int | None]:
    """A pair with its part; None is the rest."""
    name, equals, percent = piece.rpartition("=")
    return (name, _percent(percent)) if equals else (piece, None)


def _percent(text: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,2})(?:\.(\d{1,2}))?\s*%?\s*", text)
    weight = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not weight:
        raise ValueError("no part")
    return weight
