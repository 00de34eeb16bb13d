"""A stage is said once in a pair's life, whatever is done, undone and done again, and whenever one
looks: against a model that keeps how the pair was after each thing that stands.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shoetrack import hand
from shoetrack.alerting.check import check
from shoetrack.alerts import stages
from shoetrack.config import Config
from shoetrack.db import alert_queries, entry_queries, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store
from shoetrack.hand import DefaultFor
from shoetrack.model import Alert, Shoe
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_MILE, Unit
from tests.support import NOW

CONFIG = Config(timezone=UTC)
TODAY = NOW.date()
OPENING = 290
RANGES = ((300, 500), (350, 550), (250, 400))


# --- the model --------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """How the pair is; in miles."""

    miles: int = OPENING
    ends: tuple[int, int] = RANGES[0]
    retired: bool = False

    @property
    def level(self) -> int:
        if self.retired:
            return 0
        return max((level for level in range(1, 99) if self.miles >= begin(level, self)), default=0)


def begin(level: int, state: State) -> float:
    low, high = state.ends
    return {1: low, 2: 0.9 * high}.get(level, high + 50 * (level - 3))


@dataclass(eq=False)
class Thing:
    """Something done that stands, with what came of it. Done again, it is the same thing."""

    before: State
    after: State

    def left(self, level: int) -> bool:
        """Whether by it the pair left a stage, or came into a new life."""
        if self.before.retired and not self.after.retired:
            return True
        was_there = self.before.miles >= begin(level, self.before)
        return was_there and self.after.miles < begin(level, self.after)


@dataclass
class Model:
    pile: list[Thing] = field(default_factory=list)
    undone: list[Thing] = field(default_factory=list)
    said: list[tuple[int, State, tuple[Thing, ...]]] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self.pile[-1].after if self.pile else State()

    def do(self, after: State) -> None:
        self.pile.append(Thing(self.state, after))
        self.undone.clear()

    def undo(self) -> None:
        self.undone.append(self.pile.pop())

    def redo(self) -> None:
        self.pile.append(self.undone.pop())

    def look(self) -> int:
        """The level that is said now; 0 for none."""
        level = self.state.level
        if not level or any(self._holds(level, *one) for one in self.said):
            return 0
        self.said.append((level, self.state, tuple(self.pile)))
        return level

    def _holds(self, level: int, said: int, state: State, pile: tuple[Thing, ...]) -> bool:
        if said < level:
            return False
        pairs = zip(self.pile, pile, strict=False)
        common = len(list(takewhile(lambda pair: pair[0] is pair[1], pairs)))
        base = self.pile[common - 1].after if common else State()
        if base.ends != state.ends and state.miles < begin(level, base):
            return False
        return not any(thing.left(level) for thing in self.pile[common:])


# --- the store --------------------------------------------------------------------------------


@dataclass
class World:
    """A store with one pair, and what is done to it through the hand's own doors."""

    store: Store
    location: Location

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with open_reader(self.location) as reader:
            assert reader is not None
            yield reader

    @property
    def shoe(self) -> Shoe:
        with self.reader() as reader:
            (shoe,) = shoe_queries.shoes(reader)
        return shoe

    def run(self, miles: int) -> None:
        hand.new_run(
            self.store,
            on=TODAY,
            sport=Sport.RUN,
            distance_mm=miles * MM_PER_MILE,
            duration_s=None,
            name="",
            shoe_id=self.shoe.id,
            now=NOW,
        )

    def adjust(self, miles: int) -> None:
        mm = miles * MM_PER_MILE
        hand.adjust_shoe(self.store, self.shoe, mm, "", NOW, TODAY, Unit.MI)

    def set_range(self, ends: tuple[int, int]) -> None:
        low, high = (end * MM_PER_MILE for end in ends)
        values = {"range_low_mm": low, "range_high_mm": high}
        hand.edit_shoe(self.store, self.shoe, values, DefaultFor(), (), NOW)

    def retire(self) -> None:
        hand.retire_shoe(self.store, self.shoe, TODAY, NOW)

    def restore(self) -> None:
        hand.restore_shoe(self.store, self.shoe, NOW)

    def undo(self) -> None:
        with self.reader() as reader:
            change = entry_queries.last_change(reader)
        assert change is not None
        hand.undo(self.store, change, NOW)

    def redo(self) -> None:
        with self.reader() as reader:
            undone = entry_queries.last_undo(reader)
        assert undone is not None
        hand.redo(self.store, *undone, NOW)

    def check(self) -> tuple[Alert, ...]:
        return check(self.store, self.location, CONFIG, NOW)

    def open(self) -> list[tuple[str, int]]:
        with self.reader() as reader:
            found = alert_queries.open_alerts(reader)
        return [(one.draft.stage, one.draft.step) for one in found]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a pair; making one takes longer than all that is done in it."""
    folder = tmp_path_factory.mktemp("template")
    store = Store(Location(folder / "shoetrack.db"))
    low, high = (end * MM_PER_MILE for end in RANGES[0])
    shoe = Shoe(0, "Pegasus 41", range_mm=(low, high))
    hand.add_shoe(store, shoe, OPENING * MM_PER_MILE, DefaultFor(), NOW, TODAY)
    store.close()
    return folder / "shoetrack.db"


@contextmanager
def world(template: Path) -> Iterator[World]:
    with TemporaryDirectory() as folder:
        location = Location(Path(folder) / "shoetrack.db")
        shutil.copyfile(template, location.path)
        store = Store(location)
        try:
            yield World(store, location)
        finally:
            store.close()


def act(world: World, model: Model, action: str, size: int) -> None:
    """Do the same to both, where it can be done."""
    state = model.state
    miles = state.miles + size
    if action == "undo" and model.pile:
        world.undo()
        model.undo()
    elif action == "redo" and model.undone:
        world.redo()
        model.redo()
    elif action == "run":
        world.run(abs(size))
        model.do(State(state.miles + abs(size), state.ends, state.retired))
    elif action == "adjust" and miles >= 0:
        world.adjust(size)
        model.do(State(miles, state.ends, state.retired))
    elif action == "range" and (ends := RANGES[size % len(RANGES)]) != state.ends:
        world.set_range(ends)
        model.do(State(state.miles, ends, state.retired))
    elif action == "life":
        (world.restore if state.retired else world.retire)()
        model.do(State(state.miles, state.ends, not state.retired))


ACTIONS = ("run", "run", "adjust", "adjust", "undo", "undo", "redo", "redo", "range", "life")
SIZES = st.sampled_from((10, 60, 110, 180, -10, -60, -110, -180))
# What is done, how much of it, and whether one looks afterwards.
DONE = st.lists(st.tuples(st.sampled_from(ACTIONS), SIZES, st.booleans()), min_size=4, max_size=14)


def steps(text: str) -> list[tuple[str, int, bool]]:
    """`run 180, undo, look`."""
    found: list[tuple[str, int, bool]] = []
    for words in text.split(", "):
        if words == "look":
            found[-1] = (*found[-1][:2], True)
        else:
            action, _, size = words.partition(" ")
            found.append((action, int(size or 0), False))
    return found


@given(done=DONE)
@example(done=steps("run 240, adjust -60, run 60, look, undo, undo, redo, redo, look"))
@example(done=steps("run 180, look, run 60, look, undo, run 10, look, run 60, look"))
@example(done=steps("run 240, look, adjust -60, look, undo, look, redo, look, run 60, look"))
@example(done=steps("run 240, look, range 1, look, run 60, look, undo, undo, look, redo, redo"))
@example(done=steps("range 2, run 180, look, undo, undo, look, run 240, look"))
@example(done=steps("run 240, look, life, look, life, look, undo, undo, look, redo, redo, look"))
@settings(max_examples=50)
def test_what_is_said_is_what_stands_and_was_not_said(
    template: Path, done: list[tuple[str, int, bool]]
) -> None:
    model = Model()
    with world(template) as real:
        for action, size, looks in done:
            act(real, model, action, size)
            if not looks:
                continue
            raised = [stages.level_of(alert.draft) for alert in real.check()]
            assert raised == [level for level in (model.look(),) if level]
            assert real.check() == ()
            # What is open is what the pair has come to, unless it was said with a later stage.
            now = stages.named(model.state.level) if model.state.level else None
            assert real.open() in ([], [now])
            if raised:
                assert real.open() == [now]


@given(done=DONE)
@settings(max_examples=25)
def test_looking_more_often_says_no_stage_twice(
    template: Path, done: list[tuple[str, int, bool]]
) -> None:
    """In a life without corrections, a stage is said at most once, however often one looks."""
    plain = [one[:2] for one in done if one[0] in ("run", "undo", "redo")]
    model = Model()
    with world(template) as real:
        said: list[int] = []
        for action, size in plain:
            act(real, model, action, size)
            said += [stages.level_of(alert.draft) for alert in real.check()]
        assert len(said) == len(set(said))
        assert said == sorted(said)
        furthest = max(said, default=0)
    with world(template) as seldom:
        model = Model()
        for action, size in plain:
            act(seldom, model, action, size)
        last = [stages.level_of(alert.draft) for alert in seldom.check()]
        assert max(last, default=0) == model.state.level <= furthest
