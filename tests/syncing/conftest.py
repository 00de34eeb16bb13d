"""A store and an account beside it, and what tests ask of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import audit
from shoetrack.db import entry_queries, shoe_queries, strava_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store
from shoetrack.hand import undo
from shoetrack.model import Shoe
from shoetrack.model.rules import Guide
from shoetrack.syncing.summary import SyncSummary
from shoetrack.syncing.sync import SyncSettings, sync
from tests.laws.watch import Watch, state
from tests.strava_world import World
from tests.syncing.account import Account


@dataclass
class Bench:
    """Both sides, and the calls between them."""

    store: Store
    location: Location
    world: World
    account: Account

    def sync(self, settings: SyncSettings | None = None, **how: Any) -> SyncSummary:
        """A minute later than what was before."""
        self.world.now += timedelta(minutes=1)
        summary = SyncSummary()
        settings = settings or SyncSettings(guide=Guide(zone=UTC))
        sync(self.store, self.location, self.account, settings, self.world.now, summary, **how)
        return summary

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with open_reader(self.location) as reader:
            assert reader is not None
            yield reader

    def shoes(self) -> dict[str, Shoe]:
        with self.reader() as reader:
            return {shoe.name: shoe for shoe in shoe_queries.shoes(reader)}

    def totals_mm(self) -> dict[str | None, int]:
        """By the pair's id at Strava; of pairs without one by their name; None is unassigned."""
        with self.reader() as reader:
            keys: dict[int | None, str | None] = {
                shoe.id: shoe.strava_id or shoe.name for shoe in shoe_queries.shoes(reader)
            }
            keys[None] = None
            totals = shoe_queries.totals(reader).items()
        return {keys[shoe_id]: t.distance_mm for shoe_id, t in totals if t.distance_mm}

    def seen(self) -> Any:
        """All that a person can see."""
        watch = Watch(self.location.path)
        try:
            return state(watch)
        finally:
            watch.close()

    def change(self) -> int:
        """The last change's number."""
        watch = Watch(self.location.path)
        try:
            return int(watch.value("SELECT COALESCE(MAX(id), 0) FROM change"))
        finally:
            watch.close()

    def state(self) -> strava_queries.StravaState | None:
        with self.reader() as reader:
            return strava_queries.state(reader)

    def undo(self) -> None:
        with self.reader() as reader:
            last = entry_queries.last_change(reader)
        assert last is not None
        self.world.now += timedelta(minutes=1)
        undo(self.store, last, self.world.now)

    def check(self) -> None:
        """The laws hold."""
        with self.reader() as reader:
            assert audit.verify(reader).problems == ()


@pytest.fixture
def world() -> World:
    found = World()
    found.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
    found.add_shoe("g2", "Speedgoat 🐐", "Hoka", "Speedgoat 6")
    return found


@pytest.fixture
def bench(store: Store, location: Location, world: World) -> Bench:
    return Bench(store, location, world, Account(world))


Runs = Callable[..., Path]
