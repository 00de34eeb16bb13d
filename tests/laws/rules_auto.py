"""Rules applied backwards, as a machine does it at random."""

from __future__ import annotations

from datetime import UTC, date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shoetrack.config.options import parse
from shoetrack.hand.auto import assign_auto
from shoetrack.model.rules import Guide
from shoetrack.questions import automatic
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

    def _guide(self, written: list[tuple[str, int, int]], trust: bool) -> Guide:
        """Rules for pairs that are here, or for one that is not."""
        names = [shoe["name"] for shoe in self.state.shoes.values()] or ["nobody's"]
        blocks = []
        for number, (condition, pick, other) in enumerate(written):
            one, two = names[pick % len(names)], names[other % len(names)]
            target = f'split = "{one}=70%,{two}=30%"' if one != two else f'shoe = "{one}"'
            blocks.append(f'[[rules]]\nname = "rule {number}"\n{target}\n{condition}\n')
        return Guide(parse("".join(blocks)).rules, trust, UTC)
