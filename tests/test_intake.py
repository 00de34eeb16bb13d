"""Identity: what is the same run, what is another, what nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.intake import (
    CERTAIN_OVERLAP,
    FARTHEST_MM,
    LOOK_AHEAD,
    LOOK_BACK,
    Further,
    InDoubt,
    NewRun,
    Refused,
    combine,
    implausible,
    judge,
    looks_shifted,
    overlap,
)
from shoetrack.model import DistanceSource, RunRecord, Sighting
from shoetrack.sport import Sport

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = datetime(2026, 5, 1, 7, 0, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def record(
    start: datetime | None = START,
    lasts: timedelta | None = HOUR,
    distance_mm: int | None = 10_000_000,
    sport: Sport | None = Sport.RUN,
) -> RunRecord:
    """What an importer may tell; `lasts` None tells no end."""
    return RunRecord(
        kind="gpx",
        digest="d" * 64,
        index=0,
        source="run.gpx",
        sport=sport,
        started_at=start,
        ended_at=start + lasts if start and lasts is not None else None,
        distance_mm=distance_mm,
        distance_from=None if distance_mm is None else DistanceSource.COMPUTED,
        duration_s=None if lasts is None else int(lasts.total_seconds()),
    )


def seen(told: RunRecord, run_id: int = 1) -> Sighting:
    """The same, as the store keeps it."""
    return Sighting(
        run_id=run_id,
        local_date=told.local_date or (told.started_at or START).date(),
        started_at=told.started_at,
        ended_at=told.ended_at,
        sport=told.sport,
        distance_mm=told.distance_mm,
        distance_from=told.distance_from,
        duration_s=told.duration_s,
        name=told.name,
    )


# Around a clock change in Europe, a leap day and a new year, to the second.
starts = st.builds(
    lambda base, seconds: base + timedelta(seconds=seconds),
    st.sampled_from(
        [
            START,
            datetime(2026, 3, 29, 1, tzinfo=UTC),
            datetime(2025, 10, 26, 1, tzinfo=UTC),
            datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
            datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
        ]
    ),
    st.integers(-7200, 7200),
)
lengths = st.none() | st.builds(
    lambda s: timedelta(seconds=s), st.one_of(st.integers(0, 3), st.integers(0, 90_000))
)
records = st.builds(record, starts, lengths)


# --- overlap --------------------------------------------------------------------------------


@given(one=records, other=records)
def test_overlap_is_a_share_and_the_same_from_both_sides(one: RunRecord, other: RunRecord) -> None:
    shared = overlap(one, seen(other))
    assert 0 <= shared <= 1
    assert shared == overlap(other, seen(one))


@given(told=records)
def test_everything_overlaps_wholly_with_itself(told: RunRecord) -> None:
    assert overlap(told, seen(told)) == 1


@given(one=records, other=records, shift=st.integers(-(10**7), 10**7))
def test_only_the_time_between_two_matters(one: RunRecord, other: RunRecord, shift: int) -> None:
    by = timedelta(seconds=shift)

    def moved(told: RunRecord) -> RunRecord:
        assert told.started_at
        ended = told.ended_at + by if told.ended_at else None
        return replace(told, started_at=told.started_at + by, ended_at=ended)

    assert overlap(moved(one), seen(moved(other))) == overlap(one, seen(other))


@given(told=records, gap=st.integers(61, 10**6))
def test_what_begins_after_the_other_ended_does_not_overlap(told: RunRecord, gap: int) -> None:
    assert told.started_at
    end = told.ended_at or told.started_at
    assert overlap(told, seen(record(end + timedelta(seconds=gap), HOUR))) == 0


@pytest.mark.parametrize(
    ("start_s", "lasts_s", "expected"),
    [
        (0, 3600, 1.0),
        (1800, 3600, 0.5),
        (3600, 3600, 0.0),
        (-900, 900, 0.0),
        (600, 60, 1.0),  # a lap of it, recorded alone
        (-3600, 36_000, 1.0),  # the whole day, recorded by a second watch
        (60, None, 1.0),
        (-60, None, 1.0),
        (61, None, CERTAIN_OVERLAP / 2),
        (3600, None, CERTAIN_OVERLAP / 2),
        (3601, None, 0.0),
        (-61, None, 0.0),
        (0, 0, 1.0),
        (1800, 0, CERTAIN_OVERLAP / 2),
    ],
)
def test_overlap_by_example(start_s: int, lasts_s: int | None, expected: float) -> None:
    lasts = None if lasts_s is None else timedelta(seconds=lasts_s)
    other = record(START + timedelta(seconds=start_s), lasts)
    assert overlap(record(), seen(other)) == expected


def test_without_a_time_nothing_overlaps() -> None:
    assert overlap(record(start=None), seen(record())) == 0
    assert overlap(record(), seen(record(start=None))) == 0


# --- judge ----------------------------------------------------------------------------------


@given(told=records)
def test_alone_every_believable_record_is_new(told: RunRecord) -> None:
    told = replace(told, distance_mm=None)
    assert judge(told, [], NOW) == NewRun()


@given(told=records, run_id=st.integers(1, 99))
def test_what_was_seen_is_known_again(told: RunRecord, run_id: int) -> None:
    told = replace(told, distance_mm=None)
    assert judge(told, [seen(told, run_id)], NOW) == Further(run_id)


@given(told=records, others=st.lists(st.tuples(records, st.integers(1, 4)), max_size=5))
def test_the_order_of_what_is_near_does_not_matter(
    told: RunRecord, others: list[tuple[RunRecord, int]]
) -> None:
    told = replace(told, distance_mm=None)
    near = [seen(other, run_id) for other, run_id in others]
    assert judge(told, near, NOW) == judge(told, near[::-1], NOW)


@given(told=records, others=st.lists(st.tuples(records, st.integers(1, 4)), max_size=5))
def test_a_run_that_is_touched_is_never_simply_new(
    told: RunRecord, others: list[tuple[RunRecord, int]]
) -> None:
    told = replace(told, distance_mm=None)
    near = [seen(other, run_id) for other, run_id in others]
    touched = {one.run_id for one in near if overlap(told, one) > 0}
    match judge(told, near, NOW):
        case NewRun():
            assert not touched
        case Further(run_id) | InDoubt(run_id):
            assert run_id in touched
        case Refused(reason):
            raise AssertionError(reason)


@pytest.mark.parametrize(
    ("late_s", "expected"),
    [(0, Further(1)), (1800, Further(1)), (1801, InDoubt(1)), (3599, InDoubt(1)), (3600, NewRun())],
)
def test_half_of_the_shorter_one_is_certain(late_s: int, expected: object) -> None:
    other = record(START + timedelta(seconds=late_s), distance_mm=9_000_000)
    assert judge(other, [seen(record())], NOW) == expected


def test_two_runs_of_one_day_are_two_runs() -> None:
    evening = record(START + timedelta(hours=11, minutes=7))
    assert judge(evening, [seen(record())], NOW) == NewRun()


def test_a_long_one_over_two_known_runs_is_in_doubt_with_the_most_shared() -> None:
    first, second = record(START, HOUR), record(START + 2 * HOUR, HOUR)
    whole = record(START, 3 * HOUR, distance_mm=20_000_000)
    assert judge(whole, [seen(first, 1), seen(second, 2)], NOW) == InDoubt(1)
    later = record(START + HOUR / 2, HOUR * 2.5, distance_mm=20_000_000)
    assert judge(later, [seen(first, 1), seen(second, 2)], NOW) == InDoubt(2)


def test_all_sightings_of_a_run_are_one_run() -> None:
    """Three devices on one run: a fourth is no doubt between them."""
    near = [seen(record(START + timedelta(seconds=s)), 5) for s in (0, 3, 40)]
    assert judge(record(), near, NOW) == Further(5)


def test_a_record_without_a_time_is_new_whatever_is_near() -> None:
    told = replace(record(start=None, lasts=None), local_date=START.date())
    assert judge(told, [seen(record())], NOW) == NewRun()


# --- a clock in another zone ----------------------------------------------------------------


@pytest.mark.parametrize("hours", [1, -1, 2, 5.5, 5.75, 8.75, -9.5, 12, -13.75])
@pytest.mark.parametrize("late_s", [0, 2])
def test_the_same_run_whole_quarters_of_an_hour_apart_is_in_doubt(
    hours: float, late_s: int
) -> None:
    late = timedelta(seconds=late_s if hours > 0 else -late_s)
    other = record(START + timedelta(hours=hours) + late)
    assert judge(other, [seen(record())], NOW) == InDoubt(1)


@pytest.mark.parametrize(
    "other",
    [
        record(START + timedelta(hours=2, minutes=7)),
        record(START + 2 * HOUR, HOUR + timedelta(seconds=3)),
        record(START + 2 * HOUR, distance_mm=10_060_000),
        record(START + 2 * HOUR, distance_mm=None),
        record(START + 2 * HOUR, lasts=None),
        record(START + 2 * HOUR + timedelta(seconds=3)),
        record(START + LOOK_AHEAD + HOUR / 4),
        record(START + 2 * HOUR - timedelta(seconds=23)),
    ],
)
def test_what_differs_was_not_only_shifted(other: RunRecord) -> None:
    assert not looks_shifted(other, seen(record()))
    assert judge(other, [seen(record())], NOW) == NewRun()


def test_a_shifted_run_is_seen_through_another_way_of_measuring_it() -> None:
    told = replace(
        record(START + 2 * HOUR, distance_mm=10_095_000), distance_from=DistanceSource.DEVICE
    )
    assert judge(told, [seen(record())], NOW) == InDoubt(1)


@given(told=records, quarters=st.integers(-56, 56))
def test_a_shift_of_quarters_is_seen_from_both_sides(told: RunRecord, quarters: int) -> None:
    assert told.started_at
    moved = replace(told, started_at=told.started_at + quarters * timedelta(minutes=15))
    telling = bool(told.duration_s) and told.started_at.second != 0
    assert looks_shifted(moved, seen(told)) is telling
    assert looks_shifted(told, seen(moved)) is telling


def test_a_way_out_and_back_that_were_typed_are_two_runs() -> None:
    """Who writes times by hand writes whole minutes, and the same way back is as long."""
    out = record(START.replace(second=0), HOUR / 2)
    back = record(START.replace(second=0) + 9 * HOUR, HOUR / 2)
    assert judge(back, [seen(out)], NOW) == NewRun()


# --- what cannot be true --------------------------------------------------------------------


def test_the_future_is_refused_a_day_is_forgiven() -> None:
    day = timedelta(days=1)
    assert implausible(record(NOW + day), NOW) is None
    refused = implausible(record(NOW + day + timedelta(seconds=1)), NOW)
    assert refused == Refused("is dated 2026-06-02, which is yet to come")
    dated = replace(record(start=None), local_date=date(2026, 6, 3))
    assert implausible(dated, NOW) is None
    assert implausible(replace(dated, local_date=date(2026, 6, 4)), NOW) is not None


@pytest.mark.parametrize(
    ("distance_mm", "lasts", "believed"),
    [
        (0, HOUR, True),
        (45_000_000, HOUR, True),
        (45_001_000, HOUR, False),
        (FARTHEST_MM, timedelta(days=13), True),
        (FARTHEST_MM + 1, timedelta(days=13), False),
        (10**18, None, False),
        (10_000_000, timedelta(0), True),  # no time to say how fast it was
        (None, timedelta(seconds=1), True),
    ],
)
def test_too_fast_or_too_far_is_refused(
    distance_mm: int | None, lasts: timedelta | None, believed: bool
) -> None:
    told = record(lasts=lasts, distance_mm=distance_mm)
    assert (implausible(told, NOW) is None) is believed
    assert isinstance(judge(told, [seen(record())], NOW), Refused) is not believed


def test_what_is_too_fast_and_never_said_to_be_a_run_is_off_foot() -> None:
    ride = record(distance_mm=50_000_000, sport=None)
    assert implausible(ride, NOW) == Refused("moves at 50 km/h, faster than anyone runs", True)
    claimed = implausible(replace(ride, sport=Sport.RUN), NOW)
    assert claimed is not None
    assert not claimed.off_foot


def test_the_window_of_what_is_near_holds_all_that_can_matter() -> None:
    """What begins outside of it can neither overlap nor be the same run with a shifted clock."""
    hike = record(START - LOOK_BACK, LOOK_BACK)
    assert overlap(record(), seen(record(START - LOOK_BACK - HOUR, LOOK_BACK))) == 0
    assert overlap(record(), seen(replace(hike, ended_at=START + HOUR))) == 1
    after = record(START + LOOK_AHEAD + timedelta(seconds=1))
    assert judge(record(), [seen(after)], NOW) == NewRun()


# --- combine --------------------------------------------------------------------------------

sightings = st.builds(
    Sighting,
    run_id=st.just(1),
    local_date=st.sampled_from([date(2024, 2, 29), date(2026, 5, 1)]),
    started_at=st.none() | starts,
    ended_at=st.none(),
    sport=st.none() | st.sampled_from(Sport),
    distance_mm=st.none() | st.integers(0, 10**9),
    distance_from=st.sampled_from(DistanceSource),
    duration_s=st.none() | st.sampled_from([0, 1, 100, 103, 105, 106, 109, 3600]),
    name=st.sampled_from(["", "Home", "Läufe 🏃"]),
)


@given(several=st.lists(sightings, min_size=1, max_size=5))
def test_the_facts_are_one_sighting_s_own(several: list[Sighting]) -> None:
    """Distance, duration and times belong together: never one of this, one of that. Only a time
    that it does not tell is another one's.
    """
    facts = combine(several)
    measures = (facts.local_date, facts.distance_mm, facts.distance_from, facts.duration_s)
    chosen = [
        s
        for s in several
        if (s.local_date, s.distance_mm, s.distance_from, s.duration_s) == measures
    ]
    assert chosen
    assert any(s.started_at in (facts.started_at, None) for s in chosen)
    assert (facts.started_at, facts.ended_at) in [(s.started_at, s.ended_at) for s in several]
    if facts.started_at is None:
        assert all(s.started_at is None for s in several)


@given(several=st.lists(sightings, min_size=1, max_size=5))
def test_a_run_has_a_distance_as_soon_as_one_sighting_has(several: list[Sighting]) -> None:
    known = any(sighting.distance_mm is not None for sighting in several)
    assert (combine(several).distance_mm is not None) is known


@given(several=st.lists(sightings, min_size=1, max_size=5), data=st.data())
def test_seeing_one_of_them_again_changes_nothing(
    several: list[Sighting], data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(several))
    assert combine([*several, again]) == combine(several)


@given(several=st.lists(sightings, min_size=1, max_size=5), data=st.data())
def test_where_and_by_what_it_was_seen_does_not_matter(
    several: list[Sighting], data: st.DataObject
) -> None:
    other = [
        replace(s, id=data.draw(st.integers()), digest="e", source="elsewhere", creator="x")
        for s in several
    ]
    assert combine(other) == combine(several)


@given(several=st.lists(sightings, min_size=1, max_size=5), data=st.data())
def test_the_order_matters_only_among_equals(several: list[Sighting], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(several))
    one, other = combine(several), combine(shuffled)
    assert one.distance_from is other.distance_from or one.distance_mm is None
    if len({s.distance_from for s in several}) == len(several) and one.distance_mm is not None:
        assert (one.distance_mm, one.duration_s) == (other.distance_mm, other.duration_s)


def sighting(
    metres: int | None, source: DistanceSource, duration_s: int | None, name: str = ""
) -> Sighting:
    return Sighting(
        run_id=1,
        local_date=START.date(),
        started_at=START,
        ended_at=None,
        sport=None,
        distance_mm=metres,
        distance_from=None if metres is None else source,
        duration_s=duration_s,
        name=name,
    )


COMPUTED, DEVICE = DistanceSource.COMPUTED, DistanceSource.DEVICE


@pytest.mark.parametrize(
    ("several", "chosen"),
    [
        ([sighting(1, COMPUTED, 100), sighting(2, DEVICE, 100)], 2),
        ([sighting(1, DEVICE, 100), sighting(2, COMPUTED, 105)], 1),
        ([sighting(1, DEVICE, 100), sighting(2, COMPUTED, 106)], 2),
        ([sighting(None, COMPUTED, 900), sighting(2, COMPUTED, 100)], 2),
        ([sighting(1, COMPUTED, 100), sighting(2, COMPUTED, 100)], 1),
        ([sighting(1, COMPUTED, None), sighting(2, DEVICE, None)], 2),
        # Each a little longer than the one before: whoever came first, the last saw the most.
        ([sighting(1, DEVICE, 100), sighting(2, COMPUTED, 104), sighting(3, COMPUTED, 108)], 2),
        ([sighting(2, COMPUTED, 104), sighting(3, COMPUTED, 108), sighting(1, DEVICE, 100)], 2),
    ],
)
def test_the_distance_of_the_best_sighting(several: list[Sighting], chosen: int) -> None:
    assert combine(several).distance_mm == chosen


def test_the_name_and_the_sport_are_the_first_that_are_told() -> None:
    several = [
        sighting(1, COMPUTED, 100),
        replace(sighting(2, DEVICE, 100, "Home"), sport=Sport.WALK),
        replace(sighting(3, COMPUTED, 100, "Other"), sport=Sport.RUN),
    ]
    assert (combine(several).name, combine(several).sport) == ("Home", Sport.WALK)


def test_a_run_that_was_never_seen_is_no_run() -> None:
    with pytest.raises(ValueError, match="without a sighting"):
        combine([])
