"""How far and how long a track was: what the device says where that can be true, else measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from shoetrack.importers.gpx.sinks import Track
from shoetrack.model import DistanceSource

# The fastest anyone has run, for an instant: U. Bolt, Berlin 2009, 12.4 m/s.
_FASTEST_M_S = 12.5
# The farthest anyone has run without stopping to export, and more.
_FARTHEST_M = 1_000_000.0
_LONGEST_S = 14 * 24 * 3600.0
# A track shorter than this never left its spot: a treadmill, or a watch on a desk.
_NOWHERE_M = 1.0
# Below this a track may be the drift of a treadmill run, and says nothing about a total.
_TELLING_M = 1_000.0
# A total in kilometres taken for metres, or the other way, is 1000 times off; in miles, 1609.
_UNIT_MISTAKE = 10.0

UNBELIEVED = "states a total distance that its own track contradicts: the track was measured"


@dataclass(frozen=True, slots=True)
class Totals:
    """None is unknown. `remark` is "" or what a person should know of the decision."""

    distance_mm: int | None
    distance_from: DistanceSource | None
    duration_s: int | None
    remark: str = ""


def totals_of(track: Track, file_total: str) -> Totals:
    """Decide for one track. `file_total` is the file's own total in metres where it is the track's.

    A stated total stands unless it is under a metre, faster than anyone can run, or ten times off
    a track that is itself possible. The track's length is then taken; where that is under a
    metre, the distance is unknown.
    """
    stated = positive(track.facts.distance) or positive(file_total)
    elapsed = track.clock.elapsed_s
    duration = _duration(positive(track.facts.timer), elapsed)
    seconds = round(duration) or None
    remark = ""
    if stated is not None:
        if _is_believable(stated, track.metres, elapsed or duration):
            return Totals(round(stated * 1000), DistanceSource.DEVICE, seconds)
        remark = UNBELIEVED
    if track.metres < _NOWHERE_M:
        return Totals(None, None, seconds, remark)
    return Totals(round(track.metres * 1000), DistanceSource.COMPUTED, seconds, remark)


def _is_believable(stated: float, measured: float, seconds: float) -> bool:
    if not _NOWHERE_M <= stated <= _FARTHEST_M or (seconds and stated / seconds > _FASTEST_M_S):
        return False
    if measured < _TELLING_M or (seconds and measured / seconds > _FASTEST_M_S):
        return bool(seconds) or measured < _NOWHERE_M or stated < measured * _UNIT_MISTAKE
    return measured / _UNIT_MISTAKE < stated < measured * _UNIT_MISTAKE


def _duration(timer: float | None, elapsed: float) -> float:
    """The device's timer, which stands still in pauses, where the track's times allow it."""
    longest = elapsed * 1.1 + 60 if elapsed else _LONGEST_S
    return timer if timer is not None and timer <= longest else elapsed


def positive(text: str) -> float | None:
    """A total that a file states, or None where it is no finite number above 0."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) and number > 0 else None
