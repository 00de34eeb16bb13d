"""The pairs in Strava's bulk export, and the runs that they were worn for.

shoes.csv has a row a pair: its name, brand, model and, since 2024, its sports. A pair without a
name is shown as "Brand Model". activities.csv has that text in `Activity Gear`, and in its longer
forms a number in `Gear`, which alone tells two pairs apart that are called the same. The number is
that of Strava's API without the "g" before it. Neither table tells totals, dates or retirement.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.exports.garmin import GearRecord
from shoetrack.importers.exports.rows import lines_of, row_digest
from shoetrack.importers.exports.strava import BIKES, SERVICE, SHOES, claims
from shoetrack.importers.exports.strava_table import Row, rows_of
from shoetrack.importers.gpx.parser import clean
from shoetrack.importers.sources import Problem, Source
from shoetrack.importers.xml_text import utf8_chunks
from shoetrack.sport import OffFoot, classify

_MAX_PAIRS = 10_000


@dataclass(slots=True)
class _Worn:
    """What all exports together say. Digests are kept as a dict's keys: once each, in order."""

    makes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by the pair's text
    bikes: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)  # by the pair's number
    by_id: dict[str, dict[str, None]] = field(default_factory=dict)
    by_text: dict[str, dict[str, None]] = field(default_factory=dict)


def strava_pairs(
    found: Iterable[Source | Problem], remarks: list[str] | None = None
) -> list[tuple[GearRecord, tuple[str, ...]]]:
    """Each pair of the exports in what `find_sources` listed, with the digests of its rows.

    `source_id` is the API's ("g123"), or "" where no row tells it. Pairs that Strava calls the same
    get names of their own: the older one keeps it, the next is "Pegasus (2)". Adds to `remarks`, in
    sentences, what could not be told: rows that may be of one or another pair are of none.
    """
    remarks = [] if remarks is None else remarks
    sources = [one for one in found if isinstance(one, Source)]
    worn = _Worn()
    for table in sources:
        if not table.name.lower().endswith(".csv") or not _is_table(table):
            continue
        for makes, is_bikes in _gear_beside(table, sources, remarks):
            if is_bikes:
                worn.bikes |= makes.keys()
            else:
                _merge(worn.makes, makes)
        try:
            _collect(worn, table)
        except UnreadableError:
            continue  # the import itself says so
    return list(_pairs(worn, remarks))


def _is_table(source: Source) -> bool:
    try:
        with source.open() as stream:
            return claims(read_fully(stream, CHUNK))
    except UnreadableError:
        return False


def _gear_beside(
    table: Source, sources: Iterable[Source], remarks: list[str]
) -> Iterator[tuple[dict[str, list[tuple[str, str]]], bool]]:
    """What shoes.csv and bikes.csv hold, and whether it is the bikes."""
    folder = table.name.replace("\\", "/").rpartition("/")[0]
    for source in (*table.beside, *sources):
        path = source.name.replace("\\", "/")
        name = path.rpartition("/")[2].lower()
        if name not in (SHOES, BIKES) or path.rpartition("/")[0] != folder:
            continue
        try:
            yield _makes(source), name == BIKES
        except UnreadableError as error:
            remarks.append(f"{source.name} {error}: its names of pairs are not known")


def _makes(source: Source) -> dict[str, list[tuple[str, str]]]:
    """Brand and model of each, by what Strava shows for it; columns by position in any language."""
    found: dict[str, list[tuple[str, str]]] = {}
    with source.open() as stream:
        reader = csv.reader(lines_of(utf8_chunks(stream, [])), strict=True)
        try:
            for count, cells in enumerate(reader):
                if count > _MAX_PAIRS:
                    raise UnreadableError(f"holds more than {_MAX_PAIRS:,} rows: refused")
                name, brand, model = (clean(cell) for cell in [*cells, "", "", ""][:3])
                text = name or f"{brand} {model}".strip()
                if count and text:
                    found.setdefault(text, []).append((brand, model))
        except csv.Error as error:
            raise UnreadableError(f"is malformed at line {reader.line_num} ({error})") from error
    return found


def _merge(
    known: dict[str, list[tuple[str, str]]], found: dict[str, list[tuple[str, str]]]
) -> None:
    """Two exports of one account have the same pairs, and the later one some more."""
    for text, makes in found.items():
        had = known.setdefault(text, [])
        had += (Counter(makes) - Counter(had)).elements()


def _collect(worn: _Worn, table: Source) -> None:
    with table.open() as stream:
        for row in rows_of(stream, []):
            if not isinstance(row, Row) or not row.id or not (row.gear or row.gear_id):
                continue
            sport = classify(row.kind)
            # A word that nobody knows may be a ride's: then only what is known for a shoe counts.
            may_be_ride = sport is None and bool(row.kind) and row.gear not in worn.makes
            is_bike = row.gear in worn.bikes and row.gear not in worn.makes
            if isinstance(sport, OffFoot) or may_be_ride or is_bike:
                continue
            digest = row_digest(SERVICE, row.id)
            if row.gear_id:
                worn.by_id.setdefault(row.gear_id, {})[digest] = None
                worn.texts[row.gear_id] = row.gear or worn.texts.get(row.gear_id, "")
            else:
                worn.by_text.setdefault(row.gear, {})[digest] = None


def _pairs(worn: _Worn, remarks: list[str]) -> Iterator[tuple[GearRecord, tuple[str, ...]]]:
    ids: dict[str, list[str]] = {}
    for gear_id in sorted(worn.by_id, key=int):
        ids.setdefault(worn.texts[gear_id] or f"Strava shoe {gear_id}", []).append(gear_id)
    with_id = {digest for digests in worn.by_id.values() for digest in digests}
    taken = {text.casefold() for text in (*worn.makes, *ids, *worn.by_text)}
    for text in dict.fromkeys((*worn.makes, *ids, *worn.by_text)):
        makes = worn.makes.get(text, [])
        brand, model = makes[0] if len(set(makes)) == 1 else ("", "")
        own = ids.get(text, [])
        loose = [one for one in worn.by_text.get(text, ()) if one not in with_id]
        count = max(len(makes), len(own), 1)
        if count > 1 and loose:
            remarks.append(
                f"{len(loose)} run{'s' * (len(loose) != 1)} in {text!r} are left without a pair: "
                f"{count} pairs are called that, and the export does not say which it was"
            )
        for at in range(count):
            gear_id = own[at] if at < len(own) else ""
            digests = [*worn.by_id.get(gear_id, ()), *(loose if count == 1 else ())]
            record = GearRecord(
                source_id=f"g{gear_id}" if gear_id else "",
                name=text if at == 0 else _free(text, taken),
                brand=brand,
                model=model,
            )
            yield record, tuple(digests)


def _free(text: str, taken: set[str]) -> str:
    """The text with the first number that makes it a name of its own."""
    number = 2
    while (name := f"{text} ({number})").casefold() in taken:
        number += 1
    taken.add(name.casefold())
    return name
