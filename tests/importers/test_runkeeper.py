"""Runkeeper's export: its table first, and its GPX files only for what that lacks."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import BadRow, find_sources
from shoetrack.importers.exports import runkeeper
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from .make import document, line, segment, track
from .make_exports import (
    HEADER,
    all_results,
    all_runs,
    row,
    sources,
    utc,
    write_folder,
    zipped,
)

GPX = document(track(line(start=utc(2020, 5, 2, 13, 16, 20))), "RunKeeper").encode()


def results(text: str | bytes) -> list[RunRecord | Skip]:
    data = text.encode() if isinstance(text, str) else text
    return runkeeper.read(io.BytesIO(data), "cardioActivities.csv", "")


def run(text: str | bytes) -> RunRecord:
    (record,) = results(text)
    assert isinstance(record, RunRecord), record
    return record


def members(*rows: str, **files: bytes) -> dict[str, bytes]:
    return {"cardioActivities.csv": (HEADER + "".join(rows)).encode(), **files}


def test_a_row_without_a_file_is_a_run_of_its_day() -> None:
    record = run(HEADER + row(name="River", notes="Felt, good"))
    assert len(record.digest) == 64
    assert record == RunRecord(
        kind="runkeeper",
        digest=record.digest,
        index=0,
        source="cardioActivities.csv",
        sport=Sport.RUN,
        local_date=date(2020, 5, 2),
        distance_mm=5_250_000,
        distance_from=DistanceSource.DEVICE,
        duration_s=1860,
        name="River",
        creator="Runkeeper",
        description="Felt, good",
        ascent_mm=12_000,
    )


@pytest.mark.parametrize(
    ("distance", "unit", "expected"),
    [("5.25", "km", 5_250_000), ("3.1", "mi", 4_988_966), ("0.00", "km", None), ("", "mi", None),
     ("nan", "km", None), ("-2", "km", None), ("inf", "km", None)],
)  # fmt: skip
def test_distances(distance: str, unit: str, expected: int | None) -> None:
    record = run(HEADER.replace("(km),", f"({unit}),", 1) + row(distance=distance))
    assert record.distance_mm == expected
    assert record.distance_from is (DistanceSource.DEVICE if expected else None)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("12:31", 751), ("0:32:42", 1962), ("1:01:10", 3670), ("95:00", 5700), ("", None),
     ("0:00", None), ("x", None), ("9:99", None)],
)  # fmt: skip
def test_durations(duration: str, expected: int | None) -> None:
    assert run(HEADER + row(duration=duration)).duration_s == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Running", Sport.RUN), ("Walking", Sport.WALK), ("Hiking", Sport.HIKE), ("", None),
     ("Nordic Walking", Sport.WALK), ("Treadmill", Sport.TREADMILL)],
)  # fmt: skip
def test_sports(kind: str, expected: Sport | None) -> None:
    assert run(HEADER + row(kind=kind)).sport is expected


def test_what_is_not_on_foot_is_skipped_one_by_one() -> None:
    kinds = ["Cycling", "Swimming", "Elliptical", "Other", "Meditation"]
    found = results(HEADER + "".join(row(id_=kind, kind=kind) for kind in kinds))
    assert [one.reason for one in found if isinstance(one, Skip)] == [
        "a ride", "a swim", "another sport: Elliptical", "another sport: Other",
        "another sport: Meditation",
    ]  # fmt: skip
    assert results(HEADER)[0] == Skip(
        "cardioActivities.csv", "a Runkeeper export without any activity"
    )


def test_columns_in_any_order_and_older_ones() -> None:
    old = "Date,Type,Route Name,Distance (mi),Duration,Average Pace,Notes,GPX File\n"
    record = run(old + '2011-01-14 08:09:38,Running,,3.1,32:42,,"two\nlines, ""quoted""",\n')
    assert (record.distance_mm, record.local_date) == (4_988_966, date(2011, 1, 14))
    assert record.name == 'two lines, "quoted"'
    other = (
        "GPX File,Duration,Type,Date,Distance (mi)\r\n,32:42,Running,2011-01-14 08:09:38,3.1\r\n"
    )
    assert run(other).digest == record.digest  # known by its date and type


def test_encodings_and_byte_order_marks() -> None:
    text = HEADER + row(name="Früh")
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert runkeeper.claims(text.encode(encoding))
        assert run(text.encode(encoding)).name == "Früh"


class TestIdentity:
    def test_a_row_keeps_its_digest_in_a_later_export(self) -> None:
        first = run(HEADER + row())
        later = results(
            HEADER.replace("(km),", "(mi),", 1)
            + row("b-2", "2020-06-01 08:00:00")
            + row(name="renamed", distance="3.26")
        )[1]
        assert isinstance(later, RunRecord)
        assert later.digest == first.digest
        assert run(HEADER + row("a-2")).digest != first.digest

    def test_the_same_twice_is_one(self) -> None:
        first, second = results(HEADER + row() * 2)
        assert isinstance(first, RunRecord)
        assert second == Skip("cardioActivities.csv", "the same activity twice in one export")

    def test_without_ids_by_date_and_type(self) -> None:
        rows = row("", "2020-05-02 07:00:00") + row("") + row("", kind="Walking")
        assert (
            len({one.digest for one in results(HEADER + rows) if isinstance(one, RunRecord)}) == 3
        )


class TestFiles:
    def test_the_instant_is_the_files_and_the_distance_the_tables(self, tmp_path: Path) -> None:
        write_folder(tmp_path, members(row(file="a.gpx"), **{"a.gpx": GPX}))
        (record,) = all_runs(tmp_path)
        assert record.started_at == utc(2020, 5, 2, 13, 16, 20)
        assert record.ended_at == utc(2020, 5, 2, 13, 47, 20)
        assert (record.utc_offset_s, record.local_date) == (7200, date(2020, 5, 2))
        assert (record.distance_mm, record.distance_from) == (5_250_000, DistanceSource.DEVICE)
        assert record.remarks == ()

    def test_only_its_beginning_is_read(self, tmp_path: Path) -> None:
        files = {"a.gpx": GPX[: GPX.index(b"</trkpt>") + 8] + b"\n" * 70_000 + b"broken"}
        write_folder(tmp_path, members(row(file="a.gpx"), **files))
        (record,) = all_runs(tmp_path)
        assert record.started_at == utc(2020, 5, 2, 13, 16, 20)
        assert record.remarks == ()

    def test_the_distance_is_measured_where_the_table_has_none(self, tmp_path: Path) -> None:
        write_folder(tmp_path, members(row(file="a.gpx", distance="0.00"), **{"a.gpx": GPX}))
        (record,) = all_runs(tmp_path)
        assert record.distance_mm == pytest.approx(1_111_950, abs=5)
        assert record.distance_from is DistanceSource.COMPUTED
        assert record.remarks == ("states no distance: its GPX was measured",)

    def test_a_broken_or_missing_file_is_no_fault_of_the_row(self, tmp_path: Path) -> None:
        rows = row("1", file="a.gpx", distance="0"), row("2", file="b.gpx"), row("3", file="c.gpx")
        write_folder(tmp_path, members(*rows, **{"a.gpx": GPX[:-9], "b.gpx": b""}))
        first, second, third = all_runs(tmp_path)
        assert first.distance_mm is None
        assert "cut off" in first.remarks[0]
        assert second.distance_mm == 5_250_000
        assert "b.gpx is empty" in second.remarks[0]
        assert third.remarks == ()
        assert third.local_date == date(2020, 5, 2)

    @pytest.mark.parametrize(
        ("local", "offset"),
        [("2020-05-02 19:01:20", 20700), ("2020-05-02 07:16:00", -21600),
         ("2020-05-02 13:16:20", 0), ("2020-05-02 13:24:20", None)],
    )  # fmt: skip
    def test_zones(self, local: str, offset: int | None, tmp_path: Path) -> None:
        write_folder(tmp_path, members(row(date=local, file="a.gpx"), **{"a.gpx": GPX}))
        (record,) = all_runs(tmp_path)
        assert record.utc_offset_s == offset
        assert record.started_at == utc(2020, 5, 2, 13, 16, 20)

    def test_another_runs_file_dates_nothing(self, tmp_path: Path) -> None:
        rows = row(date="2019-05-02 15:16:17", file="a.gpx")
        write_folder(tmp_path, members(rows, **{"a.gpx": GPX}))
        (record,) = all_runs(tmp_path)
        assert (record.started_at, record.local_date) == (None, date(2019, 5, 2))

    def test_in_a_zip_unpacked_and_by_name(self, tmp_path: Path) -> None:
        rows = row("1", file="a.gpx"), row("2", kind="Cycling", file="b.gpx")
        held = members(*rows, **{"a.gpx": GPX, "b.gpx": GPX, "c.gpx": GPX})
        write_folder(tmp_path / "folder", held)
        (tmp_path / "export.zip").write_bytes(
            zipped({f"runkeeper/{name}": data for name, data in held.items()})
        )
        for path in (tmp_path / "folder", tmp_path / "export.zip"):
            names = [source.name.rpartition("/")[2] for source in sources(path)]
            assert names == ["c.gpx", "cardioActivities.csv"]  # c.gpx is in no row
            _, record, ride = all_results(path)
            assert isinstance(record, RunRecord)
            assert record.started_at
            assert isinstance(ride, Skip)
        (record,) = all_runs(tmp_path / "folder" / "cardioActivities.csv")
        assert record.started_at

    def test_names_that_point_elsewhere_name_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "secret.gpx").write_bytes(GPX)
        rows = [row(str(i), file=name) for i, name in enumerate(
            ["../secret.gpx", str(tmp_path / "secret.gpx"), "..", ".", "cardioActivities.csv"]
        )]  # fmt: skip
        write_folder(tmp_path / "export", members(*rows))
        assert all(record.started_at is None for record in all_runs(tmp_path / "export"))
        assert len(sources(tmp_path)) == 2

    def test_without_a_table_the_files_speak_for_themselves(self, tmp_path: Path) -> None:
        write_folder(tmp_path, {"a.gpx": GPX, "x.csv": b"Date,Type\n", "y.csv": b"", "z.csv": GPX})
        names = [found.name.rpartition("/")[2] for found in find_sources([tmp_path])]
        assert names == ["a.gpx", "x.csv", "y.csv", "z.csv"]


class TestHostile:
    def test_a_bad_row_is_its_own_fault(self) -> None:
        text = HEADER + row("1", date="soon") + "cut,2020\n\n" + row("2")
        bad, cut, record = results(text)
        assert isinstance(bad, BadRow)
        assert "line 2 has no date that can be read: 'soon'" in bad.reason
        assert isinstance(cut, BadRow)
        assert "line 3 is cut off" in cut.reason
        assert isinstance(record, RunRecord)

    @pytest.mark.parametrize("date_", ["1970-01-01 00:00:00", "2020-13-01 08:00:00", "", "9" * 50])
    def test_dates_that_cannot_be(self, date_: str) -> None:
        assert isinstance(results(HEADER + row(date=date_))[0], BadRow)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (HEADER + row().replace("Running", '"Running'), "malformed at line"),
            (HEADER + "x" * 3_000_000, "line of more than 1 MiB"),
            (HEADER + '"' + "x\n" * 200_000, "malformed"),
            ("Date,Type\n", "does not begin with"),
        ],
    )
    def test_refused(self, text: str, words: str) -> None:
        with pytest.raises(UnreadableError, match=words):
            results(text)

    def test_rows_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runkeeper, "MAX_ROWS", 2)
        with pytest.raises(UnreadableError, match="more than 2 rows"):
            results(HEADER + row() * 3)

    @pytest.mark.parametrize(
        "head", [b"GPX File", b"Date,Type,GPX File\n", b"\0GPX File,\r\n", b'"GPX File,Date', b","]
    )
    def test_claims_nothing_else(self, head: bytes) -> None:
        assert not runkeeper.claims(head)


def test_five_thousand_rows_are_quick() -> None:
    import time

    start = utc(2020, 1, 1, 8, 0, 0)
    rows = "".join(
        row(str(i), (start + timedelta(hours=9 * i)).strftime("%Y-%m-%d %H:%M:%S"))
        for i in range(5000)
    )
    began = time.process_time()
    assert len(results(HEADER + rows)) == 5000
    assert time.process_time() - began < 2


def test_a_segment_without_times(tmp_path: Path) -> None:
    body = f"<trk>{segment(line(start=None))}</trk>"
    write_folder(tmp_path, members(row(file="a.gpx"), **{"a.gpx": document(body).encode()}))
    assert all_runs(tmp_path)[0].started_at is None
