"""Importing what a look at watched folders found, as `import` would.

A file that cannot be read is told of once: the store remembers it, as it remembers what was dealt
with, so that neither a restart nor an undo brings it up again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shoetrack import __version__
from shoetrack.config import Config
from shoetrack.db import file_queries, shoe_queries
from shoetrack.db.file_queries import ANY, DONE, WatchedFile
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import UnreadableError
from shoetrack.export_pairs import meet_pairs, place_runs
from shoetrack.importers import NO_ACTIVITY, Problem, Source
from shoetrack.importers.content import EMPTY, is_of_the_moment, reason_of
from shoetrack.importers.sources import CHANGED, printable, sources_in
from shoetrack.intake import YET_TO_COME
from shoetrack.pipeline import ImportSettings, Summary, import_runs
from shoetrack.watching.folders import Look, Ready

# A file that keeps changing and failing, as a track that is still recorded, is told of so often.
_SAY_AGAIN = timedelta(days=1)
# What runs' files are called, and exports' tables. What is empty or in an archive and called
# otherwise is another program's business.
_RUNS = (".gpx", ".fit", ".tcx", ".zip")
_TABLES = (".csv", ".xml", ".json")
_MOST_NAMED = 5
_ROWS_AT_ONCE = 500
# So many are read by several processes, whose memory then goes back to the system.
_MANY = 30
_MOST_JOBS = 4

Tell = Callable[[Transaction, Sequence[tuple[str, str]]], object]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a look. `refused` are the files that could not be read, with the reason: those
    of which nobody was told yet.
    """

    summary: Summary = field(default_factory=Summary)
    refused: tuple[tuple[str, str], ...] = ()
    pairs_added: int = 0
    moved: int = 0  # runs that were here, and went to the pair that an export has for them


class _Stopped(Exception):  # noqa: N818 - nothing is wrong
    """It is time to end; what was read so far is kept."""


def bring_in(
    store: Store,
    location: Location,
    config: Config,
    look: Look,
    now: datetime,
    *,
    stop: threading.Event | None = None,
    tell: Tell | None = None,
) -> Imported:
    """Import what is ready. Nothing in the folders is changed.

    `tell` is called with what is refused, within the transaction that remembers it: then a person
    is told of it once, whatever happens. When `stop` is set it ends after the file that it is at,
    and the next look goes on. Raises StoreError; then, too, the next look has the same files again.
    """
    ready = _to_try(store, location, look, now)
    held = {one.path: _held(one) for one in ready}
    sources = [source for sources in held.values() for source in sources]
    summary = Summary()
    imported = Imported(summary)
    if sources:
        try:
            imported = _import(store, location, config, sources, now, summary, stop)
        except _Stopped:
            summary.failed = []
            return imported
    outcomes = _outcomes(ready, held, summary)
    refused = _remember(store, outcomes, look, now, tell)
    _tidy(store, location, look, now)
    # Of what was not there any more, or may not be there yet, nothing is said.
    summary.failed = list(refused)
    return replace(imported, refused=tuple(refused))


def _to_try(store: Store, location: Location, look: Look, now: datetime) -> list[Ready]:
    """Of what is ready, that with which the store has not dealt yet."""
    if not look.ready:
        return []
    with open_reader(location) as reader:
        places = [one.place for one in look.ready]
        known = file_queries.watched(reader, places) if reader else {}
    wanted = []
    anew = {}
    for one in look.ready:
        row = known.get(one.place)
        if row is not None and row.is_settled(one.stamp.size, one.stamp.mtime_ns, __version__):
            look.memory.deal(one.path, one.stamp, one.folder)
        elif row is not None and row.may_be(one.stamp.size) and _digest(one) == row.digest:
            anew[row.id] = one
        else:
            wanted.append(one)
    _note_written_anew(store, look, anew, now)
    return wanted


def _note_written_anew(store: Store, look: Look, anew: Mapping[int, Ready], now: datetime) -> None:
    """What has only another time, by a sync or as a watch in another zone has it, stays dealt with:
    what was undone would come back otherwise.
    """
    if not anew:
        return
    with store.write("note", "files of watched folders", now) as tx:
        for row_id, one in anew.items():
            tx.note("watched_file", row_id, mtime_ns=one.stamp.mtime_ns)
    for one in anew.values():
        look.memory.deal(one.path, one.stamp, one.folder)


def _digest(one: Ready) -> str:
    """SHA-256 of a file as the look saw it; "" where it is not so any more, or cannot be read."""
    try:
        with open(one.path, "rb") as stream:  # noqa: PTH123 - an odd name is used as it is
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found = os.fstat(stream.fileno())
    except OSError:
        return ""
    return digest if (found.st_size, found.st_mtime_ns) == one.stamp[:2] else ""


def _held(one: Ready) -> list[Source | Problem]:
    """What a file holds: itself, or an archive's files."""
    if one.reason:
        return [Problem(one.place, one.reason)]
    try:
        return list(sources_in(one.path, explicit=False))
    except (OSError, ValueError, UnreadableError) as error:
        return [Problem(one.place, reason_of(error))]


def _import(
    store: Store,
    location: Location,
    config: Config,
    sources: Sequence[Source | Problem],
    now: datetime,
    summary: Summary,
    stop: threading.Event | None,
) -> Imported:
    """As `import` does where nobody can be asked. Raises _Stopped, with the summary of so far."""

    def on_read() -> None:
        if stop is not None and stop.is_set():
            raise _Stopped

    with open_reader(location) as reader:
        shoes = shoe_queries.shoes(reader) if reader else []
    linked = meet_pairs(store, sources, shoes, summary, now)
    settings = ImportSettings(
        sport=config.sport,
        zone=config.timezone,
        jobs=min(_MOST_JOBS, os.cpu_count() or 1) if len(sources) >= _MANY else 1,
        decided=linked.decisions() if config.trust_gear else {},
        order=config.order,
        guide=config.guide,
    )
    import_runs(store, location, sources, settings, now, summary, on_read=on_read)
    moved = place_runs(store, linked, now) if linked.pairs and config.trust_gear else 0
    return Imported(summary, pairs_added=linked.added, moved=moved)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one file. `faults` are those worth a word, by name; `is_foreign`: there was
    something that no reader knows.
    """

    ready: Ready
    faults: tuple[tuple[str, str], ...]
    is_foreign: bool

    @property
    def is_of_the_moment(self) -> bool:
        """Whether it may be read another time as it is: the drive or the clock was at fault."""
        return any(
            is_of_the_moment(reason) or reason.endswith(YET_TO_COME) for _, reason in self.faults
        )

    @property
    def is_done(self) -> bool:
        return not self.faults and not self.is_foreign

    @property
    def reason(self) -> str:
        """All the faults in a line, of an archive with the names in it."""
        named = [
            f"{name.removeprefix(f'{self.ready.place}/')}: {reason}"
            if name != self.ready.place
            else reason
            for name, reason in self.faults
        ]
        more = f"; and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        return "; ".join(named[:_MOST_NAMED]) + more

    @property
    def is_past(self) -> bool:
        """Whether the file is gone, or is another one by now: then the next look sees it."""
        if any(reason == CHANGED for _, reason in self.faults):
            return True
        try:
            found = os.stat(self.ready.path)  # noqa: PTH116 - an odd name is used as it is
        except OSError:
            return True
        size = found.st_size if stat.S_ISREG(found.st_mode) else 0
        return (size, found.st_mtime_ns) != self.ready.stamp[:2]


def _outcomes(
    ready: Sequence[Ready], held: Mapping[str, Sequence[Source | Problem]], summary: Summary
) -> list[_Outcome]:
    faults: dict[str, list[str]] = {}
    for name, reason in summary.failed:
        faults.setdefault(name, []).append(reason)
    foreign = {name for name, reason in summary.skipped if reason == NO_ACTIVITY}
    outcomes = []
    for one in ready:
        names = [source.name for source in held[one.path]]
        found = [(name, reason) for name in names for reason in faults.get(name, ())]
        said = tuple(fault for fault in found if _is_worth_a_word(one, *fault))
        is_foreign = len(said) < len(found) or not foreign.isdisjoint(names)
        outcomes.append(_Outcome(one, said, is_foreign))
    return outcomes


def _is_worth_a_word(one: Ready, name: str, reason: str) -> bool:
    """Whether what failed may be a run's file: others lie in folders, and in archives, too."""
    ending = os.path.splitext(name.casefold().removesuffix(".gz"))[1]  # noqa: PTH122
    if ending in _RUNS:
        return True
    return reason != EMPTY and (name == one.place or ending in _TABLES)


def _remember(
    store: Store, outcomes: Sequence[_Outcome], look: Look, now: datetime, tell: Tell | None
) -> list[tuple[str, str]]:
    """Note what was dealt with; gives what could not be read, and nobody was told of yet."""
    refused: list[tuple[str, str]] = []
    dealt = []
    for outcome in outcomes:
        if outcome.faults and outcome.is_past:
            continue
        if outcome.faults and outcome.ready.young:
            look.memory.try_later(outcome.ready.path)
        else:
            dealt.append(outcome)
    failed = [outcome for outcome in dealt if outcome.faults]
    fine = [outcome for outcome in dealt if not outcome.faults]
    for begin in range(0, len(fine), _ROWS_AT_ONCE):
        batch = fine[begin : begin + _ROWS_AT_ONCE]
        digests = {one.ready.path: _digest(one.ready) for one in batch if one.is_done}
        with store.write("note", "files of watched folders", now) as tx:
            _note_all(tx, batch, now, digests)
    if failed:
        with store.write("note", "files that could not be read", now) as tx:
            refused = _note_all(tx, failed, now, {})
            if refused and tell is not None:
                tell(tx, refused)
    for outcome in dealt:
        one, flaky = outcome.ready, outcome.is_of_the_moment
        look.memory.deal(one.path, one.stamp, one.folder, flaky=flaky)
    return refused


def _note_all(
    tx: Transaction, outcomes: Sequence[_Outcome], now: datetime, digests: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Note what became of files; gives what a person is to be told."""
    # Asked under the lock: another process may have told of one since.
    before = file_queries.watched(tx, [outcome.ready.place for outcome in outcomes])
    return [
        fault
        for outcome in outcomes
        if _note(
            tx,
            outcome,
            before.get(outcome.ready.place),
            now,
            digests.get(outcome.ready.path, ""),
        )
        for fault in outcome.faults
    ]


def _note(
    tx: Transaction,
    outcome: _Outcome,
    before: WatchedFile | None,
    now: datetime,
    digest: str,
) -> bool:
    """Note what became of a file; gives whether a person is to be told."""
    size, mtime_ns, _ = outcome.ready.stamp
    is_new = bool(outcome.faults) and (
        before is None
        or not before.reason
        or (
            (before.size, before.mtime_ns) != (size, mtime_ns) and now - before.seen_at > _SAY_AGAIN
        )
    )
    if outcome.faults:
        read_by = ANY if outcome.is_of_the_moment else __version__
    else:
        read_by = DONE if outcome.is_done else __version__
    told = now if is_new or before is None or not before.reason else before.seen_at
    values = {
        "size": size,
        "mtime_ns": mtime_ns,
        "read_by": read_by,
        "reason": outcome.reason,
        "seen_at": told,
        "digest": digest,
    }
    if before is None:
        tx.note_new("watched_file", place=outcome.ready.place, **values)
    else:
        tx.note("watched_file", before.id, **values)
    return is_new


def _tidy(store: Store, location: Location, look: Look, now: datetime) -> None:
    """Forget of refused files those that are gone, and those that came in by hand."""
    with open_reader(location) as reader:
        if reader is None:
            return
        refused, imported = file_queries.refused(reader), file_queries.imported_since(reader)
    if not refused and not imported:
        return
    there = {printable(path) for path in look.found}
    tops = tuple(os.path.join(printable(os.fspath(folder)), "") for folder in look.here)  # noqa: PTH118
    gone = [row.id for row in refused if row.place.startswith(tops) and row.place not in there]
    if gone or imported:
        with store.write("note", "files of watched folders", now) as tx:
            tx.forget("watched_file", gone)
            for row in imported:
                tx.note("watched_file", row.id, read_by=DONE, reason="")
