"""The pairs in Garmin's account export, and the activities that they were worn for.

The export is a zip with DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_*.zip, whose FIT, GPX
and TCX files `find_sources` lists like any others, and in DI_CONNECT/DI-Connect-Fitness these two:

- `<user>_gear.json`: [{"gearDTOS": [{"gearPk", "gearTypeName", "gearStatusName", "displayName",
  "customMakeModel", "dateBegin", "dateEnd", "maximumMeters"}], "gearActivityDTOs": {"<gearPk>":
  [{"activityId", "gearPk"}]}}]. It holds no totals, and `maximumMeters` is the limit that the user
  set for the pair.
- `<user>_<n>_summarizedActivities.json`: [{"summarizedActivitiesExport": [{"activityId", "name",
  "activityType", "beginTimestamp", "duration", "distance"}]}], in UTC and milliseconds since 1970,
  milliseconds, and centimetres.

The uploaded files are named by their upload and not by the activity, so that an activity is found
among the runs by its start. That is how the programs agree that read these files (github.com:
michael-simons/garmin-babel, mitch0667/garmin2fittrackee and others); Garmin does not document them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import CUT_OFF, read_fully
from shoetrack.importers.dates import GPS_EPOCH
from shoetrack.importers.exports.rows import LONGEST_S
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.sources import Problem, Source
from shoetrack.sport import OffFoot, Sport, classify

_GEAR = re.compile(r"_gear\.json$", re.IGNORECASE)
_ACTIVITIES = re.compile(r"_summarizedActivities\.json$", re.IGNORECASE)
# A pair's links take some 60 bytes for each activity.
_MAX_GEAR = 64 * 1024**2
# One activity takes up to 50 KiB, a file of them over 100 MiB.
_MAX_ACTIVITY = 16 * 1024**2
_PIECE = 1024**2
_FARTHEST_MM = 10**12
_NO_MAKE = {"", "other", "unknown"}


@dataclass(frozen=True, slots=True)
class GearRecord:
    """One pair as Garmin Connect has it. Distances are millimetres; None is unknown."""

    source_id: str  # Garmin's gearPk
    name: str
    brand: str = ""
    model: str = ""
    begun: date | None = None
    retired_on: date | None = None
    total_mm: int | None = None  # in no export seen: the sum over `activity_ids` is it
    limit_mm: int | None = None  # the distance at which the user wanted to be told
    activity_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GarminActivity:
    """One activity of the account's list: enough to find its run by. `started_at` is in UTC."""

    source_id: str
    started_at: datetime
    sport: Sport | OffFoot | None = None
    distance_mm: int | None = None
    duration_s: int | None = None
    name: str = ""


def garmin_files(found: Iterable[Source | Problem]) -> tuple[list[Source], list[Source]]:
    """Of what `find_sources` listed: the gear files, and the lists of activities."""
    sources = [one for one in found if isinstance(one, Source)]
    return (
        [source for source in sources if _GEAR.search(source.name)],
        [source for source in sources if _ACTIVITIES.search(source.name)],
    )


def read_garmin_gear(stream: BinaryIO) -> list[GearRecord]:
    """The pairs of a gear file, in its order; bikes and the like are left out.

    Raises UnreadableError with the reason.
    """
    data = read_fully(stream, _MAX_GEAR + 1)
    if len(data) > _MAX_GEAR:
        raise UnreadableError("holds more than 64 MiB, which no list of pairs does")
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("is malformed JSON, or cut off: export it again") from error
    tables = [table for table in _list(document) if isinstance(table, dict) and "gearDTOS" in table]
    if not tables:
        raise UnreadableError("is no list of Garmin's gear: it has no gearDTOS")
    found: list[GearRecord] = []
    for table in tables:
        links = table.get("gearActivityDTOs")
        gears = (gear for gear in _list(table["gearDTOS"]) if isinstance(gear, dict))
        found += [record for gear in gears if (record := _gear(gear, links))]
    return found


def _gear(gear: dict[str, Any], links: object) -> GearRecord | None:
    kind = _text(gear, "gearTypeName").casefold()
    source_id = _text(gear, "gearPk")
    if not source_id or kind not in ("", "shoes"):
        return None
    make, whole = _text(gear, "gearMakeName"), _text(gear, "customMakeModel")
    brand = make if make.casefold() not in _NO_MAKE else ""
    model = _text(gear, "gearModelName") if brand else whole
    linked = _list(links.get(source_id)) if isinstance(links, dict) else []
    ids = (_text(link, "activityId") for link in linked if isinstance(link, dict))
    return GearRecord(
        source_id=source_id,
        name=_text(gear, "displayName") or whole or f"{brand} {model}".strip() or source_id,
        brand=brand,
        model=model,
        begun=_day(gear.get("dateBegin")),
        retired_on=_day(gear.get("dateEnd")),
        total_mm=_scaled(gear.get("totalDistance"), 1000, _FARTHEST_MM),
        limit_mm=_scaled(gear.get("maximumMeters"), 1000, _FARTHEST_MM),
        activity_ids=tuple(dict.fromkeys(one for one in ids if one)),
    )


def read_garmin_activities(stream: BinaryIO) -> Iterator[GarminActivity]:
    """The account's list of activities, one after the other, in constant memory.

    One without an id or a start is left out. Raises UnreadableError with the reason.
    """
    for one in _objects(stream, "summarizedActivitiesExport"):
        begun = one.get("beginTimestamp") or one.get("startTimeGmt")
        source_id = _text(one, "activityId")
        if not source_id or isinstance(begun, bool) or not isinstance(begun, int | float):
            continue
        try:
            started_at = datetime.fromtimestamp(begun / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            continue
        if started_at >= GPS_EPOCH:
            yield GarminActivity(
                source_id=source_id,
                started_at=started_at,
                sport=classify(_text(one, "activityType") or _text(one, "sportType")),
                distance_mm=_scaled(one.get("distance"), 10, _FARTHEST_MM),
                duration_s=_scaled(one.get("duration"), 0.001, LONGEST_S),
                name=_text(one, "name"),
            )


def _objects(stream: BinaryIO, key: str) -> Iterator[dict[str, Any]]:
    """The objects of the list under `key`, each decoded by itself."""
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    decoder = json.JSONDecoder()
    opening = re.compile(rf'"{key}"\s*:\s*\[')
    held, at, inside = "", 0, False
    while True:
        piece = stream.read(_PIECE)
        held = held[at:] + decode(piece, not piece)
        at = 0
        if not inside:
            if match := opening.search(held):
                at, inside = match.end(), True
            else:
                at = max(0, len(held) - len(key) - 20)
        while inside:
            at = _past_blanks(held, at)
            if held.startswith("]", at):
                return
            try:
                one, at = decoder.raw_decode(held, at)
            except (ValueError, RecursionError):
                break  # its end is not in sight, or there is none
            if isinstance(one, dict):
                yield one
        if not piece:
            raise UnreadableError(CUT_OFF if inside else f"is no list of Garmin's: it has no {key}")
        if len(held) - at > _MAX_ACTIVITY:
            raise UnreadableError("is malformed JSON, or one activity takes more than 16 MiB")


def _past_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(holder: dict[str, Any], key: str) -> str:
    """A text or a whole number as one line; "" for anything else."""
    value = holder.get(key)
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _day(value: object) -> date | None:
    """A date, of which Garmin writes some with a time behind it."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _scaled(value: object, factor: float, most: float) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        scaled = float(value) * factor
    except OverflowError:
        return None
    return round(scaled) or None if isfinite(scaled) and 0 < scaled <= most else None
