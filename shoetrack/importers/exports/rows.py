"""What the readers of exports share: their rows are the runs, not their files.

The same export taken a month later is another content with the same rows and some more. So each
row carries a digest of its own, made of what the exporting service knows it by, and its index is 0;
`read_source` leaves such a digest alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from shoetrack.errors import UnreadableError
from shoetrack.importers.ascent import stated_ascent, sum_of
from shoetrack.model import RunRecord, Skip
from shoetrack.units import MM_PER_KM, MM_PER_METRE, MM_PER_MILE

LONGEST_S = 14 * 24 * 3600.0
_MAX_LINE = 1024**2

# International yard and pound agreement, 1959: the foot is 304.8 mm.
_MM_PER_UNIT = {
    "m": MM_PER_METRE,
    "km": MM_PER_KM,
    "mi": MM_PER_MILE,
    "ft": 304.8,
    "yd": 914.4,
    "cm": 10,
}


@dataclass(frozen=True, slots=True)
class BadRow(Skip):
    """A row of an export that should be a run and cannot be read. The other rows are read."""


def row_digest(service: str, *parts: str) -> str:
    """SHA-256 in hex of what `service` knows a row by, the same in every export it writes."""
    return hashlib.sha256(f"{service}:{'|'.join(parts)}".encode("utf-8", "replace")).hexdigest()


def millimetres(number: str, unit: str) -> int | None:
    """A stated distance; None where it is missing, no number, 0 or in a unit nobody knows."""
    value = to_number(number)
    factor = _MM_PER_UNIT.get(unit.strip().casefold())
    return round(value * factor) or None if value and factor else None


def climb(number: str, unit: str) -> int | None:
    """A stated climb in mm, 0 included; None where it is missing, none that can be, or in a unit
    nobody knows.
    """
    factor = _MM_PER_UNIT.get(unit.strip().casefold())
    return stated_ascent(number, factor) if factor else None


def with_tracks(record: RunRecord, tracks: Sequence[RunRecord]) -> RunRecord:
    """The record with where the runs of its file started and finished, and with how far they climb
    where its row does not state it.
    """
    if not tracks:
        return record
    climbed = sum_of([track.ascent_mm for track in tracks])
    return replace(
        record,
        start=tracks[0].start or record.start,
        finish=tracks[-1].finish,
        ascent_mm=climbed if record.ascent_mm is None else record.ascent_mm,
    )


def to_number(text: str) -> float | None:
    """A finite number above 0, with a decimal point or comma; else None."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if isfinite(number) and 0 < number < 1e12 else None


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """A table's lines with their ends, of chunks of UTF-8. Raises UnreadableError at a huge one."""
    pending = b""
    for chunk in chunks:
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace") + "\n"
        if len(pending) > _MAX_LINE:
            raise UnreadableError("has a line of more than 1 MiB: refused")
    if pending:
        yield pending.decode("utf-8", "replace")
