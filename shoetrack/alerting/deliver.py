"""Saying what is to be said: every delivery that is due, each channel in a thread of its own.

A try is noted before anything is sent, and what came of it right after: where the store cannot be
written nothing is sent, and a kill in between repeats that one message and no other.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple

from shoetrack import notify
from shoetrack.alerting import messages, raising
from shoetrack.alerts import sending
from shoetrack.alerts.sending import Bundle, Item
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db import alert_queries, delivery_queries, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Rows, open_reader
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import RefusedError, StoreError
from shoetrack.locks import DELIVERY, one_at_a_time
from shoetrack.model import Alert, DeliveryStatus
from shoetrack.notify import Channel, NotifyError, Passwords, Sent
from shoetrack.vault import VaultError

# A channel bounds its own waiting; one that does not is left to itself after so long.
PATIENCE_S = 180.0
# What is on its way when all is to stop has so long to arrive, so that it need not be repeated.
GRACE_S = 2.0
# The pauses before noting is tried again where the store cannot be written.
PAUSES_S = (0.5, 2.0)
# Faults of this message alone: another may come through.
_OF_ONE_MESSAGE = frozenset({"refused"})


class Delivered(NamedTuple):
    """What came of a round: how many deliveries arrived by each channel, and how many were given
    up; the channels that failed, with a sentence each; how many wait, and when the first of them is
    next tried.
    """

    by: tuple[tuple[str, int], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    given_up: int = 0
    waiting: int = 0
    next_at: datetime | None = None

    @property
    def delivered(self) -> int:
        return sum(count for _, count in self.by)

    @property
    def told(self) -> str:
        """What arrived, by channel, for a person."""
        return ", ".join(f"{count:,} by {channel}" for channel, count in self.by)


# What gives the channel of a name, as `notify.open_channel`. Raises NotifyError.
Opener = Callable[[str, Alerts, Passwords], Channel]


def deliver(
    location: Location,
    config: Config,
    passwords: Passwords,
    clock: Callable[[], datetime],
    *,
    stop: threading.Event | None = None,
    opener: Opener = notify.open_channel,
    patience_s: float = PATIENCE_S,
) -> Delivered:
    """Try every delivery that is due. `stop` ends it soon, with the rest still to be said.

    Where another process is at it already, nothing is done. Whatever a channel fails by is in the
    answer, and held back no other; what no channel should raise is raised when all are done.
    Raises StoreError.
    """
    with open_reader(location) as reader:
        waiting = len(delivery_queries.pending(reader)) if reader else 0
    if not waiting:
        return Delivered()
    with ExitStack() as held:
        try:
            held.enter_context(one_at_a_time(location, DELIVERY))
        except RefusedError:
            return Delivered(waiting=waiting)
        store = Store(location)
        held.callback(store.close)
        return _Post(
            store=store,
            location=location,
            config=config,
            passwords=cache(passwords),  # a keyring is opened once a round
            clock=clock,
            stop=stop or threading.Event(),
            opener=opener,
        ).round(patience_s)


def works_again(store: Store, channel: str, now: datetime) -> None:
    """A channel was seen to work: its trouble is over, and what it failed at is due at once. Raises
    StoreError.
    """
    raising.end_trouble(store, _trouble(channel), now)
    with store.write("deliver", "", now) as tx:
        for delivery in delivery_queries.pending(tx):
            if delivery.channel == channel and delivery.fault:
                tx.note("delivery", delivery.id, next_at=now)


def _trouble(channel: str) -> str:
    return f"delivery:{channel}"


@dataclass
class _Turn:
    """What a channel's thread did; `current` is what it is at."""

    channel: str
    bundles: Sequence[Bundle]
    delivered: int = 0
    given_up: int = 0
    faults: list[str] = field(default_factory=list)
    worked: bool = False
    current: Bundle | None = None
    error: Exception | None = None


@dataclass
class _Post:
    """One round."""

    store: Store
    location: Location
    config: Config
    passwords: Passwords
    clock: Callable[[], datetime]
    stop: threading.Event
    opener: Opener
    tried: set[int] = field(default_factory=set)  # the numbers of deliveries

    def round(self, patience_s: float) -> Delivered:
        turns: list[_Turn] = []
        failed: set[str] = set()
        while not self.stop.is_set():
            due, names = self._due()
            new = [_Turn(name, some) for name, some in due.items() if name not in failed]
            if not new:
                break
            self._run(new, names, patience_s)
            turns += new
            failed |= {turn.channel for turn in new if turn.faults or turn.error or turn.current}
            self._tell_of_trouble(new)
        errors = [turn.error for turn in turns if turn.error]
        if errors:
            for other in errors[1:]:
                errors[0].add_note(f"and another channel: {other!r}")
            raise errors[0]
        return self._account(turns, failed)

    # --- what is due ----------------------------------------------------------------------

    def _due(self) -> tuple[dict[str, list[Bundle]], dict[int, str]]:
        """What is to be said now, by channel, and the pairs' names; drops what need not be."""
        now = self.clock()
        alerts = self.config.alerts
        with open_reader(self.location) as reader:
            items = _items(reader) if reader else []
            names = {shoe.id: shoe.name for shoe in shoe_queries.shoes(reader)} if reader else {}
        pointless = [item for item in items if sending.is_pointless(item, alerts.channels)]
        if pointless:
            with self._write() as tx:
                for item in pointless:
                    tx.note("delivery", item.delivery.id, status=str(DeliveryStatus.DROPPED))
        quiet = sending.is_quiet(now, alerts.quiet, self.config.timezone)
        # Nothing is tried twice in a round, whatever the store says of it.
        wanted = [i for i in items if i not in pointless and i.delivery.id not in self.tried]
        return sending.bundles(wanted, now, quiet=quiet), names

    def _account(self, turns: Sequence[_Turn], failed: Container[str]) -> Delivered:
        now = self.clock()
        quiet, zone = self.config.alerts.quiet, self.config.timezone
        with open_reader(self.location) as reader:
            items = _items(reader) if reader else []
        times = []
        for item in items:
            at = sending.due_at(item, now)
            if not item.alert.draft.urgent:
                at = sending.quiet_until(at, quiet, zone) or at
            # What is due, and was not tried as its channel failed by another message, rests too.
            rests = at <= now and item.delivery.channel in failed
            times.append(now + sending.FIRST_WAIT if rests else at)
        arrived = Counter[str]()
        for turn in turns:
            if turn.delivered:
                arrived[turn.channel] += turn.delivered
        return Delivered(
            by=tuple(arrived.items()),
            failed=tuple((turn.channel, fault) for turn in turns for fault in turn.faults),
            given_up=sum(turn.given_up for turn in turns),
            waiting=len(items),
            next_at=min(times, default=None),
        )

    def _tell_of_trouble(self, turns: Sequence[_Turn]) -> None:
        """A channel that never came through is something to say by the others."""
        for turn in turns:
            name, now = _trouble(turn.channel), self.clock()
            if turn.given_up:
                title = f"{messages.channel_name(turn.channel)} does not come through"
                body = messages.trouble_body(turn.channel, turn.given_up, turn.faults[-1])
                raising.trouble(
                    self.store, self.config, name, title, body, now, but_not=turn.channel
                )
            elif turn.worked and not turn.faults:
                raising.end_trouble(self.store, name, now)

    # --- the channels ---------------------------------------------------------------------

    def _run(self, turns: Sequence[_Turn], names: Mapping[int, str], patience_s: float) -> None:
        """Run each turn in a thread; a channel that hangs is left to itself."""
        threads = []
        alive = {thread.name for thread in threading.enumerate()}
        for turn in turns:
            name = f"shoetrack {turn.channel} {self.location.path}"
            if name in alive:
                turn.faults.append("it has not come to an end with an earlier message yet")
                continue
            thread = threading.Thread(
                target=self._say_all, args=(turn, names), name=name, daemon=True
            )
            thread.start()
            threads.append((thread, turn))
        deadline = time.monotonic() + patience_s
        for thread, turn in threads:
            while thread.is_alive() and time.monotonic() < deadline:
                if self.stop.is_set():
                    deadline = min(deadline, time.monotonic() + GRACE_S)
                    thread.join(max(0.0, deadline - time.monotonic()))
                    break
                thread.join(0.05)
            if thread.is_alive() and not self.stop.is_set() and turn.current is not None:
                fault = f"it had not answered after {patience_s:.0f} seconds"
                turn.faults.append(fault)
                turn.given_up += self._failed(turn.current, fault)

    def _say_all(self, turn: _Turn, names: Mapping[int, str]) -> None:
        """The turn of a channel, in its own thread."""
        try:
            for bundle in turn.bundles:
                if self.stop.is_set() or not self._say(turn, bundle, names):
                    return
        except StoreError as error:
            turn.faults.append(str(error))
        except Exception as error:  # noqa: BLE001 - raised again where all the threads are awaited
            turn.error = error

    def _say(self, turn: _Turn, bundle: Bundle, names: Mapping[int, str]) -> bool:
        """Say one message; whether there is any sense in trying the next. Raises StoreError."""
        self.tried |= {item.delivery.id for item in bundle.items}
        claimed = self._claim(bundle)
        turn.current = claimed
        kind, fault = "", ""
        message = messages.of_bundle(claimed, names, self.config.unit, self.clock())
        try:
            channel = self.opener(turn.channel, self.config.alerts, self.passwords)
            sent = channel.send(message, claimed.left_to)
        except NotifyError as error:
            kind, fault = error.kind, str(error) or error.kind
        except VaultError as error:
            kind, fault = "setup", str(error)
        except Exception as error:
            self._failed(claimed, f"a bug in shoetrack: {type(error).__name__}: {error}")
            turn.current = None
            raise
        if fault:
            turn.faults.append(fault)
            turn.given_up += self._failed(claimed, fault)
        elif sent.left_to:
            turn.faults.append(_who(sent))
            turn.given_up += self._failed(claimed, _who(sent), sent.left_to)
        else:
            self._arrived(claimed)
            turn.delivered += len(claimed.items)
            turn.worked = True
        turn.current = None
        return not fault or kind in _OF_ONE_MESSAGE

    # --- what is noted --------------------------------------------------------------------

    def _claim(self, bundle: Bundle) -> Bundle:
        """Note that it is being tried, before it is: so the store is seen to be writable, and what
        a dead process has sent is known to have been on its way.
        """
        now = self.clock()
        items = []
        for item in bundle.items:
            tries = item.delivery.tries + 1
            again = sending.next_try(tries, now)
            claimed = item.delivery._replace(tries=tries, tried_at=now, next_at=again, fault="")
            items.append(item._replace(delivery=claimed))
        with self._write() as tx:
            for delivery, _ in items:
                tx.note(
                    "delivery",
                    delivery.id,
                    tries=delivery.tries,
                    tried_at=now,
                    next_at=delivery.next_at,
                    fault="",
                )
        return bundle._replace(items=tuple(items))

    def _arrived(self, claimed: Bundle) -> None:
        """Raises StoreError where that cannot be noted for a while."""
        delivered = str(DeliveryStatus.DELIVERED)
        now = self.clock()

        def note(tx: Transaction) -> None:
            for delivery, _ in claimed.items:
                tx.note("delivery", delivery.id, status=delivered, delivered_at=now, left_to="")

        try:
            self._insist(note)
        except StoreError as error:
            raise StoreError(f"a message was sent, and may be sent again: {error}") from error

    def _failed(self, claimed: Bundle, fault: str, left_to: Sequence[str] = ()) -> int:
        """Note why it did not arrive; gives how many are given up. Raises StoreError."""
        given_up: list[int] = []
        left = json.dumps(list(left_to or claimed.left_to)) if left_to or claimed.left_to else ""

        def note(tx: Transaction) -> None:
            given_up.clear()
            standing = {delivery.id: delivery for delivery in delivery_queries.pending(tx)}
            for delivery, _ in claimed.items:
                # Another may have noted it: who awaited this thread, or acknowledged the alert.
                if standing.get(delivery.id) != delivery:
                    continue
                status = DeliveryStatus.PENDING
                again = delivery.next_at
                if sending.is_given_up(delivery.created_at, delivery.tries, again):
                    status = DeliveryStatus.GIVEN_UP
                    given_up.append(delivery.id)
                tx.note("delivery", delivery.id, status=str(status), fault=fault, left_to=left)

        self._insist(note)
        return len(given_up)

    def _insist(self, note: Callable[[Transaction], None]) -> None:
        """Note it, if need be after a pause or two. Raises StoreError."""
        for pause_s in PAUSES_S:
            try:
                with self._write() as tx:
                    note(tx)
                return
            except StoreError:
                self.stop.wait(pause_s)
        with self._write() as tx:
            note(tx)

    def _write(self) -> AbstractContextManager[Transaction]:
        return self.store.write("deliver", "", self.clock())


def _items(store: Rows) -> list[Item]:
    """What is on its way, with the alerts."""
    alerts: dict[int, Alert | None] = {}
    items = []
    for delivery in delivery_queries.pending(store):
        if delivery.alert_id not in alerts:
            alerts[delivery.alert_id] = alert_queries.alert(store, delivery.alert_id)
        alert = alerts[delivery.alert_id]
        assert alert is not None  # the database holds that each delivery has one
        items.append(Item(delivery, alert))
    return items


def _who(sent: Sent) -> str:
    """Who has not got what others have, and why."""
    return sent.fault or f"not taken for {', '.join(sent.left_to)}"
