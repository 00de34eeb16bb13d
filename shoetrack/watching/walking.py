"""A look at folders: every file in them with its size and times, none of them opened.

Only an export's table is, because it may speak for the files beside it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shoetrack.importers.content import reason_of
from shoetrack.importers.exports import speakers
from shoetrack.importers.sources import Source, printable
from shoetrack.watching.names import is_awaited, is_passed_over

NO_FOLDER = "is not a folder"
# What is gone between two questions, or a link that leads nowhere, is nothing new or changed.
_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


class Stamp(NamedTuple):
    """What a file's change is told by."""

    size: int
    mtime_ns: int
    ctime_ns: int  # of its owner and mode, too: what may be read now was perhaps denied before


class Found(NamedTuple):
    """A file in the watched folder `folder`; or with a `reason`, what cannot be looked into.

    `awaited`: it is only the place of one that is on its way.
    """

    stamp: Stamp
    folder: Path
    reason: str = ""
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in the watched folders, by its path; and how the folders themselves are.

    `linked` are the folders that links lead to, by their real path.
    """

    found: dict[str, Found] = field(default_factory=dict)
    here: list[Path] = field(default_factory=list)
    absent: list[Path] = field(default_factory=list)
    denied: list[tuple[Path, str]] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)


# What an export's table says that it speaks for, and as of when.
_Spoken = dict[str, tuple[Stamp, frozenset[str]]]


class Walker:
    """Walks folders again and again, and remembers what their tables speak for."""

    def __init__(self) -> None:
        self._spoken: _Spoken = {}

    def walk(self, folders: Sequence[Path]) -> Listing:
        """All of the folders, each file once. Links are followed, but no folder entered twice."""
        walk = _Walk(self._spoken)
        for folder in folders:
            walk.take(folder)
        self._spoken = walk.spoken
        return walk.listing


class _Walk:
    """One walk. `spoken` is what tables say in this one, kept from the one before where it can."""

    def __init__(self, before: _Spoken) -> None:
        self.listing = Listing()
        self.spoken: _Spoken = {}
        self._before = before
        self._entered: set[tuple[int, int]] = set()

    def take(self, folder: Path) -> None:
        """A watched folder with all that is in it, or why there is nothing to see."""
        try:
            found = os.stat(folder)  # noqa: PTH116 - a kind and an identity in one question
            if not stat.S_ISDIR(found.st_mode):
                self.listing.denied.append((folder, NO_FOLDER))
                return
            entries = _names_of(os.fspath(folder))
        except PermissionError as error:
            self.listing.denied.append((folder, reason_of(error)))
            return
        except (OSError, ValueError):
            self.listing.absent.append(folder)
            return
        self.listing.here.append(folder)
        waiting = self._within(entries, folder) if self._is_new(found) else []
        while waiting:
            path = waiting.pop()
            try:
                entries = _names_of(path)
            except OSError as error:
                if error.errno not in _NOTHING:
                    self._note_unreadable(path, folder, error)
            else:
                waiting += self._within(entries, folder)

    def _is_new(self, found: os.stat_result) -> bool:
        """Whether a folder is entered for the first time; from now on it is not."""
        identity = (found.st_dev, found.st_ino)
        is_new = identity not in self._entered
        self._entered.add(identity)
        return is_new

    def _within(self, entries: Mapping[str, os.DirEntry[str]], folder: Path) -> list[str]:
        """Note the files of one folder; gives the folders in it."""
        kept = {name: entry for name, entry in entries.items() if not is_passed_over(name)}
        spoken_for = self._spoken_for(kept)
        inner = []
        for name, entry in kept.items():
            if name in spoken_for:
                continue
            try:
                found = _stat(entry)
            except OSError:
                continue  # gone meanwhile, or a link that leads nowhere
            if stat.S_ISDIR(found.st_mode):
                if self._is_new(found):
                    inner.append(entry.path)
                    if entry.is_symlink():
                        self.listing.linked.add(os.path.realpath(entry.path))
            elif stat.S_ISREG(found.st_mode):
                awaited = is_awaited(name, found.st_size, entries)
                self.listing.found[entry.path] = Found(_stamp(found), folder, awaited=awaited)
        return inner

    def _spoken_for(self, named: Mapping[str, os.DirEntry[str]]) -> set[str]:
        """The names in one folder that an export's table there speaks for: they are read with it,
        and by themselves only when it is gone.
        """
        spoken: set[str] = set()
        for name, entry in named.items():
            if not speakers.may_speak(name, named):
                continue
            try:
                found = _stat(entry)
            except OSError:
                continue
            if not stat.S_ISREG(found.st_mode):
                continue
            says = self._before.get(entry.path)
            if says is None or says[0] != _stamp(found):
                source = Source(printable(entry.path), explicit=False, path=Path(entry.path))
                says = (_stamp(found), speakers.spoken_for(source) - {name})
            self.spoken[entry.path] = says
            spoken |= says[1]
        return spoken

    def _note_unreadable(self, path: str, folder: Path, error: OSError) -> None:
        """A folder that cannot be looked into, unless all of it has just gone."""
        try:
            _names_of(os.fspath(folder))
            found = os.stat(path)  # noqa: PTH116
        except OSError:
            return
        stamp = Stamp(0, found.st_mtime_ns, found.st_ctime_ns)
        self.listing.found[path] = Found(stamp, folder, reason_of(error))


def _names_of(folder: str) -> dict[str, os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}


def _stat(entry: os.DirEntry[str]) -> os.stat_result:
    # Not asked of the entry: on Windows that tells of a file that is written to the size that it
    # had before; elsewhere it keeps the answer, which takes half a kilobyte a file.
    return os.stat(entry.path)  # noqa: PTH116


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns)
