"""Whatever happens at Strava and here, in whatever order: after a sync both say the same."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from shoetrack import hand
from shoetrack.db.location import Location
from shoetrack.db.migrate import create
from shoetrack.db.store import Store
from shoetrack.model import Share
from shoetrack.model.rules import Guide
from shoetrack.syncing.purge import purge
from shoetrack.syncing.push import Pushed, plan, push
from shoetrack.syncing.sync import SyncSettings
from tests.laws.watch import Watch, check_every_metre, check_reversals, check_totals
from tests.strava_world import World
from tests.support import import_paths, make_run
from tests.syncing.account import Account
from tests.syncing.conftest import Bench

GEARS: tuple[str | None, ...] = ("g1", "g2", "g3", None)
HOW = SyncSettings(guide=Guide(zone=UTC), allow_deletions=True)
gears = st.sampled_from(GEARS)
picks = st.integers(0, 10**6)


class InStep(RuleBasedStateMachine):
    """Activities start on hours of their own, so that no two of Strava's are one run."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.hours: set[int] = set()
        self.starts: dict[int, datetime] = {}
        self.files = 0

    @initialize()
    def open(self) -> None:
        location = Location(self.folder / "store" / "shoetrack.db", own_folder=True)
        create(location)
        world = World()
        world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
        world.add_shoe("g2", "Speedgoat 🐐", "Hoka", "Speedgoat 6")
        world.add_shoe("g3", "Old Ghost", "Brooks", "Ghost 14", retired=True)
        account = Account(world, per_page=4)
        self.bench = Bench(Store(location), location, world, account)
        self.world = world

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.bench.store.close()
        shutil.rmtree(self.folder)

    def _pick(self, pick: int) -> int:
        ids = sorted(self.world.activities)
        return ids[pick % len(ids)]

    def _any_activity(self) -> bool:
        return bool(getattr(self, "world", None) and self.world.activities)

    def _start(self, hours: int) -> datetime:
        while hours in self.hours:
            hours += 1
        self.hours.add(hours)
        return self.world.now.replace(hour=0, minute=0, second=0) - timedelta(hours=2 * hours)

    # --- at Strava ---

    @rule(hours=st.integers(1, 900), gear=gears, metres=st.integers(1000, 30_000))
    def upload(self, hours: int, gear: str | None, metres: int) -> None:
        """New or late."""
        start = self._start(hours)
        one = self.world.add(start, metres, gear=gear, seconds=3000, offset_s=0)
        self.starts[one] = start

    @rule(pick=picks, metres=st.integers(1000, 30_000))
    @precondition(_any_activity)
    def edit_distance(self, pick: int, metres: int) -> None:
        self.world.edit(self._pick(pick), distance=float(metres), name=f"now {metres}")

    @rule(pick=picks, gear=gears)
    @precondition(_any_activity)
    def edit_gear(self, pick: int, gear: str | None) -> None:
        self.world.edit(self._pick(pick), gear_id=gear)

    @rule(pick=picks, sport=st.sampled_from(["Run", "Walk", "Ride"]))
    @precondition(_any_activity)
    def edit_sport(self, pick: int, sport: str) -> None:
        self.world.edit(self._pick(pick), sport_type=sport, type=sport)

    @rule(pick=picks)
    @precondition(_any_activity)
    def make_private(self, pick: int) -> None:
        self.world.edit(self._pick(pick), visibility="only_me")

    @rule(pick=picks)
    @precondition(_any_activity)
    def delete(self, pick: int) -> None:
        self.world.delete(self._pick(pick))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.world.now += timedelta(days=days)
        self.hours = {hours + 12 * days for hours in self.hours}

    # --- here ---

    @rule(pick=picks, metres=st.integers(990, 1010))
    @precondition(_any_activity)
    def import_file_of(self, pick: int, metres: int) -> None:
        """The same run from a watch, which measured a little else."""
        one = self._pick(pick)
        path = self.folder / f"{self.files}.gpx"
        self.files += 1
        distance = self.world.activities[one]["distance"] * metres / 1000
        path.write_text(make_run(distance, self.starts[one], 2990, name=path.stem))
        import_paths(self.bench.store, self.bench.location, [path], self.world.now)

    @rule(pick=picks, to=picks)
    def assign_by_hand(self, pick: int, to: int) -> None:
        runs = [r for r in self.bench.seen().runs.values() if r["status"] == "active"]
        shoes = list(self.bench.shoes().values())
        if runs and shoes:
            run_id, shoe = runs[pick % len(runs)]["id"], shoes[to % len(shoes)]
            hand.assign_runs(
                self.bench.store, [run_id], (Share(shoe.id),), self.world.now, "by hand"
            )

    @rule(pick=picks)
    def ignore(self, pick: int) -> None:
        runs = [r for r in self.bench.seen().runs.values() if r["status"] == "active"]
        if runs:
            hand.ignore_runs(self.bench.store, [runs[pick % len(runs)]["id"]], self.world.now)

    @rule()
    def undo(self) -> None:
        watch = Watch(self.bench.location.path)
        kinds = watch.rows(
            "SELECT kind FROM change WHERE undone = 0 AND undoes_id IS NULL ORDER BY id DESC"
        )
        watch.close()
        if kinds and kinds[0]["kind"] != "purge":
            self.bench.undo()

    @rule()
    def write_back(self) -> None:
        with self.bench.reader() as reader:
            writes = plan(reader).writes
        for write in writes:
            if write.strava_id not in self.world.activities:
                return
        bench = self.bench
        push(bench.store, bench.location, bench.account, writes, self.world.now, Pushed())

    @rule()
    def forget(self) -> None:
        purge(self.bench.store, self.bench.location, self.world.now)
        self.bench.check()

    @rule(room=st.integers(1, 8))
    def sync_a_little(self, room: int) -> None:
        self.bench.account.room = room
        self._sync(HOW)
        self.bench.account.room = None
        self._laws()

    # --- the law ---

    @rule()
    def sync_all(self) -> None:
        self._sync(SyncSettings(guide=Guide(zone=UTC), allow_deletions=True, full=True))
        self._in_step()
        again = self.bench.sync(HOW)
        assert not again.did_anything, again
        self._in_step()

    @rule()
    def sync_what_is_recent(self) -> None:
        """Done again, it changes nothing."""
        self._sync(HOW)
        self._laws()
        change = self.bench.change()
        again = self.bench.sync(HOW)
        assert not again.did_anything, again
        assert self.bench.change() == change

    def _sync(self, how: SyncSettings) -> None:
        """A sync, which leaves every run that a hand decided where it is, or takes it out."""
        before = self.bench.seen()
        self.bench.sync(how)
        after = self.bench.seen()
        for run_id, run in before.runs.items():
            now = after.runs[run_id]
            if run["decided_by"] == "manual" and now["status"] != "deleted":
                assert now["decided_by"] == "manual"
                assert after.shares.get(run_id) == before.shares.get(run_id)

    def _laws(self) -> None:
        self.bench.check()
        watch = Watch(self.bench.location.path)
        check_every_metre(watch)
        check_reversals(watch)
        check_totals(watch)
        watch.close()

    def _in_step(self) -> None:
        """Each activity on foot is one run's, as far as Strava says, on the pair that it says."""
        self._laws()
        seen = self.bench.seen()
        on_foot = {str(one["id"]): one for one in self.world.on_foot()}
        told = [s for s in seen.sightings if s["strava_id"] is not None]
        assert sorted(s["strava_id"] for s in told) == sorted(on_foot)
        assert len({s["run_id"] for s in told}) == len(told)
        by_gear = {shoe["strava_id"]: id_ for id_, shoe in seen.shoes.items()}
        truth: Counter[int | None] = Counter()
        here: Counter[int | None] = Counter()
        for sighting in told:
            run, one = seen.runs[sighting["run_id"]], on_foot[sighting["strava_id"]]
            assert run["distance_mm"] == round(one["distance"] * 1000)
            free = run["decided_by"] != "manual" and run["twin_id"] is None
            if free and run["status"] == "active":
                gear = one["gear_id"]
                truth[None if gear is None else by_gear[gear]] += run["distance_mm"]
                for account in seen.accounts:
                    if account["run_id"] == run["id"]:
                        here[account["shoe_id"]] += account["distance_mm"]
        assert here == truth


InStep.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
TestInStep = InStep.TestCase
