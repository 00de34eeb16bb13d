"""Apple Health's export (export.zip, export.xml in the phone's own language): workouts on foot.

A workout is known by its start, end, type and source, in UTC: the export writes its times in the
zone that the phone is in when it exports, and the address in `device` is another each time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import gpx
from shoetrack.importers.dates import parse_time
from shoetrack.importers.exports.health_xml import ROOT, Workout, parse
from shoetrack.importers.exports.rows import (
    LONGEST_S,
    BadRow,
    climb,
    millimetres,
    row_digest,
    to_number,
    with_tracks,
)
from shoetrack.importers.sniff import xml_root
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import OffFoot, Sport, classify

if TYPE_CHECKING:
    from datetime import tzinfo

    from shoetrack.importers.sources import Source

KIND = "apple-health"
ROUTES = "workout-routes"  # the folder of the workouts' GPX, the same in every language

_PREFIX = "HKWorkoutActivityType"
_ON_FOOT = {"Running": Sport.RUN, "Walking": Sport.WALK, "Hiking": Sport.HIKE}
_TRIATHLON = "SwimBikeRun"
_MAX_NAME = 200
_DEVICE = re.compile(r"\bname:([^,>]+)")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-/]{1,60}")
# HealthKit's names of units of time.
_SECONDS = {"s": 1.0, "sec": 1.0, "min": 60.0, "hr": 3600.0, "h": 3600.0, "ms": 0.001}


def claims(head: bytes) -> bool:
    """Whether the document's first element, or its DOCTYPE, is Health's, whatever its name."""
    return xml_root(head) == ROOT


def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
    """See `read_beside`: without the routes beside it."""
    return read_beside(stream, source_name, ())


def read_beside(
    stream: BinaryIO, source_name: str, beside: Sequence[Source]
) -> list[RunRecord | Skip]:
    """The workouts on foot, each with a digest of its own; the others are skipped, one by one.

    `beside` are the GPX files of `workout-routes`: one is read only where a workout on foot states
    no distance. Raises UnreadableError with the reason.
    """
    remarks: list[str] = []
    workouts = parse(stream, remarks)
    if not workouts:
        return [Skip(source_name, "a Health export without any workout")]
    routes = {source.name.replace("\\", "/").rsplit("/", 1)[-1]: source for source in beside}
    found: list[RunRecord | Skip] = []
    seen: set[str] = set()
    for workout in workouts:
        one = _read_one(workout, source_name)
        if isinstance(one, RunRecord):
            if one.digest in seen:
                one = Skip(source_name, "the same workout twice in one export")
            else:
                seen.add(one.digest)
                if one.distance_mm is None and workout.route:
                    one = _measured(one, routes.get(workout.route.rsplit("/", 1)[-1]))
                one = replace(one, remarks=(*remarks, *one.remarks))
                remarks = []
        found.append(one)
    return found


def _read_one(workout: Workout, source_name: str) -> RunRecord | Skip:
    kind = workout.type.removeprefix(_PREFIX)
    is_part = kind == _TRIATHLON and bool(workout.walked)
    sport = Sport.RUN if is_part else _ON_FOOT.get(kind)
    if sport is None:
        return Skip(source_name, _off_foot(kind))
    if sport is Sport.RUN and workout.indoor == "1":
        sport = Sport.TREADMILL
    start, end = parse_time(workout.start), parse_time(workout.end)
    if start is None:
        return BadRow(source_name, f"a workout's start cannot be read: {workout.start[:40]!r}")
    whole = _utc_text(start), _utc_text(end or start)
    if is_part:
        # The statistic has the times of the part that it is of.
        start, end = parse_time(workout.walked_start) or start, parse_time(workout.walked_end)
    distance = millimetres(workout.walked, workout.walked_unit)
    if not is_part:
        distance = millimetres(workout.distance, workout.distance_unit) or distance
    offset = _offset(workout, start)
    begun = start.astimezone(UTC)
    device = _DEVICE.search(workout.device)
    return RunRecord(
        KIND,
        row_digest("apple", *whole, kind, workout.source),
        0,
        source_name,
        sport,
        started_at=begun,
        ended_at=end.astimezone(UTC) if end is not None and end > start else None,
        utc_offset_s=offset,
        local_date=(begun + timedelta(seconds=offset)).date(),
        distance_mm=distance,
        distance_from=DistanceSource.DEVICE if distance is not None else None,
        duration_s=_duration(workout, start, end, is_part=is_part),
        creator=workout.source[:_MAX_NAME],
        device=device[1].strip()[:_MAX_NAME] if device else "",
        remarks=("the running part of a multisport workout",) if is_part else (),
        # Of a multisport workout it is the climb of all its parts.
        ascent_mm=None if is_part else climb(*workout.ascended.rpartition(" ")[::2]),
    )


def _off_foot(kind: str) -> str:
    if kind == _TRIATHLON:
        return "a multisport workout without a run in it"
    sport = classify(kind)
    if isinstance(sport, OffFoot) and sport is not OffFoot.OTHER:
        return f"a {sport}"
    return f"another sport: {kind[:60] or 'unnamed'}"


def _utc_text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _duration(
    workout: Workout, start: datetime, end: datetime | None, *, is_part: bool
) -> int | None:
    """Without the pauses, as the watch says; else from start to end. None where none is known."""
    number = to_number(workout.duration) if not is_part else None
    seconds = (number or 0.0) * _SECONDS.get(workout.duration_unit.casefold(), 60.0)
    if not 0 < seconds <= LONGEST_S:
        seconds = (end - start).total_seconds() if end is not None else 0.0
    return round(seconds) if 0.5 < seconds <= LONGEST_S else None


def _offset(workout: Workout, start: datetime) -> int:
    """Seconds east of UTC where the workout was; else where the phone was when it exported."""
    zone = _zone(workout.zone)
    offset = start.astimezone(zone).utcoffset() if zone is not None else start.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@cache
def _zone(name: str) -> tzinfo | None:
    if not _ZONE.fullmatch(name):
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _measured(record: RunRecord, route: Source | None) -> RunRecord:
    """The record with the distance of its route, where that can be read."""
    if route is None:
        return record
    try:
        with route.open() as stream:
            tracks = [one for one in gpx.read(stream, route.name, "") if isinstance(one, RunRecord)]
    except UnreadableError as error:
        remark = f"states no distance, and its route {error}"
        return replace(record, remarks=(*record.remarks, remark))
    distance = sum(track.distance_mm or 0 for track in tracks)
    if not distance:
        return record
    return replace(
        with_tracks(record, tracks),
        distance_mm=distance,
        distance_from=DistanceSource.COMPUTED,
        remarks=(*record.remarks, "states no distance: its route was measured"),
    )
