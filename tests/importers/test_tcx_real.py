"""The reader against an independent, simple one, on real files; skipped where they are absent."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from shoetrack.importers import Problem, find_sources, read_source
from shoetrack.model import DistanceSource, RunRecord
from shoetrack.sport import Sport

DATA = Path(
    os.environ.get("SHOETRACK_REAL_DATA")
    or Path(__file__).parents[2].joinpath("..", "shared", "data")
)
FILES = sorted((DATA / "tcx").rglob("*.tcx"))
pytestmark = pytest.mark.skipif(not FILES, reason="no real files here")
T = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"


def ours(path: Path) -> RunRecord:
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    (record,) = read_source(source)
    assert isinstance(record, RunRecord)
    return record


def texts(element: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in element.findall(path.replace("/", f"/{T}"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_equal_to_a_simple_parse(path: Path) -> None:
    (theirs,) = ElementTree.parse(path).iter(f"{T}Activity")
    record = ours(path)
    metres = sum(float(text) for text in texts(theirs, "./Lap/DistanceMeters"))
    seconds = sum(float(text) for text in texts(theirs, "./Lap/TotalTimeSeconds"))
    assert record.distance_mm == round(metres * 1000)
    assert record.distance_from is DistanceSource.DEVICE
    assert record.duration_s == round(seconds)
    assert record.started_at is not None
    assert record.ended_at is not None
    start, end = texts(theirs, "./Id")[0], texts(theirs, "./Lap/Track/Trackpoint/Time")[-1]
    assert record.started_at.strftime("%Y-%m-%dT%H:%M:%S") == start[:19]
    assert record.ended_at.strftime("%Y-%m-%dT%H:%M:%S") == end[:19]
    assert record.name == "".join(texts(theirs, "./Notes"))
    assert record.device == texts(theirs, "./Creator/Name")[0]
    assert record.sport is {"Running": Sport.RUN, "Other": None}[theirs.attrib["Sport"]]
    assert record.remarks == ()
    where = "./Lap/Track/Trackpoint/Position"
    lats, lons = (
        texts(theirs, f"{where}/LatitudeDegrees"),
        texts(theirs, f"{where}/LongitudeDegrees"),
    )
    assert record.start == ((float(lats[0]), float(lons[0])) if lats else None)
    assert record.finish == ((float(lats[-1]), float(lons[-1])) if lats else None)
    heights = [float(text) for text in texts(theirs, "./Lap/Track/Trackpoint/AltitudeMeters")]
    rises = sum(max(b - a, 0) for a, b in itertools.pairwise(heights))
    if any(heights):
        assert record.ascent_mm is not None
        assert 0 <= record.ascent_mm <= rises * 1000 + 1
    else:
        assert record.ascent_mm is None
    assert record.description == record.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_the_points_tell_nearly_the_laps_distance(path: Path, tmp_path: Path) -> None:
    """Without what the laps state: by the points' counts, and without those by their positions."""
    stated = ours(path).distance_mm
    assert stated is not None
    text = path.read_text(encoding="utf-8")
    for remove, allowed in (("<MaximumSpeed>", 0.02), ("", 0.02)):
        tree = ElementTree.fromstring(text.encode())
        for parent in tree.iter():
            wanted = parent.tag == f"{T}Lap" or (not remove and parent.tag == f"{T}Trackpoint")
            for child in parent.findall(f"{T}DistanceMeters") if wanted else ():
                parent.remove(child)
        copy = tmp_path / "copy.tcx"
        copy.write_bytes(ElementTree.tostring(tree))
        record = ours(copy)
        assert record.distance_from is DistanceSource.COMPUTED
        assert record.distance_mm == pytest.approx(stated, rel=allowed)
