"""Watching folders: `Watcher.look` tells what is new or changed in them and has stopped growing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from shoetrack.importers.sources import Problem, Source, printable
from shoetrack.watching.places import is_removable, tells_changes
from shoetrack.watching.rounds import PACE, Pace, Rounds
from shoetrack.watching.settling import Memory, Moment
from shoetrack.watching.walking import Found, Stamp, Walker

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

# Two looks at least so far apart see the same: then a file has stopped growing.
SETTLE = timedelta(seconds=3)


class Ready(NamedTuple):
    """A file that is ready to be read, or a folder that cannot be.

    With a `reason` it cannot be read. `young`: it may yet be on its way.
    """

    path: str
    stamp: Stamp
    folder: Path
    reason: str
    young: bool

    @property
    def source(self) -> Source | Problem:
        """What there is to import; not taken apart yet: an archive is one."""
        # Made when it is asked for: of ten thousand files nearly all are known by their stamps.
        if self.reason:
            return Problem(self.place, self.reason)
        return Source(self.place, explicit=False, path=Path(self.path))

    @property
    def place(self) -> str:
        return printable(self.path)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in the folders.

    `growing` are files that are not ready yet: look again, in `again` or sooner. Of the folders
    `here` are those that are there; `gone` those that should be and are not, which does not say a
    watch that is unplugged; `denied` those that cannot be looked into, with the reason.
    """

    ready: tuple[Ready, ...] = ()
    growing: tuple[Path, ...] = ()
    here: tuple[Path, ...] = ()
    gone: tuple[Path, ...] = ()
    denied: tuple[tuple[Path, str], ...] = ()
    again: timedelta | None = None
    found: Mapping[str, Found] = field(default_factory=dict, repr=False)
    memory: Memory = field(default_factory=lambda: Memory(SETTLE.total_seconds()), repr=False)

    @property
    def sources(self) -> tuple[Source | Problem, ...]:
        """What there is to import."""
        return tuple(one.source for one in self.ready)


class Watcher:
    """Watches folders. `look` may be called without `start`, to look once.

    Started, it calls `on_event` from a thread of its own whenever there may be something to see: a
    file came or changed, one may have stopped growing, a folder came, or it is simply time. The
    caller then looks, and gives what it saw to `intake.bring_in`.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        on_event: Callable[[], None],
        *,
        settle: timedelta = SETTLE,
        pace: Pace = PACE,
        tells: Callable[[Path], bool] = tells_changes,
        observer: Callable[[], BaseObserver] | None = None,
    ) -> None:
        """`pace`, `tells` and watchdog's `observer` may be others in tests."""
        self._folders = tuple(dict.fromkeys(folder.absolute() for folder in folders))
        self._memory = Memory(settle.total_seconds())
        self._walker = Walker()
        self._looking = threading.Lock()
        self._there: frozenset[Path] = frozenset()
        self._rounds: Rounds | None = None
        self._make_rounds = partial(
            Rounds, self._folders, on_event, self._memory.is_due, pace, tells, observer
        )

    def look(self, now: datetime) -> Look:
        """Look at all the folders. Nothing in them is opened but the tables of exports."""
        with self._looking:
            begun = time.monotonic()
            at = Moment(now, begun, time.time())
            listing = self._walker.walk(self._folders)
            here = frozenset(listing.here)
            judged = self._memory.judge(listing.found, here, here - self._there, at)
            self._there = here
            if self._rounds is not None:
                took_s = time.monotonic() - begun
                self._rounds.looked(judged.again_s, took_s, frozenset(listing.linked))
        return Look(
            ready=tuple(
                _ready(path, listing.found[path], path in judged.young)
                for path in sorted(judged.ready)
            ),
            growing=tuple(Path(path) for path in sorted(judged.growing)),
            here=tuple(listing.here),
            gone=tuple(folder for folder in listing.absent if not is_removable(folder)),
            denied=tuple(listing.denied),
            again=None if judged.again_s is None else timedelta(seconds=judged.again_s),
            found=listing.found,
            memory=self._memory,
        )

    def start(self) -> None:
        """Watch from now on. What is there already is for the first look."""
        if self._rounds is None and self._folders:
            self._rounds = self._make_rounds()
            self._rounds.begin()

    def stop(self) -> None:
        """Watch no longer; no thread is left."""
        rounds, self._rounds = self._rounds, None
        if rounds is not None:
            rounds.end()

    @property
    def polled(self) -> tuple[Path, ...]:
        """The folders that are there, but of which the system does not tell, once started."""
        return self._rounds.polled if self._rounds is not None else ()


def _ready(path: str, found: Found, young: bool) -> Ready:
    return Ready(path, found.stamp, found.folder, found.reason, young)
