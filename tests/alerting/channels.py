"""Channels that do what a test tells them to, and a store with alerts for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shoetrack.alerting.deliver import Delivered, deliver
from shoetrack.alerting.raising import raise_alert
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db import delivery_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Alert, AlertKind, Delivery, Draft
from shoetrack.notify import Channel, Message, NotifyError, Passwords, Sent
from tests.support import NOW

DOWN = NotifyError("unreachable", "the server cannot be reached: check the network")
CONFIG = Config(timezone=UTC, alerts=Alerts(channels=("email", "desktop")))


@dataclass
class FakeChannel:
    """Keeps what came, and then does as it is told: `answers` are used up first."""

    answers: list[Sent | Exception] = field(default_factory=list)
    fault: Exception | None = None
    hangs: threading.Event | None = None  # until it is set
    came: list[tuple[Message, tuple[str, ...]]] = field(default_factory=list)
    tries: int = 0

    def send(self, message: Message, only: Sequence[str] = ()) -> Sent:
        self.tries += 1
        if self.hangs is not None:
            self.hangs.wait(60)
        answer = self.answers.pop(0) if self.answers else self.fault or Sent()
        if isinstance(answer, Exception):
            raise answer
        self.came.append((message, tuple(only)))
        return answer

    @property
    def titles(self) -> list[list[str]]:
        """What each message that arrived had to say."""
        return [[part.title for part in message.parts] for message, _ in self.came]


def no_passwords(name: str) -> str:
    return ""


@dataclass
class World:
    """A store whose alerts go to fake channels, and its clock."""

    location: Location
    channels: Mapping[str, FakeChannel] = field(
        default_factory=lambda: {"email": FakeChannel(), "desktop": FakeChannel()}
    )
    config: Config = CONFIG
    now: datetime = NOW

    def alert(
        self,
        title: str,
        *channels: str,
        kind: AlertKind = AlertKind.WAITING,
        urgent: bool = False,
        subject: str = "",
    ) -> Alert:
        draft = Draft(kind, subject or f"subject:{title}", title, "body", urgent=urgent)
        with closing(Store(self.location)) as store, store.write("test", "", self.now) as tx:
            return raise_alert(tx, draft, channels or self.config.alerts.channels)

    def note(self, table: str, row_id: int, **values: object) -> None:
        with closing(Store(self.location)) as store, store.write("test", "", self.now) as tx:
            tx.note(table, row_id, **values)

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)

    def deliver(
        self,
        *,
        stop: threading.Event | None = None,
        patience_s: float = 30,
        opener: Callable[[str, Alerts, Passwords], Channel] | None = None,
    ) -> Delivered:
        return deliver(
            self.location,
            self.config,
            no_passwords,
            lambda: self.now,
            stop=stop,
            opener=opener or (lambda name, _settings, _passwords: self.channels[name]),
            patience_s=patience_s,
        )

    def deliveries(self, alert: Alert) -> dict[str, Delivery]:
        """What became of an alert, by channel."""
        with open_reader(self.location) as reader:
            assert reader is not None
            return {one.channel: one for one in delivery_queries.deliveries_of(reader, alert.id)}

    def status(self, alert: Alert) -> dict[str, str]:
        return {name: str(one.status) for name, one in self.deliveries(alert).items()}
