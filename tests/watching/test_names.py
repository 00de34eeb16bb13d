"""Which names are left alone."""

from __future__ import annotations

import pytest

from shoetrack.watching.names import is_awaited, is_passed_over


@pytest.mark.parametrize(
    "name",
    [
        ".syncthing.run.gpx.tmp",
        "~syncthing~run.gpx.tmp",
        ".stversions",
        ".stfolder",
        ".sync",
        "run.fit.!sync",
        "run.gpx.part",
        "export.aB3dE5.zip.part",
        "run.gpx.partial",
        "Unconfirmed 20301.crdownload",
        "run.gpx.CRDOWNLOAD",
        "run.gpx.download",
        "run.gpx.opdownload",
        "run.gpx.tmp",
        "~RF3a.TMP",
        ".~lock.run.csv#",
        "~$run.csv",
        "run.gpx~",
        ".run.gpx.Xq81Zb",
        ".run.gpx.icloud",
        "._run.gpx",
        ".DS_Store",
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        "__MACOSX",
    ],
)
def test_what_is_no_finished_file_is_passed_over(name: str) -> None:
    assert is_passed_over(name)


@pytest.mark.parametrize(
    "name",
    [
        "run.gpx",
        "2026-05-01-07-00-00.fit",
        "partial.gpx",
        "my.part.of.the.way.gpx",
        "run.sync-conflict-20260501-070000-ABCDEFG.gpx",
        "tmp",
        "download",
        "Løb på stranden 🏃.gpx",
        "#1 run.gpx",
        "~home.gpx",
        "GARMIN",
    ],
)
def test_what_is_finished_is_not(name: str) -> None:
    assert not is_passed_over(name)


@pytest.mark.parametrize(
    ("name", "size", "beside", "expected"),
    [
        ("export.zip", 0, {"export.zip", "export.aB3dE5.zip.part"}, True),
        ("export.zip", 0, {"export.zip", "other.gpx"}, False),
        ("export.zip", 10, {"export.zip", "export.aB3dE5.zip.part"}, False),
        ("export.zip", 10, {"export.zip", "export.zip.aria2"}, True),
        ("run.gpx", 10, {"run.gpx", "export.zip.aria2"}, False),
    ],
)
def test_what_keeps_the_place_of_a_file_to_come(
    name: str, size: int, beside: set[str], expected: bool
) -> None:
    assert is_awaited(name, size, beside) is expected
