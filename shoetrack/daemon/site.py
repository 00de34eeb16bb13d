"""What every chore is given: the store, the configuration, the clock, and the sign to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shoetrack.config import Config
from shoetrack.db.location import Location
from shoetrack.db.reader import exists
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import StoreError

# Why a chore was not tried: there is nothing to do it with.
NOT_SET_UP = "it is not set up"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a chore is done. `data` is the folder of secrets and backups; `stop` is set when all
    is to come to an end soon.
    """

    location: Location
    config: Config
    data: Path
    clock: Callable[[], datetime]
    stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store for writing. Raises StoreError, also where it has gone: a drive that is not
        mounted any more must not get a new and empty one in its place.
        """
        if not exists(self.location):
            raise StoreError(
                f"the store {self.location} is not there any more: is a drive missing?"
            )
        store = Store(self.location)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def write(self, kind: str) -> Iterator[Transaction]:
        """One transaction that notes something. Raises StoreError."""
        with self.store() as store, store.write(kind, "", self.clock()) as tx:
            yield tx


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a chore did: lines for a person, none where nothing happened; the same in numbers.

    `problems` are for a person to look at, though the rest went well. `changed`: there may be
    something new to say. `next_at`: when there is next something to do, where the chore knows.
    `tried` False: there is nothing to do it with, or another process is at it; `why` says so.
    """

    lines: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    changed: bool = False
    next_at: datetime | None = None
    tried: bool = True
    why: str = ""
    details: Mapping[str, object] = field(default_factory=dict)  # for `sync --json`

    def with_more(self, more: Outcome) -> Outcome:
        """This and what came of going on with it."""
        return Outcome(
            lines=(*self.lines, *more.lines),
            counts={
                **self.counts,
                **{k: self.counts.get(k, 0) + n for k, n in more.counts.items()},
            },
            problems=tuple(dict.fromkeys((*self.problems, *more.problems))),
            changed=self.changed or more.changed,
            next_at=more.next_at,
            details={**self.details, **more.details},
        )


Chore = Callable[[Site], Outcome]
