"""FIT, the files that watches write: one run for each outing on foot, in constant memory.

What a run needs stands in the few summaries of a file, so only those are decoded; its records are
looked at where a summary lacks the distance, or where there is none. All or nothing, as in GPX,
unless the caller asks for what is left of a damaged file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.dates import date_in_name
from shoetrack.importers.fit.outings import Outing, outings_of
from shoetrack.importers.fit.parts import Part, claims, parts
from shoetrack.importers.fit.profile import ACTIVITY, file_in_words, sport_in_words
from shoetrack.importers.fit.records import Records
from shoetrack.importers.fit.summary import MAX_SESSIONS, Summary, instant
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import OffFoot

__all__ = ["KIND", "claims", "read"]

KIND = "fit"
_AGAIN = "copy it again from where it came"


def read(
    stream: BinaryIO, source_name: str, digest: str, lenient: bool = False
) -> list[RunRecord | Skip]:
    """The runs of one content, in its order; `RunRecord.index` is the position in this list.

    `lenient` takes what is whole of a damaged content, and says so in each record's remarks.
    Raises UnreadableError with the reason, and with what `lenient` would take.
    """
    found: list[RunRecord | Skip] = []
    fault = ""
    for part in parts(stream):
        summary, records = _walk(part)
        fault = fault or part.fault or summary.fault
        found += _found_in(summary, records, RunRecord(KIND, digest, 0, source_name))
        if len(found) > MAX_SESSIONS:
            raise UnreadableError(f"holds more than {MAX_SESSIONS:,} sessions, which no one runs")
    runs = [one for one in found if isinstance(one, RunRecord)]
    if fault and not (lenient and runs):
        raise UnreadableError(f"{fault}: {_AGAIN}; {_what_is_left(runs, lenient)}")
    remark = (f"{fault}: what is left of it was taken, as asked",) if fault else ()
    return [
        replace(one, index=index, remarks=(*one.remarks, *remark))
        if isinstance(one, RunRecord)
        else one
        for index, one in enumerate(found or [Skip(source_name, "nothing recorded in it")])
    ]


def _walk(part: Part) -> tuple[Summary, Records]:
    summary, records = Summary(), Records()
    for chunk in part.chunks():
        if not summary.fault:
            records.hold(chunk)
            summary.feed(chunk)
    summary.finish()
    return summary, records


def _what_is_left(runs: list[RunRecord], lenient: bool) -> str:
    if not runs:
        return "no run can be found in it" if lenient else "--lenient would find no run in it"
    if len(runs) > 1:
        return f"--lenient would take {len(runs)} runs from it"
    said = {
        DistanceSource.SESSION: "with the watch's own total",
        DistanceSource.COMPUTED: "as far as its records go",
    }
    source = runs[0].distance_from
    return f"--lenient would take 1 run from it, {said[source] if source else 'without a distance'}"


def _found_in(summary: Summary, records: Records, blank: RunRecord) -> Iterator[RunRecord | Skip]:
    """The outings of one part. A part that is only an addition to another one has none."""
    if summary.file_type not in (None, ACTIVITY):
        yield Skip(blank.source, file_in_words(summary.file_type))
        return
    creator, device = summary.maker()
    offset = summary.utc_offset_s()
    # A program that does not know the zone writes UTC for it; a watch knows.
    if not offset and not device:
        offset = None
    blank = replace(blank, creator=creator, device=device, utc_offset_s=offset)
    for outing in outings_of(summary, records):
        if isinstance(outing.kind, OffFoot):
            words = sport_in_words(outing.sport, outing.kind, outing.name)
            yield Skip(blank.source, words)
        else:
            yield _record(blank, outing)


def _record(blank: RunRecord, outing: Outing) -> RunRecord:
    assert not isinstance(outing.kind, OffFoot)
    start, offset = instant(outing.start), blank.utc_offset_s
    if start is None:
        day = date_in_name(blank.source)
    else:
        day = (start + timedelta(seconds=offset)).date() if offset is not None else None
    return replace(
        blank,
        sport=outing.kind,
        started_at=start,
        ended_at=start + timedelta(seconds=outing.elapsed_s)
        if start and outing.elapsed_s
        else None,
        utc_offset_s=offset if start else None,
        local_date=day,
        distance_mm=outing.distance_mm,
        distance_from=outing.distance_from,
        duration_s=round(outing.duration_s or 0) or None,
        name=outing.name,
        remarks=outing.remarks,
        start=outing.first_place,
        finish=outing.last_place,
        ascent_mm=outing.ascent_mm,
    )
