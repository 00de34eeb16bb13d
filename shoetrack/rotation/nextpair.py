"""Which pair to wear for the next run, and why. Plain functions; the day is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median

from shoetrack.model import Shoe, Wearing
from shoetrack.rotation.account import Member, account, turns_of
from shoetrack.rotation.judge import first_day
from shoetrack.rotation.rests import Rest, rest_until
from shoetrack.sport import Sport

# A sport's pairs are those that it was run in within so many days.
LATELY = timedelta(days=180)
# The usual run is the median of the sport's runs in so many weeks.
USUAL = timedelta(weeks=8)
# Pairs in a rotation of one of these names are kept for races.
RACES = frozenset({"race", "races", "racing"})


class Known(StrEnum):
    """Where the distance of the next run is from."""

    GIVEN = "given"
    WEEKDAY = "weekday"  # the median of the sport's runs on this weekday
    SPORT = "sport"  # the median of all of the sport's runs, with none on this weekday


@dataclass(frozen=True, slots=True)
class Outing:
    """The run to come. `at` is the instant that it starts about, None where only the day is known;
    `usual_mm` is how far the sport's runs usually are, None where there are none to tell by.
    """

    on: date
    sport: Sport
    distance_mm: int | None
    known: Known | None
    usual_mm: int | None
    race: bool = False
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair, with how worn it is: in a word, and for the rules here."""

    member: Member
    state: str
    near_end: bool = False
    worn_out: bool = False

    @property
    def shoe(self) -> Shoe:
        return self.member.shoe


@dataclass(frozen=True, slots=True)
class Offer:
    """A pair for the run to come, with what speaks for it and against it.

    `owed_mm` is how far it would be behind its target were another pair worn; None: it takes no
    turns. `limit_mm` is how long a run may be for it, None for any; it is `held_back` from a longer
    one. `usual_for_sport`: it is of the rotation that the sport is usually run in.
    """

    shoe: Shoe
    state: str
    owed_mm: int | None
    rest: Rest | None
    limit_mm: int | None
    held_back: bool
    worn_out: bool
    near_end: bool
    starting: bool
    for_races: bool
    usual_for_sport: bool

    @property
    def tired(self) -> bool:
        """Whether it had less than a day of rest."""
        return self.rest is not None and self.rest.short


@dataclass(frozen=True, slots=True)
class Choice:
    """The pairs for a run, the one to wear first; `kept` are those that wait for a race."""

    outing: Outing
    offers: tuple[Offer, ...]
    kept: tuple[Shoe, ...] = ()


def plan(
    worn: Iterable[Wearing],
    on: date,
    sport: Sport,
    distance_mm: int | None,
    *,
    race: bool = False,
    at: datetime | None = None,
) -> Outing:
    """The run to come; a distance that is not given is the usual one of its weekday and sport."""
    runs = {
        w.run_id: w
        for w in worn
        if w.sport is sport and w.distance_mm is not None and on - USUAL <= w.on < on
    }
    usual = _median(runs.values())
    if distance_mm is not None:
        return Outing(on, sport, distance_mm, Known.GIVEN, usual, race, at)
    same = _median(w for w in runs.values() if w.on.weekday() == on.weekday())
    if same is not None:
        return Outing(on, sport, same, Known.WEEKDAY, usual, race, at)
    return Outing(on, sport, usual, Known.SPORT if usual is not None else None, usual, race, at)


def _median(runs: Iterable[Wearing]) -> int | None:
    distances = [run.distance_mm for run in runs if run.distance_mm is not None]
    return round(median(distances)) if distances else None


def choose(
    pairs: Sequence[Pair],
    worn: Sequence[Wearing],
    outing: Outing,
    *,
    default_id: int | None,
    window: timedelta,
    shod_as: Sport | None = None,
) -> Choice:
    """The pairs that suit a run, in the order to take them.

    `pairs` are all there are, since one retired lately had its turns; `worn` are the runs of the
    last 180 days. `shod_as` is the sport whose pairs suit, where that is another than the run's
    own, and `default_id` that sport's default pair.

    A pair kept for races comes first for a race, and not at all else. Then, each before the next: a
    pair not worn out; one not held back, as a pair near its end is from all but short runs, and one
    that is starting from what its rising target does not give it yet; one of those that the sport
    is usually run in; one that had a day of rest; one that is owed more; one that rested longer.
    """
    sport = shod_as or outing.sport
    usable = [pair for pair in pairs if _in_use(pair.member, outing.on)]
    lately = [w for w in worn if outing.on - LATELY <= w.on <= outing.on]
    races = _race_pairs(usable, lately, sport)
    offered = _everyday_pairs(usable, lately, sport, default_id)
    if outing.race:
        offered = races + offered
    home = _home(offered, lately, sport, default_id)
    owed = _owed([pair.member for pair in pairs], outing.on, window)
    mine: dict[int | None, list[Wearing]] = {}
    for wearing in worn:
        mine.setdefault(wearing.shoe_id, []).append(wearing)
    # Where all pairs of a rotation are starting, there is none to leave the longer runs to.
    settled = {pair.shoe.rotation for pair in usable if not _is_starting(pair, outing)}
    offers = [
        _offer(
            pair,
            owed.get(pair.shoe.id),
            _rest(pair.member, mine.get(pair.shoe.id, ()), outing),
            outing,
            usual_for_sport=home in (None, pair.shoe.rotation),
            has_settled_mate=pair.shoe.rotation in settled,
        )
        for pair in offered
    ]
    return Choice(
        outing,
        tuple(sorted(offers, key=lambda offer: _order(offer, outing.race))),
        () if outing.race else tuple(pair.shoe for pair in races),
    )


def _order(offer: Offer, race: bool) -> tuple[bool, bool, bool, bool, bool, int, float, int]:
    rested = float("-inf") if offer.rest is None else -offer.rest.length.total_seconds()
    return (
        offer.worn_out,
        race and not offer.for_races,
        offer.held_back,
        not offer.usual_for_sport,
        offer.tired,
        -(offer.owed_mm or 0),
        rested,
        offer.shoe.id,
    )


# --- who suits ------------------------------------------------------------------------------


def _in_use(member: Member, on: date) -> bool:
    retired = member.shoe.retired_on
    return member.start <= on and (retired is None or on < retired)


def _for_races(shoe: Shoe) -> bool:
    return shoe.rotation.casefold() in RACES


def _race_pairs(usable: Sequence[Pair], lately: Iterable[Wearing], sport: Sport) -> list[Pair]:
    """The pairs for races, without those that are for races of another sport."""
    races = [pair for pair in usable if _for_races(pair.shoe)]
    others = {w.shoe_id for w in lately} - {w.shoe_id for w in lately if w.sport is sport}
    return [pair for pair in races if pair.shoe.id not in others] or races


def _everyday_pairs(
    usable: Sequence[Pair], lately: Iterable[Wearing], sport: Sport, default_id: int | None
) -> list[Pair]:
    """The sport's default pair, those that it was run in, and all that take turns with them; where
    there are none, all but those for races.
    """
    everyday = [pair for pair in usable if not _for_races(pair.shoe)]
    run_in = {default_id, *(w.shoe_id for w in lately if w.sport is sport)}
    groups = {p.shoe.rotation for p in everyday if p.shoe.id in run_in} - {""}
    fit = [p for p in everyday if p.shoe.id in run_in or p.shoe.rotation in groups]
    return fit or everyday


def _home(
    offered: Sequence[Pair], lately: Iterable[Wearing], sport: Sport, default_id: int | None
) -> str | None:
    """The rotation that the sport is usually run in: its default pair's, else the one that most of
    its runs were in, else None. The pairs of no rotation, whose name is "", count as one.
    """
    groups = {pair.shoe.id: pair.shoe.rotation for pair in offered}
    if default_id in groups:
        return groups[default_id]
    runs = Counter(groups[w.shoe_id] for w in lately if w.sport is sport and w.shoe_id in groups)
    return max(sorted(runs), key=lambda name: runs[name], default=None)


# --- what speaks for a pair -----------------------------------------------------------------


def _owed(members: Sequence[Member], on: date, window: timedelta) -> dict[int, tuple[float, float]]:
    """How far each pair that takes turns is behind, in millimetres, and its target for the day."""
    found = {}
    for name in {member.shoe.rotation for member in members} - {""}:
        group = sorted(
            (member for member in members if member.shoe.rotation == name),
            key=lambda member: member.shoe.id,
        )
        if sum(_in_use(member, on) for member in group) < 2:
            continue  # alone, it is owed nothing by others
        days = turns_of(group, on)
        for member in group:
            behind = account(member, days, first_day(window, on)).behind_mm
            found[member.shoe.id] = (behind, days[-1].targets.get(member.shoe.id, 0.0))
    return found


def _rest(member: Member, worn: Iterable[Wearing], outing: Outing) -> Rest | None:
    """Its rest up to the run; where it was last worn long ago, in days."""
    rest = rest_until(worn, outing.on, outing.at)
    last = member.total.last_worn
    if rest is None and last is not None and last <= outing.on:
        return Rest(outing.on, (outing.on - last).days, None)
    return rest


def _is_starting(pair: Pair, outing: Outing) -> bool:
    """Whether it is still to come in gently on that day."""
    worn_mm = sum(day.distance_mm for day in pair.member.days if day.on < outing.on)
    return pair.member.factor(outing.on, worn_mm) < 1


def _offer(
    pair: Pair,
    owed: tuple[float, float] | None,
    rest: Rest | None,
    outing: Outing,
    *,
    usual_for_sport: bool,
    has_settled_mate: bool,
) -> Offer:
    behind, target = owed or (0.0, 0.0)
    length = outing.distance_mm
    starting = _is_starting(pair, outing)
    limits = []
    if pair.near_end:
        limits.append((outing.usual_mm or 1) - 1)
    if starting and outing.usual_mm is not None:
        limits.append(outing.usual_mm // (2 if pair.shoe.minimalist else 1))
    if starting and has_settled_mate and owed is not None and target < 1:
        # As long as this, and it is where it should be afterwards.
        limits.append(max(int(behind / (1 - target)), 0))
    limit = min(limits, default=None)
    unknown = length is None and (limit is not None or (starting and pair.shoe.minimalist))
    return Offer(
        shoe=pair.shoe,
        state=pair.state,
        owed_mm=None if owed is None else round(behind + target * (length or 0)),
        rest=rest,
        limit_mm=limit,
        held_back=unknown or (limit is not None and length is not None and length > limit),
        worn_out=pair.worn_out,
        near_end=pair.near_end,
        starting=starting,
        for_races=_for_races(pair.shoe),
        usual_for_sport=usual_for_sport,
    )
