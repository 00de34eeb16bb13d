"""Reading sources: a known one for a stat or a hash, the others in worker processes, in order."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from shoetrack import __version__
from shoetrack.db import sighting_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, open_reader
from shoetrack.errors import UnreadableError
from shoetrack.importers import BadRow, Problem, Source, read_and_hash, read_source
from shoetrack.model import FileSeen, RunRecord, Skip
from shoetrack.workers import in_order

# Less than this is read sooner than workers have started.
_WORTH_FILES = 30
_WORTH_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source told. `known`: how many runs, where it was read before and is the same.

    `seen` is what to remember of it; None where nothing is, or nothing new.
    """

    source: str
    records: tuple[RunRecord, ...] = ()
    skips: tuple[Skip, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()  # of an export whose other rows are good
    digest: str = ""  # of the content; a record with another is a row of an export
    known: int = 0
    failure: str = ""
    seen: FileSeen | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """A source to read. `stamp` is its file's size and time, `before` what it was last time."""

    source: Source
    stamp: tuple[int, int]
    before: FileSeen | None
    lenient: bool


def read_all(
    location: Location, sources: Sequence[Source | Problem], *, jobs: int, lenient: bool
) -> Generator[Reading, None, None]:
    """Read the sources, in `jobs` processes where there is enough to do; results in their order."""
    with open_reader(location) as reader:
        glances = [_glance(reader, source, lenient) for source in sources]
    tasks = [glance for glance in glances if isinstance(glance, _Task)]
    size = sum({task.source.path: task.stamp[0] for task in tasks}.values())
    if jobs > 1 and (len(tasks) >= _WORTH_FILES or (len(tasks) > 1 and size >= _WORTH_BYTES)):
        results = in_order(_read, tasks, jobs)
    else:
        results = map(_read, tasks)
    for glance in glances:
        yield next(results) if isinstance(glance, _Task) else glance


def _glance(reader: Reader | None, source: Source | Problem, lenient: bool) -> Reading | _Task:
    """What can be told without opening the file."""
    if isinstance(source, Problem):
        return Reading(source.name, failure=source.reason)
    try:
        found = os.stat(source.path)  # noqa: PTH116 - ten thousand times, without a Path's tidying
    except OSError as error:
        return Reading(source.name, failure=f"cannot be read: {error.strerror}")
    stamp = (found.st_size, found.st_mtime_ns)
    before = sighting_queries.file_seen(reader, source.place) if reader else None
    if before is not None and before.read_by != _reader(lenient):
        before = None
    if before is not None and (before.size, before.mtime_ns) == stamp:
        return _as_before(source, before)
    return _Task(source, stamp, before, lenient)


def _as_before(source: Source, seen: FileSeen) -> Reading:
    return Reading(
        source.name, skips=tuple(Skip(source.name, why) for why in seen.skips), known=seen.runs
    )


def _read(task: _Task) -> Reading:
    """Read one source: as before where its content is, else anew. Runs in a worker."""
    source = task.source
    try:
        if task.before is None and not task.lenient:
            found, digest = _read_new(source)
        else:
            digest = source.digest()
            if task.before is not None and task.before.digest == digest:
                same = replace(task.before, size=task.stamp[0], mtime_ns=task.stamp[1])
                return replace(_as_before(source, task.before), seen=same)
            found = read_source(source, digest, lenient=task.lenient)
    except UnreadableError as error:
        return Reading(source.name, failure=str(error))
    records = [item for item in found if isinstance(item, RunRecord)]
    skips = tuple(item for item in found if isinstance(item, Skip) and not isinstance(item, BadRow))
    bad_rows = tuple(item for item in found if isinstance(item, BadRow))
    return Reading(
        source.name,
        tuple(replace(record, source=source.place) for record in records),
        skips,
        bad_rows,
        digest,
        seen=FileSeen(
            place=source.place,
            size=task.stamp[0],
            mtime_ns=task.stamp[1],
            digest=digest,
            read_by=_reader(task.lenient),
            runs=0,  # what comes of it is for the caller to say
        ),
    )


def _read_new(source: Source) -> tuple[list[RunRecord | Skip], str]:
    """A content that was never read, in one pass."""
    try:
        return read_and_hash(source)
    except UnreadableError:
        source.digest()  # a fault of its packing explains what its reader complained of
        raise


def _reader(lenient: bool) -> str:
    return f"{__version__} lenient" if lenient else __version__
