"""The way along the records, for what a session does not tell or where there is none.

Rare, so it is done in a second walk over the chunks, which are held back until the sessions are
known: as many as hold any believable recording. A larger file's records are added up at once.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field

from shoetrack.errors import UnreadableError
from shoetrack.importers.ascent import Ascent
from shoetrack.importers.clock import Clock
from shoetrack.importers.fit.layout import Values
from shoetrack.importers.fit.summary import place_in
from shoetrack.importers.fit.walk import TIMESTAMP, DamagedError, Walker
from shoetrack.importers.length import PlainLength
from shoetrack.model import Place

# 100 hours of a record of 22 bytes a second.
MAX_HELD = 8 * 1024**2
_MAX_RECORDS = 5_000_000  # as in GPX

_RECORD, _LAP, _EVENT = 20, 19, 21
_LAT, _LON, _DISTANCE, _SPEED_DISTANCE = 0, 1, 5, 8
_ALTITUDE, _ENHANCED_ALTITUDE = 2, 78
_EVENT_KIND, _EVENT_TYPE = 0, 1
_TIMER = 0
_STOPS = frozenset({1, 4, 8, 9})  # stop, stop all, stop disable, stop disable all
_LAP_SPORT, _LAP_SUB_SPORT = 25, 39
_WANTED = {
    _RECORD: frozenset(
        {TIMESTAMP, _LAT, _LON, _ALTITUDE, _ENHANCED_ALTITUDE, _DISTANCE, _SPEED_DISTANCE}
    ),
    _LAP: frozenset({_LAP_SPORT, _LAP_SUB_SPORT}),
    _EVENT: frozenset({TIMESTAMP, _EVENT_KIND, _EVENT_TYPE}),
}

# A stored altitude is five times the metres above -500 m.
_STEPS, _OFFSET_M = 5, 500
_BATCH = 1_000


@dataclass(slots=True)
class Way:
    """What the records between two points in time add up to."""

    records: int = 0
    distance_cm: int = 0  # as the device counted on
    length: PlainLength = field(default_factory=PlainLength)  # between its positions
    clock: Clock = field(
        default_factory=Clock
    )  # in seconds since FIT's epoch; stops with the timer
    ascent: Ascent = field(default_factory=Ascent)
    first_place: Place | None = None
    last_place: Place | None = None
    _last_cm: int | None = None
    _lats: list[float] = field(default_factory=list)
    _lons: list[float] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)
    _heights: list[float] = field(default_factory=list)

    def add(self, values: Values, distance_cm: int | None) -> None:
        """The next record."""
        self.records += 1
        if distance_cm is not None:
            if self._last_cm is not None and distance_cm > self._last_cm:
                self.distance_cm += distance_cm - self._last_cm
            self._last_cm = distance_cm
        if isinstance(time := values.get(TIMESTAMP), int):
            self._times.append(time)
        if place := place_in(values, _LAT, _LON):
            self.first_place = self.first_place or place
            self.last_place = place
            self._lats.append(place[0])
            self._lons.append(place[1])
        altitude = values.get(_ENHANCED_ALTITUDE, values.get(_ALTITUDE))
        if isinstance(altitude, int):
            self._heights.append(altitude / _STEPS - _OFFSET_M)
        if self.records % _BATCH == 0:
            self.flush()

    def stop(self, time: int | None) -> None:
        """The timer was stopped: what lies between here and the next record was not run."""
        if time is not None and self._times:
            self._times.append(time)
        self.flush()
        self.clock.break_segment()
        self.length.break_segment()
        self.ascent.break_segment()

    def flush(self) -> None:
        """Bring the sums up to date."""
        self.length.add(self._lats, self._lons, ())
        self.clock.add(self._times)
        self.ascent.add(self._heights)
        for column in (self._lats, self._lons, self._times, self._heights):
            column.clear()


class Ways:
    """Adds the records up, for each session those from its start to the next one's.

    `starts` are the sessions' in order, in FIT's seconds; none or one is the whole file's.
    """

    def __init__(self, starts: list[int]) -> None:
        self.ways = [Way() for _ in starts or [0]]
        self.sport: int | None = None  # as the laps say
        self.sub_sport: int | None = None
        self._starts = starts
        self._walker = Walker(_WANTED, self._take, times=True)
        self._current = self.ways[0]
        self._count = 0
        # The twelve bits of a compressed distance, and what they have added up to, in 1/16 m.
        self._bits: int | None = None
        self._sixteenths = 0

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body, as far as they are whole. Raises UnreadableError where
        there is too much to add up.
        """
        with suppress(DamagedError):  # the first walk has found it before, and told of it
            self._walker.feed(chunk)

    def finish(self) -> None:
        """There is no more."""
        for way in self.ways:
            way.flush()

    def _take(self, number: int, values: Values) -> None:
        time = values.get(TIMESTAMP)
        if number == _RECORD:
            self._count += 1
            if self._count > _MAX_RECORDS:
                raise UnreadableError(
                    f"holds more than {_MAX_RECORDS:,} records, which no run does"
                )
            if len(self.ways) > 1 and isinstance(time, int):
                self._current = self.ways[max(bisect_right(self._starts, time) - 1, 0)]
            self._current.add(values, self._distance(values))
        elif number == _EVENT:
            if values.get(_EVENT_KIND) == _TIMER and values.get(_EVENT_TYPE) in _STOPS:
                self._current.stop(time if isinstance(time, int) else None)
        elif isinstance(sport := values.get(_LAP_SPORT), int):
            sub_sport = values.get(_LAP_SUB_SPORT)
            self.sport = sport
            self.sub_sport = sub_sport if isinstance(sub_sport, int) else None

    def _distance(self, values: Values) -> int | None:
        """A record's distance since the start, in cm."""
        stated = values.get(_DISTANCE)
        if isinstance(stated, int):
            return stated
        packed = values.get(_SPEED_DISTANCE)
        if not isinstance(packed, int):
            return None
        bits = packed >> 12 & 0xFFF
        self._sixteenths += (bits - self._bits) & 0xFFF if self._bits is not None else 0
        self._bits = bits
        return self._sixteenths * 100 // 16


class Records:
    """The chunks of a part, held back until somebody asks for its ways."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0
        self._whole: Ways | None = None

    def hold(self, chunk: bytes) -> None:
        """The next bytes of the body."""
        if self._whole is not None:
            self._whole.feed(chunk)
            return
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size > MAX_HELD:
            self._whole = self._walk([])
            self._held.clear()

    def ways(self, starts: list[int]) -> Ways | None:
        """For each of the sessions that start then; None where the file is too large to tell."""
        if self._whole is None:
            ways = self._walk(starts)
        elif len(starts) > 1:
            return None
        else:
            ways = self._whole
        ways.finish()
        return ways

    def _walk(self, starts: list[int]) -> Ways:
        ways = Ways(starts)
        for chunk in self._held:
            ways.feed(chunk)
        return ways
