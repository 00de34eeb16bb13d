"""Strava's bulk export: its table in every form, and its files only for what that lacks."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import BadRow, Source, find_sources, read_source
from shoetrack.importers.exports import strava as strava_export
from shoetrack.importers.exports import strava_table as tables
from shoetrack.importers.exports.strava_words import month_first, parse_date, readings
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from . import make_fit
from .make import document, line, track
from .make_exports import all_results, all_runs, sources, utc, write_folder, zipped
from .make_strava_export import FORMS, LONG, Form, export

GPX = document(track(line(start=utc(2022, 5, 29, 15, 53, 35))), "StravaGPX").encode()
RIDE = GPX.replace(b"running", b"cycling")
GPX_MM = 1_111_950
REAL = Path(__file__).parents[3] / "shared/data/strava-export"


def results(text: str | bytes) -> list[RunRecord | Skip]:
    data = text.encode() if isinstance(text, str) else text
    return strava_export.read(io.BytesIO(data), "activities.csv", "")


def run(text: str | bytes) -> RunRecord:
    (record,) = results(text)
    assert isinstance(record, RunRecord), record
    return record


def long(**cells: str) -> RunRecord:
    return run(LONG.table(LONG.row(**cells)))


@pytest.fixture(params=list(FORMS.values()), ids=list(FORMS))
def form(request: pytest.FixtureRequest) -> Form:
    assert isinstance(request.param, Form)
    return request.param


def test_a_row_is_a_run() -> None:
    assert long(id="12070555079", name="Park") == RunRecord(
        kind="strava-export",
        digest=hashlib.sha256(b"strava:12070555079").hexdigest(),
        index=0,
        source="activities.csv",
        sport=Sport.RUN,
        started_at=utc(2022, 5, 29, 15, 53, 35),
        ended_at=utc(2022, 5, 29, 16, 17, 23),
        distance_mm=3_322_950,
        distance_from=DistanceSource.STRAVA,
        duration_s=1411,
        name="Park",
        creator="Strava",
    )


class TestForms:
    def test_is_claimed(self, form: Form) -> None:
        assert strava_export.claims(form.table().encode())

    def test_a_run(self, form: Form) -> None:
        record = run(form.table(form.row()))
        assert record.digest == hashlib.sha256(b"strava:7").hexdigest()
        assert record.started_at == utc(2022, 5, 29, 15, 53, 35)
        assert record.ended_at == utc(2022, 5, 29, 16, 17, 23)
        assert record.name == "Morning"
        assert record.sport is Sport.RUN
        assert record.distance_mm == pytest.approx(3_322_950, abs=5_000)
        assert record.duration_s == (1411 if "moving" in form.at else 1428)

    def test_its_file_is_found(self, form: Form, tmp_path: Path) -> None:
        rows = form.row(file="activities/7.gpx.gz", distance="0", metres="0.0")
        files = {"activities.csv": form.table(rows).encode(), "activities/7.gpx.gz": GPX}
        (tmp_path / "export_1.zip").write_bytes(zipped(files))
        (record,) = all_runs(tmp_path)
        assert record.distance_mm == pytest.approx(GPX_MM, abs=5)
        assert record.distance_from is DistanceSource.COMPUTED
        assert record.remarks == ("states no distance: taken from its file",)

    def test_a_file_that_is_missing_is_told_where_the_distance_would_be_in_it(
        self, form: Form
    ) -> None:
        record = run(form.table(form.row(file="activities/7.gpx.gz", distance="0", metres="0.0")))
        assert record.distance_mm is None
        missing = "its file 7.gpx.gz is not in the export"
        assert missing in record.remarks
        assert missing not in run(form.table(form.row(file="activities/7.gpx.gz"))).remarks

    def test_columns_are_as_many_as_strava_writes(self) -> None:
        sizes = {name: len(form.header) for name, form in FORMS.items()}
        assert sizes["2018"] == 10
        assert sizes["2019"] == 11
        assert sizes["French"] == 21
        assert sizes["German"] == 92
        assert sizes["103"] == 103

    def test_encodings_and_byte_order_marks(self, form: Form) -> None:
        text = form.table(form.row(name="Früh"))
        bare = ("utf-16-le",) if form.header[0].isascii() else ()  # else no BOM tells nothing
        for encoding in ("utf-8-sig", "utf-16", *bare):
            assert strava_export.claims(text.encode(encoding))
            assert run(text.encode(encoding)).name == "Früh"

    def test_windows_1252(self) -> None:
        text = FORMS["German"].table(FORMS["German"].row(name="Früh")).encode("cp1252", "replace")
        assert run(text).name == "Früh"
        assert run(text).remarks == ("holds bytes that are not UTF-8: read as Windows-1252",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-09-12 16:54:28", (2014, 9, 12, 16, 54, 28)),
        ("Jun 14, 2017, 12:30:54 AM", (2017, 6, 14, 0, 30, 54)),
        ("Jun 14, 2017, 12:30:54\u202fPM", (2017, 6, 14, 12, 30, 54)),
        ("25 Sept 2015, 11:18:35", (2015, 9, 25, 11, 18, 35)),
        ("21.07.2026, 15:09:27", (2026, 7, 21, 15, 9, 27)),
        ("1. März 2026 um 05:09:27", (2026, 3, 1, 5, 9, 27)),
        ("24 août 2012 à 16:27:40", (2012, 8, 24, 16, 27, 40)),
        ("24 juil. 2012 à 16:27:40", (2012, 7, 24, 16, 27, 40)),
        ("3 févr. 2012, 16:27:40", (2012, 2, 3, 16, 27, 40)),
        ("9 de mayo de 2026, 3:00:01 p. m.", (2026, 5, 9, 15, 0, 1)),
        ("6 mrt. 2024 14:23:15", (2024, 3, 6, 14, 23, 15)),
        ("9 mei 2026, 19:00:00", (2026, 5, 9, 19, 0, 0)),
        ("6. 9. 2026 11:18:40", (2026, 9, 6, 11, 18, 40)),
        ("6. července 2026 11:18:40", (2026, 7, 6, 11, 18, 40)),
        ("6. června 2026 11:18:40", (2026, 6, 6, 11, 18, 40)),
        ("2026年8月16日 09:01:41", (2026, 8, 16, 9, 1, 41)),
        ("2026年8月16日 下午9:01:41", (2026, 8, 16, 21, 1, 41)),
        ("30/06/2022, 14:23:15", (2022, 6, 30, 14, 23, 15)),
    ],
)
def test_dates(text: str, expected: tuple[int, ...]) -> None:
    assert parse_date(text) == utc(*expected)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "May 29, 2022", "May 32, 2022, 3:53:35 PM", "jui 3, 2020, 1:00:00 AM", "9" * 99,
     "May 29, 2022, 13:53:35 PM", "May 29, 1970, 3:53:35 PM", "25:00:00", "May 29, 2022, 24:00:00",
     "May June 3, 2022, 1:00:00", "29.13.2022, 10:00:00", "May 29, 99999, 3:53:35 PM"],
)  # fmt: skip
def test_dates_that_cannot_be(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("dates", "expected"),
    [(["5/6/2022, 8:00:00 AM"], True), (["5/6/2022, 08:00:00"], False), ([], False),
     (["5/6/2022, 08:00:00", "5/13/2022, 08:00:00"], True),
     (["5/6/2022, 8:00:00 a. m.", "13/5/2022, 8:00:00 a. m."], False)],
)  # fmt: skip
def test_which_of_two_numbers_is_the_month(dates: list[str], expected: bool) -> None:
    assert month_first(dates) is expected
    day = utc(2022, 5, 6, 8, 0, 0) if expected else utc(2022, 6, 5, 8, 0, 0)
    assert parse_date("5/6/2022, 08:00:00", expected) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2810.0", (2810,)), ("2,81", (2.81,)), ("1.234,5", (1234.5,)), ("1 234,5", (1234.5,)),
     ("1\u202f234,5", (1234.5,)), ("1’234.5", (1234.5,)), ("1,234.5", (1234.5,)),
     ("3,322", (3.322, 3322)), ("3.322", (3.322, 3322)), ("1,234,567", (1234567,)), ("0.0", ()),
     ("", ()), ("nan", ()), ("inf", ()), ("-3", ()), ("1e400", ()), ("--", ())],
)  # fmt: skip
def test_numbers(text: str, expected: tuple[float, ...]) -> None:
    assert readings(text) == expected


class TestDistance:
    @pytest.mark.parametrize(
        ("metres", "first", "expected"),
        [("3322.95", "2.06", 3_322_950), ("3,322", "3,32", 3_322_000), ("3.322", "3,32", 3_322_000),
         ("3.322", "2,06", 3_322_000), ("850.125", "0,85", 850_125), ("3,322", "", 3_322_000),
         ("850.125", "", 850_125), ("0.0", "0.00", None), ("", "", None), ("x", "y", None)],
    )  # fmt: skip
    def test_is_the_metres(self, metres: str, first: str, expected: int | None) -> None:
        record = long(metres=metres, distance=first)
        assert record.distance_mm == expected
        assert record.distance_from is (DistanceSource.STRAVA if expected else None)

    def test_in_miles_where_other_rows_tell(self) -> None:
        rows = LONG.row(distance="2.06"), LONG.row(id="8", distance="3.1", metres="")
        _, record = results(LONG.table(*rows))
        assert isinstance(record, RunRecord)
        assert record.distance_mm == 4_988_966

    def test_in_miles_where_a_file_tells(self, tmp_path: Path) -> None:
        form = FORMS["2019"]
        rows = form.row(distance="0.69", file="activities/7.gpx"), form.row(id="8", distance="3.1")
        write_folder(tmp_path, export(*rows, form=form, files={"7.gpx": GPX}))
        first, second = all_runs(tmp_path)
        assert (first.distance_mm, second.distance_mm) == (1_110_447, 4_988_966)
        assert first.remarks == ()

    def test_kilometres_where_nobody_tells(self) -> None:
        record = run(FORMS["2019"].table(FORMS["2019"].row()))
        assert record.distance_mm == 3_320_000
        assert "read as kilometres" in record.remarks[0]

    def test_too_fast_for_kilometres(self) -> None:
        assert run(FORMS["2019"].table(FORMS["2019"].row(distance="3322"))).distance_mm == 3_322_000


@pytest.mark.parametrize(
    ("cells", "expected"),
    [({}, (1411, 1428)), ({"moving": ""}, (1428, 1428)), ({"moving": "0.0"}, (1428, 1428)),
     ({"elapsed": ""}, (1411, 1428)), ({"elapsed": "", "first": ""}, (1411, None)),
     ({"elapsed": "1.428,0"}, (1411, 1428)), ({"elapsed": "1,428"}, (1411, 1428)),
     ({"elapsed": "9999999", "moving": "x"}, (None, None))],
)  # fmt: skip
def test_durations(cells: dict[str, str], expected: tuple[int | None, int | None]) -> None:
    record = long(**cells)
    assert record.started_at
    elapsed = record.ended_at - record.started_at if record.ended_at else None
    assert (record.duration_s, elapsed and elapsed.total_seconds()) == expected


class TestSports:
    def test_what_is_not_on_foot_is_skipped_one_by_one(self) -> None:
        kinds = ["Ride", "Swim", "Weight Training", "Meditation", "Hike", ""]
        found = results(LONG.table(*(LONG.row(id=str(at + 1), kind=kind)
                                     for at, kind in enumerate(kinds))))  # fmt: skip
        assert [one.reason for one in found if isinstance(one, Skip)] == [
            "a ride", "a swim", "another sport: Weight Training", "another sport: Meditation",
        ]  # fmt: skip
        assert [one.sport for one in found if isinstance(one, RunRecord)] == [Sport.HIKE, None]

    def test_a_word_that_nobody_knows_is_told_by_files(self, tmp_path: Path) -> None:
        rows = [LONG.row(id=str(at), kind=kind, file=file) for at, (kind, file) in enumerate(
            [("Zzrun", ""), ("Zzrun", "activities/1.gpx"), ("Zzride", "activities/2.gpx"),
             ("Zzride", ""), ("Zznone", ""), ("Zznone", "activities/3.gpx")], 1)]  # fmt: skip
        files = {"1.gpx": GPX, "2.gpx": RIDE, "3.gpx": b"broken"}
        write_folder(tmp_path, export(*rows, files=files))
        found = [one for one in all_results(tmp_path) if one.source.endswith("activities.csv")]
        assert [one.sport for one in found if isinstance(one, RunRecord)] == [Sport.RUN] * 2
        reasons = [one.reason for one in found if isinstance(one, Skip)]
        assert reasons == ["another sport: Zzride"] * 2 + ["another sport: Zznone"] * 2


class TestIdentity:
    def test_a_row_keeps_its_digest_in_every_form(self, form: Form) -> None:
        assert run(form.table(form.row(name="renamed"))).digest == long().digest
        assert long(id="8").digest != long().digest

    def test_the_same_twice_is_one(self) -> None:
        first, second = results(LONG.table(LONG.row(), LONG.row()))
        assert isinstance(first, RunRecord)
        assert second == Skip("activities.csv", "the same activity twice in one export")


class TestFiles:
    def test_are_not_read_where_the_table_tells_all(self, tmp_path: Path) -> None:
        rows = LONG.row(file="activities/7.gpx"), LONG.row(id="8", file="activities/8.fit.gz")
        write_folder(tmp_path, export(*rows, files={"7.gpx": b"broken", "8.fit.gz": b""}))
        assert [record.remarks for record in all_runs(tmp_path)] == [(), ()]

    @pytest.mark.parametrize("unzipped", [False, True])
    def test_fit_tcx_and_their_gzip(self, unzipped: bool, tmp_path: Path) -> None:
        data = make_fit.TWO if unzipped else gzip.compress(make_fit.TWO)
        rows = LONG.row(metres="", distance="", file="activities/7.fit.gz")
        files = {"7.fit" if unzipped else "7.fit.gz": data}
        write_folder(tmp_path, export(rows, files=files))
        (record,) = all_runs(tmp_path)
        assert record.distance_mm
        assert record.distance_from is DistanceSource.SESSION

    def test_a_date_is_taken_from_its_file(self, tmp_path: Path) -> None:
        rows = LONG.row(date="soon", file="activities/7.gpx"), LONG.row(id="8", date="soon")
        write_folder(tmp_path, export(*rows, files={"7.gpx": GPX}))
        found = [one for one in all_results(tmp_path) if one.source.endswith("activities.csv")]
        record, bad = found
        assert isinstance(record, RunRecord)
        assert record.started_at == utc(2022, 5, 29, 15, 53, 35)
        assert record.distance_mm == 3_322_950
        assert isinstance(bad, BadRow)
        assert "line 3 has no date that can be read: 'soon'" in bad.reason

    def test_a_broken_file_is_no_fault_of_the_row(self, tmp_path: Path) -> None:
        rows = LONG.row(metres="0.0", distance="0", file="activities/7.gpx")
        write_folder(tmp_path, export(rows, files={"7.gpx": GPX[:-9]}))
        (record,) = all_runs(tmp_path)
        assert record.distance_mm is None
        assert "its file 7.gpx" in record.remarks[0]

    def test_in_a_zip_unpacked_and_by_name(self, tmp_path: Path) -> None:
        held = export(LONG.row(file="activities/7.gpx.gz"), files={"7.gpx.gz": GPX})
        held |= {"routes/1.gpx": GPX, "media/a.jpg": b"x", "activities.txt": b"x"}
        write_folder(tmp_path / "folder", held)
        (tmp_path / "export_1.zip").write_bytes(zipped(held))
        (tmp_path / "again.zip").write_bytes(
            zipped({f"export_1/{name}": data for name, data in held.items()})
        )
        for path in (tmp_path / "folder", tmp_path / "export_1.zip", tmp_path / "again.zip"):
            names = [source.name.rpartition("/")[2] for source in sources(path)]
            assert names == ["activities.csv", "activities.txt", "profile.csv"]
            record, routes, *_ = all_results(path)
            assert isinstance(record, RunRecord)
            assert isinstance(routes, Skip)
            assert routes.reason == "routes that were planned, not run: 1"
        assert len(all_results(tmp_path / "folder" / "activities.csv")) == 2

    def test_what_no_row_names_is_read_by_itself(self, tmp_path: Path) -> None:
        files = {"7.gpx": GPX, "8.gpx": GPX.replace(b"2022", b"2021"), "9.gpx": b"broken"}
        write_folder(tmp_path, export(LONG.row(file="activities/7.gpx"), files=files))
        found = [one for one in all_results(tmp_path) if one.source.endswith("activities.csv")]
        row, other, bad = found
        assert isinstance(row, RunRecord)
        assert isinstance(other, RunRecord)
        assert (row.kind, other.kind) == ("strava-export", "gpx")
        assert other.digest == hashlib.sha256(files["8.gpx"]).hexdigest()
        assert isinstance(bad, BadRow)
        assert bad.reason == "activities/9.gpx, which no row names, is no activity file"

    def test_names_that_point_elsewhere_name_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "secret.gpx").write_bytes(GPX)
        names = ["../secret.gpx", str(tmp_path / "secret.gpx"), "..", ".", "activities.csv", "/"]
        rows = [LONG.row(id=str(at), metres="", distance="", file=name)
                for at, name in enumerate(names, 1)]  # fmt: skip
        write_folder(tmp_path / "export", export(*rows))
        records = [one for one in all_runs(tmp_path) if one.kind == "strava-export"]
        assert [record.distance_mm for record in records] == [None] * len(names)
        assert [record.kind for record in all_runs(tmp_path)].count("gpx") == 1


class TestHostile:
    def test_a_bad_row_is_its_own_fault(self) -> None:
        text = LONG.table(LONG.row(date="soon"), "8,cut\n", "\n", LONG.row(id=""), LONG.row(id="x"),
                          LONG.row(id="9"))  # fmt: skip
        date, cut, lacking, wrong, record = results(text)
        for bad, words in (
            (date, "line 2 has no date"),
            (cut, "line 3 is cut off"),
            (lacking, "line 5 has no Activity ID"),
            (wrong, "line 6 has no Activity ID"),
        ):
            assert isinstance(bad, BadRow)
            assert words in bad.reason
        assert isinstance(record, RunRecord)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (LONG.table(LONG.row().replace("Run", '"Run')), "malformed at line"),
            (LONG.table('"' + "x\n" * 200_000), "malformed at line"),
            (LONG.table("x" * 3_000_000), "line of more than 1 MiB"),
            (LONG.table('7,"a"b"\n'), "malformed at line"),
            ("Activity ID,Activity Name,Filename\n", "no column for date, sport"),
            ("Activity ID,Activity Date,Activity Type\n", "no column for distance"),
        ],
    )
    def test_refused(self, text: str, words: str) -> None:
        assert strava_export.claims(text.encode())
        with pytest.raises(UnreadableError, match=words):
            results(text)

    def test_nuls_and_control_characters(self) -> None:
        record = run(
            LONG.table(LONG.row(name="a\0\x1b[31mb\u2028", date="May 29, 2022,\0 3:53:35 PM"))
        )
        assert record.name == "a [31mb"

    def test_rows_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "MAX_ROWS", 2)
        with pytest.raises(UnreadableError, match="more than 2 rows"):
            results(LONG.table(*(LONG.row(id=str(at)) for at in range(3))))

    def test_no_activity(self) -> None:
        (skip,) = results(LONG.table())
        assert skip == Skip("activities.csv", "a Strava export without any activity")

    @pytest.mark.parametrize(
        "head",
        [b"Activity Id,Date,Type,Route Name,Distance (km),Duration,GPX File\n", b"id,date,name\n",
         b"Activity Type,Date,Favorite,Title,Distance,Calories,Time\n", b",,,,,,,,,,,,,,,,,,,\n",
         b"Shoe Name,Shoe Brand,Shoe Model\n", b'"Activity ID,',
         b"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\n", b"name,brand,model\n", codecs.BOM_UTF8 + b",",
         b"<x>Activity ID,Activity Date,Activity Name</x>"[:12]],
    )  # fmt: skip
    def test_claims_nothing_else(self, head: bytes) -> None:
        assert not strava_export.claims(head)

    def test_every_byte_cut_and_changed_is_read_or_refused(self) -> None:
        whole = FORMS["2019"].table(FORMS["2019"].row(name='a "b"'), FORMS["2019"].row()).encode()
        for at in range(len(whole)):
            for data in (whole[:at], whole[:at] + b"\xff" + whole[at + 1 :],
                         whole[:at] + b'"' + whole[at:]):  # fmt: skip
                try:
                    results(data)
                except UnreadableError as error:
                    assert str(error)  # noqa: PT017 - both ways are right


def _season(size: int) -> tuple[list[str], dict[str, bytes]]:
    start = utc(2010, 1, 1, 8, 0, 35)
    rows = []
    for at in range(size):
        day: datetime = start + timedelta(hours=9 * at, seconds=at * 37 % 59)
        metres, seconds = f"{4000 + at * 379 % 997 * 4.25}", f"{1800 + at * 211 % 631}.0"
        date = f"{day:%b} {day.day}, {day:%Y, %I:%M:%S %p}"
        file = f"activities/{at + 1}.gpx.gz"
        rows.append(LONG.row(id=str(at + 1), date=date, file=file, gear="Peg", gear_id="5.0",
                             metres=metres, elapsed=seconds, moving=seconds))  # fmt: skip
    return rows, {f"{at + 1}.gpx.gz": b"never read" for at in range(size)}


def test_five_thousand_rows_take_seconds(tmp_path: Path) -> None:
    rows, files = _season(5000)
    (tmp_path / "export_1.zip").write_bytes(zipped(export(*rows, files=files)))
    began = time.process_time()
    (found, *_) = sources(tmp_path)
    assert len(read_source(found)) == 5000
    print(f"5,000 rows: {time.process_time() - began:.2f} s")  # noqa: T201 - seen with -s


_MEASURE = """
import resource, sys
from pathlib import Path
from shoetrack.importers import find_sources, read_source
(source,) = find_sources([Path(sys.argv[1])])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = len(read_source(source))
print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_memory_is_that_of_the_rows_and_not_of_what_people_wrote(tmp_path: Path) -> None:
    rows, _ = _season(2000)
    described = [row.replace(",Run,", f",Run,{'blah ' * 5000}", 1) for row in rows]
    path = tmp_path / "activities.csv"
    path.write_text(LONG.table(*described), encoding="utf-8")
    assert path.stat().st_size > 40_000_000
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    count, grown = (int(part) for part in done.stdout.split())
    assert count == 2000
    assert grown < (20_000 if sys.platform != "darwin" else 20_000_000)


@pytest.mark.skipif(not REAL.exists(), reason="the shared data is not here")
def test_the_real_export() -> None:
    record = next(
        one
        for source in find_sources([REAL])
        if isinstance(source, Source)
        for one in read_source(source)
        if isinstance(one, RunRecord)
    )
    assert record.started_at == utc(2022, 5, 29, 15, 53, 35)
    assert (record.distance_mm, record.duration_s) == (3_322_950, 1411)
    assert record.digest == hashlib.sha256(b"strava:12070555079").hexdigest()
    assert len(all_runs(REAL)) == 1
