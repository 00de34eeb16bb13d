"""What rules and defaults make of the runs that are here: what they caught, and would move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from shoetrack import assign, rules
from shoetrack.db import entry_queries, run_queries, sighting_queries
from shoetrack.db.reader import Rows
from shoetrack.model import MANUAL, Decision, Run, Sighting, Status
from shoetrack.model.rules import Guide, Rule
from shoetrack.placing import Pairs
from shoetrack.rules import Bound, Finding, Traits
from shoetrack.units import Unit


@dataclass(frozen=True, slots=True)
class Move:
    """A run for which another decision would be made now."""

    run: Run
    decision: Decision

    @property
    def moves(self) -> bool:
        """Whether it goes to another pair; else only who decides is another one."""
        return self.run.shares != self.decision.shares


@dataclass(frozen=True, slots=True)
class Plan:
    """What `assign --auto` would do, and the newest change when that was found out."""

    moves: tuple[Move, ...]
    as_of: int

    @property
    def moved(self) -> list[Move]:
        return [move for move in self.moves if move.moves]


NOTHING = Plan((), 0)


def plan(store: Rows, guide: Guide, since: date | None = None, until: date | None = None) -> Plan:
    """The runs for which another decision would be made now, the newest first."""
    pairs = Pairs.of(store, guide)
    found = run_queries.runs(store, run_queries.RunFilter(since=since, until=until))
    settled = {run.id for run in found if pairs.is_settled(run)}
    open_ = [run for run in found if run.id not in settled]
    seen = _seen(store, open_, pairs.rules)
    return Plan(tuple(_moves(open_, seen, pairs)), entry_queries.newest_change(store))


def _seen(store: Rows, runs: Sequence[Run], asked: object) -> dict[int, list[Sighting]]:
    """Where the runs were seen, where that is asked for at all."""
    return sighting_queries.sightings_of(store, [run.id for run in runs]) if asked else {}


def _moves(runs: Iterable[Run], seen: dict[int, list[Sighting]], pairs: Pairs) -> Iterator[Move]:
    for run in runs:
        decision = pairs.decide(run, seen.get(run.id, ()))
        if decision != Decision(run.shares, run.decided_by):
            yield Move(run, decision)


# --- what each rule catches -----------------------------------------------------------------


@dataclass(slots=True)
class Count:
    """So many runs, and how far they went in all."""

    runs: int = 0
    distance_mm: int = 0

    def add(self, run: Run) -> None:
        self.runs += 1
        self.distance_mm += run.distance_mm or 0


@dataclass(slots=True)
class Caught:
    """What a rule catches: runs that it is the first to fit (of them, those that a hand or a
    service has decided are not its to move), and those that an earlier rule takes.
    """

    rule: Rule
    fault: str = ""
    first: Count = field(default_factory=Count)
    settled: Count = field(default_factory=Count)
    later: Count = field(default_factory=Count)
    taken_by: Counter[str] = field(default_factory=Counter)  # of the later: by which rules

    @property
    def shadow(self) -> str:
        """The rule that takes most of what it fits, where it never comes first."""
        return self.taken_by.most_common(1)[0][0] if self.taken_by and not self.first.runs else ""


@dataclass(frozen=True, slots=True)
class History:
    """What the rules make of the runs that are here."""

    caught: tuple[Caught, ...]
    plan: Plan
    runs: int


def history(
    store: Rows, guide: Guide, since: date | None = None, until: date | None = None
) -> History:
    """What each rule catches among the runs that count, and what `assign --auto` would move."""
    pairs = Pairs.of(store, guide)
    found = run_queries.runs(store, run_queries.RunFilter(since=since, until=until))
    seen = _seen(store, found, pairs.rules)
    shoes = list(pairs.shoes.values())
    caught = {rule.name: Caught(rule, rules.fault(rule, shoes)) for rule in guide.rules}
    moves = []
    for run in found:
        traits = rules.Traits(run, seen.get(run.id, ()), guide.zone)
        fitting = [bound for bound in pairs.rules if _takes(bound, traits)]
        settled = pairs.is_settled(run)
        for place, bound in enumerate(fitting):
            count = caught[bound.rule.name]
            if place:
                count.later.add(run)
                count.taken_by[fitting[0].rule.name] += 1
                continue
            count.first.add(run)
            if settled or run.twin_id is not None:
                count.settled.add(run)
        if not settled:
            moves += list(_moves([run], seen, pairs))
    as_planned = Plan(tuple(moves), entry_queries.newest_change(store))
    return History(tuple(caught.values()), as_planned, len(found))


def _takes(bound: Bound, traits: Traits) -> bool:
    return bound.takes(traits.run.local_date) and bound.fits(traits)


# --- why a run is where it is ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was tried on a run: whether its pairs can take it, and each condition."""

    rule: Rule
    fault: str
    findings: tuple[Finding, ...]

    @property
    def fits(self) -> bool:
        return all(finding.holds for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Reasons:
    """The order of decision for one run, and what comes of it."""

    run: Run
    rules: tuple[Tried, ...]
    default: int | None  # the default pair of the sport on that day
    default_rests: bool  # it was retired before
    trust_gear: bool
    decision: Decision

    @property
    def by_hand(self) -> bool:
        return self.run.decided_by == MANUAL

    @property
    def differs(self) -> bool:
        """Whether `assign --auto` would decide otherwise than stands."""
        counts = self.run.status is Status.ACTIVE
        return counts and self.decision != Decision(self.run.shares, self.run.decided_by)


def reasons(store: Rows, guide: Guide, run: Run, unit: Unit) -> Reasons:
    """Why a run is where it is, and where it would be now."""
    pairs = Pairs.of(store, guide)
    seen = sighting_queries.sightings_of(store, [run.id]).get(run.id, [])
    traits = rules.Traits(run, seen, guide.zone)
    bound = {one.rule.name: one for one in pairs.rules}
    shoes = list(pairs.shoes.values())
    tried = []
    for rule in guide.rules:
        mine = bound.get(rule.name)
        resting = mine is None or not mine.takes(run.local_date)
        fault = rules.fault(rule, shoes) if resting else ""
        tried.append(Tried(rule, fault, tuple(rules.check(rule, traits, unit))))
    default = assign.default_for(run.sport, run.local_date, pairs.defaults)
    return Reasons(
        run,
        tuple(tried),
        default,
        default is not None and not assign.takes(pairs.shoes[default], run.local_date),
        guide.trust_gear,
        pairs.decide(run, seen),
    )
