"""The reader against fitdecode, an independent one, on real files; skipped where absent."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import fitdecode  # type: ignore[import-untyped]
import pytest
from fitdecode.profile import FIELD_TYPES  # type: ignore[import-untyped]

from shoetrack.importers import fit
from shoetrack.importers.ascent import Ascent
from shoetrack.importers.fit import devices as fit_devices
from shoetrack.importers.fit import profile as fit_profile
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport, classify

from .make_fit import refusal

DATA = Path(
    os.environ.get("SHOETRACK_REAL_DATA")
    or Path(__file__).parents[2].joinpath("..", "shared", "data")
)
FILES = sorted(DATA.rglob("*.fit")) if DATA.is_dir() else []
on_real_files = pytest.mark.skipif(not FILES, reason="no real files here")

# Where fitdecode is not the judge of the runs, and why.
EXCEPTIONS = {
    "DeveloperData.fit": "it has no session: the distance is from the records, 5.1 to 37.1 m",
    "antfs-dump.63.fit": "its clock counts since switching on, and it has no distance",
    "compressed-speed-distance.fit": "its clock counts since switching on",
}
# What fitdecode reads without a word, or stops at with an exception.
DAMAGED = {
    "activity-activity-filecrc.fit": ("has a wrong checksum", "2 runs"),
    "activity-filecrc.fit": ("has a wrong checksum", "1 run"),
    "activity-settings-corruptheader.fit": ("goes on after its end", "1 run"),
    "activity-settings-nodata.fit": ("is cut off", "1 run"),
    "activity-unexpected-eof.fit": ("is cut off", "1 run"),
}
ON_FOOT = {"running": Sport.RUN, "walking": Sport.WALK}


@dataclass
class Judged:
    """What fitdecode says of one file of a chain."""

    kind: str | None = None
    sessions: list[dict[str, Any]] = field(default_factory=list)
    offset: timedelta | None = None


def judge(path: Path) -> list[Judged]:
    parts: list[Judged] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fitdecode.FitReader(path) as reader:
            for frame in reader:
                if isinstance(frame, fitdecode.FitHeader):
                    parts.append(Judged())
                if not isinstance(frame, fitdecode.FitDataMessage):
                    continue
                values = {one.name: one.value for one in frame.fields}
                if frame.name == "file_id":
                    parts[-1].kind = values["type"]
                elif frame.name == "session":
                    parts[-1].sessions.append(values)
                elif frame.name == "activity" and values.get("local_timestamp"):
                    times = values["local_timestamp"], values["timestamp"]
                    if all(isinstance(time, datetime) for time in times):
                        parts[-1].offset = times[0] - times[1]
    return parts


def ours(path: Path, lenient: bool = False) -> list[RunRecord | Skip]:
    with path.open("rb") as stream:
        return fit.read(stream, path.name, "d" * 64, lenient)


@on_real_files
@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name not in EXCEPTIONS | DAMAGED],
    ids=lambda path: str(path.name),
)
def test_the_runs_are_fitdecodes(path: Path) -> None:
    found = ours(path)
    parts = [part for part in judge(path) if part.kind]
    assert len(found) == len(parts)
    for index, (our, their) in enumerate(zip(found, parts, strict=True)):
        (session,) = their.sessions or [{"sport": None}]
        if their.kind != "activity" or session["sport"] not in ON_FOOT:
            assert isinstance(our, Skip)
            continue
        assert isinstance(our, RunRecord)
        assert our.index == index
        assert our.sport is ON_FOOT[session["sport"]]
        assert our.distance_mm == round(session["total_distance"] * 1000)
        assert our.distance_from is DistanceSource.SESSION
        assert our.started_at == session["start_time"]
        assert our.duration_s == round(session["total_timer_time"])
        assert our.ended_at is not None
        elapsed = (our.ended_at - session["start_time"]).total_seconds()
        assert elapsed == pytest.approx(session["total_elapsed_time"], abs=1e-3)
        assert our.utc_offset_s == (their.offset.total_seconds() if their.offset else None)
        assert our.name == session.get("sport_profile_name", "")
        assert our.remarks == ()
        assert (our.start, our.finish) == (
            _place(session, "start_position"),
            _place(session, "end_position"),
        )
        climbed = session.get("total_ascent")
        assert our.ascent_mm == (None if climbed is None else climbed * 1000)


def _place(session: dict[str, Any], name: str) -> tuple[float, float] | None:
    lat, lon = (session.get(f"{name}_{key}") for key in ("lat", "long"))
    return None if lat is None or lon is None else (lat * 180 / 2**31, lon * 180 / 2**31)


@on_real_files
def test_climbs_along_real_heights_are_near_what_the_devices_state() -> None:
    """The measurement that the threshold rests on: see `importers/ascent.py`."""
    ratios = []
    for path in FILES:
        if path.name in DAMAGED:
            continue
        stated, heights = _heights_of(path)
        if stated >= 20:
            ascent = Ascent()
            ascent.add(heights)
            ratios.append((ascent.millimetres() or 0) / 1000 / stated)
    assert len(ratios) == 13
    assert 0.9 < median(ratios) < 1.05
    assert sum(0.7 < ratio < 1.3 for ratio in ratios) >= 9


def _heights_of(path: Path) -> tuple[int, list[float]]:
    """The climb that a file's only session states, else 0; and the heights along its records."""
    sessions: list[int] = []
    heights: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fitdecode.FitReader(path) as reader:
            for frame in reader:
                if isinstance(frame, fitdecode.FitDataMessage):
                    values = {one.name: one.value for one in frame.fields}
                    height = values.get("enhanced_altitude", values.get("altitude"))
                    if frame.name == "session":
                        sessions.append(values.get("total_ascent") or 0)
                    elif frame.name == "record" and height is not None:
                        heights.append(height)
    return (sessions[0] if len(sessions) == 1 else 0), heights


@on_real_files
def test_the_exceptions() -> None:
    paths = {path.name: path for path in FILES}
    assert {*EXCEPTIONS, *DAMAGED} <= set(paths)
    found = {name: ours(paths[name])[0] for name in EXCEPTIONS}
    said = {
        name: (one.started_at, one.distance_mm, one.distance_from, one.duration_s)
        for name, one in found.items()
        if isinstance(one, RunRecord)
    }
    assert said == {
        "DeveloperData.fit": (None, 3_200_000, DistanceSource.COMPUTED, None),
        "antfs-dump.63.fit": (None, None, None, 3427),
        "compressed-speed-distance.fit": (None, 10_248_670, DistanceSource.SESSION, 3773),
    }


@on_real_files
@pytest.mark.parametrize("name", DAMAGED)
def test_the_damaged_ones_are_refused_and_on_request_taken(name: str) -> None:
    (path,) = (path for path in FILES if path.name == name)
    fault, runs = DAMAGED[name]
    reason = refusal(path.read_bytes())
    assert reason.startswith(fault)
    assert f"--lenient would take {runs} from it" in reason
    for one in ours(path, lenient=True):
        assert isinstance(one, RunRecord)
        assert one.distance_mm == 5_730
        assert one.started_at == datetime(2012, 4, 9, 21, 22, 26, tzinfo=UTC)
        assert fault in one.remarks[-1]


@on_real_files
def test_the_real_files_are_of_these_kinds() -> None:
    reasons = {one.reason for path in FILES if path.name not in DAMAGED for one in ours(path)
               if isinstance(one, Skip)}  # fmt: skip
    assert reasons == {
        "a course, not a run", "a day's monitoring, not a run", "a ride", "a swim",
        "a workout's plan, not a run", "another sport: Indoor Rowing", "settings, not a run",
        "weight measurements, not a run",
    }  # fmt: skip


def test_the_tables_are_fitdecodes() -> None:
    products = FIELD_TYPES["garmin_product"].enum
    for name, numbers in fit_devices._WATCHES.items():
        for number in numbers:
            theirs = products[number].lower().replace("_", "").replace("fr", "forerunner")
            digits = "".join(character for character in name if character.isdigit())
            assert digits in theirs or name == "epix 2", (name, theirs)
            word = name.lower().replace("ē", "e").replace("í", "i").split()[0]
            assert theirs.startswith(word), (name, theirs)
    makers = FIELD_TYPES["manufacturer"].enum
    for number, name in (fit_devices._MAKERS | fit_devices._PROGRAMS).items():
        folded = name.lower().replace(" ", "").replace("_", "")
        assert folded in makers[number].lower().replace("_", ""), (name, makers[number])
    assert set(fit_profile._FILES) <= set(FIELD_TYPES["file"].enum)
    sports = FIELD_TYPES["sport"].enum
    for number, sport in fit_profile._SPORTS.items():
        assert classify(sports[number]) in (sport, None)
    for number, name in fit_profile._OTHER_SPORTS.items():
        assert sports[number].split("_")[0][:4] in name.lower().replace("-", "_")
