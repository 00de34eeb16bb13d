"""Which pair to wear next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shoetrack.model import Day, Shoe, Total, Wearing
from shoetrack.rotation.account import Member
from shoetrack.rotation.judge import Rotation, evaluate
from shoetrack.rotation.nextpair import Choice, Known, Offer, Outing, Pair, choose, plan
from shoetrack.rotation.targets import NEW_UNTIL_MM
from shoetrack.sport import Sport

TODAY = date(2026, 3, 4)  # a Wednesday
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
EARLY = date(2024, 1, 1)
WINDOW = timedelta(days=28)
KM = 1_000_000
USUAL = 10 * KM


def pair(
    number: int,
    rotation: str = "daily",
    days: tuple[Day, ...] = (),
    *,
    carried_mm: int = NEW_UNTIL_MM,
    last_worn: date | None = None,
    shoe: Shoe | None = None,
) -> Pair:
    """A pair bought long ago and past its gentle start, unless said otherwise."""
    known = shoe or Shoe(number, f"Pair {number}", bought_on=EARLY)
    total = Total(
        number,
        carried_mm + sum(day.distance_mm for day in days),
        runs=len(days),
        first_worn=min((day.on for day in days), default=last_worn),
        last_worn=max((day.on for day in days), default=last_worn),
    )
    return Pair(Member(replace(known, id=number, rotation=rotation), total, days), "fresh")


def worn(*pairs: Pair, sport: Sport = Sport.RUN) -> list[Wearing]:
    """Each day of each pair as a run of an hour from six o'clock on."""
    return [
        Wearing(
            100 * one.shoe.id + number,
            one.shoe.id,
            day.on,
            sport,
            day.distance_mm,
            datetime.combine(day.on, datetime.min.time(), UTC) + timedelta(hours=6),
            datetime.combine(day.on, datetime.min.time(), UTC) + timedelta(hours=7),
        )
        for one in pairs
        for number, day in enumerate(one.member.days)
    ]


def asked(distance_mm: int | None = USUAL, *, race: bool = False, on: date = TODAY) -> Outing:
    known = None if distance_mm is None else Known.GIVEN
    at = NOW if on == TODAY else None
    return Outing(on, Sport.RUN, distance_mm, known, USUAL, race, at)


def chosen(
    *pairs: Pair,
    outing: Outing | None = None,
    wearings: list[Wearing] | None = None,
    default_id: int | None = None,
) -> Choice:
    wearings = worn(*pairs) if wearings is None else wearings
    return choose(pairs, wearings, outing or asked(), default_id=default_id, window=WINDOW)


def order(choice: Choice) -> list[int]:
    return [offer.shoe.id for offer in choice.offers]


def ago(days: int, km: float = 10) -> Day:
    return Day(TODAY - timedelta(days=days), round(km * KM))


# --- the rules ------------------------------------------------------------------------------


def test_the_pair_owed_most_comes_first() -> None:
    found = chosen(pair(1, days=(ago(3), ago(5))), pair(2, days=(ago(4),)), pair(3))
    assert order(found) == [3, 2, 1]
    # 10 km each of 30, and a third of the next 10.
    assert [offer.owed_mm for offer in found.offers] == [13_333_333, 3_333_333, -6_666_667]


def test_among_starting_pairs_alone_none_is_held_back() -> None:
    new, newer = pair(1, days=(ago(9),), carried_mm=0), pair(2, carried_mm=0)
    choice = chosen(new, newer)
    assert order(choice) == [2, 1]
    assert not any(offer.held_back for offer in choice.offers)
    settled = pair(3, days=(ago(2),))
    assert [offer.held_back for offer in chosen(new, newer, settled).offers] == [False, True, True]


def test_a_minimalist_pair_is_held_back_from_a_run_of_unknown_length() -> None:
    bare = pair(1, "", carried_mm=0, shoe=Shoe(1, "Bare", bought_on=TODAY, minimalist=True))
    outing = Outing(TODAY, Sport.RUN, None, None, None)
    assert order(chosen(bare, pair(2, ""), outing=outing)) == [2, 1]


def test_a_pair_worn_less_than_a_day_ago_yields_to_a_rested_one() -> None:
    tired, owed_less = pair(1, days=(ago(0, 1),)), pair(2, days=(ago(5), ago(6), ago(7)))
    assert order(chosen(tired, owed_less)) == [2, 1]
    # On another day of which no time is known, it is the days that count.
    tomorrow = asked(on=TODAY + timedelta(days=1))
    assert order(chosen(tired, owed_less, outing=tomorrow)) == [1, 2]


def test_rest_is_by_the_time_where_it_is_known() -> None:
    evening = datetime(2026, 3, 3, 20, tzinfo=UTC)
    runs = [Wearing(1, 1, TODAY - timedelta(days=1), Sport.RUN, KM, None, evening)]
    (first, second) = chosen(pair(1), pair(2), wearings=runs).offers
    assert (first.shoe.id, first.rest) == (2, None)
    assert second.rest is not None
    assert (second.rest.time, second.tired) == (timedelta(hours=16), True)


def test_a_pair_that_was_last_worn_long_ago_rested_since() -> None:
    (offer,) = chosen(pair(1, last_worn=TODAY - timedelta(days=400))).offers
    assert offer.rest is not None
    assert (offer.rest.days, offer.rest.time) == (400, None)


def test_a_worn_out_pair_comes_last_even_unrested_ones_before_it() -> None:
    done = replace(pair(1), worn_out=True)
    assert order(chosen(done, pair(2, days=(ago(0),)), pair(3, days=(ago(1),)))) == [3, 2, 1]
    assert order(chosen(done)) == [1]


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(USUAL - 1, [1, 2]), (USUAL, [2, 1]), (USUAL + 1, [2, 1]), (None, [2, 1])],
)
def test_a_pair_near_its_end_is_for_short_runs(distance: int | None, expected: list[int]) -> None:
    near = replace(pair(1), near_end=True)
    found = chosen(near, pair(2, days=(ago(3),)), outing=asked(distance))
    assert order(found) == expected
    offer = next(offer for offer in found.offers if offer.shoe.id == 1)
    assert (offer.limit_mm, offer.held_back) == (USUAL - 1, expected[0] == 2)


def test_a_pair_near_its_end_waits_where_nobody_knows_what_short_is() -> None:
    near = replace(pair(1), near_end=True)
    outing = replace(asked(KM), usual_mm=None)
    assert order(chosen(near, pair(2, days=(ago(3),)), outing=outing)) == [2, 1]


def test_a_new_pair_gets_what_its_rising_target_allows() -> None:
    runs = tuple(ago(day) for day in range(2, 20, 2))
    new = pair(2, carried_mm=0)
    found = chosen(pair(1, days=runs[:2]), new, outing=asked(USUAL))
    assert order(found) == [1, 2]
    limit = found.offers[1].limit_mm
    assert limit is not None
    # A fifth of 20 km is due, and a fifth of the run to come.
    assert limit == pytest.approx(20 * KM / 5 / (1 - 1 / 5), abs=2)
    for distance, first in ((limit - 1, 2), (limit + 1, 1)):
        found = chosen(pair(1, days=runs[:2]), new, outing=asked(distance))
        assert found.offers[0].shoe.id == first
    # However much it is owed, it gets no run longer than is usual.
    assert order(chosen(pair(1, days=runs), new, outing=asked(USUAL)))[0] == 2
    assert order(chosen(pair(1, days=runs), new, outing=asked(USUAL + 1)))[0] == 1


def test_a_minimalist_pair_gets_half_of_a_usual_run_at_first() -> None:
    runs = tuple(ago(day, 20) for day in range(2, 28))
    shoe = Shoe(2, "Zero", bought_on=EARLY, minimalist=True)
    bare = pair(2, shoe=shoe)
    for distance, first in ((USUAL // 2, 2), (USUAL // 2 + 1, 1)):
        assert chosen(pair(1, days=runs), bare, outing=asked(distance)).offers[0].shoe.id == first
    settled = pair(2, shoe=shoe, last_worn=TODAY - timedelta(days=28))
    assert order(chosen(pair(1, days=runs), settled))[0] == 2


def test_race_pairs_are_kept_for_races() -> None:
    race, daily = pair(1, "Race"), pair(2)
    found = chosen(race, daily)
    assert order(found) == [2]
    assert [shoe.id for shoe in found.kept] == [1]
    found = chosen(race, daily, outing=asked(race=True))
    assert (order(found), found.kept) == ([1, 2], ())
    nothing = chosen(race)
    assert (nothing.offers, [shoe.id for shoe in nothing.kept]) == ((), [1])
    # Those of another sport are not for this race, unless there are no others.
    trail = Wearing(1, 3, TODAY - timedelta(days=9), Sport.TRAIL_RUN, KM)
    both = [race, pair(3, "races"), daily]
    assert order(chosen(*both, outing=asked(race=True), wearings=[trail])) == [1, 2]
    assert order(chosen(*both[1:], outing=asked(race=True), wearings=[trail])) == [3, 2]


def test_the_pairs_are_those_that_suit_the_sport() -> None:
    road, mate, trail = pair(1), pair(2), pair(3, "trail")
    runs = [
        Wearing(1, 1, TODAY - timedelta(days=180), Sport.RUN, KM),
        Wearing(2, 3, TODAY - timedelta(days=2), Sport.TRAIL_RUN, KM),
    ]
    assert sorted(order(chosen(road, mate, trail, wearings=runs))) == [1, 2]
    assert order(chosen(road, mate, trail, wearings=runs, default_id=3))[0] == 3
    # Long ago is no more than never; then all will do.
    runs[0] = replace(runs[0], on=TODAY - timedelta(days=181))
    assert sorted(order(chosen(road, mate, trail, wearings=runs))) == [1, 2, 3]
    assert chosen().offers == ()


def test_one_run_in_a_trail_pair_does_not_make_it_the_road_pair() -> None:
    road = [pair(1, days=(ago(3), ago(5))), pair(2, days=(ago(4),))]
    trail = pair(3, "trail", days=(ago(20),))
    assert order(chosen(*road, trail)) == [2, 1, 3]
    assert order(chosen(*road, trail, default_id=1)) == [2, 1, 3]
    assert order(chosen(*road, trail, default_id=3)) == [3, 2, 1]


def test_pairs_in_no_rotation_go_by_their_rest() -> None:
    loose = [pair(1, "", days=(ago(2),)), pair(2, "", days=(ago(5),)), pair(3, "", days=(ago(0),))]
    found = chosen(*loose, default_id=3)
    assert order(found) == [2, 1, 3]
    assert {offer.owed_mm for offer in found.offers} == {None}


def test_only_pairs_in_use_on_the_day_are_offered() -> None:
    def changed(number: int, **facts: date) -> Pair:
        return pair(number, shoe=replace(Shoe(number, "A", bought_on=EARLY), **facts))  # type: ignore[arg-type]

    retired = changed(1, retired_on=TODAY - timedelta(days=1))
    ordered = changed(2, bought_on=TODAY + timedelta(days=1))
    just_now = changed(3, retired_on=TODAY)
    stays = changed(4)
    assert order(chosen(retired, ordered, just_now, stays)) == [4]
    yesterday, tomorrow = (asked(on=TODAY + timedelta(days=days)) for days in (-1, 1))
    assert order(chosen(retired, ordered, just_now, outing=yesterday)) == [3]
    assert order(chosen(retired, ordered, just_now, outing=tomorrow)) == [2]
    assert chosen(retired).offers == ()


# --- how far --------------------------------------------------------------------------------


def test_the_usual_run_is_that_of_the_weekday_and_sport() -> None:
    def run(number: int, days: int, km: int | None, sport: Sport = Sport.RUN) -> Wearing:
        length = None if km is None else km * KM
        return Wearing(number, 1, TODAY - timedelta(days=days), sport, length)

    runs = [run(1, 7, 12), run(2, 14, 14), run(3, 21, 19), run(4, 1, 5), run(5, 2, 6)]
    noise = [
        run(6, 0, 40),  # of the day itself
        run(7, 63, 40),  # of long ago
        run(8, 7, 40, Sport.HIKE),
        run(9, 7, None),
        replace(runs[0], shoe_id=2),  # a split run is one run
    ]
    found = plan(runs + noise, TODAY, Sport.RUN, None)
    assert (found.distance_mm, found.known, found.usual_mm) == (14 * KM, Known.WEEKDAY, 12 * KM)
    found = plan(runs[3:], TODAY, Sport.RUN, None)
    assert (found.distance_mm, found.known) == (5_500_000, Known.SPORT)
    assert plan(runs, TODAY, Sport.RUN, KM).known is Known.GIVEN
    nothing = plan([], TODAY, Sport.RUN, None)
    assert (nothing.distance_mm, nothing.known, nothing.usual_mm) == (None, None, None)


# --- laws -----------------------------------------------------------------------------------


def runs_from(days_back: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Runs of a pair: how many days back, and how far."""
    run = st.tuples(st.integers(days_back, 40), st.integers(1, 30 * KM))
    return st.lists(run, max_size=8, unique_by=lambda run: run[0])


runs_of = runs_from(0)
states = st.tuples(
    runs_of, st.sampled_from([0, NEW_UNTIL_MM]), st.booleans(), st.booleans(), st.booleans()
)
lengths = st.integers(1, 40 * KM)


def drawn(found: list[tuple[list[tuple[int, int]], int, bool, bool, bool]]) -> list[Pair]:
    """Pairs of one rotation, of all kinds."""
    made = []
    for number, (runs, carried, minimalist, near_end, worn_out) in enumerate(found, 1):
        days = tuple(Day(TODAY - timedelta(days=back), distance) for back, distance in runs)
        shoe = Shoe(number, f"Pair {number}", bought_on=EARLY, minimalist=minimalist)
        one = pair(number, days=days, carried_mm=carried, shoe=shoe)
        made.append(replace(one, near_end=near_end, worn_out=worn_out))
    return made


def rotation(pairs: list[Pair], wearing: tuple[int, int] | None = None) -> Rotation:
    """The rotation as it is; or with one pair worn once more today."""
    number, distance = wearing or (0, 0)
    totals: dict[int | None, Total] = {}
    days = {}
    for one in pairs:
        more = distance if one.shoe.id == number else 0
        total = one.member.total
        totals[one.shoe.id] = total._replace(distance_mm=total.distance_mm + more)
        days[one.shoe.id] = [*one.member.days, *([Day(TODAY, more)] if more else [])]
    shoes = [one.shoe for one in pairs]
    (found,) = evaluate(shoes, days, totals=totals, window=WINDOW, tolerance=0.2, today=TODAY)
    return found


def misplaced_mm(found: Rotation) -> float:
    return sum(max(-turn.behind_mm, 0) for turn in found.turns)


@given(st.lists(states, min_size=2, max_size=4), lengths)
def test_wearing_the_suggested_pair_never_makes_the_rotation_less_even(
    found: list[tuple[list[tuple[int, int]], int, bool, bool, bool]], length: int
) -> None:
    pairs = drawn(found)
    first = chosen(*pairs, outing=asked(length)).offers[0]
    assert first.owed_mm is not None
    before = rotation(pairs)
    after = rotation(pairs, (first.shoe.id, length))
    if length < first.owed_mm:  # which is rounded
        assert after.misplaced <= before.misplaced + 1e-9
        assert misplaced_mm(after) <= misplaced_mm(before) + 10


@given(st.lists(runs_from(1), min_size=2, max_size=4), lengths)
def test_no_pair_alike_would_leave_it_more_even(
    found: list[list[tuple[int, int]]], length: int
) -> None:
    """All are rested, fresh and of one role."""
    pairs = drawn([(runs, NEW_UNTIL_MM, False, False, False) for runs in found])
    choice = chosen(*pairs, outing=asked(length), wearings=[])
    best = misplaced_mm(rotation(pairs, (choice.offers[0].shoe.id, length)))
    for offer in choice.offers[1:]:
        assert best <= misplaced_mm(rotation(pairs, (offer.shoe.id, length))) + 10


@given(st.lists(runs_of, min_size=2, max_size=4), lengths, lengths, st.integers(0, 27))
def test_more_miles_never_make_a_pair_owed_more(
    found: list[list[tuple[int, int]]], length: int, more: int, back: int
) -> None:
    assert owed_after(found, length, more, back, NEW_UNTIL_MM)


@given(st.lists(runs_of, min_size=2, max_size=4), lengths, lengths)
def test_nor_a_new_pair_on_the_day_itself(
    found: list[list[tuple[int, int]]], length: int, more: int
) -> None:
    assert owed_after(found, length, more, 0, 0)


def owed_after(
    found: list[list[tuple[int, int]]], length: int, more: int, back: int, carried: int
) -> bool:
    """Whether the first pair is owed no more with `more` run so many days back."""

    def owed(extra: tuple[Day, ...]) -> int:
        pairs = drawn([(runs, carried, False, False, False) for runs in found])
        pairs[0] = pair(1, days=(*pairs[0].member.days, *extra), carried_mm=carried)
        offers = chosen(*pairs, outing=asked(length)).offers
        value = next(offer.owed_mm for offer in offers if offer.shoe.id == 1)
        assert value is not None
        return value

    return owed((Day(TODAY - timedelta(days=back), more),)) <= owed(()) + 1


@given(st.lists(states, min_size=2, max_size=4), lengths, st.data())
def test_a_rested_pair_is_preferred_all_else_equal(
    found: list[tuple[list[tuple[int, int]], int, bool, bool, bool]],
    length: int,
    data: st.DataObject,
) -> None:
    pairs = drawn(found)
    tired = data.draw(st.integers(1, len(pairs)))
    run = Wearing(1, tired, TODAY, Sport.RUN, KM, NOW - timedelta(hours=3), NOW)
    rested = chosen(*pairs, outing=asked(length), wearings=[])
    after = chosen(*pairs, outing=asked(length), wearings=[run])
    assume(len(rested.offers) == len(after.offers))
    # It falls behind every pair that is like it but for the rest, and rises above none.
    assert set(before(order(rested), tired)) <= set(before(order(after), tired))
    mine = next(offer for offer in after.offers if offer.shoe.id == tired)
    for offer in after.offers:
        if kind(offer) == kind(mine) and not offer.tired:
            assert offer.shoe.id in before(order(after), tired)


def before(ids: list[int], number: int) -> list[int]:
    return ids[: ids.index(number)]


def kind(offer: Offer) -> tuple[bool, bool]:
    return offer.worn_out, offer.held_back


@given(st.lists(states, min_size=1, max_size=4), lengths, st.data())
def test_the_order_of_the_pairs_and_runs_does_not_matter(
    found: list[tuple[list[tuple[int, int]], int, bool, bool, bool]],
    length: int,
    data: st.DataObject,
) -> None:
    pairs = drawn(found)
    runs = worn(*pairs)
    shuffled = data.draw(st.permutations(pairs))
    again = chosen(*shuffled, outing=asked(length), wearings=list(data.draw(st.permutations(runs))))
    assert again == chosen(*pairs, outing=asked(length))
