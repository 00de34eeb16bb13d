"""Rules at import and backwards, on a real store: applied, applied again, and taken back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack import audit, hand
from shoetrack.config.options import parse
from shoetrack.db import entry_queries, run_queries, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store
from shoetrack.errors import RefusedError
from shoetrack.hand.auto import assign_auto
from shoetrack.model import DEFAULT, MANUAL, Decision, Run, Share, Shoe, Total
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.pipeline import ImportSettings
from shoetrack.placing import place
from shoetrack.questions import automatic
from shoetrack.sport import Sport
from tests.support import NOW, START, import_paths, make_run

BY_FOLDER = """
[[rules]]
name = "peg"
shoe = "Pegasus"
folder = "Peg"
[[rules]]
name = "both"
split = "Pegasus=60%,Ghost=40%"
folder = "Both"
[[rules]]
name = "long"
shoe = "Ghost"
distance = "> 10 km"
"""


def guide_of(text: str, *, trust: bool = True) -> Guide:
    return Guide(parse(text).rules, trust, UTC)


class Bench:
    """A store with two pairs, the Ghost the default for runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = Location(folder / "store" / "shoetrack.db", own_folder=True)
        self.location.path.parent.mkdir(parents=True)
        self.location.path.write_bytes(_with_pairs())
        self.store = Store(self.location)

    def write(self, name: str, metres: float = 5000, day: int = 0) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        start = START + timedelta(days=day)
        path.write_text(make_run(metres, start, metres / 3), encoding="utf-8")
        return path

    def bring(self, *paths: Path, guide: Guide = NO_RULES) -> None:
        settings = ImportSettings(zone=UTC, guide=guide)
        assert not import_paths(self.store, self.location, list(paths), settings=settings).failed

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with open_reader(self.location) as found:
            assert found is not None
            yield found

    def auto(self, guide: Guide, since: date | None = None, until: date | None = None) -> int:
        """Apply rules backwards; gives how many runs moved."""
        with self.reader() as reader:
            plan = automatic.plan(reader, guide, since, until)
        assign_auto(self.store, plan, NOW, "applied")
        return len(plan.moved)

    def undo(self) -> None:
        with self.reader() as reader:
            last = entry_queries.last_change(reader)
        assert last is not None
        hand.undo(self.store, last, NOW)

    def runs(self) -> dict[int, Run]:
        with self.reader() as reader:
            assert audit.verify(reader).problems == ()
            return {run.id: run for run in run_queries.runs(reader)}

    def totals(self) -> dict[int | None, Total]:
        with self.reader() as reader:
            found = shoe_queries.totals(reader)
        return {on: total for on, total in found.items() if total.runs}

    def newest(self) -> int:
        with self.reader() as reader:
            return entry_queries.newest_change(reader)


@cache
def _with_pairs() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        location = Location(Path(folder) / "shoetrack.db")
        store = Store(location)
        hand.add_shoe(store, Shoe(0, "Pegasus 41"), 0, hand.DefaultFor(), NOW, NOW.date())
        default = hand.DefaultFor((Sport.RUN,))
        hand.add_shoe(store, Shoe(0, "Ghost 15"), 0, default, NOW, NOW.date())
        store.close()
        return location.path.read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


PEG, GHOST = 1, 2
ON_PEG, ON_GHOST = (Share(PEG),), (Share(GHOST),)
ON_BOTH = (Share(PEG, 6000), Share(GHOST, 4000))


def test_a_new_run_goes_by_the_first_rule_that_fits(bench: Bench) -> None:
    paths = [
        bench.write("Peg/a.gpx", 12_000, 0),
        bench.write("Both/b.gpx", 5001, 1),
        bench.write("c.gpx", 12_000, 2),
        bench.write("d.gpx", 5000, 3),
    ]
    bench.bring(*paths, guide=guide_of(BY_FOLDER))
    decided = [Decision(run.shares, run.decided_by) for _, run in sorted(bench.runs().items())]
    assert decided == [
        Decision(ON_PEG, "rule:peg"),
        Decision(ON_BOTH, "rule:both"),
        Decision(ON_GHOST, "rule:long"),
        Decision(ON_GHOST, DEFAULT),
    ]


def test_a_rule_that_is_written_later_moves_no_run_by_itself(bench: Bench) -> None:
    path = bench.write("Peg/a.gpx")
    bench.bring(path)
    before = bench.newest()
    bench.bring(path, guide=guide_of(BY_FOLDER))
    hand.edit_run(bench.store, 1, {"name": "evening"}, NOW, guide=guide_of(BY_FOLDER))
    assert bench.runs()[1].decided_by == DEFAULT
    assert bench.newest() == before + 1


def test_a_further_file_may_place_a_run_that_was_unassigned(bench: Bench) -> None:
    guide = guide_of('[[rules]]\nname = "peg"\nshoe = "Peg"\nfolder = "Peg"\n')
    hand.edit_shoe(bench.store, Shoe(GHOST, "Ghost 15"), {}, hand.DefaultFor(), [Sport.RUN], NOW)
    bench.bring(bench.write("a.gpx"), guide=guide)
    assert bench.runs()[1].shares == ()
    bench.bring(bench.write("Peg/other.gpx", 5001), guide=guide)
    (run,) = bench.runs().values()
    assert Decision(run.shares, run.decided_by) == Decision(ON_PEG, "rule:peg")


def test_another_day_or_sport_is_decided_by_the_rules(bench: Bench) -> None:
    guide = guide_of('[[rules]]\nname = "hikes"\nshoe = "Peg"\nsport = "hike"\nfolder = "x"\n')
    bench.bring(bench.write("x/a.gpx"))
    changed = hand.edit_run(bench.store, 1, {"sport": Sport.HIKE}, NOW, guide=guide)
    assert Decision(changed.shares, changed.decided_by) == Decision(ON_PEG, "rule:hikes")


def test_a_run_that_is_kept_goes_by_the_rules(bench: Bench) -> None:
    guide = guide_of(BY_FOLDER)
    bench.bring(bench.write("a.gpx"))
    late = bench.folder / "Peg" / "late.gpx"
    late.parent.mkdir()
    late.write_text(make_run(5000, START + timedelta(minutes=25), 1700), encoding="utf-8")
    bench.bring(late, guide=guide)
    doubtful = bench.runs()[2]
    assert (doubtful.twin_id, doubtful.shares) == (1, ())
    assert bench.auto(guide) == 0
    hand.keep_runs(bench.store, [2], NOW, guide=guide)
    kept = bench.runs()[2]
    assert Decision(kept.shares, kept.decided_by) == Decision(ON_PEG, "rule:peg")


def test_auto_leaves_what_a_hand_or_a_trusted_service_has_decided(bench: Bench) -> None:
    bench.bring(*(bench.write(f"Peg/{i}.gpx", day=i) for i in range(3)))
    hand.assign_runs(bench.store, [1], ON_GHOST, NOW, "by hand")
    with bench.store.write("import", "as in an export", NOW) as tx:
        place(tx, bench.runs()[2], Decision(ON_GHOST, "strava"))
    assert bench.auto(guide_of(BY_FOLDER)) == 1
    assert [bench.runs()[i].decided_by for i in (1, 2, 3)] == [MANUAL, "strava", "rule:peg"]
    assert bench.auto(guide_of(BY_FOLDER, trust=False)) == 1
    assert [bench.runs()[i].decided_by for i in (1, 2, 3)] == [MANUAL, "rule:peg", "rule:peg"]


def test_auto_keeps_to_the_days_that_are_given(bench: Bench) -> None:
    bench.bring(*(bench.write(f"Peg/{i}.gpx", day=i) for i in range(4)))
    first = START.date()
    assert bench.auto(guide_of(BY_FOLDER), first + timedelta(1), first + timedelta(2)) == 2
    assert [bench.runs()[i].decided_by for i in (1, 2, 3, 4)] == [
        DEFAULT,
        "rule:peg",
        "rule:peg",
        DEFAULT,
    ]


def test_a_default_that_was_changed_since_holds_for_old_runs_only_by_auto(bench: Bench) -> None:
    bench.bring(bench.write("a.gpx"))
    default = hand.DefaultFor((Sport.RUN,))
    hand.edit_shoe(bench.store, Shoe(PEG, "Pegasus 41"), {}, default, [], NOW)
    assert bench.runs()[1].shares == ON_GHOST
    assert bench.auto(NO_RULES) == 1
    assert bench.runs()[1].shares == ON_PEG


def test_a_rule_of_another_name_is_noted_and_moves_nothing(bench: Bench) -> None:
    bench.bring(bench.write("Peg/a.gpx"), guide=guide_of(BY_FOLDER))
    other = guide_of(BY_FOLDER.replace('name = "peg"', 'name = "mine"'))
    with bench.reader() as reader:
        plan = automatic.plan(reader, other)
    assert (len(plan.moves), plan.moved) == (1, [])
    before = bench.totals()
    assert bench.auto(other) == 0
    assert bench.runs()[1].decided_by == "rule:mine"
    assert bench.totals() == before
    newest = bench.newest()
    assert bench.auto(other) == 0
    assert bench.newest() == newest


def test_what_was_planned_is_not_done_once_something_else_was(bench: Bench) -> None:
    bench.bring(bench.write("Peg/a.gpx"))
    with bench.reader() as reader:
        plan = automatic.plan(reader, guide_of(BY_FOLDER))
    hand.assign_runs(bench.store, [1], (), NOW, "by hand")
    with pytest.raises(RefusedError, match="something else was changed meanwhile"):
        assign_auto(bench.store, plan, NOW, "applied")
    assert bench.runs()[1].decided_by == MANUAL


# --- laws -----------------------------------------------------------------------------------

FOLDERS = ("Peg", "Both", "else")
outings = st.lists(
    st.tuples(st.sampled_from(FOLDERS), st.integers(3000, 15_000)), min_size=1, max_size=6
)
# Which of the runs a hand has put on no pair, on one, or split.
by_hand = st.dictionaries(
    st.integers(0, 5), st.sampled_from([(), ON_PEG, (Share(PEG, 1), Share(GHOST, 2))])
)
orders = st.permutations(['folder = "Peg"', 'folder = "B*"', 'distance = "> 8 km"'])


@contextmanager
def _bench() -> Iterator[Bench]:
    folder = Path(tempfile.mkdtemp())
    try:
        made = Bench(folder)
        yield made
        made.store.close()
    finally:
        shutil.rmtree(folder)


def _written(order: list[str]) -> Guide:
    targets = ('shoe = "Peg"', 'split = "Ghost=37.5%,Peg=62.5%"', 'shoe = "Ghost"')
    blocks = zip(targets, order, strict=True)
    return guide_of(
        "".join(f"[[rules]]\nname = '{one}'\n{target}\n{one}\n" for target, one in blocks)
    )


@settings(max_examples=25)
@given(outings=outings, by_hand=by_hand, order=orders)
def test_auto_is_idempotent_leaves_hands_alone_and_undo_restores_every_millimetre(
    outings: list[tuple[str, int]], by_hand: dict[int, tuple[Share, ...]], order: list[str]
) -> None:
    with _bench() as bench:
        bench.bring(*(bench.write(f"{to}/{i}.gpx", m, i) for i, (to, m) in enumerate(outings)))
        for pick, shares in by_hand.items():
            hand.assign_runs(bench.store, [1 + pick % len(outings)], shares, NOW, "by hand")
        runs, totals = bench.runs(), bench.totals()
        guide = _written(order)
        bench.auto(guide)
        after, changed = bench.runs(), bench.newest()
        for run_id, run in runs.items():
            if run.decided_by == MANUAL:
                assert after[run_id] == run
        assert sum(t.distance_mm for t in bench.totals().values()) == sum(
            t.distance_mm for t in totals.values()
        )
        assert bench.auto(guide) == 0
        assert bench.newest() == changed
        if after != runs:
            bench.undo()
        assert (bench.runs(), bench.totals()) == (runs, totals)


@settings(max_examples=20)
@given(outings=outings, order=orders, data=st.data())
def test_rules_decide_the_same_in_whatever_order_files_come(
    outings: list[tuple[str, int]], order: list[str], data: st.DataObject
) -> None:
    guide = _written(order)
    shuffled = data.draw(st.permutations(range(len(outings))))
    found = []
    for turn in (range(len(outings)), shuffled):
        with _bench() as bench:
            paths = [bench.write(f"{to}/{i}.gpx", m, i) for i, (to, m) in enumerate(outings)]
            for i in turn:
                bench.bring(paths[i], guide=guide)
            runs = bench.runs().values()
            found.append({(run.local_date, run.shares, run.decided_by) for run in runs})
            assert len(runs) == len(outings)
            # What was decided one by one is what is decided of all together.
            assert bench.auto(guide) == 0
    assert found[0] == found[1]


def test_a_run_that_does_not_count_is_left_alone(bench: Bench) -> None:
    bench.bring(bench.write("Peg/a.gpx"))
    hand.ignore_runs(bench.store, [1], NOW)
    assert bench.auto(guide_of(BY_FOLDER)) == 0
    hand.restore_runs(bench.store, [1], NOW)
    assert bench.runs()[1].decided_by == DEFAULT
