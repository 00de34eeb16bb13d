"""The store that a machine works on, what it remembers of it, and the laws that it looks for."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from shoetrack import audit, pipeline
from shoetrack.config import Config
from shoetrack.db.location import Location
from shoetrack.db.migrate import create
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store
from shoetrack.errors import RefusedError
from shoetrack.pipeline import ImportSettings, Summary
from shoetrack.questions import standing
from tests.laws import watch
from tests.laws.outings import SPORTS, Outing
from tests.laws.watch import Row, State, Watch
from tests.support import NOW, import_paths


@dataclass
class Hand:
    """What a hand has decided, and no automatic step may change."""

    shares: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    distances: dict[int, int] = field(default_factory=dict)
    judged: set[int] = field(default_factory=set)  # kept or merged: overlaps are its own business


@dataclass
class Step:
    """One change, as it was before and after."""

    before: State
    after: State
    hand_before: Hand
    hand_after: Hand


class World(RuleBasedStateMachine):
    """Without rules: `rules_*` add them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.location = Location(self.folder / "store" / "shoetrack.db", own_folder=True)
        self.path = self.location.path
        self.now = NOW
        self.files: dict[Path, str] = {}  # with the digest of each
        self.told: list[tuple[Outing, Path]] = []
        self.hand = Hand()
        self.done: list[Step] = []
        self.undone: list[Step] = []
        self.ledger: list[Row] = []
        self._batch_files = pipeline._BATCH_FILES
        pipeline._BATCH_FILES = 2  # so that an import has several transactions

    @initialize()
    def open(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(_empty_store())
        self.store = Store(self.location)
        self.watch = Watch(self.path)
        self.state = watch.state(self.watch)

    def teardown(self) -> None:
        pipeline._BATCH_FILES = self._batch_files
        if hasattr(self, "store"):
            self.store.close()
            self.watch.close()
        shutil.rmtree(self.folder)

    def _import(
        self,
        some: list[Outing],
        how: ImportSettings | None = None,
        copies: list[Path] | None = None,
    ) -> Summary:
        paths = []
        for outing in some:
            path = self.folder / f"{len(self.files):03}.gpx"
            text = outing.text(f"file {len(self.files)}")
            path.write_text(text, encoding="utf-8")
            self.files[path] = hashlib.sha256(text.encode()).hexdigest()
            paths.append(path)
        with self._change():
            summary = import_paths(self.store, self.location, paths + (copies or []), self.now, how)
        told = zip(some, paths, strict=True)
        self.told += [(outing, path) for outing, path in told if outing.sport in SPORTS]
        return summary

    def _runs(self, status: str = "active") -> list[Row]:
        return [run for run in self.state.runs.values() if run["status"] == status]

    def _doubtful(self) -> list[Row]:
        return [run for run in self._runs() if run["twin_id"]]

    def _pick_run(self, pick: int, status: str = "active") -> int:
        runs = self._runs(status)
        return int(runs[pick % len(runs)]["id"])

    # --- the laws -----------------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        self.verify_agrees()
        self.every_metre_is_on_one_account()
        self.the_ledger_is_append_only()
        self.totals_are_sums()
        watch.check_sightings(self.watch)
        self.nothing_is_imported_twice()
        self.a_hand_decides_for_good()

    def verify_agrees(self) -> None:
        with self._reader() as reader:
            assert audit.verify(reader).problems == ()
            standing.overview(reader, Config(), self.now.date())

    def every_metre_is_on_one_account(self) -> None:
        watch.check_every_metre(self.watch)

    def the_ledger_is_append_only(self) -> None:
        entries = self.watch.entries()
        assert entries[: len(self.ledger)] == self.ledger
        self.ledger = entries
        watch.check_reversals(self.watch)

    def totals_are_sums(self) -> None:
        watch.check_totals(self.watch)

    def nothing_is_imported_twice(self) -> None:
        known = {sighting["digest"] for sighting in self.state.sightings}
        paths = [path for path, digest in self.files.items() if digest in known]
        change = self._last_change()
        summary = import_paths(self.store, self.location, paths, self.now)
        assert (summary.known, summary.new + summary.doubtful) == (len(paths), 0)
        assert self._last_change() == change
        assert watch.state(self.watch) == self.state
        for pair in watch.unmarked_overlaps(self.watch):
            assert self.hand.judged & set(pair)

    def a_hand_decides_for_good(self) -> None:
        for run in self.state.runs.values():
            if run["status"] == "merged":
                continue
            by_hand = self.hand.shares.get(run["id"])
            assert (run["decided_by"] == "manual") == (by_hand is not None)
            if by_hand is not None:
                assert self.state.shares.get(run["id"], []) == by_hand
            if run["id"] in self.hand.distances:
                assert run["distance_mm"] == self.hand.distances[run["id"]]

    # --- within -------------------------------------------------------------------------------

    @contextmanager
    def _change(self, *, refusable: bool = False) -> Iterator[None]:
        """A step that may be one change, and never more; if refused, it is none."""
        self._tick()
        last, before, hand_before = self._last_change(), self.state, deepcopy(self.hand)
        try:
            yield
        except RefusedError:
            assert refusable
            assert self._last_change() == last
        self.state = watch.state(self.watch)
        if self._last_change() == last:
            assert self.state == before
        else:
            self.done.append(Step(before, self.state, hand_before, deepcopy(self.hand)))
            self.undone.clear()

    def _last_change(self) -> int:
        return int(self.watch.value("SELECT COALESCE(MAX(id), 0) FROM change"))

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        with open_reader(self.location) as reader:
            assert reader is not None
            yield reader

    def _tick(self) -> None:
        self.now += timedelta(seconds=1)


@cache
def _empty_store() -> bytes:
    """A store as it is made, to be copied: making one takes as long as fifty steps."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        create(Location(path))
        return path.read_bytes()
