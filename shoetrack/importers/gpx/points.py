"""The hot loop: what expat calls inside a <trkseg>, some sixteen times for each point.

Closures over local names, because here each look-up of an attribute counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn
from xml.parsers import expat

from shoetrack.errors import UnreadableError

# Latitude, longitude in degrees; the texts of time and elevation as they stand, or "".
Gathered = tuple[float, float, str, str]
# The same of several points, column by column.
Columns = tuple[Sequence[float], Sequence[float], Sequence[str], Sequence[str]]

_MAX_DEPTH = 50
_MAX_PIECES = 8
# OpenTracks once wrote a pause as a point at latitude 100, its end as one at 200.
_PAUSES = (100.0, 200.0)


class PointHandlers:
    """Gathers the points of segments until they are taken.

    `on_pause` is called between two points that no hop joins, `on_close` at the segment's end.
    Raises UnreadableError, with its line, on a point whose place cannot be read.
    """

    def __init__(
        self,
        parser: expat.XMLParserType,
        prefixes: set[str],
        on_pause: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        self._parser = parser
        self._located: list[Gathered] = []
        self._placeless: list[Gathered] = []
        self._nowhere: list[Gathered] = []
        self._pieces: list[str] = []
        self._make_handlers(
            _qualified("trkpt", prefixes),
            _qualified("time", prefixes),
            _qualified("ele", prefixes),
            on_pause,
            on_close,
        )

    def listen(self) -> None:
        """From now on, until the segment ends."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def take(self) -> tuple[Columns | None, list[str]]:
        """The points since the last time: those with a place, and the times of those at 0/0."""
        del self._pieces[_MAX_PIECES:]
        located: Columns | None = None
        if self._located:
            lats, lons, times, elevations = zip(*self._located, strict=True)
            located = lats, lons, times, elevations
        placeless = [point[2] for point in self._placeless]
        self._located.clear()
        self._placeless.clear()
        self._nowhere.clear()
        return located, placeless

    def _make_handlers(
        self,
        point_names: frozenset[str],
        time_names: frozenset[str],
        elevation_names: frozenset[str],
        on_pause: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        parser = self._parser
        pieces, located, placeless = self._pieces, self._located, self._placeless
        nowhere = self._nowhere
        append = pieces.append
        wanted = time_names | elevation_names
        depth = 0  # 1 inside a point, 2 inside its children
        lat = lon = 0.0
        time = elevation = ""
        keep = nowhere
        reading = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth, lat, lon, keep, reading
            depth += 1
            if depth == 2:
                if name in wanted:
                    reading = name
                    parser.CharacterDataHandler = append
            elif depth == 1:
                if name not in point_names:
                    keep = nowhere
                    return
                try:
                    lat = float(attributes["lat"])
                    lon = float(attributes["lon"])
                except (KeyError, ValueError):
                    lat, lon = self._repair(attributes)
                if -90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0:
                    keep = located if lat or lon else placeless
                elif lat in _PAUSES and lon == 0.0:
                    keep = nowhere
                    on_pause()
                else:
                    self._refuse(attributes)
            elif depth > _MAX_DEPTH:
                line = parser.CurrentLineNumber
                raise UnreadableError(f"is nested too deeply at line {line}: refused")

        def end(name: str) -> None:
            nonlocal depth, time, elevation, reading
            depth -= 1
            if depth == 1:
                if reading:
                    parser.CharacterDataHandler = None
                    if reading in time_names:
                        time = "".join(pieces)
                    else:
                        elevation = "".join(pieces)
                    pieces.clear()
                    reading = ""
            elif depth == 0:
                keep.append((lat, lon, time, elevation))
                time = elevation = ""
            elif depth < 0:
                depth = 0
                on_close()

        self._start, self._end = start, end
        self.is_between_points: Callable[[], bool] = lambda: (
            depth == 0 and parser.StartElementHandler is start
        )

    def _repair(self, attributes: dict[str, str]) -> tuple[float, float]:
        """A decimal comma means nothing else inside one attribute."""
        try:
            lat, lon = (float(attributes[key].replace(",", ".")) for key in ("lat", "lon"))
        except (KeyError, ValueError):
            self._refuse(attributes)
        return lat, lon

    def _refuse(self, attributes: dict[str, str]) -> NoReturn:
        place = "/".join(attributes.get(key, "missing")[:20] for key in ("lat", "lon"))
        raise UnreadableError(
            f"has a point that is nowhere on Earth at line {self._parser.CurrentLineNumber} "
            f"(latitude/longitude {place!r})"
        )


def _qualified(local: str, prefixes: set[str]) -> frozenset[str]:
    return frozenset(f"{prefix}:{local}" if prefix else local for prefix in prefixes)
