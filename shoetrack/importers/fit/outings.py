"""From a FIT file's sessions to outings: which belong together, how far and how long each was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shoetrack.importers.ascent import believed_ascent, sum_of
from shoetrack.importers.fit.profile import INDOORS, TRANSITION, sport_of
from shoetrack.importers.fit.records import Records, Way
from shoetrack.importers.fit.summary import Session, Summary
from shoetrack.model import DistanceSource, Place
from shoetrack.sport import OffFoot, Sport

# As of a GPX file's total: the fastest anyone has run for an instant, the farthest and the longest
# that is believed of one outing, and what is no way at all.
_FASTEST_M_S = 12.5
_FARTHEST_M = 1_000_000.0
_LONGEST_S = 14 * 24 * 3600.0
_NOWHERE_M = 1.0
# A lunch or a museum on the way; what begins later is another outing.
_SAME_OUTING_S = 3 * 3600
# Sessions that share more than a clock's jitter tell of the same time twice: no sum of them is one.
_OVERLAP_S = 60

NO_SUMMARY = "has no summary, as when the battery ran flat: its distance is that of its records"
NO_TOTAL = "has no distance in its summary: that of its records was taken"
UNBELIEVED = "states a total distance that no one can have run: it was not taken"
PARTLY = "has sessions without a distance: that of the others was taken"


@dataclass(frozen=True, slots=True)
class Outing:
    """One outing, of one session or several. None is unknown; `start` is in FIT's seconds."""

    kind: Sport | OffFoot | None
    sport: int | None  # in FIT's numbers
    name: str = ""
    start: int | None = None
    elapsed_s: float | None = None
    duration_s: float | None = None  # without the pauses
    distance_mm: int | None = None
    distance_from: DistanceSource | None = None
    first_place: Place | None = None
    last_place: Place | None = None
    ascent_mm: int | None = None
    remarks: tuple[str, ...] = ()


def outings_of(summary: Summary, records: Records) -> Iterator[Outing]:
    """What was recorded in one part, in its order; of what is not on foot only the kind is told.

    The legs of a multisport activity are outings of their own, its transitions are none. Otherwise
    neighbouring sessions of one sport are one outing: Strava makes one activity of such a file,
    as long as all of them. Hours apart they are different outings that somebody joined.
    """
    if not summary.sessions:
        yield from _unsummed(summary, records)
        return
    legs = _measured([_leg(session, summary) for session in summary.sessions], records)
    may_join = not summary.is_multisport
    groups: list[list[_Leg]] = []
    for leg in legs:
        if groups and may_join and _belong_together(groups[-1][-1], leg):
            groups[-1].append(leg)
        elif leg.sport != TRANSITION:
            groups.append([leg])
    for group in groups:
        yield _joined(group)


@dataclass(frozen=True, slots=True)
class _Leg:
    """A session, and what is believed of it."""

    kind: Sport | OffFoot | None
    sport: int | None
    sub_sport: int | None
    name: str
    start: int | None
    elapsed_s: float | None
    duration_s: float | None
    stated_mm: int | None
    is_unbelieved: bool = False
    measured_mm: int | None = None  # along the records, where nothing is stated
    first_place: Place | None = None
    last_place: Place | None = None
    ascent_mm: int | None = None

    @property
    def lacks_distance(self) -> bool:
        return self.stated_mm is None and not isinstance(self.kind, OffFoot)


def _leg(session: Session, summary: Summary) -> _Leg:
    sport, sub_sport, name = summary.sport
    if session.sport is not None:
        if session.sport != sport and len(summary.sessions) > 1:
            name = ""
        sport, sub_sport = session.sport, session.sub_sport
    name = session.name or name
    elapsed = _elapsed(session)
    timer = _seconds(session.timer_ms)
    if timer is None or (elapsed and timer > elapsed * 1.1 + 60):
        timer = elapsed
    start = session.start
    if start is None and session.end is not None and elapsed:
        start = session.end - round(elapsed)
    if start is None and len(summary.sessions) == 1:
        start = summary.created
    stated = session.distance_cm * 10 if session.distance_cm else None
    believed = stated if stated and _is_believable(stated, elapsed or timer) else None
    kind = sport_of(sport, sub_sport, name)
    return _Leg(
        kind=kind,
        sport=sport,
        sub_sport=sub_sport,
        name=name,
        start=start,
        elapsed_s=elapsed,
        duration_s=timer,
        stated_mm=believed,
        is_unbelieved=stated != believed,
        first_place=session.first_place,
        last_place=session.last_place,
        ascent_mm=None if session.ascent_m is None else believed_ascent(session.ascent_m * 1000),
    )


def _elapsed(session: Session) -> float | None:
    if elapsed := _seconds(session.elapsed_ms):
        return elapsed
    if session.start is not None and session.end is not None:
        between = float(session.end - session.start)
        if 0 < between <= _LONGEST_S:
            return between
    return _seconds(session.timer_ms)


def _seconds(milliseconds: int | None) -> float | None:
    seconds = (milliseconds or 0) / 1000
    return seconds if 0 < seconds <= _LONGEST_S else None


def _is_believable(distance_mm: int, seconds: float | None) -> bool:
    metres = distance_mm / 1000
    return metres <= _FARTHEST_M and (not seconds or metres / seconds <= _FASTEST_M_S)


def _belong_together(earlier: _Leg, later: _Leg) -> bool:
    if (earlier.kind, earlier.sport) != (later.kind, later.sport):
        return False
    if earlier.start is None or later.start is None:
        return True
    gap = later.start - (earlier.start + (earlier.elapsed_s or 0))
    return -_OVERLAP_S <= gap <= _SAME_OUTING_S


def _joined(group: Sequence[_Leg]) -> Outing:
    """The sum of legs that are one outing."""
    first, last = group[0], group[-1]
    name = next((leg.name for leg in group if leg.name), "")
    if isinstance(first.kind, OffFoot):
        return Outing(first.kind, first.sport, name)
    elapsed = last.elapsed_s
    if first.start is not None and last.start is not None and last.start > first.start:
        elapsed = last.start - first.start + (last.elapsed_s or 0)
    stated = [leg.stated_mm for leg in group if leg.stated_mm is not None]
    measured = [leg.measured_mm for leg in group if leg.measured_mm is not None]
    source = DistanceSource.COMPUTED if measured else DistanceSource.SESSION if stated else None
    return Outing(
        kind=first.kind,
        sport=first.sport,
        name=name,
        start=first.start,
        elapsed_s=elapsed,
        duration_s=sum(leg.duration_s or 0 for leg in group) or None,
        distance_mm=sum(stated) + sum(measured) if source else None,
        distance_from=source,
        first_place=first.first_place,
        last_place=last.last_place,
        ascent_mm=sum_of([leg.ascent_mm for leg in group]),
        remarks=tuple(_remarks(group, len(stated), len(measured))),
    )


def _remarks(group: Sequence[_Leg], stated: int, measured: int) -> Iterator[str]:
    if any(leg.is_unbelieved for leg in group):
        yield UNBELIEVED
    if measured:
        yield NO_TOTAL
    if 0 < stated + measured < len(group):
        yield PARTLY


def _measured(legs: list[_Leg], records: Records) -> list[_Leg]:
    """The legs, those without a distance measured along the records where these can be told."""
    if not any(leg.lacks_distance for leg in legs):
        return legs
    # Sorted by their starts; a leg alone has all the records, whenever it began.
    order = sorted(range(len(legs)), key=lambda at: legs[at].start or 0)
    starts = [start for at in order if (start := legs[at].start) is not None]
    if len(legs) > 1 and len(starts) < len(legs):
        return legs
    ways = records.ways(starts if len(legs) > 1 else [])
    if ways is not None:
        for at, way in zip(order, ways.ways, strict=True):
            if legs[at].lacks_distance:
                legs[at] = _along(way, legs[at])
    return legs


def _along(way: Way, leg: _Leg) -> _Leg:
    """The leg with what its records tell and its session does not."""
    ascent = leg.ascent_mm if leg.ascent_mm is not None else way.ascent.millimetres()
    return replace(
        leg,
        measured_mm=_length_of(way, leg),
        first_place=leg.first_place or way.first_place,
        last_place=leg.last_place or way.last_place,
        ascent_mm=ascent,
    )


def _length_of(way: Way, leg: _Leg) -> int | None:
    """How far the records go in mm: by the device's count, else by its positions out of doors."""
    seconds = leg.elapsed_s or way.clock.elapsed_s
    counted = way.distance_cm * 10
    if counted and _is_believable(counted, seconds):
        return counted
    metres = way.length.metres()
    along = round(metres * 1000)
    indoors = leg.kind is Sport.TREADMILL or leg.sub_sport in INDOORS
    if indoors or metres < _NOWHERE_M or not _is_believable(along, seconds):
        return None
    return along


def _unsummed(summary: Summary, records: Records) -> Iterator[Outing]:
    """The outing of a file without a session: all of its records, unless there are none."""
    ways = records.ways([])
    if ways is None or not ways.ways[0].records:
        return
    way = ways.ways[0]
    sport, sub_sport, name = summary.sport
    if sport is None:
        sport, sub_sport = ways.sport, ways.sub_sport
    span = way.clock.span()
    start = int(span[0]) if span else summary.created
    elapsed = span[1] - span[0] if span else None
    leg = _Leg(
        kind=sport_of(sport, sub_sport, name),
        sport=sport,
        sub_sport=sub_sport,
        name=name,
        start=start,
        elapsed_s=elapsed or None,
        duration_s=way.clock.elapsed_s or None,
        stated_mm=None,
    )
    outing = _joined([_along(way, leg)])
    yield replace(outing, remarks=(NO_SUMMARY,) if outing.distance_mm is not None else ())
