"""The watched folders, as a chore: the watch over them lasts as long as the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from shoetrack.alerting import raising
from shoetrack.daemon import chores
from shoetrack.daemon.site import NOT_SET_UP, Outcome, Site
from shoetrack.db import alert_queries
from shoetrack.db.reader import open_reader

if TYPE_CHECKING:
    from shoetrack.watching.folders import Watcher

_TROUBLE = "folder:"
# So often one round looks where a file grows: after a few seconds each time.
_MOST_LOOKS = 3


class Folders:
    """Looks into the folders that the configuration names at the time. One thread at a time."""

    def __init__(self, on_event: Callable[[], None] | None = None) -> None:
        """`on_event` is called, from another thread, when there may be something to look at; None
        for a single round.
        """
        self._on_event = on_event or _nothing
        self._live = on_event is not None
        self._watched: tuple[Path, ...] = ()
        self._watcher: Watcher | None = None
        self._gone: frozenset[str] | None = None

    def __call__(self, site: Site) -> Outcome:
        """Import what came in; say which folders are gone, and which are there again."""
        watcher = self._of(site.config.watch)
        if watcher is None:
            self._tell_of_gone(site, ())
            return Outcome(tried=False, why=NOT_SET_UP)
        outcome, look = chores.folders(site, watcher)
        looks = 1
        while not self._live and look.again is not None and looks < _MOST_LOOKS:
            # Nobody comes by to tell that a file has stopped growing.
            if site.stop.wait(look.again.total_seconds()):
                break
            more, look = chores.folders(site, watcher)
            outcome = outcome.with_more(more)
            looks += 1
        self._tell_of_gone(site, (*look.gone, *(folder for folder, _ in look.denied)))
        return outcome

    def stop(self) -> None:
        """Hear of no more changes."""
        if self._watcher is not None and self._live:
            self._watcher.stop()
        self._watcher, self._watched = None, ()

    def _of(self, folders: tuple[Path, ...]) -> Watcher | None:
        if folders == self._watched:
            return self._watcher
        from shoetrack.watching.folders import Watcher

        self.stop()
        if folders:
            self._watcher = Watcher(folders, self._on_event)
            if self._live:
                self._watcher.start()
        self._watched = folders
        return self._watcher

    def _tell_of_gone(self, site: Site, gone: Iterable[Path]) -> None:
        """Raise trouble for each folder that has gone, and end it where that is over."""
        names = frozenset(map(str, gone))
        if names == self._gone:
            return
        said = _said(site)
        if names != said:
            with site.store() as store:
                for name in sorted(said - names):
                    raising.end_trouble(store, f"{_TROUBLE}{name}", site.clock())
                for name in sorted(names - said):
                    raising.trouble(
                        store,
                        site.config,
                        f"{_TROUBLE}{name}",
                        "Nothing comes in from a watched folder",
                        f"{name} is not there, or cannot be looked into: put it back,"
                        " mount its drive, let it be read, or take it out of [folders] watch in"
                        " config.toml.",
                        site.clock(),
                    )
        self._gone = names


def _nothing() -> None:
    """Nobody is told."""


def _said(site: Site) -> frozenset[str]:
    """The folders that are known to be gone."""
    subject = f"trouble:{_TROUBLE}"
    with open_reader(site.location) as reader:
        found = alert_queries.open_alerts(reader) if reader else []
    return frozenset(
        alert.draft.subject.removeprefix(subject)
        for alert in found
        if alert.draft.subject.startswith(subject)
    )
