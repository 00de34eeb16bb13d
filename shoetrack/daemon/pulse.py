"""The daemon's pulse: a sign of life in the store, and a look whether something changed there."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from datetime import datetime

import shoetrack
from shoetrack.daemon.log import ERROR, Log
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import Site
from shoetrack.daemon.tasks import Pace
from shoetrack.daemon.troubles import STORE, fault_of, trouble_of
from shoetrack.db import alert_queries, delivery_queries, job_queries
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Transaction
from shoetrack.errors import StoreError
from shoetrack.model import Heartbeat


class Pulse:
    """One beat after another; only one thread calls them."""

    def __init__(
        self,
        site: Site,
        record: Record,
        log: Log,
        pace: Pace,
        wake: Callable[[str], None],
        next_times: Callable[[], Mapping[str, datetime]],
    ) -> None:
        """`wake` has a task done at once; `next_times` tells when each is due."""
        self.site = site  # replaced where the configuration was read again
        self._record = record
        self._log = log
        self._pace = pace
        self._wake = wake
        self._next_times = next_times
        self._started_at = site.clock()
        self._signed_at: datetime | None = None
        self._seen: int | None = None
        self._checked: int | None = None
        self._pending = 0
        self._fault = ""
        self._failures = 0

    def beat(self) -> None:
        """Look, and if it is time, sign. A store that cannot be used is told of, and gone on."""
        try:
            self._look()
            if self._failures or self._is_due():
                self.sign()
        except StoreError as error:
            self._failed(error)
        else:
            if self._failures:
                self._log.say(STORE, "it can be used again", event="recovered")
                self._fault, self._failures = "", 0

    def sign(self, *, stopped: bool = False) -> None:
        """Write that the daemon lives, or has come to its end. Raises StoreError."""
        now = self.site.clock()
        life = Heartbeat(
            pid=os.getpid(),
            host=platform.node(),
            version=shoetrack.__version__,
            started_at=self._started_at,
            beat_at=now,
            stopped_at=now if stopped else None,
        )

        def write(tx: Transaction) -> None:
            row = job_queries.heartbeat_id(tx)
            if row is None:
                tx.note_new("heartbeat", **life._asdict())
            else:
                tx.note("heartbeat", row, **life._asdict())

        self._record.plan(self._next_times())
        self._record.write(write)
        self._signed_at = now

    def _is_due(self) -> bool:
        if self._signed_at is None:
            return True
        # A clock that was set back must not put it off.
        return not self._signed_at <= self.site.clock() < self._signed_at + self._pace.beat

    def _look(self) -> None:
        """Wake what there is to do: a check where something changed and that is over, as a long
        import's end would be; a delivery where there is more to say.
        """
        with open_reader(self.site.location) as reader:
            if reader is None:
                return
            last = alert_queries.last_change(reader)
            pending = max((one.id for one in delivery_queries.pending(reader)), default=0)
        if last == self._seen and last != self._checked:
            self._checked = last
            self._wake("check")
        self._seen = last
        if pending > self._pending:
            self._wake("deliver")
        self._pending = pending

    def _failed(self, error: StoreError) -> None:
        fault, message = fault_of(error), str(error)
        if fault != self._fault:
            self._log.say(STORE, message, event="failed", level=ERROR)
            self._failures = 0
        self._fault = fault
        self._failures += 1
        trouble = trouble_of(STORE, fault, message, self._failures)
        if trouble is not None:
            self._record.say_later(trouble)
