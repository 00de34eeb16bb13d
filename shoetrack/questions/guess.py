"""Which runs wait for a person, and which pairs each of them may have been on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shoetrack import likely, rules
from shoetrack.config import Config
from shoetrack.db import run_queries, shoe_queries, sighting_queries
from shoetrack.db.reader import Rows
from shoetrack.likely import Hint, Outing, Suggestion
from shoetrack.model import MANUAL, DefaultShoe, Run, Shoe, Sighting, Status
from shoetrack.rules import Bound


def waiting(store: Rows, filters: run_queries.RunFilter) -> list[Run]:
    """The runs on no pair, in doubt, or of unknown distance, the newest first.

    A run that a hand has put on no pair is where it should be.
    """
    kinds = [replace(filters, unassigned=True)]
    if not filters.unassigned:
        kinds += [replace(filters, doubtful=True), replace(filters, unmeasured=True)]
    found = {run.id: run for kind in kinds for run in run_queries.runs(store, kind)}
    waits = [
        run
        for run in found.values()
        if on_no_pair(run) or run.shares or run.twin_id or run.distance_mm is None
    ]
    return sorted(waits, key=lambda run: (run.local_date, _moment(run), run.id), reverse=True)


def on_no_pair(run: Run) -> bool:
    """Whether nobody has decided on a run yet."""
    return not run.shares and run.decided_by != MANUAL


def _moment(run: Run) -> float:
    return run.started_at.timestamp() if run.started_at else 0.0


@dataclass
class Memory:
    """What pairs are guessed from: all runs of a store as they were when last looked at."""

    config: Config
    shoes: Sequence[Shoe]
    defaults: Sequence[DefaultShoe]
    rules: Sequence[Bound]
    outings: dict[int, Outing]

    @classmethod
    def of(cls, store: Rows, config: Config) -> Memory:
        shoes = shoe_queries.shoes(store)
        bound = rules.bind(config.rules, {shoe.id: shoe for shoe in shoes})
        memory = cls(config, shoes, shoe_queries.defaults(store), bound, {})
        memory._remember(store, run_queries.runs(store))
        return memory

    def look_again(self, store: Rows, run_ids: Sequence[int]) -> None:
        """Learn what became of these runs."""
        for run_id in run_ids:
            self.outings.pop(run_id, None)
        found = run_queries.runs_by_id(store, run_ids)
        self._remember(store, [run for run in found if run.status is Status.ACTIVE])

    def _remember(self, store: Rows, runs: Sequence[Run]) -> None:
        seen = sighting_queries.sightings_of(store, [run.id for run in runs])
        for run in runs:
            self.outings[run.id] = likely.outing(run, seen.get(run.id, ()))

    def suggest(self, run: Run, seen: Sequence[Sighting]) -> list[Suggestion]:
        """The pairs in use on the run's day, the likeliest first."""
        outing = likely.outing(run, seen)
        others = [one for run_id, one in self.outings.items() if run_id != run.id]
        hints = [*likely.of_defaults(outing, self.defaults), *self._of_rules(run, seen)]
        return likely.rank(outing, others, self.shoes, hints, self.config.unit)

    def _of_rules(self, run: Run, seen: Sequence[Sighting]) -> list[Hint]:
        """What rules say that fit, or all but fit."""
        traits = rules.Traits(run, seen, self.config.timezone)
        hints = []
        for bound in self.rules:
            findings = rules.check(bound.rule, traits, self.config.unit)
            missing = [one.condition.partition(" ")[0] for one in findings if not one.holds]
            ids = [share.shoe_id for share in bound.shares]
            hint = likely.of_rule(bound.rule.name, ids, len(findings) - len(missing), missing)
            hints += [hint] if hint else []
        return hints
