"""Rules applied backwards, as a machine does it at random."""

from __future__ import annotations

from datetime import UTC, date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shoetrack.cli import explain
from shoetrack.cli.shapes import names_of
from shoetrack.config.options import parse
from shoetrack.db import run_queries, shoe_queries
from shoetrack.db.reader import Reader
from shoetrack.hand.auto import assign_auto
from shoetrack.model import DEFAULT, MANUAL, RULE, Decision
from shoetrack.model.rules import Guide
from shoetrack.questions import automatic
from shoetrack.questions.automatic import Plan
from shoetrack.units import Unit
from tests.laws.outings import days, picks
from tests.laws.world import World

CONDITIONS = (
    'sport = "run"',
    'sport = ["trail-run", "hike"]',
    'weekday = "Mon-Sat"',
    'time = "06:00-08:00"',
    'distance = "> 5 km"',
    'source = "gpx"',
)


class Auto(World):
    """`assign --auto` by rules that change each time."""

    @precondition(lambda self: self._runs())
    @rule(
        written=st.lists(st.tuples(st.sampled_from(CONDITIONS), picks, picks), max_size=3),
        trust=st.booleans(),
        since=st.none() | days,
    )
    def auto(self, written: list[tuple[str, int, int]], trust: bool, since: date | None) -> None:
        guide = self._guide(written, trust)
        with self._reader() as reader:
            plan = automatic.plan(reader, guide, since)
            self._explained(reader, guide, plan, since)
        with self._change():
            assign_auto(self.store, plan, self.now, "applied")
        with self._reader() as reader:
            assert automatic.plan(reader, guide, since).moves == ()
        for move in plan.moves:
            run = self.state.runs[move.run.id]
            assert run["decided_by"] == move.decision.by
            shares = [(share.shoe_id, share.weight) for share in move.decision.shares]
            assert self.state.shares.get(move.run.id, []) == shares
            assert since is None or run["local_date"] >= since.isoformat()

    def _explained(self, reader: Reader, guide: Guide, plan: Plan, since: date | None) -> None:
        """What `rules explain` says of each run is what is planned, by the step that it names."""
        planned = {move.run.id: move.decision for move in plan.moves}
        names = names_of(shoe_queries.shoes(reader))
        for run in run_queries.runs(reader):
            reasons = automatic.reasons(reader, guide, run, Unit.KM)
            said = explain.as_json(reasons, names)
            deciding = [step for step in said["steps"] if step["decides"]]
            assert [step["holds"] for step in deciding] == [True] * len(deciding)
            kinds = [(step["step"], step["rule"]) for step in deciding]
            by = reasons.decision.by
            if by is None:
                assert kinds == ([("doubt", None)] if run.twin_id else [])
            elif by.startswith(RULE):
                assert kinds == [("rule", by.removeprefix(RULE))]
            else:
                step = {MANUAL: "hand", DEFAULT: "default"}.get(by, "service")
                assert kinds == [(step, None)]
            if since is None or run.local_date >= since:
                standing = Decision(run.shares, run.decided_by)
                assert reasons.decision == planned.get(run.id, standing)
                assert reasons.differs == (run.id in planned)

    def _guide(self, written: list[tuple[str, int, int]], trust: bool) -> Guide:
        """Rules for pairs that are here, or for one that is not."""
        names = [shoe["name"] for shoe in self.state.shoes.values()] or ["nobody's"]
        blocks = []
        for number, (condition, pick, other) in enumerate(written):
            one, two = names[pick % len(names)], names[other % len(names)]
            target = f'split = "{one}=70%,{two}=30%"' if one != two else f'shoe = "{one}"'
            blocks.append(f'[[rules]]\nname = "rule {number}"\n{target}\n{condition}\n')
        return Guide(parse("".join(blocks)).rules, trust, UTC)
