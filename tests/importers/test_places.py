"""Where a run started and finished, how far it climbed and what is said of it, in each format."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest

from shoetrack.importers.gpx.parser import MAX_TEXT
from shoetrack.importers.places import place_of
from shoetrack.model import RunRecord, Skip

from . import make, make_exports, make_fit, make_tcx
from .make_fit import NO_PLACE, RECORD, S32, U16, U32, Writer, semicircles, session
from .make_strava_export import FORMS, LONG, Form, export

HERE, THERE = (52.0, 13.4), (52.01, 13.4)
HOSTILE = "\x1b[2J" + "long " * 10_000


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(nan, 0), (0, nan), (inf, 1), (1, -inf), (90.1, 1), (-90.1, 1), (1, 180.1), (1, -180.1),
     (0, 0), (0.0, -0.0)],
)  # fmt: skip
def test_no_place(lat: float, lon: float) -> None:
    assert place_of(lat, lon) is None


@pytest.mark.parametrize(("lat", "lon"), [(90, 180), (-90, -180), (0, 13.4), (52, 0)])
def test_a_place(lat: float, lon: float) -> None:
    assert place_of(lat, lon) == (lat, lon)


def hill(*heights: object) -> str:
    return "".join(
        f'<trkpt lat="{52 + i / 1000}" lon="13.4"><ele>{height}</ele></trkpt>\n'
        for i, height in enumerate(heights)
    )


def gpx_track(points: str, head: str = "") -> RunRecord:
    return make.run(make.document(make.track(points, f"<name>Home</name>{head}")))


def stats(ascent: str) -> str:
    return (
        "<extensions><gpxtrkx:TrackStatsExtension>"
        f"<gpxtrkx:Ascent>{ascent}</gpxtrkx:Ascent>"
        "</gpxtrkx:TrackStatsExtension></extensions>"
    )


class TestGpx:
    def test_the_ends_are_the_first_and_the_last_point(self) -> None:
        record = make.run(make.document())
        assert (record.start, record.finish) == (HERE, THERE)

    def test_of_all_segments(self) -> None:
        body = make.segment(make.point(52, 13.4)) + make.segment(make.point(52.01, 13.4))
        record = make.run(make.document(f"<trk>{body}</trk>"))
        assert (record.start, record.finish) == (HERE, THERE)

    def test_points_without_a_place_are_no_ends(self) -> None:
        nowhere = make.point("0.0", "0.0")
        record = gpx_track(nowhere + make.line() + nowhere)
        assert (record.start, record.finish) == (HERE, THERE)
        assert gpx_track(nowhere * 3).start is None

    def test_each_track_has_its_own(self) -> None:
        away = make.track(make.point(10, 20) + make.point(11, 21))
        first, second = make.results(make.document(make.track() + away))
        assert isinstance(first, RunRecord)
        assert isinstance(second, RunRecord)
        assert (first.start, first.finish) == (HERE, THERE)
        assert (second.start, second.finish) == ((10, 20), (11, 21))

    def test_climbs_along_its_points(self) -> None:
        assert gpx_track(hill(100, 102, 99, 131.5, 128, 120)).ascent_mm == 32_500

    def test_by_its_own_total_where_that_can_be(self) -> None:
        points = hill(100, 120)
        assert gpx_track(points, stats("17.5")).ascent_mm == 17_500
        assert gpx_track(points, stats("0.0")).ascent_mm == 0
        for absurd in ("nan", "-4", "inf", "1e12", "", "x"):
            assert gpx_track(points, stats(absurd)).ascent_mm == 20_000

    def test_no_heights_no_ascent(self) -> None:
        assert gpx_track(make.line().replace("<ele>5</ele>", "")).ascent_mm is None
        assert gpx_track(make.line().replace("<ele>5</ele>", "<ele>0</ele>")).ascent_mm is None
        assert gpx_track(hill("nan", "inf", "1e300", "-1e5", "", "high")).ascent_mm is None

    def test_absurd_heights_among_others(self) -> None:
        assert gpx_track(hill(100, "nan", "1e9", 120, "-99999", "x", 118)).ascent_mm == 20_000

    def test_no_climb_leads_over_a_gap(self) -> None:
        body = make.segment(hill(100, 110)) + make.segment(hill(900, 910))
        assert make.run(make.document(f"<trk>{body}</trk>")).ascent_mm == 20_000

    def test_the_tracks_description_before_the_files(self) -> None:
        head = "<metadata><desc>of the file</desc></metadata>"
        described = make.track(head="<desc><![CDATA[Hills &\n mud #trail]]></desc>")
        assert make.run(make.document(described, head=head)).description == "Hills & mud #trail"
        assert make.run(make.document(head=head)).description == "of the file"
        assert make.run(make.document(head="<desc>of 1.0</desc>")).description == "of 1.0"

    def test_the_files_description_is_of_no_track_among_several(self) -> None:
        head = "<metadata><desc>all of May</desc></metadata>"
        described = make.track(head="<desc>mine</desc>")
        found = make.results(make.document(described + make.track(), head=head))
        assert [one.description for one in found if isinstance(one, RunRecord)] == ["mine", ""]

    def test_a_points_description_is_none_of_the_run(self) -> None:
        point = make.point(52, 13.4, extra="<desc>a bench</desc>")
        waypoint = '<wpt lat="1" lon="2"><desc>a summit</desc></wpt>'
        record = make.run(make.document(waypoint + make.track(point)))
        assert record.description == ""

    def test_a_hostile_description(self) -> None:
        text = HOSTILE.replace("\x1b", "\x9b")  # XML allows no escape
        found = gpx_track(make.line(), f"<desc>{text}</desc>").description
        assert 400 < len(found) <= MAX_TEXT
        assert found.isprintable()


def fit_places(**more: tuple[int, int]) -> make_fit.Fields:
    """A session from HERE to THERE that climbed 123 m."""
    usual: dict[str, tuple[int, int]] = {
        "f3": (S32, semicircles(HERE[0])),
        "f4": (S32, semicircles(HERE[1])),
        "f38": (S32, semicircles(THERE[0])),
        "f39": (S32, semicircles(THERE[1])),
        "f22": (U16, 123),
    }
    return {**session(), **{int(key[1:]): value for key, value in (usual | more).items()}}


def near(place: tuple[float, float] | None) -> object:
    return pytest.approx(place, abs=1e-7)


class TestFit:
    def test_as_the_session_says(self) -> None:
        record = make_fit.run(make_fit.body(fit_places()).file())
        assert record.start == near(HERE)
        assert record.finish == near(THERE)
        assert record.ascent_mm == 123_000

    def test_south_and_west(self) -> None:
        rio = fit_places(f3=(S32, semicircles(-22.9)), f4=(S32, semicircles(-43.2)))
        assert make_fit.run(make_fit.body(rio).file()).start == near((-22.9, -43.2))

    def test_what_the_watch_does_not_know(self) -> None:
        unknown = {f"f{field}": (S32, NO_PLACE) for field in (3, 4, 38, 39)}
        record = make_fit.run(make_fit.body(fit_places(**unknown, f22=(U16, 0xFFFF))).file())
        assert (record.start, record.finish, record.ascent_mm) == (None, None, None)
        half = make_fit.run(make_fit.body(fit_places(f4=(S32, NO_PLACE))).file())
        assert half.start is None
        assert make_fit.run(make_fit.body(session()).file()).start is None

    @pytest.mark.parametrize(
        ("lat", "lon"),
        [((S32, 0), (S32, 0)), ((S32, -(2**31)), (S32, 5)), ((U32, 2**31), (S32, 5))],
    )
    def test_places_that_are_none(self, lat: tuple[int, int], lon: tuple[int, int]) -> None:
        assert make_fit.run(make_fit.body(fit_places(f3=lat, f4=lon)).file()).start is None

    def test_several_sessions_are_one_way(self) -> None:
        away = semicircles(48.0)
        second = fit_places(f2=(U32, make_fit.NOW + 1600), f3=(S32, away), f38=(S32, away))
        record = make_fit.run(make_fit.body(fit_places(), second).file())
        assert record.start == near(HERE)
        assert record.finish == near((48.0, 13.4))
        assert record.ascent_mm == 246_000

    def test_a_sum_with_an_unknown_part_is_unknown(self) -> None:
        second = fit_places(f2=(U32, make_fit.NOW + 1600), f22=(U16, 0xFFFF))
        assert make_fit.run(make_fit.body(fit_places(), second).file()).ascent_mm is None

    def test_by_the_records_where_there_is_no_session(self) -> None:
        for field, base in ((2, U16), (78, U32)):
            writer = Writer().put(make_fit.FILE_ID, make_fit.file_id())
            for i, metres in enumerate((-20, 80, 60, 90, None)):
                unknown = 0xFFFF if base == U16 else make_fit.NO_U32
                altitude = unknown if metres is None else round((metres + 500) * 5)
                fields = {253: (U32, make_fit.NOW + i), 0: (S32, semicircles(52 + i / 400)),
                          1: (S32, semicircles(13.4)), field: (base, altitude)}  # fmt: skip
                writer.put(RECORD, fields)
            record = make_fit.run(writer.file())
            assert record.start == near(HERE)
            assert record.finish == near(THERE)
            assert record.ascent_mm == 130_000

    def test_by_the_records_where_the_session_lacks_the_distance(self) -> None:
        record = make_fit.run(make_fit.body(session(distance_cm=0)).file())
        assert record.start == near(HERE)
        assert record.finish == near(THERE)
        assert record.ascent_mm is None
        stated = make_fit.run(make_fit.body(fit_places(f9=(U32, 0))).file())
        assert stated.ascent_mm == 123_000


def tcx_points(*heights: object) -> str:
    return "".join(
        make_tcx.trackpoint(place=(f"{52 + i / 1000}", "13.4")).replace(">5<", f">{height}<", 1)
        for i, height in enumerate(heights)
    )


class TestTcx:
    def test_the_ends_and_the_climb(self) -> None:
        laps = make_tcx.lap(tcx_points(100, 110, 108, 121)) + make_tcx.lap(
            make_tcx.trackpoint(place=("52.01", "13.4")).replace(">5<", ">131<", 1)
        )
        record = make_tcx.run(make_tcx.document(make_tcx.activity(laps)))
        assert (record.start, record.finish, record.ascent_mm) == (HERE, THERE, 31_000)

    def test_no_climb_leads_over_a_pause(self) -> None:
        lap = make_tcx.lap(f"{tcx_points(100, 110)}</Track><Track>{tcx_points(900, 910)}")
        assert make_tcx.run(make_tcx.document(make_tcx.activity(lap))).ascent_mm == 20_000

    def test_absurd_heights_and_places(self) -> None:
        lap = make_tcx.lap(tcx_points("nan", "1e99", "-inf", "x", ""))
        assert make_tcx.run(make_tcx.document(make_tcx.activity(lap))).ascent_mm is None
        indoors = make_tcx.lap(make_tcx.trackpoints(places=False))
        record = make_tcx.run(make_tcx.document(make_tcx.activity(indoors)))
        assert (record.start, record.finish) == (None, None)

    def test_the_description_is_all_of_the_notes(self) -> None:
        record = make_tcx.run(make_tcx.document())
        assert (record.name, record.description) == ("Home", "Home It rained.")

    def test_notes_of_one_activity_are_not_the_nexts(self) -> None:
        body = make_tcx.activity() + make_tcx.activity(tail="")
        found = make_tcx.results(make_tcx.document(body))
        said = [(one.name, one.description) for one in found if isinstance(one, RunRecord)]
        assert said == [("Home", "Home It rained."), ("", "")]

    def test_hostile_notes(self) -> None:
        text = HOSTILE.replace("\x1b", "\x9b")
        record = make_tcx.run(make_tcx.document(make_tcx.activity(tail=f"<Notes>{text}</Notes>")))
        assert 400 < len(record.description) <= MAX_TEXT
        assert record.description.isprintable()


WITH_ASCENT = [name for name, form in FORMS.items() if "elapsed" in form.at]
WITH_DESCRIPTION = [name for name in FORMS if name != "Dutch"]


def strava_run(form: Form, folder: Path, cells: dict[int, str], **more: str) -> RunRecord:
    """The run of a one-row table, in which `cells` are set by their columns."""
    at = {**form.at, **{f"column {column}": column for column in cells}}
    placed = {f"column {column}": text for column, text in cells.items()}
    widened = Form(form.header, at, form.date, form.kind, form.distance, form.metres)
    table = widened.table(widened.row(**placed, **more))
    (record,) = make_exports.all_runs(
        make_exports.write_folder(folder, {"activities.csv": table.encode()})
    )
    return record


class TestStrava:
    @pytest.mark.parametrize("name", WITH_ASCENT)
    def test_the_climb_in_every_form(self, name: str, tmp_path: Path) -> None:
        form = FORMS[name]
        column = 12 if name in ("Spanish", "Dutch") else 20
        assert strava_run(form, tmp_path, {column: "123.4"}).ascent_mm == 123_400

    @pytest.mark.parametrize("name", WITH_DESCRIPTION)
    def test_the_description_in_every_form(self, name: str, tmp_path: Path) -> None:
        record = strava_run(FORMS[name], tmp_path, {4: "Hills,\n\x1b[2J #trail"})
        assert record.description == "Hills, [2J #trail"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("0.0", 0), ("0", 0), ("0,0", 0), ("", None), ("12,5", 12_500), ("1,234.5", 1_234_500),
         ("1.234,5", 1_234_500), ("1,234", 1_234_000), ("1.234", 1_234), ("-4", None),
         ("nan", None), ("1e9", None), ("999999999", None)],
    )  # fmt: skip
    def test_climbs(self, text: str, expected: int | None, tmp_path: Path) -> None:
        assert strava_run(LONG, tmp_path, {20: text}).ascent_mm == expected

    def test_the_rest_from_a_file_that_is_read_anyway(self, tmp_path: Path) -> None:
        row = LONG.row(metres="", distance="", file="activities/7.gpx")
        files = {"7.gpx": make.document(make.track(hill(100, 150))).encode()}
        (record,) = make_exports.all_runs(
            make_exports.write_folder(tmp_path, export(row, files=files))
        )
        assert (record.start, record.finish) == (HERE, (52.001, 13.4))
        assert record.ascent_mm == 50_000


class TestRunkeeper:
    def _run(self, folder: Path, *rows: str, header: str = "", **files: str) -> RunRecord:
        table = (header or make_exports.HEADER) + "".join(rows)
        members = {"cardioActivities.csv": table} | files
        encoded = {name: text.encode() for name, text in members.items()}
        (record,) = make_exports.all_runs(make_exports.write_folder(folder, encoded))
        return record

    def test_the_climb_and_the_notes(self, tmp_path: Path) -> None:
        record = self._run(tmp_path, make_exports.row(name="River", notes="Muddy\nhills"))
        assert (record.ascent_mm, record.description) == (12_000, "Muddy hills")

    def test_the_climb_in_feet(self, tmp_path: Path) -> None:
        header = make_exports.HEADER.replace("Climb (m)", "Climb (ft)")
        record = self._run(tmp_path, make_exports.row(), header=header)
        assert record.ascent_mm == round(12 * 304.8)

    def test_without_the_column(self, tmp_path: Path) -> None:
        header = make_exports.HEADER.replace("Climb (m)", "Something")
        assert self._run(tmp_path, make_exports.row(), header=header).ascent_mm is None

    def test_the_start_is_its_files(self, tmp_path: Path) -> None:
        begun = make_exports.utc(2020, 5, 2, 13, 16, 20)
        text = make.document(make.track(make.point("0.0", "0.0") + make.line(start=begun)))
        record = self._run(tmp_path, make_exports.row(file="r.gpx"), **{"r.gpx": text})
        assert (record.start, record.finish) == (HERE, None)

    def test_another_runs_file_places_nothing(self, tmp_path: Path) -> None:
        begun = make_exports.utc(2019, 5, 2, 13, 16, 20)
        text = make.document(make.track(make.line(start=begun)))
        assert self._run(tmp_path, make_exports.row(file="r.gpx"), **{"r.gpx": text}).start is None

    def test_all_of_a_file_that_is_read_for_the_distance(self, tmp_path: Path) -> None:
        begun = make_exports.utc(2020, 5, 2, 13, 16, 20)
        text = make.document(make.track(make.line(start=begun)))
        row = make_exports.row(distance="", file="r.gpx")
        record = self._run(tmp_path, row, **{"r.gpx": text})
        assert (record.start, record.finish, record.ascent_mm) == (HERE, THERE, 12_000)


class TestAppleHealth:
    def _results(self, folder: Path, body: str, **files: str) -> list[RunRecord | Skip]:
        members = {"export.xml": make_exports.health(body).encode()}
        routes = {f"workout-routes/{name}": text.encode() for name, text in files.items()}
        return make_exports.all_results(make_exports.write_folder(folder, members | routes))

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("3230 cm", 32_300), ("32.3 m", 32_300), ("0 cm", 0), ("106 ft", 32_309), ("3230", None),
         ("many cm", None), ("-4 cm", None), ("nan cm", None), ("5 parsec", None), ("", None)],
    )  # fmt: skip
    def test_climbs(self, text: str, expected: int | None, tmp_path: Path) -> None:
        body = make_exports.statistic() + make_exports.metadata(HKElevationAscended=text)
        (record,) = self._results(tmp_path, make_exports.workout(body))
        assert isinstance(record, RunRecord)
        assert record.ascent_mm == expected

    def test_of_a_multisport_workout_it_is_not_the_runs(self, tmp_path: Path) -> None:
        body = make_exports.statistic() + make_exports.metadata(HKElevationAscended="3230 cm")
        (record,) = self._results(tmp_path, make_exports.workout(body, "SwimBikeRun"))
        assert isinstance(record, RunRecord)
        assert record.ascent_mm is None

    def test_by_the_route_that_is_read_for_the_distance(self, tmp_path: Path) -> None:
        reference = '<WorkoutRoute><FileReference path="/workout-routes/r.gpx"/></WorkoutRoute>'
        route = make.document(make.track(hill(100, 150)))
        (record,) = self._results(tmp_path, make_exports.workout(reference), **{"r.gpx": route})
        assert isinstance(record, RunRecord)
        assert (record.start, record.finish) == (HERE, (52.001, 13.4))
        assert record.ascent_mm == 50_000
