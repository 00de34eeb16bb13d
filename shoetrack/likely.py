"""Which pair a run was probably in, and why: for a person to choose from. It decides nothing.

Every signal is a number that grows with what speaks for a pair, and what speaks for one pair never
speaks for another: so a run more on a pair never makes that pair less likely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from shoetrack.model import DefaultShoe, Run, Shoe, Sighting
from shoetrack.names import key
from shoetrack.sport import Sport
from shoetrack.units import Unit, in_unit

# How long before the day it was bought a pair may be worn by mistake of a date; and how long
# before its first known run, since older runs may yet have to be put on it.
BOUGHT_GRACE = timedelta(days=28)
WORN_GRACE = timedelta(days=90)

# Habits are of about a year, and what was done lately counts for more.
_YEAR = timedelta(days=365)
_HALF_LIFE_DAYS = 120
# One and a quarter times as far, or as short, is still the same kind of run.
_SAME_DISTANCE = 1.25
# What a run of another distance, or on another day of the week, still tells.
_OTHER_DISTANCE = 0.3
_OTHER_WEEKDAY = 0.5
# Laplace's: as if every pair had been worn that often already.
_PRIOR = 0.5
_ENOUGH = 3  # runs, to speak of a habit

_HABIT, _NAME, _FOLDER, _DEVICE, _NEXT_DAY = 1.0, 0.5, 0.3, 0.15, 0.1
_RULE, _NEAR_RULE, _FOLDER_NAME, _DEFAULT, _OTHER_DEFAULT = 1.2, 0.6, 0.8, 0.4, 0.2

_SPORTS = {
    Sport.RUN: "runs",
    Sport.TRAIL_RUN: "trail runs",
    Sport.TREADMILL: "treadmill runs",
    Sport.WALK: "walks",
    Sport.HIKE: "hikes",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Outing:
    """What a pair is guessed from, and which pairs it was on, each with its part of the run."""

    on: date
    sport: Sport
    distance_mm: int | None = None
    name: str = ""
    device: str = ""
    folder: str = ""
    parts: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """What speaks for pairs beside habit: how much, and in words."""

    shoe_ids: tuple[int, ...]
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair that a run may be in, and the strongest reason."""

    shoe: Shoe
    score: float
    reason: str


def outing(run: Run, seen: Sequence[Sighting] = ()) -> Outing:
    """A run as it is compared with others."""
    whole = sum(share.weight for share in run.shares)
    return Outing(
        on=run.local_date,
        sport=run.sport,
        distance_mm=run.distance_mm,
        name=" ".join(run.name.casefold().split()),
        device=next((one.device for one in seen if one.device), ""),
        folder=next((folder for one in seen if (folder := _folder(one.source))), ""),
        parts=tuple((share.shoe_id, share.weight / whole) for share in run.shares),
    )


def _folder(source: str) -> str:
    """The folder that a file lies in; many keep a folder for each pair."""
    return source.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]


def active(shoe: Shoe, on: date, first_worn: date | None) -> bool:
    """Whether a pair was in use on a day: bought by then, and not retired."""
    if shoe.retired_on is not None and on > shoe.retired_on:
        return False
    if shoe.bought_on is not None:
        return on >= shoe.bought_on - BOUGHT_GRACE
    return first_worn is None or on >= first_worn - WORN_GRACE


def of_rule(
    name: str, shoe_ids: Sequence[int], holding: int, missing: Sequence[str]
) -> Hint | None:
    """What a rule says whose conditions hold, or all but one of several; else it says nothing."""
    if len(missing) > 1 or (missing and not holding):
        return None
    reason = f"rule {name!r} fits" + (f" but for its {missing[0]}" if missing else "")
    return Hint(tuple(shoe_ids), _NEAR_RULE if missing else _RULE, reason)


def of_defaults(run: Outing, defaults: Iterable[DefaultShoe]) -> list[Hint]:
    """What the defaults of the run's sport say: that of its day, those before and after."""
    own = sorted((d for d in defaults if d.sport is run.sport), key=lambda d: d.since)
    hints = []
    for default, following in zip_longest(own, own[1:]):
        ended = following is not None and following.since <= run.on
        if default.since > run.on:
            hint = (_OTHER_DEFAULT, f"default for {run.sport} from {default.since}")
        elif ended and following is not None:
            hint = (_OTHER_DEFAULT, f"default for {run.sport} until {following.since}")
        else:
            hint = (_DEFAULT, f"default for {run.sport}")
        hints.append(Hint((default.shoe_id,), *hint))
    return hints


def rank(
    run: Outing,
    history: Iterable[Outing],
    shoes: Sequence[Shoe],
    hints: Iterable[Hint] = (),
    unit: Unit = Unit.KM,
) -> list[Suggestion]:
    """The pairs in use on the run's day, the likeliest first; of equal ones the one that was worn
    last, and those that are still in their order.
    """
    worn = [one for one in history if one.parts]
    first_worn: dict[int, date] = {}
    last_worn: dict[int, date] = {}
    for one in worn:
        for shoe_id, _ in one.parts:
            first_worn[shoe_id] = min(one.on, first_worn.get(shoe_id, one.on))
            if one.on <= run.on:
                last_worn[shoe_id] = max(one.on, last_worn.get(shoe_id, one.on))
    offered = [shoe for shoe in shoes if active(shoe, run.on, first_worn.get(shoe.id))]
    near = [one for one in worn if abs(one.on - run.on) <= _YEAR]
    hints = [
        *hints,
        *_habits(run, near, offered, unit),
        *_called_like(run, offered),
        *_days_around(run, worn),
    ]
    found = [_suggest(shoe, hints, last_worn.get(shoe.id)) for shoe in offered]
    return sorted(
        found,
        key=lambda one: (-one.score, -last_worn.get(one.shoe.id, date.min).toordinal()),
    )


def _suggest(shoe: Shoe, hints: Sequence[Hint], last_worn: date | None) -> Suggestion:
    own = [hint for hint in hints if shoe.id in hint.shoe_ids]
    said = [hint for hint in own if hint.reason]
    reason = max(said, key=lambda hint: hint.weight).reason if said else ""
    if not reason:
        reason = f"last worn {last_worn}" if last_worn else "not worn by then"
    # Rounded, so that the order of a sum never turns a tie.
    return Suggestion(shoe, round(sum(hint.weight for hint in own), 9), reason)


def _habits(run: Outing, near: Sequence[Outing], shoes: Sequence[Shoe], unit: Unit) -> list[Hint]:
    """What runs like this one were in, and of its sport those of its name, folder and device."""
    sport = [one for one in near if one.sport is run.sport]
    alike = [(one, _likeness(run, one)) for one in sport]
    hints = _shares_of(alike, shoes, _HABIT, _usual(run, sport, unit))
    for field, weight, words in (
        ("name", _NAME, "of this name"),
        ("folder", _FOLDER, "from this folder"),
        ("device", _DEVICE, "on this watch"),
    ):
        value = getattr(run, field)
        if value:
            same = [one for one in sport if getattr(one, field) == value]
            recent = [(one, _recent(run, one)) for one in same]
            said = (f"{_SPORTS[run.sport]} {words}", _counts(same), len(same))
            hints += _shares_of(recent, shoes, weight, said)
    return hints


def _called_like(run: Outing, shoes: Iterable[Shoe]) -> list[Hint]:
    """Many keep a folder for each pair, by its name."""
    folder = key(run.folder)
    return [
        Hint((shoe.id,), _FOLDER_NAME, f"its folder is called {run.folder!r}")
        for shoe in shoes
        if len(folder) > 3 and (folder in key(shoe.name) or key(shoe.name) in folder)
    ]


def _shares_of(
    weighed: Sequence[tuple[Outing, float]],
    shoes: Sequence[Shoe],
    weight: float,
    said: tuple[str, Mapping[int, int], int],
) -> list[Hint]:
    """Each pair's part of these outings, smoothed; in words where it was on any of them."""
    worn: dict[int, float] = defaultdict(float)
    for one, likeness in weighed:
        for shoe_id, part in one.parts:
            worn[shoe_id] += likeness * part
    whole = sum(worn.values()) + _PRIOR * len(shoes)
    kind, counts, total = said
    hints = []
    for shoe in shoes:
        count = counts.get(shoe.id, 0)
        reason = f"{kind}: {count} of {total}" if count else ""
        if total >= _ENOUGH and 2 * count > total:
            reason = f"usual for {reason}"
        hints.append(Hint((shoe.id,), weight * (worn[shoe.id] + _PRIOR) / whole, reason))
    return hints


def _likeness(run: Outing, other: Outing) -> float:
    likeness = _recent(run, other)
    if run.distance_mm is not None and not _same_distance(run, other):
        likeness *= _OTHER_DISTANCE
    return likeness if run.on.weekday() == other.on.weekday() else likeness * _OTHER_WEEKDAY


def _recent(run: Outing, other: Outing) -> float:
    return float(0.5 ** (abs((run.on - other.on).days) / _HALF_LIFE_DAYS))


def _same_distance(run: Outing, other: Outing) -> bool:
    if not run.distance_mm or not other.distance_mm:
        return False
    one, two = sorted((run.distance_mm, other.distance_mm))
    return two <= one * _SAME_DISTANCE


def _usual(run: Outing, sport: Sequence[Outing], unit: Unit) -> tuple[str, Mapping[int, int], int]:
    """The closest kind of run of which there are enough, and how often each pair was on those."""
    far = [one for one in sport if _same_distance(run, one)]
    weekday = _WEEKDAYS[run.on.weekday()]
    day = [one for one in far if one.on.weekday() == run.on.weekday()]
    kind = _SPORTS[run.sport]
    if run.distance_mm is not None:
        about = f"{in_unit(run.distance_mm, unit):.0f} {unit}"
        if len(day) >= _ENOUGH:
            return f"{weekday} {kind} of about {about}", _counts(day), len(day)
        if len(far) >= _ENOUGH:
            return f"{kind} of about {about}", _counts(far), len(far)
    return kind, _counts(sport), len(sport)


def _counts(outings: Iterable[Outing]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for one in outings:
        for shoe_id, _ in one.parts:
            counts[shoe_id] += 1
    return counts


def _days_around(run: Outing, worn: Iterable[Outing]) -> list[Hint]:
    """A pair worn the day before or after: a weak reason, for want of a better one."""
    words = {-1: "worn the day before", 0: "worn the same day", 1: "worn the day after"}
    found: dict[int, set[int]] = defaultdict(set)
    for one in worn:
        apart = (one.on - run.on).days
        if apart in words:
            for shoe_id, _ in one.parts:
                found[shoe_id].add(apart)
    return [
        Hint((shoe_id,), _NEXT_DAY, words[min(days, key=abs)])
        for shoe_id, days in sorted(found.items())
    ]
