"""When a track was recorded and for how long, from clocks that stop, jump and start unset."""

from __future__ import annotations

from dataclasses import dataclass

from shoetrack.errors import UnreadableError

# No run has a point a day after the one before it: the clock was set, or another outing began.
_JUMP_S = 24 * 3600.0
# Points a little out of order are jitter; further back, the clock was corrected.
_BACK_S = 60.0
# Days of one long hike lie closer together than this; a clock never set is years off.
_SAME_TRIP_S = 30 * 24 * 3600.0
_MAX_OUTINGS = 1_000


@dataclass(slots=True)
class _Outing:
    """A stretch of time without a jump of a day in it, in seconds since 1970."""

    earliest: float
    latest: float
    last: float
    points: int


class Clock:
    """Gathers the times of one track, in order, in constant memory.

    The duration is the sum of what each stretch took, from its earliest to its latest time. A
    stretch ends with its segment, at a jump of more than a day, and where time runs backwards by
    more than a minute: so it is never negative, and holds no jump of a clock being set.

    The start and the end are those of the stretches within 30 days of the one with the most
    points: a watch that starts in 1999 and finds the time later is dated by the later times.
    """

    def __init__(self) -> None:
        self._outings: list[_Outing] = []
        self._elapsed = 0.0
        self._stretch: _Outing | None = None

    def add(self, times: list[float]) -> None:
        """The next points' times; the caller leaves out points without one.

        Raises UnreadableError where the track joins more outings than can be dated.
        """
        if not times:
            return
        smooth = times[-1] - times[0] <= _JUMP_S and times == sorted(times)
        if smooth:
            self._extend(times[0], times[-1], len(times))
        else:
            for time in times:
                self._extend(time, time, 1)

    def break_segment(self) -> None:
        """The next time belongs to another segment."""
        if self._stretch is not None:
            self._elapsed += self._stretch.latest - self._stretch.earliest
            self._stretch = None

    def _extend(self, first: float, last: float, points: int) -> None:
        stretch = self._stretch
        if stretch is not None and -_BACK_S <= first - stretch.last <= _JUMP_S:
            _lengthen(stretch, first, last, points)
        else:
            self.break_segment()
            self._stretch = _Outing(first, last, last, points)
        outing = self._outings[-1] if self._outings else None
        if outing is not None and abs(first - outing.last) <= _JUMP_S:
            _lengthen(outing, first, last, points)
        elif len(self._outings) < _MAX_OUTINGS:
            self._outings.append(_Outing(first, last, last, points))
        else:
            raise UnreadableError(
                f"joins more than {_MAX_OUTINGS:,} outings in one track: export the runs one by one"
            )

    @property
    def elapsed_s(self) -> float:
        """The duration, in seconds; 0 where no two points have times."""
        open_stretch = self._stretch
        return self._elapsed + (open_stretch.latest - open_stretch.earliest if open_stretch else 0)

    def span(self) -> tuple[float, float] | None:
        """The start and the end in seconds since 1970, or None where no point has a time."""
        trusted = self._trusted()
        if not trusted:
            return None
        return min(one.earliest for one in trusted), max(one.latest for one in trusted)

    @property
    def was_set_late(self) -> bool:
        """Whether some points' times were too far off to date anything."""
        return len(self._trusted()) < len(self._outings)

    def _trusted(self) -> list[_Outing]:
        if not self._outings:
            return []
        main = max(self._outings, key=lambda outing: (outing.points, outing.latest))
        return [
            outing
            for outing in self._outings
            if outing.earliest - main.latest <= _SAME_TRIP_S
            and main.earliest - outing.latest <= _SAME_TRIP_S
        ]


def _lengthen(outing: _Outing, first: float, last: float, points: int) -> None:
    outing.earliest = min(outing.earliest, first)
    outing.latest = max(outing.latest, last)
    outing.last = last
    outing.points += points
