"""How far a track climbs, in constant memory and one pass.

Heights waver by metres while one stands still, and a sum of all rises grows with every point. So a
climb is the height from a valley to the next peak, and only what turns by more than a threshold is
one. Strava counts so (support.strava.com, "Elevation Gain": "a gain is defined as the difference
between a low point and a high point [...] and a gain must exceed a threshold"), and so does OsmAnd
(10 m, github.com/osmandapp/OsmAnd/issues/4481); GoldenCheetah takes 3 m, for barometers.

A file seldom tells where its heights are from, so there is one threshold for all. Along the heights
of the 13 real FIT files whose device states a climb of 20 m or more, the sum of all rises was 1.52
times the device's figure in the median, 3 m came to 1.15, 5 m to 0.98 and 10 m to 0.81.
What a phone without a barometer writes can wander by 20 m and more: no threshold undoes that.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

THRESHOLD_M = 5.0

# The shore of the Dead Sea is at -430 m, and the highest summit at 8,849 m; a barometer may be off.
LOWEST_M, HIGHEST_M = -1_000.0, 10_000.0
# Runners have climbed 24 km in a race of six days, and one recording is believed to take 14 days.
_MOST_MM = 100_000_000


class Ascent:
    """Sums the climbs of a track. Heights are in metres, in order; the batches do not matter.

    A height that is NaN, out of this world, or exactly 0 and far from its neighbours is passed
    over: 0 is what devices write before they know. A track that is at 0 throughout has no heights.

    No climb leads over a pause, as no hop does: what follows is moved to the height where the
    track broke off. So a lift taken in a pause, or a barometer's drift, is no climb; and a hill
    that is cut by pauses at every traffic light is still one.
    """

    def __init__(self) -> None:
        self._climbed = 0.0  # by the climbs that are over
        self._is_climbing = False
        self._valley = 0.0  # where the open climb began
        # Between these nothing turns. Climbing, the upper is the peak so far and the lower so much
        # below it; else the lower is the valley so far and the upper so much above it.
        self._lower = self._upper = 0.0
        self._last: float | None = None
        self._is_cut = False

    def add(self, heights: Sequence[float]) -> None:
        """The next heights of the segment."""
        if (self._last is None or self._is_cut) and not self._begin(heights):
            return
        lower, upper = self._lower, self._upper
        for height in heights:
            if lower <= height <= upper:
                continue
            if not LOWEST_M <= height <= HIGHEST_M or height == 0.0:
                continue  # as `is_height`, without the call
            if height > upper:
                if not self._is_climbing:
                    self._is_climbing, self._valley = True, lower
                lower, upper = height - THRESHOLD_M, height
            else:
                if self._is_climbing:
                    self._is_climbing = False
                    self._climbed += upper - self._valley
                lower, upper = height, height + THRESHOLD_M
        self._lower, self._upper = lower, upper
        self._last = next(filter(is_height, reversed(heights)), self._last)

    def _begin(self, heights: Sequence[float]) -> bool:
        """Stand at the first height, wherever the last segment ended; False where there is none."""
        first = next(filter(is_height, heights), None)
        if first is None:
            return False
        if self._last is None:
            self._lower, self._upper = first, first + THRESHOLD_M
        else:
            by = first - self._last
            self._lower, self._upper = self._lower + by, self._upper + by
            self._valley += by
        self._last, self._is_cut = first, False
        return True

    def break_segment(self) -> None:
        """The next height starts a segment: no climb leads to it."""
        self._is_cut = True

    def millimetres(self) -> int | None:
        """The climb so far; None where no point has a height."""
        if self._last is None:
            return None
        rest = self._upper - self._valley if self._is_climbing else 0.0
        return round((self._climbed + rest) * 1000)


def is_height(metres: float) -> bool:
    """Whether a height is one that a runner can be at; exactly 0 is one that is not known."""
    return LOWEST_M <= metres <= HIGHEST_M and metres != 0.0


def heights_of(texts: Sequence[str]) -> list[float]:
    """The texts in metres, NaN where one is no number; nothing where all are empty."""
    if not any(texts):
        return []
    try:
        return list(map(float, texts))
    except ValueError:
        return list(map(_to_height, texts))


def _to_height(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return nan


def stated_ascent(number: str, millimetres_in_one: float = 1000) -> int | None:
    """A total climb that a source states, 0 included, in mm; None where it is none that can be."""
    return believed_ascent(_to_height(number) * millimetres_in_one)


def believed_ascent(millimetres: float) -> int | None:
    """The whole millimetres of a stated climb; None where no one can have climbed so far."""
    return round(millimetres) if 0 <= millimetres <= _MOST_MM else None


def sum_of(ascents: Sequence[int | None]) -> int | None:
    """The climb of an outing in parts, in mm; None where that of one of them is not known."""
    known = [ascent for ascent in ascents if ascent is not None]
    return sum(known) if known and len(known) == len(ascents) else None
