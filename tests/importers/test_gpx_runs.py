"""What a readable GPX file comes to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from .make import START, document, line, point, results, run, segment, track

STEP_MM = 111_195  # 0.001 degrees of a sphere of 6371.0088 km
STATS = "<extensions><g:TrackStatsExtension>{}</g:TrackStatsExtension></extensions>"


def skip_reason(text: str) -> str:
    (found,) = results(text)
    assert isinstance(found, Skip), found
    return found.reason


def test_a_plain_run() -> None:
    record = run(document(creator="Garmin Forerunner 245 with Barometer"))
    assert record.kind == "gpx"
    assert (record.name, record.sport) == ("Home", Sport.RUN)
    assert (record.started_at, record.ended_at) == (START, START + timedelta(seconds=100))
    assert (record.utc_offset_s, record.local_date) == (None, None)
    assert record.distance_mm == pytest.approx(10 * STEP_MM, abs=3)
    assert record.distance_from is DistanceSource.COMPUTED
    assert record.duration_s == 100
    assert record.device == record.creator == "Garmin Forerunner 245 with Barometer"
    assert record.remarks == ()


@pytest.mark.parametrize(
    "creator", ["Garmin Connect", "StravaGPX", "https://gpx.studio", "strava.com iPhone", ""]
)
def test_a_web_site_is_no_device(creator: str) -> None:
    assert run(document(creator=creator)).device == ""


@pytest.mark.parametrize("creator", ["eTrex 20x", "Suunto 9 Peak", "fenix 7", "Polar Vantage V"])
def test_a_watch_is_one(creator: str) -> None:
    assert run(document(creator=creator)).device == creator


def test_any_prefix_and_gpx_1_0() -> None:
    plain = run(document())
    prefixed = document().replace("</", "</g:").replace("<", "<g:").replace("<g:/g:", "</g:")
    prefixed = prefixed.replace("<g:?", "<?").replace("xmlns=", "xmlns:g=")
    assert run(prefixed) == plain
    old = document(head="<time>2026-05-01T06:59:00Z</time>").replace("GPX/1/1", "GPX/1/0")
    assert run(old) == plain


def test_an_undeclared_prefix_and_foreign_elements_are_passed_over() -> None:
    foreign = "<x:time>1990-01-01T00:00:00Z</x:time><x:trkpt lat='1' lon='1'/>"
    points = line(2) + point(52.5, 13.4, "2026-05-01T08:00:00Z", foreign)
    head = "<x:name>no</x:name><x:type>ride</x:type><name>yes</name><type>run</type>"
    record = run(document(track(points, head)))
    assert (record.name, record.sport) == ("yes", Sport.RUN)
    assert record.started_at == START


def test_extensions_never_confuse() -> None:
    evil = (
        "<extensions><time>1999-01-01T00:00:00Z</time><extensions><ele>9</ele></extensions>"
        "<trkpt lat='0.5' lon='0.5'><time>x</time></trkpt><trkseg/><trk/><name>evil</name>"
        "<e:time>1999-01-01T00:00:00Z</e:time></extensions>"
    )
    points = "".join(
        point(52 + i / 1000, 13.4, f"2026-05-01T07:00:{i:02}Z", evil) for i in range(11)
    )
    head = "<extensions><name>evil</name><type>ride</type><trkseg/></extensions><name>good</name>"
    record = run(document(track(points, head), head=evil))
    assert (record.name, record.started_at, record.duration_s) == ("good", START, 10)
    assert record.distance_mm == pytest.approx(10 * STEP_MM, abs=3)


def test_segments_join_without_a_hop_between_them() -> None:
    later = START + timedelta(hours=1)
    body = f"<trk>{segment(line())}<trkseg/>{segment(line(start=later))}</trk>"
    record = run(document(body))
    assert record.distance_mm == pytest.approx(20 * STEP_MM, abs=3)
    assert record.duration_s == 200
    assert record.ended_at == later + timedelta(seconds=100)


def test_an_opentracks_pause_is_a_break() -> None:
    pause = point("100", "0", "2026-05-01T07:30:00Z") + point("200", "0", "2026-05-01T07:40:00Z")
    points = line() + pause + line(start=START + timedelta(hours=1))
    record = run(document(track(points)))
    assert record.distance_mm == pytest.approx(20 * STEP_MM, abs=3)
    assert record.duration_s == 200


def test_the_date_line_is_crossed_the_short_way() -> None:
    points = point(0, "179.9995", "2026-05-01T07:00:00Z") + point(0, "-179.9995")
    for creator in ("test", "Garmin Connect"):
        assert run(document(track(points), creator)).distance_mm == pytest.approx(STEP_MM, abs=2)


def test_a_decimal_comma_is_read() -> None:
    assert run(document().replace('lat="52.', 'lat="52,')) == run(document())


def test_points_before_the_first_fix_are_left_out() -> None:
    record = run(document(track(point(0, 0, "2026-05-01T06:00:00Z") * 3 + line())))
    assert record.distance_mm == pytest.approx(10 * STEP_MM, abs=3)
    assert record.started_at == START
    assert "3 at 0/0" in record.remarks[0]


def test_a_track_wholly_at_zero_has_times_and_no_distance() -> None:
    points = point(0, 0, "2026-05-01T07:00:00Z") + point("0.0", "-0", "2026-05-01T07:30:00Z")
    record = run(document(track(points)))
    assert (record.distance_mm, record.distance_from) == (None, None)
    assert (record.started_at, record.duration_s) == (START, 1800)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_one_spot_is_an_unknown_distance(count: int) -> None:
    for creator in ("test", "Garmin Connect"):
        record = run(document(track(point(52, 13, "2026-05-01T07:00:00Z") * count), creator))
        assert (record.distance_mm, record.started_at) == (None, START)
        assert (record.ended_at, record.duration_s) == (None, None)


def test_a_treadmill_run_starts_when_the_file_says() -> None:
    head = "<metadata><name>Gym</name><time>2026-05-01T09:00:00+02:00</time></metadata>"
    record = run(document("<trk><type>treadmill_running</type></trk><trk/>", head=head))
    assert record.distance_mm is None
    assert (record.started_at, record.ended_at) == (START, None)
    assert (record.utc_offset_s, record.local_date) == (7200, date(2026, 5, 1))
    assert (record.sport, record.name) == (Sport.TREADMILL, "Gym")


def test_a_treadmill_run_with_a_total() -> None:
    record = run(document("<trk/><extensions><distance>5012.3</distance></extensions>"))
    assert (record.distance_mm, record.distance_from) == (5_012_300, DistanceSource.DEVICE)


def test_an_empty_track_beside_a_full_one_is_passed_over() -> None:
    assert run(document("<trk/>" + track() + "<trk><trkseg/></trk>")).index == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<rte><rtept lat='1' lon='1'/></rte><wpt lat='1' lon='1'/>", "only a route"),
        ("<wpt lat='1' lon='1'/>", "only waypoints"),
        ("", "nothing recorded"),
    ],
)
def test_without_a_track_there_is_no_run(body: str, reason: str) -> None:
    assert reason in skip_reason(document(body))


@pytest.mark.parametrize(
    ("word", "reason"),
    [("cycling", "a ride"), ("lap_swimming", "a swim"), ("Skiing", "another sport: Skiing")],
)
def test_other_sports_are_skipped(word: str, reason: str) -> None:
    assert skip_reason(document(track(head=f"<type>{word}</type>"))) == reason


def test_the_translated_type_counts_only_where_the_type_says_nothing() -> None:
    told = (
        "<extensions><opentracks:typeTranslated>Wanderung</opentracks:typeTranslated></extensions>"
    )
    assert run(document(track(head="<type>unknown</type>" + told))).sport is Sport.HIKE
    assert run(document(track(head="<type>running</type>" + told))).sport is Sport.RUN
    assert run(document(track(head="<name>n</name>"))).sport is None


def test_the_index_is_the_place_in_the_list() -> None:
    ride = track(head="<type>cycling</type>")
    found = results(document("<trk/>" + track() + ride + track()))
    indexes = [one.index if isinstance(one, RunRecord) else None for one in found]
    assert indexes == [0, None, 2]


class TestTotals:
    def test_the_files_own_total_is_believed(self) -> None:
        extra = "<extensions><gpxx:distance>1200.5</gpxx:distance></extensions>"
        record = run(document(track() + extra))
        assert (record.distance_mm, record.distance_from) == (1_200_500, DistanceSource.DEVICE)
        assert run(document(extra + track())) == record

    def test_a_tracks_statistics_are_believed(self) -> None:
        inner = "<g:Distance>1200</g:Distance><g:TimerTime>90</g:TimerTime>"
        record = run(document(track(head=STATS.format(inner))))
        assert (record.distance_mm, record.duration_s) == (1_200_000, 90)

    def test_a_total_is_not_given_to_each_of_several_tracks(self) -> None:
        total = "<extensions><distance>2300</distance></extensions>"
        found = results(document(track() + track() + total))
        assert [r.distance_from for r in found if isinstance(r, RunRecord)] == [
            DistanceSource.COMPUTED
        ] * 2

    @pytest.mark.parametrize("text", ["0", "-5", "nan", "inf", "1e400", "far", "", "0.0"])
    def test_no_total_at_all(self, text: str) -> None:
        extra = f"<extensions><distance>{text}</distance></extensions>"
        record = run(document(track() + extra))
        assert (record.distance_from, record.remarks) == (DistanceSource.COMPUTED, ())

    @pytest.mark.parametrize("metres", ["222125.5", "1.2", "1e9"])
    def test_an_absurd_total_is_not_believed(self, metres: str) -> None:
        extra = f"<extensions><distance>{metres}</distance></extensions>"
        record = run(document(track() + extra))
        assert record.distance_from is DistanceSource.COMPUTED
        assert "contradicts" in record.remarks[0]

    def test_indoor_drift_does_not_contradict_a_total(self) -> None:
        points = line(2, step_s=3600)
        extra = "<extensions><distance>10000</distance></extensions>"
        assert run(document(track(points) + extra)).distance_mm == 10_000_000

    def test_a_wild_spike_does_not_contradict_a_total(self) -> None:
        points = line() + point(10, 10, "2026-05-01T07:02:00Z")
        extra = "<extensions><distance>1100</distance></extensions>"
        assert run(document(track(points) + extra)).distance_mm == 1_100_000

    def test_an_impossible_timer_is_not_believed(self) -> None:
        head = STATS.format("<g:TimerTime>99999</g:TimerTime>")
        assert run(document(track(head=head))).duration_s == 100


class TestTimes:
    def test_an_offset_gives_the_local_day(self) -> None:
        late = line(start=None).replace(
            "<ele>5</ele>", "<ele>5</ele><time>2026-05-01T00:30:00+02:00</time>"
        )
        record = run(document(track(late)))
        assert record.started_at == datetime(2026, 4, 30, 22, 30, tzinfo=UTC)
        assert (record.utc_offset_s, record.local_date) == (7200, date(2026, 5, 1))

    def test_without_times_the_name_dates_the_run(self) -> None:
        text = document(track(line(start=None)))
        record = run(text, "x.zip/2025-08-30 10_27_46.464 Wasserlinie.gpx")
        assert (record.started_at, record.duration_s) == (None, None)
        assert record.local_date == date(2025, 8, 30)
        assert run(text, "morning.gpx").local_date is None

    def test_else_the_metadata_or_another_track_does(self) -> None:
        bare = track(line(start=None))
        head = "<metadata><time>2026-04-03T10:00:00Z</time></metadata>"
        assert run(document(bare, head=head)).local_date == date(2026, 4, 3)
        first, second = results(document(bare + track()))
        assert isinstance(first, RunRecord)
        assert isinstance(second, RunRecord)
        assert (first.local_date, second.local_date) == (date(2026, 5, 1), None)

    def test_a_bad_time_is_no_time(self) -> None:
        points = (
            point(52, 13, "garbage") + point(52, 13.1, "0001-01-01T00:00:00Z")
            + point(52, 13.2, "1970-01-01T00:00:00Z") + line()
        )  # fmt: skip
        record = run(document(track(points)))
        assert (record.started_at, record.duration_s) == (START, 100)

    def test_a_clock_set_during_the_run_dates_it_by_the_later_times(self) -> None:
        early = line(3, start=datetime(1999, 8, 22, tzinfo=UTC))
        record = run(document(track(early + line())))
        assert record.started_at == START
        assert record.duration_s == 120
        assert "clock" in record.remarks[0]

    def test_one_wild_time_dates_nothing(self) -> None:
        points = line() + point(52.02, 13.4, "2062-01-01T00:00:00Z")
        points += line(start=START + timedelta(minutes=5))
        record = run(document(track(points)))
        assert record.ended_at == START + timedelta(minutes=5, seconds=100)
        assert record.duration_s == 200

    def test_time_going_backwards_is_never_negative(self) -> None:
        points = line() + line(start=START - timedelta(hours=2))
        record = run(document(track(points)))
        assert record.duration_s == 200
        assert record.started_at == START - timedelta(hours=2)

    def test_days_of_a_hike_are_one_run_whose_nights_do_not_count(self) -> None:
        record = run(document(track(line() + line(start=START + timedelta(days=2)))))
        assert (record.started_at, record.duration_s) == (START, 200)
        assert record.ended_at == START + timedelta(days=2, seconds=100)


def test_texts_are_cleaned_and_capped() -> None:
    name = "a\n\t b\x85\x9b" + "x" * 100_000
    record = run(document(track(head=f"<name>{name}</name>"), creator="c" * 5000))
    assert record.name.startswith("a b x")
    assert len(record.name) == 500
    assert len(record.creator) == 200


def test_a_total_under_a_metre_is_no_distance() -> None:
    stated = "<extensions><TrackStatsExtension><Distance>1e-320</Distance></TrackStatsExtension>"
    record = run(document(track(point(52.0, 13.4), f"{stated}</extensions>")))
    assert record.distance_mm is None
