"""What a TCX file tells: laps, distances, times, sports and names."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from .make import START
from .make_tcx import (
    activity,
    document,
    lap,
    results,
    run,
    stamp,
    trackpoint,
    trackpoints,
    whole,
)


def test_a_plain_run() -> None:
    assert run(document()) == RunRecord(
        kind="tcx",
        digest="d" * 64,
        index=0,
        source="run.tcx",
        sport=Sport.RUN,
        started_at=START,
        ended_at=START + timedelta(seconds=100),
        distance_mm=1_000_000,
        distance_from=DistanceSource.DEVICE,
        duration_s=100,
        name="Home",
        creator="Connect Api",
        device="Forerunner 245",
        description="Home It rained.",
        start=(52.0, 13.4),
        finish=(52.01, 13.4),
        ascent_mm=0,
    )


def test_the_distance_is_the_sum_of_the_laps() -> None:
    laps = lap(metres=1000.4, seconds=100.5) + lap(
        trackpoints(11, 11), metres="1234.5678", seconds=200
    )
    record = run(document(activity(laps)))
    assert (record.distance_mm, record.duration_s) == (2_234_968, 300)
    assert record.distance_from is DistanceSource.DEVICE
    assert record.remarks == ()


class TestLapsWithoutADistance:
    def test_by_the_points_counts(self) -> None:
        laps = lap(metres="") + lap(trackpoints(11, 11), metres="")
        record = run(document(activity(laps)))
        assert record.distance_mm == 2_100_000  # with the hundred metres between the laps
        assert record.distance_from is DistanceSource.COMPUTED
        assert record.remarks == ("states no distance: it was summed along its points",)

    def test_a_count_that_begins_anew_with_each_lap(self) -> None:
        again = trackpoints(11, 11, distances=False).split("\n")
        points = "\n".join(
            line.replace("</Trackpoint>", f"<DistanceMeters>{50 * i}</DistanceMeters></Trackpoint>")
            for i, line in enumerate(again)
        )
        assert run(document(activity(lap(metres="") + lap(points, metres="")))).distance_mm == (
            1_500_000
        )

    def test_a_count_that_holds_the_metres_of_a_lap_without_points(self) -> None:
        laps = lap("", metres=1000) + lap(trackpoints(11, 10), metres="")
        record = run(document(activity(laps)))
        assert record.distance_mm == 2_000_000
        assert record.remarks == (
            "1 of 2 laps state no distance: they were summed by their points",
        )

    def test_jitter_in_the_count_adds_nothing(self) -> None:
        counts = ("0", "50", "49.5", "100", "nan", "-7", "", "99", "100,5")
        points = "".join(trackpoint(metres=count) for count in counts)
        assert run(document(activity(lap(points, metres="")))).distance_mm == 100_500

    def test_by_the_positions_where_the_points_count_nothing(self) -> None:
        record = run(document(activity(lap(trackpoints(distances=False), metres=""))))
        assert record.distance_mm == pytest.approx(1_111_949, abs=2)
        assert record.distance_from is DistanceSource.COMPUTED

    def test_no_hop_leads_over_a_pause(self) -> None:
        tracks = trackpoints(6, distances=False) + "</Track><Track>"
        tracks += trackpoints(5, 6, distances=False)
        record = run(document(activity(lap(tracks, metres=""))))
        assert record.distance_mm == pytest.approx(1_000_754, abs=2)

    def test_a_hop_from_lap_to_lap_counts(self) -> None:
        laps = lap(trackpoints(6, distances=False), metres="")
        laps += lap(trackpoints(5, 6, distances=False), metres="")
        record = run(document(activity(laps)))
        assert record.distance_mm == pytest.approx(1_111_949, abs=2)

    def test_some_laps_state_one(self) -> None:
        laps = lap(metres=1500) + lap(trackpoints(11, 11), metres="nan")
        record = run(document(activity(laps)))
        assert record.distance_mm == 2_600_000
        assert record.distance_from is DistanceSource.COMPUTED

    def test_a_lap_of_which_nothing_is_known(self) -> None:
        record = run(document(activity(lap(metres=1500) + lap("", metres=""))))
        assert record.distance_mm == 1_500_000
        assert "1 of 2 laps have no distance at all" in record.remarks[1]

    def test_all_laps_state_zero(self) -> None:
        record = run(document(activity(lap(metres=0) + lap(trackpoints(11, 11), metres="0.0"))))
        assert record.distance_mm == 2_100_000
        assert record.distance_from is DistanceSource.COMPUTED

    def test_a_standing_lap_is_a_distance(self) -> None:
        record = run(document(activity(lap() + lap("", metres="0.0", seconds=60))))
        assert record.distance_mm == 1_000_000
        assert record.distance_from is DistanceSource.DEVICE


def test_a_treadmill_without_positions() -> None:
    record = run(document(activity(lap(trackpoints(places=False), metres=950))))
    assert (record.distance_mm, record.distance_from) == (950_000, DistanceSource.DEVICE)
    assert record.started_at == START


def test_no_points_at_all() -> None:
    record = run(document(activity(lap("", metres=5000, seconds=1800))))
    assert record.distance_mm == 5_000_000
    assert record.ended_at == START + timedelta(seconds=1800)


def test_no_distance_anywhere_is_unknown_and_not_zero() -> None:
    for metres in ("", 0, "nan", "inf", -3, "far"):
        points = trackpoints(places=False, distances=False)
        record = run(document(activity(lap(points, metres=metres))))
        assert (record.distance_mm, record.distance_from) == (None, None)
        assert record.duration_s == 100


def test_an_absurd_distance_is_measured_instead() -> None:
    record = run(document(activity(lap(trackpoints(distances=False), metres=1_000_000))))
    assert record.distance_mm == pytest.approx(1_111_949, abs=2)
    assert "contradicts" in record.remarks[0]


@pytest.mark.parametrize(
    ("sport", "expected"),
    [("Running", Sport.RUN), ("running", Sport.RUN), ("Walking", Sport.WALK), ("Other", None),
     ("", None), ("Hiking", Sport.HIKE)],
)  # fmt: skip
def test_sports_on_foot(sport: str, expected: Sport | None) -> None:
    assert run(document(activity(sport=sport))).sport is expected


def test_other_sports_are_skipped() -> None:
    assert results(document(activity(sport="Biking"))) == [Skip("run.tcx", "a ride")]
    (skip,) = results(document(activity(sport="Rowing")))
    assert skip == Skip("run.tcx", "another sport: Rowing")


def test_several_activities() -> None:
    found = results(document(activity() + activity(sport="Biking") + activity(lap(metres=900))))
    assert isinstance(found[1], Skip)
    runs = [(one.index, one.distance_mm) for one in found if isinstance(one, RunRecord)]
    assert runs == [(0, 1_000_000), (2, 900_000)]


def test_a_multisport_session() -> None:
    transition = f'<Transition StartTime="{stamp(START)}"><TotalTimeSeconds>90</TotalTimeSeconds>'
    transition += "<DistanceMeters>200</DistanceMeters></Transition>"
    body = (
        f"<MultiSportSession><Id>{stamp(START)}</Id>"
        f"<FirstSport>{activity(sport='Other')}</FirstSport>"
        f"<NextSport>{transition}{activity(sport='Biking')}</NextSport>"
        f"<NextSport>{transition}{activity(lap('', metres=10_000, seconds=2700))}</NextSport>"
        "<Notes>Triathlon</Notes></MultiSportSession>"
    )
    swim, ride, record = results(document(body))
    assert isinstance(swim, Skip)
    assert "not running: Other" in swim.reason
    assert ride == Skip("run.tcx", "a ride")
    assert isinstance(record, RunRecord)
    assert (record.index, record.distance_mm, record.name) == (2, 10_000_000, "Home")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<Courses><Course><Name>Loop</Name><Lap/><Track/></Course></Courses>", "only a course"),
        ("<Workouts><Workout Sport='Running'/></Workouts>", "only a planned workout"),
        ("<Folders><History/></Folders>", "nothing recorded"),
        ("<Activities/>", "nothing recorded"),
        ("<Activities><Activity Sport='Running'><Id>x</Id></Activity></Activities>", "nothing rec"),
        (f"<Activities>{activity(lap('', metres=0, seconds=0))}</Activities>", "nothing recorded"),
    ],
)
def test_what_is_no_run(body: str, reason: str) -> None:
    (skip,) = results(whole(body))
    assert isinstance(skip, Skip)
    assert skip.reason.startswith(reason)


def test_a_course_beside_a_run_is_passed_over() -> None:
    assert run(document(tail="<Courses><Course><Track/></Course></Courses>")).distance_mm


class TestTimes:
    def test_the_start_is_the_id_then_the_lap_then_the_first_point(self) -> None:
        early = START - timedelta(seconds=30)
        assert run(document(activity(id_=stamp(early)))).started_at == early
        laps = lap(start=START - timedelta(seconds=7))
        assert run(document(activity(laps, id_="17"))).started_at == START - timedelta(seconds=7)
        assert run(document(activity(lap(start=""), id_=""))).started_at == START

    def test_an_id_in_local_time_is_not_believed(self) -> None:
        record = run(document(activity(id_=stamp(START + timedelta(hours=2)))))
        assert record.started_at == START

    def test_an_id_with_a_zone_fixes_the_day(self) -> None:
        body = activity(lap("", start=""), id_="2026-05-01T23:30:00-04:00")
        record = run(document(body))
        assert record.started_at == START.replace(day=2, hour=3, minute=30)
        assert (record.utc_offset_s, record.local_date) == (-14400, date(2026, 5, 1))

    def test_without_any_time_the_name_may_tell_the_day(self) -> None:
        text = document(activity(lap(trackpoint(metres=5), start=""), id_=""))
        assert run(text, "2026-04-30 run.tcx").local_date == date(2026, 4, 30)
        record = run(text)
        assert (record.started_at, record.ended_at, record.local_date) == (None, None, None)

    def test_the_duration_is_the_laps_else_the_points(self) -> None:
        assert run(document(activity(lap(seconds=64.6)))).duration_s == 65
        for seconds in ("", "nan", -5, 0, 10**9):
            assert run(document(activity(lap(seconds=seconds)))).duration_s == 100

    def test_the_end_is_never_before_the_start(self) -> None:
        record = run(document(activity(lap(trackpoint(stamp(START - timedelta(minutes=5)))))))
        assert record.started_at == START
        assert record.ended_at == START + timedelta(seconds=100)


def test_names_are_one_line() -> None:
    record = run(document(activity(tail="<Notes>\n\n  Early \t run \x85 2\nand more</Notes>")))
    assert (record.name, record.device) == ("Early run", "")
    assert run(document(activity(tail="")), "x").name == ""


def test_any_prefix() -> None:
    import re

    text = re.sub(r"<(/?)(?!e:)([A-Z])", r"<\1tcd:\2", document())
    assert run(text.replace("xmlns=", "xmlns:tcd=")) == run(document())


def test_a_foreign_element_is_not_the_laps() -> None:
    text = document().replace("<Calories>", "<e:DistanceMeters>9</e:DistanceMeters><Calories>")
    assert run(text).distance_mm == 1_000_000
    text = document(activity(lap(metres=""))).replace("xmlns:e", "xmlns:f")
    assert run(text).distance_mm == 1_000_000
