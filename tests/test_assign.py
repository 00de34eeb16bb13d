"""Which pair a run goes to by itself, and when a hand has the last word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.assign import by_default, decide, default_for, is_settled, takes
from shoetrack.model import DEFAULT, MANUAL, RULE, Decision, DefaultShoe, Run, Share, Shoe
from shoetrack.sport import Sport

DAY = date(2026, 5, 1)
ONE = timedelta(days=1)
SERVICES = ("strava", "garmin")

days = st.dates(date(2023, 12, 30), date(2026, 1, 2))
sports = st.sampled_from(Sport)
shoe_ids = st.integers(1, 3)
# One a sport and day, as the store keeps them.
defaults = st.lists(
    st.builds(DefaultShoe, sports, days, shoe_ids),
    max_size=6,
    unique_by=lambda default: (default.sport, default.since),
)
shoes = st.fixed_dictionaries(
    {
        shoe_id: st.builds(
            Shoe, st.just(shoe_id), st.just(f"pair {shoe_id}"), retired_on=st.none() | days
        )
        for shoe_id in (1, 2, 3)
    }
)
runs = st.builds(
    Run,
    id=st.just(1),
    local_date=days,
    sport=sports,
    decided_by=st.sampled_from([None, DEFAULT, MANUAL, f"{RULE}old", *SERVICES]),
    shares=st.lists(
        st.builds(Share, shoe_ids, st.integers(1, 9)), max_size=2, unique_by=lambda s: s.shoe_id
    ).map(tuple),
    twin_id=st.none() | st.just(9),
)


by_rules = st.none() | st.builds(
    Decision, st.builds(Share, shoe_ids).map(lambda share: (share,)), st.just(f"{RULE}trails")
)


@given(run=runs, by_rule=by_rules, defaults=defaults, shoes=shoes, trust=st.booleans())
def test_the_order_is_hand_service_rule_default(
    run: Run,
    by_rule: Decision | None,
    defaults: list[DefaultShoe],
    shoes: dict[int, Shoe],
    trust: bool,
) -> None:
    found = decide(run, by_rule, defaults, shoes, trust_gear=trust)
    default = by_default(run, defaults, shoes)
    if run.decided_by == MANUAL:
        assert found == Decision(run.shares, MANUAL)
    elif run.twin_id is not None:
        assert found == Decision()
    elif run.decided_by in SERVICES and trust:
        assert found == Decision(run.shares, run.decided_by)
    else:
        assert found == (by_rule or default or Decision())


@given(run=runs, by_rule=by_rules, defaults=defaults, shoes=shoes)
def test_a_hand_s_decision_holds_whatever_rules_and_defaults_are(
    run: Run, by_rule: Decision | None, defaults: list[DefaultShoe], shoes: dict[int, Shoe]
) -> None:
    run = replace(run, decided_by=MANUAL)
    for trust in (True, False):
        found = decide(run, by_rule, defaults, shoes, trust_gear=trust)
        assert found == Decision(run.shares, MANUAL)


@given(run=runs, by_rule=by_rules, defaults=defaults, shoes=shoes)
def test_deciding_again_decides_the_same(
    run: Run, by_rule: Decision | None, defaults: list[DefaultShoe], shoes: dict[int, Shoe]
) -> None:
    first = decide(run, by_rule, defaults, shoes)
    decided = replace(run, shares=first.shares, decided_by=first.by)
    assert decide(decided, by_rule, defaults, shoes) == first
    assert decide(run, by_rule, defaults[::-1], shoes) == first


@given(run=runs, defaults=defaults, shoes=shoes)
def test_without_a_rule_one_pair_that_takes_the_run_is_charged(
    run: Run, defaults: list[DefaultShoe], shoes: dict[int, Shoe]
) -> None:
    run = replace(run, decided_by=None)
    decision = decide(run, None, defaults, shoes)
    if not decision.shares:
        assert decision == Decision()
        return
    (share,) = decision.shares
    assert decision.by == DEFAULT
    assert run.twin_id is None
    assert takes(shoes[share.shoe_id], run.local_date)
    assert any(
        d.sport is run.sport and d.since <= run.local_date and d.shoe_id == share.shoe_id
        for d in defaults
    )


def test_what_a_rule_decided_before_is_decided_again() -> None:
    """A rule that was changed or removed has no say any more once all is decided again."""
    run = Run(1, DAY, Sport.RUN, decided_by=f"{RULE}gone", shares=(Share(1),))
    assert decide(run, None, [], {1: Shoe(1, "Peg")}) == Decision()
    assert not is_settled(run)


@pytest.mark.parametrize("service", ["strava", "garmin"])
def test_a_service_s_gear_counts_only_where_it_is_trusted(service: str) -> None:
    run = Run(1, DAY, Sport.RUN, decided_by=service, shares=(Share(2),))
    rule = Decision((Share(1),), f"{RULE}trails")
    assert decide(run, rule, [], {}) == Decision((Share(2),), service)
    assert decide(run, rule, [], {}, trust_gear=False) == rule


def test_a_run_in_doubt_is_on_no_pair() -> None:
    run = Run(1, DAY, Sport.RUN, twin_id=2)
    rule = Decision((Share(1),), f"{RULE}trails")
    assert decide(run, rule, [DefaultShoe(Sport.RUN, DAY, 1)], {1: Shoe(1, "Peg")}) == Decision()


def test_a_hand_may_say_no_pair() -> None:
    run = Run(1, DAY, Sport.RUN, decided_by=MANUAL)
    decision = decide(run, None, [DefaultShoe(Sport.RUN, DAY, 1)], {1: Shoe(1, "Peg")})
    assert decision == Decision((), MANUAL)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2024, 2, 28), None),
        (date(2024, 2, 29), 1),
        (date(2025, 12, 31), 1),
        (date(2026, 1, 1), 2),
        (date(9999, 12, 31), 2),
    ],
)
def test_a_default_holds_from_its_day_until_the_next(on: date, expected: int | None) -> None:
    known = [
        DefaultShoe(Sport.RUN, date(2026, 1, 1), 2),
        DefaultShoe(Sport.RUN, date(2024, 2, 29), 1),
        DefaultShoe(Sport.TRAIL_RUN, date(2020, 1, 1), 3),
    ]
    assert default_for(Sport.RUN, on, known) == expected


@given(on=days, defaults=defaults, sport=sports)
def test_the_default_is_the_latest_that_has_begun(
    on: date, defaults: list[DefaultShoe], sport: Sport
) -> None:
    found = default_for(sport, on, defaults)
    begun = sorted(d.since for d in defaults if d.sport is sport and d.since <= on)
    held = {(d.sport, d.since): d.shoe_id for d in defaults}
    assert found == (held[sport, begun[-1]] if begun else None)


@given(retired=days, on=days)
def test_a_retired_pair_takes_older_runs_only(retired: date, on: date) -> None:
    assert takes(Shoe(1, "Peg", retired_on=retired), on) is (on <= retired)
    assert takes(Shoe(1, "Peg"), on)


def test_a_retired_default_does_not_hand_the_run_to_an_older_one() -> None:
    """Whoever retired the pair has not said that the one before it is worn again."""
    known = [DefaultShoe(Sport.RUN, DAY - 9 * ONE, 1), DefaultShoe(Sport.RUN, DAY - 5 * ONE, 2)]
    pairs = {1: Shoe(1, "Old"), 2: Shoe(2, "Peg", retired_on=DAY)}
    on_day = decide(Run(1, DAY, Sport.RUN), None, known, pairs)
    after = decide(Run(1, DAY + ONE, Sport.RUN), None, known, pairs)
    assert on_day == Decision((Share(2),), DEFAULT)
    assert after == Decision()
