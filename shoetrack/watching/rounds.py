"""Between two looks at folders: when the next one is due."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is done, in seconds."""

    gap: float = 1.0  # the least between two calls of `on_event`
    seek: float = 10.0  # do folders come, go, or are others than before: a stat each
    poll: float = 30.0  # a look, where there are folders of which the system does not tell
    whole: float = 300.0  # a look, whatever the system tells


PACE = Pace()
# Looking at what is far away and slow takes no more than this part of the time.
_POLLING_PART = 0.05
# A drive that does not answer is not waited for at the end.
_END_S = 2.0


class Rounds:
    """A thread that calls `on_event` whenever there may be something to see in the folders.

    `is_due` tells of a moment, in seconds of a running clock and of the wall's, whether a file is
    to be tried again.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        on_event: Callable[[], None],
        is_due: Callable[[float, float], bool],
        pace: Pace,
        tells: Callable[[Path], bool],
        observer: Callable[[], BaseObserver] | None,
    ) -> None:
        from shoetrack.watching.events import Events  # who only looks once does without watchdog

        self.polled: tuple[Path, ...] = ()
        self._folders = folders
        self._on_event = on_event
        self._file_is_due = is_due
        self._pace = pace
        self._tells = tells
        self._events = Events(self._stir, observer) if observer else Events(self._stir)
        self._thread = threading.Thread(target=self._run, name="watched folders", daemon=True)
        self._change = threading.Condition()
        self._stirred = self._looked = self._ending = False
        self._linked: frozenset[str] = frozenset()
        self._armed: object = None  # the state of things when the system was asked to tell
        self._is_all_told = True
        self._again_at = float("inf")
        self._poll_at = self._whole_at = 0.0

    def begin(self) -> None:
        """From here on the system tells of changes, and the thread runs."""
        self._arm()
        self._thread.start()

    def end(self) -> None:
        """Come to an end; no thread is left, but one that hangs on a drive that does not answer."""
        with self._change:
            self._ending = True
            self._change.notify_all()
        self._thread.join(_END_S)
        self._events.stop()

    def looked(self, again_s: float | None, took_s: float, linked: frozenset[str]) -> None:
        """There was a look, which took so long and saw that links lead to these folders; after
        `again_s` there may be more to see.
        """
        now = time.monotonic()
        with self._change:
            self._again_at = float("inf") if again_s is None else now + again_s
            self._poll_at = now + max(self._pace.poll, took_s / _POLLING_PART)
            self._linked, self._looked = linked, True
            self._change.notify_all()

    def _stir(self) -> None:
        with self._change:
            self._stirred = True
            self._change.notify_all()

    def _run(self) -> None:
        while True:
            with self._change:
                if not (self._ending or self._stirred or self._looked):
                    self._change.wait(self._pause_s())
                if self._ending:
                    return
                stirred, self._stirred, self._looked = self._stirred, False, False
            if self._is_due() or stirred:
                self._on_event()
                with self._change:
                    self._change.wait_for(lambda: self._ending, self._pace.gap)

    def _pause_s(self) -> float:
        next_at = min(self._again_at, self._whole_at)
        if not self._is_all_told:
            next_at = min(next_at, self._poll_at)
        return max(0.0, min(self._pace.seek, next_at - time.monotonic()))

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now >= self._whole_at or self._state() != self._armed:
            self._arm()  # what was mounted anew looks as before, but its changes are not told
            return True
        if now >= self._again_at:
            self._again_at = float("inf")
            return True
        if not self._is_all_told and now >= self._poll_at:
            self._poll_at = now + self._pace.poll
            return True
        return self._file_is_due(now, time.time())

    def _state(self) -> object:
        """Which folders there are, by their identities, and where links in them lead."""
        return ([_identity(folder) for folder in self._folders], self._linked)

    def _arm(self) -> None:
        """Have the system tell of what is there now, and of nothing else."""
        state, linked = self._state(), self._linked
        paths = {folder: os.path.realpath(folder) for folder in self._folders if _identity(folder)}
        wanted = {path for folder, path in paths.items() if self._tells(folder)}
        wanted |= {path for path in linked if self._tells(Path(path))}
        told = self._events.watch(wanted)
        self.polled = tuple(folder for folder, path in paths.items() if path not in told)
        self._is_all_told = not self.polled and linked <= told
        self._armed = state
        now = time.monotonic()
        self._whole_at, self._poll_at = now + self._pace.whole, now + self._pace.poll


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(folder)  # noqa: PTH116 - the numbers as they are
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino)
