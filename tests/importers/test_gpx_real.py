"""The reader against gpxpy, an independent one, on real files; skipped where they are absent."""

from __future__ import annotations

import itertools
import os
from datetime import UTC
from pathlib import Path

import gpxpy
import gpxpy.gpx
import pytest

from shoetrack.importers import Point, Problem, find_sources, read_points, read_source
from shoetrack.model import DistanceSource, RunRecord, Skip

DATA = Path(
    os.environ.get("SHOETRACK_REAL_DATA")
    or Path(__file__).parents[2].joinpath("..", "shared", "data")
)
FILES = sorted(DATA.rglob("*.gpx")) if DATA.is_dir() else []
pytestmark = pytest.mark.skipif(not FILES, reason="no real files here")

# Where gpxpy is not the judge, and why.
EXCEPTIONS = {
    "legacy_gpx_pause_resume.gpx": "latitudes 100 and 200 are OpenTracks' pauses, not places",
    "with_power_2.gpx": "it has a prefix that is not declared, which gpxpy refuses",
    "Mojstrovka.gpx": "times of 1901, before GPS, are no times",
}


def points_of(path: Path) -> list[Point]:
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    return [point for track in read_points(source) for segment in track for point in segment]


def judge(path: Path) -> gpxpy.gpx.GPX:
    data = path.read_bytes()
    if path.name == "with_power_2.gpx":
        data = data.replace(b"<gpx ", b'<gpx xmlns:gpxpx="http://www.garmin.com/xmlschemas/" ', 1)
    return gpxpy.parse(data)


def judged(path: Path) -> list[Point]:
    parsed = judge(path)
    return [
        Point(p.latitude, p.longitude, p.elevation, p.time)
        for track in parsed.tracks
        for segment in track.segments
        for p in segment.points
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_the_points_are_gpxpys(path: Path) -> None:
    ours, theirs = points_of(path), judged(path)
    if path.name == "legacy_gpx_pause_resume.gpx":
        theirs = [point for point in theirs if point.lat <= 90]
    if path.name == "Mojstrovka.gpx":
        theirs = [point._replace(time=None) for point in theirs]
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert (our.lat, our.lon, our.elevation) == (their.lat, their.lon, their.elevation)
        assert (our.time is None) == (their.time is None)
        if our.time is not None and their.time is not None:
            # gpxpy gives some times without a zone; they are UTC by the schema.
            theirs_aware = their.time if their.time.tzinfo else their.time.replace(tzinfo=UTC)
            # It rounds fractions of a second to fewer digits.
            assert abs((our.time - theirs_aware).total_seconds()) < 1e-3


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_starts_and_finishes_are_gpxpys(path: Path) -> None:
    tracks = [
        [
            (point.latitude, point.longitude)
            for segment in track.segments
            for point in segment.points
            if point.latitude <= 90  # no pause of OpenTracks'
        ]
        for track in judge(path).tracks
    ]
    ends = [(track[0], track[-1]) for track in tracks if track]
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    for found in read_source(source):
        if isinstance(found, RunRecord):
            expected = ends[found.index] if ends else (None, None)
            assert (found.start, found.finish) == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_ascents_are_less_than_the_sum_of_all_rises(path: Path) -> None:
    tracks = [track for track in judge(path).tracks if track.get_points_no()]
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    for found in read_source(source):
        if not isinstance(found, RunRecord) or not tracks:
            continue
        heights = [
            [point.elevation for point in segment.points if point.elevation]
            for segment in tracks[found.index].segments
        ]
        rises = sum(max(b - a, 0) for one in heights for a, b in itertools.pairwise(one))
        assert (found.ascent_mm is None) == (not any(heights))
        assert found.ascent_mm is None or found.ascent_mm <= rises * 1000 + 1


def test_the_exceptions_are_still_there() -> None:
    assert set(EXCEPTIONS) <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_computed_distances_are_near_gpxpys(path: Path) -> None:
    parsed = judge(path)
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    lengths = [track.length_2d() for track in parsed.tracks if track.get_points_no()]
    for found in read_source(source):
        if isinstance(found, RunRecord) and found.distance_from is DistanceSource.COMPUTED:
            assert found.distance_mm is not None
            if path.name == "legacy_gpx_pause_resume.gpx":
                continue
            # gpxpy takes the Earth's radius at the equator and flattens short hops.
            assert found.distance_mm / 1000 == pytest.approx(lengths[found.index], rel=0.005)


def test_what_the_real_files_come_to() -> None:
    found: dict[str, list[RunRecord | Skip]] = {}
    for source in find_sources([DATA / "gpx", DATA / "watch-folder"]):
        assert not isinstance(source, Problem)
        found[source.path.name] = read_source(source)
    runs = [one for results in found.values() for one in results if isinstance(one, RunRecord)]
    assert len(runs) > 30
    assert not any("contradicts" in remark for one in runs for remark in one.remarks)
    absurd = found["legacy_gpx_trackpointextensions_incorrect.gpx"]
    assert absurd == [Skip(absurd[0].source, "a ride")]
    (walk,) = found["2025-08-30 20_29_18.085 BC Cadzand-Bad.gpx"]
    assert isinstance(walk, RunRecord)
    assert walk.distance_from is DistanceSource.DEVICE
    assert walk.utc_offset_s == 7200


def test_an_absurd_device_total_is_measured_instead(tmp_path: Path) -> None:
    text = (DATA / "gpx/opentracks/legacy_gpx_trackpointextensions_incorrect.gpx").read_text()
    copy = tmp_path / "run.gpx"
    copy.write_text(text.replace("mountain biking", "running"))
    (source,) = find_sources([copy])
    assert not isinstance(source, Problem)
    (found,) = read_source(source)
    assert isinstance(found, RunRecord)
    assert found.distance_from is DistanceSource.COMPUTED
    assert found.distance_mm == pytest.approx(222_085, abs=100)
    assert "contradicts" in found.remarks[0]
