"""Whatever happens, in whatever order: every alert comes at least once on every channel, and not
twice, but for what was on its way when a process was killed.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shoetrack.alerting import deliver as delivering
from shoetrack.db.location import Location
from shoetrack.db.store import Store
from tests.alerting.channels import DOWN, World

CHANNELS = ("email", "desktop")


class KilledError(Exception):
    """Stands for the end of the process between sending and marking."""


class Mortal(Store):
    """A store of a process that dies when it marks what `dying` channel has sent."""

    dies = False

    @contextmanager
    def write(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with super().write(*args, **kwargs) as tx:
            note = tx.note

            def noted(table: str, row_id: int, **values: Any) -> None:
                if Mortal.dies and values.get("status") == "delivered":
                    raise KilledError
                note(table, row_id, **values)

            tx.note = noted  # type: ignore[method-assign]
            yield tx


class Deliveries(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Location(Path(self.folder.name) / "store" / "shoetrack.db"))
        self.count = 0
        self.killed: Counter[tuple[str, str]] = Counter()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            with self.folder:
                self.all_comes_in_peace()

    def all_comes_in_peace(self) -> None:
        """Nothing failed for so long that it was given up."""
        for channel in self.world.channels.values():
            channel.fault = None
        self.world.wait(hours=7)
        self.world.deliver()
        arrived = self.arrived()
        for number in range(self.count):
            for name in CHANNELS:
                assert arrived[name, f"alert {number}"] >= 1
        assert self.world.deliver().waiting == 0

    def arrived(self) -> Counter[tuple[str, str]]:
        """How often each alert came on each channel."""
        return Counter(
            (name, title)
            for name, channel in self.world.channels.items()
            for titles in channel.titles
            for title in titles
        )

    @rule(urgent=st.booleans())
    def alert(self, urgent: bool) -> None:
        self.world.alert(f"alert {self.count}", urgent=urgent)
        self.count += 1

    @rule(minutes=st.sampled_from([0, 1, 3, 60, -30]))
    def time_goes_by(self, minutes: int) -> None:
        self.world.wait(minutes=minutes)

    @rule(name=st.sampled_from(CHANNELS), down=st.booleans())
    def channel_changes(self, name: str, down: bool) -> None:
        self.world.channels[name].fault = DOWN if down else None

    @rule()
    def deliver(self) -> None:
        self.world.deliver()

    @rule()
    def deliver_and_die(self) -> None:
        before = self.arrived()
        with patch.object(delivering, "Store", Mortal), patch.object(Mortal, "dies", new=True):
            try:
                self.world.deliver()
            except KilledError:
                self.killed += self.arrived() - before

    @invariant()
    def nothing_comes_twice_but_what_was_on_its_way(self) -> None:
        if hasattr(self, "world"):
            for one, times in self.arrived().items():
                assert times <= 1 + self.killed[one]


def test_every_alert_arrives_and_none_twice() -> None:
    run_state_machine_as_test(
        Deliveries, settings=settings(max_examples=25, stateful_step_count=14)
    )


def test_the_machine_would_see_an_alert_that_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deliverer that does not mark what arrived is found out."""
    monkeypatch.setattr(delivering._Post, "_arrived", lambda self, claimed: None)
    once = settings(max_examples=10, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Deliveries, settings=once)
