"""The system's word that something changed in a folder, by watchdog."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from shoetrack.watching.names import is_passed_over

# Not that a file is opened or closed after reading: we do that ourselves.
_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
# So many folders are watched; each takes a thread.
_MOST = 40
# What it says of its own life is no news to a person.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
logging.getLogger("watchdog").propagate = False


class Events:
    """Calls `on_change`, from a thread of its own, when something changes in folders.

    `observer` makes what watches, and may be told otherwise by tests.
    """

    def __init__(
        self, on_change: Callable[[], None], observer: Callable[[], BaseObserver] = Observer
    ) -> None:
        self._handler = _Handler(on_change)
        self._make = observer
        self._observer: BaseObserver | None = None

    def watch(self, folders: Iterable[str]) -> frozenset[str]:
        """Watch these real paths, with all that is in them, and no others any more.

        Gives those of which the system will tell; the others must be looked at now and then.
        """
        self.stop()
        # Two ways to hear of a folder that was made within another: its thread warns, and goes on.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
        wanted = sorted(set(folders), key=len)
        if not wanted:
            return frozenset()
        try:
            observer = self._observer = self._make()
            observer.start()
        except (OSError, RuntimeError):  # there are no more inotify instances
            self.stop()
            return frozenset()
        watched: set[str] = set()
        for folder in wanted:
            if _lies_in(folder, watched) or (len(watched) < _MOST and self._add(observer, folder)):
                watched.add(folder)
        return frozenset(watched)

    def stop(self) -> None:
        """Watch nothing any more; no thread is left."""
        observer, self._observer = self._observer, None
        if observer is None:
            return
        observer.stop()
        if observer.is_alive():
            observer.join()

    def _add(self, observer: BaseObserver, folder: str) -> bool:
        try:
            observer.schedule(self._handler, folder, recursive=True, event_filter=_EVENTS)
            if sys.platform == "linux":
                # Of a folder within, for which no inotify watch was left, watchdog says nothing.
                # So one more must be possible, of a folder that certainly has none yet.
                observer.unschedule(observer.schedule(_Deaf(), "/", event_filter=_EVENTS))
        except (OSError, RuntimeError):  # the latter from macOS
            return False
        return True


class _Handler(FileSystemEventHandler):
    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change

    def on_any_event(self, event: FileSystemEvent) -> None:
        name = Path(os.fsdecode(event.dest_path or event.src_path)).name
        if not is_passed_over(name):
            self._on_change()


class _Deaf(FileSystemEventHandler):
    """Hears nothing."""


def _lies_in(folder: str, folders: Iterable[str]) -> bool:
    return any(folder == one or folder.startswith(one.rstrip(os.sep) + os.sep) for one in folders)
