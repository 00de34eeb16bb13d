"""Which pair a run goes to: a hand's decision, else the default pair of its sport, else none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from shoetrack.model import DEFAULT, Decision, DefaultShoe, Run, Share, Shoe
from shoetrack.sport import Sport


def decide(run: Run, defaults: Iterable[DefaultShoe], shoes: Mapping[int, Shoe]) -> Decision:
    """The decision for a run as things stand.

    A hand's decision holds for good, and what the service that a run came from said of its pair
    comes before any default. A run in doubt is on no pair: a pair is charged with what is
    certain. A retired pair takes no run dated after its retirement, and still takes older ones.
    """
    if run.decided_by not in (None, DEFAULT):
        return Decision(run.shares, run.decided_by)
    if run.twin_id is not None:
        return Decision()
    shoe_id = default_for(run.sport, run.local_date, defaults)
    if shoe_id is not None and takes(shoes[shoe_id], run.local_date):
        return Decision((Share(shoe_id),), DEFAULT)
    return Decision()


def default_for(sport: Sport, on: date, defaults: Iterable[DefaultShoe]) -> int | None:
    """The pair that a sport goes to on a day: the latest default that had begun by then."""
    begun = [d for d in defaults if d.sport is sport and d.since <= on]
    return max(begun, key=lambda d: d.since).shoe_id if begun else None


def takes(shoe: Shoe, on: date) -> bool:
    """Whether a pair takes runs of a day by itself."""
    return shoe.retired_on is None or on <= shoe.retired_on
