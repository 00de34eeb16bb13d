"""TCX, version 2: one run for each activity on foot, in constant memory.

All or nothing, as with GPX: a file that is damaged anywhere gives no run at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.dates import date_in_name, parse_time
from shoetrack.importers.gpx.parser import TrackFacts
from shoetrack.importers.gpx.sinks import Track
from shoetrack.importers.gpx.totals import Totals, totals_of
from shoetrack.importers.sniff import xml_root
from shoetrack.importers.tcx.parser import ROOT, Activity, Document, parse
from shoetrack.model import RunRecord, Skip
from shoetrack.sport import OffFoot, Sport, classify

KIND = "tcx"
_MAX_CREATOR = 200
# An activity's Id is its start. Farther than this from its first point it is another clock's.
_CLOCKS_APART = timedelta(minutes=15)
_LONGEST_S = 14 * 24 * 3600.0


def claims(head: bytes) -> bool:
    """Whether the document's first element is TCX's, whatever its prefix and encoding."""
    return xml_root(head) == ROOT


def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
    """The runs of one file, in its order; `RunRecord.index` is the position in this list.

    Each activity of a multisport session is one of its own; the transitions between them are
    none. An activity that has neither points nor a distance nor a duration is skipped.
    Raises UnreadableError with the reason.
    """
    document = parse(stream)
    if not document.activities:
        return [Skip(source_name, _nothing_in(document))]
    found: list[RunRecord | Skip] = []
    for index, activity in enumerate(document.activities):
        sport = classify(activity.sport)
        if reason := _no_run(activity, sport):
            found.append(Skip(source_name, reason))
            continue
        assert not isinstance(sport, OffFoot)
        record = RunRecord(KIND, digest, index, source_name, sport)
        found.append(_with_activity(_with_times(record, activity), activity, document))
    return found


def _nothing_in(document: Document) -> str:
    if document.is_version_1:
        raise UnreadableError("is TCX of version 1: export it again as GPX or newer TCX")
    if document.courses:
        return "only a course, no run recorded"
    return "only a planned workout" if document.workouts else "nothing recorded in it"


def _no_run(activity: Activity, sport: Sport | OffFoot | None) -> str:
    """Why an activity is no run; "" where it is one."""
    if sport is OffFoot.OTHER:
        return f"another sport: {activity.sport}"
    if isinstance(sport, OffFoot):
        return f"a {sport}"
    if activity.of_several and sport is None:
        # TCX has no word for swimming: in a triathlon it is "Other", and never a run.
        return f"a part of a multisport session that is not running: {activity.sport or 'unnamed'}"
    laps = activity.laps
    if not (activity.points or laps.stated or laps.seconds):
        return "nothing recorded in it"
    return ""


def _with_activity(record: RunRecord, activity: Activity, document: Document) -> RunRecord:
    """The record filled with what the activity, and the file around it, say."""
    totals = _totals(activity)
    return replace(
        record,
        distance_mm=totals.distance_mm,
        distance_from=totals.distance_from,
        duration_s=totals.duration_s,
        name=activity.title,
        creator=document.author[:_MAX_CREATOR],
        device=activity.device[:_MAX_CREATOR],
        remarks=(*document.remarks, *_remarks(activity, totals)),
        description=activity.notes,
        start=activity.start,
        finish=activity.finish,
        ascent_mm=activity.laps.ascent.millimetres(),
    )


def _totals(activity: Activity) -> Totals:
    """The laps' sum where all of them state a distance and it can be true; else by the points."""
    laps = activity.laps
    stated = laps.stating == laps.count and laps.stated > 0
    measured = laps.along_track if activity.located else laps.pointed
    if not stated:
        measured = laps.stated + laps.filled if laps.stated else laps.pointed
    track = Track(
        TrackFacts(distance=str(laps.stated) if stated else "", timer=str(laps.seconds)),
        metres=measured,
        located=activity.located,
        located_clock=activity.clock,
        placeless_clock=activity.clock,
    )
    totals = totals_of(track, "")
    # Pauses and laps without points are in the laps' times, and between the tracks' points.
    if 0 < laps.seconds <= _LONGEST_S:
        totals = replace(totals, duration_s=round(laps.seconds) or None)
    return totals


def _with_times(record: RunRecord, activity: Activity) -> RunRecord:
    """The record dated by the activity's own start; else by its points; else by the file's name.

    A start that is far from the first point is not believed: programs write local time there.
    """
    span = activity.clock.span()
    first = datetime.fromtimestamp(span[0], UTC) if span else None
    end = datetime.fromtimestamp(span[1], UTC) if span else None
    start, offset = first, activity.offset_s
    for text in (activity.id, activity.first_lap):
        stated = parse_time(text)
        if stated is not None and (first is None or abs(stated - first) <= _CLOCKS_APART):
            start = stated.astimezone(UTC)
            offset = int((stated.utcoffset() or timedelta(0)).total_seconds()) or offset
            break
    if start is None:
        return replace(record, local_date=date_in_name(record.source))
    if end is None or end <= start:
        end = start + timedelta(seconds=min(activity.laps.seconds, _LONGEST_S))
    return replace(
        record,
        started_at=start,
        ended_at=end if end > start else None,
        utc_offset_s=offset or None,
        local_date=(start + timedelta(seconds=offset)).date() if offset else None,
    )


def _remarks(activity: Activity, totals: Totals) -> Iterator[str]:
    laps = activity.laps
    if totals.remark:
        yield totals.remark
    elif totals.distance_mm is not None and not laps.stated:
        yield "states no distance: it was summed along its points"
    elif totals.distance_mm is not None and laps.stating < laps.count:
        missing = laps.count - laps.stating
        yield f"{missing} of {laps.count} laps state no distance: they were summed by their points"
    if laps.stated and laps.unknown:
        yield f"{laps.unknown} of {laps.count} laps have no distance at all: the total lacks them"
    if activity.clock.was_set_late:
        yield "its clock was set while it recorded: the times before that were not used to date it"
