"""The whole flow: source -> importer -> intake -> assign -> ledger -> commit.

Read `import_runs` first: it is what shoetrack does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, tzinfo
from itertools import islice
from typing import Any

from shoetrack import intake
from shoetrack.db import queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, Source, read_source
from shoetrack.model import MANUAL, Decision, RunRecord, Share, Sighting, Skip
from shoetrack.placing import Pairs, add_run, add_sighting, refresh
from shoetrack.sport import Sport
from shoetrack.units import local_day

# A transaction is closed after so much, so that a kill loses little and no one waits for the lock.
_BATCH_FILES = 200
_BATCH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """What an import is told beside its files. `zone` None is the machine's."""

    sport: Sport = Sport.RUN  # of what does not say its own
    zone: tzinfo | None = None
    on: date | None = None  # the day of what has no time of its own
    shoe_id: int | None = None  # a hand says: all new runs go to this pair


@dataclass(slots=True)
class Summary:
    """What an import did, as far as it is committed. Every run, and every file that holds none, is
    counted once: `new`, `known` (of which `further` by another file of the same run), `doubtful`,
    or by name in `skipped` and `failed`.
    """

    new: int = 0
    known: int = 0
    further: int = 0
    doubtful: int = 0
    unmeasured: int = 0  # of the new and doubtful: those whose distance must be asked for
    placed: Counter[int | None] = field(default_factory=Counter)  # new runs by shoe
    placed_mm: Counter[int | None] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Summary) -> None:
        """Count another part of the same import."""
        for part in fields(self):
            value: Any = getattr(self, part.name)
            setattr(self, part.name, value + getattr(other, part.name))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source told. `known`: how many runs, where its content was seen before."""

    source: str
    records: tuple[RunRecord, ...] = ()
    skips: tuple[Skip, ...] = ()
    known: int = 0
    failure: str = ""


def import_runs(
    store: Store,
    location: Location,
    sources: Sequence[Source | Problem],
    settings: ImportSettings,
    now: datetime,
    summary: Summary,
    *,
    ask_date: Callable[[str], date | None] = lambda _: None,
    on_read: Callable[[], None] = lambda: None,
) -> None:
    """Bring every run that the sources tell into the store, once, and count it in `summary`.

    A bad source is named in the summary and changes nothing. Killed anywhere, what was committed
    stays, and the same call again ends with the same totals. Raises StoreError.
    """
    change_id: int | None = None
    for batch in _batches(location, sources, settings, now, ask_date, on_read):
        step = Summary()
        with store.write("import", "an import", now, change_id=change_id) as tx:
            pairs = Pairs.of(tx)
            for reading in batch:
                _take(tx, reading, settings, pairs, step)
            tx.summarise(_in_words(summary.new + step.new, summary.doubtful + step.doubtful))
            change_id = tx.change_id
        summary.add(step)


def _batches(
    location: Location,
    sources: Sequence[Source | Problem],
    settings: ImportSettings,
    now: datetime,
    ask_date: Callable[[str], date | None],
    on_read: Callable[[], None],
) -> Iterator[list[Reading]]:
    """Read the sources, so many at a time, and outside of any write transaction."""
    waiting = iter(sources)
    while True:
        batch: list[Reading] = []
        begun = time.monotonic()
        with open_reader(location) as reader:
            for source in islice(waiting, _BATCH_FILES):
                batch.append(_read(reader, source, settings, now, ask_date))
                on_read()
                if time.monotonic() - begun > _BATCH_SECONDS:
                    break
        if not batch:
            return
        yield batch


def _read(
    reader: Reader | None,
    source: Source | Problem,
    settings: ImportSettings,
    now: datetime,
    ask_date: Callable[[str], date | None],
) -> Reading:
    if isinstance(source, Problem):
        return Reading(source.name, failure=source.reason)
    try:
        digest = source.digest()
        known = queries.known(reader, digest) if reader else 0
        if known:
            return Reading(source.name, known=known)
        found = read_source(source, digest)
        skips = [item for item in found if isinstance(item, Skip)]
        records = []
        for record in (item for item in found if isinstance(item, RunRecord)):
            refused = intake.implausible(record, now)
            if refused is None:
                records.append(_dated(replace(record, source=source.place), settings, ask_date))
            elif refused.off_foot:
                skips.append(Skip(record.source, refused.reason))
            else:
                raise UnreadableError(refused.reason)
    except UnreadableError as error:
        return Reading(source.name, failure=str(error))
    return Reading(source.name, tuple(records), tuple(skips))


def _dated(
    record: RunRecord, settings: ImportSettings, ask_date: Callable[[str], date | None]
) -> RunRecord:
    """The record with its local day settled. Raises UnreadableError where nobody knows it."""
    if record.started_at is not None:
        day = record.local_date or local_day(record.started_at, settings.zone)
    else:
        found = settings.on or record.local_date or ask_date(record.source)
        if found is None:
            raise UnreadableError("does not say when it was: import it again with --date")
        day = found
    return replace(record, local_date=day)


def _take(
    tx: Transaction, reading: Reading, settings: ImportSettings, pairs: Pairs, step: Summary
) -> None:
    """Enter what one source told: all of it, or where it is known, nothing."""
    if reading.failure:
        step.failed.append((reading.source, reading.failure))
        return
    step.skipped += [(skip.source, skip.reason) for skip in reading.skips]
    digest = reading.records[0].digest if reading.records else ""
    # Asked again under the lock: another import may have brought it since it was read.
    known = reading.known or (queries.known(tx, digest) if digest else 0)
    if known:
        step.known += known
        return
    for record in reading.records:
        step.remarks += [(reading.source, remark) for remark in record.remarks]
        _enter(tx, record, settings, pairs, step)


def _enter(
    tx: Transaction, record: RunRecord, settings: ImportSettings, pairs: Pairs, step: Summary
) -> None:
    """Enter one run: as a new one, a further sighting of one, or one in doubt."""
    verdict = intake.judge(record, _near(tx, record), tx.now)
    twin_id: int | None = None
    match verdict:
        case intake.Further(run_id):
            add_sighting(tx, run_id, record)
            refresh(tx, run_id, pairs, note=f"seen again in {record.source}")
            step.known += 1
            step.further += 1
            return
        case intake.Refused(reason):
            # `_read` has refused these already, by the same rule and the same clock.
            raise AssertionError(reason)
        case intake.InDoubt(twin):
            twin_id = twin
            step.doubtful += 1
        case intake.NewRun():
            step.new += 1
    hand = Decision((Share(settings.shoe_id),), MANUAL) if settings.shoe_id is not None else None
    run = add_run(tx, record, pairs, default_sport=settings.sport, twin_id=twin_id, hand=hand)
    step.unmeasured += run.distance_mm is None
    account = run.shares[0].shoe_id if run.shares else None
    step.placed[account] += 1
    step.placed_mm[account] += run.distance_mm or 0


def _near(tx: Transaction, record: RunRecord) -> list[Sighting]:
    if record.started_at is None:
        return []
    latest = max(record.started_at + intake.LOOK_AHEAD, record.ended_at or record.started_at)
    return queries.sightings_near(tx, record.started_at - intake.LOOK_BACK, latest)


def _in_words(new: int, doubtful: int) -> str:
    runs = f"{new} new run{'' if new == 1 else 's'}"
    return f"import of {runs}" + (f" and {doubtful} in doubt" if doubtful else "")
