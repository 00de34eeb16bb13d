"""Writing a run as GPX 1.1, with gpxpy."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment

from shoetrack import __version__
from shoetrack.errors import ShoetrackError, UnreadableError
from shoetrack.importers import Source, find_sources, read_points
from shoetrack.model import DistanceSource, Run, Sighting


def write_gpx(folder: Path, run: Run, sightings: Sequence[Sighting]) -> bool:
    """Write a run into `folder` as `2026-05-01-run-12-name.gpx`; gives whether it has a track.

    A distance that a device or a hand told is kept in `gpx/extensions/distance`, in metres, where
    importers look for it. Raises ShoetrackError where the file cannot be written.
    """
    gpx = GPX()
    gpx.creator = f"shoetrack {__version__}"
    gpx.time = run.started_at
    track = GPXTrack(name=run.name)
    track.type = str(run.sport)  # type: ignore[assignment]  # gpxpy declares it as None alone
    gpx.tracks.append(track)
    track.segments = _segments(sightings)
    if run.distance_mm is not None and (
        not track.segments or run.distance_from is not DistanceSource.COMPUTED
    ):
        total = Element("distance")
        total.text = f"{run.distance_mm / 1000:.3f}"
        gpx.extensions.append(total)
    slug = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", run.name)).strip("-")[:60]
    name = f"{run.local_date}-run-{run.id}{f'-{slug}' if slug else ''}.gpx"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix=".", suffix=".part", delete=False
        ) as file:
            file.write(gpx.to_xml(version="1.1"))
        Path(file.name).replace(folder / name)
    except OSError as error:
        raise ShoetrackError(f"{folder / name} cannot be written: {error.strerror}") from error
    return bool(track.segments)


def _segments(sightings: Sequence[Sighting]) -> list[GPXTrackSegment]:
    """The points of the best sighting whose file is still there as it was; none otherwise."""
    for sighting in sightings:
        source = _find(sighting)
        if source is None:
            continue
        try:
            tracks = read_points(source)
        except UnreadableError:
            continue  # it was readable once; what it has become is no track of this run
        with_points = [track for track in tracks if any(track)]
        if sighting.record_index < len(with_points):
            return [
                GPXTrackSegment([GPXTrackPoint(p.lat, p.lon, p.elevation, p.time) for p in segment])
                for segment in with_points[sighting.record_index]
            ]
    return []


def _find(sighting: Sighting) -> Source | None:
    """The source of a sighting, if its content is the same."""
    place = Path(sighting.source)
    path = next((p for p in [place, *place.parents] if p.is_file()), None)
    if sighting.kind == "hand" or path is None:
        return None
    for source in find_sources([path]):
        if isinstance(source, Source) and source.place == sighting.source:
            try:
                return source if source.digest() == sighting.digest else None
            except UnreadableError:
                return None
    return None
