"""A simulated season: what a runner's watch would have written, seeded so that it is always the
same but for its dates.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment

from shoetrack.sport import Sport

SEED = 2026
WEEKS = 16
# Metres to a degree of latitude on a sphere of 6371.0088 km.
_PER_DEGREE = 6_371_008.8 * math.pi / 180
_HOME = (55.6867, 12.5701)  # a park in Copenhagen, with a lake to run around
_EVERY_S = 15


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One outing to come out of a watch. `km` None is a treadmill: no points, no distance."""

    started_at: datetime
    sport: Sport
    name: str
    km: float | None
    km_h: float


def season(today: date, seed: int = SEED) -> Iterator[SimulatedRun]:
    """Sixteen weeks up to yesterday: four road runs a week, trails on some Saturdays, a few hikes,
    and one run on a treadmill.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    first = today - timedelta(weeks=WEEKS)
    for week in range(WEEKS):
        monday = first + timedelta(weeks=week)
        for weekday, name, km, km_h in (
            (0, "Easy run", 8.0, 10.2),
            (2, "Intervals", 10.0, 12.4),
            (4, "Before breakfast", 7.0, 10.5),
            (6, "Long run", 19.0, 10.0),
        ):
            yield SimulatedRun(
                _morning(monday + timedelta(days=weekday), chance),
                Sport.RUN,
                name,
                km * chance.uniform(0.85, 1.15),
                km_h * chance.uniform(0.95, 1.05),
            )
        saturday = monday + timedelta(days=5)
        if week % 3 == 1:
            km = chance.uniform(11, 16)
            yield SimulatedRun(_morning(saturday, chance), Sport.TRAIL_RUN, "Forest", km, 8.8)
        elif week % 5 == 0:
            km = chance.uniform(9, 14)
            yield SimulatedRun(_morning(saturday, chance), Sport.HIKE, "Along the coast", km, 4.9)
    day = today - timedelta(days=11)
    yield SimulatedRun(_morning(day, chance), Sport.RUN, "Treadmill, rain outside", None, 0)


def _morning(day: date, chance: random.Random) -> datetime:
    minutes = chance.randrange(60)
    return datetime.combine(day, time(5, minutes, chance.randrange(60)), UTC)


def write(run: SimulatedRun, folder: Path, seed: int = SEED) -> Path:
    """Write a run as a GPX 1.1 file into `folder`, as a watch would."""
    gpx = GPX()
    gpx.creator = "shoetrack demo"
    gpx.time = run.started_at
    track = GPXTrack(name=run.name)
    track.type = str(run.sport)  # type: ignore[assignment]  # gpxpy declares it as None alone
    gpx.tracks.append(track)
    if run.km is not None:
        chance = random.Random(f"{seed} {run.name} {run.km}")  # noqa: S311
        track.segments.append(GPXTrackSegment(list(_points(run, run.km, chance))))
    path = folder / f"{run.started_at:%Y-%m-%d-%H%M%S}.gpx"
    path.write_text(gpx.to_xml(version="1.1"), encoding="utf-8")
    return path


def _points(run: SimulatedRun, km: float, chance: random.Random) -> Iterator[GPXTrackPoint]:
    """A wandering way of the right length: a heading that turns, a speed that wavers."""
    latitude, longitude = _HOME
    heading = chance.uniform(0, 2 * math.pi)
    left, moment = km * 1000, run.started_at
    yield GPXTrackPoint(latitude, longitude, elevation=8.0, time=moment)
    while left > 0:
        step = min(left, run.km_h / 3.6 * _EVERY_S * chance.uniform(0.9, 1.1))
        heading += chance.gauss(0, 0.3)
        latitude += step * math.cos(heading) / _PER_DEGREE
        longitude += step * math.sin(heading) / _PER_DEGREE / math.cos(math.radians(latitude))
        moment += timedelta(seconds=_EVERY_S)
        left -= step
        yield GPXTrackPoint(latitude, longitude, elevation=8.0, time=moment)
