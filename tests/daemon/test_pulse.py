"""The daemon's pulse: a sign of life, and a look whether there is something to do."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import shoetrack
from shoetrack.alerting import raising
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.daemon.log import Log
from shoetrack.daemon.pulse import Pulse
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import Site
from shoetrack.daemon.tasks import Pace
from shoetrack.db.location import Location
from shoetrack.model import AlertKind, Draft
from tests.daemon.running import heartbeat, job
from tests.support import NOW

MINUTE = timedelta(minutes=1)


class Beating:
    """A pulse, what it wakes, and a store that others write to."""

    def __init__(self, home: Path) -> None:
        self.now = NOW
        self.woken: list[str] = []
        self.stream = io.StringIO()
        config = Config(alerts=Alerts(channels=("desktop",)))
        self.site = Site(Location(home / "shoetrack.db"), config, home, lambda: self.now)
        self.pulse = Pulse(
            self.site,
            Record(self.site),
            Log(self.stream),
            Pace(),
            self.woken.append,
            lambda: {"strava": NOW + MINUTE},
        )

    def beat(self, after: timedelta = timedelta(seconds=20)) -> list[str]:
        """One beat; what it wakes."""
        self.now += after
        self.woken.clear()
        self.pulse.beat()
        return list(self.woken)

    def change(self) -> None:
        with self.site.store() as store, store.write("test", "a change", self.now) as tx:
            tx.mark()

    def raise_alert(self) -> None:
        draft = Draft(AlertKind.LOAD, "load", "Much", "Very much.")
        with self.site.write("alert") as tx:
            raising.raise_alert(tx, draft, ["desktop"])


@pytest.fixture
def beating(home: Path) -> Beating:
    return Beating(home)


def test_a_sign_of_life_once_a_minute(beating: Beating) -> None:
    beating.beat()
    first = heartbeat(beating.site.location)
    assert (first.started_at, first.beat_at) == (NOW, NOW + timedelta(seconds=20))
    assert first.version == shoetrack.__version__
    assert job(beating.site.location, "strava").next_at == NOW + MINUTE
    beating.beat()
    beating.beat()
    assert heartbeat(beating.site.location) == first
    beating.beat()
    assert heartbeat(beating.site.location) == first._replace(beat_at=NOW + 80 * MINUTE / 60)
    beating.beat(-60 * MINUTE)  # its clock is set back
    assert heartbeat(beating.site.location).beat_at < NOW
    beating.pulse.sign(stopped=True)
    last = heartbeat(beating.site.location)
    assert last.stopped_at == last.beat_at == beating.now


def test_a_change_is_checked_once_it_is_over(beating: Beating) -> None:
    """A long import goes on from one look to the next."""
    assert [beating.beat(), beating.beat()] == [[], ["check"]]  # what came while it was off
    assert [beating.beat(), beating.beat()] == [[], []]
    for _ in range(3):
        beating.change()
        assert beating.beat() == []
    assert [beating.beat(), beating.beat()] == [["check"], []]


def test_what_there_is_to_say_is_said_at_once(beating: Beating) -> None:
    beating.beat()
    beating.beat()
    beating.raise_alert()
    assert [beating.beat(), beating.beat()] == [["deliver"], []]
    beating.raise_alert()
    assert beating.beat() == ["deliver"]


def test_a_store_in_trouble_is_said_once_and_when_it_is_over(
    beating: Beating, away: Callable[[], Callable[[], None]]
) -> None:
    back = away()
    for _ in range(5):
        assert beating.beat() == []
    back()
    beating.beat()
    failed, recovered = beating.stream.getvalue().splitlines()
    assert "ERROR store: the store" in failed
    assert recovered.endswith("store: it can be used again")
    assert heartbeat(beating.site.location).beat_at == beating.now


@pytest.fixture
def away(home: Path) -> Callable[[], Callable[[], None]]:
    """Takes the store away, and gives what brings it back."""

    def take() -> Callable[[], None]:
        hidden = (home / "shoetrack.db").rename(home / "hidden.db")

        def bring() -> None:
            hidden.rename(home / "shoetrack.db")

        return bring

    return take
