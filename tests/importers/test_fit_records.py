"""The distance and the times of a run along its records."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shoetrack.importers.fit import records as fit_records
from shoetrack.importers.fit.outings import NO_SUMMARY, NO_TOTAL
from shoetrack.model import DistanceSource
from shoetrack.sport import Sport

from .make import START
from .make_fit import (
    BYTES,
    CYCLING,
    ENUM,
    EVENT,
    FILE_ID,
    LAP,
    NO_U32,
    NOW,
    RECORD,
    RUNNING,
    SESSION,
    SPORT,
    U8,
    U32,
    WALKING,
    Writer,
    around,
    file_id,
    reasons,
    records,
    run,
    runs,
    session,
)


def cut_off() -> Writer:
    return Writer().put(FILE_ID, file_id())


def test_the_times_are_those_of_the_records() -> None:
    found = run(records(cut_off()).file())
    assert (found.started_at, found.ended_at) == (START, START + timedelta(seconds=100))
    assert (found.duration_s, found.distance_mm, found.sport) == (100, 300_000, None)
    assert (found.distance_from, found.remarks) == (DistanceSource.COMPUTED, (NO_SUMMARY,))


def test_a_distance_that_counts_on_from_another_file_is_not_counted_again() -> None:
    assert run(records(cut_off(), first_cm=700_000).file()).distance_mm == 300_000


def test_a_count_that_begins_anew_is_counted_on() -> None:
    writer = records(records(cut_off(), first_cm=5_000), start=NOW + 110)
    assert run(writer.file()).distance_mm == 600_000


def test_without_a_count_the_positions_tell() -> None:
    found = run(records(cut_off(), step_cm=None, step_s=30).file())
    assert found.distance_mm == pytest.approx(1_111_951, abs=20)
    assert found.distance_from is DistanceSource.COMPUTED


@pytest.mark.parametrize("sub_sport", [1, 45])
def test_the_drift_of_a_treadmill_is_no_distance(sub_sport: int) -> None:
    writer = records(cut_off(), step_cm=None, step_s=30)
    found = run(writer.put(SESSION, session(0, sub_sport=sub_sport)).file())
    assert (found.distance_mm, found.sport, found.remarks) == (None, Sport.TREADMILL, ())


def test_no_count_and_no_places_is_unknown() -> None:
    found = run(records(cut_off(), step_cm=None, places=False).file())
    assert (found.distance_mm, found.distance_from, found.remarks) == (None, None, ())
    assert found.duration_s == 100


def test_a_count_or_a_place_that_no_one_can_have_reached() -> None:
    far = run(records(cut_off(), step_cm=99_999_999, places=False).file())
    assert far.distance_mm is None
    measured = run(records(cut_off(), step_cm=99_999_999, step_s=30).file())
    assert measured.distance_mm == pytest.approx(1_111_951, abs=20)


def test_a_stopped_timer_is_a_pause() -> None:
    writer = records(cut_off(), step_cm=None, step_s=30)
    writer.put(EVENT, {253: (U32, NOW + 305), 0: (ENUM, 0), 1: (ENUM, 4)})
    writer.put(EVENT, {253: (U32, NOW + 1000), 0: (ENUM, 0), 1: (ENUM, 0)})
    found = run(records(writer, start=NOW + 1000, step_cm=None, step_s=30).file())
    assert found.duration_s == 605
    assert found.ended_at == START + timedelta(seconds=1300)
    assert found.distance_mm == pytest.approx(2 * 1_111_951, abs=40)  # not the way back between


def test_the_sport_is_the_profiles_or_the_laps() -> None:
    lap = records(cut_off()).put(LAP, {25: (ENUM, WALKING), 39: (ENUM, 0)})
    assert run(lap.file()).sport is Sport.WALK
    ride = records(cut_off().put(SPORT, {0: (ENUM, CYCLING)}))
    assert reasons(ride.file()) == ["a ride"]
    assert run(records(cut_off().put(SPORT, {0: (ENUM, RUNNING), 1: (ENUM, 3)})).file()).sport is (
        Sport.TRAIL_RUN
    )


def test_squeezed_times() -> None:
    writer = cut_off().define(RECORD, [(253, 4, U32), (5, 4, U32)])
    writer.data(writer.pack(U32, NOW) + writer.pack(U32, 0))
    writer.define(RECORD, [(5, 4, U32)], local=2)
    for second in range(7, 400, 7):
        writer.squeezed(writer.pack(U32, second * 300), NOW + second, local=2)
    found = run(writer.file())
    assert (found.duration_s, found.distance_mm) == (399, 399 * 3_000)
    assert found.ended_at == START + timedelta(seconds=399)


def test_the_squeezed_times_of_other_messages_count_on() -> None:
    writer = cut_off().define(RECORD, [(253, 4, U32), (5, 4, U32)])
    writer.data(writer.pack(U32, NOW) + writer.pack(U32, 0))
    writer.define(RECORD, [(5, 4, U32)], local=2).define(233, [(2, 1, U8)], local=3)
    for second in range(20, 100, 20):
        writer.squeezed(b"x", NOW + second, local=3)
    writer.squeezed(writer.pack(U32, 30_000), NOW + 100, local=2)
    assert run(writer.file()).duration_s == 100


def test_a_squeezed_distance_rolls_over() -> None:
    writer = cut_off().define(RECORD, [(253, 4, U32), (8, 3, BYTES)])
    for second in range(0, 1000, 10):  # 40 m each, so that twelve bits of 1/16 m hold six
        packed = (second // 10 * 640 & 0xFFF) << 12 | 0x123
        writer.data(writer.pack(U32, NOW + second) + packed.to_bytes(3, "little"))
    assert run(writer.file()).distance_mm == 99 * 40_000


def test_each_leg_has_the_records_of_its_own_time() -> None:
    writer = records(cut_off(), 11)
    records(writer, 11, start=NOW + 200, step_cm=9000)
    records(writer, 21, start=NOW + 400, step_cm=2000)
    writer.put(SESSION, session(NO_U32, seconds=110))
    writer.put(SESSION, session(NO_U32, sport=CYCLING, start=NOW + 200, seconds=110))
    writer.put(SESSION, session(NO_U32, sport=WALKING, start=NOW + 400, seconds=210))
    found = runs(writer.file())
    assert [(one.distance_mm, one.remarks) for one in found] == [
        (300_000, (NO_TOTAL,)),
        (400_000, (NO_TOTAL,)),
    ]


def test_legs_without_a_start_cannot_be_told_apart() -> None:
    writer = records(cut_off())
    for sport in (RUNNING, WALKING):
        writer.put(SESSION, session(NO_U32, sport, start=NO_U32, f253=(U32, NO_U32)))
    assert [one.distance_mm for one in runs(writer.file())] == [None, None]


def test_a_large_file_is_added_up_without_holding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    big = records(cut_off(), 9_000, step_s=1, step_cm=300)
    expected = run(big.file())
    monkeypatch.setattr(fit_records, "MAX_HELD", 70_000)
    assert run(big.file()) == expected
    assert expected.distance_mm == 8_999 * 3_000
    whole = run(around(big.body + Writer().put(SESSION, session(NO_U32, seconds=9_000)).body))
    assert whole.distance_mm == 8_999 * 3_000
    legs = Writer().put(SESSION, session(NO_U32)).put(
        SESSION, session(NO_U32, WALKING, NOW + 5_000)
    )  # fmt: skip
    assert [one.distance_mm for one in runs(around(big.body + legs.body))] == [None, None]
