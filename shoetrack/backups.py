"""Backups: where they lie and what they are called, which of them stay, and putting one back.

Those that are made by themselves are one a day and are removed when there are enough of them; those
that a person asked for, or that a restore has made first, are not removed by shoetrack.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple

from shoetrack import locks
from shoetrack.db import content_queries, copies
from shoetrack.db.content_queries import Content
from shoetrack.db.location import Location
from shoetrack.db.reader import exists, open_reader
from shoetrack.errors import RefusedError, StoreError
from shoetrack.units import local_day

BY_HAND = "by-hand"
BEFORE_RESTORE = "before-restore"
KEEP = 4

_NAME = re.compile(
    rf"(?P<store>.+)-(?P<day>\d{{4}}-\d\d-\d\d)(?:-(?P<label>{BY_HAND}|{BEFORE_RESTORE}))?"
    r"(?:-\d{1,4})?\.db"
)
_MOST_A_DAY = 9999
_WORK = ".restore-"
_LEFT_BEHIND = timedelta(days=1)
_SENDING_S = 10  # an alert on its way has so long to arrive


class Backup(NamedTuple):
    """A backup in the folder of backups. `label` is "" where it was made by itself."""

    path: Path
    made_at: datetime
    label: str
    size: int
    store: str  # the name of the store's file, without its ending


# --- making them ----------------------------------------------------------------------------


def folder_of(data: Path) -> Path:
    """Where backups lie that no other place was named for."""
    return data / "backups"


def back_up(
    location: Location, folder: Path, now: datetime, *, label: str = "", zone: tzinfo | None = None
) -> Path:
    """Copy the store into a folder, under the day's name; a second one that day ends in -2.

    The folder has to be there. `zone` None is the machine's. Raises StoreError.
    """
    store_must_exist(location)
    stem = "-".join(filter(None, (location.path.stem, str(local_day(now, zone)), label)))
    for nth in range(1, _MOST_A_DAY):
        target = folder / (f"{stem}.db" if nth == 1 else f"{stem}-{nth}.db")
        if not target.exists():
            try:
                copies.copy(location, target)
            except FileExistsError:
                continue  # another process was first
            return target
    raise StoreError(f"{folder} holds too many backups of today: name another place")


def back_up_to(location: Location, target: Path, *, replace: bool) -> None:
    """Copy the store to this very file. Raises StoreError, RefusedError where it is there and is
    not to be replaced.
    """
    check_target(location, target)
    try:
        copies.copy(location, target, replace=replace)
    except FileExistsError as error:
        raise RefusedError(f"{target} is there already: name another, or add --yes") from error


def check_target(location: Location, target: Path) -> None:
    """Raises RefusedError for a file that no backup may take the place of."""
    store_must_exist(location)
    beside = [location.path.with_name(location.path.name + end) for end in ("-wal", "-shm")]
    if target in beside or (target.exists() and target.samefile(location.path)):
        raise RefusedError(f"{target} is the store itself: name another file")
    if target.exists() and not target.is_file():
        raise RefusedError(f"{target} is not a file: name another")


def make_backups_folder(data: Path) -> Path:
    """The folder for backups, 0700, made where it is not there. Raises StoreError."""
    folder = folder_of(data)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} for backups cannot be made: {error.strerror}"
        ) from error
    return folder


def weekly(
    location: Location, data: Path, now: datetime, keep: int = KEEP, zone: tzinfo | None = None
) -> Path:
    """Back up into the folder for it, and then remove the oldest of those that were made by
    themselves, down to `keep`.

    A second one on a day takes the place of the first, so that many on one day do not push out all
    that is older. The one just made always stays, whatever the clock says. Raises StoreError.
    """
    store_must_exist(location)
    folder = make_backups_folder(data)
    target = folder / f"{location.path.stem}-{local_day(now, zone)}.db"
    copies.copy(location, target, replace=True)
    try:
        _remove_the_oldest(location.path.stem, data, target, keep)
        _remove_what_was_left_behind(folder, now)
    except OSError as error:
        raise StoreError(
            f"the backup {target} was made, but an old one could not be removed: {error.strerror}"
        ) from error
    return target


def _remove_the_oldest(store: str, data: Path, made: Path, keep: int) -> None:
    older = [
        one.path
        for one in listed(data)
        if one.store == store and not one.label and one.path != made
    ]
    for path in older[max(keep - 1, 0) :]:
        path.unlink(missing_ok=True)


def _remove_what_was_left_behind(folder: Path, now: datetime) -> None:
    """Parts of backups that a kill has cut short; another process may be at work on a new one."""
    for path in folder.glob(f"{copies.PART}*"):
        if now - _changed(path) > _LEFT_BEHIND:
            path.unlink(missing_ok=True)


def store_must_exist(location: Location) -> None:
    """Raises RefusedError."""
    if not exists(location):
        raise RefusedError(f"there is no store at {location} yet: there is nothing to back up")


# --- listing them ---------------------------------------------------------------------------


def listed(data: Path) -> list[Backup]:
    """All backups in the folder, the newest first: by the day of their names, and within a day by
    when they were written. Raises StoreError.
    """
    found: list[tuple[date, Backup]] = []
    try:
        for path in folder_of(data).iterdir():
            match = _NAME.fullmatch(path.name)
            if match is None or path.is_symlink() or not path.is_file():
                continue
            try:
                day = date.fromisoformat(match["day"])
            except ValueError:
                continue
            one = Backup(
                path, _changed(path), match["label"] or "", path.stat().st_size, match["store"]
            )
            found.append((day, one))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{folder_of(data)} cannot be read: {error.strerror}") from error
    found.sort(key=lambda item: (item[0], item[1].made_at, item[1].path.name), reverse=True)
    return [one for _, one in found]


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


# --- putting one back -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backup that was proved sound, and may be put in the place of the store.

    `now_there` is what the present store has, None where there is none or nobody can tell; `fault`
    is what is wrong with its file.
    """

    file: Path
    made_at: datetime
    content: Content
    now_there: Content | None
    fault: str
    part: Path  # the copy that is worked on


@contextmanager
def opened(location: Location, file: Path) -> Iterator[Candidate]:
    """Take a backup to be put back; as long as the block lasts nothing of ours runs by itself.

    The backup itself is never changed: it is copied, and the copy is brought up to date. Raises
    StoreError, RefusedError.
    """
    if not file.is_file():
        raise StoreError(f"there is no file {file}: `shoetrack restore` lists the backups")
    from shoetrack.db.engine import make_folder  # heavy, and not for a list of backups

    with ExitStack() as stack:
        make_folder(location)
        _keep_all_quiet(location, stack)
        _remove_work(location)
        try:
            name = tempfile.mkdtemp(prefix=_WORK, dir=location.path.parent)
        except OSError as error:
            raise StoreError(
                f"{location.path.parent} cannot be written: {error.strerror}"
            ) from error
        stack.callback(shutil.rmtree, name, ignore_errors=True)
        part = Path(name) / "part.db"
        copies.take(file, part)
        fault = copies.fault_of(location) if exists(location) else ""
        now_there = None if fault else _content(location)
        found = _content(Location(part))
        assert found is not None
        yield Candidate(file, _changed(file), found, now_there, fault, part)


def put_back(location: Location, candidate: Candidate, data: Path, now: datetime) -> Path | None:
    """Put a backup in the place of the store; gives where the store as it was is kept, None where
    there was none.

    What it was is kept first. What has been said since stays said (`copies.keep_what_was_said`).
    Raises StoreError, RefusedError; then the store is as it was.
    """
    kept: Path | None = None
    if candidate.fault or not exists(location):
        from shoetrack.db.migrate import create

        copies.keep_what_was_said(candidate.part, None, now)
        if candidate.fault:
            kept = copies.set_aside(location, now)
        create(location)
        copies.put(candidate.part, location)
    else:
        with copies.watched(location) as was_written:
            kept = back_up(location, make_backups_folder(data), now, label=BEFORE_RESTORE)
            copies.keep_what_was_said(candidate.part, kept, now)
            if was_written():
                raise RefusedError(
                    "another process wrote to the store meanwhile, so it was left as it is: let"
                    " that finish, and try again"
                )
            copies.put(candidate.part, location)
    return kept


def _keep_all_quiet(location: Location, stack: ExitStack) -> None:
    if locks.is_held(location, locks.DAEMON):
        raise RefusedError(
            "the daemon of this store is running: stop it first (Ctrl-C where it runs, or"
            " `shoetrack service uninstall` where it runs by itself), and start it again afterwards"
        )
    for purpose, patience in ((locks.DAEMON, 0), (locks.STRAVA, 0), (locks.DELIVERY, _SENDING_S)):
        stack.enter_context(locks.one_at_a_time(location, purpose, patience_s=patience))


def _remove_work(location: Location) -> None:
    """What a kill has left of an earlier restore; the locks say that nobody is at it."""
    for left in location.path.parent.glob(f"{_WORK}*"):
        shutil.rmtree(left, ignore_errors=True)


def _content(location: Location) -> Content | None:
    """What is in a store; None where there is none, or a newer shoetrack wrote it."""
    if not exists(location) or not copies.is_known(location):
        return None
    with open_reader(location) as reader:
        return content_queries.content(reader) if reader else None
