"""What a hand does to runs, as a machine does it at random."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shoetrack import hand
from shoetrack.model import Share
from shoetrack.sport import Sport
from tests.laws.outings import days, picks
from tests.laws.world import World


class Runs(World):
    """Rules that decide on runs."""

    @precondition(lambda self: self._runs())
    @rule(
        pick=picks,
        shoes=st.lists(picks, max_size=3),
        weights=st.lists(st.integers(1, 10_000), min_size=3, max_size=3),
    )
    def assign(self, pick: int, shoes: list[int], weights: list[int]) -> None:
        """To no pair, to one, or split over several."""
        ids = sorted(self.state.shoes)
        chosen = dict.fromkeys(ids[shoe % len(ids)] for shoe in shoes) if ids else {}
        shares = list(zip(chosen, weights, strict=False))
        run_id = self._pick_run(pick)
        with self._change():
            parts = tuple(Share(shoe, weight) for shoe, weight in shares)
            hand.assign_runs(self.store, [run_id], parts, self.now, "assigned")
            self.hand.shares[run_id] = shares

    @precondition(lambda self: self._runs())
    @rule(pick=picks)
    def ignore(self, pick: int) -> None:
        with self._change():
            hand.ignore_runs(self.store, [self._pick_run(pick)], self.now)

    @precondition(lambda self: self._runs("ignored"))
    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        with self._change():
            hand.restore_runs(self.store, [self._pick_run(pick, "ignored")], self.now)

    @precondition(lambda self: len(self._runs()) > 1)
    @rule(pick=picks, others=st.lists(picks, min_size=1, max_size=2))
    def merge(self, pick: int, others: list[int]) -> None:
        keep = self._pick_run(pick)
        gone = [run for run in dict.fromkeys(map(self._pick_run, others)) if run != keep]
        if gone:
            self._merge(keep, gone)

    @precondition(lambda self: self._doubtful())
    @rule(pick=picks, into_the_older=st.booleans())
    def merge_twins(self, pick: int, into_the_older: bool) -> None:
        twins = [(run["id"], run["twin_id"]) for run in self._doubtful()]
        one, other = twins[pick % len(twins)]
        if self.state.runs[other]["status"] == "active":
            self._merge(other, [one]) if into_the_older else self._merge(one, [other])

    def _merge(self, keep: int, gone: list[int]) -> None:
        with self._change():
            merged = hand.merge_runs(self.store, keep, gone, self.now)
            # What was decided for a twin was decided for the run that it is.
            decided = [self.hand.shares[run] for run in (keep, *gone) if run in self.hand.shares]
            if decided:
                self.hand.shares[keep] = decided[0]
            typed = {self.hand.distances.get(run) for run in (keep, *gone)} - {None}
            if typed:
                assert merged.distance_mm is not None
                assert merged.distance_mm in typed
                self.hand.distances[keep] = merged.distance_mm
            self.hand.judged.add(keep)

    @precondition(lambda self: self._doubtful())
    @rule(pick=picks)
    def keep(self, pick: int) -> None:
        doubtful = self._doubtful()
        run_id = doubtful[pick % len(doubtful)]["id"]
        with self._change():
            hand.keep_runs(self.store, [run_id], self.now)
            self.hand.judged.add(run_id)

    @precondition(lambda self: self._runs())
    @rule(
        pick=picks,
        distance_mm=st.none() | st.integers(1, 40_000_000),
        on=st.none() | days,
        sport=st.none() | st.sampled_from(Sport),
    )
    def edit(
        self, pick: int, distance_mm: int | None, on: date | None, sport: Sport | None
    ) -> None:
        given = {"distance_mm": distance_mm, "local_date": on, "sport": sport}
        values = {name: value for name, value in given.items() if value is not None}
        run_id = self._pick_run(pick)
        with self._change():
            hand.edit_run(self.store, run_id, values, self.now)
            if distance_mm is not None:
                self.hand.distances[run_id] = distance_mm

    @rule(on=days, distance_mm=st.integers(1, 40_000_000), minutes=st.none() | st.integers(1, 200))
    def add_run(self, on: date, distance_mm: int, minutes: int | None) -> None:
        before = self.state.distance_mm
        with self._change():
            made = hand.new_run(
                self.store,
                on=on,
                sport=Sport.RUN,
                distance_mm=distance_mm,
                duration_s=minutes and minutes * 60,
                name="",
                shoe_id=None,
                now=self.now,
            )
            self.hand.distances[made.id] = distance_mm
        assert self.state.distance_mm == before + distance_mm
