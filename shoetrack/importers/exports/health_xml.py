"""Streams Apple Health's export.xml through expat: its workouts, and past millions of records.

Seen from iOS 9 to 26. A gigabyte holds some three million <Record>; past them expat's own speed is
the limit, so no more is done for each than to count its depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from shoetrack.errors import UnreadableError
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.xml_feed import feed
from shoetrack.importers.xml_text import utf8_chunks

ROOT = "HealthData"
MAX_WORKOUTS = 200_000  # ten a day for 54 years

_WALKED = "HKQuantityTypeIdentifierDistanceWalkingRunning"
_MAX_DEPTH = 100
_MAX_DOCTYPE = 256 * 1024  # the longest seen takes 9 KiB
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+HealthData\s*\[(.*?)\]\s*>(?=\s*<HealthData\b)", re.DOTALL)
_DECLARES = re.compile(rb"<!(ENTITY|NOTATION|DOCTYPE)\b", re.IGNORECASE)
# Notes typed by a keyboard may hold a vertical tab, which XML allows nowhere (seen from iOS 16).
_CONTROLS = bytes(range(1, 9)) + b"\x0b\x0c" + bytes(range(14, 32))
_TO_BLANKS = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))


@dataclass(slots=True)
class Workout:
    """What one <Workout> says, as it stands; "" where it does not."""

    type: str = ""
    start: str = ""
    end: str = ""
    duration: str = ""
    duration_unit: str = ""
    distance: str = ""
    distance_unit: str = ""
    source: str = ""
    device: str = ""
    indoor: str = ""
    zone: str = ""
    ascended: str = ""  # a number and its unit: "3230 cm"
    walked: str = ""  # the newer statistic of the distance on foot, and its own time
    walked_unit: str = ""
    walked_start: str = ""
    walked_end: str = ""
    route: str = ""  # the path of its GPX, inside the export


_ATTRIBUTES = {
    "workoutActivityType": "type",
    "startDate": "start",
    "endDate": "end",
    "duration": "duration",
    "durationUnit": "duration_unit",
    "totalDistance": "distance",
    "totalDistanceUnit": "distance_unit",
    "sourceName": "source",
    "device": "device",
}
_METADATA = {
    "HKIndoorWorkout": "indoor",
    "HKTimeZone": "zone",
    "HKElevationAscended": "ascended",
}
_STATISTIC = {
    "sum": "walked",
    "unit": "walked_unit",
    "startDate": "walked_start",
    "endDate": "walked_end",
}


def parse(stream: BinaryIO, remarks: list[str]) -> list[Workout]:
    """All workouts, in the order of the file. Adds to `remarks` what was not as it should be.

    Raises UnreadableError with the reason, and its line.
    """
    return _Parser().run(stream, remarks)


class _Parser:
    def __init__(self) -> None:
        self._workouts: list[Workout] = []
        self._closed = False
        # expat's own idea of the encoding is overruled: it gets UTF-8 whatever the file was.
        self._expat = expat.ParserCreate("UTF-8")
        self._expat.ordered_attributes = True  # a list takes less time than a dict
        self._make_handlers()

    def run(self, stream: BinaryIO, remarks: list[str]) -> list[Workout]:
        chunks = _without_doctype(utf8_chunks(stream, remarks))
        feed(chunks, self._expat, lambda: self._closed, lambda: None, remarks)
        return self._workouts

    def _make_handlers(self) -> None:
        parser = self._expat
        depth = 0  # 1 inside the root, 2 inside its children
        workout: Workout | None = None

        def start(name: str, attributes: list[str]) -> None:
            nonlocal depth, workout
            depth += 1
            if depth == 2:
                if name == "Workout":
                    workout = self._begin(attributes)
            elif depth > 2:
                if workout is not None:
                    _tell(workout, depth, name, attributes)
                if depth > _MAX_DEPTH:
                    line = parser.CurrentLineNumber
                    raise UnreadableError(f"is nested too deeply at line {line}: refused")
            elif name != ROOT:
                raise UnreadableError(f"is XML but no Health export: it begins with <{name[:40]}>")

        def end(name: str) -> None:
            nonlocal depth, workout
            depth -= 1
            if depth == 1:
                workout = None
            elif not depth:
                self._closed = True

        parser.StartElementHandler = start
        parser.EndElementHandler = end

    def _begin(self, attributes: list[str]) -> Workout:
        if len(self._workouts) >= MAX_WORKOUTS:
            raise UnreadableError(f"holds more than {MAX_WORKOUTS:,} workouts: refused")
        workout = Workout()
        _take(workout, _ATTRIBUTES, _pairs(attributes))
        self._workouts.append(workout)
        return workout


def _tell(workout: Workout, depth: int, name: str, attributes: list[str]) -> None:
    """What a workout's own children say. A <WorkoutActivity> has statistics and metadata too, of
    the workout's parts (iOS 16 and later): counted as well, they would count twice.
    """
    if depth == 3 and name == "MetadataEntry":
        entry = _pairs(attributes)
        _take(workout, _METADATA, {entry.get("key", ""): entry.get("value", "")})
    elif depth == 3 and name == "WorkoutStatistics":
        statistic = _pairs(attributes)
        if statistic.get("type") == _WALKED:
            _take(workout, _STATISTIC, statistic)
    elif depth == 4 and name == "FileReference":
        _take(workout, {"path": "route"}, _pairs(attributes))


def _pairs(attributes: list[str]) -> dict[str, str]:
    return dict(zip(attributes[::2], attributes[1::2], strict=True))


def _take(workout: Workout, wanted: dict[str, str], found: dict[str, str]) -> None:
    for key, field in wanted.items():
        if key in found:
            setattr(workout, field, clean(found[key]))


def _without_doctype(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The document without the DOCTYPE that Apple writes, and without control characters.

    It only lists the elements, and that of iOS 16 is malformed: "<!ATTLIST VisionPrescription" is
    never closed (github.com/dogsheep/healthkit-to-sqlite/issues/24). So it is not for expat. One
    that declares entities is refused; and one of any other form is left for expat, and refused.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if b"<HealthData" in head or len(head) > _MAX_DOCTYPE:
            break
    if match := _DOCTYPE.match(head, max(head.find(b"<!DOCTYPE"), 0)):
        if _DECLARES.search(match[1]):
            raise UnreadableError("has a DOCTYPE that declares more than elements: refused")
        head = head[: match.start()] + b"\n" * match[0].count(b"\n") + head[match.end() :]
    yield head.translate(_TO_BLANKS)
    for chunk in chunks:
        yield chunk.translate(_TO_BLANKS)
