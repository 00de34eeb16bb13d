"""GPX 1.0 and 1.1: one run for each track that has points, in constant memory.

All or nothing: a file that is damaged anywhere gives no run at all, because half a run would be
counted as a whole one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from shoetrack.importers.ascent import stated_ascent
from shoetrack.importers.dates import date_in_name, parse_time
from shoetrack.importers.gpx.parser import FileFacts, parse
from shoetrack.importers.gpx.sinks import Point, PointSink, RunSink, Track
from shoetrack.importers.gpx.totals import Totals, totals_of
from shoetrack.importers.sniff import xml_root
from shoetrack.model import RunRecord, Skip
from shoetrack.sport import OffFoot, classify

KIND = "gpx"
_MAX_CREATOR = 200

# The names by which watches and hand-helds call themselves. Whatever else wrote a file is a web
# site, a phone's program or a converter, and no device that a person would recognise.
_DEVICE = re.compile(
    r"garmin (?!connect|express|basecamp|training|desktop|communicator)|forerunner|f[eē]nix|"
    r"etrex|gpsmap|oregon \d|montana \d|edge \d|vivoactive|instinct|"
    r"suunto (?!app|link)|polar (?!flow|web)|coros (?!app)|amazfit|"
    r"wahoo elemnt|tomtom (?!mysports)|apple watch|fitbit|"
    r"huawei (?!health)|galaxy watch|holux|bryton",
    re.IGNORECASE,
)


def claims(head: bytes) -> bool:
    """Whether the document's first element is <gpx>, whatever its prefix and encoding."""
    return xml_root(head) == "gpx"


def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
    """The runs of one file, in its order; `RunRecord.index` is the position in this list.

    A track without points is a run only where the whole file has none (a treadmill); then the
    file is one run, however many empty tracks it has. Raises UnreadableError with the reason.
    """
    sink = RunSink()
    facts = parse(stream, sink)
    tracks = [track for track in sink.tracks if track.has_points] or sink.tracks[:1]
    if not tracks:
        return [Skip(source_name, _nothing_in(facts))]
    days = _days(source_name, facts, tracks)
    found: list[RunRecord | Skip] = []
    for index, track in enumerate(tracks):
        sport = classify(track.facts.type) or classify(track.facts.translated_type)
        if isinstance(sport, OffFoot):
            found.append(Skip(source_name, _off_foot(track, sport)))
            continue
        record = RunRecord(KIND, digest, index, source_name, sport)
        record = _with_times(record, track, facts, days)
        # A total of the whole file says nothing about one of its tracks.
        totals = totals_of(track, facts.distance if len(tracks) == 1 else "")
        record = _with_track(record, track, facts, totals)
        if not record.description and len(tracks) == 1:
            record = replace(record, description=facts.description)
        found.append(record)
    return found


def points(stream: BinaryIO) -> list[list[list[Point]]]:
    """The tracks of one file, each its segments, each its points. Raises UnreadableError."""
    sink = PointSink()
    parse(stream, sink)
    return sink.tracks


def _nothing_in(facts: FileFacts) -> str:
    if facts.routes:
        return "only a route, no track recorded"
    return "only waypoints" if facts.waypoints else "nothing recorded in it"


def _days(source_name: str, facts: FileFacts, tracks: list[Track]) -> list[date]:
    """The days on which a track without times may have been run, the likeliest first."""
    written = parse_time(facts.time)
    spans = [span for track in tracks if (span := track.clock.span())]
    days = [date_in_name(source_name), written.date() if written else None]
    days += [_utc(start).date() for start, _ in spans]
    return [day for day in days if day is not None]


def _with_track(record: RunRecord, track: Track, facts: FileFacts, totals: Totals) -> RunRecord:
    """The record filled with what the track, and the file around it, say."""
    stated = stated_ascent(track.facts.ascent)
    return replace(
        record,
        distance_mm=totals.distance_mm,
        distance_from=totals.distance_from,
        duration_s=totals.duration_s,
        name=track.facts.name or facts.name,
        creator=facts.creator[:_MAX_CREATOR],
        device=facts.creator[:_MAX_CREATOR] if _DEVICE.match(facts.creator) else "",
        remarks=(*facts.remarks, *_remarks(track, totals)),
        description=track.facts.description,
        start=track.start,
        finish=track.finish,
        ascent_mm=track.ascent.millimetres() if stated is None else stated,
    )


def _with_times(record: RunRecord, track: Track, facts: FileFacts, days: list[date]) -> RunRecord:
    """The record dated: by its points; without points by the file; without times by a day."""
    start = end = None
    offset = track.offset_s
    if span := track.clock.span():
        start, end = _utc(span[0]), _utc(span[1])
    elif not track.has_points and (written := parse_time(facts.time)):
        # Garmin Connect and Strava write the start of a treadmill run there.
        start = end = written.astimezone(UTC)
        offset = int((written.utcoffset() or timedelta(0)).total_seconds())
    if start is None:
        return replace(record, local_date=days[0] if days else None)
    return replace(
        record,
        started_at=start,
        ended_at=end if end != start else None,
        utc_offset_s=offset or None,
        local_date=(start + timedelta(seconds=offset)).date() if offset else None,
    )


def _remarks(track: Track, totals: Totals) -> Iterator[str]:
    if totals.remark:
        yield totals.remark
    if track.located and track.placeless:
        yield (
            f"left out of its points: {track.placeless} at 0/0, where the device knew no place yet"
        )
    if track.clock.was_set_late:
        yield "its clock was set while it recorded: the times before that were not used to date it"


def _off_foot(track: Track, sport: OffFoot) -> str:
    if sport is OffFoot.OTHER:
        return f"another sport: {track.facts.type or track.facts.translated_type}"
    return f"a {sport}"


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
