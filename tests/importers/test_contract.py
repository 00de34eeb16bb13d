"""What every reader is held to, whatever its format: add an example, and the tests are there."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import READERS, Problem, Reader, Source, find_sources, read_source
from shoetrack.importers.gpx.parser import MAX_TEXT
from shoetrack.importers.places import place_of
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from . import make_exports, make_fit, make_tcx
from .make import document, track
from .make_strava_export import LONG

TWO = document(track() + track(head="<name>Second</name><type>walking</type>"), creator="Two")
EXAMPLES: dict[str, bytes] = {
    "gpx": TWO.encode(),
    "fit": make_fit.TWO,
    "tcx": make_tcx.document(
        make_tcx.activity() + make_tcx.activity(make_tcx.lap(metres=""), sport="Walking")
    ).encode(),
    "apple-health": make_exports.health(
        make_exports.workout(make_exports.statistic())
        + make_exports.workout(make_exports.statistic(), "Walking")
        + make_exports.workout(kind="Cycling")
    ).encode(),
    "runkeeper": (
        make_exports.HEADER + make_exports.row("1") + make_exports.row("2", kind="Cycling")
    ).encode(),
    "strava-export": LONG.table(LONG.row(id="1"), LONG.row(id="2", kind="Cycling")).encode(),
}
# Their records are rows, each with a digest of its own.
EXPORTS = {"apple-health", "runkeeper", "strava-export"}


@pytest.fixture(params=READERS, ids=lambda reader: str(reader.kind))
def reader(request: pytest.FixtureRequest) -> Reader:
    assert isinstance(request.param, Reader)
    return request.param


@pytest.fixture
def file(reader: Reader, tmp_path: Path) -> Path:
    path = tmp_path / f"example.{reader.kind}"
    path.write_bytes(EXAMPLES[reader.kind])
    return path


def only(path: Path) -> Source:
    (source,) = find_sources([path])
    assert not isinstance(source, Problem)
    return source


def test_claims_its_own_format_and_no_other_does(reader: Reader) -> None:
    claiming = [other.kind for other in READERS if other.claims(EXAMPLES[reader.kind])]
    assert claiming == [reader.kind]


@pytest.mark.parametrize("head", [b"", b"\0" * 64, b"hello", b"{}", b"<html>", b"PK\x03\x04", b"<"])
def test_claims_nothing_else(reader: Reader, head: bytes) -> None:
    assert not reader.claims(head)


def test_results_are_complete_and_valid(reader: Reader, file: Path) -> None:
    source = only(file)
    for index, found in enumerate(read_source(source)):
        assert found.source == source.name
        if isinstance(found, Skip):
            assert found.reason
            continue
        assert found.kind == reader.kind
        if reader.kind in EXPORTS:
            assert found.index == 0
            assert re.fullmatch("[0-9a-f]{64}", found.digest)
            assert found.digest != source.digest()
        else:
            assert (found.index, found.digest) == (index, source.digest())
        assert isinstance(found.sport, Sport | None)
        assert found.distance_mm is None or found.distance_mm > 0
        assert (found.distance_mm is None) == (found.distance_from is None)
        assert found.distance_from is not DistanceSource.MANUAL
        for instant in (found.started_at, found.ended_at):
            assert instant is None or instant.utcoffset() == timedelta(0)
        if found.started_at and found.ended_at:
            assert found.started_at <= found.ended_at
        for place in (found.start, found.finish):
            assert place is None or place_of(*place) == place
        assert found.ascent_mm is None or 0 <= found.ascent_mm < 10**8
        assert len(found.description) <= MAX_TEXT
        with pytest.raises(dataclasses.FrozenInstanceError):
            found.name = "x"  # type: ignore[misc]


def test_gives_the_same_twice(file: Path) -> None:
    assert read_source(only(file)) == read_source(only(file))


def test_gzip_changes_only_the_name(file: Path) -> None:
    packed = file.with_suffix(file.suffix + ".gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    plain, gzipped = only(file), only(packed)
    assert plain.digest() == gzipped.digest()
    expected = [dataclasses.replace(one, source=gzipped.name) for one in read_source(plain)]
    assert read_source(gzipped) == expected


def test_an_exports_rows_keep_their_digests_in_another_export(reader: Reader, file: Path) -> None:
    if reader.kind not in EXPORTS:
        pytest.skip("its records are known by their content")
    before = [one for one in read_source(only(file)) if isinstance(one, RunRecord)]
    file.write_bytes(file.read_bytes().replace(b"Cycling", b"Hiking"))
    after = [one for one in read_source(only(file)) if isinstance(one, RunRecord)]
    assert len({one.digest for one in after}) == len(after) == len(before) + 1
    assert [one.digest for one in after][: len(before)] == [one.digest for one in before]


def test_a_cut_file_is_refused_or_no_longer_of_the_format(reader: Reader, file: Path) -> None:
    if reader.kind in ("runkeeper", "strava-export"):
        pytest.skip("each row of a table is whole by itself, or said to be cut off")
    whole = file.read_bytes()
    for end in range(0, len(whole.rstrip()), max(1, len(whole) // 40)):
        file.write_bytes(whole[:end])
        found: list[RunRecord | Skip] = []
        with contextlib.suppress(UnreadableError):
            found = read_source(only(file))
        assert not any(isinstance(one, RunRecord) for one in found)


def test_the_two_runs_of_the_example_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "two.gpx").write_text(TWO)
    first, second = read_source(only(tmp_path / "two.gpx"))
    assert isinstance(first, RunRecord)
    assert isinstance(second, RunRecord)
    assert (first.name, first.sport, first.index) == ("Home", Sport.RUN, 0)
    assert (second.name, second.sport, second.index) == ("Second", Sport.WALK, 1)
