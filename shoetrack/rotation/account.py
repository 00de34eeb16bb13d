"""What each pair of a rotation ran, and what it would have run had it taken its turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import fsum

from shoetrack.model import Day, Shoe, Total
from shoetrack.rotation.targets import divide_turns, gentle


@dataclass(frozen=True)
class Member:
    """A pair with its days of running; `total` is all that it holds, of before those days too."""

    shoe: Shoe
    total: Total
    days: tuple[Day, ...] = ()

    @cached_property
    def start(self) -> date:
        """From when on it can be worn: it was bought, else added; or it was worn before that."""
        known = self.shoe.bought_on or self.shoe.added_on
        return min((day for day in (known, self.first_worn) if day), default=date.min)

    @cached_property
    def first_worn(self) -> date | None:
        return min(self._worn_on(self.total.first_worn), default=None)

    @cached_property
    def end(self) -> date:
        """Until when it took turns: a retired pair, until it was last worn."""
        if self.shoe.retired_on is None:
            return date.max
        worn = max(self._worn_on(self.total.last_worn), default=date.min)
        return min(self.shoe.retired_on, worn)

    @cached_property
    def carried_mm(self) -> int:
        """What it had before its first day here. Opening miles and adjustments are in it, since
        nobody knows when they were run.
        """
        return max(self.total.distance_mm - sum(day.distance_mm for day in self.days), 0)

    def factor(self, on: date, worn_mm: int) -> float:
        """Its gentle factor on a day, with so much run on its days here before."""
        first = self.first_worn
        worn_for = on - first if first is not None and first < on else None
        return gentle(self.shoe, self.carried_mm + worn_mm, worn_for)

    def _worn_on(self, known: date | None) -> list[date]:
        days = [day.on for day in self.days if day.runs]
        return days if known is None else [*days, known]


@dataclass(frozen=True, slots=True)
class Turns:
    """One day of a rotation: what was run on each pair by its id, and the parts they should have
    had of it, of 1, by the ids of the pairs that could be worn.
    """

    on: date
    ran: Mapping[int, tuple[int, int]]  # millimetres, runs
    targets: Mapping[int, float]
    whole_mm: int


@dataclass(frozen=True, slots=True)
class Account:
    """One pair over a span of days; `due_mm` is what its targets of each day would have given it,
    `whole_mm` what all pairs of the rotation ran.
    """

    distance_mm: int
    runs: int
    due_mm: float
    whole_mm: int
    last_worn: date | None

    @property
    def behind_mm(self) -> float:
        """How far it is behind its target; negative: ahead. Over all pairs the sum is 0."""
        return self.due_mm - self.distance_mm


def members(
    shoes: Iterable[Shoe],
    totals: Mapping[int | None, Total],
    days: Mapping[int, Iterable[Day]],
    name: str,
) -> list[Member]:
    """The pairs of a rotation by their ids, retired ones too."""
    return [
        Member(shoe, totals.get(shoe.id, Total(shoe.id)), tuple(days.get(shoe.id, ())))
        for shoe in sorted(shoes, key=lambda shoe: shoe.id)
        if shoe.rotation == name
    ]


def turns_of(pairs: Sequence[Member], until: date) -> list[Turns]:
    """The days on which the rotation ran, in order; the last is always `until`, run on or not.

    On each day the pairs that could be worn share its miles by their targets of that day, so a pair
    that joined late is not judged by what it could not do.
    """
    by_id = {pair.shoe.id: pair for pair in pairs}
    worn = dict.fromkeys(by_id, 0)
    factor: dict[int, float] = {}
    starting = set(by_id)  # a pair that has started stays so
    shared: dict[tuple[float | None, ...], dict[int, float]] = {}
    changes = sorted({date.min, *(pair.start for pair in pairs), *_after(pairs)}, reverse=True)
    able: set[int] = set()
    steady: dict[int, float] | None = None  # the targets, for as long as nothing changes them
    found = []
    for on, ran in sorted(_by_day(pairs, until).items()):
        if changes and changes[-1] <= on:
            while changes and changes[-1] <= on:
                changes.pop()
            able = {shoe_id for shoe_id, pair in by_id.items() if pair.start <= on <= pair.end}
            steady = None
        targets = steady
        if targets is None or not ran.keys() <= able:
            at_work = able | ran.keys()
            moving = at_work & starting
            for shoe_id in moving:
                factor[shoe_id] = by_id[shoe_id].factor(on, worn[shoe_id])
            starting -= {shoe_id for shoe_id in moving if factor[shoe_id] >= 1}
            factors = tuple(factor[one] if one in at_work else None for one in by_id)
            if factors not in shared:
                shared[factors] = _targets(pairs, factors)
            targets = shared[factors]
            steady = None if at_work != able or able & starting else targets
        whole = sum(distance for distance, _ in ran.values())
        found.append(Turns(on, ran, targets, whole))
        for shoe_id, (distance, _) in ran.items():
            worn[shoe_id] += distance
    return found


def _after(pairs: Iterable[Member]) -> Iterator[date]:
    """The days from which on pairs take no turns any more."""
    return (pair.end + timedelta(days=1) for pair in pairs if pair.end < date.max)


def account(pair: Member, turns: Iterable[Turns], first: date) -> Account:
    """What became of a pair's part from a day on."""
    shoe_id = pair.shoe.id
    since = [day for day in turns if day.on >= first]
    ran = [(day.on, *day.ran[shoe_id]) for day in since if shoe_id in day.ran]
    return Account(
        distance_mm=sum(distance for _, distance, _ in ran),
        runs=sum(runs for _, _, runs in ran),
        due_mm=fsum(day.whole_mm * day.targets.get(shoe_id, 0.0) for day in since),
        whole_mm=sum(day.whole_mm for day in since),
        last_worn=max((on for on, _, _ in ran), default=None),
    )


def _by_day(pairs: Iterable[Member], until: date) -> dict[date, dict[int, tuple[int, int]]]:
    found: dict[date, dict[int, tuple[int, int]]] = {until: {}}
    for pair in pairs:
        for day in pair.days:
            if day.on <= until:
                ran = found.setdefault(day.on, {})
                distance, runs = ran.get(pair.shoe.id, (0, 0))
                ran[pair.shoe.id] = (distance + day.distance_mm, runs + day.runs)
    return found


def _targets(pairs: Sequence[Member], factors: Sequence[float | None]) -> dict[int, float]:
    able = [(p.shoe, f) for p, f in zip(pairs, factors, strict=True) if f is not None]
    parts = divide_turns([(shoe.target, factor) for shoe, factor in able])
    return {shoe.id: part for (shoe, _), part in zip(able, parts, strict=True)}
