"""Streams a TCX document through expat and sums each activity up as it goes by.

The schema is https://www8.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd: a lap's times are
seconds, its distances metres, its track points' distances metres since the activity's start. As
with GPX no name spaces are resolved: an element is TCX's own where it has the root's prefix or one
declared for TCX, and else foreign, and passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import BinaryIO
from xml.parsers import expat

from shoetrack.errors import UnreadableError
from shoetrack.importers.clock import Clock
from shoetrack.importers.dates import epochs, parse_time
from shoetrack.importers.gpx.parser import MAX_POINTS, MAX_TEXT, clean
from shoetrack.importers.gpx.totals import positive
from shoetrack.importers.tcx.laps import Laps, metres_of
from shoetrack.importers.tcx.points import TrackHandlers
from shoetrack.importers.xml_feed import feed
from shoetrack.importers.xml_text import utf8_chunks
from shoetrack.model import Place

ROOT = "TrainingCenterDatabase"
_SPACE = "xmlschemas/trainingcenterdatabase/v"

_MAX_ACTIVITIES = 10_000
_MAX_DEPTH = 100
_MAX_PIECES = 16  # of at most 8 KiB each: no text that is wanted comes near

# An activity's paths begin with its own element, wherever in the document it stands.
_ACTIVITY = "Activity"
_LAP = "Activity/Lap"
_TRACK = "Activity/Lap/Track"
_NOTES = "Activity/Notes"
_TITLE = "Activity/Notes/title"  # no element's path
_SESSION = f"{ROOT}/Activities/MultiSportSession"
_ACTIVITIES = {
    f"{ROOT}/Activities/Activity": False,
    f"{_SESSION}/FirstSport/Activity": True,
    f"{_SESSION}/NextSport/Activity": True,
}
_TEXTS = frozenset(
    {
        f"{ROOT}/Author/Name",
        "Activity/Id",
        _NOTES,
        "Activity/Creator/Name",
        "Activity/Lap/TotalTimeSeconds",
        "Activity/Lap/DistanceMeters",
    }
)


@dataclass(slots=True)
class Activity:
    """What one <Activity> says and comes to."""

    sport: str = ""
    of_several: bool = False  # one of a multisport session's
    id: str = ""
    first_lap: str = ""  # when its first lap started
    title: str = ""  # the first line of its notes
    notes: str = ""  # all of them
    device: str = ""
    points: int = 0
    located: int = 0
    start: Place | None = None  # its first place, and its last one
    finish: Place | None = None
    offset_s: int = 0  # the UTC offset that its first time carries
    laps: Laps = field(default_factory=Laps)
    clock: Clock = field(default_factory=Clock)


@dataclass(slots=True)
class Document:
    """What a file holds, complete once it has been read."""

    activities: list[Activity] = field(default_factory=list)
    author: str = ""
    courses: int = 0
    workouts: int = 0
    is_version_1: bool = False
    remarks: list[str] = field(default_factory=list)


def parse(stream: BinaryIO) -> Document:
    """Read the document to its end. Raises UnreadableError with the reason, and its line."""
    return _Parser().run(stream)


class _Parser:
    def __init__(self) -> None:
        self._document = Document()
        self._activity = Activity()
        self._texts: dict[str, str] = {}
        self._path: list[str] = []
        self._pieces: list[str] = []
        self._reading = ""
        self._prefixes = {""}
        self._closed = False
        self._count = 0
        self._lap_points = 0
        # expat's own idea of the encoding is overruled: it gets UTF-8 whatever the file was.
        self._expat = expat.ParserCreate("UTF-8")
        self._expat.buffer_text = True
        self._points: TrackHandlers | None = None

    def run(self, stream: BinaryIO) -> Document:
        self._listen()
        document = self._document
        chunks = utf8_chunks(stream, document.remarks)
        feed(chunks, self._expat, lambda: self._closed, self._after_chunk, document.remarks)
        document.author = self._texts.get(f"{ROOT}/Author/Name", "")
        return document

    def _listen(self) -> None:
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._start_root(name, attributes)
            return
        if len(self._path) > _MAX_DEPTH:
            raise UnreadableError(
                f"is nested too deeply at line {self._expat.CurrentLineNumber}: refused"
            )
        prefix, _, local = name.rpartition(":")
        above = self._path[-1]
        path = f"{above}/{local}" if above and prefix in self._prefixes else ""
        if len(path) > MAX_TEXT:
            path = ""  # nothing that is wanted lies there
        if path in _ACTIVITIES:
            self._start_activity(attributes, of_several=_ACTIVITIES[path])
            path = _ACTIVITY
        self._path.append(path)
        if path in _TEXTS and path not in self._texts:
            self._reading = path
            self._expat.CharacterDataHandler = self._keep
        elif path == _TRACK:
            self._start_track()
        elif path == _LAP:
            self._start_lap(attributes)
        else:
            self._count_others(path)

    def _start_root(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        if local != ROOT:
            raise UnreadableError(f"is XML but not TCX: its first element is <{clean(name)[:40]}>")
        self._prefixes = {prefix}
        for key, value in attributes.items():
            if key.startswith("xmlns") and _SPACE in value.lower():
                self._prefixes.add(key[len("xmlns:") :])
        self._path.append(ROOT)

    def _count_others(self, path: str) -> None:
        if path == f"{ROOT}/Courses/Course":
            self._document.courses += 1
        elif path == f"{ROOT}/Workouts/Workout":
            self._document.workouts += 1
        elif path == f"{ROOT}/History":
            self._document.is_version_1 = True

    def _end(self, name: str) -> None:
        path = self._path.pop()
        if path and path == self._reading:
            self._reading = ""
            self._expat.CharacterDataHandler = None
            if text := "".join(self._pieces).strip():
                self._texts[path] = clean(text)
                if path == _NOTES:
                    # Of a note the first line is a name, and the rest a diary.
                    self._texts[_TITLE] = clean(text.splitlines()[0])
            self._pieces.clear()
        if path == _LAP:
            self._end_lap()
        elif path == _ACTIVITY:
            self._end_activity()
        elif not self._path:
            self._closed = True

    def _keep(self, text: str) -> None:
        if len(self._pieces) < _MAX_PIECES:
            self._pieces.append(text)

    def _start_activity(self, attributes: dict[str, str], *, of_several: bool) -> None:
        if len(self._document.activities) >= _MAX_ACTIVITIES:
            raise UnreadableError(f"holds more than {_MAX_ACTIVITIES:,} activities: refused")
        self._forget(_ACTIVITY)
        self._activity = Activity(clean(attributes.get("Sport", "")), of_several)
        self._document.activities.append(self._activity)

    def _end_activity(self) -> None:
        take = self._texts.get
        self._activity.id = take("Activity/Id", "")
        self._activity.title = take(_TITLE, "")
        self._activity.notes = take(_NOTES, "")
        self._activity.device = take("Activity/Creator/Name", "")

    def _start_lap(self, attributes: dict[str, str]) -> None:
        self._forget(_LAP)
        start = clean(attributes.get("StartTime", ""))
        self._texts["lap start"] = start
        if not self._activity.laps.count:
            self._activity.first_lap = start
        self._lap_points = 0
        self._activity.laps.begin()

    def _end_lap(self) -> None:
        take = self._texts.get
        seconds = positive(take("Activity/Lap/TotalTimeSeconds", "")) or 0.0
        self._activity.laps.end(metres_of(take("Activity/Lap/DistanceMeters", "")), seconds)
        start = parse_time(take("lap start", ""))
        if not self._lap_points and start is not None:
            # A lap without points was still run when it says.
            self._activity.clock.break_segment()
            self._activity.clock.add([start.timestamp(), start.timestamp() + seconds])

    def _forget(self, path: str) -> None:
        for known in [known for known in self._texts if known.startswith(path + "/")]:
            del self._texts[known]

    def _start_track(self) -> None:
        if self._points is None:
            self._points = TrackHandlers(self._expat, self._prefixes, self._end_track)
        self._activity.laps.begin_track()
        self._points.listen()

    def _end_track(self) -> None:
        self._after_chunk()
        self._activity.clock.break_segment()
        self._path.pop()
        self._listen()

    def _after_chunk(self) -> None:
        """Hand on what was gathered: once a chunk, for a call for each point is slow."""
        if self._points is None:
            return
        gathered = self._points.take()
        if not any((gathered.times, gathered.lats, gathered.distances, gathered.altitudes)):
            return
        self._count += len(gathered.times)
        if self._count > MAX_POINTS:
            raise UnreadableError(f"holds more than {MAX_POINTS:,} points, which no run does")
        activity = self._activity
        activity.points += len(gathered.times)
        self._lap_points += len(gathered.times)
        if gathered.lats:
            activity.located += len(gathered.lats)
            activity.start = activity.start or (gathered.lats[0], gathered.lons[0])
            activity.finish = gathered.lats[-1], gathered.lons[-1]
        seconds, offset = epochs(gathered.times) if gathered.times else ([], 0)
        activity.offset_s = activity.offset_s or offset
        activity.clock.add([second for second in seconds if isfinite(second)])
        activity.laps.add(gathered)
