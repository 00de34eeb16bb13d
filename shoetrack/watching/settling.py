"""When a file has stopped growing, and which are dealt with.

A file is ready when its size and time were the same at two looks that are some seconds apart; at
the first look, when its time is older than what still writes to it would leave. While files keep
arriving in a folder all of it waits: an export that is being unpacked is read as one, and the ten
years that are copied there are told of once.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from shoetrack.watching.walking import Found, Stamp

# What is written slowly, by a watch over USB, has a time of the last seconds.
OLD_S = 10.0
# A file that cannot be read and was written to within this may still be on its way: it is tried
# again before anything is said.
PATIENCE_S = 60.0
# No file waits longer than this for others to arrive.
HELD_S = 300.0


class Moment(NamedTuple):
    """A look's time: by the caller's clock, by one that is never set (s), and as files have it."""

    now: datetime
    running_s: float
    wall_s: float

    def since(self, earlier: Moment) -> float:
        """Seconds that have passed, by whichever clock saw more: one may have been set back."""
        return max((self.now - earlier.now).total_seconds(), self.running_s - earlier.running_s)


@dataclass(slots=True)
class _Pending:
    """A file that is not dealt with. `since`: seen as it is since then; `arrived`: when it came,
    None where it was there before; `failed`: it could not be read as it is.
    """

    stamp: Stamp
    folder: Path
    since: Moment
    arrived: Moment | None
    failed: bool = False


class Judged(NamedTuple):
    """What is ready, and of these what may yet be on its way (`young`); what is not; and in how
    many seconds some of that may be, None where nothing grows. What failed is no part of it.
    """

    ready: list[str]
    young: frozenset[str]
    growing: list[str]
    again_s: float | None


@dataclass(slots=True)
class Memory:
    """What is known of the files of all folders, from one look to the next. `settle_s` is how far
    apart the two looks are at least.
    """

    settle_s: float
    _dealt: dict[str, tuple[Stamp, Path]] = field(default_factory=dict)
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _flaky: set[str] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def judge(
        self, found: Mapping[str, Found], here: Collection[Path], came: Collection[Path], at: Moment
    ) -> Judged:
        """What is ready now, of all that was found in the folders that are `here`; those that
        `came` were not there at the look before.
        """
        with self._lock:
            self._forget_what_left(found, here, came)
            self._pending = {
                path: self._pending_now(path, one, one.folder in came, at)
                for path, one in found.items()
                # What awaits another file changes when that comes.
                if not one.awaited and self._dealt.get(path, (None,))[0] != one.stamp
            }
            holding = self._holding(at)
            waits = {
                path: self._waits(pending, holding.get(pending.folder, 0.0), at)
                for path, pending in self._pending.items()
            }
            ready = [path for path, wait in waits.items() if wait <= 0]
            growing = [p for p, wait in waits.items() if wait > 0 and not self._pending[p].failed]
            return Judged(
                ready,
                frozenset(path for path in ready if self._is_young(self._pending[path], at)),
                growing,
                min((waits[path] for path in growing), default=None),
            )

    def deal(self, path: str, stamp: Stamp, folder: Path, *, flaky: bool = False) -> None:
        """The file is dealt with as long as it is so; where that is `flaky`, and the fault was
        that of a moment, until its folder comes anew.
        """
        with self._lock:
            self._dealt[path] = (stamp, folder)
            self._pending.pop(path, None)
            if flaky:
                self._flaky.add(path)

    def try_later(self, path: str) -> None:
        """The file cannot be read as it is, but may be on its way."""
        with self._lock:
            if path in self._pending:
                self._pending[path].failed = True

    def is_due(self, running_s: float, wall_s: float) -> bool:
        """Whether something that failed is to be tried again now."""
        with self._lock:
            return any(
                not self._waits(
                    pending, 0.0, pending.since._replace(running_s=running_s, wall_s=wall_s)
                )
                for pending in self._pending.values()
                if pending.failed
            )

    def _forget_what_left(
        self, found: Mapping[str, Found], here: Collection[Path], came: Collection[Path]
    ) -> None:
        # Of a watch that is away the files stay known: they are the same when it comes back.
        left = [
            path
            for path, (_, folder) in self._dealt.items()
            if (folder in here and path not in found) or (folder in came and path in self._flaky)
        ]
        for path in left:
            del self._dealt[path]
        self._flaky &= self._dealt.keys()

    def _pending_now(self, path: str, found: Found, was_there: bool, at: Moment) -> _Pending:
        before = self._pending.get(path)
        if before is not None and before.stamp[:2] == found.stamp[:2]:
            before.failed &= before.stamp == found.stamp
            before.stamp = found.stamp
            return before
        if before is not None:
            arrived = before.arrived
        else:
            arrived = None if was_there or path in self._dealt else at
        return _Pending(found.stamp, found.folder, at, arrived)

    def _holding(self, at: Moment) -> dict[Path, float]:
        """For how many seconds more a folder waits, because files keep arriving there."""
        holding: dict[Path, float] = {}
        for pending in self._pending.values():
            if pending.arrived is not None:
                wait = self.settle_s - at.since(pending.arrived)
                holding[pending.folder] = max(wait, holding.get(pending.folder, 0.0))
        return holding

    def _waits(self, pending: _Pending, holding_s: float, at: Moment) -> float:
        """How many seconds the file waits at least; 0 is ready."""
        seen_s, age_s = at.since(pending.since), _age_s(pending, at)
        if pending.failed:
            return max(0.0, PATIENCE_S - max(seen_s, age_s))
        if seen_s < self.settle_s and age_s < OLD_S:
            return self.settle_s - seen_s
        waited_s = seen_s if pending.arrived is None else at.since(pending.arrived)
        return holding_s if waited_s < HELD_S else 0.0

    def _is_young(self, pending: _Pending, at: Moment) -> bool:
        return max(at.since(pending.since), _age_s(pending, at)) < PATIENCE_S


def _age_s(pending: _Pending, at: Moment) -> float:
    """For how long nobody has written to it by its own time; negative where that is to come."""
    return at.wall_s - pending.stamp.mtime_ns / 1e9
