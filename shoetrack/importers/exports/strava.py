"""Strava's bulk export: activities.csv speaks for the files in `activities` beside it.

Distance, start and sport come from the table, so that thousands of activities take seconds: a file
is read only where its row lacks one of these, and where the table does not tell its unit. What lies
in `activities` and no row names is read by itself. Planned routes and photos are no runs.

A row is known by its Activity ID, so that a newer export knows it again; the activity's file, when
it is imported by itself, is known by its time, as any two sightings of one run are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import fit, gpx, tcx
from shoetrack.importers.ascent import believed_ascent
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.exports.rows import LONGEST_S, BadRow, row_digest, with_tracks
from shoetrack.importers.exports.strava_table import CutOff, Row, claims, rows_of
from shoetrack.importers.exports.strava_words import month_first, parse_date, readings
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import OffFoot, Sport, classify
from shoetrack.units import MM_PER_KM, MM_PER_METRE, MM_PER_MILE

if TYPE_CHECKING:
    from shoetrack.importers.sources import Source

__all__ = ["BIKES", "KIND", "SERVICE", "SHOES", "claims", "files_named", "read", "read_beside"]

KIND = "strava-export"
SERVICE = "strava"
SHOES, BIKES = "shoes.csv", "bikes.csv"
_ROUTES, _MEDIA = "routes", "media"
_SPOKEN_FOR = frozenset({SHOES, BIKES, _ROUTES, _MEDIA})
# So many files are asked for what a whole table does not tell.
_ASKED = 3
# Two figures of one distance: the first is rounded to 10 m.
_AGREEING = 0.05
# In kilometres or miles a second, nobody was ever as fast.
_TOO_FAST = 0.05
_ZERO = re.compile(r"0+(?:[.,]0*)?", re.ASCII)


def files_named(stream: BinaryIO) -> frozenset[str]:
    """The names in its folder that the table speaks for, folders among them.

    Raises UnreadableError.
    """
    files = (row.file for row in rows_of(stream, []) if isinstance(row, Row) and row.file)
    return _SPOKEN_FOR | {first for file in files if (first := file.split("/", 1)[0])}


def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
    """See `read_beside`: without the files beside it."""
    return read_beside(stream, source_name, ())


def read_beside(
    stream: BinaryIO, source_name: str, beside: Sequence[Source]
) -> list[RunRecord | Skip]:
    """The rows on foot, each with a digest of its own; the others are skipped, one by one.

    `beside` are the activities' files, and what else the export holds. Raises UnreadableError with
    the reason.
    """
    remarks: list[str] = []
    table = list(rows_of(stream, remarks))
    rows = [row for row in table if isinstance(row, Row)]
    export = _Export(source_name, rows, _Files(beside), remarks)
    found: list[RunRecord | Skip] = []
    seen: set[str] = set()
    for row in table:
        if isinstance(row, CutOff):
            found.append(BadRow(source_name, f"line {row.line} is cut off: export it again"))
            continue
        one = export.read(row)
        if isinstance(one, RunRecord):
            if one.digest in seen:
                one = Skip(source_name, "the same activity twice in one export")
            else:
                seen.add(one.digest)
                one = replace(one, remarks=(*remarks, *one.remarks))
                remarks.clear()
        found.append(one)
    found += export.files.unnamed(rows, source_name)
    return found or [Skip(source_name, "a Strava export without any activity")]


class _Export:
    """One table, and what holds for all of its rows."""

    def __init__(
        self, source_name: str, rows: Sequence[Row], files: _Files, remarks: list[str]
    ) -> None:
        self._source_name = source_name
        self.files = files
        self._month_first = month_first(row.date for row in rows)
        self._sports = _sports_of(rows, files)
        on_foot = [row for row in rows if self._is_on_foot(row)]
        self._unit = _unit_of(on_foot, files, remarks)

    def _is_on_foot(self, row: Row) -> bool:
        return not row.kind or isinstance(self._sports[row.kind], Sport)

    def read(self, row: Row) -> RunRecord | Skip:
        sport = self._sports[row.kind] if row.kind else None
        if not self._is_on_foot(row):
            has_word = isinstance(sport, OffFoot) and sport is not OffFoot.OTHER
            reason = f"a {sport}" if has_word else f"another sport: {row.kind[:60]}"
            return Skip(self._source_name, reason)
        assert not isinstance(sport, OffFoot)
        if not row.id:
            return BadRow(self._source_name, f"line {row.line} has no Activity ID")
        elapsed, moving = _seconds(row.elapsed), _seconds(row.moving)
        distance = _distance_of(row, self._unit)
        record = RunRecord(
            KIND,
            row_digest(SERVICE, row.id),
            0,
            self._source_name,
            sport,
            started_at=parse_date(row.date, self._month_first),
            distance_mm=distance,
            distance_from=DistanceSource.STRAVA if distance is not None else None,
            duration_s=moving or elapsed,
            name=row.name,
            creator="Strava",
            description=row.description,
            ascent_mm=_ascent_of(row.ascent),
        )
        if record.started_at is None or distance is None:
            record = self.files.completed(record, row)
        if record.started_at is None:
            return BadRow(
                self._source_name,
                f"line {row.line} has no date that can be read: {row.date[:40]!r}",
            )
        if record.ended_at is None and elapsed is not None:
            return replace(record, ended_at=record.started_at + timedelta(seconds=elapsed))
        return record


def _seconds(text: str) -> int | None:
    """A duration, of which nothing smaller than a second was ever written after a mark but 0."""
    found = readings(text)
    return round(found[-1]) or None if found and found[-1] <= LONGEST_S else None


def _ascent_of(text: str) -> int | None:
    """Millimetres of a climb in metres, 0 included; None where it is missing."""
    found = readings(text)
    if not found:
        return 0 if _ZERO.fullmatch(text) else None
    return believed_ascent((found["," in text] if len(found) > 1 else found[0]) * MM_PER_METRE)


def _distance_of(row: Row, unit: float | None) -> int | None:
    """Millimetres, from the metres where there are any; None where they are missing or 0."""
    metres, localised = readings(row.metres), readings(row.localised)
    if not metres:
        return round(localised[0] * unit) or None if localised and unit is not None else None
    if len(metres) == 1:
        return round(metres[0] * MM_PER_METRE) or None
    if localised:  # 1.234 or 1,234: the other figure tells which
        chosen = min(metres, key=lambda value: _apart(value * MM_PER_METRE, localised))
    else:
        chosen = metres["," in row.metres]
    return round(chosen * MM_PER_METRE) or None


def _apart(millimetres: float, localised: Iterable[float]) -> float:
    return min(
        abs(millimetres / (value * unit) - 1)
        for value in localised
        for unit in (MM_PER_KM, MM_PER_MILE)
    )


def _sports_of(rows: Sequence[Row], files: _Files) -> dict[str, Sport | OffFoot | None]:
    """What each word of the table means; of a word that nobody knows, what its files say."""
    sports = {word: classify(word) for word in dict.fromkeys(row.kind for row in rows)}
    for word in [word for word, sport in sports.items() if sport is None and word]:
        with_files = (row for row in rows if row.kind == word and files.has(row))
        told = Counter(
            sport
            for row, _ in zip(with_files, range(_ASKED), strict=False)
            if (sport := files.sport_of(row)) is not None
        )
        if told:
            sports[word] = told.most_common(1)[0][0]
    return sports


def _unit_of(rows: Sequence[Row], files: _Files, remarks: list[str]) -> float | None:
    """The millimetres in one of the first distance's units, where it is needed.

    Told by rows that state metres as well, else by their files. What nobody tells is kilometres.
    """
    needing = [row for row in rows if not readings(row.metres) and readings(row.localised)]
    if not needing:
        return None
    for row in rows:
        metres, localised = readings(row.metres), readings(row.localised)
        if len(metres) == 1 and localised and (unit := _unit(metres[0] * 1000, localised[0])):
            return unit
    with_files = (row for row in needing if files.has(row))
    for row, _ in zip(with_files, range(_ASKED), strict=False):
        if unit := _unit(files.length_of(row) or 0, readings(row.localised)[0]):
            return unit
    speeds = [
        readings(row.localised)[0] / elapsed
        for row in needing
        if (elapsed := _seconds(row.elapsed))
    ]
    if speeds and median(speeds) > _TOO_FAST:
        return MM_PER_METRE
    remarks.append("does not say whether its distances are kilometres or miles: read as kilometres")
    return MM_PER_KM


def _unit(millimetres: float, value: float) -> float | None:
    """The unit that makes the value so long; a value too small is too roughly rounded to tell."""
    units = (MM_PER_KM, MM_PER_MILE, MM_PER_METRE)
    nearest = min(units, key=lambda unit: abs(millimetres / (value * unit) - 1))
    agrees = abs(millimetres / (value * nearest) - 1) <= _AGREEING
    return nearest if agrees and value >= 0.5 else None


class _Files:
    """The activities' files, by their names; each is read when it is asked for."""

    def __init__(self, beside: Sequence[Source]) -> None:
        self._by_name: dict[str, Source] = {}
        self._routes = 0
        for source in beside:
            folder, name = _folder_and_name(source.name)
            if folder == _ROUTES:
                self._routes += 1
            elif folder != _MEDIA and name not in (SHOES, BIKES):
                self._by_name[_key(name)] = source

    def has(self, row: Row) -> bool:
        return self._of(row) is not None

    def _of(self, row: Row) -> Source | None:
        return self._by_name.get(_key(_folder_and_name(row.file)[1])) if row.file else None

    def sport_of(self, row: Row) -> Sport | OffFoot | None:
        """What the row's file says of its sport; None where it says nothing or is unreadable."""
        try:
            found = list(self._read(row))
        except UnreadableError:
            return None
        for one in found:
            if isinstance(one, RunRecord):
                return one.sport
        return OffFoot.OTHER if found else None

    def length_of(self, row: Row) -> int | None:
        """The distance of the runs in the row's file, in millimetres."""
        try:
            found = [one for one in self._read(row) if isinstance(one, RunRecord)]
        except UnreadableError:
            return None
        return sum(one.distance_mm or 0 for one in found) or None

    def completed(self, record: RunRecord, row: Row) -> RunRecord:
        """The record with what its row lacks and its file has."""
        source = self._of(row)
        if source is None:
            if not row.file:
                return record
            name = _folder_and_name(row.file)[1][:80]
            missing = f"its file {name} is not in the export"
            return replace(record, remarks=(*record.remarks, missing))
        try:
            tracks = [one for one in self._read(row) if isinstance(one, RunRecord)]
        except UnreadableError as error:
            name = _folder_and_name(source.name)[1]
            return replace(record, remarks=(*record.remarks, f"its file {name} {error}"))
        record = with_tracks(record, tracks)
        if record.started_at is None:
            starts = [one.started_at for one in tracks if one.started_at is not None]
            record = replace(record, started_at=min(starts, default=None))
        measured = [one for one in tracks if one.distance_mm is not None]
        if record.distance_mm is None and measured:
            record = replace(
                record,
                distance_mm=sum(one.distance_mm or 0 for one in measured),
                distance_from=measured[0].distance_from,
                remarks=(*record.remarks, "states no distance: taken from its file"),
            )
        return record

    def _read(self, row: Row) -> Iterator[RunRecord | Skip]:
        source = self._of(row)
        return iter(_read_file(source, "")) if source is not None else iter(())

    def unnamed(self, rows: Iterable[Row], source_name: str) -> Iterator[RunRecord | Skip]:
        """What the files tell that no row names; and that planned routes are none."""
        named = {_key(_folder_and_name(row.file)[1]) for row in rows if row.file}
        for name, source in self._by_name.items():
            if name in named:
                continue
            try:
                found = _read_file(source, source.digest())
            except UnreadableError as error:
                file = "/".join(_folder_and_name(source.name))
                found = [BadRow(source_name, f"{file}, which no row names, {error}")]
            yield from (replace(one, source=source_name) for one in found)
        if self._routes:
            yield Skip(source_name, f"routes that were planned, not run: {self._routes}")


def _folder_and_name(path: str) -> tuple[str, str]:
    rest, _, name = path.replace("\\", "/").rpartition("/")
    return rest.rpartition("/")[2], name


def _key(name: str) -> str:
    """Some programs undo the gzip and take its ending away when they unpack the export."""
    return name.casefold().removesuffix(".gz")


def _read_file(source: Source, digest: str) -> list[RunRecord | Skip]:
    with source.open() as stream:
        head = read_fully(stream, CHUNK)
    with source.open() as stream:
        if gpx.claims(head):
            return gpx.read(stream, source.name, digest)
        if fit.claims(head):
            return fit.read(stream, source.name, digest)
        if tcx.claims(head):
            return tcx.read(stream, source.name, digest)
    raise UnreadableError("is no activity file")
