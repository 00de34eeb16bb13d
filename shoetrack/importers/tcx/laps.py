"""How far the laps of one TCX activity were, by what they state, and by what their points say."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite

from shoetrack.importers.ascent import Ascent, heights_of
from shoetrack.importers.length import PlainLength
from shoetrack.importers.tcx.points import Gathered

# The next lap's first point lies at most so far behind the last lap's last one, in metres; and a
# count of metres that begins anew begins below it. Anything else is metres of another lap.
_GAP_M = 100.0
# Points that come to less than this never left their spot.
_NOWHERE_M = 1.0


@dataclass(slots=True)
class _Counter:
    """The distances that track points carry: metres since the activity's start, or the lap's."""

    last: float = 0.0  # the highest count up to the lap before
    first: float | None = None  # the lap's own
    highest: float = 0.0

    def add(self, texts: list[str]) -> None:
        counts = [count for text in texts if (count := metres_of(text)) is not None]
        if not counts:
            return
        if self.first is None:
            self.first = counts[0]
            self.highest = 0.0
        self.highest = max(self.highest, max(counts))

    def end_lap(self) -> float:
        """What the lap's points come to."""
        if self.first is None:
            return 0.0
        if 0 <= self.first - self.last <= _GAP_M:
            start = self.last
        else:
            start = 0.0 if self.first <= _GAP_M else self.first
        travelled = self.highest - start
        self.last, self.first = self.highest, None
        return travelled


@dataclass(slots=True)
class Laps:
    """Sums the laps up as they go by, in constant memory. Distances are metres, times seconds."""

    count: int = 0
    stating: int = 0  # laps that state a distance, 0 included
    unknown: int = 0  # laps that took time, and of which nothing tells how far they were
    seconds: float = 0.0
    stated: float = 0.0  # by the laps that state one
    filled: float = 0.0  # by the points, of the laps that state none
    pointed: float = 0.0  # by the points, of all laps
    ascent: Ascent = field(default_factory=Ascent)
    _length: PlainLength = field(default_factory=PlainLength)
    _counter: _Counter = field(default_factory=_Counter)
    _length_before: float = 0.0
    _tracks: int = 0

    @property
    def along_track(self) -> float:
        """The length along all positions."""
        return self._length.metres()

    def begin(self) -> None:
        """A lap begins."""
        self.count += 1
        self._tracks = 0
        self._length_before = self._length.metres()

    def begin_track(self) -> None:
        """A <Track> begins. A lap's first one goes on where the lap before ended; another one
        follows a pause, and no hop leads over that.
        """
        self._tracks += 1
        if self._tracks > 1:
            self._length.break_segment()
            self.ascent.break_segment()

    def add(self, gathered: Gathered) -> None:
        """The lap's next points."""
        self._length.add(gathered.lats, gathered.lons, [])
        self._counter.add(gathered.distances)
        if heights := heights_of(gathered.altitudes):
            self.ascent.add(heights)

    def end(self, stated: float | None, seconds: float) -> None:
        """A lap ends, which states so many metres, or None, and so many seconds."""
        by_points = self._counter.end_lap()
        if by_points < _NOWHERE_M:
            by_points = self._length.metres() - self._length_before
        self.seconds += seconds
        self.pointed += by_points
        if stated is not None:
            self.stating += 1
            self.stated += stated
        else:
            self.filled += by_points
            self.unknown += by_points < _NOWHERE_M and seconds > 0


def metres_of(text: str) -> float | None:
    """Metres as a file states them, 0 included; None where it is no finite number from 0 up."""
    try:
        metres = float(text)
    except ValueError:
        try:
            metres = float(text.replace(",", "."))
        except ValueError:
            return None
    return metres if isfinite(metres) and metres >= 0 else None
