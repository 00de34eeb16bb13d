"""The two things a GPX document is read for: summaries of runs, and the points themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite, nan
from typing import NamedTuple

from shoetrack.importers.ascent import Ascent, heights_of
from shoetrack.importers.clock import Clock
from shoetrack.importers.dates import epochs, parse_time
from shoetrack.importers.gpx.parser import TrackFacts
from shoetrack.importers.gpx.points import Columns
from shoetrack.importers.length import GarminLength, Length, PlainLength
from shoetrack.model import Place


@dataclass(slots=True)
class Track:
    """What one <trk> comes to. `metres` is its length along the points."""

    facts: TrackFacts = field(default_factory=TrackFacts)
    metres: float = 0.0
    located: int = 0  # points with a place
    placeless: int = 0  # points at exactly 0/0
    offset_s: int = 0  # the UTC offset that its first time carries
    start: Place | None = None  # its first place, and its last one
    finish: Place | None = None
    ascent: Ascent = field(default_factory=Ascent)
    located_clock: Clock = field(default_factory=Clock)
    placeless_clock: Clock = field(default_factory=Clock)

    @property
    def has_points(self) -> bool:
        return self.located > 0 or self.placeless > 0

    @property
    def clock(self) -> Clock:
        """The times that count: those before the first fix only where there never was a fix."""
        return self.located_clock if self.located else self.placeless_clock


class RunSink:
    """Sums each track up as it goes by, in constant memory. Of empty tracks the first is kept."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._track = Track()
        self._length: Length = PlainLength()
        self._is_garmin_connect = False

    def start_file(self, creator: str) -> None:
        # On Strava's and on phones' files the treatment made the distance worse.
        self._is_garmin_connect = creator == "Garmin Connect"

    def start_track(self) -> None:
        self._track = Track()
        self._length = GarminLength() if self._is_garmin_connect else PlainLength()

    def add_points(self, points: Columns) -> None:
        lats, lons, texts, elevations = points
        track = self._track
        times = self._tell(track.located_clock, texts)
        track.located += len(lats)
        track.start = track.start or (lats[0], lons[0])
        track.finish = lats[-1], lons[-1]
        self._length.add(lats, lons, times)
        if heights := heights_of(elevations):
            track.ascent.add(heights)

    def add_placeless(self, times: list[str]) -> None:
        self._track.placeless += len(times)
        self._tell(self._track.placeless_clock, times)

    def _tell(self, clock: Clock, texts: Sequence[str]) -> list[float]:
        times, offset = epochs(texts)
        clock.add([time for time in times if isfinite(time)] if _any_missing(times) else times)
        self._track.offset_s = self._track.offset_s or offset
        return times

    def break_segment(self) -> None:
        self._length.break_segment()
        self._track.ascent.break_segment()
        self._track.located_clock.break_segment()
        self._track.placeless_clock.break_segment()

    def end_track(self, facts: TrackFacts) -> None:
        self._track.facts = facts
        self._track.metres = self._length.metres()
        if self._track.has_points or not self.tracks:
            self.tracks.append(self._track)


def _any_missing(times: list[float]) -> bool:
    return not isfinite(sum(times))


class Point(NamedTuple):
    """One point: degrees, metres above the sea, an aware time."""

    lat: float
    lon: float
    elevation: float | None
    time: datetime | None


class PointSink:
    """Keeps every point: tracks, each its segments that have points, each those points."""

    def __init__(self) -> None:
        self.tracks: list[list[list[Point]]] = []
        self._segment: list[Point] = []

    def start_file(self, creator: str) -> None:
        pass

    def start_track(self) -> None:
        self.tracks.append([])

    def add_points(self, points: Columns) -> None:
        if not self._segment:
            self.tracks[-1].append(self._segment)
        self._segment += [
            Point(lat, lon, _metres(elevation), parse_time(time))
            for lat, lon, time, elevation in zip(*points, strict=True)
        ]

    def add_placeless(self, times: list[str]) -> None:
        pass

    def break_segment(self) -> None:
        self._segment = []

    def end_track(self, facts: TrackFacts) -> None:
        pass


def _metres(text: str) -> float | None:
    try:
        metres = float(text.replace(",", "."))
    except ValueError:
        metres = nan
    return metres if isfinite(metres) else None
