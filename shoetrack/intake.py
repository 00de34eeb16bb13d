"""Identity: is what a source tells a new run, one already known, or in doubt?

One person runs one run at a time, so two sightings that overlap in time are the same run, whatever
their files are called. Plain functions over frozen values; `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shoetrack.model import DistanceSource, RunRecord, Sighting
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM

# How far from a record's start a sighting can begin and still matter to it: the longest recording
# that is believed (a hike of some days), and the farthest that local time is from UTC (+14:00).
LOOK_BACK = timedelta(days=14)
LOOK_AHEAD = timedelta(hours=14)

# Sharing this much of the shorter one's time is certain; less is two devices' clocks, or two runs.
CERTAIN_OVERLAP = 0.5
# Starts this close are one start where a source tells no end.
SAME_START = timedelta(seconds=60)
# A sighting that lasts this much longer has seen more of the run, and is believed on its length.
LONGER = 1.05

# Distances of one run that differ by more than this should be looked at. GPS tracks of two devices
# lie within it for nine runs of ten.
DIFFERING = 0.03
# What one way of measuring makes of one run, in two files, differs by less than this.
SAME_DISTANCE = 0.005

# Where only the day is known: so close is the same run if nothing else is, and so close may be.
# Services and watches take pauses out differently, and tracks are measured differently.
CLOSE_DURATION, PERHAPS_DURATION = 0.05, 0.25
PERHAPS_DISTANCE = 0.10
CLOSE_SECONDS = 60

# Faster than anyone has run for an instant (12.4 m/s, Berlin 2009), taken over a whole outing; and
# farther than anyone goes in one.
FASTEST_M_PER_S = 12.5
FARTHEST_MM = 1_000 * MM_PER_KM
# Of a run from a time that is not yet; by another clock, or later, it may be.
YET_TO_COME = "which is yet to come"


@dataclass(frozen=True, slots=True)
class NewRun:
    """Nothing like it is known."""


@dataclass(frozen=True, slots=True)
class Further:
    """The same run as `run_id`: no miles are added."""

    run_id: int


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Close to `twin_id`, and not certainly it: kept, marked, and on no pair until settled."""

    twin_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be true. `off_foot`: no claim to be a run was made, it is something else."""

    reason: str
    off_foot: bool = False


Verdict = NewRun | Further | InDoubt | Refused


def judge(record: RunRecord, near: Sequence[Sighting], now: datetime) -> Verdict:
    """What a record is, beside the sightings near it in time (`LOOK_BACK`, `LOOK_AHEAD`)."""
    if reason := implausible(record, now):
        return reason
    if record.started_at is None:
        return NewRun()  # without a time only its content can tell, and that is not known
    overlaps: dict[int, float] = {}
    for sighting in near:
        shared = overlap(record, sighting)
        overlaps[sighting.run_id] = max(overlaps.get(sighting.run_id, 0.0), shared)
    touched = {run_id: shared for run_id, shared in overlaps.items() if shared > 0}
    certain = [run_id for run_id, shared in touched.items() if shared >= CERTAIN_OVERLAP]
    if len(certain) == 1:
        return Further(certain[0])
    if touched:
        return InDoubt(max(touched, key=lambda run_id: (touched[run_id], -run_id)))
    for sighting in near:
        if looks_shifted(record, sighting):
            return InDoubt(sighting.run_id)
    return NewRun()


def judge_by_day(record: RunRecord, same_day: Sequence[Sighting]) -> Verdict:
    """What a record is beside the sightings of its day, where one side's time is not known.

    Strava hides the start of an activity on request. Then day, distance and duration must tell: one
    run alone that is close in both is the same; what else is near is in doubt rather than wrong.
    """
    close = {s.run_id for s in same_day if _alike(record, s, DIFFERING, CLOSE_DURATION)}
    perhaps = {s.run_id for s in same_day if _alike(record, s, PERHAPS_DISTANCE, PERHAPS_DURATION)}
    if len(close) == 1 and perhaps == close:
        return Further(close.pop())
    if perhaps:
        return InDoubt(min(close or perhaps))
    return NewRun()


def _alike(record: RunRecord, sighting: Sighting, distance: float, duration: float) -> bool:
    """Whether both measures differ by no more than a part; of what is not known, nothing is close
    and all is perhaps.
    """
    is_strict = distance < PERHAPS_DISTANCE
    for one, other, part, least in (
        (record.distance_mm, sighting.distance_mm, distance, 0),
        (record.duration_s, sighting.duration_s, duration, CLOSE_SECONDS),
    ):
        if one is None or other is None:
            if is_strict:
                return False
        elif abs(one - other) > max(max(one, other) * part, least):
            return False
    return True


def implausible(record: RunRecord, now: datetime) -> Refused | None:
    """Why a record cannot be true, or None."""
    if record.started_at is not None and record.started_at > now + timedelta(days=1):
        return Refused(f"is dated {record.started_at:%Y-%m-%d}, {YET_TO_COME}")
    if record.local_date is not None and record.local_date > (now + timedelta(days=2)).date():
        return Refused(f"is dated {record.local_date}, {YET_TO_COME}")
    if record.distance_mm is None:
        return None
    if record.distance_mm > FARTHEST_MM:
        return Refused(f"is {record.distance_mm / MM_PER_KM:,.0f} km long, too far for one outing")
    if record.duration_s:
        speed = record.distance_mm / 1000 / record.duration_s
        if speed > FASTEST_M_PER_S:
            return Refused(
                f"moves at {speed * 3.6:.0f} km/h, faster than anyone runs",
                off_foot=record.sport is None,
            )
    return None


def overlap(record: RunRecord, sighting: Sighting) -> float:
    """The share of the shorter one's time that both have: 0 apart, 1 one inside the other.

    A source that tells only a start shares all of its time where the starts are the same, and too
    little to be certain where it begins in the midst of the other.
    """
    if record.started_at is None or sighting.started_at is None:
        return 0.0
    record_end = record.ended_at or record.started_at
    sighting_end = sighting.ended_at or sighting.started_at
    shortest = min(record_end - record.started_at, sighting_end - sighting.started_at)
    if not shortest:
        if abs(record.started_at - sighting.started_at) <= SAME_START:
            return 1.0
        inside = max(record.started_at, sighting.started_at) <= min(record_end, sighting_end)
        return CERTAIN_OVERLAP / 2 if inside else 0.0
    shared = min(record_end, sighting_end) - max(record.started_at, sighting.started_at)
    return max(shared / shortest, 0.0)


def looks_shifted(record: RunRecord, sighting: Sighting) -> bool:
    """The same run with local time taken for UTC: quarters of an hour apart, equal otherwise.

    Zones are whole quarters of an hour from UTC (Kathmandu's is +05:45). That two runs agree to
    the second of the minute is telling; but a start on the whole minute was typed or planned, and
    there it is no coincidence: a commuter's way out and way back are two runs.
    """
    if record.started_at is None or sighting.started_at is None:
        return False
    if record.kind == sighting.kind == "strava":
        return False  # two activities of one account, both in UTC
    if not (record.duration_s and sighting.duration_s and record.distance_mm):
        return False
    apart = abs(record.started_at - sighting.started_at)
    quarter = timedelta(minutes=15)
    off = apart % quarter
    same_measure = record.distance_from is sighting.distance_from
    tolerance = record.distance_mm * (SAME_DISTANCE if same_measure else DIFFERING)
    return (
        not _on_the_minute(record.started_at)
        and not _on_the_minute(sighting.started_at)
        and apart <= LOOK_AHEAD
        and min(off, quarter - off) <= timedelta(seconds=2)
        and abs(record.duration_s - sighting.duration_s) <= 2
        and sighting.distance_mm is not None
        and abs(record.distance_mm - sighting.distance_mm) <= tolerance
    )


def _on_the_minute(instant: datetime) -> bool:
    return instant.second == 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What all sightings of one run together say of it."""

    local_date: date
    started_at: datetime | None
    ended_at: datetime | None
    sport: Sport | None
    distance_mm: int | None
    distance_from: DistanceSource | None
    duration_s: int | None
    name: str


def combine(sightings: Iterable[Sighting], order: Sequence[str] = tuple(DistanceSource)) -> Facts:
    """The facts of a run from its sightings, in the order they were seen.

    Distance, duration and times come from one sighting, the best by `order` of its distance's
    source, but for times that it does not tell; the sport and the name from the first that says
    any. Raises ValueError where there is no sighting.
    """
    sightings = list(sightings)
    if not sightings:
        raise ValueError("a run without a sighting")
    chosen = _best(sightings, order)
    # Strava may hide when it was, which another sighting tells.
    timed = next((s for s in (chosen, *sightings) if s.started_at is not None), chosen)
    return Facts(
        local_date=chosen.local_date,
        started_at=timed.started_at,
        ended_at=timed.ended_at,
        sport=next((s.sport for s in sightings if s.sport is not None), None),
        distance_mm=chosen.distance_mm,
        distance_from=chosen.distance_from,
        duration_s=chosen.duration_s,
        name=next((s.name for s in sightings if s.name), ""),
    )


def _best(sightings: Sequence[Sighting], order: Sequence[str]) -> Sighting:
    """The one to believe: what a hand has typed; else, of those that have a distance and saw the
    whole run, the one that measured it best; the first among equals.
    """
    measured = [s for s in sightings if s.distance_mm is not None and s.distance_from is not None]
    if not measured:
        return sightings[0]
    typed = [s for s in measured if s.distance_from is DistanceSource.MANUAL]
    if typed:
        return typed[0]
    longest = max(s.duration_s or 0 for s in measured)
    whole = [s for s in measured if not s.duration_s or s.duration_s * LONGER >= longest]
    return min(whole, key=lambda s: order.index(s.distance_from or ""))
