"""Whether pairs take turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shoetrack.model import Day, Shoe, Total, Wearing
from shoetrack.rotation.account import account, members, turns_of
from shoetrack.rotation.judge import MIN_RUNS, Rotation, evaluate, first_day
from shoetrack.rotation.rests import rest_until, rests
from shoetrack.rotation.targets import (
    MINIMALIST_FROM,
    MINIMALIST_UNTIL,
    NEW_FROM,
    NEW_UNTIL_MM,
    divide_turns,
    gentle,
)
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_MILE

TODAY = date(2026, 3, 1)
WINDOW = timedelta(days=28)
EARLY = date(2023, 1, 1)
KM = 1_000_000
NAMES = ["Peg", "Ghost", "Rider"]


def pairs(count: int, name: str = "daily") -> list[Shoe]:
    """Pairs that could be worn on any of the days here."""
    return [Shoe(i + 1, NAMES[i % 3], rotation=name, bought_on=EARLY) for i in range(count)]


def worn_in(shoes: list[Shoe], days: dict[int, list[Day]]) -> dict[int | None, Total]:
    """What pairs hold that have had their gentle start before these days."""
    return {
        shoe.id: Total(
            shoe.id, NEW_UNTIL_MM + sum(day.distance_mm for day in days.get(shoe.id, ()))
        )
        for shoe in shoes
    }


def judged(
    shoes: list[Shoe],
    days: dict[int, list[Day]],
    tolerance: float = 0.2,
    window: timedelta = WINDOW,
) -> list[Rotation]:
    return evaluate(
        shoes,
        days,
        totals=worn_in(shoes, days),
        window=window,
        tolerance=tolerance,
        today=TODAY,
    )


def one(shoes: list[Shoe], days: dict[int, list[Day]], tolerance: float = 0.2) -> Rotation:
    (found,) = judged(shoes, days, tolerance)
    return found


def ran(*kilometres: float) -> list[Day]:
    """One run on each of the last days, of so many kilometres."""
    return [Day(TODAY - timedelta(days=ago), round(km * KM)) for ago, km in enumerate(kilometres)]


days_of = st.dictionaries(
    st.integers(1, 4),
    st.lists(
        st.builds(
            Day,
            st.dates(TODAY - timedelta(days=40), TODAY + timedelta(days=2)),
            st.one_of(st.just(0), st.integers(1, 50 * KM)),
            st.integers(1, 3),
        ),
        max_size=12,
    ),
)


def replace_lives(found: Rotation) -> Rotation:
    """Without what was before the window."""
    nothing = account(members(pairs(1), {}, {}, "daily")[0], (), TODAY)
    bare = [
        replace(turn, since=TODAY, life=nothing, life_share=0.0, life_target=0.0)
        for turn in found.turns
    ]
    return replace(
        found,
        turns=tuple(bare),
        uneven=tuple(t for t in bare if t.shoe in {u.shoe for u in found.uneven}),
    )


@given(count=st.integers(1, 4), days=days_of)
def test_shares_and_targets_are_parts_of_one(count: int, days: dict[int, list[Day]]) -> None:
    found = one(pairs(count), days)
    assert len(found.turns) == count
    assert sum(turn.target for turn in found.turns) == pytest.approx(1)
    whole = sum(turn.distance_mm for turn in found.turns)
    assert sum(turn.share for turn in found.turns) == pytest.approx(1 if whole else 0)
    assert all(0 <= turn.share <= 1 for turn in found.turns)
    assert found.runs == sum(turn.runs for turn in found.turns)
    assert set(found.uneven) <= set(found.turns)


@given(count=st.integers(1, 4), days=days_of, data=st.data())
def test_only_the_window_matters_and_no_order(
    count: int, days: dict[int, list[Day]], data: st.DataObject
) -> None:
    within = {
        shoe_id: [
            day for day in data.draw(st.permutations(some)) if TODAY - WINDOW < day.on <= TODAY
        ]
        for shoe_id, some in days.items()
    }
    found = one(pairs(count), days)
    assert replace_lives(one(pairs(count), within)) == replace_lives(found)
    # What another pair did does not concern them.
    assert one(pairs(count), {**days, 99: ran(100, 100)}) == found
    shuffled = data.draw(st.permutations(pairs(count)))
    assert one(list(shuffled), days) == found


@given(count=st.integers(2, 4), days=days_of, factor=st.integers(2, 9))
def test_only_the_proportions_matter(count: int, days: dict[int, list[Day]], factor: int) -> None:
    scaled = {
        shoe_id: [Day(day.on, day.distance_mm * factor, day.runs) for day in some]
        for shoe_id, some in days.items()
    }
    before, after = one(pairs(count), days), one(pairs(count), scaled)
    assert [t.share for t in before.turns] == pytest.approx([t.share for t in after.turns])


@given(count=st.integers(2, 4), days=days_of)
def test_a_wider_tolerance_finds_no_more_uneven(count: int, days: dict[int, list[Day]]) -> None:
    strict, lax = one(pairs(count), days, 0.1), one(pairs(count), days, 0.3)
    assert {turn.shoe.id for turn in lax.uneven} <= {turn.shoe.id for turn in strict.uneven}
    assert one(pairs(count), days, 1.0).uneven == ()


@given(count=st.integers(2, 4), runs=st.integers(3, 9), metres=st.integers(1, 50_000))
def test_equal_turns_are_even(count: int, runs: int, metres: int) -> None:
    days = {shoe.id: ran(*[metres / 1000] * runs) for shoe in pairs(count)}
    assert one(pairs(count), days, 0.001).verdict == "even"


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ([10] * 3, [10] * 3, "even"),
        ([10] * 7, [10] * 3, "even"),  # 70 % is 20 points off a half: just within
        ([10] * 8, [10] * 3, "uneven"),
        ([10] * 6, [], "uneven"),
        ([10] * 5, [], "too few runs to tell"),
        ([], [], "too few runs to tell"),
        ([0] * 4, [0] * 4, "too few runs to tell"),  # runs whose distance nobody knows
        ([0] * 5, [10], "uneven"),
    ],
)
def test_the_verdict_on_two_pairs(first: list[int], second: list[int], verdict: str) -> None:
    found = one(pairs(2), {1: ran(*first), 2: ran(*second)})
    assert found.verdict == verdict
    assert bool(found.uneven) is (verdict == "uneven")


def test_a_pair_alone_takes_no_turns() -> None:
    found = one(pairs(1), {1: ran(*[10] * 9)})
    assert (found.verdict, found.uneven) == ("one pair alone", ())


def test_only_the_pairs_off_their_share_are_named() -> None:
    found = one(pairs(3), {1: ran(*[10] * 6), 2: ran(10, 10, 10, 10), 3: ran(1)})
    assert [turn.shoe.id for turn in found.uneven] == [1, 3]


def test_the_window_ends_today_and_begins_after_its_first_day() -> None:
    days = [Day(TODAY - timedelta(days=ago), KM) for ago in (-1, 0, 27, 28)]
    (turn,) = one(pairs(1), {1: days}).turns
    assert (turn.runs, turn.last_worn) == (2, TODAY)
    # 28 days before the first of March of a leap year.
    (leap,) = evaluate(
        pairs(1),
        {1: [Day(date(2024, 2, 2), KM), Day(date(2024, 2, 3), KM), Day(date(2024, 2, 29), KM)]},
        window=WINDOW,
        tolerance=0.2,
        today=date(2024, 3, 1),
    )
    assert leap.runs == 2


def test_rotations_are_by_name_and_of_pairs_in_use() -> None:
    shoes = [
        Shoe(1, "Peg", rotation="daily"),
        Shoe(2, "Speedgoat", rotation="trail"),
        Shoe(3, "Old", rotation="daily", retired_on=TODAY),
        Shoe(4, "Gone", rotation="race", retired_on=TODAY),
        Shoe(5, "Loose"),
        Shoe(6, "Ghost", rotation="daily"),
    ]
    shoes = [replace(shoe, bought_on=EARLY) for shoe in shoes]
    found = judged(shoes, {5: ran(10)})
    assert [rotation.name for rotation in found] == ["daily", "trail"]
    assert [[turn.shoe.id for turn in rotation.turns] for rotation in found] == [[1, 6], [2]]
    assert judged([], {}) == []
    (daily, _) = judged(shoes, {3: ran(10), 1: ran(10)})
    # A retired pair took its turns until it was last worn.
    assert [(turn.shoe.name, turn.share) for turn in daily.turns] == [
        ("Peg", 0.5),
        ("Old", 0.5),
        ("Ghost", 0.0),
    ]
    assert [turn.target for turn in daily.turns] == pytest.approx([1 / 3] * 3)
    assert [turn.shoe.id for turn in daily.in_use] == [1, 6]


def test_six_runs_are_enough() -> None:
    assert MIN_RUNS == 6
    twice_a_day = [Day(TODAY, 20 * KM, runs=2), Day(TODAY - timedelta(days=1), 40 * KM, runs=4)]
    assert one(pairs(2), {1: twice_a_day}).verdict == "uneven"


# --- targets --------------------------------------------------------------------------------

factors = st.floats(0.01, 1)
given_shares = st.one_of(st.none(), st.integers(1, 100))


@given(st.lists(st.tuples(given_shares, factors), min_size=1, max_size=8))
def test_targets_sum_to_one_for_any_pairs(pairs_of: list[tuple[int | None, float]]) -> None:
    parts = divide_turns(pairs_of)
    assert sum(parts) == pytest.approx(1)
    assert all(0 <= part <= 1 for part in parts)
    assert divide_turns(pairs_of[::-1]) == parts[::-1]


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        ([None, None], [0.5, 0.5]),
        ([60, None, None], [0.6, 0.2, 0.2]),
        ([60, 90], [0.4, 0.6]),  # too much is scaled
        ([30, 10], [0.75, 0.25]),  # and so is too little
        ([60, 40, None], [0.6, 0.4, 0.0]),  # they leave nothing
        ([None], [1.0]),
        ([20], [1.0]),
    ],
)
def test_given_shares_are_taken_and_the_rest_is_equal(
    shares: list[int | None], parts: list[float]
) -> None:
    assert divide_turns([(share, 1.0) for share in shares]) == pytest.approx(parts)


def test_where_nothing_is_left_the_pairs_that_remain_are_equal() -> None:
    shoes = [
        Shoe(1, "A", rotation="daily", target=100, retired_on=TODAY - timedelta(days=20)),
        *pairs(3)[1:],
    ]
    assert [turn.target for turn in one(shoes, {2: ran(*[10] * 6)}).turns] == [0.5, 0.5]


@given(
    st.integers(-KM, 100 * MM_PER_MILE),
    st.integers(0, 20 * MM_PER_MILE),
    st.integers(0, 60),
    st.booleans(),
)
def test_a_gentle_start_only_ever_rises_to_the_whole(
    worn: int, more: int, days: int, minimalist: bool
) -> None:
    shoe = Shoe(1, "A", minimalist=minimalist)
    now, later = (gentle(shoe, worn + add, timedelta(days=days + add // KM)) for add in (0, more))
    assert 0 < now <= later <= 1
    assert gentle(replace(shoe, minimalist=True), worn, timedelta(days=days)) <= now


@pytest.mark.parametrize(
    ("minimalist", "miles", "days", "factor"),
    [
        (False, 0, None, NEW_FROM),
        (False, 25, 5, 0.625),
        (False, 50, 5, 1),
        (True, 0, None, MINIMALIST_FROM),
        (True, 50, 0, MINIMALIST_FROM),
        (True, 50, 14, 0.55),
        (True, 25, MINIMALIST_UNTIL.days, 0.625),  # the smaller of both
        (True, 50, MINIMALIST_UNTIL.days, 1),
    ],
)
def test_how_a_pair_starts(minimalist: bool, miles: int, days: int | None, factor: float) -> None:
    shoe = Shoe(1, "A", minimalist=minimalist)
    worn_for = None if days is None else timedelta(days=days)
    assert gentle(shoe, miles * MM_PER_MILE, worn_for) == pytest.approx(factor)


def test_a_pair_that_joined_late_is_not_judged_by_what_it_could_not_do() -> None:
    added = TODAY - timedelta(days=3)
    shoes = [pairs(1)[0], Shoe(2, "New", rotation="daily", added_on=added)]
    days = {1: [Day(TODAY - timedelta(days=ago), 10 * KM) for ago in range(4, 14)]}
    totals = worn_in(shoes, days)
    (alone,) = evaluate(shoes, days, totals=totals, window=WINDOW, tolerance=0.2, today=TODAY)
    assert [turn.target for turn in alone.turns] == [1.0, 0.0]
    assert (alone.verdict, alone.unused) == ("even", ())
    # From then on they share each day.
    days[1] += [Day(TODAY - timedelta(days=ago), 10 * KM) for ago in range(4)]
    (found,) = evaluate(
        shoes, days, totals=worn_in(shoes, days), window=WINDOW, tolerance=0.1, today=TODAY
    )
    assert [turn.target for turn in found.turns] == pytest.approx([12 / 14, 2 / 14])
    assert (found.verdict, found.unused) == ("uneven", ())
    assert [turn.behind_mm for turn in found.turns] == pytest.approx([-20 * KM, 20 * KM])
    assert [turn.life_target for turn in found.turns] == pytest.approx([12 / 14, 0.5])
    assert [turn.life_share for turn in found.turns] == [1.0, 0.0]


def test_miles_before_its_first_day_here_and_opening_miles_are_no_new_pair() -> None:
    shoes = pairs(2)
    days = {1: ran(*[10] * 6), 2: ran(*[10] * 6)}

    def targets(carried_mm: int) -> list[float]:
        totals: dict[int | None, Total] = {
            1: Total(1, 60 * KM + NEW_UNTIL_MM),
            2: Total(2, 60 * KM + carried_mm),
        }
        (found,) = evaluate(shoes, days, totals=totals, window=WINDOW, tolerance=0.2, today=TODAY)
        return [turn.target for turn in found.turns]

    assert targets(NEW_UNTIL_MM) == [0.5, 0.5]
    assert targets(0)[1] < 0.5
    # A pair that lost miles by a correction has none, not fewer.
    assert targets(-KM) == targets(0)


# --- the verdict ----------------------------------------------------------------------------


def test_a_pair_not_worn_in_the_window_is_named() -> None:
    early = TODAY - timedelta(days=90)
    shoes = [Shoe(i, "A", rotation="daily", bought_on=early) for i in (1, 2, 3)]
    found = one(shoes, {1: ran(*[10] * 3), 2: ran(*[10] * 2)})
    assert found.verdict == "too few runs to tell"
    assert [turn.shoe.id for turn in found.unused] == [3]
    first = first_day(WINDOW, TODAY)
    late = [*shoes[:2], replace(shoes[2], bought_on=first + timedelta(days=1))]
    assert one(late, {1: ran(10), 2: ran(10)}).unused == ()
    assert [
        t.shoe.id for t in one([*shoes[:2], replace(shoes[2], bought_on=first)], {}).unused
    ] == [
        1,
        2,
        3,
    ]


def test_one_pair_with_more_than_twenty_miles_a_week_is_named() -> None:
    just = 80 * MM_PER_MILE  # in four weeks
    for more, lonely in ((0, False), (1, True), (just, True), (10 * just, True)):
        found = one(pairs(1), {1: [Day(TODAY, just + more)]})
        assert (found.verdict, found.lonely) == ("one pair alone", lonely)
    assert not one(pairs(2), {1: [Day(TODAY, 2 * just)]}).lonely


@given(
    st.lists(st.integers(1, 20 * KM), min_size=2, max_size=5),
    st.lists(st.integers(10, 90), min_size=5, max_size=5),
    st.floats(0, 1),
    st.floats(0.02, 0.5),
)
def test_moving_miles_from_the_most_over_to_the_most_under_never_makes_uneven(
    distances: list[int], shares: list[int], part: float, tolerance: float
) -> None:
    shoes = [replace(shoe, target=shares[i]) for i, shoe in enumerate(pairs(len(distances)))]

    def runs(distances: list[int]) -> dict[int, list[Day]]:
        return {i: [Day(TODAY, distance, MIN_RUNS)] for i, distance in enumerate(distances, 1)}

    before = one(shoes, runs(distances), tolerance)
    over = max(before.turns, key=lambda turn: turn.off)
    under = min(before.turns, key=lambda turn: turn.off)
    moved = int(part * min(-over.behind_mm, under.behind_mm))
    assume(0 <= moved < over.distance_mm)
    distances = list(distances)
    distances[over.shoe.id - 1] -= moved
    distances[under.shoe.id - 1] += moved
    after = one(shoes, runs(distances), tolerance)
    assert len(after.uneven) <= len(before.uneven)
    assert after.verdict == "even" or before.verdict == "uneven"
    assert after.misplaced <= before.misplaced + 1e-9


@given(count=st.integers(2, 4), days=days_of, more=st.integers(1, 50 * KM), data=st.data())
def test_more_miles_never_make_a_pair_more_behind(
    count: int, days: dict[int, list[Day]], more: int, data: st.DataObject
) -> None:
    shoes = pairs(count)
    shoe_id = data.draw(st.integers(1, count))
    when = data.draw(st.dates(TODAY - timedelta(days=27), TODAY))
    added = {**days, shoe_id: [*days.get(shoe_id, []), Day(when, more)]}
    before, after = one(shoes, days), one(shoes, added)
    by_id = {turn.shoe.id: turn for turn in before.turns}
    for turn in after.turns:
        if turn.shoe.id == shoe_id:
            assert turn.behind_mm <= by_id[shoe_id].behind_mm + 1
        else:
            assert turn.behind_mm >= by_id[turn.shoe.id].behind_mm - 1
    assert sum(turn.behind_mm for turn in after.turns) == pytest.approx(0, abs=1)


def test_days_after_today_are_not_there_yet() -> None:
    pair = members(pairs(1), {}, {1: [Day(TODAY + timedelta(days=1), KM)]}, "daily")
    (day,) = turns_of(pair, TODAY)
    assert (day.on, day.whole_mm) == (TODAY, 0)


# --- rests ----------------------------------------------------------------------------------


def outing(number: int, start: datetime, minutes: int = 60, zone: str = "UTC") -> Wearing:
    on = start.astimezone(ZoneInfo(zone)).date()
    return Wearing(number, 1, on, Sport.RUN, KM, start, start + timedelta(minutes=minutes))


def test_a_rest_goes_from_the_end_of_a_run_to_the_start_of_the_next() -> None:
    first = datetime(2026, 2, 10, 6, tzinfo=UTC)
    worn = [
        outing(1, first),
        outing(2, first + timedelta(hours=25)),
        outing(3, first + timedelta(hours=49)),
        Wearing(4, 1, date(2026, 2, 14), Sport.RUN),
        Wearing(5, 1, date(2026, 2, 14), Sport.RUN),
    ]
    found = rests(worn[::-1], date(2026, 2, 11), TODAY)
    hours = [rest.time and rest.time.total_seconds() / 3600 for rest in found]
    assert hours == [24, 23, None, None]
    assert [rest.days for rest in found] == [1, 1, 2, 0]
    assert [rest.short for rest in found] == [False, True, False, True]
    assert [rest.run_id for rest in found] == [2, 3, 4, 5]
    assert rests(worn[:1], date(2026, 2, 1), TODAY) == ()


@pytest.mark.parametrize(
    ("month", "day", "hours"),
    [(3, 28, 22), (10, 24, 24), (6, 10, 23)],  # the clocks go forward, back, and stay
)
def test_a_rest_over_a_change_of_the_clocks_is_what_passed(
    month: int, day: int, hours: int
) -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    evening = datetime(2026, month, day, 18, tzinfo=zone)
    next_day = evening + timedelta(days=1)  # the same time by the clock
    worn = [
        outing(1, evening.astimezone(UTC), zone=str(zone)),
        outing(2, next_day.astimezone(UTC), zone=str(zone)),
    ]
    (rest,) = rests(worn, evening.date(), next_day.date())
    assert rest.time == timedelta(hours=hours)
    assert (rest.days, rest.short) == (1, hours < 24)


def test_a_run_within_anothers_time_does_not_end_it() -> None:
    start = datetime(2026, 2, 10, 6, tzinfo=UTC)
    worn = [outing(1, start, 180), outing(2, start + timedelta(minutes=30), 30)]
    at = start + timedelta(hours=26)
    rest = rest_until(worn, at.date(), at)
    assert rest is not None
    assert rest.time == timedelta(hours=23)
    (within,) = rests(worn, start.date(), start.date())
    assert within.time == timedelta()
    assert rest_until(worn, date(2026, 2, 9), None) is None
    by_day = rest_until(worn, date(2026, 2, 11), None)
    assert by_day is not None
    assert (by_day.days, by_day.time, by_day.short) == (1, None, False)
