"""A small season to start from, made once: a machine makes stores faster by copying one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from shoetrack import audit, hand
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Shoe
from shoetrack.sport import Sport
from tests.laws import watch
from tests.laws.outings import FIRST_DAY
from tests.laws.watch import State, Watch
from tests.support import NOW, import_paths, make_run

RUNS = 6
SHOES = 3


@cache
def _season() -> bytes:
    """A store of three pairs, of which two are defaults in turn, and runs of several days."""
    with tempfile.TemporaryDirectory() as folder:
        location = Location(Path(folder) / "shoetrack.db")
        with closing(Store(location)) as store:
            for name, sports, since in (
                ("Ghost", (Sport.RUN,), date(2020, 1, 1)),
                ("Pegasus", (Sport.RUN,), FIRST_DAY.date() + timedelta(days=3)),
                ("Speedgoat", (), FIRST_DAY.date()),
            ):
                default = hand.DefaultFor(sports, since)
                hand.add_shoe(store, Shoe(0, name), 0, default, NOW, NOW.date())
            for i in range(RUNS):
                path = Path(folder) / f"{i}.gpx"
                sport = ("running", "trail running", "")[i % 3]
                start = FIRST_DAY + timedelta(days=i)
                total = 5100 + i if i % 2 else None
                text = make_run(
                    5000 + 100 * i, start, 1800 + 200 * i, sport=sport, name=f"{i}", total_m=total
                )
                path.write_text(text, encoding="utf-8")
                import_paths(store, location, [path])
        with closing(Watch(location.path)) as seen:
            seen.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return location.path.read_bytes()


@contextmanager
def a_season() -> Iterator[tuple[Store, Location]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shoetrack.db"
        path.write_bytes(_season())
        location = Location(path)
        with closing(Store(location)) as store:
            yield store, location


def state_of(location: Location) -> State:
    """As people see it; and it must be sound."""
    with open_reader(location) as reader:
        assert audit.verify(reader).problems == ()
    with closing(Watch(location.path)) as seen:
        watch.check_every_metre(seen)
        watch.check_totals(seen)
        return watch.state(seen)
