"""Runkeeper's export: cardioActivities.csv, with a GPX file beside it for each run by GPS.

    Activity Id,Date,Type,Route Name,Distance (mi),Duration,Average Pace,Average Speed (mph),
    Calories Burned,Climb (ft),Average Heart Rate (bpm),Friend's Tagged,Notes,GPX File

Older exports lack the Activity Id, and whether miles or kilometres is the user's choice then. Dates
are local times without a zone: the instant is in the GPX, of which the first time is read; without
one only the day is known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import gpx
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.dates import GPS_EPOCH, parse_time
from shoetrack.importers.exports.rows import (
    LONGEST_S,
    BadRow,
    climb,
    lines_of,
    millimetres,
    row_digest,
    with_tracks,
)
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.places import place_of
from shoetrack.importers.xml_text import start_of, utf8_chunks
from shoetrack.model import DistanceSource, Place, RunRecord, Skip
from shoetrack.sport import OffFoot, Sport, classify
from shoetrack.units import parse_duration

if TYPE_CHECKING:
    from shoetrack.importers.sources import Source

KIND = "runkeeper"
MAX_ROWS = 200_000  # ten a day for 54 years
_MAX_HEADER = 4096
_NEEDED = {"date", "type", "duration", "gpx file"}
_DISTANCE = re.compile(r"distance \((mi|km)\)")
_CLIMB = re.compile(r"climb \((m|ft)\)")
_PLACE = re.compile(
    r"""<(?:\w+:)?trkpt\s+lat=["'](-?[\d.]{1,25})["']\s+lon=["'](-?[\d.]{1,25})["']"""
)
_TIME = re.compile(r"<(?:\w+:)?time>([^<]{10,50})<")
# Zones are whole quarters of an hour from UTC; a GPX's first point comes so soon after the start.
_QUARTER = timedelta(minutes=15)
_FIRST_POINT = timedelta(minutes=5)
_FARTHEST_ZONE = timedelta(hours=14)

Row = dict[str, str]


def claims(head: bytes) -> bool:
    """Whether the first line names Runkeeper's columns, in any order."""
    first = re.split(r"[\r\n]", start_of(head[:_MAX_HEADER]), maxsplit=1)[0]
    if "gpx file" not in first.casefold():
        return False
    try:
        return _is_header(next(csv.reader([first.strip("\ufeff")]), []))
    except csv.Error:
        return False


def _is_header(names: Iterable[str]) -> bool:
    folded = {name.strip().casefold() for name in names}
    return folded >= _NEEDED and any(_DISTANCE.fullmatch(name) for name in folded)


def files_named(stream: BinaryIO) -> frozenset[str]:
    """The names of the GPX files that the rows have. Raises UnreadableError."""
    return frozenset(name for _, row in _rows(stream, []) if row and (name := row["gpx file"]))


def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
    """See `read_beside`: without the GPX files beside it."""
    return read_beside(stream, source_name, ())


def read_beside(
    stream: BinaryIO, source_name: str, beside: Sequence[Source]
) -> list[RunRecord | Skip]:
    """The rows on foot, each with a digest of its own; the others are skipped, one by one.

    A row is known by its Activity Id; where there is none, by its date and type. `beside` are the
    GPX files: of one the first time and place are read, and all only where its row states no
    distance.
    Raises UnreadableError with the reason.
    """
    files = {source.name.replace("\\", "/").rsplit("/", 1)[-1]: source for source in beside}
    found: list[RunRecord | Skip] = []
    seen: set[str] = set()
    remarks: list[str] = []
    for line, row in _rows(stream, remarks):
        if row is None:
            found.append(BadRow(source_name, f"line {line} is cut off: export it again"))
            continue
        one = _read_one(row, line, source_name, files.get(row["gpx file"]))
        if isinstance(one, RunRecord):
            if one.digest in seen:
                one = Skip(source_name, "the same activity twice in one export")
            else:
                seen.add(one.digest)
                one = replace(one, remarks=(*remarks, *one.remarks))
                remarks.clear()
        found.append(one)
    return found or [Skip(source_name, "a Runkeeper export without any activity")]


def _rows(stream: BinaryIO, remarks: list[str]) -> Iterator[tuple[int, Row | None]]:
    """Each row by its columns' names, folded, with its line; None for one that is cut off."""
    reader = csv.reader(lines_of(utf8_chunks(stream, remarks)), strict=True)
    names: list[str] = []
    try:
        for count, cells in enumerate(reader):
            if not names:
                names = [cell.strip().casefold() for cell in cells]
                if not _is_header(names):
                    raise UnreadableError("does not begin with the names of Runkeeper's columns")
            elif count > MAX_ROWS:
                raise UnreadableError(f"holds more than {MAX_ROWS:,} rows: refused")
            elif len(cells) >= len(names):
                row = dict(zip(names, cells, strict=False))
                yield reader.line_num, {key: clean(cell) for key, cell in row.items()}
            elif cells:
                yield reader.line_num, None
    except csv.Error as error:
        raise UnreadableError(f"is malformed at line {reader.line_num} ({error})") from error


def _read_one(row: Row, line: int, source_name: str, file: Source | None) -> RunRecord | Skip:
    kind = row["type"]
    sport = classify(kind)
    if kind and not isinstance(sport, Sport):
        named = f"another sport: {kind[:60]}"
        has_word = isinstance(sport, OffFoot) and sport is not OffFoot.OTHER
        return Skip(source_name, f"a {sport}" if has_word else named)
    assert not isinstance(sport, OffFoot)
    local = _local_time(row["date"])
    if local is None:
        return BadRow(
            source_name, f"line {line} has no date that can be read: {row['date'][:40]!r}"
        )
    unit, distance = next(
        (match[1], row[name]) for name in row if (match := _DISTANCE.fullmatch(name))
    )
    metres = millimetres(distance, unit)
    climbed = (climb(row[name], match[1]) for name in row if (match := _CLIMB.fullmatch(name)))
    identity = [known] if (known := row.get("activity id", "")) else [row["date"], kind]
    record = RunRecord(
        KIND,
        row_digest(KIND, *identity),
        0,
        source_name,
        sport,
        local_date=local.date(),
        distance_mm=metres,
        distance_from=DistanceSource.DEVICE if metres is not None else None,
        duration_s=_duration(row["duration"]),
        name=row.get("route name", "") or row.get("notes", ""),
        creator="Runkeeper",
        description=row.get("notes", ""),
        ascent_mm=next(climbed, None),
    )
    return _with_file(record, local, file) if file is not None else record


def _local_time(text: str) -> datetime | None:
    """What the clock on the wall showed, as if it were UTC; to be told apart by its use alone."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = local.replace(tzinfo=UTC)
    return local if local >= GPS_EPOCH else None


def _duration(text: str) -> int | None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return None
    return seconds if 0 < seconds <= LONGEST_S else None


def _with_file(record: RunRecord, local: datetime, file: Source) -> RunRecord:
    """The record with the instant and the place of its GPX's start, and where it states no
    distance, with its length.
    """
    try:
        with file.open() as stream:
            head = start_of(read_fully(stream, CHUNK))
        start, place = _first_time(head), _first_place(head)
        if start is not None:
            record = _with_start(record, local, start.astimezone(UTC), place)
        else:
            record = replace(record, start=place)
        return _measured(record, file) if record.distance_mm is None else record
    except UnreadableError as error:
        return replace(record, remarks=(*record.remarks, f"its file {file.name} {error}"))


def _first_place(text: str) -> Place | None:
    """Where the first point is that has a place."""
    for match in _PLACE.finditer(text):
        with suppress(ValueError):  # 1.2.3
            if place := place_of(float(match[1]), float(match[2])):
                return place
    return None


def _first_time(text: str) -> datetime | None:
    """The time of the first point; else the first time at all."""
    match = _TIME.search(text, max(text.find("<trkpt"), 0)) or _TIME.search(text)
    return parse_time(match[1]) if match else None


def _with_start(
    record: RunRecord, local: datetime, start: datetime, place: Place | None
) -> RunRecord:
    apart = local - start
    offset = round(apart / _QUARTER) * _QUARTER
    fits = abs(offset) <= _FARTHEST_ZONE and abs(apart - offset) <= _FIRST_POINT
    if not fits and abs(apart) > _FARTHEST_ZONE + timedelta(days=1):
        return record  # another run's file, or a clock that was never set
    return replace(
        record,
        started_at=start,
        ended_at=start + timedelta(seconds=record.duration_s) if record.duration_s else None,
        utc_offset_s=int(offset.total_seconds()) if fits else None,
        start=place,
    )


def _measured(record: RunRecord, file: Source) -> RunRecord:
    with file.open() as stream:
        tracks = [one for one in gpx.read(stream, file.name, "") if isinstance(one, RunRecord)]
    distance = sum(track.distance_mm or 0 for track in tracks)
    if not distance:
        return record
    return replace(
        with_tracks(record, tracks),
        distance_mm=distance,
        distance_from=DistanceSource.COMPUTED,
        remarks=(*record.remarks, "states no distance: its GPX was measured"),
    )
