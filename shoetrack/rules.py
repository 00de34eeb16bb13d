"""Which rule catches a run: what is known of the run, and whether each condition holds.

A run that was seen in several files fits a condition if what any of them says does. Where nobody
says it, the condition does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from typing import Any

from shoetrack.errors import AmbiguousError, NotFoundError, UsageError
from shoetrack.match import Test, apart_mm, fold, tester
from shoetrack.model import RULE, Decision, Run, RunRecord, Share, Shoe, Sighting
from shoetrack.model.rules import Circle, Condition, Origin, Rule, Texts
from shoetrack.names import find_shoe
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_KM, Unit, as_utc, show_distance, show_duration

UNKNOWN = "unknown"
FAULTS_SAID = 5  # a pair that was renamed may be in all of a hundred rules
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# What watches write, where a track would be, of a run that had none.
_TRACK_FILES = ("gpx", "tcx")


# --- what is known of a run -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Traits:
    """A run, where it was seen, and the home zone, None being the machine's; what rules ask of it
    is worked out once.
    """

    run: Run
    seen: Sequence[Sighting | RunRecord] = ()
    zone: tzinfo | None = None
    known: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def facts(self, key: str) -> tuple[Any, ...]:
        """What is known for a condition's key; nothing where that is unknown."""
        if key not in self.known:
            self.known[key] = tuple(_FACTS[key].of(self))
        return self.known[key]

    @cached_property
    def local_start(self) -> datetime | None:
        """The start on the clock of the place: by the source's own zone, else the home zone."""
        start = self.run.started_at
        if start is None:
            return None
        told = [one for one in self.seen if one.utc_offset_s is not None]
        # Of several, the one that the run's own time is from.
        told.sort(key=lambda one: one.started_at != start)
        offset = told[0].utc_offset_s if told else None
        if offset is None:
            return as_utc(start).astimezone(self.zone)
        return as_utc(start).astimezone(timezone(timedelta(seconds=offset)))


def _names(of: Traits) -> Iterator[str]:
    """What a hand called the run, else what any of its sources did."""
    if "name" in of.run.set_by_hand:
        yield from _folded([of.run.name])
    else:
        yield from _folded([of.run.name, *(one.name for one in of.seen)])


def _folded(texts: Iterable[str]) -> Iterator[str]:
    return (fold(text) for text in dict.fromkeys(texts) if text)


def _distance(of: Traits) -> Iterator[int]:
    if of.run.distance_mm is not None:
        yield of.run.distance_mm


def _duration(of: Traits) -> Iterator[int]:
    if of.run.duration_s:
        yield of.run.duration_s


def _pace(of: Traits) -> Iterator[float]:
    """Seconds for a kilometre."""
    if of.run.duration_s and of.run.distance_mm:
        yield of.run.duration_s * MM_PER_KM / of.run.distance_mm


def _climb(of: Traits) -> Iterator[float]:
    """Millimetres climbed for a kilometre."""
    for one in of.seen:
        distance = one.distance_mm or of.run.distance_mm
        if one.ascent_mm is not None and distance:
            yield one.ascent_mm * MM_PER_KM / distance


def _second_of_day(of: Traits) -> Iterator[int]:
    if (start := of.local_start) is not None:
        yield start.hour * 3600 + start.minute * 60 + start.second


def _treadmill(of: Traits) -> tuple[bool]:
    """By its sport, or by a file that has neither a track nor a distance, as watches write it."""
    bare = any(
        one.kind in _TRACK_FILES and one.distance_mm is None and one.start is None
        for one in of.seen
    )
    tracked = any(one.start is not None for one in of.seen)
    return (of.run.sport is Sport.TREADMILL or (bare and not tracked),)


def _origins(of: Traits) -> Iterator[tuple[str, str]]:
    return ((one.kind, fold(one.source.replace("\\", "/"))) for one in of.seen)


def _folders(of: Traits) -> Iterator[str]:
    for one in of.seen:
        yield from (fold(name) for name in re.split(r"[/\\]", one.source)[:-1] if name)


def _places(*ends: str) -> Callable[[Traits], Iterable[Any]]:
    def places(of: Traits) -> Iterable[Any]:
        found = (getattr(one, end) for one in of.seen for end in ends)
        return (place for place in found if place is not None)

    return places


# --- in people's words ----------------------------------------------------------------------


def _show_distance(mm: int, unit: Unit, test: Test) -> str:
    """A distance as finely as it takes to see why it is within a span, or is not."""
    for digits in (2, 3, 4):
        if test(round(round(mm / unit.mm, digits) * unit.mm)) == test(mm):
            break
    return show_distance(mm, unit, digits)


def _show_pace(seconds_per_km: float, unit: Unit) -> str:
    minutes, seconds = divmod(round(seconds_per_km * unit.mm / MM_PER_KM), 60)
    return f"{minutes}:{seconds:02} /{unit}"


def _show_climb(mm_per_km: float, unit: Unit) -> str:
    if unit is Unit.MI:
        return f"{mm_per_km * 5280 / MM_PER_KM:.0f} ft/mi"
    return f"{mm_per_km / 1000:.0f} m/km"


def _show_clock(second: int, _: Unit) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def _as_text(fact: object, _: Unit) -> str:
    return str(fact)


@dataclass(frozen=True, slots=True)
class _Fact:
    """How a condition's key is looked up in a run, and how that is said."""

    of: Callable[[Traits], Iterable[Any]]
    show: Callable[[Any, Unit], str] = _as_text
    # Where what is compared is not what people wrote: texts are folded.
    raw: Callable[[Traits], Iterable[str]] | None = None


def _raw(attribute: str) -> Callable[[Traits], Iterable[str]]:
    return lambda of: (getattr(one, attribute) for one in of.seen)


def _raw_names(of: Traits) -> Iterable[str]:
    hand = "name" in of.run.set_by_hand
    return (of.run.name, *(() if hand else (one.name for one in of.seen)))


def _raw_folders(of: Traits) -> Iterable[str]:
    for one in of.seen:
        yield "/".join(re.split(r"[/\\]", one.source)[:-1])


def _text(attribute: str) -> _Fact:
    raw = _raw(attribute)
    return _Fact(lambda of: _folded(raw(of)), raw=raw)


_FACTS: dict[str, _Fact] = {
    "sport": _Fact(lambda of: (of.run.sport,)),
    "title": _Fact(_names, raw=_raw_names),
    "description": _text("description"),
    "distance": _Fact(_distance),
    "duration": _Fact(_duration, lambda seconds, _: show_duration(seconds)),
    "pace": _Fact(_pace, _show_pace),
    "weekday": _Fact(lambda of: (of.run.local_date.weekday(),), lambda day, _: _DAY_NAMES[day]),
    "time": _Fact(_second_of_day, _show_clock),
    "since": _Fact(lambda of: (of.run.local_date,)),
    "until": _Fact(lambda of: (of.run.local_date,)),
    "device": _text("device"),
    "creator": _text("creator"),
    "source": _Fact(_origins, raw=lambda of: (f"{one.kind}, {one.source}" for one in of.seen)),
    "folder": _Fact(_folders, raw=_raw_folders),
    "treadmill": _Fact(_treadmill, lambda yes, _: "yes" if yes else "no"),
    "start": _Fact(_places("start")),
    "finish": _Fact(_places("finish")),
    "near": _Fact(_places("start", "finish")),
    "climb": _Fact(_climb, _show_climb),
}
KEYS = tuple(_FACTS)


# --- rules and the pairs that they name -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule whose pairs are found; from `last` on, when a pair of it was retired, it rests."""

    rule: Rule
    shares: tuple[Share, ...]
    last: date | None
    tests: tuple[tuple[str, Test], ...]

    @property
    def decision(self) -> Decision:
        return Decision(self.shares, f"{RULE}{self.rule.name}")

    def fits(self, of: Traits) -> bool:
        """Whether every condition holds."""
        known = of.known  # asked here, since thirty rules of ten thousand runs ask it
        for key, test in self.tests:
            for fact in known[key] if key in known else of.facts(key):
                if test(fact):
                    break
            else:
                return False
        return True

    def takes(self, on: date) -> bool:
        """Whether its pairs take runs of a day by themselves."""
        return self.last is None or on <= self.last


def bind(rules: Iterable[Rule], shoes: Mapping[int, Shoe]) -> list[Bound]:
    """The rules with the pairs that they name, in their order; without those that name none."""
    pairs = list(shoes.values())
    return [found for rule in rules if isinstance(found := _bound(rule, pairs), Bound)]


def _bound(rule: Rule, shoes: Sequence[Shoe]) -> Bound | str:
    """The rule with its pairs, or why that cannot be."""
    try:
        found = [find_shoe(shoes, name) for name, _ in rule.pairs]
    except NotFoundError as error:
        return f"{error}; config.toml must name a pair that is here" if shoes else str(error)
    except (AmbiguousError, UsageError) as error:
        return str(error)
    if len({shoe.id for shoe in found}) < len(found):
        return f"{rule.target!r} names one pair twice: write more of the names"
    days = [shoe.retired_on for shoe in found if shoe.retired_on is not None]
    weights = [weight for _, weight in rule.pairs]
    return Bound(
        rule,
        tuple(Share(shoe.id, weight) for shoe, weight in zip(found, weights, strict=True)),
        min(days) if days else None,
        tuple((one.key, tester(one.wanted)) for one in sorted(rule.conditions, key=_is_dear)),
    )


def _is_dear(condition: Condition) -> bool:
    """Whether a look at the run alone does not tell: such conditions are tried last."""
    return isinstance(condition.wanted, Texts | Origin | Circle)


def fault(rule: Rule, shoes: Sequence[Shoe]) -> str:
    """What is wrong with the pairs that a rule names, and what to do; empty where nothing is."""
    found = _bound(rule, shoes)
    if isinstance(found, str):
        return f"rule {rule.name!r} is passed over: {found}"
    if found.last is None or any(
        one.key == "until" and getattr(one.wanted, "last", date.max) <= found.last
        for one in rule.conditions
    ):
        return ""
    retired = {shoe.id: shoe.name for shoe in shoes if shoe.retired_on == found.last}
    name = next(retired[share.shoe_id] for share in found.shares if share.shoe_id in retired)
    return (
        f"rule {rule.name!r} takes no run after {found.last}, when {name} was retired:"
        f" name another pair in config.toml, or add until = {found.last} to the rule"
    )


def faults(rules: Iterable[Rule], shoes: Sequence[Shoe], most: int = FAULTS_SAID) -> list[str]:
    """What is wrong with the pairs that rules name, a sentence each; of more, how many."""
    said = [one for rule in rules if (one := fault(rule, shoes))]
    if len(said) <= most:
        return said
    return [
        *said[:most],
        f"rules with such a fault beside these: {len(said) - most} (`shoetrack rules check`)",
    ]


def first(rules: Iterable[Bound], of: Traits) -> Bound | None:
    """The rule that decides: the first that fits and whose pairs take the run."""
    on = of.run.local_date
    for one in rules:
        if one.takes(on) and one.fits(of):
            return one
    return None


# --- explaining -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition as it was written, whether it holds, and what was found."""

    condition: str
    holds: bool
    found: str


def check(rule: Rule, of: Traits, unit: Unit) -> list[Finding]:
    """Each condition of a rule against a run, in the order that they were written."""
    return [_finding(condition, of, unit) for condition in rule.conditions]


def _finding(condition: Condition, of: Traits, unit: Unit) -> Finding:
    facts = of.facts(condition.key)
    test = tester(condition.wanted)
    holds = any(map(test, facts))
    how = _FACTS[condition.key]
    shown = how.raw(of) if how.raw else (how.show(fact, unit) for fact in facts)
    if condition.key == "distance":
        shown = (_show_distance(fact, unit, test) for fact in facts)
    elif isinstance(condition.wanted, Circle):
        centre = condition.wanted.centre
        shown = (f"{show_distance(round(apart_mm(centre, f)), unit, 2)} away" for f in facts)
    found = "; ".join(dict.fromkeys(text for text in shown if text)) if facts else ""
    return Finding(f"{condition.key} = {condition.written}", holds, found or UNKNOWN)
