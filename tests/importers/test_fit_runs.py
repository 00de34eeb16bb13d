"""What a FIT file's sessions come to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shoetrack.importers.fit.outings import NO_TOTAL, PARTLY, UNBELIEVED
from shoetrack.model import DistanceSource
from shoetrack.sport import Sport

from .make import START
from .make_fit import (
    ACTIVITY,
    BYTES,
    CYCLING,
    DEVICE_INFO,
    ENUM,
    F32,
    FILE_ID,
    HIKING,
    NO_U32,
    NOW,
    RUNNING,
    SESSION,
    SPORT,
    SWIMMING,
    TEXT,
    TRANSITION,
    U8,
    U16,
    U32,
    WALKING,
    Fields,
    Writer,
    activity,
    body,
    file_id,
    reasons,
    records,
    results,
    run,
    runs,
    session,
)  # fmt: skip


def test_a_run() -> None:
    found = run(body(session(f110=(TEXT, "Laufen"))).file())
    assert (found.kind, found.index, found.sport, found.name) == ("fit", 0, Sport.RUN, "Laufen")
    assert (found.distance_mm, found.distance_from) == (5_000_000, DistanceSource.SESSION)
    assert (found.started_at, found.duration_s) == (START, 1500)
    assert found.ended_at == START + timedelta(seconds=1500)
    assert (found.utc_offset_s, found.local_date) == (7200, date(2026, 5, 1))
    assert found.creator == found.device == "Garmin Forerunner 935"
    assert found.remarks == ()


def test_the_timer_stands_still_in_pauses_and_the_end_is_where_it_ended() -> None:
    found = run(body(session(f7=(U32, 2_000_500), f8=(U32, 1_400_400))).file())
    assert found.duration_s == 1400
    assert found.ended_at == START + timedelta(seconds=2000.5)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("header", [12, 14, 20])
def test_both_byte_orders_and_every_header(big_endian: bool, header: int) -> None:
    found = run(body(session(), big_endian=big_endian).file(header))
    assert (found.distance_mm, found.duration_s, found.sport) == (5_000_000, 1500, Sport.RUN)
    assert found.utc_offset_s == 7200


@pytest.mark.parametrize(
    ("sport", "sub_sport", "expected"),
    [
        (RUNNING, 0, Sport.RUN), (RUNNING, 1, Sport.TREADMILL), (RUNNING, 2, Sport.RUN),
        (RUNNING, 3, Sport.TRAIL_RUN), (RUNNING, 4, Sport.RUN), (RUNNING, 45, Sport.TREADMILL),
        (RUNNING, 58, Sport.TREADMILL), (RUNNING, 67, Sport.TRAIL_RUN), (RUNNING, 0xFF, Sport.RUN),
        (RUNNING, 200, Sport.RUN), (WALKING, 0, Sport.WALK), (WALKING, 27, Sport.WALK),
        (WALKING, 31, Sport.WALK), (HIKING, 0, Sport.HIKE), (16, 0, Sport.HIKE),
        (35, 0, Sport.HIKE), (4, 1, Sport.TREADMILL), (4, 27, Sport.WALK), (0, 0, None),
        (0xFF, 0xFF, None), (0, 1, Sport.TREADMILL),
    ],
)  # fmt: skip
def test_what_is_on_foot(sport: int, sub_sport: int, expected: Sport | None) -> None:
    assert run(body(session(sport=sport, sub_sport=sub_sport)).file()).sport is expected


@pytest.mark.parametrize(
    ("sport", "words"),
    [(CYCLING, "a ride"), (21, "a ride"), (SWIMMING, "a swim"), (15, "another sport: rowing"),
     (4, "another sport: fitness equipment"), (65, "another sport: wheelchair"),
     (199, "another sport: number 199 in FIT")],
)  # fmt: skip
def test_what_is_not(sport: int, words: str) -> None:
    assert reasons(body(session(sport=sport)).file()) == [words]


def test_a_profiles_name_tells_where_the_numbers_do_not() -> None:
    assert reasons(body(session(sport=0, f110=(TEXT, "Radfahren"))).file()) == ["a ride"]
    assert run(body(session(sport=0, f110=(TEXT, "Wandern"))).file()).sport is Sport.HIKE
    rower = session(sport=4, sub_sport=14, f110=(TEXT, "Indoor Rowing"))
    assert reasons(body(rower).file()) == ["another sport: Indoor Rowing"]


def test_the_sport_message_stands_in_for_a_session_that_names_none() -> None:
    profile: Fields = {0: (ENUM, WALKING), 1: (ENUM, 0), 3: (TEXT, "Gehen")}
    bare = {key: value for key, value in session().items() if key not in (5, 6)}
    found = run(Writer().put(FILE_ID, file_id()).put(SPORT, profile).put(SESSION, bare).file())
    assert (found.sport, found.name) == (Sport.WALK, "Gehen")


@pytest.mark.parametrize(
    ("kind", "word"),
    [(6, "a course"), (5, "a workout"), (2, "settings"), (32, "monitoring"), (9, "weight"),
     (1, "device"), (34, "segment"), (77, "type 77")],
)  # fmt: skip
def test_other_kinds_of_file_are_no_runs(kind: int, word: str) -> None:
    (reason,) = reasons(body(session(), kind=kind).file())
    assert word in reason
    assert reason.endswith("not a run")


def test_a_file_that_does_not_say_its_kind_is_known_by_its_session() -> None:
    assert run(Writer().put(SESSION, session()).file()).distance_mm == 5_000_000


def multisport(*legs: Fields) -> bytes:
    return body(*legs, summary=activity(kind=1)).file()


def test_multisport_each_leg_on_foot_is_a_run_and_transitions_are_none() -> None:
    found = results(
        multisport(
            session(sport=SWIMMING, seconds=900, distance_cm=75_000),
            session(sport=TRANSITION, start=NOW + 900, seconds=60, distance_cm=10_000),
            session(sport=CYCLING, start=NOW + 960, seconds=2400, distance_cm=2_000_000),
            session(sport=TRANSITION, start=NOW + 3360, seconds=60, distance_cm=9_000),
            session(start=NOW + 3420),
        )
    )
    assert [getattr(one, "reason", "run") for one in found] == ["a swim", "a ride", "run"]
    last = found[-1]
    assert (getattr(last, "index", None), getattr(last, "distance_mm", None)) == (2, 5_000_000)


def test_a_duathlons_two_runs_are_two() -> None:
    legs = [session(), session(sport=CYCLING, start=NOW + 1500), session(start=NOW + 3000)]
    assert [one.index for one in runs(body(*legs).file())] == [0, 2]


def test_the_legs_of_a_multisport_activity_are_never_joined() -> None:
    legs = [session(), session(start=NOW + 1500)]
    assert len(runs(multisport(*legs))) == 2
    assert len(runs(body(legs[0], {**legs[1], 28: (ENUM, 2)}).file())) == 2


def test_sessions_of_one_sport_are_one_outing_with_the_sum_of_their_distances() -> None:
    later = session(200_000, start=NOW + 3600, seconds=600)
    found = run(body(session(), later).file())
    assert (found.distance_mm, found.distance_from) == (7_000_000, DistanceSource.SESSION)
    assert found.duration_s == 2100
    assert found.ended_at == START + timedelta(seconds=4200)


def test_hours_apart_they_are_outings_of_their_own() -> None:
    found = runs(body(session(), session(start=NOW + 6 * 3600)).file())
    assert [one.index for one in found] == [0, 1]


@pytest.mark.parametrize("start", [NOW + 600, NOW - 600, NOW - 90_000])
def test_sessions_that_overlap_or_run_backwards_are_not_added_up(start: int) -> None:
    found = runs(body(session(), session(start=start)).file())
    assert [one.distance_mm for one in found] == [5_000_000, 5_000_000]


def test_a_clocks_jitter_does_not_part_two_sessions() -> None:
    found = run(body(session(), session(start=NOW + 1499), session(start=NOW + 2999)).file())
    assert (found.distance_mm, found.duration_s) == (15_000_000, 4500)


def test_sessions_of_two_sports_on_foot_are_two_runs() -> None:
    found = runs(body(session(), session(sport=WALKING, start=NOW + 1500)).file())
    assert [one.sport for one in found] == [Sport.RUN, Sport.WALK]


def test_a_session_written_again_is_corrected_not_added() -> None:
    assert run(body(session(400_000), session(500_000)).file()).distance_mm == 5_000_000


def test_a_part_without_a_distance_is_said() -> None:
    writer = body(session(), session(NO_U32, start=NOW + 1600, seconds=60))
    found = run(writer.file())
    assert (found.distance_mm, found.remarks) == (5_000_000, (PARTLY,))


def test_chained_files_are_read_in_their_order() -> None:
    course = body(kind=6).file()
    found = results(body(session()).file() + course + body(session(start=NOW + 90_000)).file(12))
    assert [getattr(one, "index", None) for one in found] == [0, None, 2]


def test_a_chained_addition_without_a_run_says_nothing() -> None:
    addition = Writer().put(132, {253: (U32, NOW), 9: (BYTES, bytes(8))}).file()
    assert len(results(body(session()).file() + addition)) == 1


@pytest.mark.parametrize("distance", [0, NO_U32])
def test_no_distance_is_unknown_never_0(distance: int) -> None:
    found = run(Writer().put(FILE_ID, file_id()).put(SESSION, session(distance)).file())
    assert (found.distance_mm, found.distance_from, found.duration_s) == (None, None, 1500)


def test_a_session_without_a_distance_takes_that_of_the_records() -> None:
    found = run(body(session(NO_U32)).file())
    assert (found.distance_mm, found.distance_from) == (300_000, DistanceSource.COMPUTED)
    assert found.remarks == (NO_TOTAL,)


def test_a_distance_that_no_one_can_have_run_is_not_taken() -> None:
    found = run(body(session(100_000_000_0)).file())
    assert (found.distance_mm, found.remarks) == (300_000, (UNBELIEVED, NO_TOTAL))
    fast = run(Writer().put(SESSION, session(500_000, seconds=60)).file())
    assert (fast.distance_mm, fast.remarks) == (None, (UNBELIEVED,))


@pytest.mark.parametrize("start", [0, 12345, 0x0FFF_FFFF])
def test_a_time_since_switching_on_is_no_date(start: int) -> None:
    data = Writer().put(FILE_ID, {0: (ENUM, 4)}).put(SESSION, session(start=start)).file()
    found = run(data)
    assert (found.started_at, found.ended_at, found.local_date) == (None, None, None)
    assert (found.distance_mm, found.duration_s) == (5_000_000, 1500)
    assert run(data, "2024-05-10-19-32-04.fit").local_date == date(2024, 5, 10)


def test_a_start_that_is_not_stated_is_reckoned() -> None:
    bare = {key: value for key, value in session().items() if key != 2}
    assert run(body(bare).file()).started_at == START
    barer = {key: value for key, value in bare.items() if key not in (253, 7)}
    assert run(body(barer).file()).started_at == START  # when the file was begun
    assert run(body({9: (U32, 500_000)}).file()).duration_s is None


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(7200, 7200), (-9000, -9000), (20700, 20700), (7201, 7200), (7161, 7200), (0, 0),
     (50400, 50400), (-43200, -43200), (54000, None), (-50000, None), (7500, None), (None, None)],
)  # fmt: skip
def test_the_offset_is_a_whole_quarter_of_an_hour(offset: int | None, expected: int | None) -> None:
    found = run(body(session(), summary=activity(offset_s=offset)).file())
    assert found.utc_offset_s == expected
    assert (found.local_date is None) == (expected is None)


def test_the_day_is_the_runners() -> None:
    late = NOW + 16 * 3600  # 23:00 in UTC
    found = run(body(session(start=late), summary=activity(late)).file())
    assert found.local_date == date(2026, 5, 2)


def test_a_local_time_that_was_never_set_is_none() -> None:
    stamp: Fields = {253: (U32, NOW), 5: (U32, 0)}
    assert run(body(session(), summary=stamp).file()).utc_offset_s is None


def test_a_program_that_writes_utc_for_local_time_says_no_zone() -> None:
    data = (
        Writer().put(FILE_ID, file_id(maker=265)).put(SESSION, session())
        .put(ACTIVITY, activity(offset_s=0)).file()
    )  # fmt: skip
    found = run(data)
    assert (found.creator, found.device, found.utc_offset_s) == ("Strava", "", None)


def made_by(identity: Fields, *infos: Fields) -> tuple[str, str]:
    writer = Writer().put(FILE_ID, {0: (ENUM, 4), **identity}).put(SESSION, session())
    for info in infos:
        writer.put(DEVICE_INFO, info)
    found = run(writer.file())
    return found.creator, found.device


def test_who_made_it() -> None:
    strap: Fields = {0: (U8, 1), 2: (U16, 123), 27: (TEXT, "H10")}
    creator: Fields = {0: (U8, 0), 2: (U16, 123), 27: (TEXT, "Polar Vantage V")}
    assert made_by({1: (U16, 1), 2: (U16, 3600)}, strap)[1] == "Garmin Venu Sq"
    assert made_by({1: (U16, 1), 2: (U16, 9999)})[1] == "Garmin"
    assert made_by({1: (U16, 294), 8: (TEXT, "COROS PACE 2")})[1] == "COROS PACE 2"
    assert made_by({1: (U16, 32), 8: (TEXT, "RIVAL")})[1] == "Wahoo RIVAL"
    assert made_by({1: (U16, 123)}, strap, creator)[1] == "Polar Vantage V"
    assert made_by({}, creator)[1] == "Polar Vantage V"
    assert made_by({1: (U16, 1), 2: (U16, 65534)}) == ("Garmin Connect", "")
    assert made_by({1: (U16, 260)}) == ("Zwift", "")
    assert made_by({1: (U16, 4321)}) == ("", "")
    assert made_by({}) == ("", "")


def test_a_name_is_what_a_terminal_may_show() -> None:
    raw = b"a\x1b[31m\tb\xff\xc3\xa9" + b"\0rest"
    assert run(body(session(f110=(TEXT, raw))).file()).name == "a [31m b\ufffdé"


def test_a_field_of_an_odd_type_or_size_is_unknown() -> None:
    found = run(body(session(f9=(F32, 5000.0))).file())
    assert found.distance_from is DistanceSource.COMPUTED
    odd = run(body(session(f9=(U32, bytes(3)), f8=(0x1F, bytes(4)), f5=(TEXT, "x"))).file())
    assert (odd.distance_from, odd.duration_s, odd.sport) == (DistanceSource.COMPUTED, 1500, None)


def test_bytes_too_many_for_a_number_are_none() -> None:
    found = run(body(session(f253=(BYTES, b"\1" * 200), f7=(BYTES, b"\1" * 200))).file())
    assert (found.duration_s, found.ended_at) == (1500, START + timedelta(seconds=1500))
    huge = run(body(session(f2=(BYTES, b"\1" * 8), f9=(BYTES, b"\1" * 8))).file())
    assert (huge.started_at, huge.distance_mm) == (None, 300_000)


def test_of_an_array_the_first_element_is_taken() -> None:
    doubled = (500_000).to_bytes(4, "little") + b"\xff" * 4
    assert run(body(session(f9=(U32, doubled))).file()).distance_mm == 5_000_000


def test_a_base_type_without_its_top_bit() -> None:
    assert run(body(session(f9=(0x06, (500_000).to_bytes(4, "little")))).file()).distance_mm


def test_a_timer_that_cannot_be_true_gives_way() -> None:
    assert run(body(session(f8=(U32, 9_000_000))).file()).duration_s == 1500
    assert run(body(session(f7=(U32, NO_U32))).file()).ended_at == START + timedelta(seconds=1500)
    forever = run(body(session(f7=(U32, 4_000_000_000), f8=(U32, NO_U32))).file())
    assert forever.duration_s == 1500
    assert forever.started_at == datetime(2026, 5, 1, 7, tzinfo=UTC)


def test_nothing_in_it() -> None:
    assert reasons(Writer().put(FILE_ID, file_id()).file()) == ["nothing recorded in it"]
    assert reasons(multisport(session(sport=TRANSITION))) == ["nothing recorded in it"]
    assert reasons(records(Writer().put(FILE_ID, file_id()), 0).file()) == [
        "nothing recorded in it"
    ]
