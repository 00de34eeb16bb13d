"""The whole flow: source -> importer -> intake -> assign -> ledger -> commit.

Read `import_runs` first: it is what shoetrack does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, tzinfo
from typing import Any

from shoetrack import intake, ledger
from shoetrack.config import DISTANCE_ORDER
from shoetrack.db import run_queries, sighting_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store, Transaction
from shoetrack.errors import UnreadableError
from shoetrack.importers import BadRow, Problem, Source
from shoetrack.model import MANUAL, Decision, FileSeen, RunRecord, Share, Sighting, Skip
from shoetrack.model.rules import NO_RULES, Guide
from shoetrack.placing import Pairs, add_run, add_sighting, refresh
from shoetrack.reading import Reading, read_all
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
    jobs: int = 1  # processes that read
    lenient: bool = False  # take what is whole of a damaged file
    decided: Mapping[str, Decision] = field(default_factory=dict)  # by digest, as an export has it
    order: tuple[str, ...] = DISTANCE_ORDER  # whose distance is believed, the best first
    guide: Guide = NO_RULES  # the rules


@dataclass(slots=True)
class Summary:
    """What an import did, as far as it is committed. Every run, and every file that holds none, is
    counted once: `new`, `known` (of which `further` by another file of the same run), `doubtful`,
    or by name in `skipped` and `failed`.
    """

    new: int = 0
    known: int = 0
    further: int = 0
    differing: int = 0  # of the further: those that say quite another distance
    doubtful: int = 0
    unmeasured: int = 0  # of the new and doubtful: those whose distance must be asked for
    placed: Counter[int | None] = field(
        default_factory=Counter
    )  # new runs by shoe, a split at each
    placed_mm: Counter[int | None] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Summary) -> None:
        """Count another part of the same import."""
        for part in fields(self):
            value: Any = getattr(self, part.name)
            setattr(self, part.name, value + getattr(other, part.name))


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
    of_change = Summary()
    with closing(
        read_all(location, sources, jobs=settings.jobs, lenient=settings.lenient)
    ) as readings:
        settled = (_settled(reading, location, settings, now, ask_date) for reading in readings)
        for batch in _batches(settled, on_read):
            with store.write("import", "an import", now, change_id=change_id) as tx:
                if tx.change_id is None:
                    of_change = Summary()
                step = _take_all(tx, batch, settings)
                of_change.add(step)
                tx.summarise(_in_words(of_change.new, of_change.doubtful))
                change_id = tx.change_id
            summary.add(step)


def _batches(readings: Iterator[Reading], on_read: Callable[[], None]) -> Iterator[list[Reading]]:
    """So many readings at a time as go into one transaction; read outside of any."""
    batch: list[Reading] = []
    begun = time.monotonic()
    for reading in readings:
        batch.append(reading)
        on_read()
        if len(batch) >= _BATCH_FILES or time.monotonic() - begun > _BATCH_SECONDS:
            yield batch
            batch, begun = [], time.monotonic()
    if batch:
        yield batch


def _settled(
    reading: Reading,
    location: Location,
    settings: ImportSettings,
    now: datetime,
    ask_date: Callable[[str], date | None],
) -> Reading:
    """The reading with every run plausible and dated; else with the reason why it failed.

    A file fails whole, an export by the row.
    """
    skips, bad_rows = list(reading.skips), list(reading.bad_rows)
    records = []
    known = reading.known
    before = _known_among(location, [one for one in reading.records if one.started_at is None])
    for record in reading.records:
        if (record.digest, record.index) in before:
            known += 1  # its day was settled when it was first seen
            continue
        is_row = record.digest != reading.digest
        try:
            refused = intake.implausible(record, now)
            if refused is None:
                dated = _dated(record, settings, ask_date, keep_own=is_row)
                if untrue := intake.implausible(dated, now):
                    raise UnreadableError(untrue.reason)
                records.append(dated)
            elif refused.off_foot:
                skips.append(Skip(reading.source, refused.reason))
            else:
                raise UnreadableError(refused.reason)
        except UnreadableError as error:
            if not is_row:
                return Reading(reading.source, failure=str(error))
            bad_rows.append(BadRow(reading.source, str(error)))
    return replace(
        reading,
        records=tuple(records),
        skips=tuple(skips),
        bad_rows=tuple(bad_rows),
        known=known,
        seen=_worth_remembering(reading, len(records) + known, skips, bad_rows),
    )


def _worth_remembering(
    reading: Reading, runs: int, skips: Sequence[Skip], bad_rows: Sequence[BadRow]
) -> FileSeen | None:
    """What came of the file. One with bad rows is read again, so that they are named again."""
    if reading.seen is None or bad_rows:
        return None
    reasons = tuple(" ".join(skip.reason.split()) for skip in skips)
    return replace(reading.seen, runs=runs, skips=reasons)


def _known_among(location: Location, records: Sequence[RunRecord]) -> set[tuple[str, int]]:
    """The records that were entered before, by their digest and index."""
    if not records:
        return set()
    with open_reader(location) as reader:
        return {
            (one.digest, one.index)
            for one in records
            if reader and sighting_queries.is_known(reader, one.digest, one.index)
        }


def _dated(
    record: RunRecord,
    settings: ImportSettings,
    ask_date: Callable[[str], date | None],
    *,
    keep_own: bool,
) -> RunRecord:
    """The record with its local day settled. Raises UnreadableError where nobody knows it.

    `--date` is for files that do not say: an export's row that has a day keeps it.
    """
    if record.started_at is not None:
        day = record.local_date or local_day(record.started_at, settings.zone)
    else:
        own = record.local_date
        found = (own or settings.on if keep_own else settings.on or own) or ask_date(record.source)
        if found is None:
            raise UnreadableError("does not say when it was: import it again with --date")
        day = found
    return replace(record, local_date=day)


def _take_all(tx: Transaction, batch: Sequence[Reading], settings: ImportSettings) -> Summary:
    step = Summary()
    pairs = Pairs.of(tx, settings.guide)
    if settings.shoe_id is not None:
        pairs.must_have(settings.shoe_id)
    for reading in batch:
        _take(tx, reading, settings, pairs, step)
    tx.remember(reading.seen for reading in batch if reading.seen is not None)
    return step


def _take(
    tx: Transaction, reading: Reading, settings: ImportSettings, pairs: Pairs, step: Summary
) -> None:
    """Enter what one source told: all of it, or where it is known, nothing."""
    if reading.failure:
        step.failed.append((reading.source, reading.failure))
        return
    step.failed += [(row.source, row.reason) for row in reading.bad_rows]
    step.skipped += [(skip.source, skip.reason) for skip in reading.skips]
    step.known += reading.known
    for record in reading.records:
        # Asked under the lock: another import may have brought it since it was read.
        if sighting_queries.is_known(tx, record.digest, record.index):
            step.known += 1
            continue
        step.remarks += [(reading.source, remark) for remark in record.remarks]
        enter(tx, record, settings, pairs, step)


def enter(
    tx: Transaction,
    record: RunRecord,
    settings: ImportSettings,
    pairs: Pairs,
    step: Summary,
    verdict: intake.Verdict | None = None,
) -> int:
    """Enter one run: as a new one, a further sighting of one, or one in doubt; gives the run's id.

    The record is plausible and its day is settled. `verdict` is what it is, where that was judged.
    """
    verdict = verdict or _judged(tx, record)
    twin_id: int | None = None
    match verdict:
        case intake.Further(run_id):
            add_sighting(tx, run_id, record)
            where = f"in {record.source}" if record.strava_id is None else "at Strava"
            refresh(tx, run_id, pairs, f"seen again {where}", settings.order)
            step.differing += run_queries.differs(tx, run_id, intake.DIFFERING)
            step.known += 1
            step.further += 1
            return run_id
        case intake.Refused(reason):
            # The caller has refused these already, by the same rule and the same clock.
            raise AssertionError(reason)
        case intake.InDoubt(twin):
            twin_id = twin
            step.doubtful += 1
        case intake.NewRun():
            step.new += 1
    decided = settings.decided.get(record.digest) if twin_id is None else None
    if settings.shoe_id is not None:
        decided = Decision((Share(settings.shoe_id),), MANUAL)
    run = add_run(tx, record, pairs, default_sport=settings.sport, twin_id=twin_id, decided=decided)
    step.unmeasured += run.distance_mm is None
    for posting in ledger.wanted(run):
        step.placed[posting.shoe_id] += 1
        step.placed_mm[posting.shoe_id] += posting.distance_mm
    return run.id


def _judged(tx: Transaction, record: RunRecord) -> intake.Verdict:
    verdict = intake.judge(record, _near(tx, record), tx.now)
    # Two activities at Strava are two runs, as long as their times do not say otherwise.
    may_be_hidden = record.local_date is not None and record.strava_id is None
    if isinstance(verdict, intake.NewRun) and may_be_hidden:
        assert record.local_date is not None
        return intake.judge_by_day(record, sighting_queries.untimed_on(tx, record.local_date))
    return verdict


def _near(tx: Transaction, record: RunRecord) -> list[Sighting]:
    if record.started_at is None:
        return []
    return sighting_queries.sightings_near(
        tx,
        record.started_at,
        record.ended_at or record.started_at,
        back=intake.LOOK_BACK,
        around=intake.LOOK_AHEAD,
    )


def _in_words(new: int, doubtful: int) -> str:
    runs = f"{new} new run{'' if new == 1 else 's'}"
    return f"import of {runs}" + (f" and {doubtful} in doubt" if doubtful else "")
