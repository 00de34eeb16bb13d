"""Small exports for the tests: Apple Health's, Runkeeper's and Garmin's."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, Source, find_sources, read_source
from shoetrack.model import RunRecord, Skip

# The first and the last lines of what iOS writes, and iOS 16's fault as well: VisionPrescription is
# never closed.
DOCTYPE = """<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ELEMENT Workout ((MetadataEntry|WorkoutEvent|WorkoutRoute|WorkoutStatistics)*)>
<!-- Note: Any Records that appear as children of a correlation also appear at the top. -->
<!ATTLIST VisionPrescription
  type             CDATA #REQUIRED
<!ELEMENT MetadataEntry EMPTY>
]>
"""
DEVICE = (
    "&lt;&lt;HKDevice: 0x2837a1c40&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, "
    "hardware:Watch6,2, software:10.1&gt;"
)


def statistic(kind: str = "DistanceWalkingRunning", amount: object = "5.25", unit: str = "km",
              start: str = "2023-05-01 07:00:12 +0200", end: str = "2023-05-01 07:31:12 +0200"
              ) -> str:  # fmt: skip
    return (
        f'<WorkoutStatistics type="HKQuantityTypeIdentifier{kind}" startDate="{start}" '
        f'endDate="{end}" sum="{amount}" unit="{unit}"/>'
    )


def metadata(**entries: str) -> str:
    return "".join(f'<MetadataEntry key="{key}" value="{entries[key]}"/>' for key in entries)


def workout(
    body: str = "", kind: str = "Running", changes: Mapping[str, str | None] | None = None
) -> str:
    """`changes` replace attributes, or with None leave them out."""
    attributes: dict[str, str | None] = {
        "workoutActivityType": f"HKWorkoutActivityType{kind}",
        "duration": "30.5",
        "durationUnit": "min",
        "sourceName": "Ada’s Apple Watch",
        "sourceVersion": "10.1",
        "device": DEVICE,
        "creationDate": "2023-05-01 07:31:20 +0200",
        "startDate": "2023-05-01 07:00:12 +0200",
        "endDate": "2023-05-01 07:31:12 +0200",
        **(changes or {}),
    }
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items() if value is not None)
    return f" <Workout {written}>\n  {body}\n </Workout>\n"


def health(body: str | None = None, doctype: str = DOCTYPE) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}<HealthData locale="da_DK">\n'
        ' <ExportDate value="2023-06-01 10:00:00 +0200"/>\n'
        ' <Record type="HKQuantityTypeIdentifierStepCount" sourceName="iPhone" unit="count" '
        'startDate="2023-05-01 07:00:12 +0200" endDate="2023-05-01 07:31:12 +0200" value="9">\n'
        '  <MetadataEntry key="HKIndoorWorkout" value="1"/></Record>\n'
        f"{workout(statistic()) if body is None else body}</HealthData>\n"
    )


HEADER = (
    "Activity Id,Date,Type,Route Name,Distance (km),Duration,Average Pace,Average Speed (km/h),"
    "Calories Burned,Climb (m),Average Heart Rate (bpm),Friend's Tagged,Notes,GPX File\n"
)


def row(id_: str = "a-1", date: str = "2020-05-02 15:16:17", kind: str = "Running", name: str = "",
        distance: str = "5.25", duration: str = "31:00", notes: str = "", file: str = "",
        ) -> str:  # fmt: skip
    rest = f'5:54,10.1,300.0,12,,"","{notes}",{file}\n'
    return f"{id_},{date},{kind},{name},{distance},{duration},{rest}"


def gear_json(gears: Iterable[Mapping[str, object]], links: Mapping[str, Iterable[int]]) -> bytes:
    table = {
        "gearDTOS": list(gears),
        "gearActivityDTOs": {
            key: [{"activityId": one, "gearPk": int(key)} for one in ids]
            for key, ids in links.items()
        },
    }
    return json.dumps([table]).encode()


def activities_json(*activities: Mapping[str, object]) -> bytes:
    return json.dumps([{"summarizedActivitiesExport": activities}]).encode()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def write_folder(folder: Path, members: Mapping[str, bytes]) -> Path:
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def sources(path: Path) -> list[Source]:
    found = list(find_sources([path]))
    assert not [one for one in found if isinstance(one, Problem)], found
    return [one for one in found if isinstance(one, Source)]


def all_results(path: Path) -> list[RunRecord | Skip]:
    return [one for source in sources(path) for one in read_source(source)]


def all_runs(path: Path) -> list[RunRecord]:
    return [one for one in all_results(path) if isinstance(one, RunRecord)]


def refusal(path: Path) -> str:
    """The reason for which the one content under `path` is refused."""
    (source,) = sources(path)
    try:
        found = read_source(source)
    except UnreadableError as error:
        return str(error)
    raise AssertionError(f"was read: {found}")


def utc(*parts: int) -> datetime:
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
