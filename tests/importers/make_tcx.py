"""Small TCX documents for the tests."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from shoetrack.errors import UnreadableError
from shoetrack.importers import tcx
from shoetrack.model import RunRecord, Skip

from .make import START

SPACE = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
EXTENSION = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"


def stamp(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def trackpoint(
    time: str = "", place: tuple[float | str, float | str] | None = None, metres: object = ""
) -> str:
    position = (
        f"<Position><LatitudeDegrees>{place[0]}</LatitudeDegrees>"
        f"<LongitudeDegrees>{place[1]}</LongitudeDegrees></Position>"
        if place
        else ""
    )
    return (
        "<Trackpoint>"
        + (f"<Time>{time}</Time>" if time else "")
        + position
        + "<AltitudeMeters>5</AltitudeMeters>"
        + (f"<DistanceMeters>{metres}</DistanceMeters>" if metres != "" else "")
        + "<HeartRateBpm><Value>140</Value></HeartRateBpm><Extensions><e:TPX><e:Speed>3</e:Speed>"
        "</e:TPX></Extensions></Trackpoint>\n"
    )


def trackpoints(
    count: int = 11, first: int = 0, *, places: bool = True, distances: bool = True
) -> str:
    """Points 10 s apart along a meridian, each 0.001 degrees (111.195 m) north of the last, with
    a count of 100 m for each. `first` is the number of the first one.
    """
    return "".join(
        trackpoint(
            stamp(START + timedelta(seconds=10 * i)),
            (f"{52 + i / 1000:.6f}", "13.4") if places else None,
            float(100 * i) if distances else "",
        )
        for i in range(first, first + count)
    )


def lap(
    body: str | None = None,
    *,
    metres: object = 1000.0,
    seconds: object = 100.0,
    start: datetime | str = START,
) -> str:
    """A lap with one track; `body` is its points, "" for none."""
    points = trackpoints() if body is None else body
    return (
        f'<Lap StartTime="{start if isinstance(start, str) else stamp(start)}">'
        + (f"<TotalTimeSeconds>{seconds}</TotalTimeSeconds>" if seconds != "" else "")
        + (f"<DistanceMeters>{metres}</DistanceMeters>" if metres != "" else "")
        + "<MaximumSpeed>4</MaximumSpeed><Calories>94</Calories>"
        + (f"<Track>\n{points}</Track>" if points else "")
        + "<Extensions><e:LX><e:DistanceMeters>77</e:DistanceMeters></e:LX></Extensions></Lap>\n"
    )


def activity(
    laps: str | None = None,
    *,
    sport: str = "Running",
    id_: str = stamp(START),
    tail: str = "<Notes>Home\nIt rained.</Notes><Creator><Name>Forerunner 245</Name></Creator>",
) -> str:
    said = f' Sport="{sport}"' if sport else ""
    return f"<Activity{said}><Id>{id_}</Id>{lap() if laps is None else laps}{tail}</Activity>\n"


def document(body: str | None = None, tail: str = "") -> str:
    activities = f"<Activities>{activity() if body is None else body}</Activities>"
    return whole(activities, tail or "<Author><Name>Connect Api</Name></Author>")


def whole(body: str, tail: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase '
        f'xmlns="{SPACE}" xmlns:e="{EXTENSION}">\n{body}{tail}</TrainingCenterDatabase>\n'
    )


def results(text: str | bytes, name: str = "run.tcx") -> list[RunRecord | Skip]:
    data = text.encode() if isinstance(text, str) else text
    return tcx.read(io.BytesIO(data), name, "d" * 64)


def run(text: str | bytes, name: str = "run.tcx") -> RunRecord:
    (record,) = results(text, name)
    assert isinstance(record, RunRecord), record
    return record


def refusal(text: str | bytes) -> str:
    """The reason for which a document is refused."""
    try:
        found = results(text)
    except UnreadableError as error:
        return str(error)
    raise AssertionError(f"was read: {found}")
