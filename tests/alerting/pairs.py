"""A store with pairs, runs on them, and a clock, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from shoetrack import hand
from shoetrack.alerting.check import check
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db import alert_queries, delivery_queries, entry_queries, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store
from shoetrack.hand import DefaultFor
from shoetrack.model import Alert, Delivery, Shoe
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_MILE, Unit
from tests.support import NOW

CONFIG = Config(timezone=UTC, alerts=Alerts(channels=("desktop",)))


def mm(miles: float) -> int:
    return round(miles * MM_PER_MILE)


@dataclass
class Runner:
    """Who wears the pairs; distances are miles."""

    store: Store
    location: Location
    config: Config = CONFIG
    now: datetime = NOW

    @property
    def today(self) -> date:
        return self.now.date()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with open_reader(self.location) as reader:
            assert reader is not None
            yield reader

    def shoe(self, name: str) -> Shoe:
        with self.reader() as reader:
            return next(shoe for shoe in shoe_queries.shoes(reader) if shoe.name == name)

    # --- what is done -------------------------------------------------------------------------

    def add(
        self, name: str, start: float = 0, *, rotation: str = "", default: bool = False
    ) -> Shoe:
        sports = DefaultFor((Sport.RUN,) if default else ())
        shoe = Shoe(0, name, rotation=rotation)
        return hand.add_shoe(self.store, shoe, mm(start), sports, self.now, self.today)

    def run(self, name: str | None, miles: float, *, ago: int = 0) -> int:
        run = hand.new_run(
            self.store,
            on=self.today - timedelta(days=ago),
            sport=Sport.RUN,
            distance_mm=mm(miles),
            duration_s=None,
            name="",
            shoe_id=None if name is None else self.shoe(name).id,
            now=self.now,
        )
        return run.id

    def adjust(self, name: str, miles: float) -> None:
        hand.adjust_shoe(self.store, self.shoe(name), mm(miles), "", self.now, self.today, Unit.MI)

    def edit(self, name: str, **values: object) -> None:
        hand.edit_shoe(self.store, self.shoe(name), values, DefaultFor(), (), self.now)

    def retire(self, name: str) -> None:
        hand.retire_shoe(self.store, self.shoe(name), self.today, self.now)

    def restore(self, name: str) -> None:
        hand.restore_shoe(self.store, self.shoe(name), self.now)

    def undo(self) -> None:
        with self.reader() as reader:
            change = entry_queries.last_change(reader)
        assert change is not None
        hand.undo(self.store, change, self.now)

    def redo(self) -> None:
        with self.reader() as reader:
            undone = entry_queries.last_undo(reader)
        assert undone is not None
        hand.redo(self.store, *undone, self.now)

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)

    def set_alerts(self, **values: object) -> None:
        alerts = self.config.alerts._replace(**values)  # type: ignore[arg-type]
        self.config = replace(self.config, alerts=alerts)

    # --- what is said -------------------------------------------------------------------------

    def check(self) -> tuple[Alert, ...]:
        return check(self.store, self.location, self.config, self.now)

    def said(self) -> list[str]:
        """The titles of what is raised now."""
        return [alert.draft.title for alert in self.check()]

    def open(self) -> list[str]:
        with self.reader() as reader:
            return [alert.draft.title for alert in alert_queries.open_alerts(reader)]

    def alert(self, alert_id: int) -> Alert:
        with self.reader() as reader:
            found = alert_queries.alert(reader, alert_id)
        assert found is not None
        return found

    def deliveries(self, alert: Alert) -> list[Delivery]:
        with self.reader() as reader:
            return delivery_queries.deliveries_of(reader, alert.id)

    def states(self, alert: Alert) -> list[tuple[int, str]]:
        """Of each delivery of an alert, which round it is of and what became of it."""
        return [(one.round, str(one.status)) for one in self.deliveries(alert)]
