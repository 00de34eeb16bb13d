"""What a hand does to pairs, and undo, as a machine does them at random."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shoetrack import hand
from shoetrack.db import entry_queries, shoe_queries
from shoetrack.model import Shoe
from shoetrack.sport import Sport
from shoetrack.units import Unit
from tests.laws import watch
from tests.laws.outings import days, picks
from tests.laws.world import World


class Pairs(World):
    """Rules that change pairs, and that take back whatever was done."""

    @rule(
        opening_mm=st.sampled_from((0, 67_592_448, 804_672_000)),
        sports=st.sets(st.sampled_from((Sport.RUN, Sport.TRAIL_RUN))),
        since=st.none() | days,
    )
    def add_shoe(self, opening_mm: int, sports: set[Sport], since: date | None) -> None:
        shoe = Shoe(0, f"Pair {self.watch.value('SELECT COUNT(*) FROM shoe')}")
        default = hand.DefaultFor(tuple(sorted(sports)), since)
        with self._change():
            hand.add_shoe(self.store, shoe, opening_mm, default, self.now, self.now.date())

    @precondition(lambda self: self.state.shoes)
    @rule(pick=picks, on=days)
    def retire(self, pick: int, on: date) -> None:
        with self._change():
            hand.retire_shoe(self.store, self._shoe(pick), on, self.now)

    @precondition(lambda self: self.state.shoes)
    @rule(pick=picks)
    def bring_back(self, pick: int) -> None:
        with self._change(refusable=True):
            hand.restore_shoe(self.store, self._shoe(pick), self.now)

    @precondition(lambda self: self.state.shoes)
    @rule(pick=picks, distance_mm=st.none() | st.integers(-20_000_000, 20_000_000))
    def adjust(self, pick: int, distance_mm: int | None) -> None:
        """By so much, or back to nothing: its runs can still be taken off it afterwards."""
        shoe, day = self._shoe(pick), self.now.date()
        if distance_mm is None:
            distance_mm = -self.state.totals.get(shoe.id, {"distance_mm": 0})["distance_mm"]
        with self._change(refusable=True):
            hand.adjust_shoe(self.store, shoe, distance_mm, "", self.now, day, Unit.KM)

    @precondition(lambda self: self.state.shoes)
    @rule(pick=picks, sport=st.sampled_from(Sport), since=st.none() | days, drop=st.booleans())
    def edit_default(self, pick: int, sport: Sport, since: date | None, drop: bool) -> None:
        default = hand.DefaultFor(() if drop else (sport,), since)
        gone = [sport] if drop else []
        with self._change():
            hand.edit_shoe(self.store, self._shoe(pick), {}, default, gone, self.now)

    @precondition(lambda self: self.state.shoes)
    @rule(pick=picks)
    def delete_shoe(self, pick: int) -> None:
        with self._change(refusable=True):
            hand.delete_shoe(self.store, self._shoe(pick), self.now)

    def _shoe(self, pick: int) -> Shoe:
        with self._reader() as reader:
            shoes = shoe_queries.shoes(reader)
        return shoes[pick % len(shoes)]

    @rule(times=st.integers(1, 3))
    def undo(self, times: int) -> None:
        for _ in range(times):
            with self._reader() as reader:
                last = entry_queries.last_change(reader)
            assert (last is None) == (not self.done)
            if last is None:
                return
            self._tick()
            hand.undo(self.store, last, self.now)
            step = self.done.pop()
            self.undone.append(step)
            self.hand = deepcopy(step.hand_before)
            self.state = watch.state(self.watch)
            assert self.state == step.before

    @rule(times=st.integers(1, 3))
    def redo(self, times: int) -> None:
        for _ in range(times):
            with self._reader() as reader:
                last = entry_queries.last_undo(reader)
            assert (last is None) == (not self.undone)
            if last is None:
                return
            self._tick()
            hand.redo(self.store, *last, self.now)
            step = self.undone.pop()
            self.done.append(step)
            self.hand = deepcopy(step.hand_after)
            self.state = watch.state(self.watch)
            assert self.state == step.after
