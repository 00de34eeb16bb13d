"""Whether pairs take turns, and which is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from shoetrack.config import Config
from shoetrack.db import shoe_queries, turn_queries
from shoetrack.db.reader import Rows
from shoetrack.model import Day, Shoe, Total
from shoetrack.rotation import judge
from shoetrack.rotation.account import Member
from shoetrack.rotation.judge import Rotation

if TYPE_CHECKING:
    from datetime import datetime

    from shoetrack.rotation.nextpair import Choice
    from shoetrack.sport import Sport


def rotations(store: Rows | None, config: Config, today: date) -> tuple[list[Rotation], list[Shoe]]:
    """Whether the pairs of each rotation take turns; and the pairs in use that are in none."""
    if store is None:
        return [], []
    shoes = shoe_queries.shoes(store)
    totals = shoe_queries.totals(store)
    first = judge.first_day(config.window, today)
    days = shoe_queries.days_of_rotations(store, _begun(shoes, totals, first))
    found = judge.evaluate(
        shoes,
        days,
        totals=totals,
        worn=turn_queries.wearings(store, _before(days, first)),
        window=config.window,
        tolerance=config.tolerance,
        today=today,
    )
    return found, [s for s in shoes if not s.rotation and s.retired_on is None]


def _begun(shoes: Iterable[Shoe], totals: Mapping[int | None, Total], first: date) -> date:
    """The day that the eldest pair in use of any rotation began, or the window."""
    in_use = [shoe for shoe in shoes if shoe.rotation and shoe.retired_on is None]
    begun = [Member(shoe, totals.get(shoe.id, Total(shoe.id))).start for shoe in in_use]
    return min([first, *begun])


def _before(days: Mapping[int, Sequence[Day]], first: date) -> date:
    """The day that all pairs which were worn since `first` had been worn by: each rest has an end
    that lies before it.
    """
    last = [first]
    for worn in days.values():
        if any(day.on >= first for day in worn):
            last += [max((day.on for day in worn if day.on < first), default=first)]
    return min(last)


def next_pair(
    store: Rows | None,
    config: Config,
    *,
    on: date,
    sport: Sport,
    distance_mm: int | None,
    race: bool,
    now: datetime,
    today: date,
) -> Choice | None:
    """Which pair to wear on a day; None where there is no store yet.

    A run today is taken to start now; of another day only the day is known. One on a treadmill,
    where no pair is for that, is shod as one on the road.
    """
    from shoetrack import assign
    from shoetrack.questions import standing
    from shoetrack.rotation import nextpair
    from shoetrack.sport import Sport
    from shoetrack.wear import State

    if store is None:
        return None
    overview = standing.overview(store, config, today)
    days = shoe_queries.days_of_rotations(store, judge.first_day(config.window, on))
    worn = turn_queries.wearings(store, on - max(nextpair.LATELY, nextpair.USUAL))
    pairs = [
        nextpair.Pair(
            Member(wear.shoe, wear.total, tuple(days.get(wear.shoe.id, ()))),
            str(wear.state),
            near_end=wear.state is State.NEAR_END,
            worn_out=wear.state is State.WORN_OUT,
        )
        for wear in overview.wears
    ]
    at = now if on == today else None
    defaults = shoe_queries.defaults(store)
    shod_as, default_id = sport, assign.default_for(sport, on, defaults)
    has_its_own = default_id is not None or any(w.sport is sport and w.shoe_id for w in worn)
    if sport is Sport.TREADMILL and not has_its_own:
        shod_as, default_id = Sport.RUN, assign.default_for(Sport.RUN, on, defaults)
    return nextpair.choose(
        pairs,
        worn,
        nextpair.plan(worn, on, sport, distance_mm, race=race, at=at),
        default_id=default_id,
        window=config.window,
        shod_as=shod_as,
    )
