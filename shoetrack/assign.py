"""Which pair a run goes to: a hand's decision, else the gear of the service that it came from, else
the first rule that fits, else the default pair of its sport, else none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from shoetrack.model import DEFAULT, MANUAL, RULE, Decision, DefaultShoe, Run, Share, Shoe
from shoetrack.sport import Sport


def decide(
    run: Run,
    by_rule: Decision | None,
    defaults: Iterable[DefaultShoe],
    shoes: Mapping[int, Shoe],
    *,
    trust_gear: bool = True,
) -> Decision:
    """The decision for a run as things stand; `by_rule` is what the first rule that fits says.

    A hand's decision holds for good. A run in doubt is on no pair: a pair is charged with what is
    certain. A retired pair takes no run dated after its retirement, and still takes older ones.
    """
    if is_settled(run, trust_gear=trust_gear):
        return Decision(run.shares, run.decided_by)
    if run.twin_id is not None:
        return Decision()
    return by_rule or by_default(run, defaults, shoes) or Decision()


def is_settled(run: Run, *, trust_gear: bool = True) -> bool:
    """Whether no rule or default may move a run: a hand has decided, or a service that is trusted
    on a run that is not in doubt.
    """
    if run.decided_by == MANUAL:
        return True
    return trust_gear and run.twin_id is None and by_service(run.decided_by)


def by_service(decided_by: str | None) -> bool:
    """Whether a service's gear has decided: `strava`, `garmin`."""
    return decided_by not in (None, MANUAL, DEFAULT) and not str(decided_by).startswith(RULE)


def by_default(
    run: Run, defaults: Iterable[DefaultShoe], shoes: Mapping[int, Shoe]
) -> Decision | None:
    """What the default pair of the run's sport makes of it; None where there is none for it."""
    shoe_id = default_for(run.sport, run.local_date, defaults)
    if shoe_id is not None and takes(shoes[shoe_id], run.local_date):
        return Decision((Share(shoe_id),), DEFAULT)
    return None


def default_for(sport: Sport, on: date, defaults: Iterable[DefaultShoe]) -> int | None:
    """The pair that a sport goes to on a day: the latest default that had begun by then."""
    begun = [d for d in defaults if d.sport is sport and d.since <= on]
    return max(begun, key=lambda d: d.since).shoe_id if begun else None


def takes(shoe: Shoe, on: date) -> bool:
    """Whether a pair takes runs of a day by itself."""
    return shoe.retired_on is None or on <= shoe.retired_on
