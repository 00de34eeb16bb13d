"""Importing files of all kinds, as a machine does it at random."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shoetrack.pipeline import ImportSettings, Summary
from tests.laws import watch
from tests.laws.outings import Outing, days, outings, picks, starts
from tests.laws.watch import Row, State
from tests.laws.world import World


class Imports(World):
    """Rules that bring files in."""

    @rule(outing=outings)
    def import_new(self, outing: Outing) -> None:
        self._import_one(outing)

    @precondition(lambda self: self.told)
    @rule(
        pick=picks,
        shift_s=st.integers(-20, 20),
        count=st.sampled_from((3, 4, 9)),
        far=st.sampled_from((97, 100, 104)),
        long=st.sampled_from((80, 100, 120)),
        total=st.booleans(),
    )
    def import_again_otherwise(
        self, pick: int, shift_s: int, count: int, far: int, long: int, total: bool
    ) -> None:
        """The same run, exported by another program."""
        was, path = self.told[pick % len(self.told)]
        if was.start is not None and was.metres is not None:
            metres = was.metres * far // 100
            start = was.start + timedelta(seconds=shift_s)
            total_m = metres + 70 if total else None
            duration_s = was.duration_s * long // 100
            is_known = self._is_known(path)
            summary = self._import_one(Outing(start, duration_s, metres, total_m, count, was.sport))
            assert not (is_known and summary.new)

    @precondition(lambda self: self.told)
    @rule(pick=picks, part=st.integers(55, 95), hours=st.sampled_from((0, 0, 1, -5)))
    def import_close(self, pick: int, part: int, hours: int) -> None:
        """Overlapping a little, or by a clock in another zone: kept, and marked."""
        was, path = self.told[pick % len(self.told)]
        if was.start is not None and was.metres is not None and was.start.second:
            late = (
                timedelta(hours=hours) if hours else timedelta(seconds=was.duration_s * part // 100)
            )
            is_known = self._is_known(path)
            summary = self._import_one(replace(was, start=was.start + late))
            assert not (is_known and summary.new)

    def _is_known(self, path: Path) -> bool:
        """Whether a file is a sighting of a run, which its import may have lost again by undo."""
        return self.files[path] in {sighting["digest"] for sighting in self.state.sightings}

    @rule(start=starts)
    def import_without_points(self, start: datetime) -> None:
        self._import_one(Outing(start, 0, None))

    @rule(metres=st.integers(2000, 9000), on=st.none() | days)
    def import_undated(self, metres: int, on: date | None) -> None:
        before = self.state
        summary = self._import([Outing(None, 0, metres)], ImportSettings(zone=UTC, on=on))
        if on is None:
            assert len(summary.failed) == 1
            assert self.state == before
        else:
            assert summary.new == 1

    @rule(outing=outings)
    def import_ride(self, outing: Outing) -> None:
        before = self.state
        assert len(self._import([replace(outing, sport="cycling")]).skipped) == 1
        assert self.state == before

    @rule(some=st.lists(outings, min_size=2, max_size=5), pick=picks)
    def import_many(self, some: list[Outing], pick: int) -> None:
        """A folder: new files, a known run under another name, and a file twice."""
        again = [self.told[pick % len(self.told)][0]] if self.told else []
        copies = [*self.files][-1:]
        self._import([*some, *again], copies=copies)

    def _import_one(self, outing: Outing) -> Summary:
        before = self.state
        summary = self._import([outing])
        assert not summary.failed
        seen = self.state.sightings[-1]
        run = self.state.runs[seen["run_id"]]
        told_mm = None if outing.metres is None else 1000 * (outing.total_m or outing.metres)
        if told_mm is None:
            assert seen["distance_mm"] is None
        else:
            assert abs(seen["distance_mm"] - told_mm) <= 2
        was = before.runs.get(run["id"])
        if was is None:
            assert summary.new + summary.doubtful == 1
            assert (run["twin_id"] is not None) == (summary.doubtful == 1)
            grown = run["distance_mm"] or 0
            assert self.state.shares.get(run["id"], []) == self._by_default(run)
        else:
            assert (summary.new, summary.doubtful, summary.further) == (0, 0, 1)
            grown = self._gained(run, was, before) if run["status"] == "active" else 0
        assert self.state.distance_mm == before.distance_mm + grown
        return summary

    def _gained(self, run: Row, was: Row, before: State) -> int:
        """What a further sighting added: nothing unless it measured better."""
        grown: int = (run["distance_mm"] or 0) - (was["distance_mm"] or 0)
        known = [s for s in before.sightings if s["run_id"] == run["id"]]
        now = [s for s in self.state.sightings if s["run_id"] == run["id"]]
        assert len(now) == len(known) + 1
        same = watch.believed(now)["id"] == watch.believed(known)["id"]
        if same or run["id"] in self.hand.distances:
            assert grown == 0
        return grown

    def _by_default(self, run: Row) -> list[tuple[int, int]]:
        """Where a new run goes by itself."""
        begun = [
            d for d in self.state.defaults if d[0] == run["sport"] and d[1] <= run["local_date"]
        ]
        if run["twin_id"] is not None or not begun:
            return []
        _, _, shoe_id = max(begun)
        retired_on = self.state.shoes[shoe_id]["retired_on"]
        return [(shoe_id, 1)] if retired_on is None or run["local_date"] <= retired_on else []
