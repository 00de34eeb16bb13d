"""The hot loop of TCX: what expat calls inside a <Track>, some twenty times for each point.

Closures over local names, because here each look-up of an attribute counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from shoetrack.errors import UnreadableError

_MAX_DEPTH = 50
_MAX_PIECES = 8


@dataclass(slots=True)
class Gathered:
    """The points since the last time, in columns: not every point has a place or a distance."""

    times: list[str] = field(default_factory=list)  # of every point, "" where it has none
    distances: list[str] = field(default_factory=list)  # as they stand
    altitudes: list[str] = field(default_factory=list)  # as they stand
    lats: list[float] = field(default_factory=list)  # degrees, of points that have a place
    lons: list[float] = field(default_factory=list)


class TrackHandlers:
    """Gathers the points of tracks until they are taken.

    `on_close` is called at the track's end. Raises UnreadableError, with its line, on a point
    whose place cannot be read. A point at exactly 0/0 was recorded before the device knew where it
    was, and has no place.
    """

    def __init__(
        self, parser: expat.XMLParserType, prefixes: set[str], on_close: Callable[[], None]
    ) -> None:
        self._parser = parser
        self._gathered = Gathered()
        self._pieces: list[str] = []
        self._make_handlers(
            on_close,
            *(
                _qualified(local, prefixes)
                for local in (
                    "Trackpoint", "Time", "DistanceMeters", "AltitudeMeters", "Position",
                    "LatitudeDegrees", "LongitudeDegrees",
                )
            ),
        )  # fmt: skip

    def listen(self) -> None:
        """From now on, until the track ends."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def take(self) -> Gathered:
        """The points since the last time."""
        del self._pieces[_MAX_PIECES:]
        held = self._gathered
        taken = Gathered(
            held.times[:], held.distances[:], held.altitudes[:], held.lats[:], held.lons[:]
        )
        for column in (held.times, held.distances, held.altitudes, held.lats, held.lons):
            column.clear()
        return taken

    def _make_handlers(
        self,
        on_close: Callable[[], None],
        point_names: frozenset[str],
        time_names: frozenset[str],
        distance_names: frozenset[str],
        altitude_names: frozenset[str],
        position_names: frozenset[str],
        lat_names: frozenset[str],
        lon_names: frozenset[str],
    ) -> None:
        parser = self._parser
        pieces = self._pieces
        append = pieces.append
        held = self._gathered
        add_time, add_distance = held.times.append, held.distances.append
        add_altitude = held.altitudes.append
        add_lat, add_lon = held.lats.append, held.lons.append
        in_point_names = time_names | distance_names | altitude_names
        in_position_names = lat_names | lon_names
        depth = 0  # 1 inside a point, 2 inside its children, 3 inside a position's
        in_point = in_position = False
        time = lat = lon = reading = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth, reading, in_point, in_position, time, lat, lon
            depth += 1
            if depth == 2:
                if in_point:
                    if name in in_point_names:
                        reading = name
                        parser.CharacterDataHandler = append
                    elif name in position_names:
                        in_position = True
                        lat = lon = ""
            elif depth == 3:
                if in_position and name in in_position_names:
                    reading = name
                    parser.CharacterDataHandler = append
            elif depth == 1:
                in_point = name in point_names
                time = ""
            elif depth > _MAX_DEPTH:
                line = parser.CurrentLineNumber
                raise UnreadableError(f"is nested too deeply at line {line}: refused")

        def end(name: str) -> None:
            nonlocal depth, reading, in_position, time, lat, lon
            depth -= 1
            if depth == 2:
                if reading and in_position:
                    if reading in lat_names:
                        lat = "".join(pieces)
                    else:
                        lon = "".join(pieces)
                    reading = ""
                    pieces.clear()
                    parser.CharacterDataHandler = None
            elif depth == 1:
                if reading:
                    if reading in time_names:
                        time = "".join(pieces)
                    elif reading in distance_names:
                        add_distance("".join(pieces))
                    else:
                        add_altitude("".join(pieces))
                    reading = ""
                    pieces.clear()
                    parser.CharacterDataHandler = None
                elif in_position:
                    in_position = False
                    if not lat and not lon:
                        return  # an empty position says what a missing one says
                    try:
                        north, east = float(lat), float(lon)
                    except ValueError:
                        north, east = self._repair(lat, lon)
                    if not (-90.0 <= north <= 90.0 and -180.0 <= east <= 180.0):
                        self._refuse(lat, lon)
                    if north or east:
                        add_lat(north)
                        add_lon(east)
            elif depth == 0:
                if in_point:
                    add_time(time)
            elif depth < 0:
                depth = 0
                on_close()

        self._start, self._end = start, end

    def _repair(self, lat: str, lon: str) -> tuple[float, float]:
        """A decimal comma means nothing else inside one element."""
        try:
            return float(lat.replace(",", ".")), float(lon.replace(",", "."))
        except ValueError:
            self._refuse(lat, lon)

    def _refuse(self, lat: str, lon: str) -> NoReturn:
        place = "/".join(text.strip()[:20] or "missing" for text in (lat, lon))
        raise UnreadableError(
            f"has a point that is nowhere on Earth at line {self._parser.CurrentLineNumber} "
            f"(latitude/longitude {place!r})"
        )


def _qualified(local: str, prefixes: set[str]) -> frozenset[str]:
    return frozenset(f"{prefix}:{local}" if prefix else local for prefix in prefixes)
