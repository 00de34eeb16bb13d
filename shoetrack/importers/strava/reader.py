"""Strava's JSON into values of ours. Nothing in it is relied on: what is missing or odd is unknown.

Strava adds sports and fields, sends fractions and nulls where it never did, and one odd activity
must not cost the 199 others of its page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any

from shoetrack.importers.exports.rows import LONGEST_S, row_digest
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.strava.protocol import Activity, Athlete, Gear
from shoetrack.model import DistanceSource, Place, RunRecord
from shoetrack.sport import OffFoot, Sport, classify
from shoetrack.units import MM_PER_METRE

KIND = "strava"
SERVICE = "strava"

# Where an athlete hides when they run, the local time reads so.
_HIDDEN = time(0, 0, 1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_FARTHEST_M = 10_000_000.0
_HIGHEST_M = 1_000_000.0
_LARGEST_ID = 2**63 - 1
_FARTHEST_ZONE_S = 18 * 3600
_LONGEST_TEXT = 500

# Strava's are a letter and figures; whatever else they become, they can stand in an address.
GEAR_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


def activities(found: Any) -> list[Activity]:
    """A page, in its order; nothing where it is no list."""
    return [activity(one) for one in found] if isinstance(found, list) else []


def activity(found: Any) -> Activity:
    """One activity, whatever it looks like; see `Activity` for what it is when it is no run."""
    if not isinstance(found, Mapping):
        return Activity(0, None, "not an activity")
    number = _id(found.get("id"))
    gear = _gear_id(found.get("gear_id")) or _gear_id(_of(found.get("gear"), "id"))
    started_at = _utc(found.get("start_date"))
    local = _naive(found.get("start_date_local"))
    offset_s = _offset(found, started_at, local)
    if started_at is None and local is not None and offset_s is not None:
        started_at = _shifted(local.replace(tzinfo=UTC), -offset_s)
    if local is None and started_at is not None and offset_s is not None:
        shifted = _shifted(started_at, offset_s)
        local = shifted.replace(tzinfo=None) if shifted else None
    hidden = local is not None and local.time() == _HIDDEN
    day = local.date() if local else started_at.date() if started_at else None
    known = Activity(number, None, "", gear, started_at, hidden, day)
    sport = sport_of(found)
    if sport is None and gear is not None and gear.startswith("b"):
        sport = OffFoot.RIDE  # whatever it is called, it was on a bike
    if reason := _reason(number, day, sport, found):
        return _with(known, None, reason)
    assert not isinstance(sport, OffFoot)
    times = _Times(found, None if hidden else started_at)
    return _with(known, _record(found, number, sport, times, day, offset_s), "")


class _Times:
    """When an activity began and ended, and for how long it moved, in seconds."""

    def __init__(self, found: Mapping[str, Any], started_at: datetime | None) -> None:
        elapsed = _seconds(found.get("elapsed_time"))
        self.duration_s = _seconds(found.get("moving_time")) or elapsed
        self.started_at = started_at
        self.ended_at = _shifted(started_at, elapsed) if started_at and elapsed else None


def _record(
    found: Mapping[str, Any],
    number: int,
    sport: Sport | None,
    times: _Times,
    day: date | None,
    offset_s: int | None,
) -> RunRecord:
    metres = _number(found.get("distance"), _FARTHEST_M)
    distance = round(metres * MM_PER_METRE) or None if metres is not None else None
    ascent = _number(found.get("total_elevation_gain"), _HIGHEST_M)
    return RunRecord(
        KIND,
        row_digest(SERVICE, str(number)),
        0,
        f"Strava activity {number}",
        sport,
        started_at=times.started_at,
        ended_at=times.ended_at,
        utc_offset_s=offset_s,
        local_date=day,
        distance_mm=distance,
        distance_from=DistanceSource.STRAVA if distance is not None else None,
        duration_s=times.duration_s,
        name=_text(found.get("name")),
        creator="Strava",
        device=_text(found.get("device_name")),
        description=_text(found.get("description")),
        start=_place(found.get("start_latlng")),
        finish=_place(found.get("end_latlng")),
        ascent_mm=round(ascent * MM_PER_METRE) if ascent is not None else None,
    )


def _with(known: Activity, record: RunRecord | None, off_foot: str) -> Activity:
    return Activity(
        known.id,
        record,
        off_foot,
        known.gear_id,
        known.started_at,
        known.hidden_start,
        known.local_date,
    )


def _reason(
    number: int, day: date | None, sport: Sport | OffFoot | None, found: Mapping[str, Any]
) -> str:
    """Why it is no run; "" where it is one."""
    if not number:
        return "an activity without an id"
    if isinstance(sport, OffFoot):
        if sport is not OffFoot.OTHER:
            return f"a {sport}"
        word = _text(found.get("sport_type")) or _text(found.get("type"))
        return f"another sport: {word[:60]}"
    if day is None:
        return f"activity {number} has no date that can be read"
    return ""


def sport_of(found: Mapping[str, Any]) -> Sport | OffFoot | None:
    """By the newer field, else by the older; None where neither says anything known."""
    for name in ("sport_type", "type"):
        sport = classify(_text(found.get(name)))
        if sport is not None:
            indoors = found.get("trainer") is True and sport is Sport.RUN
            return Sport.TREADMILL if indoors else sport
    return None


def athlete(found: Any) -> Athlete:
    """Who is connected; an id of 0 where Strava does not say."""
    shoes = _of(found, "shoes")
    listed = (gear(one) for one in shoes) if isinstance(shoes, list) else ()
    names = (_text(_of(found, "firstname")), _text(_of(found, "lastname")))
    return Athlete(
        _id(_of(found, "id")),
        " ".join(name for name in names if name) or _text(_of(found, "username")),
        tuple(_distinct(one for one in listed if one is not None and not one.is_bike)),
        _utc(_of(found, "created_at")),
    )


def gear(found: Any) -> Gear | None:
    """A pair or a bike; None where it has no id. Without a name it is called by brand and model."""
    gear_id = _gear_id(_of(found, "id"))
    if gear_id is None:
        return None
    brand, model = _text(_of(found, "brand_name")), _text(_of(found, "model_name"))
    name = _text(_of(found, "name")) or _text(_of(found, "nickname"))
    return Gear(
        gear_id,
        name or " ".join(word for word in (brand, model) if word) or gear_id,
        brand,
        model,
        _of(found, "retired") is True,
        _number(_of(found, "distance"), 1000 * _FARTHEST_M) or 0.0,
        gear_id.startswith("b"),
    )


def run_count(found: Any) -> int | None:
    """The runs of all time among an athlete's statistics."""
    count = _number(_of(_of(found, "all_run_totals"), "count"), 1e9)
    return round(count) if count is not None else None


def _distinct(gears: Iterable[Gear]) -> list[Gear]:
    return list({one.id: one for one in gears}.values())


# --- values that may be anything --------------------------------------------------------------


def _of(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, Mapping) else None


def _number(value: Any, largest: float) -> float | None:
    """A number from 0 on, also as text; None where it is none, or no such thing has so much."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) and 0 <= number <= largest else None


def _seconds(value: Any) -> int | None:
    number = _number(value, LONGEST_S)
    return round(number) or None if number is not None else None


def _id(value: Any) -> int:
    """A positive whole number, also as text or with a fraction of 0; 0 where it is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and value < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 < value <= _LARGEST_ID else 0


def _gear_id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and GEAR_ID.fullmatch(value) else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    # JSON can hold halves of characters, which no database takes.
    whole = value[: 4 * _LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    return clean(whole)


def _place(value: Any) -> Place | None:
    """Degrees; the point where the equator meets Greenwich is where devices without a fix are."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in value):
        return None
    try:
        lat, lon = float(value[0]), float(value[1])
    except OverflowError:
        return None
    on_earth = abs(lat) <= 90 and abs(lon) <= 180
    return (lat, lon) if on_earth and (lat, lon) != (0.0, 0.0) else None


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(microsecond=0) if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _utc(value: Any) -> datetime | None:
    """An instant: Strava's are in UTC, with a Z or without."""
    found = _time(value)
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _naive(value: Any) -> datetime | None:
    """A local time. Strava writes a Z behind it all the same."""
    found = _time(value)
    return found.replace(tzinfo=None) if found else None


def _offset(
    found: Mapping[str, Any], started_at: datetime | None, local: datetime | None
) -> int | None:
    """Seconds east of Greenwich at that time: as told, by both times, or by the zone's name."""
    told = found.get("utc_offset")
    if isinstance(told, int | float) and not isinstance(told, bool):
        if abs(told) <= _FARTHEST_ZONE_S:  # nor is it NaN then
            return round(told)
        return None
    if started_at is not None and local is not None:
        apart = (local - started_at.replace(tzinfo=None)).total_seconds()
        if abs(apart) <= _FARTHEST_ZONE_S and apart % 900 == 0:
            return round(apart)
    return _offset_of_zone(_text(found.get("timezone")), started_at)


def _offset_of_zone(text: str, started_at: datetime | None) -> int | None:
    """Of `"(GMT+01:00) Europe/Paris"`: the figures are those of winter, so the name is asked."""
    from zoneinfo import ZoneInfo

    name = text.rpartition(" ")[2]
    if started_at is None or not name:
        return None
    try:
        offset = started_at.astimezone(ZoneInfo(name)).utcoffset()
    except (ValueError, LookupError, OSError, OverflowError):
        return None  # no such zone; the zone database raises each of these for odd names
    return round(offset.total_seconds()) if offset is not None else None


def _shifted(instant: datetime | None, seconds: int) -> datetime | None:
    if instant is None:
        return None
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError:
        return None
