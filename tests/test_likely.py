"""The order in which pairs are offered for a run: by habit, rules and defaults; always a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack import likely
from shoetrack.likely import Hint, Outing, Suggestion, active, of_defaults, of_rule, rank
from shoetrack.model import DefaultShoe, Run, Share, Shoe, Sighting
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM, Unit

SATURDAY = date(2026, 5, 16)
GHOST, PEGASUS, SPEEDGOAT = Shoe(1, "Ghost 15"), Shoe(2, "Pegasus 41"), Shoe(3, "Speedgoat 6")
SHOES = [GHOST, PEGASUS, SPEEDGOAT]

days = st.integers(-500, 500).map(lambda n: SATURDAY + timedelta(days=n))
shoe_sets = st.lists(
    st.builds(
        Shoe,
        id=st.integers(1, 6),
        name=st.sampled_from(["Ghost", "Pegasus 41", "👟", "Ghost 15"]),
        bought_on=st.none() | days,
        retired_on=st.none() | days,
    ),
    unique_by=lambda shoe: shoe.id,
    max_size=6,
)


@st.composite
def outings(draw: st.DrawFn) -> Outing:
    shoes = draw(st.lists(st.integers(1, 6), unique=True, max_size=2))
    return Outing(
        on=draw(days),
        sport=draw(st.sampled_from([Sport.RUN, Sport.TRAIL_RUN])),
        distance_mm=draw(st.none() | st.integers(1, 40 * MM_PER_KM)),
        name=draw(st.sampled_from(["", "forest", "easy run"])),
        device=draw(st.sampled_from(["", "a watch"])),
        folder=draw(st.sampled_from(["", "ghost", "2026"])),
        parts=tuple((shoe, 1 / len(shoes)) for shoe in shoes),
    )


histories = st.lists(outings(), max_size=12)
hints = st.lists(
    st.builds(
        Hint,
        st.lists(st.integers(1, 6), max_size=3).map(tuple),
        st.sampled_from([0.1, 0.6, 1.2]),
        st.just("a hint"),
    ),
    max_size=3,
)


def trail(on: date, shoe: Shoe | None = None, km: float = 12, name: str = "") -> Outing:
    parts = () if shoe is None else ((shoe.id, 1.0),)
    return Outing(on, Sport.TRAIL_RUN, round(km * MM_PER_KM), name=name, parts=parts)


def order(found: list[Suggestion]) -> list[Shoe]:
    return [one.shoe for one in found]


# --- laws -----------------------------------------------------------------------------------


@given(run=outings(), history=histories, shoes=shoe_sets, more=hints)
def test_only_pairs_in_use_that_day_are_offered(
    run: Outing, history: list[Outing], shoes: list[Shoe], more: list[Hint]
) -> None:
    found = rank(run, history, shoes, more)
    offered = {one.shoe.id for one in found}
    assert len(found) == len(offered)
    for shoe in shoes:
        worn = [one.on for one in history if any(shoe.id == part for part, _ in one.parts)]
        retired = shoe.retired_on is not None and shoe.retired_on < run.on
        begun = shoe.bought_on or min(worn, default=run.on)
        if retired or begun > run.on + likely.WORN_GRACE:
            assert shoe.id not in offered
        elif begun <= run.on:
            assert shoe.id in offered
    assert all(one.reason for one in found)


@given(run=outings(), history=histories, shoes=shoe_sets, more=hints, pick=st.integers(1, 6))
def test_one_more_run_of_the_kind_never_lowers_a_pair(
    run: Outing, history: list[Outing], shoes: list[Shoe], more: list[Hint], pick: int
) -> None:
    def place(found: list[Suggestion]) -> int | None:
        ids = [one.shoe.id for one in found]
        return ids.index(pick) if pick in ids else None

    before = place(rank(run, history, shoes, more))
    another = replace(run, parts=((pick, 1.0),))
    after = place(rank(run, [*history, another], shoes, more))
    if before is not None:
        assert after is not None
        assert after <= before


@given(run=outings(), history=histories, shoes=shoe_sets, more=hints, seed=st.randoms())
def test_the_order_of_history_is_no_matter(
    run: Outing, history: list[Outing], shoes: list[Shoe], more: list[Hint], seed: object
) -> None:
    shuffled = list(history)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    again = rank(run, shuffled, shoes, more)
    assert [(one.shoe, one.score) for one in again] == [
        (one.shoe, one.score) for one in rank(run, history, shoes, more)
    ]


def test_nothing_known_leaves_the_pairs_in_their_order() -> None:
    found = rank(trail(SATURDAY), [], SHOES)
    assert order(found) == SHOES
    assert {one.reason for one in found} == {"not worn by then"}


# --- habits ---------------------------------------------------------------------------------


def test_what_the_weekday_the_distance_and_the_sport_usually_get() -> None:
    saturdays = [SATURDAY - timedelta(weeks=n) for n in range(1, 10)]
    history = [trail(day, SPEEDGOAT, 11.5) for day in saturdays[:8]]
    history += [trail(saturdays[8], GHOST, 13)]
    history += [
        Outing(SATURDAY - timedelta(days=n), Sport.RUN, 12 * MM_PER_KM, parts=((PEGASUS.id, 1.0),))
        for n in range(2, 40)
    ]
    found = rank(trail(SATURDAY), history, SHOES, unit=Unit.KM)
    assert order(found)[0] == SPEEDGOAT
    assert found[0].reason == "usual for Saturday trail runs of about 12 km: 8 of 9"
    assert [one.reason for one in found if one.shoe == GHOST] == [
        "Saturday trail runs of about 12 km: 1 of 9"
    ]


def test_a_wider_kind_is_asked_where_the_closest_is_rare() -> None:
    days = [SATURDAY - timedelta(days=n) for n in (3, 4, 5)]
    found = rank(trail(SATURDAY), [trail(day, GHOST) for day in days], SHOES, unit=Unit.KM)
    assert found[0].reason == "usual for trail runs of about 12 km: 3 of 3"
    far = rank(trail(SATURDAY, km=40), [trail(day, GHOST) for day in days], SHOES, unit=Unit.KM)
    assert far[0].reason == "usual for trail runs: 3 of 3"


def test_lately_counts_for_more_than_long_ago() -> None:
    long_ago = [trail(SATURDAY - timedelta(days=300 + n), GHOST) for n in range(3)]
    lately = [trail(SATURDAY - timedelta(days=10 + n), SPEEDGOAT) for n in range(2)]
    assert order(rank(trail(SATURDAY), long_ago + lately, SHOES))[0] == SPEEDGOAT


def test_runs_of_one_name_are_of_one_kind() -> None:
    history = [trail(SATURDAY - timedelta(days=n), GHOST, 5) for n in (10, 20, 30)]
    history += [trail(SATURDAY - timedelta(days=n), PEGASUS, 12, "club") for n in (11, 21, 31)]
    found = rank(trail(SATURDAY, km=5, name="club"), history, SHOES)
    by_shoe = {one.shoe: one for one in found}
    plain = {one.shoe: one for one in rank(trail(SATURDAY, km=5), history, SHOES)}
    assert by_shoe[PEGASUS].score > plain[PEGASUS].score
    assert by_shoe[PEGASUS].reason == "usual for trail runs of this name: 3 of 3"


def test_a_folder_called_like_a_pair_speaks_for_it() -> None:
    run = replace(trail(SATURDAY), folder="speedgoat")
    found = rank(run, [trail(SATURDAY - timedelta(days=9), GHOST)], SHOES)
    assert (found[0].shoe, found[0].reason) == (SPEEDGOAT, "its folder is called 'speedgoat'")


@pytest.mark.parametrize(
    ("apart", "said"),
    [(-1, "worn the day before"), (0, "worn the same day"), (1, "worn the day after")],
)
def test_the_days_around_break_a_tie(apart: int, said: str) -> None:
    other = Outing(SATURDAY + timedelta(days=apart), Sport.WALK, None, parts=((PEGASUS.id, 1.0),))
    found = rank(trail(SATURDAY), [other], SHOES)
    assert (found[0].shoe, found[0].reason) == (PEGASUS, said)


# --- rules and defaults ---------------------------------------------------------------------


def test_a_rule_that_fits_but_for_one_condition() -> None:
    near = of_rule("trails", [SPEEDGOAT.id], 2, ["distance"])
    assert near is not None
    found = rank(trail(SATURDAY), [], SHOES, [near])
    assert (found[0].shoe, found[0].reason) == (
        SPEEDGOAT,
        "rule 'trails' fits but for its distance",
    )
    whole = of_rule("all", [GHOST.id], 1, [])
    assert whole is not None
    assert order(rank(trail(SATURDAY), [], SHOES, [near, whole]))[:2] == [GHOST, SPEEDGOAT]


def test_a_rule_that_fits_in_nothing_says_nothing() -> None:
    assert of_rule("trails", [1], 0, ["sport"]) is None
    assert of_rule("trails", [1], 3, ["sport", "distance"]) is None


def test_the_defaults_of_the_day_and_of_other_days() -> None:
    defaults = [
        DefaultShoe(Sport.TRAIL_RUN, date(2025, 1, 1), GHOST.id),
        DefaultShoe(Sport.TRAIL_RUN, date(2026, 5, 1), PEGASUS.id),
        DefaultShoe(Sport.TRAIL_RUN, date(2026, 6, 1), SPEEDGOAT.id),
        DefaultShoe(Sport.RUN, date(2025, 1, 1), GHOST.id),
    ]
    said = {hint.shoe_ids[0]: hint.reason for hint in of_defaults(trail(SATURDAY), defaults)}
    assert said == {
        GHOST.id: "default for trail-run until 2026-05-01",
        PEGASUS.id: "default for trail-run",
        SPEEDGOAT.id: "default for trail-run from 2026-06-01",
    }
    found = rank(trail(SATURDAY), [], SHOES, of_defaults(trail(SATURDAY), defaults))
    assert order(found)[0] == PEGASUS
    assert of_defaults(trail(SATURDAY), []) == []


# --- what is compared -----------------------------------------------------------------------


def test_a_pair_is_in_use_from_its_purchase_to_its_retirement() -> None:
    shoe = Shoe(1, "Ghost", bought_on=date(2026, 5, 1), retired_on=date(2026, 5, 31))
    assert active(shoe, date(2026, 5, 31), None)
    assert not active(shoe, date(2026, 6, 1), None)
    assert active(shoe, date(2026, 4, 20), None), "a date of purchase is often typed from memory"
    assert not active(shoe, date(2026, 3, 1), date(2025, 1, 1))
    unknown = Shoe(2, "Pegasus")
    assert active(unknown, date(2020, 1, 1), None)
    assert active(unknown, date(2026, 3, 1), date(2026, 5, 1))
    assert not active(unknown, date(2025, 5, 1), date(2026, 5, 1))


def test_a_run_is_compared_by_its_name_folder_and_watch() -> None:
    run = Run(
        7, SATURDAY, Sport.RUN, name=" Club  RUN", distance_mm=5, shares=(Share(1, 3), Share(2, 1))
    )
    seen = [
        Sighting(7, SATURDAY, None, None, None, None, None, None, source="by hand"),
        Sighting(
            7,
            SATURDAY,
            *(None, None, None, None, None, None),
            source="C:\\Runs\\Ghost 15\\a.gpx",
            device="a watch",
        ),
    ]
    found = likely.outing(run, seen)
    assert (found.name, found.device, found.folder) == ("club run", "a watch", "Ghost 15")
    assert found.parts == ((1, 0.75), (2, 0.25))


def test_of_equal_pairs_the_one_worn_last_comes_first() -> None:
    road = [
        replace(trail(SATURDAY - timedelta(days=n), shoe), sport=Sport.RUN)
        for n, shoe in ((60, GHOST), (9, SPEEDGOAT))
    ]
    hike = replace(trail(SATURDAY), sport=Sport.HIKE)
    assert order(rank(hike, road, SHOES)) == [SPEEDGOAT, GHOST, PEGASUS]
