"""What alerts are raised from, as the store has it at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from math import fsum
from typing import NamedTuple

from shoetrack.alerts import again, stages
from shoetrack.alerts.stages import Link, Range, Scale, Step
from shoetrack.config import Config
from shoetrack.db import alert_queries, check_queries, delivery_queries, file_queries
from shoetrack.db.check_queries import WaitingRun
from shoetrack.db.reader import Rows
from shoetrack.load import Load
from shoetrack.model import Alert, Shoe
from shoetrack.questions import load, standing, turns
from shoetrack.rotation.judge import Rotation
from shoetrack.units import local_day
from shoetrack.wear import State, Wear

_LEVELS = {State.IN_RANGE: stages.IN_RANGE, State.NEAR_END: stages.NEAR_END}
# What was said so long ago, and is over, has no part in what is said now.
_LONG_AGO = again.WEEK + timedelta(days=1)


class Facts(NamedTuple):
    """How things stand. `levels` are the pairs in use that have come to a stage, by their id;
    `rotations` are those that are uneven; `load` is what is to be said of the week. `said` has the
    newest first; `unsaid` are those of them, by their id, that no channel has heard of.
    """

    wears: Mapping[int, Wear]
    levels: Mapping[int, int]
    rotations: Sequence[Rotation]
    waiting: Sequence[WaitingRun]
    load: Load | None
    said: Sequence[Alert]
    unsaid: Set[int]


def scale_of(config: Config) -> Scale:
    return Scale(config.near, stages.step_mm(config.unit))


def facts(store: Rows, config: Config, now: datetime) -> Facts:
    """All that a check looks at."""
    today = local_day(now, config.timezone)
    wears = {w.shoe.id: w for w in standing.overview(store, config, today).wears}
    found, _ = turns.rotations(store, config, today)
    week = load.of_week(store, today) if config.alerts.load else None
    return Facts(
        wears=wears,
        levels=_levels(wears.values(), scale_of(config), today),
        rotations=[one for one in found if _is_uneven(one, wears, today)],
        waiting=check_queries.waiting_runs(store, now - again.PATIENCE),
        load=week if week and week.above_advised else None,
        said=alert_queries.said(store, now - _LONG_AGO),
        unsaid=delivery_queries.said_nowhere(store) if config.alerts.channels else frozenset(),
    )


def _levels(wears: Iterable[Wear], scale: Scale, today: date) -> dict[int, int]:
    found = {}
    for wear in wears:
        if not _in_use(wear, today):
            continue
        if wear.state is State.WORN_OUT:
            found[wear.shoe.id] = scale.beyond(wear.total.distance_mm, wear.range_mm)
        elif wear.state in _LEVELS:
            found[wear.shoe.id] = _LEVELS[wear.state]
    return found


def _in_use(wear: Wear, today: date) -> bool:
    """Whether a pair is worn: it waits in a cupboard otherwise, or is gone."""
    last = wear.total.last_worn or wear.shoe.added_on
    retired = wear.state is State.RETIRED
    return not retired and last is not None and today - last <= again.HALF_A_YEAR


def _is_uneven(found: Rotation, wears: Mapping[int, Wear], today: date) -> bool:
    """Whether a rotation is uneven, and not for pairs alone that wait in a cupboard."""
    if found.verdict != "uneven":
        return False
    worn = [turn for turn in found.in_use if _in_use(wears[turn.shoe.id], today)]
    shares = fsum(turn.share for turn in worn)
    targets = fsum(turn.target for turn in worn)
    if len(worn) < 2 or not shares or not targets:
        return False
    return len(worn) == len(found.in_use) or any(
        abs(turn.share / shares - turn.target / targets) > found.tolerance for turn in worn
    )


def steps_since(store: Rows, said: Alert, wear: Wear, config: Config) -> list[Step]:
    """What was done to a pair by changes that stand now and did not when that was said."""
    shoe = wear.shoe
    links = [Link(*one) for one in check_queries.links_after(store, said.after_change)]
    nets = check_queries.nets_after(store, shoe.id, said.after_change)
    before = check_queries.pair_before(store, shoe.id, said.after_change)
    steps: list[Step] = []
    # Backwards: how the pair was after a change is how it was before the next one.
    range_mm: Range = wear.range_mm
    retired = shoe.retired_on is not None
    for change_id in reversed(stages.fresh(links)):
        was = before.get(change_id)
        if was is None and change_id not in nets:
            continue
        range_after, retired_after = range_mm, retired
        if was is not None:
            range_mm, retired = was.range_mm or config.range_mm, was.retired
        returned = retired and not retired_after
        steps.append(Step(nets.get(change_id, 0), range_mm, range_after, returned))
    return steps[::-1]


def was_mistaken(store: Rows, said: Alert, wear: Wear, level: int, config: Config) -> bool:
    """Whether a stage of a pair was said of miles that an undo took away again."""
    day = local_day(said.raised_at, config.timezone)
    later_mm = check_queries.net_since(store, wear.shoe.id, day + timedelta(days=1))
    links = [Link(*one) for one in check_queries.links_after(store, said.after_change)]
    had_mm = wear.total.distance_mm - later_mm
    return stages.was_mistaken(said, level, had_mm, wear.range_mm, links, scale_of(config))


def any_refused(store: Rows, paths: Iterable[str]) -> bool:
    """Whether any of these files, of which some lie in an archive, cannot be read to this day."""
    places = {file.place for file in file_queries.refused(store)}
    within = tuple(f"{place}/" for place in places)
    return any(path in places or path.startswith(within) for path in paths)


def next_of(
    store: Rows, found: Rotation, wears: Mapping[int, Wear], config: Config, now: datetime
) -> Shoe:
    """The pair of a rotation to wear next: as `next` has it, else the one that is owed most; but
    none that waits in a cupboard.
    """
    today = local_day(now, config.timezone)
    choice = turns.next_pair(
        store,
        config,
        on=today,
        sport=config.sport,
        distance_mm=None,
        race=False,
        now=now,
        today=today,
    )
    worn = [turn for turn in found.in_use if _in_use(wears[turn.shoe.id], today)]
    ids = {turn.shoe.id for turn in worn}
    offered = [offer.shoe for offer in (choice.offers if choice else ()) if offer.shoe.id in ids]
    return offered[0] if offered else max(worn, key=lambda turn: turn.behind_mm).shoe
