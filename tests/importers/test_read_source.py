"""Which reader a content gets, and what is said of contents that have none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from shoetrack import importers
from shoetrack.errors import UnreadableError
from shoetrack.importers import READERS, Point, Source, find_sources, read_points, read_source
from shoetrack.model import Skip

from .make import document, line, point, segment, track


def source_of(
    tmp_path: Path, data: bytes | str, name: str = "run.gpx", explicit: bool = True
) -> Source:
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    (source,) = find_sources([tmp_path / name])
    assert isinstance(source, Source)
    return dataclasses.replace(source, explicit=explicit)


OTHERS = [
    (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", "is HTML, not GPX"),
    (b"<html>", "is HTML"),
    (b'<?xml version="1.0"?><!-- x --><kml xmlns="y"/>', "its first element is <kml>"),
    (b'{"activities": []}', "is JSON, not GPX"),
    (b"just words", "is not an activity file"),
    (bytes(range(256)) * 9, "is not an activity file"),
    (b'<?xml version="1.0"?>\n<gp', "is cut off before its first element"),
    (b"<?xml versi", "is cut off"),
    (b"<!-- never closed <gpx>", "is cut off"),
    (b"\0" * 999, "nothing but blanks"),
]


@pytest.mark.parametrize(("data", "words"), OTHERS)
def test_a_named_file_that_is_no_activity_is_refused(
    data: bytes, words: str, tmp_path: Path
) -> None:
    for name, explicit in (
        ("run.bin", True),
        ("run.gpx", False),
        ("RUN.GPX.GZ", False),
        ("run.FIT", False),
        ("run.tcx.gz", False),
    ):
        with pytest.raises(UnreadableError, match=words):
            read_source(source_of(tmp_path, data, name, explicit))
    found = read_source(source_of(tmp_path, data, "run.txt", explicit=False))
    assert [one.reason for one in found if isinstance(one, Skip)] == ["not an activity file"]


@pytest.mark.parametrize(
    "text",
    [
        document(),
        "  \n" + document(),
        document().replace("?>\n", "?><!-- a --><?b c?>\n<!-- <html> -->"),
        document().split("\n", 1)[1],
        document()
        .replace("<gpx", "<x:gpx")
        .replace("</gpx", "</x:gpx")
        .replace("xmlns", "xmlns:x"),
    ],
)
def test_gpx_is_known_by_its_root(text: str, tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-be", "utf-32"):
        read_source(source_of(tmp_path, text.encode(encoding), "anything.bin"))


def test_a_doctype_is_refused_by_the_reader_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="DOCTYPE"):
        read_source(source_of(tmp_path, "<!DOCTYPE gpx [<!ENTITY a 'b'>]><gpx/>", "x", False))


def test_sniffing_takes_no_time_on_hostile_comments(tmp_path: Path) -> None:
    found = read_source(source_of(tmp_path, "<!-- - -->" * 6000 + "<", "x", False))
    assert isinstance(found[0], Skip)


def test_two_readers_that_claim_one_file_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = (*READERS, dataclasses.replace(READERS[0], kind="other"))
    with pytest.raises(UnreadableError, match="two readers, gpx and other"):
        importers._reader_of(document().encode(), twice)


def test_the_points_for_an_export(tmp_path: Path) -> None:
    body = "<trk/>" + track(line(1) + point(0, 0) + point("1,5", 2, "bad"))
    body += f"<trk>{segment(point(1, 2))}<trkseg/>{segment(point(3, 4))}</trk>"
    tracks = read_points(source_of(tmp_path, document(body)))
    assert [[len(part) for part in segments] for segments in tracks] == [[], [2], [1, 1]]
    assert tracks[1][0][1] == Point(1.5, 2.0, 5.0, None)
    with pytest.raises(UnreadableError, match="HTML"):
        read_points(source_of(tmp_path, "<html></html>"))
    with pytest.raises(UnreadableError, match="cut off"):
        read_points(source_of(tmp_path, document()[:-20]))


def test_gpxpy_is_not_imported() -> None:
    for path in Path(importers.__file__).parent.glob("*.py"):
        text = path.read_text()
        for name in ("gpxpy", "sqlalchemy", "click", "stravalib"):
            assert f"import {name}" not in text
            assert f"from {name}" not in text
